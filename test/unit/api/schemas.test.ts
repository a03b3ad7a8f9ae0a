import {
	asSent,
	readErrorBody,
	readStopped,
	readTracked,
	readUsage,
	readVideo,
	readVideoList,
	unusableFields,
} from '../../../nodes/ContentStats/api/schemas';
import { SNAPSHOT, without } from '../support/fakeClient';

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

type Reader = (json: unknown, subject: string) => unknown;

describe('readers of valid replies', () => {
	test.each<[string, Reader, unknown]>([
		['a tracking', readTracked, TRACKED],
		['a video', readVideo, FETCHED],
		['a video without snapshots yet', readVideo, { ...FETCHED, snapshots: [] }],
		['a video without a snapshots field', readVideo, without(FETCHED, 'snapshots', 'is_deleted')],
		[
			'a video without job_id and metadata',
			readVideo,
			without(FETCHED, 'job_id', 'current_metadata'),
		],
		['a video with null metadata', readVideo, { ...FETCHED, current_metadata: null }],
		[
			'a video without a title or creator',
			readVideo,
			{ ...FETCHED, current_metadata: { creator: null } },
		],
		[
			'an unknown status and platform',
			readVideo,
			{ ...FETCHED, status: 'archived', platform: 'threads' },
		],
		['unknown fields', readVideo, { ...FETCHED, tags: [{ deep: [1] }] }],
		['a stopped tracking', readStopped, STOPPED],
		['usage', readUsage, USAGE],
		['usage with a negative balance', readUsage, { ...USAGE, balance_usd: -1, active_videos: 0 }],
	])('return %s unchanged', (_, read, json) => {
		const before = structuredClone(json);
		expect(read(json, 'it')).toBe(json);
		expect(json).toEqual(before);
	});
});

describe('readers of invalid replies', () => {
	test.each<[string, Reader, unknown, string]>([
		['text instead of an object', readVideo, 'Hello', 'the response'],
		['an undefined reply', readVideo, undefined, 'the response'],
		['a null reply', readUsage, null, 'the response'],
		['an array instead of a video', readVideo, [], 'the response'],
		['a list without videos', readVideoList, { total: 0 }, 'videos'],
		['an object instead of the videos array', readVideoList, { videos: {} }, 'videos'],
		['an empty id', readVideo, { ...FETCHED, id: '' }, 'id'],
		['a numeric id', readVideo, { ...FETCHED, id: 7 }, 'id'],
		[
			'an object instead of the snapshots array',
			readVideo,
			{ ...FETCHED, snapshots: { 0: SNAPSHOT } },
			'snapshots',
		],
		['an unsuccessful stop', readStopped, { ...STOPPED, success: false }, 'success'],
		['a stop without a new status', readStopped, without(STOPPED, 'new_status'), 'new_status'],
		['usage without a balance', readUsage, without(USAGE, 'balance_usd'), 'balance_usd'],
		['a balance sent as text', readUsage, { ...USAGE, balance_usd: '12.45' }, 'balance_usd'],
	])('reject %s and name its path', (_, read, json, path) => {
		expect(() => read(json, 'video cm5abc')).toThrow(
			expect.objectContaining({
				kind: 'unreadable_reply',
				message: expect.stringContaining(`for video cm5abc (${path}: `),
			}),
		);
	});
});

