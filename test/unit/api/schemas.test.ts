import {
	readErrorBody,
	datedSnapshots,
	readSnapshotAt,
	readStopped,
	readTracked,
	readUsage,
	readVideo,
	readVideoList,
	type VideoWithSnapshots,
} from '../../../nodes/ContentStats/api/schemas';
import { at, iso, snapshot, video } from '../world';

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

describe('readSnapshotAt', () => {
	const readSnapshots = (source: VideoWithSnapshots) =>
		datedSnapshots(source).map((entry) => readSnapshotAt(source, entry));

	const withSnapshots = (...snapshots: unknown[]): VideoWithSnapshots => video('a', { snapshots });

	test.each<[string, object]>([
		['the reference', SNAPSHOT],
		['the quickstart', without(SNAPSHOT, 'id', 'snapshot_id', 'saves', 'provider')],
		['numbers', { ...SNAPSHOT, views: 1250000, likes: 0 }],
		['unknown metrics', { ...SNAPSHOT, views: null, shares: undefined, saves: '' }],
		['digits past 2^53', { ...SNAPSHOT, views: '9007199254740993' }],
		['no zone', { ...SNAPSHOT, snapshot_time: '2024-01-29T10:00:00' }],
	])('accepts a snapshot as in %s', (_, entry) => {
		expect(readSnapshots(withSnapshots(entry))).toEqual([entry]);
	});

	test.each([
		['no snapshots', []],
		['null', null],
		['undefined', undefined],
	])('has none of %s', (_, snapshots) => {
		expect(readSnapshots(video('a', { snapshots }))).toEqual([]);
		expect(datedSnapshots(video('a', { snapshots }))).toEqual([]);
	});

	test.each<[string, unknown, string]>([
		['a metric in words', { ...SNAPSHOT, views: '1.2M' }, 'snapshots[1].views'],
		['a metric with commas', { ...SNAPSHOT, views: '1,250,000' }, 'snapshots[1].views'],
		['a fraction', { ...SNAPSHOT, likes: 1.5 }, 'snapshots[1].likes'],
		['a fraction as text', { ...SNAPSHOT, likes: '1.5' }, 'snapshots[1].likes'],
		['a negative count', { ...SNAPSHOT, shares: -1 }, 'snapshots[1].shares'],
		['a negative text', { ...SNAPSHOT, shares: '-1' }, 'snapshots[1].shares'],
		['a truth value', { ...SNAPSHOT, saves: true }, 'snapshots[1].saves'],
		['no time', without(SNAPSHOT, 'snapshot_time'), 'snapshots[1].snapshot_time'],
		['a time in words', { ...SNAPSHOT, snapshot_time: 'noon' }, 'snapshots[1].snapshot_time'],
		[
			'no day',
			{ ...SNAPSHOT, snapshot_time: '2024-02-30T10:00:00Z' },
			'snapshots[1].snapshot_time',
		],
		[
			'a number for a time',
			{ ...SNAPSHOT, snapshot_time: 1706522400 },
			'snapshots[1].snapshot_time',
		],
		['null', null, 'snapshots[1]'],
		['text', 'snapshot', 'snapshots[1]'],
	])('refuses %s and names it', (_, entry, path) => {
		const message = expect.stringContaining(`about video a that cannot be understood (${path}: `);
		expect(() => readSnapshots(withSnapshots(snapshot(0), entry))).toThrow(
			expect.objectContaining({ kind: 'unreadable_reply', message }),
		);
	});

	it('gives them oldest first and each instant once', () => {
		const spelledOtherwise = { ...snapshot(1), snapshot_time: iso(1).replace('.000Z', '') };
		const read = readSnapshots(
			withSnapshots(snapshot(2), snapshot(0), snapshot(1), spelledOtherwise, snapshot(0)),
		);
		expect(read.map(({ snapshot_time }) => snapshot_time)).toEqual([iso(0), iso(1), iso(2)]);
	});
});

describe('datedSnapshots', () => {
	const instants = (snapshots: unknown[], from?: number) =>
		datedSnapshots(video('a', { snapshots }), from).map(({ instant }) => instant);

	it('are oldest first and each instant there once, by where it stands first', () => {
		const source = video('a', {
			snapshots: [
				snapshot(12),
				snapshot(2),
				{ snapshot_time: iso(2).replace('Z', '+00:00') },
				snapshot(0),
			],
		});
		expect(datedSnapshots(source)).toEqual([
			{ instant: at(0), index: 3 },
			{ instant: at(2), index: 1 },
			{ instant: at(12), index: 0 },
		]);
	});

	const FIVE = [3, 0, 4, 1, 2].map((hours) => snapshot(hours));

	test.each<[string, number, number[]]>([
		['all from the first on', at(0), [0, 1, 2, 3, 4]],
		['from one on, with the one before it', at(2), [1, 2, 3, 4]],
		['from between two on, with the one before', at(2.5), [2, 3, 4]],
		['the newest alone, from after all', at(9), [4]],
		['the newest alone, from the end of time', Infinity, [4]],
		['all, from the beginning of time', -Infinity, [0, 1, 2, 3, 4]],
		['all, from what is no time', 1e300, [0, 1, 2, 3, 4]],
	])('are %s', (_, from, hours) => {
		expect(instants(FIVE, from)).toEqual(hours.map(at));
	});

	it('pass over none that is spelled in another way than the API does', () => {
		const times = [iso(0), iso(1).replace('.000Z', 'Z'), iso(2).replace('Z', '+00:00'), iso(8)];
		const snapshots = times.map((snapshot_time) => ({ snapshot_time }));
		expect(instants(snapshots, at(8))).toEqual([0, 1, 2, 8].map(at));
	});

	it('look at nothing but the time', () => {
		const broken = { ...snapshot(1), views: 'many' };
		const source = video('a', { snapshots: [snapshot(2), broken] });
		expect(datedSnapshots(source)).toHaveLength(2);
		expect(() => readSnapshotAt(source, { index: 1 })).toThrow(/snapshots\[1\]\.views/);
		expect(readSnapshotAt(source, { index: 0 })).toEqual(snapshot(2));
	});

	test.each([null, {}, 'x', { snapshot_time: 7 }, { snapshot_time: '2024-02-30T10:00:00Z' }])(
		'refuse %j and name it',
		(entry) => {
			expect(() => datedSnapshots(video('a', { snapshots: [snapshot(0), entry] }))).toThrow(
				expect.objectContaining({
					kind: 'unreadable_reply',
					message: expect.stringContaining('snapshots[1]'),
				}),
			);
		},
	);
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
