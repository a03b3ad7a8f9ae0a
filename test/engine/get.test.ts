import type { INodeParameters } from 'n8n-workflow';

import {
	createFixture,
	type Fixture,
	GROWTH,
	INSTAGRAM,
	ROW,
	START,
	TIKTOK,
	TWITTER,
	video,
	YOUTUBE,
} from './support/fixture';
import { runAction } from '../../harness/engine';

const SUMMARY = [
	'video_id',
	'platform',
	'title',
	'creator',
	'video_link',
	'status',
	'snapshot_count',
	'first_snapshot_time',
	'last_snapshot_time',
	'views',
	'likes',
	'comments',
	'shares',
	'saves',
	'metric',
	'metric_delta',
	'metric_growth_rate',
	'peak_per_hour',
	'peak_time',
	'engagement_rate',
	'sparkline',
];

/** Starts a sandbox with one video that has 24 hourly snapshots. */
async function withDay(video_link = TIKTOK) {
	const fixture = await createFixture({ firstSnapshotDelayMs: 0 });
	const tracked = fixture.sandbox.seedVideo({ video_link });
	fixture.clock.advance({ hours: 23 });
	return { ...fixture, tracked };
}

const get = ({ credential }: Fixture, id: string, more = {}) =>
	runAction(credential, { operation: 'get', ...video('id', id), ...more });

