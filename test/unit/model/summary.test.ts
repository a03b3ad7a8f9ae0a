import { readHistory } from '../../../nodes/ContentStats/model/history';
import { sparkline, summarize, type Summary } from '../../../nodes/ContentStats/model/summary';
import { iso, snapshot, video } from '../support/fakeClient';

const LOWEST = '▁';
const FULL = '█';

/** Summarizes a video. @param entries the hour of each snapshot, and its unusual counts. */
function summaryOf(
	entries: Array<[hours: number, counts?: Record<string, unknown>]>,
	platform = 'tiktok',
): Summary {
	const source = video('a', {
		platform,
		snapshots: entries.map(([hours, counts]) => snapshot(hours, counts)),
	});
	return summarize(source, readHistory(source).rows);
}

describe('a summary', () => {
	it('has exactly the documented fields, in order', () => {
		expect(Object.keys(summaryOf([]))).toEqual(
			(
				'video_id platform title creator video_link status snapshot_count first_snapshot_time ' +
				'last_snapshot_time views likes comments shares saves metric metric_delta ' +
				'metric_growth_rate peak_per_hour peak_time engagement_rate sparkline'
			).split(' '),
		);
	});

	it('of no snapshots has only the fields of the video', () => {
		expect(summaryOf([])).toEqual({
			video_id: 'a',
			platform: 'tiktok',
			title: 'Title of a',
			creator: 'user',
			video_link: 'https://www.tiktok.com/@user/video/7000010',
			status: 'monitoring',
			snapshot_count: 0,
			first_snapshot_time: null,
			last_snapshot_time: null,
			views: null,
			likes: null,
			comments: null,
			shares: null,
			saves: null,
			metric: 'views',
			metric_delta: null,
			metric_growth_rate: null,
			peak_per_hour: null,
			peak_time: null,
			engagement_rate: null,
			sparkline: '',
		});
	});

	it('of one snapshot has its metrics and no growth', () => {
		expect(summaryOf([[1, { views: '1000' }]])).toMatchObject({
			snapshot_count: 1,
			first_snapshot_time: iso(1),
			last_snapshot_time: iso(1),
			views: 1000,
			likes: 100,
			metric: 'views',
			metric_delta: null,
			metric_growth_rate: null,
			peak_per_hour: null,
			peak_time: null,
			engagement_rate: 0.116,
			sparkline: '',
		});
	});

	it('of two snapshots has the growth between them', () => {
		expect(
			summaryOf([
				[3, { views: '1500' }],
				[1, { views: '1000' }],
			]),
		).toMatchObject({
			snapshot_count: 2,
			first_snapshot_time: iso(1),
			last_snapshot_time: iso(3),
			views: 1500,
			metric_delta: 500,
			metric_growth_rate: 0.5,
			peak_per_hour: 250,
			peak_time: iso(3),
			engagement_rate: 0.077333,
			sparkline: FULL,
		});
	});

	it('of 720 snapshots has a sparkline of 24 bars', () => {
		const views = (hour: number) => 1000 + 10 * hour + (hour >= 400 ? 5000 : 0);
		const hours = Array.from({ length: 720 }, (_, hour) => hour);
		const summary = summaryOf(hours.map((hour) => [hour, { views: String(views(hour)) }]));
		expect(summary).toMatchObject({
			snapshot_count: 720,
			first_snapshot_time: iso(0),
			last_snapshot_time: iso(719),
			views: 13_190,
			metric_delta: 12_190,
			metric_growth_rate: 12.19,
			peak_per_hour: 5010,
			peak_time: iso(400),
		});
		expect(summary.sparkline).toMatch(/^[▁▂▃▄▅▆▇█]{24}$/);
		expect([...summary.sparkline].indexOf(FULL)).toBe(Math.floor((399 / 719) * 24));
	});

	it('finds the peak per hour, not per interval', () => {
		const summary = summaryOf([
			[0, { views: '0' }],
			[10, { views: '900' }],
			[11, { views: '1000' }],
		]);
		expect(summary).toMatchObject({ peak_per_hour: 100, peak_time: iso(11) });
	});

	it('uses likes as the metric if the platform has no views', () => {
		const instagram = (likes: string) => ({ views: null, shares: null, likes });
		expect(
			summaryOf(
				[
					[1, instagram('10')],
					[2, instagram('40')],
					[3, instagram('45')],
				],
				'instagram',
			),
		).toMatchObject({
			views: null,
			likes: 45,
			metric: 'likes',
			metric_delta: 35,
			metric_growth_rate: 3.5,
			peak_per_hour: 30,
			peak_time: iso(2),
			engagement_rate: null,
		});
	});

	it('uses likes for Instagram even before the first snapshot', () => {
		expect(summaryOf([], 'instagram').metric).toBe('likes');
	});

	it('shows a loss as a negative change', () => {
		expect(
			summaryOf([
				[1, { views: '1000' }],
				[2, { views: '900' }],
			]),
		).toMatchObject({
			metric_delta: -100,
			metric_growth_rate: -0.1,
			peak_per_hour: -100,
		});
	});

	it('has no growth rate from zero', () => {
		expect(
			summaryOf([
				[1, { views: '0' }],
				[2, { views: '900' }],
			]),
		).toMatchObject({
			metric_delta: 900,
			metric_growth_rate: null,
		});
	});

	it('shows counts past 2^53, but no growth of them', () => {
		const views = '9007199254740993';
		expect(
			summaryOf([
				[1, { views }],
				[2, { views }],
			]),
		).toMatchObject({
			views,
			metric: 'views',
			metric_delta: null,
			metric_growth_rate: null,
			peak_per_hour: null,
		});
	});
});

describe('sparkline', () => {
	test.each([
		['an empty line for no gains', [], ''],
		['one gain as a full bar', [5], FULL],
		['gains of zero as the lowest bars', [0, 0, 0], LOWEST.repeat(3)],
		['losses as the lowest bars', [-5, -1], LOWEST.repeat(2)],
		['a loss among gains as the lowest bar', [10, -10, 10], `${FULL}${LOWEST}${FULL}`],
		['equal gains as full bars', [3, 3], FULL.repeat(2)],
		['a ramp as one bar of each height', [0, 1, 2, 3, 4, 5, 6, 7], '▁▂▃▄▅▆▇█'],
		['a tiny gain beside a huge one as the lowest bar', [1, 1e15], `${LOWEST}${FULL}`],
		['24 gains as 24 bars', Array<number>(24).fill(1), FULL.repeat(24)],
		['25 gains as 24 bars', Array<number>(25).fill(1), FULL.repeat(24)],
		['719 gains as 24 bars', Array<number>(719).fill(1), FULL.repeat(24)],
	])('draws %s', (_, values, line) => {
		expect(sparkline(values)).toBe(line);
	});

	it('averages the gains that share a bar', () => {
		expect(sparkline([0, 0, 7, 7, 3, 4], 3)).toBe('▁█▅');
	});
});
