import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

import type { VideoWithSnapshots } from '../../../nodes/ContentStats/api/schemas';
import {
	collect,
	type Collected,
	readSelected,
	scopeOf,
	type Watch,
} from '../../../nodes/ContentStats/polling/collect';
import type { EventItem } from '../../../nodes/ContentStats/polling/events';
import {
	advancePoll,
	type PollSettings,
	watchedIds,
} from '../../../nodes/ContentStats/polling/poll';
import type { Moment } from '../../../nodes/ContentStats/polling/replay';
import { type PollState, readState } from '../../../nodes/ContentStats/polling/state';
import {
	at,
	clientOf,
	deepFreeze,
	httpError,
	iso,
	snapshot,
	video,
	type World,
	worldOf,
} from '../world';

const BASE = 'https://contentstats.io/api/v1';
const ALL: Watch = { kind: 'all' };
const MINUTE_MS = 60_000;

const settingsOf = (fields: Partial<PollSettings> = {}): PollSettings => ({
	events: ['snapshot.created'],
	startFrom: 'new',
	simplify: true,
	includeGrowth: false,
	maxItemsPerPoll: 1000,
	replayAfterRestart: false,
	baseUrl: BASE,
	scope: 'all',
	...fields,
});
const MOMENT: Moment = { now: at(1000), process: 'p1' };

const knownTo = (state: PollState | null) => new Set(Object.keys(state?.videos ?? {}));
const collectedOf = (
	state: PollState | null,
	videos: VideoWithSnapshots[],
	fields: Partial<Collected> = {},
): Collected => ({
	known: knownTo(state),
	videos,
	gone: [],
	ended: [],
	failed: new Map(),
	fullSlices: [],
	...fields,
});

/** What goes in must come out unchanged, and the state must survive being written as JSON. */
function advance(
	state: PollState | null,
	collected: Collected,
	settings: Partial<PollSettings> = {},
	moment = MOMENT,
) {
	const result = advancePoll(
		deepFreeze(state),
		deepFreeze(collected),
		settingsOf(settings),
		moment,
	);
	const stored = JSON.parse(JSON.stringify(result.state)) as unknown;
	expect(stored).toEqual(result.state);
	const { items, failed } = result;
	return { items, keys: keysOf(items), failed, state: readState(stored, BASE)! };
}

const keysOf = (items: EventItem[]) => items.map(({ event_key }) => event_key);
const keyOf = (id: string, hour: number) => `${id}:${iso(hour)}`;
const keysAt = (id: string, ...hours: number[]) => hours.map((hour) => keyOf(id, hour));

/** One poll of these videos. */
const poll = (
	state: PollState | null,
	videos: VideoWithSnapshots[],
	settings?: Partial<PollSettings>,
	moment?: Moment,
) => advance(state, collectedOf(state, videos), settings, moment);

/** A trigger on a world: polls as the node does, and keeps its state. */
function createTrigger(world: World, settings: Partial<PollSettings> = {}, watch: Watch = ALL) {
	const trigger = {
		state: null as PollState | null,
		/** Fetches; the result can be applied later. */
		fetch: (moment = MOMENT) =>
			collect(clientOf(world), watch, watchedIds(trigger.state, settingsOf(settings), moment)),
		apply(collected: Collected, moment = MOMENT) {
			const scope = scopeOf(watch);
			const { keys, state } = advance(trigger.state, collected, { ...settings, scope }, moment);
			trigger.state = state;
			return keys;
		},
		poll: async (moment = MOMENT) => trigger.apply(await trigger.fetch(moment), moment),
	};
	return trigger;
}

describe('the first poll', () => {
	const videos = [video('a', { hours: [1, 3] }), video('b', { hours: [2] }), video('c')];

	test.each<[PollSettings['startFrom'], string[]]>([
		['new', []],
		['latest', [keyOf('b', 2), keyOf('a', 3)]],
		['beginning', [keyOf('a', 1), keyOf('b', 2), keyOf('a', 3)]],
	])('from %s', (startFrom, keys) => {
		expect(poll(null, videos, { startFrom }).keys).toEqual(keys);
	});

	test.each<PollSettings['startFrom']>(['new', 'latest', 'beginning'])(
		'from %s is followed by what is new, once',
		(startFrom) => {
			const first = poll(null, videos, { startFrom });
			expect(poll(first.state, videos, { startFrom }).keys).toEqual([]);

			const grown = [
				video('a', { hours: [1, 3, 5] }),
				video('b', { hours: [2, 4] }),
				video('c', { hours: [6] }),
			];
			const second = poll(first.state, grown, { startFrom });
			expect(second.keys).toEqual([keyOf('b', 4), keyOf('a', 5), keyOf('c', 6)]);
			expect(poll(second.state, grown, { startFrom }).keys).toEqual([]);
		},
	);

	it('from latest gives a video one snapshot, however close the others are', () => {
		const minutes = Array.from({ length: 100 }, (_, n) => n / 60);
		expect(poll(null, [video('a', { hours: minutes })], { startFrom: 'latest' }).keys).toEqual(
			keysAt('a', 99 / 60),
		);
	});

	it('without videos is a start all the same', () => {
		const { state } = poll(null, []);
		expect(poll(state, [video('a', { hours: [1], created: 0 })]).keys).toEqual(keysAt('a', 1));
	});
});