describe('Get', () => {
	test('returns one row per snapshot, oldest first, with metrics as numbers', async () => {
		const fixture = await withDay();
		const { tracked } = fixture;
		tracked.shuffle();
		const { items, full } = await get(fixture, tracked.id);
		expect(items).toHaveLength(24);
		expect(items.map((item) => Object.keys(item))).toEqual(items.map(() => ROW));
		const recorded = [...tracked.snapshots].sort((a, b) =>
			String(a.snapshot_time).localeCompare(String(b.snapshot_time)),
		);
		expect(items.map(({ snapshot_time, views }) => [snapshot_time, views])).toEqual(
			recorded.map(({ snapshot_time, views }) => [snapshot_time, Number(views)]),
		);
		expect(items[0]).toMatchObject({
			snapshot_key: `${tracked.id}:${START}`,
			video_id: tracked.id,
			video_link: TIKTOK,
			title: expect.any(String),
			creator: expect.any(String),
			saves: expect.any(Number),
		});
		expect(full.every(({ pairedItem }) => JSON.stringify(pairedItem) === '{"item":0}')).toBe(true);
	});

	test.each([
		[YOUTUBE, ['shares', 'saves']],
		[INSTAGRAM, ['views', 'shares']],
		[TWITTER, ['saves']],
	])('returns null for metrics that the platform of %s lacks', async (link, lacking) => {
		const fixture = await withDay(link);
		const { items } = await get(fixture, fixture.tracked.id, { output: 'latest' });
		const empty = Object.entries(items[0]!).flatMap(([name, value]) =>
			value === null ? [name] : [],
		);
		expect(empty).toEqual(lacking);
	});

	test('accepts snapshots without id and saves, as the API’s quickstart page shows them', async () => {
		const fixture = await withDay();
		fixture.tracked.dropField('id', 'snapshot_id', 'saves', 'provider');
		const { items } = await get(fixture, fixture.tracked.id);
		expect(items).toHaveLength(24);
		expect(items[0]).toMatchObject({ snapshot_key: `${fixture.tracked.id}:${START}`, saves: null });
	});

	test('returns a repeated snapshot once and keeps every digit of a count above 2^53', async () => {
		const fixture = await withDay();
		fixture.tracked.repeatSnapshot(-1, { id: 'another', views: '1' });
		fixture.tracked.addSnapshot({
			snapshot_time: '2026-01-02T12:00:00+02:00',
			views: '9007199254740993',
			likes: '',
		});
		const { items } = await get(fixture, fixture.tracked.id);
		expect(items).toHaveLength(25);
		expect(items.at(-1)).toMatchObject({
			snapshot_time: '2026-01-02T10:00:00.000Z',
			views: '9007199254740993',
			likes: null,
		});
		expect(items.map(({ views }) => views)).not.toContain(1);
	});

	test('computes growth over the whole history even if it returns only the last snapshot', async () => {
		const fixture = await withDay();
		const all = await get(fixture, fixture.tracked.id, { options: { includeGrowth: true } });
		expect(Object.keys(all.items[0]!)).toEqual([...ROW, ...GROWTH]);
		expect(all.items[0]).toMatchObject({ hours_since_previous: null, views_delta: null });
		const [before, last] = all.items.slice(-2) as Array<Record<string, number>>;
		expect(last).toMatchObject({
			hours_since_previous: 1,
			views_delta: last!.views! - before!.views!,
			views_per_hour: last!.views! - before!.views!,
		});
		const cut = await get(fixture, fixture.tracked.id, {
			options: { includeGrowth: true, lastSnapshots: 1 },
		});
		expect(cut.items).toEqual([last]);
	});

	test('returns only as many of the newest snapshots as Limit to Latest says', async () => {
		const fixture = await withDay();
		const { items } = await get(fixture, fixture.tracked.id, { options: { lastSnapshots: 3 } });
		expect(items.map(({ snapshot_time }) => snapshot_time)).toEqual([
			'2026-01-01T21:00:00.000Z',
			'2026-01-01T22:00:00.000Z',
			'2026-01-01T23:00:00.000Z',
		]);
	});

	test.each([
		['2026-01-01T22:00:00.000Z', 2],
		['2026-01-01T22:00:00', 2],
		['2026-01-01T22:00:00+01:00', 3],
		['2027-01-01T00:00:00Z', 0],
	])('returns only the snapshots taken at or after Since %s', async (since, count) => {
		const fixture = await withDay();
		const { items } = await get(fixture, fixture.tracked.id, { options: { since } });
		expect(items).toHaveLength(count);
	});

	test('accepts a DateTime from an expression as Since', async () => {
		const fixture = await withDay();
		const options = { since: '={{ DateTime.fromISO("2026-01-01T22:00:00Z") }}' };
		const { items } = await get(fixture, fixture.tracked.id, { options });
		expect(items).toHaveLength(2);
	});

	test.each([
		[{ since: 'yesterday' }, '“yesterday” is not a valid date'],
		[{ lastSnapshots: 0 }, 'Limit to Latest must be a whole number of at least 1, not “0”'],
	])('refuses the options %j and sends no request', async (options, message) => {
		const fixture = await withDay();
		const { error } = await get(fixture, fixture.tracked.id, { options });
		expect(error?.message).toBe(message);
		expect(fixture.calls()).toEqual([]);
	});

	test.each([
		['={{ "Latest" }}', {}, 1],
		['={{ " SNAPSHOTS " }}', { lastSnapshots: '={{ "3" }}', includeGrowth: '={{ "false" }}' }, 3],
	])('understands the output %j with %j', async (output, options, count) => {
		const fixture = await withDay();
		const { items } = await get(fixture, fixture.tracked.id, { output, options });
		expect(items.map((item) => Object.keys(item))).toEqual(Array(count).fill(ROW));
	});

	test.each([
		[{ output: '={{ "newest" }}' }, 'Output must be snapshots, latest, summary or video, not'],
		[
			{ output: '={{ $json.misspelt }}' },
			'Output must be snapshots, latest, summary or video, not',
		],
		[{ options: { includeGrowth: '={{ "yes" }}' } }, 'Include Growth must be true or false, not'],
	])('refuses %j and sends no request', async (parameters, message) => {
		const fixture = await withDay();
		const { error } = await get(fixture, fixture.tracked.id, parameters);
		expect(error?.message).toContain(message);
		expect(fixture.calls()).toEqual([]);
	});

	test('returns no rows for a video without snapshots, and a hint that says why', async () => {
		const fixture = await createFixture();
		const { id } = fixture.sandbox.seedVideo({ video_link: TIKTOK });
		const { items, hints, error } = await get(fixture, id);
		expect([items, error]).toEqual([[], undefined]);
		expect(hints[0]!.message).toBe(
			`Video ${id} has no snapshots yet. The first is taken within an hour of its start`,
		);
	});
});

