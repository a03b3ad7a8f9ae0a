import { runAction } from '../../../harness/engine';
import type { SandboxVideo } from '../../../sandbox';
import { INSTAGRAM, START, TIKTOK, video as videoField, YOUTUBE } from '../support/fixture';
import { createTriggerFixture, KEPT, keysOf, linkOf } from '../support/triggerFixture';

const EVENTS = ['growth.spiked', 'growth.slowed', 'age.reached'];
const MONTH = { duration_days: 30 };
const at = (hours: number) => new Date(Date.parse(START) + hours * 3_600_000).toISOString();
/** A link to a post of 20 hours before START. */
const POSTED = `https://www.tiktok.com/@user/video/${BigInt(Date.parse(START) / 1000 - 20 * 3600) << 32n}`;

/** Replaces the snapshots of a video. @param entries hours since START, and the value of the metric. */
const setCounts = (video: SandboxVideo, entries: Array<[number, unknown]>, metric = 'views') =>
	video.override({
		snapshots: entries.map(([hours, value]) => ({
			snapshot_time: at(hours),
			[metric]: value === null ? null : String(value),
		})),
	});

/** Hourly entries from hour 0 that grow by each of `growths` in turn. */
const hourly = (...growths: number[]): Array<[number, number]> => {
	let value = 1000;
	return [[0, value], ...growths.map((growth, n): [number, number] => [n + 1, (value += growth)])];
};

describe.each(KEPT)('a trigger with its state %s', (_, keep) => {
	async function withCounts(
		entries: Array<[number, unknown]>,
		{ link = TIKTOK, metric = 'views', ...parameters }: Record<string, unknown> = {},
	) {
		const fixture = await createTriggerFixture();
		const video = fixture.sandbox.seedVideo({ video_link: String(link), ...MONTH });
		setCounts(video, entries, String(metric));
		fixture.clock.set(at(entries.at(-1)![0]));
		const trigger = fixture.watch({ events: EVENTS, ...parameters }, { keep });
		await trigger.poll();
		/** Adds snapshots, one poll for each unless `atOnce`, and returns the items. */
		async function add(added: typeof entries, atOnce = false) {
			const items = [];
			for (const entry of added) {
				entries.push(entry);
				setCounts(video, entries, String(metric));
				const now = Math.max(fixture.clock.now(), Date.parse(at(entry[0]))) + 60_000;
				fixture.clock.set(new Date(now).toISOString());
				if (!atOnce || entry === added.at(-1)) items.push(...((await trigger.poll()) ?? []));
			}
			return items;
		}
		return { ...fixture, video, trigger, add };
	}
	const usual = hourly(...Array<number>(8).fill(400));
	const last = usual.at(-1)![1];

	test('emits a spike with what is usual, once in 24 hours', async () => {
		const { video, add } = await withCounts([...usual]);
		const [spike, ...others] = await add([[9, last + 1600]]);
		expect(others).toEqual([]);
		expect(spike).toMatchObject({
			event: 'growth.spiked',
			video_id: video.id,
			snapshot_time: at(9),
			views: last + 1600,
			metric: 'views',
			growth_per_hour: 1600,
			usual_per_hour: 400,
			factor: 4,
			event_key: `${video.id}:spiked:${at(9)}`,
		});
		expect(await add([[10, last + 9000]])).toEqual([]);
		// Hours 11 to 32 stand still, and lie within 24 hours of the spike; hour 33 does not.
		const still = Array.from({ length: 22 }, (_, n): [number, number] => [11 + n, last + 9000]);
		expect(await add([...still, [32.5, last + 90_000]])).toEqual([]);
		expect(keysOf(await add([[33, last + 190_000]]))).toEqual([`${video.id}:spiked:${at(33)}`]);
	});

	test('judges each of several snapshots that come at once', async () => {
		const { video, add } = await withCounts([...usual]);
		const items = await add(
			[
				[9, last + 1600],
				[10, last + 2000],
				[11, last + 2400],
			],
			true,
		);
		expect(keysOf(items)).toEqual([`${video.id}:spiked:${at(9)}`]);
	});

	test('does not judge a late snapshot, which only changes what is usual', async () => {
		const { add } = await withCounts([...usual]);
		expect(await add([[11, last + 1200]])).toEqual([]);
		const late: [number, number] = [10, last + 9000];
		expect(await add([late, [12, last + 1200]], true)).toEqual([]);
	});

	test('judges Instagram by likes, and skips what is no number', async () => {
		const entries: Array<[number, unknown]> = usual.map(([hours, likes]) => [hours, likes]);
		const { video, add } = await withCounts(entries, { link: INSTAGRAM, metric: 'likes' });
		expect(await add([[9, null]])).toEqual([]);
		expect(await add([[10, '1.2M']])).toEqual([]);
		const [spike] = await add([[11, last + 6000]]);
		expect(spike).toMatchObject({
			event_key: `${video.id}:spiked:${at(11)}`,
			metric: 'likes',
			growth_per_hour: 2000,
			views: null,
		});
	});

	test('emits the ages of a post between two snapshots, and those of its history from the beginning', async () => {
		const history = hourly(...Array<number>(10).fill(100));
		// Posted 20 hours before START: 24 h lie at hour 4, 30.5 h at hour 10.5.
		const parameters = { link: POSTED, ages: '24h, 31h, 2d', startFrom: 'beginning' };
		const { video, trigger, add } = await withCounts(history, parameters);
		expect(trigger.items).toMatchObject([
			{
				event: 'age.reached',
				age_hours: 24,
				views_at_age: 1400,
				likes_at_age: null,
				snapshot_time: at(4),
				event_key: `${video.id}:age:24`,
			},
		]);
		const [age, ...others] = await add([[11.5, 2150]]);
		expect(others).toEqual([]);
		// Hour 11 is two thirds of the way from hour 10 to 11.5: 2000 + 150 · 2/3.
		expect(age).toMatchObject({ age_hours: 31, views_at_age: 2100, views: 2150 });
		expect(await add([[12, 2200]])).toEqual([]);
	});

	test('emits no age of YouTube, after a gap, or of before the video was first seen', async () => {
		const history = hourly(...Array<number>(10).fill(100));
		const youtube = await withCounts([...history], { link: YOUTUBE, ages: '1h, 24h, 31h' });
		expect(await youtube.add([[11.5, 2150]])).toEqual([]);
		const gap = await withCounts([...history], { link: POSTED, ages: '24h, 31h' });
		expect(await gap.add([[16.5, 2150]])).toEqual([]);
	});

	test('emits an age once, whatever the API leaves out', async () => {
		const { video, add, trigger } = await withCounts([[3, 1]], { link: POSTED, ages: '24h' });
		expect(keysOf(await add([[4.5, 10]]))).toEqual([`${video.id}:age:24`]);
		setCounts(video, [
			[3, 1],
			[5.5, 20],
		]);
		trigger.fixture.clock.set(at(6));
		expect(await trigger.poll()).toBeNull();
	});
});