describe('an item', () => {
	it('is the event, its key and the row, in this order', () => {
		const [item] = poll(null, [video('a', { hours: [1] })], { startFrom: 'latest' }).items;
		expect(item).toEqual({
			event: 'snapshot.created',
			event_key: keyOf('a', 1),
			snapshot_key: keyOf('a', 1),
			video_id: 'a',
			platform: 'tiktok',
			title: 'Title of a',
			creator: 'user',
			video_link: 'https://www.tiktok.com/@user/video/7000010',
			snapshot_time: iso(1),
			views: 1100,
			likes: 100,
			comments: 10,
			shares: 5,
			saves: 1,
		});
		expect(Object.keys(item!).slice(0, 3)).toEqual(['event', 'event_key', 'snapshot_key']);
	});

	it('has the growth since the snapshot before it, handed over or not', () => {
		const first = poll(null, [video('a', { hours: [1, 2] })]);
		const { items } = poll(first.state, [video('a', { hours: [4, 1, 2] })], {
			includeGrowth: true,
		});
		expect(items).toEqual([
			expect.objectContaining({
				event_key: keyOf('a', 4),
				hours_since_previous: 2,
				views_delta: 200,
				views_per_hour: 100,
			}),
		]);
	});

	it('has no growth where it is the first', () => {
		const [item] = poll(null, [video('a', { hours: [1] })], {
			startFrom: 'latest',
			includeGrowth: true,
		}).items;
		expect(item).toMatchObject({ hours_since_previous: null, views_delta: null });
	});

	it('has the metadata of the video where it is not simplified, without all the snapshots', () => {
		const source = video('a', { hours: [1, 2], last_updated: iso(2) });
		const [item] = poll(null, [source], { startFrom: 'latest', simplify: false }).items;
		const { snapshots: _, ...metadata } = source;
		expect(item).toMatchObject({ event_key: keyOf('a', 2), views: 1200, video: metadata });
		expect(item!.video).not.toHaveProperty('snapshots');
	});
});

describe('order', () => {
	it('is oldest first over all videos, and the same each time', () => {
		const videos = [
			video('b', { hours: [3, 1, 2] }),
			video('a', { hours: [2, 5] }),
			video('c', { hours: [4, 2] }),
		];
		const keys = [
			keyOf('b', 1),
			keyOf('a', 2),
			keyOf('b', 2),
			keyOf('c', 2),
			keyOf('b', 3),
			keyOf('c', 4),
			keyOf('a', 5),
		];
		expect(poll(null, videos, { startFrom: 'beginning' }).keys).toEqual(keys);
		expect(poll(null, [...videos].reverse(), { startFrom: 'beginning' }).keys).toEqual(keys);
	});
});

describe('late, out-of-order and repeated snapshots', () => {
	it('are emitted once', () => {
		const seeded = poll(null, [video('a', { hours: [1] })]);
		const steps: Array<[there: number[], keys: number[]]> = [
			[[1, 4], [4]],
			[[4, 1, 3, 3], [3]],
			[
				[2, 4, 3, 1, 5],
				[2, 5],
			],
			[[5, 4, 3, 2, 1], []],
		];
		let { state } = seeded;
		for (const [there, hours] of steps) {
			const result = poll(state, [video('a', { hours: there })]);
			expect(result.keys).toEqual(keysAt('a', ...hours));
			({ state } = result);
		}
	});

	it('older than a day are history', () => {
		const { state } = poll(null, [video('a', { hours: [1, 50] })]);
		expect(poll(state, [video('a', { hours: [1, 25, 27, 50] })]).keys).toEqual(keysAt('a', 27));
	});
});