describe('Get with a row per day', () => {
	/** Gets a video whose snapshots are at these times, with these views; the newest is a minute old. */
	async function getDays(
		entries: Array<[time: string, views: number | null]>,
		{ timezone = 'Europe/Berlin', status, ...more }: INodeParameters & { timezone?: string } = {},
	) {
		const fixture = await createFixture();
		const snapshots = entries.map(([time, views]) => ({
			snapshot_time: `${time}:00.000Z`,
			views: views === null ? null : String(views),
		}));
		const newest = entries
			.map(([time]) => time)
			.sort()
			.at(-1)!;
		fixture.clock.set(`${newest}:59.000Z`);
		const tracked = fixture.sandbox.seedVideo({ video_link: TIKTOK });
		tracked.override({ snapshots, ...(status !== undefined && { status }) });
		const parameters = { operation: 'get', ...video('id', tracked.id), rowPer: 'day', ...more };
		const { items, error } = await runAction(fixture.credential, parameters, { timezone });
		return { items, error, id: tracked.id };
	}
	const includeGrowth = { includeGrowth: true };

	test('returns the last snapshot of each day, over a change of daylight saving time', async () => {
		// In Berlin, March 29 has 23 hours: it ends at 22:00 UTC, the day before at 23:00 UTC.
		const { items, id } = await getDays(
			[
				['2026-03-28T22:30', 100],
				['2026-03-28T23:30', 150],
				['2026-03-29T21:30', 1000],
				['2026-03-29T22:30', 1100],
				['2026-03-30T12:30', 2000],
			],
			{ options: includeGrowth },
		);
		expect(Object.keys(items[0]!)).toEqual(['day', ...ROW, ...GROWTH, 'is_complete', 'day_key']);
		expect(items).toMatchObject([
			{ day: '2026-03-28', views: 100, hours_since_previous: null, views_delta: null },
			{
				day: '2026-03-29',
				day_key: `${id}:2026-03-29`,
				snapshot_time: '2026-03-29T21:30:00.000Z',
				views: 1000,
				hours_since_previous: 23,
				views_delta: 900,
				views_per_hour: 39.13,
				is_complete: true,
			},
			{
				day: '2026-03-30',
				snapshot_time: '2026-03-30T12:30:00.000Z',
				hours_since_previous: 15,
				views_delta: 1000,
				is_complete: false,
			},
		]);
	});

	test('covers a day of 25 hours', async () => {
		// In Berlin, October 25 ends at 23:00 UTC, the day before at 22:00 UTC.
		const { items } = await getDays(
			[
				['2026-10-24T21:30', 100],
				['2026-10-24T22:30', 200],
				['2026-10-25T22:30', 2700],
				['2026-10-25T23:30', 2800],
			],
			{ options: includeGrowth },
		);
		expect(items).toMatchObject([
			{ day: '2026-10-24', views: 100 },
			{ day: '2026-10-25', views: 2700, hours_since_previous: 25, views_delta: 2600 },
			{ day: '2026-10-26', views: 2800, hours_since_previous: 1, is_complete: false },
		]);
	});

	test('leaves out days without snapshots, and takes late ones where they belong', async () => {
		const { items } = await getDays(
			[
				['2026-01-01T10:00', 100],
				['2026-01-04T10:00', 700],
				// Arrived last, taken first.
				['2026-01-01T20:00', 250],
				['2026-01-05T10:00', null],
			],
			{ timezone: 'UTC', options: includeGrowth },
		);
		expect(items).toMatchObject([
			{ day: '2026-01-01', views: 250, is_complete: true },
			{ day: '2026-01-04', views: 700, hours_since_previous: 62, views_delta: 450 },
			{ day: '2026-01-05', views: null, views_delta: null, is_complete: false },
		]);
	});

	test('leaves out a time before the year 0 or after 9999, which no text of a row could hold', async () => {
		const { sandbox, credential, clock } = await createFixture();
		clock.set('2026-01-01T12:00:00.000Z');
		const tracked = sandbox.seedVideo({ video_link: TIKTOK });
		tracked.override({
			snapshots: [
				{ snapshot_time: '0000-01-01T00:00:00+01:00', views: '1' },
				{ snapshot_time: '9999-12-31T23:30:00-01:00', views: '3' },
				{ snapshot_time: '2026-01-01T10:00:00.000Z', views: '2' },
			],
		});
		const parameters = { operation: 'get', ...video('id', tracked.id), options: includeGrowth };
		const byDay = await runAction(credential, { ...parameters, rowPer: 'day' });
		const day = { day: '2026-01-01', views: 2, views_delta: null };
		expect(byDay.items).toMatchObject([day]);
		const bySnapshot = await runAction(credential, parameters);
		expect(bySnapshot.items).toMatchObject([{ views: 2, views_delta: null }]);
		expect(bySnapshot.hints.map(({ message }) => message).join()).toContain('snapshot_time');
	});

	const fourDays: Array<[string, number]> = [1, 2, 3, 4].flatMap((day): Array<[string, number]> => [
		[`2026-01-0${day}T10:00`, day * 100],
		[`2026-01-0${day}T20:00`, day * 100 + 50],
	]);

	test.each([
		[{ lastSnapshots: 2 }, ['2026-01-03', '2026-01-04']],
		[{ since: '2026-01-03T15:00:00Z' }, ['2026-01-03', '2026-01-04']],
		[{ since: '2026-01-03T20:00:01Z' }, ['2026-01-04']],
		[{ since: '2026-01-02T00:00:00Z', lastSnapshots: 1 }, ['2026-01-04']],
	])('counts %j after the days', async (options, days) => {
		const parameters = { timezone: 'UTC', options: { ...includeGrowth, ...options } };
		const { items } = await getDays(fourDays, parameters);
		expect(items.map(({ day }) => day)).toEqual(days);
		for (const item of items) expect(item.views_delta).toBe(100);
	});

	test.each([
		['completed', true],
		['cancelled', true],
		['error', false],
		['paused', false],
	])(
		'says of the last day of a tracking that is %s that it is complete: %p',
		async (status, isComplete) => {
			const { items } = await getDays(fourDays, { timezone: 'UTC', status });
			expect(items.at(-1)!.is_complete).toBe(isComplete);
		},
	);

	test('names a time zone that does not exist', async () => {
		const { error } = await getDays(fourDays, { timezone: 'Mars/Base' });
		expect(error?.message).toBe('“Mars/Base” is not a valid time zone');
		expect(error?.description).toContain("workflow's settings");
	});

	test('refuses another row', async () => {
		const { error } = await getDays(fourDays, { rowPer: '={{ "week" }}' });
		expect(error?.message).toBe('Row Per must be snapshot or day, not “week”');
	});
});

