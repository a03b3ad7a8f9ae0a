import axios, { type AxiosInstance } from 'axios';
import { INSTAGRAM, TIKTOK, TWITTER, YOUTUBE } from '../../../harness/links';
import {
	manualClock,
	startSandbox,
	type ManualClock,
	type Sandbox,
	type SandboxOptions,
} from '../../../sandbox';

export { INSTAGRAM, TIKTOK, TWITTER, YOUTUBE };

export interface Opened {
	sandbox: Sandbox;
	clock: ManualClock;
	/** Sends requests with the live key of the first organisation; never throws for a status. */
	http: AxiosInstance;
	/** Returns a client for another key. */
	as(key: string | undefined): AxiosInstance;
	/** Tracks a link and returns the video's id. */
	track(link?: string, days?: number): Promise<string>;
}

const running = new Set<Sandbox>();

/** Starts a sandbox with a manual clock. Snapshots are taken each full hour, from one hour after tracking on. */
export async function open(options: SandboxOptions = {}): Promise<Opened> {
	const clock = options.clock ?? manualClock();
	const sandbox = await startSandbox({ clock, firstSnapshotDelayMs: 3_600_000, ...options });
	running.add(sandbox);
	const as = (key: string | undefined) => client(sandbox, key);
	const http = as(sandbox.liveKey);
	return {
		sandbox,
		clock,
		http,
		as,
		async track(link = TIKTOK, days = 7) {
			const reply = await http.post('/videos/track', { video_link: link, duration_days: days });
			expect(reply.status).toBe(201);
			return reply.data.id as string;
		},
	};
}

/** Creates a client that follows no redirects and never throws for a status. */
export function client(sandbox: Sandbox, key: string | undefined): AxiosInstance {
	return axios.create({
		baseURL: sandbox.baseUrl,
		headers: key === undefined ? {} : { 'X-API-Key': key },
		validateStatus: () => true,
		maxRedirects: 0,
	});
}

export async function closeAll(): Promise<void> {
	await Promise.all([...running].map((sandbox) => sandbox.close()));
	running.clear();
}