describe('a video that slows', () => {
	const parameters = { events: ['growth.slowed'] };

	test('is emitted once with what stopping it saves, which is what Stop saves', async () => {
		const { sandbox, watch, credential } = await createTriggerFixture();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK, shape: 'brief', ...MONTH });
		const trigger = watch(parameters);
		await trigger.poll();
		const [slowed, ...others] = await trigger.run({ hours: 100 }, { every: { minutes: 30 } });
		expect(others).toEqual([]);
		const video = sandbox.videos.get(id)!;
		expect(slowed).toMatchObject({
			event: 'growth.slowed',
			event_key: `${id}:slowed`,
			metric: 'views',
		});
		const { growth_in_window, best_in_window, percent_of_best } = slowed as Record<string, number>;
		expect(percent_of_best).toBeCloseTo((100 * growth_in_window!) / best_in_window!, 2);
		expect(percent_of_best).toBeLessThan(5);
		const taken = (Date.parse(String(slowed!.snapshot_time)) - Date.parse(START)) / 3_600_000 + 1;
		expect(slowed!.snapshots_remaining).toBe(720 - taken);
		expect(slowed!.estimated_savings_usd).toBeCloseTo((720 - taken) * 0.015, 10);
		const stopped = await runAction(credential, { operation: 'stop', ...videoField('id', id) });
		expect(stopped.items[0]).toMatchObject({ new_status: 'completed' });
		expect(video.status).toBe('completed');
	});

	test('is not emitted if it was slow when the workflow was published, or the event chosen', async () => {
		const { sandbox, watch, advance } = await createTriggerFixture();
		for (let n = 0; n < 20; n += 1)
			sandbox.seedVideo({ video_link: linkOf('tiktok', n), shape: 'brief', ...MONTH });
		advance({ hours: 120 });
		const trigger = watch({ ...parameters, startFrom: 'beginning' });
		await trigger.poll();
		await trigger.run({ hours: 3 });
		expect(trigger.items).toEqual([]);

		const other = watch({ events: ['snapshot.created'] });
		await other.poll();
		const staticData = JSON.parse(other.remembered);
		const chosenLater = watch(parameters, { staticData });
		await chosenLater.poll();
		await chosenLater.run({ hours: 3 });
		expect(chosenLater.items).toEqual([]);
	});

	test('is not emitted because of other settings, but if it slows by them later', async () => {
		const { sandbox, watch, advance } = await createTriggerFixture();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK, shape: 'rush', ...MONTH });
		advance({ hours: 80 });
		const trigger = watch(parameters);
		await trigger.poll();
		await trigger.run({ hours: 2 });
		expect(trigger.items).toEqual([]);
		const staticData = JSON.parse(trigger.remembered);
		const lessStrict = watch({ ...parameters, slowedPercent: 60 }, { staticData });
		await lessStrict.poll();
		await lessStrict.run({ hours: 3 });
		expect(lessStrict.items).toEqual([]);

		const stricter = watch(parameters, { staticData: JSON.parse(lessStrict.remembered) });
		await stricter.poll();
		await stricter.run({ hours: 100 }, { every: { minutes: 30 } });
		expect(stricter.keys).toEqual([`${id}:slowed`]);

		// Once per video, also by settings of which it was too young, and after the event was not chosen.
		const { remembered } = stricter;
		for (const changed of [
			{ ...parameters, slowedHours: 100 },
			{ events: ['snapshot.created'] },
			parameters,
		]) {
			const again = watch(changed, { staticData: JSON.parse(remembered) });
			await again.poll();
			await again.run({ hours: 30 }, { every: { minutes: 30 } });
			expect(again.keys).not.toContain(`${id}:slowed`);
		}
	});

	test('is not emitted once it has ended', async () => {
		const { sandbox, watch, advance } = await createTriggerFixture();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK, shape: 'brief', ...MONTH });
		const trigger = watch(parameters);
		await trigger.poll();
		advance({ hours: 30 });
		await trigger.poll();
		sandbox.videos.get(id)!.end('cancelled', sandbox.videos.get(id)!.startedAt + 30 * 3_600_000);
		expect(await trigger.run({ hours: 30 })).toEqual([]);
	});

	test('survives a poll with no room for it', async () => {
		const { sandbox, watch, advance } = await createTriggerFixture();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK, shape: 'brief', ...MONTH });
		const trigger = watch({
			events: ['snapshot.created', 'growth.slowed'],
			options: { maxItemsPerPoll: 5 },
		});
		await trigger.poll();
		advance({ hours: 71, minutes: 5 });
		await trigger.run({ hours: 2 });
		const keys = trigger.keys.filter((key) => String(key).endsWith(':slowed'));
		expect(keys).toEqual([`${id}:slowed`]);
		expect(new Set(trigger.keys).size).toBe(trigger.keys.length);
	});
});