describe('a video that appears later', () => {
	it('is emitted from its first snapshot where it was tracked since', () => {
		const { state } = poll(null, [video('a', { hours: [1], created: 0 })]);
		const later = [video('a', { hours: [1] }), video('b', { hours: [3, 4], created: 2 })];
		expect(poll(state, later).keys).toEqual(keysAt('b', 3, 4));
	});

	test.each<[PollSettings['startFrom'], number[]]>([
		['new', []],
		['latest', [9]],
		['beginning', [2, 9]],
	])('is seeded from %s where it was tracked before and only hidden', (startFrom, hours) => {
		const newer = video('a', { hours: [6], created: 5 });
		const { state } = poll(null, [newer], { startFrom });
		const hidden = video('b', { hours: [2, 9], created: 1 });
		const second = poll(state, [newer, hidden], { startFrom });
		expect(second.keys).toEqual(keysAt('b', ...hours));

		const grown = video('b', { hours: [2, 9, 10], created: 1 });
		expect(poll(second.state, [newer, grown], { startFrom }).keys).toEqual(keysAt('b', 10));
	});

	it('is seeded too where it could not be fetched when all were seeded', () => {
		const a = video('a', { hours: [1], created: 0 });
		const failed = new Map([['b', httpError(500, 'video b')]]);
		const { state } = advance(null, collectedOf(null, [a], { failed }));
		const later = [a, video('b', { hours: [1, 2], created: 3 })];
		const second = poll(state, later);
		expect(second.keys).toEqual([]);
		const grown = [a, video('b', { hours: [1, 2, 3], created: 3 })];
		expect(poll(second.state, grown).keys).toEqual(keysAt('b', 3));
	});

	it('is emitted from its first snapshot where it could not be fetched when it appeared', () => {
		const a = video('a', { hours: [1], created: 0 });
		const { state } = poll(null, [a]);
		const failed = new Map([['b', httpError(500, 'video b')]]);
		const second = advance(state, collectedOf(state, [a], { failed }));
		expect(second.keys).toEqual([]);
		const later = [a, video('b', { hours: [3, 4], created: 2 })];
		expect(poll(second.state, later).keys).toEqual(keysAt('b', 3, 4));
	});
});

describe('tracking.started', () => {
	const events: PollSettings['events'] = ['snapshot.created', 'tracking.started'];

	it('comes once, before the first snapshot', () => {
		const seeded = poll(null, [video('a')], { events });
		const first = poll(seeded.state, [video('a', { hours: [1] })], { events });
		expect(first.items).toMatchObject([
			{
				event: 'tracking.started',
				event_key: 'a:started',
				snapshot_key: keyOf('a', 1),
				views: 1100,
			},
			{ event: 'snapshot.created', event_key: keyOf('a', 1) },
		]);
		expect(poll(first.state, [video('a', { hours: [1, 2] })], { events }).keys).toEqual(
			keysAt('a', 2),
		);
	});

	it('comes alone where only it is chosen', () => {
		const { keys, state } = poll(null, [video('a', { hours: [1, 2] })], {
			events: ['tracking.started'],
			startFrom: 'beginning',
		});
		expect(keys).toEqual(['a:started']);
		const grown = [video('a', { hours: [1, 2, 3] })];
		expect(poll(state, grown, { events: ['tracking.started'] }).keys).toEqual([]);
	});

	it('does not come for what had started before', () => {
		const { state } = poll(null, [video('a', { hours: [1] })], { events });
		expect(poll(state, [video('a', { hours: [1, 2] })], { events }).keys).toEqual(keysAt('a', 2));
	});

	it('does not come again for a late snapshot before the first', () => {
		const seeded = poll(null, [video('a')], { events });
		const first = poll(seeded.state, [video('a', { hours: [5] })], { events });
		expect(poll(first.state, [video('a', { hours: [4, 5] })], { events }).keys).toEqual(
			keysAt('a', 4),
		);
	});

	it('comes once where the history is emitted in parts', () => {
		const settings = { events, startFrom: 'beginning' as const, maxItemsPerPoll: 2 };
		const videos = [video('a', { hours: [1, 3] }), video('b', { hours: [2, 4] })];
		const keys: string[] = [];
		let state: PollState | null = null;
		for (let n = 0; n < 6; n += 1) {
			const result = poll(state, videos, settings);
			keys.push(...result.keys);
			({ state } = result);
		}
		expect(keys).toEqual([
			'a:started',
			keyOf('a', 1),
			'b:started',
			keyOf('b', 2),
			keyOf('a', 3),
			keyOf('b', 4),
		]);
	});
});

describe('maxItemsPerPoll', () => {
	const videos = [video('a', { hours: [1, 3, 5, 7] }), video('b', { hours: [2, 3, 6] })];
	const ALL_KEYS = [
		keyOf('a', 1),
		keyOf('b', 2),
		keyOf('a', 3),
		keyOf('b', 3),
		keyOf('a', 5),
		keyOf('b', 6),
		keyOf('a', 7),
	];

	test.each([1, 2, 3, 6, 7, 8])('of %d spreads them over polls and loses none', (most) => {
		const settings = { startFrom: 'beginning' as const, maxItemsPerPoll: most };
		const keys: string[] = [];
		let state: PollState | null = null;
		for (let n = 0; n < 10; n += 1) {
			const result = poll(state, videos, settings);
			expect(result.keys.length).toBeLessThanOrEqual(most);
			keys.push(...result.keys);
			({ state } = result);
		}
		expect(keys).toEqual(ALL_KEYS);
	});

	it('does not lose what comes while the history is still under way', () => {
		const settings = { startFrom: 'beginning' as const, maxItemsPerPoll: 3 };
		const first = poll(null, videos, settings);
		const late = [video('a', { hours: [0.5, 1, 3, 5, 7, 8] }), video('b', { hours: [2, 3, 6] })];
		const keys = [...first.keys];
		let { state } = first;
		for (let n = 0; n < 5; n += 1) {
			const result = poll(state, late, settings);
			keys.push(...result.keys);
			({ state } = result);
		}
		expect([...keys].sort()).toEqual([...ALL_KEYS, keyOf('a', 0.5), keyOf('a', 8)].sort());
	});

	it('finishes a video that has ended before it is forgotten', async () => {
		const world = worldOf(video('a', { hours: [1, 2, 3] }), video('b', { hours: [1] }));
		const trigger = createTrigger(world, { startFrom: 'beginning', maxItemsPerPoll: 2 });
		const keys = await trigger.poll();
		world.videos[0]!.status = 'completed';
		for (let n = 0; n < 5; n += 1) keys.push(...(await trigger.poll()));
		expect(keys).toEqual([keyOf('a', 1), keyOf('b', 1), keyOf('a', 2), keyOf('a', 3)]);
		expect(Object.keys(trigger.state!.videos)).toEqual(['b']);
	});

	it('continues where the workflow stood before a pause of days', () => {
		const hours = Array.from({ length: 200 }, (_, n) => n);
		let { state } = poll(null, [video('a', { hours: hours.slice(0, 10) })]);
		const keys: string[] = [];
		for (let n = 0; n < 5; n += 1) {
			const result = poll(state, [video('a', { hours })], { maxItemsPerPoll: 60 });
			keys.push(...result.keys);
			({ state } = result);
		}
		expect(keys).toEqual(keysAt('a', ...hours.slice(10)));
	});
});

