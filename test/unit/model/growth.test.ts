import { type History, readHistory } from '../../../nodes/ContentStats/model/history';
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

/** Builds the history of a video. @param entries the hour of each snapshot, and its unusual counts. */
const historyOf = (...entries: Array<[hours: number, counts?: Counts]>): History => {
	const source = video('a', {
		snapshots: entries.map(([hours, counts]) => snapshot(hours, counts)),
	});
	return readHistory(source);
};
const rowsOf = (...entries: Array<[hours: number, counts?: Counts]>): Row[] =>
	historyOf(...entries).rows;
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
])('delta(%j, %j) is %j', (later, earlier, change) => {
	expect(delta(later, earlier)).toBe(change);
});

test.each([
	[0, 1, 1],
	[0, 1.5, 1.5],
	[0, 72, 72],
	[0, 1 / 3, 1 / 3],
	[5, 5, null],
	[5, 4, null],
])('hoursBetween hour %d and hour %d is %j', (from, to, hours) => {
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
])('perHour of a change of %j in %j hours is %j', (change, hours, rate) => {
	expect(perHour(change, hours)).toBe(rate);
});

test.each<[label: string, values: MetricValue[], rate: number | null]>([
	['adds likes, comments, shares and saves', [1000, 50, 30, 15, 5], 0.1],
	['leaves out shares and saves, which YouTube lacks', [1000, 50, 30], 0.08],
	['leaves out saves, which Twitter lacks', [1000, 50, 30, 20, null], 0.1],
	['leaves out hidden likes', [1000, null, 30, null, 20], 0.05],
	['exceeds 1 if there is more engagement than views', [10, 20, 0, 0, 0], 2],
	['is 0 if nobody engaged', [1000, 0, 0, 0, 0], 0],
	['is rounded to six decimals', [3, 1, 0, 0, 0], 0.333333],
	['is null without views, as on Instagram', [null, 50, 30, null, 5], null],
	['is null for zero views', [0, 0, 0, 0, 0], null],
	['is null for views past 2^53', [BIG, 50, 30, 15, 5], null],
	['is null if another metric is past 2^53', [1000, BIG, 30, 15, 5], null],
])('the engagement rate %s', (_, values, rate) => {
	expect(engagementRate(counts(values))).toBe(rate);
});

describe('growth', () => {
	const NO_GROWTH = {
		hours_since_previous: null,
		views_delta: null,
		likes_delta: null,
		comments_delta: null,
		shares_delta: null,
		saves_delta: null,
		views_per_hour: null,
	};

	it('compares each snapshot with the one before, even if they arrive unordered and repeated', () => {
		const history = historyOf(
			[4, { views: '1500', likes: '130' }],
			[1, { views: '1000', likes: '100' }],
			[2, { views: '1300', likes: '110' }],
			[1, { views: '1000', likes: '100' }],
		);
		const { rows } = structuredClone(history);
		expect(addGrowth(history)).toEqual([
			{ ...rows[0], ...NO_GROWTH, engagement_rate: 0.116 },
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

	it('is negative if a count goes down', () => {
		const [, second] = addGrowth(historyOf([1, { views: '1000' }], [2, { views: '940' }]));
		expect(second).toMatchObject({ views_delta: -60, views_per_hour: -60 });
	});

	it('is null for metrics that the platform lacks, and 0 for unchanged counts', () => {
		const instagram = { views: undefined, shares: null, likes: '7' };
		const [, second] = addGrowth(historyOf([1, instagram], [2, instagram]));
		expect(second).toMatchObject({
			hours_since_previous: 1,
			views_delta: null,
			views_per_hour: null,
			likes_delta: 0,
			shares_delta: null,
			engagement_rate: null,
		});
	});

	it('is null on both sides of a missing metric', () => {
		const rows = addGrowth(
			historyOf([1, { views: '10' }], [2, { views: null }], [3, { views: '30' }]),
		);
		expect(rows.map(({ views_delta }) => views_delta)).toEqual([null, null, null]);
		expect(rows.map(({ likes_delta }) => likes_delta)).toEqual([null, 0, 0]);
	});

	it('is null if a count is past 2^53', () => {
		const [, second] = addGrowth(historyOf([1, { views: BIG }], [2, { views: BIG }]));
		expect(second).toMatchObject({
			hours_since_previous: 1,
			views_delta: null,
			views_per_hour: null,
			likes_delta: 0,
		});
	});

	it('is null between two snapshots of the same instant', () => {
		const [row] = rowsOf([1, { views: '10' }]);
		const [same] = rowsOf([1, { views: '30' }]);
		expect(growthSince(same!, row)).toMatchObject(NO_GROWTH);
	});

	it('is empty for no rows', () => {
		expect(addGrowth(historyOf())).toEqual([]);
	});
});

test.each<[label: string, rows: Row[], metric: 'views' | 'likes']>([
	['views on TikTok', rowsOf([1]), 'views'],
	['views if the count is zero', rowsOf([1, { views: '0' }]), 'views'],
	['views if the count is past 2^53', rowsOf([1, { views: BIG }]), 'views'],
	['views if only a later snapshot has them', rowsOf([1, { views: null }], [2]), 'views'],
	[
		'likes if no snapshot has views',
		rowsOf([1, { views: null }], [2, { views: undefined }]),
		'likes',
	],
])('leadingMetric returns %s', (_, rows, metric) => {
	expect(leadingMetric(rows)).toBe(metric);
});