test('Get with output latest returns one row, the newest snapshot', async () => {
	const fixture = await withDay();
	const { items } = await get(fixture, fixture.tracked.id, { output: 'latest' });
	expect(items).toEqual([expect.objectContaining({ snapshot_time: '2026-01-01T23:00:00.000Z' })]);
	expect(Object.keys(items[0]!)).toEqual(ROW);
});

test('Get with output summary returns one item with totals, growth and a sparkline', async () => {
	const fixture = await withDay();
	const { items } = await get(fixture, fixture.tracked.id, { output: 'summary' });
	expect(Object.keys(items[0]!)).toEqual(SUMMARY);
	const views = fixture.tracked.snapshots.map((snapshot) => Number(snapshot.views));
	expect(items[0]).toMatchObject({
		status: 'monitoring',
		snapshot_count: 24,
		first_snapshot_time: START,
		last_snapshot_time: '2026-01-01T23:00:00.000Z',
		metric: 'views',
		metric_delta: views.at(-1)! - views[0]!,
		peak_per_hour: Math.max(...views.slice(1).map((count, index) => count - views[index]!)),
		sparkline: expect.stringMatching(/^[▁▂▃▄▅▆▇█]{23}$/),
	});
});

test('Get with output summary covers only the snapshots that Since or Limit to Latest selects', async () => {
	const fixture = await withDay();
	const summaryWith = async (options: INodeParameters) =>
		(await get(fixture, fixture.tracked.id, { output: 'summary', options })).items[0]!;
	const rows = (await get(fixture, fixture.tracked.id, {})).items as Array<Record<string, number>>;
	const newest = {
		snapshot_count: 3,
		first_snapshot_time: '2026-01-01T21:00:00.000Z',
		last_snapshot_time: '2026-01-01T23:00:00.000Z',
		metric_delta: rows.at(-1)!.views! - rows.at(-3)!.views!,
	};
	expect(await summaryWith({ since: '2026-01-01T21:00:00Z' })).toMatchObject(newest);
	expect(await summaryWith({ lastSnapshots: 3 })).toMatchObject(newest);
	expect(await summaryWith({ since: '2027-01-01T00:00:00Z' })).toMatchObject({
		snapshot_count: 0,
		views: null,
		metric_delta: null,
	});
});