describe('another choice of videos', () => {
	test.each<[PollSettings['startFrom'], number[]]>([
		['new', [5]],
		['latest', [4, 5]],
		['beginning', [2, 4, 5]],
	])('seeds only what is added, from %s; the others go on', (startFrom, hours) => {
		const a = video('a', { hours: [1, 3], created: 0 });
		const { state } = poll(null, [a], { startFrom, scope: 'selected a' });
		const videos = [
			video('a', { hours: [1, 3, 5], created: 0 }),
			video('b', { hours: [2, 4], created: 1 }),
		];
		const expected = { 2: 'b', 4: 'b', 5: 'a' } as Record<number, string>;
		expect(poll(state, videos, { startFrom, scope: 'selected a b' }).keys).toEqual(
			hours.map((hour) => keyOf(expected[hour]!, hour)),
		);
	});

	it('seeds what is added although it was tracked lately', () => {
		const { state } = poll(null, [video('a', { hours: [1], created: 0 })], { scope: 'selected a' });
		const added = video('b', { hours: [6, 7], created: 5 });
		expect(poll(state, [added], { scope: 'selected a b' }).keys).toEqual([]);
	});

	it('forgets what is not watched any more', () => {
		const { state } = poll(null, [video('a', { hours: [1] }), video('b', { hours: [1] })]);
		const b = video('b', { hours: [1, 2] });
		const second = advance(state, collectedOf(state, [b], { gone: ['a'] }), {
			scope: 'selected b',
		});
		expect(second.keys).toEqual(keysAt('b', 2));
		expect(Object.keys(second.state.videos)).toEqual(['b']);
	});

	it('goes on with a video that was chosen by its id and now by its link', async () => {
		const a = video('a', { hours: [1] });
		const world = worldOf(a);
		const byId = createTrigger(world, {}, readSelected('a'));
		await byId.poll();
		const byLink = createTrigger(world, {}, readSelected(a.video_link));
		byLink.state = byId.state;
		a.snapshots!.push(snapshot(2));
		expect(await byLink.poll()).toEqual(keysAt('a', 2));
	});
});

