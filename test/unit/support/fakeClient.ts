import type { Client, VideoFilters } from '../../../nodes/ContentStats/api/client';
import { type ContentStatsError, errorForStatus } from '../../../nodes/ContentStats/api/errors';
import type { Usage, VideoWithSnapshots } from '../../../nodes/ContentStats/api/schemas';
import { advanceCursor, EMPTY_CURSOR } from '../../../nodes/ContentStats/polling/cursor';
import type { PollSettings } from '../../../nodes/ContentStats/polling/parameters';
import type { WatchedVideo } from '../../../nodes/ContentStats/polling/state';

/** The most videos the API lists in one reply. */
const LIST_LIMIT = 100;
const EPOCH_MS = Date.UTC(2026, 0, 1);

/** Returns the instant `hours` after the tests' epoch, in Unix milliseconds. */
export const at = (hours: number): number => EPOCH_MS + Math.round(hours * 3_600_000);

/** Returns the instant `hours` after the tests' epoch, as ISO 8601 in UTC. */
export const iso = (hours: number): string => new Date(at(hours)).toISOString();

/** Builds a snapshot `hours` after the epoch in the API's format; its views grow with time. */
export const snapshot = (hours: number, counts: Record<string, unknown> = {}) => ({
	snapshot_time: iso(hours),
	views: String(1000 + Math.round(hours * 100)),
	likes: '100',
	comments: '10',
	shares: '5',
	saves: '1',
	...counts,
});

/** Builds a TikTok video tracked `created` hours after the epoch, with a snapshot at each of `hours`. */
export const video = (
	id: string,
	{ hours = [], created = 0, ...fields }: VideoFields = {},
): VideoWithSnapshots => ({
	id,
	job_id: `job_${id}`,
	video_link: `https://www.tiktok.com/@user/video/${7_000_000 + parseInt(id, 36)}`,
	platform: 'tiktok',
	status: 'monitoring',
	monitoring_duration_days: 7,
	days_remaining: 7,
	current_metadata: { title: `Title of ${id}`, creator: 'user' },
	created_at: iso(created),
	is_deleted: false,
	snapshots: hours.map((hour) => snapshot(hour)),
	...fields,
});

/** The snapshot of the API reference. */
export const SNAPSHOT = {
	id: 'snap_001',
	snapshot_id: 'external_snap_123',
	snapshot_time: '2024-01-29T10:00:00.000Z',
	views: '1250000',
	likes: '185000',
	comments: '4200',
	shares: '12500',
	saves: '8900',
	provider: 'render',
};

/** Copies an object without some of its fields. */
export const without = (object: object, ...names: string[]) =>
	Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

type VideoFields = Partial<VideoWithSnapshots> & {
	hours?: number[];
	created?: number;
	/** Documented, but not read. */
	last_updated?: string;
};

/** The state of a fake API, its failures and the requests it received. */
export interface FakeApi {
	videos: VideoWithSnapshots[];
	usage: Usage;
	/** The error that requests fail with, by `list`, `usage` or the id of a video. */
	failures: Map<string, Error>;
	/** Each request in short: `list tiktok monitoring`, `get a`, `usage`. */
	requests: string[];
}

export const fakeApi = (...videos: VideoWithSnapshots[]): FakeApi => ({
	videos,
	usage: usageOf(100),
	failures: new Map(),
	requests: [],
});

/** Builds usage with `available` USD to spend. */
export const usageOf = (available: number): Usage => ({
	balance_usd: available + 1,
	uncharged_usage_usd: 1,
	active_videos: 1,
	cost_per_snapshot: 0.015,
});

export const httpError = (status: number, subject: string): ContentStatsError =>
	errorForStatus(status, subject, { error: `HTTP ${status}` });

/** Creates a client of a fake API. It lists at most 100 videos, unsorted, by platform and status. */
export function fakeClient(api: FakeApi): Client {
	const unused = async (): Promise<never> => {
		throw new Error('This endpoint is not for reading');
	};
	const recordRequest = (request: string, name: string): void => {
		api.requests.push(request);
		const failure = api.failures.get(name);
		if (failure) throw failure;
	};
	return {
		async list({ platform, status }: VideoFilters, limit = LIST_LIMIT) {
			recordRequest(['list', platform ?? '*', status ?? '*'].join(' '), 'list');
			if (limit < 1 || limit > LIST_LIMIT) throw httpError(400, 'the list of videos');
			const videos = api.videos
				.filter((entry) => !platform || entry.platform === platform)
				.filter((entry) => !status || entry.status === status)
				.slice(0, limit)
				.map(({ snapshots: _, is_deleted: __, ...listed }) => structuredClone(listed));
			const isFull = videos.length >= limit;
			return { videos, unidentified: [], isFull, total: videos.length, repliedAt: null };
		},
		async get(id) {
			recordRequest(`get ${id}`, id);
			const found = api.videos.find((entry) => entry.id === id);
			if (!found) throw httpError(404, `video ${id}`);
			return structuredClone(found);
		},
		async usage() {
			recordRequest('usage', 'usage');
			return structuredClone(api.usage);
		},
		track: unused,
		stop: unused,
	};
}

/** Builds the state of a watched video whose snapshots at `hours` were emitted. */
export const watched = (
	hours: number[] = [],
	fields: Partial<WatchedVideo> = {},
): WatchedVideo => ({
	...advanceCursor(EMPTY_CURSOR, hours.map(at)),
	lastFetchedAt: at(hours.at(-1) ?? 0),
	latenessMs: 0,
	...fields,
});

export const settingsOf = (fields: Partial<PollSettings> = {}): PollSettings => ({
	events: ['snapshot.created'],
	startFrom: 'new',
	milestoneMetric: 'views',
	milestones: [],
	lowBalanceUsd: 5,
	spikeFactor: 3,
	spikeMinimum: 1000,
	slowedHours: 24,
	slowedPercent: 5,
	ages: [],
	simplify: true,
	includeGrowth: false,
	includePostAge: false,
	maxItemsPerPoll: 1000,
	replayAfterRestart: false,
	...fields,
});

/** Freezes a value deeply, so that code that changes it throws. */
export function deepFreeze<T>(value: T): T {
	if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
		Object.freeze(value);
		Object.values(value).forEach(deepFreeze);
	}
	return value;
}