test('a replay after a restart repeats what was emitted, as it was', async () => {
	const { sandbox, watch, advance } = await createTriggerFixture();
	const video = sandbox.seedVideo({ video_link: POSTED, ...MONTH });
	const counts = hourly(400, 400, 400, 400, 400, 400, 400, 400);
	setCounts(video, counts);
	advance({ hours: 8 });
	const trigger = watch({
		events: ['snapshot.created', ...EVENTS],
		ages: '29h',
		options: { replayAfterRestart: true },
	});
	await trigger.poll();
	setCounts(video, [...counts, [9, 90_000]]);
	advance({ hours: 1, minutes: 1 });
	const emitted = (await trigger.poll())!;
	const { id } = video;
	const keys = [`${id}:${at(9)}`, `${id}:spiked:${at(9)}`, `${id}:age:29`];
	expect(keysOf(emitted)).toEqual(keys);

	const restarted = trigger.inNewProcess();
	// The API has changed its mind meanwhile.
	setCounts(video, [...counts, [9, 4300]]);
	advance({ minutes: 1 });
	const replayed = (await restarted.poll())!;
	expect(keysOf(replayed).sort()).toEqual([...keys].sort());
	const spiked = ({ event }: { event?: unknown }) => event === 'growth.spiked';
	expect(replayed.find(spiked)).toEqual(emitted.find(spiked));
	advance({ minutes: 1 });
	expect(await restarted.poll()).toBeNull();
});