describe('readers of replies with odd fields', () => {
	test.each<[string, Reader, object, string, unknown]>([
		['a missing link', readVideo, without(FETCHED, 'video_link'), 'video_link', undefined],
		['a null platform', readVideo, { ...FETCHED, platform: null }, 'platform', undefined],
		['a missing status', readTracked, without(TRACKED, 'status'), 'status', undefined],
		['an empty status', readVideo, { ...FETCHED, status: '' }, 'status', undefined],
		['a time in words', readVideo, { ...FETCHED, created_at: 'soon' }, 'created_at', undefined],
		[
			'a time with a blank',
			readVideo,
			{ ...FETCHED, created_at: '2024-01-29 10:00:00' },
			'created_at',
			undefined,
		],
		[
			'a date that does not exist',
			readVideo,
			{ ...FETCHED, monitoring_started: '2024-02-30T10:00:00Z' },
			'monitoring_started',
			undefined,
		],
		['days as text', readVideo, { ...FETCHED, days_remaining: '5.5' }, 'days_remaining', undefined],
		[
			'metadata as a list',
			readVideo,
			{ ...FETCHED, current_metadata: [] },
			'current_metadata',
			undefined,
		],
		['a deletion as text', readVideo, { ...FETCHED, is_deleted: 'no' }, 'is_deleted', undefined],
		[
			'a cost as text',
			readTracked,
			{ ...TRACKED, estimated_cost: '2.52' },
			'estimated_cost',
			undefined,
		],
		[
			'a count as text',
			readUsage,
			{ ...USAGE, total_snapshots: '450' },
			'total_snapshots',
			undefined,
		],
		['a link as a number', readStopped, { ...STOPPED, video_link: 7 }, 'video_link', undefined],
		[
			'a numeric title',
			readVideo,
			{ ...FETCHED, current_metadata: { title: 7, creator: 'c' } },
			'current_metadata.title',
			{ current_metadata: { title: null, creator: 'c' } },
		],
	])('read %s as null, and name it', (_, read, json, path, nulled) => {
		const before = structuredClone(json);
		const result = read(json, 'it') as object;
		expect(result).toEqual({ ...json, ...((nulled as object) ?? { [path]: null }) });
		expect(unusableFields(result)).toEqual([path]);
		expect(asSent(result)).toBe(json);
		expect(json).toEqual(before);
	});

	it('name every field that is odd', () => {
		const read = readVideo({ id: 'a', days_remaining: 'x', snapshots: [] }, 'it');
		expect(read).toMatchObject({ id: 'a', video_link: null, platform: null, status: null });
		expect(unusableFields(read).sort()).toEqual(
			['days_remaining', 'platform', 'status', 'video_link'].sort(),
		);
	});
});

describe('readVideoList', () => {
	it('returns its videos unchanged, with or without totals', () => {
		const videos = [LISTED, { ...LISTED, id: 'constructor' }];
		const expected = { videos, unidentified: [], isFull: false, total: null, repliedAt: null };
		const withTotal = readVideoList({ videos, total: 2, limit: 50 }, 'it');
		expect(withTotal).toEqual({ ...expected, total: 2 });
		expect(readVideoList({ videos }, 'it')).toEqual(expected);
		expect(readVideoList({ videos: [] }, 'it')).toEqual({ ...expected, videos: [] });
	});

	test.each<[string, number, object, boolean]>([
		['fewer entries than it was asked for', 1, {}, false],
		['as many entries as it was asked for', 2, {}, true],
		['more entries than it was asked for', 3, {}, true],
		['as many entries as its own limit', 1, { limit: 1 }, true],
		['fewer entries than a limit above the one asked for', 1, { limit: 500 }, false],
		['as many as asked for, under a limit above it', 2, { limit: 500 }, true],
		['a limit of 0', 1, { limit: 0 }, false],
		['a limit as text', 1, { limit: '1' }, true],
		['a limit that is no number', 1, { limit: [1] }, false],
		['no entries, whatever it says', 0, { has_more: true, cursor: 'x', limit: 1 }, false],
		['has_more', 1, { has_more: true }, true],
		['hasMore', 1, { hasMore: true }, true],
		['has_next_page in its page_info', 1, { page_info: { has_next_page: true } }, true],
		['hasNextPage in its pagination', 1, { pagination: { hasNextPage: true } }, true],
		['has_more beside a limit that is not reached', 1, { limit: 50, has_more: true }, true],
		['a cursor', 1, { cursor: 'b2Zm' }, true],
		['a next_cursor', 1, { next_cursor: 'b2Zm' }, true],
		['a nextCursor in its meta', 1, { meta: { nextCursor: 2 } }, true],
		['a link to the next page', 1, { links: { next: '/videos?page=2' } }, true],
		['a next_page_token', 1, { next_page_token: 'x' }, true],
		['has_more as text', 1, { has_more: 'true' }, true],
		['has_more as a number', 1, { meta: { has_more: 1 } }, true],
		['several pages', 1, { pagination: { page: 1, total_pages: 3 } }, true],
		['one page', 1, { pagination: { page: 1, total_pages: 1, pages: '1' } }, false],
		['no more pages', 1, { total_pages: 3, has_more: 'false' }, false],
		['an empty cursor', 1, { next_cursor: '', cursor: null }, false],
		['a cursor at the end of all', 1, { cursor: 'b2Zm', has_more: false }, false],
		['has_more that is no answer', 1, { has_more: 'no' }, false],
		['paging that is no object', 1, { pagination: 'next', meta: null, links: [1] }, false],
	])('a reply with %s: %d entries, %j, is full: %s', (_, count, more, isFull) => {
		const videos = Array.from({ length: count }, (_, n) => ({ ...LISTED, id: `v${n}` }));
		expect(readVideoList({ videos, ...more }, 'it', { limit: 2 }).isFull).toBe(isFull);
	});

	test.each<[string, object, boolean]>([
		['with the same link', LISTED, true],
		['with another status', { ...LISTED, status: 'paused' }, true],
		['with another link', { ...LISTED, video_link: 'https://youtu.be/dQw4w9WgXcQ' }, false],
	])(
		'a video that is listed twice %s stands in the place of another: %j %s',
		(_, second, isFull) => {
			expect(readVideoList({ videos: [LISTED, second] }, 'it').isFull).toBe(isFull);
		},
	);

	test.each([
		[130, 130],
		[0, null],
		[-1, null],
		[1.5, null],
		['130', 130],
		['many', null],
	])('reads the total %j as %j', (total, expected) => {
		expect(readVideoList({ videos: [], total }, 'it').total).toBe(expected);
	});

	it('reads an odd field as null, and leaves every other entry as it is', () => {
		const odd = { ...LISTED, platform: null, created_at: 5 };
		const { videos } = readVideoList({ videos: [LISTED, odd, LISTED] }, 'it');
		expect(videos).toEqual([LISTED, { ...odd, created_at: null }, LISTED]);
		expect(videos.map(unusableFields)).toEqual([[], ['platform', 'created_at'], []]);
	});

	test.each<[string, unknown, string | null]>([
		['without an id', without(LISTED, 'id'), 'tiktok'],
		['with a null id', { ...LISTED, id: null }, 'tiktok'],
		['with an empty id', { ...LISTED, id: '' }, 'tiktok'],
		['with a numeric id', { ...LISTED, id: 7, platform: 7 }, null],
		['that is null', null, null],
		['that is text', 'video', null],
		['that is a list', [LISTED], null],
	])('leaves out an entry %s, and tells its platform', (_, entry, platform) => {
		expect(readVideoList({ videos: [LISTED, entry] }, 'it')).toEqual({
			videos: [LISTED],
			unidentified: [{ platform }],
			isFull: false,
			total: null,
			repliedAt: null,
		});
	});
});

