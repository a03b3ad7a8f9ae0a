import {
	type ManualClock,
	manualClock,
	type Sandbox,
	type SandboxOptions,
	startSandbox,
} from '../../../sandbox';
import type { Credential } from '../../../harness/engine';

export const START = '2026-01-01T00:00:00.000Z';

export interface Fixture {
	sandbox: Sandbox;
	clock: ManualClock;
	credential: Credential;
	/** Returns the requests so far, as `METHOD /path?query`. */
	calls: () => string[];
	/** Returns the POSTs among the requests so far. */
	posts: () => string[];
}

const open: Sandbox[] = [];

/** Starts a sandbox with a manual clock and a credential for it. It closes after the file's tests. */
export async function createFixture(options: SandboxOptions = {}): Promise<Fixture> {
	const clock = manualClock(START);
	const sandbox = await startSandbox({ clock, plan: 'enterprise', balanceUsd: 1000, ...options });
	open.push(sandbox);
	const calls = () =>
		sandbox.requests.map(({ method, path }) => `${method} ${path.replace('/api/v1', '')}`);
	return {
		sandbox,
		clock,
		credential: { apiKey: sandbox.liveKey, baseUrl: sandbox.baseUrl },
		calls,
		posts: () => calls().filter((call) => call.startsWith('POST')),
	};
}

afterAll(async () => {
	await Promise.all(open.splice(0).map((sandbox) => sandbox.close()));
});

export { INSTAGRAM, ONE_OF_EACH, TIKTOK, TWITTER, YOUTUBE } from '../../../harness/links';

/** Builds the Video field as the editor saves it. */
export const video = (mode: 'list' | 'id' | 'url', value: string) => ({
	videoId: { __rl: true, mode, value },
});

/** The columns of a snapshot row, in order. */
export const ROW = [
	'snapshot_time',
	'title',
	'creator',
	'platform',
	'views',
	'likes',
	'comments',
	'shares',
	'saves',
	'video_link',
	'video_id',
	'snapshot_key',
];

/** The columns of a tracked video as List returns it, in order. */
export const VIDEO = [
	'video_id',
	'job_id',
	'platform',
	'title',
	'creator',
	'video_link',
	'status',
	'monitoring_started',
	'monitoring_duration_days',
	'days_remaining',
	'created_at',
];

/** Every event of the trigger. */
export const EVENTS = [
	'snapshot.created',
	'tracking.started',
	'milestone.reached',
	'tracking.paused',
	'tracking.ended',
	'video.deleted',
	'growth.spiked',
	'growth.slowed',
	'age.reached',
	'balance.low',
];

/** The columns that Include Growth adds. */
export const GROWTH = [
	'hours_since_previous',
	'views_delta',
	'likes_delta',
	'comments_delta',
	'shares_delta',
	'saves_delta',
	'views_per_hour',
	'engagement_rate',
];