test('Get with output summary measures growth in likes if the platform provides no views', async () => {
	const fixture = await withDay(INSTAGRAM);
	const { items } = await get(fixture, fixture.tracked.id, { output: 'summary' });
	expect(items[0]).toMatchObject({ views: null, metric: 'likes', engagement_rate: null });
	expect(items[0]!.metric_delta).toBeGreaterThan(0);
});

test('Get with output video returns the API response unchanged', async () => {
	const fixture = await withDay();
	const { items } = await get(fixture, fixture.tracked.id, { output: 'video' });
	expect(items).toEqual([JSON.parse(fixture.tracked.toJson())]);
	expect(items[0]!.snapshots).toHaveLength(24);
});

describe('Get for a chosen video', () => {
	test.each([
		['its choice from the list', (id: string) => video('list', id)],
		['its id', (id: string) => video('id', id)],
		['its mobile link', () => video('url', 'https://m.tiktok.com/v/7234567890123456789.html')],
	])('finds the video by %s', async (_, chosen) => {
		const fixture = await withDay();
		const { items } = await runAction(fixture.credential, {
			operation: 'get',
			output: 'summary',
			...chosen(fixture.tracked.id),
		});
		expect(items[0]!.video_id).toBe(fixture.tracked.id);
	});

	test('resolves a link that was tracked several times to the newest tracking', async () => {
		const fixture = await withDay();
		const { id } = fixture.sandbox.seedVideo({ video_link: TIKTOK });
		fixture.clock.advance({ hours: 2 });
		const { items } = await runAction(fixture.credential, {
			operation: 'get',
			output: 'summary',
			...video('url', TIKTOK),
		});
		expect(items[0]!.video_id).toBe(id);
	});

	test('accepts a bare id, as in a workflow written by hand', async () => {
		const fixture = await withDay();
		const { items } = await runAction(fixture.credential, {
			operation: 'get',
			output: 'latest',
			videoId: fixture.tracked.id,
		});
		expect(items[0]!.video_id).toBe(fixture.tracked.id);
	});

	test('evaluates an expression for each input item and pairs the results with it', async () => {
		const fixture = await withDay();
		const other = fixture.sandbox.seedVideo({ video_link: YOUTUBE, started: START });
		const { items, full } = await runAction(
			fixture.credential,
			{ operation: 'get', output: 'summary', ...video('id', '={{ $json.id }}') },
			{ items: [{ id: fixture.tracked.id }, { id: other.id }] },
		);
		expect(items.map(({ video_id }) => video_id)).toEqual([fixture.tracked.id, other.id]);
		expect(full.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
	});

	test.each([
		['url', YOUTUBE, `No tracking found for ${YOUTUBE}`],
		['url', 'https://vimeo.com/1', '“https://vimeo.com/1” is not a video link'],
		['id', 'nosuchvideo', 'Video nosuchvideo not found'],
	] as const)('fails with a clear message for the %s %s', async (mode, value, message) => {
		const fixture = await withDay();
		const { error } = await runAction(fixture.credential, {
			operation: 'get',
			...video(mode, value),
		});
		expect(error?.message).toBe(message);
		expect(error?.description).toMatch(/\w/);
	});

	test('returns the rows or the error of each item with On Error set to Continue', async () => {
		const fixture = await withDay();
		const { items } = await runAction(
			fixture.credential,
			{ operation: 'get', output: 'latest', ...video('id', '={{ $json.id }}') },
			{
				items: [{ id: 'nosuchvideo' }, { id: fixture.tracked.id }],
				onError: 'continueRegularOutput',
			},
		);
		expect(items).toEqual([
			{
				error: 'Video nosuchvideo not found',
				message: expect.stringContaining('choose the video from the list'),
			},
			expect.objectContaining({ video_id: fixture.tracked.id }),
		]);
	});

	test('sends failed items to the error output if the node has one', async () => {
		const fixture = await withDay();
		const { items, errorItems } = await runAction(
			fixture.credential,
			{ operation: 'get', output: 'latest', ...video('id', '={{ $json.id }}') },
			{
				items: [{ id: 'nosuchvideo' }, { id: fixture.tracked.id }],
				onError: 'continueErrorOutput',
			},
		);
		expect(items).toHaveLength(1);
		expect(errorItems).toEqual([expect.objectContaining({ error: expect.any(String) })]);
	});
});
