import type { Video } from '../../../nodes/ContentStats/api/schemas';
import { metricsOf, toMetric, toRow } from '../../../nodes/ContentStats/model/snapshots';

test.each([
	['0', 0],
	['1250000', 1_250_000],
	['007', 7],
	[0, 0],
	[1_250_000, 1_250_000],
	['9007199254740991', 9_007_199_254_740_991],
	['9007199254740993', '9007199254740993'],
	['123456789012345678901234567890', '123456789012345678901234567890'],
	[null, null],
	[undefined, null],
	['', null],
	[9_007_199_254_740_991, 9_007_199_254_740_991],
	[9_007_199_254_740_992, null],
	[1e21, null],
])('toMetric converts %j to %j', (sent, metric) => {
	expect(toMetric(sent)).toBe(metric);
});

describe('a row', () => {
	const current_metadata = { title: 'A title', creator: 'someone', description: 'left out' };
	const video: Video = {
		id: 'cm5abc123def',
		video_link: 'https://www.youtube.com/watch?v=dQw4w9WgXcQ',
		platform: 'youtube',
		status: 'monitoring',
		current_metadata,
	};

	it('has exactly the documented columns, in order', () => {
		const row = toRow(video, {
			id: 'snap_001',
			snapshot_id: 'external_snap_123',
			provider: 'render',
			snapshot_time: '2024-01-29T12:00:00+02:00',
			views: '1250000',
			likes: '0',
			comments: '4200',
			shares: null,
		});
		expect(row).toEqual({
			snapshot_key: 'cm5abc123def:2024-01-29T10:00:00.000Z',
			video_id: 'cm5abc123def',
			platform: 'youtube',
			title: 'A title',
			creator: 'someone',
			video_link: 'https://www.youtube.com/watch?v=dQw4w9WgXcQ',
			snapshot_time: '2024-01-29T10:00:00.000Z',
			views: 1_250_000,
			likes: 0,
			comments: 4200,
			shares: null,
			saves: null,
		});
		expect(Object.keys(row)).toEqual(
			'snapshot_time title creator platform views likes comments shares saves video_link video_id snapshot_key'.split(
				' ',
			),
		);
	});

	test.each([undefined, null, {}, { title: null }])(
		'has a null title and creator if the metadata is %j',
		(current_metadata) => {
			const row = toRow({ ...video, current_metadata }, { snapshot_time: '2024-01-29T10:00:00Z' });
			expect(row).toMatchObject({ title: null, creator: null });
		},
	);

	it('has null for every missing metric', () => {
		expect(metricsOf({})).toEqual({
			views: null,
			likes: null,
			comments: null,
			shares: null,
			saves: null,
		});
	});
});
