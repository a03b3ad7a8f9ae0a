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

/** A video of each platform with a day of snapshots. */
async function withDay(video_link = TIKTOK) {
	const fixture = await createFixture({ firstSnapshotDelayMs: 0 });
	const tracked = fixture.sandbox.seedVideo({ video_link });
	fixture.clock.advance({ hours: 23 });
	return { ...fixture, tracked };
}

const get = ({ credential }: Fixture, id: string, more = {}) =>
	runAction(credential, { operation: 'get', ...video('id', id), ...more });

describe('snapshots', () => {
	test('one row per snapshot, oldest first, metrics as numbers', async () => {
		const fixture = await withDay();
		const { tracked } = fixture;
		tracked.shuffle();
		const { items, full } = await get(fixture, tracked.id);
		expect(items).toHaveLength(24);
		expect(items.map((item) => Object.keys(item))).toEqual(items.map(() => ROW));
		const books = [...tracked.snapshots].sort((a, b) =>
			String(a.snapshot_time).localeCompare(String(b.snapshot_time)),
		);
		expect(items.map(({ snapshot_time, views }) => [snapshot_time, views])).toEqual(
			books.map(({ snapshot_time, views }) => [snapshot_time, Number(views)]),
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
	])('%s: what the platform lacks is null', async (link, lacking) => {
		const fixture = await withDay(link);
		const { items } = await get(fixture, fixture.tracked.id, { output: 'latest' });
		const empty = Object.entries(items[0]!).flatMap(([name, value]) =>
			value === null ? [name] : [],
		);
		expect(empty).toEqual(lacking);
	});

	test('the form of the quickstart page: no id, no saves', async () => {
		const fixture = await withDay();
		fixture.tracked.dropField('id', 'snapshot_id', 'saves', 'provider');
		const { items } = await get(fixture, fixture.tracked.id);
		expect(items).toHaveLength(24);
		expect(items[0]).toMatchObject({ snapshot_key: `${fixture.tracked.id}:${START}`, saves: null });
	});

	test('a repeated snapshot is one; a count past 2^53 keeps its digits', async () => {
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

	test('Include Growth, over the whole history though only the last is returned', async () => {
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

	test('Last Snapshots', async () => {
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
	])('Since %s', async (since, count) => {
		const fixture = await withDay();
		const { items } = await get(fixture, fixture.tracked.id, { options: { since } });
		expect(items).toHaveLength(count);
	});

	test('Since as a date of an expression', async () => {
		const fixture = await withDay();
		const options = { since: '={{ DateTime.fromISO("2026-01-01T22:00:00Z") }}' };
		const { items } = await get(fixture, fixture.tracked.id, { options });
		expect(items).toHaveLength(2);
	});

	test.each([
		[{ since: 'yesterday' }, 'Since is no date: “yesterday”'],
		[{ lastSnapshots: 0 }, 'Last Snapshots must be a whole number from 1 up, not “0”'],
	])('bad options %j', async (options, message) => {
		const fixture = await withDay();
		const { error } = await get(fixture, fixture.tracked.id, { options });
		expect(error?.message).toBe(message);
		expect(fixture.calls()).toEqual([]);
	});

	test('a video without snapshots yet gives no rows, and says why', async () => {
		const fixture = await createFixture();
		const { id } = fixture.sandbox.seedVideo({ video_link: TIKTOK });
		const { items, hints, error } = await get(fixture, id);
		expect([items, error]).toEqual([[], undefined]);
		expect(hints[0]!.message).toBe(
			`Video ${id} has no snapshots yet: the first comes within an hour of its start`,
		);
	});
});

test('latest', async () => {
	const fixture = await withDay();
	const { items } = await get(fixture, fixture.tracked.id, { output: 'latest' });
	expect(items).toEqual([expect.objectContaining({ snapshot_time: '2026-01-01T23:00:00.000Z' })]);
	expect(Object.keys(items[0]!)).toEqual(ROW);
});

test('summary', async () => {
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

test('summary of the newest snapshots only', async () => {
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

test('summary of a video without views speaks of likes', async () => {
	const fixture = await withDay(INSTAGRAM);
	const { items } = await get(fixture, fixture.tracked.id, { output: 'summary' });
	expect(items[0]).toMatchObject({ views: null, metric: 'likes', engagement_rate: null });
	expect(items[0]!.metric_delta).toBeGreaterThan(0);
});

test('video: as the API sends it', async () => {
	const fixture = await withDay();
	const { items } = await get(fixture, fixture.tracked.id, { output: 'video' });
	expect(items).toEqual([JSON.parse(fixture.tracked.toJson())]);
	expect(items[0]!.snapshots).toHaveLength(24);
});

describe('choosing the video', () => {
	test.each([
		['list', (id: string) => video('list', id)],
		['id', (id: string) => video('id', id)],
		['url', () => video('url', 'https://m.tiktok.com/v/7234567890123456789.html')],
	])('by %s', async (_, chosen) => {
		const fixture = await withDay();
		const { items } = await runAction(fixture.credential, {
			operation: 'get',
			output: 'summary',
			...chosen(fixture.tracked.id),
		});
		expect(items[0]!.video_id).toBe(fixture.tracked.id);
	});

	test('a link that was tracked several times means the newest', async () => {
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

	test('by a bare id, as in a workflow written by hand', async () => {
		const fixture = await withDay();
		const { items } = await runAction(fixture.credential, {
			operation: 'get',
			output: 'latest',
			videoId: fixture.tracked.id,
		});
		expect(items[0]!.video_id).toBe(fixture.tracked.id);
	});

	test('by expression, for each input item', async () => {
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
		['url', YOUTUBE, `${YOUTUBE} is not among the tracked videos`],
		['url', 'https://vimeo.com/1', '“https://vimeo.com/1” is no link of a video'],
		['id', 'nosuchvideo', 'ContentStats does not know video nosuchvideo (Video not found)'],
	] as const)('by %s %s: a clear refusal', async (mode, value, message) => {
		const fixture = await withDay();
		const { error } = await runAction(fixture.credential, {
			operation: 'get',
			...video(mode, value),
		});
		expect(error?.message).toBe(message);
		expect(error?.description).toMatch(/\w/);
	});

	test('with continueOnFail each item has its rows or its error', async () => {
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
				error: 'ContentStats does not know video nosuchvideo (Video not found)',
				message: expect.stringContaining('Choose the video from the list'),
			},
			expect.objectContaining({ video_id: fixture.tracked.id }),
		]);
	});

	test('failed items go to the error output, where there is one', async () => {
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