describe('a snapshot ahead of the reply', () => {
	const repliedAt = Date.parse('2026-03-01T12:00:00Z');
	const timesOf = (times: unknown[], at: number | null = repliedAt) =>
		readVideo(
			{ ...FETCHED, snapshots: times.map((snapshot_time) => ({ snapshot_time })) },
			'it',
			at,
		).snapshots!.map((entry) => (entry as { snapshot_time: unknown }).snapshot_time);

	test.each<[string, string, boolean]>([
		['24 hours', '2026-03-02T12:00:00.000Z', false],
		['24 hours and a millisecond', '2026-03-02T12:00:00.001Z', true],
		['72 hours', '2026-03-04T12:00:00.000Z', true],
		['72 hours, without a zone', '2026-03-04T12:00:00', true],
		['less than 24 hours in another zone', '2026-03-03T01:00:00+14:00', false],
		['decades', '2099-01-01T00:00:00.000Z', true],
		['no time at all', '9999-99-99T99:99:99.999Z', false],
	])('by %s is held back or not', (_, time, isHeld) => {
		const others = ['2026-03-01T11:00:00.000Z', null, 'noon', { toString: 1 }];
		expect(timesOf([...others, time])).toEqual(isHeld ? others : [...others, time]);
		expect(timesOf([...others, time], null)).toEqual([...others, time]);
	});

	it('is named, and stays in the object as it was sent', () => {
		const json = { ...FETCHED, snapshots: [{ snapshot_time: '2099-01-01T00:00:00.000Z' }] };
		const read = readVideo(json, 'it', repliedAt);
		expect(unusableFields(read)).toEqual(['snapshot_time (more than 24 hours ahead)']);
		expect(asSent(read)).toBe(json);
	});
});

describe('readErrorBody', () => {
	test.each<[string, unknown, unknown]>([
		[
			'keeps the details',
			{ error: 'E', details: [{ field: 'f', message: 'm' }] },
			{ error: 'E', details: [{ field: 'f', message: 'm' }] },
		],
		[
			'keeps the amounts',
			{ error: 'E', balance: 0.5, estimated_cost: 2.52, required: 2.02 },
			{ error: 'E', balance: 0.5, estimated_cost: 2.52, required: 2.02 },
		],
		[
			'drops unknown and malformed fields',
			{ error: 'E', limit: 60, details: { a: 1 }, balance: '0.50' },
			{ error: 'E' },
		],
		['returns undefined for another shape', { message: 'E' }, undefined],
		['returns undefined if the body is not JSON', undefined, undefined],
		['returns undefined for text', '<html>', undefined],
		['returns undefined for null', null, undefined],
	])('%s', (_, json, body) => {
		expect(readErrorBody(json)).toEqual(body);
	});
});
