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
	/** The requests so far, as `METHOD /path?query`. */
	calls: () => string[];
	posts: () => string[];
}

const open: Sandbox[] = [];

/** A sandbox whose time stands still until it is moved, and a credential for it. */
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

/** The Video field as the editor saves it. */
export const video = (mode: 'list' | 'id' | 'url', value: string) => ({
	videoId: { __rl: true, mode, value },
});

/** The columns of a row, as the design names and orders them. */
export const ROW = [
	'snapshot_key',
	'video_id',
	'platform',
	'title',
	'creator',
	'video_link',
	'snapshot_time',
	'views',
	'likes',
	'comments',
	'shares',
	'saves',
];

/** The columns of a tracked video as List gives it. */
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
	'balance.low',
];

/** What Include Growth adds. */
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