describe('a video that fails', () => {
	it('keeps its cursor and goes on where it stood', async () => {
		const a = video('a', { hours: [1] });
		const world = worldOf(a, video('b', { hours: [1] }));
		const trigger = createTrigger(world);
		await trigger.poll();
		const before = trigger.state!.videos.a;

		a.snapshots!.push(snapshot(2));
		world.failures.set('a', httpError(500, 'video a'));
		expect(await trigger.poll()).toEqual([]);
		expect(trigger.state!.videos.a).toEqual(before);

		a.snapshots!.push(snapshot(3));
		world.failures.clear();
		expect(await trigger.poll()).toEqual(keysAt('a', 2, 3));
	});

	it('although it has ended is fetched until its last snapshots are there', async () => {
		const a = video('a', { hours: [1] });
		const world = worldOf(a, video('b'));
		const trigger = createTrigger(world);
		await trigger.poll();
		a.snapshots!.push(snapshot(2));
		a.status = 'completed';
		world.failures.set('a', httpError(500, 'video a'));
		expect(await trigger.poll()).toEqual([]);
		world.failures.clear();
		expect(await trigger.poll()).toEqual(keysAt('a', 2));
	});

	describe.each([
		['a time', { ...snapshot(2), snapshot_time: 'noon' }, /snapshots\[1\]\.snapshot_time/],
		['a metric', { ...snapshot(2), views: 'many' }, /snapshots\[1\]\.views/],
	])('with %s that cannot be read', (_, unreadable, path) => {
		const seeded = () => poll(null, [video('a', { hours: [1] }), video('b', { hours: [1] })]).state;
		const broken = (hours: number[], fields = {}) =>
			video('a', {
				snapshots: [snapshot(1), unreadable, ...hours.map((hour) => snapshot(hour))],
				...fields,
			});

		it('is named, and does not hold up the others', () => {
			const { keys, failed } = poll(seeded(), [broken([]), video('b', { hours: [1, 2] })]);
			expect(keys).toEqual(keysAt('b', 2));
			expect([...failed.keys()]).toEqual(['a']);
			expect(failed.get('a')).toMatchObject({
				kind: 'unreadable_reply',
				message: expect.stringMatching(path),
			});
		});

		it('does not use up what a poll may emit', () => {
			const settings = { maxItemsPerPoll: 1 };
			const { keys } = poll(seeded(), [broken([3]), video('b', { hours: [1, 4] })], settings);
			expect(keys).toEqual(keysAt('b', 4));
		});

		it('goes on where it stood when it can be read again', () => {
			const first = poll(seeded(), [broken([3]), video('b', { hours: [1] })]);
			expect(first.keys).toEqual([]);
			const mended = [video('a', { hours: [1, 2, 3] }), video('b', { hours: [1] })];
			expect(poll(first.state, mended).keys).toEqual(keysAt('a', 2, 3));
		});

		it('is not forgotten although it has ended', () => {
			const state = seeded();
			const videos = [broken([], { status: 'completed' }), video('b', { hours: [1] })];
			const first = advance(state, collectedOf(state, videos, { ended: ['a'] }));
			expect([...knownTo(first.state)].sort()).toEqual(['a', 'b']);
			const mended = [video('a', { hours: [1, 2] }), video('b', { hours: [1] })];
			expect(poll(first.state, mended).keys).toEqual(keysAt('a', 2));
		});

		it('fails the poll where no other can be read either', () => {
			const state = poll(null, [video('a', { hours: [1] })]).state;
			const failed = new Map([['b', httpError(500, 'video b')]]);
			for (const fields of [{}, { failed }])
				expect(() => advance(state, collectedOf(state, [broken([])], fields))).toThrow(
					expect.objectContaining({ name: 'ContentStatsError' }),
				);
		});
	});

	it('to be read when all are seeded is seeded as soon as it can be', () => {
		const unreadable = [{ snapshot_time: 'noon' }];
		const b = video('b', { hours: [1] });
		const first = poll(null, [video('a', { snapshots: unreadable, created: 3 }), b]);
		const second = poll(first.state, [video('a', { hours: [4, 5], created: 3 }), b]);
		expect(second.keys).toEqual([]);
		const grown = [video('a', { hours: [4, 5, 6], created: 3 }), b];
		expect(poll(second.state, grown).keys).toEqual(keysAt('a', 6));
	});
});

describe('a video that ends', () => {
	it('between two polls loses no snapshot, and is forgotten then', async () => {
		const a = video('a', { hours: [1] });
		const world = worldOf(a, video('b', { hours: [1] }));
		const trigger = createTrigger(world);
		await trigger.poll();
		a.snapshots!.push(snapshot(2), snapshot(3));
		a.status = 'completed';
		expect(await trigger.poll()).toEqual(keysAt('a', 2, 3));
		expect(await trigger.poll()).toEqual([]);
		expect(Object.keys(trigger.state!.videos)).toEqual(['b']);
	});

	it('leaves nothing in the state after a few polls', async () => {
		const a = video('a', { hours: [1] });
		const trigger = createTrigger(worldOf(a, video('b', { hours: [1] })));
		await trigger.poll();
		a.status = 'completed';
		for (let n = 0; n < 5; n += 1) await trigger.poll();
		expect(trigger.state).toEqual(
			expect.objectContaining({ videos: { b: expect.objectContaining({ newest: at(1) }) } }),
		);
		expect(trigger.state).not.toHaveProperty('left');
	});

	it('only for a poll, as the API had it, goes on where it stood', async () => {
		const a = video('a', { hours: [1, 2], created: 1 });
		const world = worldOf(a, video('b', { created: 0 }));
		const trigger = createTrigger(world, { startFrom: 'beginning' });
		expect(await trigger.poll()).toEqual(keysAt('a', 1, 2));
		world.videos.shift();
		expect(await trigger.poll()).toEqual([]);
		world.videos.push(a);
		a.snapshots!.push(snapshot(3));
		expect(await trigger.poll()).toEqual(keysAt('a', 3));
		for (let n = 0; n < 5; n += 1) expect(await trigger.poll()).toEqual([]);
		a.snapshots!.push(snapshot(4));
		expect(await trigger.poll()).toEqual(keysAt('a', 4));
	});

	it('stays known where it was chosen, so that its history does not come again', async () => {
		const a = video('a', { hours: [1] });
		const trigger = createTrigger(worldOf(a), {}, readSelected('a'));
		await trigger.poll();
		a.status = 'completed';
		a.snapshots!.push(snapshot(2));
		expect(await trigger.poll()).toEqual(keysAt('a', 2));
		expect(await trigger.poll()).toEqual([]);
	});
});

