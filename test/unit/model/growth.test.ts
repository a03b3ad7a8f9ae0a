import { readRows } from '../../../nodes/ContentStats/model/history';
import {
	delta,
	engagementRate,
	growthSince,
	hoursBetween,
	leadingMetric,
	perHour,
	addGrowth,
} from '../../../nodes/ContentStats/model/growth';
import type { MetricValue, Row } from '../../../nodes/ContentStats/model/snapshots';
import { snapshot, video } from '../support/fakeClient';

type Counts = Record<string, unknown>;

/** The rows of a video whose snapshots are given as the hour and the counts that differ. */
const rowsOf = (...entries: Array<[hours: number, counts?: Counts]>): Row[] => {
	const source = video('a', {
		snapshots: entries.map(([hours, counts]) => snapshot(hours, counts)),
	});
	return readRows(source);
};
const counts = (values: Array<MetricValue>) => {
	const [views = null, likes = null, comments = null, shares = null, saves = null] = values;
	return { views, likes, comments, shares, saves };
};

const HOUR_MS = 3_600_000;
const BIG = '9007199254740993';

test.each<[later: MetricValue, earlier: MetricValue, change: number | null]>([
	[12, 10, 2],
	[10, 12, -2],
	[5, 5, 0],
	[5, 0, 5],
	[null, 10, null],
	[10, null, null],
	[BIG, 10, null],
	[10, BIG, null],
	[BIG, BIG, null],
])('from %j back to %j changed %j', (later, earlier, change) => {
	expect(delta(later, earlier)).toBe(change);
});

test.each([
	[0, 1, 1],
	[0, 1.5, 1.5],
	[0, 72, 72],
	[0, 1 / 3, 0.3333],
	[5, 5, null],
	[5, 4, null],
])('from hour %d to hour %d are %j hours', (from, to, hours) => {
	expect(hoursBetween(from * HOUR_MS, to * HOUR_MS)).toBe(hours);
});

test.each([
	[100, 2, 50],
	[-30, 2, -15],
	[0, 2, 0],
	[10, 3, 3.33],
	[null, 2, null],
	[10, null, null],
	[10, 0, null],
])('%j in %j hours is %j an hour', (change, hours, rate) => {
	expect(perHour(change, hours)).toBe(rate);
});

test.each<[what: string, values: MetricValue[], rate: number | null]>([
	['all parts', [1000, 50, 30, 15, 5], 0.1],
	['YouTube: no shares, no saves', [1000, 50, 30], 0.08],
	['Twitter: no saves', [1000, 50, 30, 20, null], 0.1],
	['likes hidden', [1000, null, 30, null, 20], 0.05],
	['more engagement than views', [10, 20, 0, 0, 0], 2],
	['nobody engaged', [1000, 0, 0, 0, 0], 0],
	['a rate with many decimals', [3, 1, 0, 0, 0], 0.333333],
	['Instagram: no views', [null, 50, 30, null, 5], null],
	['zero views', [0, 0, 0, 0, 0], null],
	['views past 2^53', [BIG, 50, 30, 15, 5], null],
	['a part past 2^53', [1000, BIG, 30, 15, 5], null],
])('the engagement rate of %s', (_, values, rate) => {
	expect(engagementRate(counts(values))).toBe(rate);
});

describe('growth', () => {
	const NOTHING = {
		hours_since_previous: null,
		views_delta: null,
		likes_delta: null,
		comments_delta: null,
		shares_delta: null,
		saves_delta: null,
		views_per_hour: null,
	};

	it('tells what each snapshot adds to the one before, unordered and repeated as they come', () => {
		const rows = rowsOf(
			[4, { views: '1500', likes: '130' }],
			[1, { views: '1000', likes: '100' }],
			[2, { views: '1300', likes: '110' }],
			[1, { views: '1000', likes: '100' }],
		);
		expect(addGrowth(rows)).toEqual([
			{ ...rows[0], ...NOTHING, engagement_rate: 0.116 },
			{
				...rows[1],
				hours_since_previous: 1,
				views_delta: 300,
				likes_delta: 10,
				comments_delta: 0,
				shares_delta: 0,
				saves_delta: 0,
				views_per_hour: 300,
				engagement_rate: 0.096923,
			},
			{
				...rows[2],
				hours_since_previous: 2,
				views_delta: 200,
				likes_delta: 20,
				comments_delta: 0,
				shares_delta: 0,
				saves_delta: 0,
				views_per_hour: 100,
				engagement_rate: 0.097333,
			},
		]);
	});

	it('is negative where a counter goes down', () => {
		const [, second] = addGrowth(rowsOf([1, { views: '1000' }], [2, { views: '940' }]));
		expect(second).toMatchObject({ views_delta: -60, views_per_hour: -60 });
	});

	it('is null for what the platform lacks, and 0 for what stands still', () => {
		const instagram = { views: undefined, shares: null, likes: '7' };
		const [, second] = addGrowth(rowsOf([1, instagram], [2, instagram]));
		expect(second).toMatchObject({
			hours_since_previous: 1,
			views_delta: null,
			views_per_hour: null,
			likes_delta: 0,
			shares_delta: null,
			engagement_rate: null,
		});
	});

	it('is null around a gap in a metric', () => {
		const rows = addGrowth(
			rowsOf([1, { views: '10' }], [2, { views: null }], [3, { views: '30' }]),
		);
		expect(rows.map(({ views_delta }) => views_delta)).toEqual([null, null, null]);
		expect(rows.map(({ likes_delta }) => likes_delta)).toEqual([null, 0, 0]);
	});

	it('is null where a count is past 2^53', () => {
		const [, second] = addGrowth(rowsOf([1, { views: BIG }], [2, { views: BIG }]));
		expect(second).toMatchObject({
			hours_since_previous: 1,
			views_delta: null,
			views_per_hour: null,
			likes_delta: 0,
		});
	});

	it('is null after no time at all', () => {
		const [row] = rowsOf([1, { views: '10' }]);
		const [same] = rowsOf([1, { views: '30' }]);
		expect(growthSince(same!, row)).toMatchObject(NOTHING);
	});

	it('is empty for no rows', () => {
		expect(addGrowth([])).toEqual([]);
	});
});

test.each<[what: string, rows: Row[], metric: 'views' | 'likes']>([
	['TikTok', rowsOf([1]), 'views'],
	['zero views', rowsOf([1, { views: '0' }]), 'views'],
	['views past 2^53', rowsOf([1, { views: BIG }]), 'views'],
	['views from the second snapshot on', rowsOf([1, { views: null }], [2]), 'views'],
	['Instagram', rowsOf([1, { views: null }], [2, { views: undefined }]), 'likes'],
])('%s leads with its metric', (_, rows, metric) => {
	expect(leadingMetric(rows)).toBe(metric);
});
