import type { Client, VideoFilters } from '../../../nodes/ContentStats/api/client';
import { type ContentStatsError, errorForStatus } from '../../../nodes/ContentStats/api/errors';
import type { Usage, VideoWithSnapshots } from '../../../nodes/ContentStats/api/schemas';
import { advanceCursor, EMPTY_CURSOR } from '../../../nodes/ContentStats/polling/cursor';
import type { PollSettings } from '../../../nodes/ContentStats/polling/parameters';
import type { WatchedVideo } from '../../../nodes/ContentStats/polling/state';

/** The most videos the API lists in one reply. */
const LIST_LIMIT = 100;
const EPOCH_MS = Date.UTC(2026, 0, 1);

/** The instant `hours` after the tests' epoch, in Unix milliseconds. */
export const at = (hours: number): number => EPOCH_MS + Math.round(hours * 3_600_000);

/** The same instant as ISO-8601 in UTC. */
export const iso = (hours: number): string => new Date(at(hours)).toISOString();

/** A snapshot `hours` after the epoch with counts that grow with time, as the API writes them. */
export const snapshot = (hours: number, counts: Record<string, unknown> = {}) => ({
	snapshot_time: iso(hours),
	views: String(1000 + Math.round(hours * 100)),
	likes: '100',
	comments: '10',
	shares: '5',
	saves: '1',
	...counts,
});

/** A TikTok video that was tracked `created` hours after the epoch. */
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

type VideoFields = Partial<VideoWithSnapshots> & { hours?: number[]; created?: number };

/** What the API holds, how it fails, and what was asked of it. */
export interface FakeApi {
	videos: VideoWithSnapshots[];
	usage: Usage;
	/** By `list`, `usage` or the id of a video: what its next requests are answered with. */
	failures: Map<string, Error>;
	/** Each request in words: `list tiktok monitoring`, `get a`, `usage`. */
	requests: string[];
}

export const fakeApi = (...videos: VideoWithSnapshots[]): FakeApi => ({
	videos,
	usage: usageOf(100),
	failures: new Map(),
	requests: [],
});

/** Usage where so much (USD) can be spent. */
export const usageOf = (available: number): Usage => ({
	balance_usd: available + 1,
	uncharged_usage_usd: 1,
	active_videos: 1,
	cost_per_snapshot: 0.015,
});

export const httpError = (status: number, what: string): ContentStatsError =>
	errorForStatus(status, what, { error: `HTTP ${status}` });

/** The API over a api: lists in no special order, at most 100, filtered by platform and status. */
export function fakeClient(api: FakeApi): Client {
	const unused = async (): Promise<never> => {
		throw new Error('This endpoint is not for reading');
	};
	const ask = (request: string, name: string): void => {
		api.requests.push(request);
		const failure = api.failures.get(name);
		if (failure) throw failure;
	};
	return {
		async list({ platform, status }: VideoFilters, limit = LIST_LIMIT) {
			ask(['list', platform ?? '*', status ?? '*'].join(' '), 'list');
			if (limit < 1 || limit > LIST_LIMIT) throw httpError(400, 'the list of videos');
			return api.videos
				.filter((entry) => !platform || entry.platform === platform)
				.filter((entry) => !status || entry.status === status)
				.slice(0, limit)
				.map(({ snapshots: _, is_deleted: __, ...listed }) => structuredClone(listed));
		},
		async get(id) {
			ask(`get ${id}`, id);
			const found = api.videos.find((entry) => entry.id === id);
			if (!found) throw httpError(404, `video ${id}`);
			return structuredClone(found);
		},
		async usage() {
			ask('usage', 'usage');
			return structuredClone(api.usage);
		},
		track: unused,
		stop: unused,
	};
}

/** What is remembered of a video of which the snapshots of these hours went out. */
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
	simplify: true,
	includeGrowth: false,
	maxItemsPerPoll: 1000,
	replayAfterRestart: false,
	...fields,
});

/** Freezes a value with everything in it: whoever changes it throws. */
export function deepFreeze<T>(value: T): T {
	if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
		Object.freeze(value);
		Object.values(value).forEach(deepFreeze);
	}
	return value;
}