describe('polls that overlap', () => {
	const ORDERS = ['early first', 'late first'];
	const find = (world: World, id: string) => world.videos.find((entry) => entry.id === id)!;
	const add = (world: World, id: string, hour: number) =>
		void find(world, id).snapshots!.push(snapshot(hour));
	const end = (world: World, id: string) => void (find(world, id).status = 'completed');

	const scenarios: Array<[string, (world: World) => void, (world: World) => void, string[]]> = [
		['the same', () => {}, () => {}, []],
		['the same new snapshot', (world) => add(world, 'a', 2), () => {}, [keyOf('a', 2)]],
		[
			'one more snapshot the later one',
			(world) => add(world, 'a', 2),
			(world) => add(world, 'a', 3),
			[keyOf('a', 2), keyOf('a', 3)],
		],
		[
			'a late snapshot the later one',
			(world) => add(world, 'a', 3),
			(world) => add(world, 'a', 2),
			[keyOf('a', 2), keyOf('a', 3)],
		],
		[
			'a new video both',
			(world) => void world.videos.push(video('n', { hours: [5], created: 4 })),
			() => {},
			[keyOf('n', 5)],
		],
		[
			'a new video the later one',
			() => {},
			(world) => void world.videos.push(video('n', { hours: [5], created: 4 })),
			[keyOf('n', 5)],
		],
		[
			'a new video grow',
			(world) => void world.videos.push(video('n', { hours: [5], created: 4 })),
			(world) => add(world, 'n', 6),
			[keyOf('n', 5), keyOf('n', 6)],
		],
		[
			'a video end, the later one',
			(world) => add(world, 'a', 2),
			(world) => end(world, 'a'),
			[keyOf('a', 2)],
		],
		[
			'a video end with a last snapshot, the later one',
			(world) => add(world, 'a', 2),
			(world) => {
				add(world, 'a', 3);
				end(world, 'a');
			},
			[keyOf('a', 2), keyOf('a', 3)],
		],
		[
			'a video deleted, the later one',
			(world) => add(world, 'a', 2),
			(world) => void world.videos.splice(0, 1),
			[keyOf('a', 2)],
		],
	];
	const inOrder = (order: string, early: Collected, late: Collected) =>
		order === 'early first' ? [early, late] : [late, early];

	describe.each(scenarios)('and see %s', (_, between, change, expected) => {
		test.each(ORDERS)('emit each snapshot once, %s', async (order) => {
			const world = worldOf(video('a', { hours: [1] }), video('b', { hours: [1] }));
			const trigger = createTrigger(world);
			await trigger.poll();
			between(world);
			const early = await trigger.fetch();
			change(world);
			const late = await trigger.fetch();

			const keys = inOrder(order, early, late).flatMap((collected) => trigger.apply(collected));
			keys.push(...(await trigger.poll()), ...(await trigger.poll()));
			expect([...keys].sort()).toEqual(expected);
		});
	});

	test.each(ORDERS)(
		'emit a video once that was new to both and was stopped while one fetched it, %s',
		async (order) => {
			const world = worldOf(video('a', { hours: [1] }));
			const trigger = createTrigger(world);
			await trigger.poll();
			world.videos.push(video('n', { hours: [5], created: 4 }));
			const early = await trigger.fetch();
			const client = clientOf(world);
			const get = async (id: string) => {
				end(world, 'n');
				return await client.get(id);
			};
			const late = await collect({ ...client, get }, ALL, knownTo(trigger.state));

			const keys = inOrder(order, early, late).flatMap((collected) => trigger.apply(collected));
			keys.push(...(await trigger.poll()), ...(await trigger.poll()));
			expect(keys).toEqual(keysAt('n', 5));
		},
	);

	it('do not take a video that has ended long ago for new', async () => {
		const a = video('a', { hours: [1] });
		const world = worldOf(a, video('b', { hours: [1] }));
		const trigger = createTrigger(world);
		await trigger.poll();
		const slow = await trigger.fetch();
		a.status = 'completed';
		for (let n = 0; n < 5; n += 1) expect(await trigger.poll()).toEqual([]);
		expect(trigger.apply(slow)).toEqual([]);
		expect(await trigger.poll()).toEqual([]);
	});

	it('emit a new video once although it has ended and another poll came between', async () => {
		const world = worldOf(video('a', { hours: [1] }));
		const trigger = createTrigger(world);
		await trigger.poll();
		world.videos.push(video('n', { hours: [5], created: 4 }));
		const slow = await trigger.fetch();
		expect(await trigger.poll()).toEqual(keysAt('n', 5));
		end(world, 'n');
		expect(await trigger.poll()).toEqual([]);
		expect(await trigger.poll()).toEqual([]);
		expect(trigger.apply(slow)).toEqual([]);
	});

	it('do not watch again what the other has seen end', async () => {
		const world = worldOf(video('a', { hours: [1] }), video('b', { hours: [1] }));
		const trigger = createTrigger(world);
		await trigger.poll();
		const early = await trigger.fetch();
		end(world, 'a');
		await trigger.poll();
		trigger.apply(early);
		expect(Object.keys(trigger.state!.videos)).toEqual(['b']);
	});

	test.each(ORDERS)('at the very start seed once, %s', async (order) => {
		const world = worldOf(video('a', { hours: [1, 2] }), video('b', { hours: [1] }));
		const trigger = createTrigger(world, { startFrom: 'beginning' });
		const early = await trigger.fetch();
		add(world, 'a', 3);
		const late = await trigger.fetch();
		const keys = inOrder(order, early, late).flatMap((collected) => trigger.apply(collected));
		expect([...keys].sort()).toEqual([...keysAt('a', 1, 2, 3), keyOf('b', 1)].sort());
	});
});

