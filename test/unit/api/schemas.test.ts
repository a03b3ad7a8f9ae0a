import {
	readErrorBody,
	readStopped,
	readTracked,
	readUsage,
	readVideo,
	readVideoList,
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
		['a list of videos', readVideoList, { videos: [LISTED], total: 1, limit: 50 }],
		['an empty list', readVideoList, { videos: [], total: 0, limit: 50 }],
		['a list without its totals', readVideoList, { videos: [LISTED] }],
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
		['text instead of an object', readVideo, 'Hello', 'the reply'],
		['an undefined reply', readVideo, undefined, 'the reply'],
		['a null reply', readUsage, null, 'the reply'],
		['an array instead of a video', readVideo, [], 'the reply'],
		['a list without videos', readVideoList, { total: 0 }, 'videos'],
		['an object instead of the videos array', readVideoList, { videos: {} }, 'videos'],
		[
			'a video without an id',
			readVideoList,
			{ videos: [LISTED, without(LISTED, 'id')] },
			'videos[1].id',
		],
		['an empty id', readVideo, { ...FETCHED, id: '' }, 'id'],
		['a numeric id', readVideo, { ...FETCHED, id: 7 }, 'id'],
		['a missing link', readVideo, without(FETCHED, 'video_link'), 'video_link'],
		['a missing status', readTracked, without(TRACKED, 'status'), 'status'],
		['a time in words', readVideo, { ...FETCHED, created_at: 'soon' }, 'created_at'],
		[
			'a date that does not exist',
			readVideo,
			{ ...FETCHED, created_at: '2024-02-30T10:00:00Z' },
			'created_at',
		],
		[
			'a numeric title',
			readVideo,
			{ ...FETCHED, current_metadata: { title: 7 } },
			'current_metadata.title',
		],
		['days in words', readVideo, { ...FETCHED, days_remaining: 'five' }, 'days_remaining'],
		[
			'an object instead of the snapshots array',
			readVideo,
			{ ...FETCHED, snapshots: { 0: SNAPSHOT } },
			'snapshots',
		],
		['a cost sent as text', readTracked, { ...TRACKED, estimated_cost: '2.52' }, 'estimated_cost'],
		['an unsuccessful stop', readStopped, { ...STOPPED, success: false }, 'success'],
		['a stop without a new status', readStopped, without(STOPPED, 'new_status'), 'new_status'],
		['usage without a balance', readUsage, without(USAGE, 'balance_usd'), 'balance_usd'],
		['a balance sent as text', readUsage, { ...USAGE, balance_usd: '12.45' }, 'balance_usd'],
		['a snapshot price of 0', readUsage, { ...USAGE, cost_per_snapshot: 0 }, 'cost_per_snapshot'],
	])('reject %s and name its path', (_, read, json, path) => {
		expect(() => read(json, 'video cm5abc')).toThrow(
			expect.objectContaining({
				kind: 'unreadable_reply',
				message: expect.stringContaining(`about video cm5abc that cannot be understood (${path}: `),
			}),
		);
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
