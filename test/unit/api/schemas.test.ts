import {
	readErrorBody,
	readStopped,
	readTracked,
	readUsage,
	readVideo,
	readVideoList,
} from '../../../nodes/ContentStats/api/schemas';

const TRACKED = {
	id: 'cm5abc123def',
	job_id: 'job_xyz789',
	video_link: 'https://www.tiktok.com/@charlidamelio/video/7234567890',
	platform: 'tiktok',
	status: 'monitoring',
	monitoring_duration_days: 7,
	days_remaining: 7,
	estimated_cost: 2.52,
	created_at: '2024-01-29T10:00:00.000Z',
};
const LISTED = {
	id: 'cm5abc123def',
	job_id: 'job_xyz789',
	video_link: 'https://www.tiktok.com/@charlidamelio/video/7234567890',
	platform: 'tiktok',
	status: 'monitoring',
	monitoring_started: '2024-01-29T10:00:00.000Z',
	monitoring_duration_days: 7,
	days_remaining: 5.5,
	current_metadata: { title: 'A title', creator: 'charlidamelio' },
	created_at: '2024-01-29T10:00:00.000Z',
};
const SNAPSHOT = {
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
const FETCHED = {
	...LISTED,
	is_deleted: false,
	last_updated: '2024-01-29T10:00:00.000Z',
	snapshots: [SNAPSHOT],
};
const STOPPED = {
	success: true,
	id: 'cm5abc123def',
	job_id: 'job_xyz789',
	video_link: 'https://www.tiktok.com/@charlidamelio/video/7234567890',
	previous_status: 'monitoring',
	new_status: 'completed',
};
const USAGE = {
	balance_usd: 12.45,
	total_snapshots: 450,
	active_videos: 3,
	uncharged_usage_usd: 0.75,
	total_charged_usd: 6.75,
	estimated_snapshots_remaining: 830,
	cost_per_snapshot: 0.015,
};

type Reader = (json: unknown, what: string) => unknown;
const without = (object: object, ...names: string[]) =>
	Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

describe('what the API documents is handed on as it came', () => {
	test.each<[string, Reader, unknown]>([
		['a tracking', readTracked, TRACKED],
		['a list', readVideoList, { videos: [LISTED], total: 1, limit: 50 }],
		['an empty list', readVideoList, { videos: [], total: 0, limit: 50 }],
		['a list without its totals', readVideoList, { videos: [LISTED] }],
		['a video', readVideo, FETCHED],
		['a video without snapshots yet', readVideo, { ...FETCHED, snapshots: [] }],
		['a video without the list of them', readVideo, without(FETCHED, 'snapshots', 'is_deleted')],
		['a video that knows little', readVideo, without(FETCHED, 'job_id', 'current_metadata')],
		['a video without metadata', readVideo, { ...FETCHED, current_metadata: null }],
		['a video without a title', readVideo, { ...FETCHED, current_metadata: { creator: null } }],
		['a status of tomorrow', readVideo, { ...FETCHED, status: 'archived', platform: 'threads' }],
		['fields of tomorrow', readVideo, { ...FETCHED, tags: [{ deep: [1] }] }],
		['a stop', readStopped, STOPPED],
		['usage', readUsage, USAGE],
		['usage in debt', readUsage, { ...USAGE, balance_usd: -1, active_videos: 0 }],
	])('%s', (_, read, json) => {
		const before = structuredClone(json);
		expect(read(json, 'it')).toBe(json);
		expect(json).toEqual(before);
	});
});

describe('what cannot be understood is refused with its path', () => {
	test.each<[string, Reader, unknown, string]>([
		['no object', readVideo, 'Hello', 'the reply'],
		['nothing', readVideo, undefined, 'the reply'],
		['null', readUsage, null, 'the reply'],
		['a list for a video', readVideo, [], 'the reply'],
		['a list without videos', readVideoList, { total: 0 }, 'videos'],
		['an object for videos', readVideoList, { videos: {} }, 'videos'],
		[
			'a video without an id',
			readVideoList,
			{ videos: [LISTED, without(LISTED, 'id')] },
			'videos[1].id',
		],
		['an empty id', readVideo, { ...FETCHED, id: '' }, 'id'],
		['a number for an id', readVideo, { ...FETCHED, id: 7 }, 'id'],
		['no link', readVideo, without(FETCHED, 'video_link'), 'video_link'],
		['no status', readTracked, without(TRACKED, 'status'), 'status'],
		['no time', readVideo, { ...FETCHED, created_at: 'soon' }, 'created_at'],
		['no date', readVideo, { ...FETCHED, created_at: '2024-02-30T10:00:00Z' }, 'created_at'],
		[
			'no title',
			readVideo,
			{ ...FETCHED, current_metadata: { title: 7 } },
			'current_metadata.title',
		],
		['days in words', readVideo, { ...FETCHED, days_remaining: 'five' }, 'days_remaining'],
		['no list of snapshots', readVideo, { ...FETCHED, snapshots: { 0: SNAPSHOT } }, 'snapshots'],
		['a cost in words', readTracked, { ...TRACKED, estimated_cost: '2.52' }, 'estimated_cost'],
		['a stop that failed', readStopped, { ...STOPPED, success: false }, 'success'],
		['a stop without a status', readStopped, without(STOPPED, 'new_status'), 'new_status'],
		['usage without a balance', readUsage, without(USAGE, 'balance_usd'), 'balance_usd'],
		['a balance in words', readUsage, { ...USAGE, balance_usd: '12.45' }, 'balance_usd'],
		['snapshots for free', readUsage, { ...USAGE, cost_per_snapshot: 0 }, 'cost_per_snapshot'],
	])('%s', (_, read, json, path) => {
		expect(() => read(json, 'video cm5abc')).toThrow(
			expect.objectContaining({
				kind: 'unreadable_reply',
				message: expect.stringContaining(`about video cm5abc that cannot be understood (${path}: `),
			}),
		);
	});
});

describe('the body of an error', () => {
	test.each<[string, unknown, unknown]>([
		[
			'with details',
			{ error: 'E', details: [{ field: 'f', message: 'm' }] },
			{ error: 'E', details: [{ field: 'f', message: 'm' }] },
		],
		[
			'with figures',
			{ error: 'E', balance: 0.5, estimated_cost: 2.52, required: 2.02 },
			{ error: 'E', balance: 0.5, estimated_cost: 2.52, required: 2.02 },
		],
		[
			'with other things',
			{ error: 'E', limit: 60, details: { a: 1 }, balance: '0.50' },
			{ error: 'E' },
		],
		['of another shape', { message: 'E' }, undefined],
		['that is no JSON', undefined, undefined],
		['that is text', '<html>', undefined],
		['that is null', null, undefined],
	])('%s', (_, json, body) => {
		expect(readErrorBody(json)).toEqual(body);
	});
});
