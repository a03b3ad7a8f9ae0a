import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import type { Video } from '../../../nodes/ContentStats/api/schemas';
import {
	metricsOf,
	toEpochMs,
	toIsoUtc,
	toMetric,
	toRow,
} from '../../../nodes/ContentStats/model/snapshots';

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
])('the metric %j is %j', (sent, metric) => {
	expect(toMetric(sent)).toBe(metric);
});

describe('timestamps', () => {
	test.each([
		['2024-01-29T10:00:00.000Z', '2024-01-29T10:00:00.000Z'],
		['2024-01-29T10:00:00Z', '2024-01-29T10:00:00.000Z'],
		['2024-01-29T10:00Z', '2024-01-29T10:00:00.000Z'],
		['2024-01-29T10:00:00.5Z', '2024-01-29T10:00:00.500Z'],
		['2024-01-29T10:00:00.123456Z', '2024-01-29T10:00:00.123Z'],
		['2024-01-29T10:00:00', '2024-01-29T10:00:00.000Z'],
		['2024-01-29T10:00:00.250', '2024-01-29T10:00:00.250Z'],
		['2024-01-29T10:00:00+02:00', '2024-01-29T08:00:00.000Z'],
		['2024-01-29T10:00:00.000-05:30', '2024-01-29T15:30:00.000Z'],
		['2024-01-01T00:30:00+01:00', '2023-12-31T23:30:00.000Z'],
		['2024-02-29T10:00:00Z', '2024-02-29T10:00:00.000Z'],
		['2024-02-29T10:00:00.000Z', '2024-02-29T10:00:00.000Z'],
		['2024-04-30T23:59:59.999Z', '2024-04-30T23:59:59.999Z'],
		['2024-12-31T10:00:00.000Z', '2024-12-31T10:00:00.000Z'],
	])('%s is %s', (timestamp, utc) => {
		expect(toIsoUtc(timestamp)).toBe(utc);
		expect(toEpochMs(timestamp)).toBe(Date.parse(utc));
	});

	it('means UTC without a zone, whatever the zone of the machine', () => {
		const module = join(__dirname, '../../../nodes/ContentStats/model/snapshots.ts');
		const script = `process.stdout.write(require(${JSON.stringify(module)}).toIsoUtc('2024-07-01T10:00:00'))`;
		const utc = execFileSync(process.execPath, ['--import', 'tsx', '-e', script], {
			cwd: join(__dirname, '../../..'),
			env: { ...process.env, TZ: 'America/New_York' },
		});
		expect(utc.toString()).toBe('2024-07-01T10:00:00.000Z');
	});

	test.each([
		'',
		'yesterday',
		'2024-01-29',
		'1706522400000',
		'29.01.2024 10:00',
		'2024-13-01T10:00:00Z',
		'2024-01-32T10:00:00Z',
		'2024-01-29T25:00:00Z',
		'2024-01-29T10:61:00Z',
		'2024-02-30T10:00:00Z',
		'2023-02-29T10:00:00Z',
		'2024-04-31T10:00:00',
		'2024-04-31T10:00:00.000Z',
		'2024-11-31T10:00:00.000Z',
		'2024-02-30T10:00:00.000Z',
		'2023-02-29T10:00:00.000Z',
		'2024-02-30T10:00:00+02:00',
		'2024-01-29T10:00:00Zulu',
	])('%j is no instant', (timestamp) => {
		expect(toEpochMs(timestamp)).toBeNaN();
	});
});

describe('rows', () => {
	const video: Video = {
		id: 'cm5abc123def',
		video_link: 'https://www.youtube.com/watch?v=dQw4w9WgXcQ',
		platform: 'youtube',
		status: 'monitoring',
		current_metadata: { title: 'A title', creator: 'someone', description: 'left out' },
	};

	it('holds the columns of the design in their order, and nothing else', () => {
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
			'snapshot_key video_id platform title creator video_link snapshot_time views likes comments shares saves'.split(
				' ',
			),
		);
	});

	test.each([undefined, null, {}, { title: null }])(
		'title and creator are null while the metadata is %j',
		(current_metadata) => {
			const row = toRow({ ...video, current_metadata }, { snapshot_time: '2024-01-29T10:00:00Z' });
			expect(row).toMatchObject({ title: null, creator: null });
		},
	);

	it('has null for every metric of nothing', () => {
		expect(metricsOf({})).toEqual({
			views: null,
			likes: null,
			comments: null,
			shares: null,
			saves: null,
		});
	});
});