const ODD: Array<[path: Array<string | number>, value: unknown]> = [
	...[-1, '1.2M', 12.5, true, [], {}, '9'.repeat(30)].map((value): [string[], unknown] => [
		['snapshots', '-1', 'views'],
		value,
	]),
	[['snapshots', 3, 'views'], 'N/A'],
	[['snapshots', 3, 'snapshot_time'], 'noon'],
	[['snapshots', 3], null],
	[['days_remaining'], '5.5'],
	[['platform'], 7],
	[['video_link'], 'https://www.tiktok.com/@user/video/99999999999999999999'],
	[['status'], 'queued'],
];

test.each(ODD)(
	'an odd value at %j, %j, makes no odd event, and holds no row back',
	async (path, value) => {
		const { sandbox, watch } = await createTriggerFixture();
		const video = sandbox.seedVideo({ video_link: POSTED, shape: 'brief', ...MONTH });
		const place = path.map((part) => (part === '-1' ? -1 : part));
		const match = { method: 'GET', path: `/videos/${video.id}` } as const;
		sandbox.faults.add({ kind: 'set', path: place, value, match, times: 10_000 });
		const events = ['snapshot.created', ...EVENTS];
		const trigger = watch({ events, startFrom: 'beginning', ages: '21h, 30h', spikeFactor: 0 });
		await trigger.run({ hours: 60 }, { every: { minutes: 30 } });
		const created = trigger.items.filter(({ event }) => event === 'snapshot.created');
		const hidden = path[1] === 3 && path[2] !== 'views' ? 1 : 0;
		expect(created).toHaveLength(video.snapshots.length - hidden);
		expect(new Set(trigger.keys).size).toBe(trigger.keys.length);
		const isText = (column: string) =>
			/^(event|snapshot_|title|creator|platform|metric|video_)/.test(column);
		for (const item of trigger.items)
			for (const [column, found] of Object.entries(item))
				if (!isText(column) && column !== 'event_key' && typeof found !== 'string')
					expect(found === null || Number.isFinite(found)).toBe(true);
	},
);

test('the events of growth cost no request', async () => {
	const sent = [];
	for (const events of [['snapshot.created'], ['snapshot.created', ...EVENTS]]) {
		const { sandbox, watch } = await createTriggerFixture();
		for (const shape of ['brief', 'takeoff', 'recounted'] as const)
			sandbox.seedVideo({ video_link: linkOf('youtube', shape.length), shape });
		const trigger = watch({ events });
		await trigger.run({ hours: 12 });
		sent.push(trigger.sent);
	}
	expect(sent[1]).toEqual(sent[0]);
});

test('Get and the trigger give the age of a post', async () => {
	const { sandbox, watch, advance, credential } = await createTriggerFixture();
	const { id } = sandbox.seedVideo({ video_link: POSTED });
	sandbox.seedVideo({ video_link: YOUTUBE });
	const options = { includePostAge: true };
	advance({ hours: 2 });
	const get = { operation: 'get', ...videoField('id', id), options };
	const { items } = await runAction(credential, get);
	const post = {
		post_key: expect.stringMatching(/^tiktok:\d{19}$/),
		posted_at: at(-20),
	};
	expect(items).toMatchObject([
		{ ...post, hours_since_posted: 20 },
		{ ...post, hours_since_posted: 21 },
		{ ...post, hours_since_posted: 22 },
	]);
	const trigger = watch({ startFrom: 'latest', options });
	const rows = (await trigger.poll())!;
	expect(rows.find(({ video_id }) => video_id === id)).toMatchObject({
		...post,
		hours_since_posted: 22,
	});
	expect(rows.find(({ platform }) => platform === 'youtube')).toMatchObject({
		post_key: expect.stringMatching(/^youtube:/),
		posted_at: null,
		hours_since_posted: null,
	});
});