describe('replay after a restart', () => {
	const replayAfterRestart = true;
	const settings = { replayAfterRestart };
	const minute = (minutes: number, process = 'p1'): Moment => ({
		now: at(100) + minutes * MINUTE_MS,
		process,
	});
	/** A state that has handed over these hours of the video a at these minutes, in process p1. */
	function handedOver(steps: Array<[minutes: number, hours: number[]]>, fields = {}) {
		const all = { ...settings, ...fields };
		let { state } = poll(null, [video('a')], all, minute(0));
		const hours: number[] = [];
		for (const [minutes, more] of steps) {
			hours.push(...more);
			const result = poll(state, [video('a', { hours })], all, minute(minutes));
			expect(result.keys).toEqual(keysAt('a', ...more));
			({ state } = result);
		}
		return { state, videos: [video('a', { hours })] };
	}

	it('repeats nothing in the same process', () => {
		const { state, videos } = handedOver([
			[1, [1]],
			[2, [2]],
		]);
		expect(poll(state, videos, settings, minute(3)).keys).toEqual([]);
	});

	it('repeats what was handed over in the ten minutes before the last handover', () => {
		const { state, videos } = handedOver([
			[0, [1]],
			[1, [2]],
			[14, [3]],
			[20, [4, 5]],
		]);
		const { keys } = poll(state, videos, settings, minute(21, 'p2'));
		expect(keys).toEqual(keysAt('a', 3, 4, 5));
	});

	it('counts the ten minutes from the last handover, however long n8n was down', () => {
		const { state, videos } = handedOver([
			[1, [1]],
			[2, [2]],
		]);
		const days = minute(3 * 24 * 60, 'p2');
		expect(poll(state, videos, settings, days).keys).toEqual(keysAt('a', 1, 2));
	});

	it('counts them from the last handover, however many polls found nothing since', () => {
		const first = handedOver([[1, [1]]]);
		let { state } = first;
		for (let minutes = 2; minutes < 60; minutes += 1)
			({ state } = poll(state, first.videos, settings, minute(minutes)));
		expect(poll(state, first.videos, settings, minute(61, 'p2')).keys).toEqual(keysAt('a', 1));
	});

	it('repeats once for a restart', () => {
		const { state, videos } = handedOver([[1, [1]]]);
		const second = poll(state, videos, settings, minute(2, 'p2'));
		expect(second.keys).toEqual(keysAt('a', 1));
		expect(poll(second.state, videos, settings, minute(3, 'p2')).keys).toEqual([]);
	});

	it('repeats again after another crash, since what was replayed may be lost too', () => {
		const { state, videos } = handedOver([[1, [1]]]);
		const second = poll(state, videos, settings, minute(2, 'p2'));
		expect(poll(second.state, videos, settings, minute(3, 'p3')).keys).toEqual(keysAt('a', 1));
	});

	it('comes in one order with what is new, under the same keys', () => {
		const events: PollSettings['events'] = ['tracking.started', 'snapshot.created'];
		const seeded = poll(null, [video('a')], { ...settings, events }, minute(0));
		const first = poll(
			seeded.state,
			[video('a', { hours: [1] })],
			{ ...settings, events },
			minute(1),
		);
		const again = poll(
			first.state,
			[video('a', { hours: [1, 2] })],
			{ ...settings, events },
			minute(2, 'p2'),
		);
		expect(again.keys).toEqual(['a:started', keyOf('a', 1), keyOf('a', 2)]);
	});

	it('is off unless it is chosen', () => {
		const { state, videos } = handedOver([[1, [1]]], { replayAfterRestart: false });
		expect(poll(state, videos, { replayAfterRestart: false }, minute(2, 'p2')).keys).toEqual([]);
		expect(state).not.toHaveProperty('recent');
	});

	it('ends when it is chosen no longer', () => {
		const { state, videos } = handedOver([[1, [1]]]);
		const result = poll(state, videos, { replayAfterRestart: false }, minute(2, 'p2'));
		expect(result.keys).toEqual([]);
		expect(result.state).not.toHaveProperty('recent');
	});

	it('can be chosen later without repeating anything', () => {
		const { state, videos } = handedOver([[1, [1]]], { replayAfterRestart: false });
		expect(poll(state, videos, settings, minute(2, 'p2')).keys).toEqual([]);
	});

	it('is complete although one poll may emit less', () => {
		const { state, videos } = handedOver([
			[1, [1, 2, 3]],
			[2, [4, 5]],
		]);
		const keys: string[] = [];
		let next = state;
		for (let minutes = 3; minutes < 9; minutes += 1) {
			const most = { ...settings, maxItemsPerPoll: 2 };
			const result = poll(next, videos, most, minute(minutes, 'p2'));
			expect(result.keys.length).toBeLessThanOrEqual(2);
			keys.push(...result.keys);
			next = result.state;
		}
		expect([...new Set(keys)].sort()).toEqual(keysAt('a', 1, 2, 3, 4, 5));
	});

	it('is made up for where the video could not be fetched after the restart', async () => {
		const world = worldOf(video('a'), video('b'));
		const trigger = createTrigger(world, settings);
		await trigger.poll(minute(0));
		world.videos[0]!.snapshots!.push(snapshot(1));
		expect(await trigger.poll(minute(1))).toEqual(keysAt('a', 1));

		world.failures.set('a', httpError(500, 'video a'));
		expect(await trigger.poll(minute(2, 'p2'))).toEqual([]);
		world.failures.clear();
		expect(await trigger.poll(minute(3, 'p2'))).toEqual(keysAt('a', 1));
	});

	it('includes the last snapshots of a video that has ended', async () => {
		const world = worldOf(video('a'), video('b'));
		const trigger = createTrigger(world, settings);
		await trigger.poll(minute(0));
		world.videos[0]!.snapshots!.push(snapshot(1));
		world.videos[0]!.status = 'completed';
		expect(await trigger.poll(minute(1))).toEqual(keysAt('a', 1));
		expect(await trigger.poll(minute(2, 'p2'))).toEqual(keysAt('a', 1));
	});

	it('is of what is owed alone where a video has ended long before the restart', async () => {
		const a = video('a');
		const world = worldOf(a, video('b'));
		const trigger = createTrigger(world, settings);
		await trigger.poll(minute(0));
		a.snapshots!.push(snapshot(1));
		expect(await trigger.poll(minute(1))).toEqual(keysAt('a', 1));
		a.snapshots!.push(snapshot(2));
		a.status = 'completed';
		expect(await trigger.poll(minute(20))).toEqual(keysAt('a', 2));
		for (let n = 21; n < 26; n += 1) expect(await trigger.poll(minute(n))).toEqual([]);
		expect(await trigger.poll(minute(26, 'p2'))).toEqual(keysAt('a', 2));
		expect(await trigger.poll(minute(27, 'p2'))).toEqual([]);
		expect(Object.keys(trigger.state!.videos)).toEqual(['b']);
	});
});

it('emits every snapshot once, whatever comes late, repeated, failing, ended, overlapping or cut short', async () => {
	const random = xoroshiro128plus(2026);
	for (let run = 0; run < 20; run += 1) {
		const world = worldOf(video('a0', { created: 0 }), video('b0', { created: 0 }));
		const trigger = createTrigger(world, {
			startFrom: 'beginning',
			maxItemsPerPoll: uniformInt(random, 1, 6),
		});
		const keys: string[] = [];
		const due: string[] = [];
		const add = (entry: VideoWithSnapshots, hour: number) => {
			const key = keyOf(entry.id, hour);
			if (!due.includes(key)) due.push(key);
			entry.snapshots!.splice(uniformInt(random, 0, entry.snapshots!.length), 0, snapshot(hour));
		};
		let overlapping: Collected | null = null;
		keys.push(...(await trigger.poll()));
		for (let hour = 1; hour <= 30; hour += 1) {
			if (hour % 10 === 0) world.videos.push(video(`n${hour}`, { created: hour }));
			for (const entry of world.videos.filter(({ status }) => status === 'monitoring')) {
				const late = uniformInt(random, 0, 3);
				if (uniformInt(random, 0, 3) > 0) add(entry, Math.max(hour - late, 0.5));
				if (hour === 25 && entry.id === 'b0') entry.status = 'completed';
			}
			world.failures.clear();
			const unlucky = world.videos[uniformInt(random, 0, world.videos.length)];
			if (unlucky) world.failures.set(unlucky.id, httpError(500, unlucky.id));
			const polls = uniformInt(random, 0, 2);
			for (let n = 0; n < polls; n += 1) keys.push(...(await trigger.poll()));
			if (overlapping) keys.push(...trigger.apply(overlapping));
			overlapping = uniformInt(random, 0, 3) === 0 ? await trigger.fetch() : null;
		}
		world.failures.clear();
		for (let n = 0; n < 120; n += 1) keys.push(...(await trigger.poll()));
		expect([...keys].sort()).toEqual([...due].sort());
	}
});

it('takes a base URL and a scope into its state', () => {
	expect(poll(null, [], { scope: 'all tiktok' }).state).toMatchObject({
		base_url: BASE,
		scope: 'all tiktok',
	});
});
