// The first import: it mocks a part of n8n-workflow, which nothing may load before.
import { createTimedFixture } from './support/time';

import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { runAction, type RunOutcome } from '../../harness/engine';
import type { Fault, SandboxVideo } from '../../sandbox';
import { INSTAGRAM, ONE_OF_EACH, TIKTOK, video, YOUTUBE } from './support/fixture';
import { createTriggerFixture, keysOf, snapshotKeys, without } from './support/triggerFixture';

const ALWAYS = { times: Infinity };
const ONE_VIDEO = { method: 'GET', path: /^\/videos\/\w+$/ };
const LIST = { method: 'GET', path: /^\/videos\?/ };
const USED = 'ContentStats returned invalid values: ';

const hintOf = ({ hints }: RunOutcome): string | undefined =>
	hints.map(({ message }) => message).find((message) => message.startsWith(USED));

/** Values that Instagram, a proxy or a later version of the API may send as a count. */
const ODD_COUNTS: unknown[] = [-1, '-1', '1.2M', 'N/A', 12.5, false, {}, ' 12', '١٢'];
/** Values of fields of a video that none of them can have. */
const ODD_FIELDS: IDataObject = {
	platform: null,
	status: 7,
	video_link: '',
	days_remaining: '5.5',
	created_at: '2026-01-01 00:00:00',
	monitoring_started: true,
	monitoring_duration_days: [],
};
const WORDS_OF_JAVASCRIPT = ['constructor', 'toString', '__proto__', 'hasOwnProperty'];

describe('Get', () => {
	async function createHistory() {
		const fixture = await createTimedFixture();
		const seeded = fixture.sandbox.seedVideo({
			video_link: INSTAGRAM,
			started: '2025-12-30T00:00:00Z',
		});
		const get = async (parameters: IDataObject = {}) =>
			await runAction(fixture.credential, {
				operation: 'get',
				...video('id', seeded.id),
				...(parameters as object),
			});
		const set = (path: Array<string | number>, value?: unknown) =>
			fixture.sandbox.faults.add({ kind: 'set', path, value, match: ONE_VIDEO, ...ALWAYS });
		return { ...fixture, seeded, get, set };
	}

	test.each(ODD_COUNTS)('reads the count %j as null, and every other value', async (value) => {
		const { sandbox, get, set } = await createHistory();
		const { items: expected } = await get();
		expect(expected.length).toBeGreaterThan(40);
		sandbox.clear();
		set(['snapshots', 3, 'likes'], value);
		const outcome = await get();
		expect(outcome.items).toEqual(
			expected.map((row, place) => (place === 3 ? { ...row, likes: null } : row)),
		);
		expect(hintOf(outcome)).toContain(`${USED}likes of video `);
	});

	it('says once what is odd in the videos of many items', async () => {
		const { credential, sandbox, seeded, set } = await createHistory();
		set(['snapshots', -1, 'likes'], -1);
		const items = Array.from({ length: 30 }, () => ({}));
		const parameters = { operation: 'get', output: 'latest', ...video('id', seeded.id) };
		const outcome = await runAction(credential, parameters, { items });
		expect(outcome.items.map(({ likes }) => likes)).toEqual(items.map(() => null));
		expect(outcome.hints).toHaveLength(1);
		expect(sandbox.requests).toHaveLength(30);
	});

	it('leaves out a snapshot in 2099, and shows it in the video as the API sends it', async () => {
		const { sandbox, get, seeded } = await createHistory();
		const { items: expected } = await get();
		seeded.addSnapshot({ snapshot_time: '2099-01-01T00:00:00.000Z' });
		sandbox.clear();
		const outcome = await get();
		expect(outcome.items).toEqual(expected);
		expect(hintOf(outcome)).toContain('snapshot_time (more than 24 hours ahead) of video ');
		const { items: raw } = await get({ output: 'video' });
		expect((raw[0]!.snapshots as unknown[]).length).toBe(expected.length + 1);
	});
});

describe('List', () => {
	async function createList() {
		const fixture = await createTimedFixture();
		for (const video_link of ONE_OF_EACH) fixture.sandbox.seedVideo({ video_link });
		const list = async (parameters: IDataObject = {}) =>
			await runAction(fixture.credential, { operation: 'list', ...(parameters as object) });
		return { ...fixture, list };
	}

	test.each(Object.entries(ODD_FIELDS))('reads %s: %j as null', async (field, value) => {
		const { sandbox, list } = await createList();
		const { items: expected } = await list();
		sandbox.faults.add({ kind: 'set', path: ['videos', 1, field], value, match: LIST });
		const outcome = await list();
		expect(outcome.items).toEqual(
			expected.map((row, place) => (place === 1 ? { ...row, [field]: null } : row)),
		);
		expect(hintOf(outcome)).toContain(`${USED}${field} of video ${String(expected[1]!.video_id)}.`);
		sandbox.faults.add({ kind: 'set', path: ['videos', 1, field], value, match: LIST });
		expect((await list({ simplify: false })).items[1]).toMatchObject({ [field]: value });
	});

	it('says which time of a newest snapshot, and which id, cannot be used', async () => {
		const { sandbox, list } = await createList();
		const [first, second] = sandbox.videos.values();
		first!.addSnapshot({ snapshot_time: 'yesterday' });
		second!.override({ id: 'a.b' });
		const outcome = await list({ options: { includeLatestSnapshot: true } });
		expect(hintOf(outcome)).toContain(`snapshot_time of video ${first!.id}`);
		expect(hintOf(outcome)).toContain('id of video a.b');
	});

	test.each<[string, Array<string | number>, unknown]>([
		['without an id', ['videos', 2, 'id'], undefined],
		['with a numeric id', ['videos', 2, 'id'], 12],
		['that is null', ['videos', 2], null],
	])('leaves out an entry %s', async (_, path, value) => {
		const { sandbox, list } = await createList();
		const { items: expected } = await list();
		sandbox.faults.add({ kind: 'set', path, value, match: LIST });
		const outcome = await list();
		expect(outcome.items).toEqual(without(expected, [expected[2]!]));
		expect(hintOf(outcome)).toContain(`${USED}id of the list.`);
	});
});

describe('Track', () => {
	type Odd = Pick<Extract<Fault, { kind: 'set' }>, 'path' | 'value'>;
	const NO_ID: Odd = { path: ['videos', 0, 'id'], value: null };
	const NO_LINK: Odd = { path: ['videos', 0, 'video_link'], value: 7 };
	const NO_ENTRY: Odd = { path: ['videos', 0], value: 'x' };

	async function trackBeside(odd: Odd, parameters: IDataObject = {}) {
		const { credential, sandbox, posts } = await createTimedFixture();
		sandbox.seedVideo({ video_link: TIKTOK, started: '2025-12-31T00:00:00Z' });
		const match = { method: 'GET', path: /^\/videos\?/ };
		sandbox.faults.add({ kind: 'set', ...odd, match, ...ALWAYS });
		const outcome = await runAction(
			credential,
			{ videoUrls: `${TIKTOK}\n${YOUTUBE}`, ...(parameters as object) },
			{ onError: 'continueRegularOutput' },
		);
		return { outcomes: outcome.items.map(({ outcome: what }) => what), ...outcome, posts: posts() };
	}

	test.each<[string, Odd, string[]]>([
		['no id', NO_ID, ['failed', 'tracked']],
		['no link', NO_LINK, ['failed', 'tracked']],
		['nothing to read', NO_ENTRY, ['failed', 'failed']],
	])('refuses the links that a running video with %s may be', async (_, odd, expected) => {
		const { outcomes, items, posts } = await trackBeside(odd);
		expect(outcomes).toEqual(expected);
		expect(items[0]!.message).toMatch(/without a readable ID or link.*Track Again/);
		expect(posts).toHaveLength(expected.filter((outcome) => outcome === 'tracked').length);
	});

	it('tracks them all the same with Track Again', async () => {
		const options = { ifAlreadyTracked: 'trackAgain' };
		const { outcomes } = await trackBeside(NO_ENTRY, { options });
		expect(outcomes).toEqual(['tracked', 'tracked']);
	});

	it.each<[string, unknown]>([
		['words', 'N/A'],
		['a blank', ' '],
		['a page', 'https://www.tiktok.com/'],
		['a path', '/@user/video/7234567890123456789'],
	])('refuses the links that a running video with %s for its link may be', async (_, value) => {
		const { outcomes } = await trackBeside({ path: ['videos', 0, 'video_link'], value });
		expect(outcomes).toEqual(['failed', 'tracked']);
	});

	it('finds a running video whose id is listed twice, with two links', async () => {
		const { credential, sandbox, posts } = await createTimedFixture();
		sandbox.seedVideo({ video_link: TIKTOK, started: '2025-12-31T00:00:00Z' });
		const match = { method: 'GET', path: /^\/videos\?/ };
		sandbox.faults.add({
			kind: 'map',
			map: ({ videos }: { videos: IDataObject[] }) => ({
				videos: videos.flatMap((one) => [one, { ...one, video_link: YOUTUBE }]),
			}),
			match,
			...ALWAYS,
		});
		const { items } = await runAction(credential, { videoUrls: TIKTOK });
		expect(items[0]).toMatchObject({ outcome: 'already_tracked' });
		expect(posts()).toEqual([]);
	});

	it.each([-1, 0, 0.5])(
		'believes no count of %d active videos beside a full list',
		async (count) => {
			const { credential, sandbox, posts } = await createTimedFixture();
			sandbox.seedVideo({ video_link: TIKTOK, started: '2025-12-01T00:00:00Z', duration_days: 30 });
			for (let number = 0; number < 100; number += 1)
				sandbox.seedVideo({
					video_link: `https://www.tiktok.com/@many/video/${7_000_000_000 + number}`,
					started: '2025-12-31T00:00:00Z',
				});
			const match = { method: 'GET', path: '/usage' };
			sandbox.faults.add({ kind: 'set', path: ['active_videos'], value: count, match, ...ALWAYS });
			const { error } = await runAction(credential, { videoUrls: TIKTOK });
			expect(`${error?.description}`).toMatch(/More TikTok videos are active than the API lists/);
			expect(posts()).toEqual([]);
		},
	);

	it('does not mind any other odd field of a running video', async () => {
		const odd: Odd = { path: ['videos', 0, 'days_remaining'], value: '5.5' };
		expect((await trackBeside(odd)).outcomes).toEqual(['already_tracked', 'tracked']);
	});

	it('takes a tracking with odd fields for what it is, and names them', async () => {
		const { credential, sandbox } = await createTimedFixture();
		const path = ['estimated_cost'];
		sandbox.faults.add({ kind: 'set', path, value: '0.36', match: { method: 'POST' } });
		const outcome = await runAction(credential, { videoUrls: TIKTOK, durationDays: 1 });
		expect(outcome.items[0]).toMatchObject({ outcome: 'tracked', estimated_cost: 0.36 });
		expect(hintOf(outcome)).toContain('estimated_cost of video ');
	});
});

describe('the trigger', () => {
	/** Publishes a trigger of two videos, of which one is odd. */
	async function createWatch(parameters: IDataObject = {}) {
		const fixture = await createTriggerFixture();
		const odd = fixture.sandbox.seedVideo({ video_link: INSTAGRAM });
		const plain = fixture.sandbox.seedVideo({ video_link: TIKTOK });
		const trigger = fixture.watch({ startFrom: 'beginning', ...(parameters as object) });
		return { ...fixture, odd, plain, trigger };
	}
	const isOf =
		({ id }: SandboxVideo) =>
		({ video_id }: IDataObject) =>
			video_id === id;

	test.each(ODD_COUNTS)('emits every row of a video with the count %j', async (value) => {
		const { sandbox, odd, plain, trigger } = await createWatch();
		const match = { method: 'GET', path: `/videos/${odd.id}` };
		sandbox.faults.add({ kind: 'set', path: ['snapshots', -1, 'likes'], value, match, ...ALWAYS });
		await trigger.run({ hours: 6 });
		await trigger.run({ minutes: 30 });
		expect(trigger.keys.sort()).toEqual(snapshotKeys(odd, plain).sort());
		const likes = trigger.items.filter(isOf(odd)).map((row) => row.likes);
		expect(likes).toEqual(likes.map(() => null));
		expect(trigger.errors.map(({ message }) => message)).toEqual([
			expect.stringContaining(`${USED}likes of video ${odd.id}.`),
		]);
	});

	it('starts, and emits every row, however odd an entry of the list is', async () => {
		const { sandbox, odd, plain, trigger } = await createWatch();
		for (const [field, value] of Object.entries(ODD_FIELDS)) odd.override({ [field]: value });
		odd.override({ current_metadata: 7 });
		await trigger.run({ hours: 3 });
		expect(trigger.keys.sort()).toEqual(snapshotKeys(odd, plain).sort());
		expect(trigger.items.find(isOf(odd))).toMatchObject({ platform: null, title: null });
		expect(trigger.errors).toHaveLength(1);
		sandbox.faults.add({
			kind: 'set',
			path: ['videos', 0, 'id'],
			value: 5,
			match: LIST,
			...ALWAYS,
		});
		await trigger.run({ hours: 3 });
		expect(trigger.keys.sort()).toEqual(snapshotKeys(odd, plain).sort());
		expect(trigger.errors.at(-1)!.message).toContain(`${USED}id of the list.`);
	});

	it.each([null, 7, ''])(
		'emits an ended video once, whatever the list says: %j',
		async (status) => {
			const { sandbox, odd, plain, trigger } = await createWatch({
				events: ['snapshot.created', 'tracking.ended'],
			});
			await trigger.run({ hours: 3 });
			odd.setStatus('completed');
			await trigger.run({ hours: 1 });
			odd.override({ status });
			sandbox.faults.add({
				kind: 'set',
				path: ['status'],
				value: 'completed',
				match: { method: 'GET', path: `/videos/${odd.id}` },
				...ALWAYS,
			});
			await trigger.run({ hours: 80 });
			const ended = `${odd.id}:ended`;
			expect(trigger.keys.sort()).toEqual([...snapshotKeys(odd, plain), ended].sort());
		},
	);

	it.each<[string, unknown]>([
		['a leap second', '2026-12-31T23:59:60.000Z'],
		['a month too many', '2026-13-01T00:00:00.000Z'],
		['before the year 0', '0000-01-01T00:00:00+01:00'],
		['an object', { toString: 1 }],
	])(
		'floods nothing, and goes on, if a first reply holds a time that is %s',
		async (_, snapshot_time) => {
			const { sandbox, watch } = await createTriggerFixture();
			const old = sandbox.seedVideo({ video_link: TIKTOK, started: '2025-12-30T00:00:00Z' });
			const other = sandbox.seedVideo({ video_link: YOUTUBE });
			const before = snapshotKeys(old, other);
			old.addSnapshot({ snapshot_time });
			const trigger = watch();
			await trigger.run({ hours: 4 });
			const readable = old.snapshots.filter((one) => one.snapshot_time !== snapshot_time);
			const all = [
				...readable.map((one) => `${old.id}:${String(one.snapshot_time)}`),
				...snapshotKeys(other),
			];
			expect(trigger.keys.sort()).toEqual(without(all, before).sort());
		},
	);

	it('lists all the same if the API refuses to list a platform that it sends', async () => {
		const { sandbox, watch } = await createTriggerFixture();
		const videos = Array.from({ length: 103 }, (_, number) =>
			sandbox.seedVideo({
				video_link: `https://www.tiktok.com/@many/video/${7_000_000_000 + number}`,
				started: '2025-12-31T23:00:00Z',
			}),
		);
		videos.at(-1)!.override({ platform: 'douyin' });
		const trigger = watch();
		const before = snapshotKeys(...videos);
		await trigger.run({ hours: 3 });
		expect(trigger.thrown).toEqual([]);
		// The API hides three of them.
		expect(trigger.keys.length).toBeGreaterThan(280);
		expect(without(trigger.keys as string[], without(snapshotKeys(...videos), before))).toEqual([]);
	});

	it('misses no row of a video that starts after another was created in 2099', async () => {
		const { sandbox, odd, trigger } = await createWatch({ startFrom: 'new' });
		await trigger.run({ hours: 1 });
		odd.override({ created_at: '2099-01-01T00:00:00.000Z' });
		await trigger.run({ hours: 1 });
		odd.override({ created_at: new Date(odd.startedAt).toISOString() });
		await trigger.run({ hours: 1 });
		const added = sandbox.seedVideo({ video_link: YOUTUBE, duration_days: 1 });
		await trigger.run({ hours: 3 });
		expect(without(snapshotKeys(added), trigger.keys as string[])).toEqual([]);
		expect(trigger.errors.at(-1)!.message).toContain(`${USED}created_at of video ${odd.id}`);
	});

	test.each<[string, number, number]>([
		['72 hours', 72, 1],
		['73 years', 73 * 8766, 0],
	])('holds a snapshot %s ahead back, and emits all others', async (_, hours, times) => {
		const { clock, odd, plain, trigger } = await createWatch();
		await trigger.run({ hours: 2 });
		const ahead = new Date(clock.now() + hours * 3_600_000).toISOString();
		odd.addSnapshot({ snapshot_time: ahead });
		await trigger.run({ hours: 50 });
		const heldKey = `${odd.id}:${ahead}`;
		const all = snapshotKeys(odd, plain);
		const emitted = keysOf(trigger.items);
		expect(emitted.filter((key) => key === heldKey)).toHaveLength(times);
		expect(without(emitted as string[], [heldKey]).sort()).toEqual(without(all, [heldKey]).sort());
		expect(trigger.errors.map(({ message }) => message)).toEqual([
			expect.stringContaining('snapshot_time (more than 24 hours ahead) of video '),
		]);
	});

	test.each(WORDS_OF_JAVASCRIPT)('emits every row of a video with the id %s, once', async (id) => {
		const { sandbox, odd, plain, trigger } = await createWatch({
			options: { replayAfterRestart: true },
		});
		odd.override({ id });
		sandbox.videos.delete(odd.id);
		sandbox.videos.set(id, odd);
		await trigger.run({ hours: 6 });
		await trigger.run({ minutes: 30 });
		const own = snapshotKeys(odd).map((key) => key.replace(odd.id, id));
		expect(trigger.keys.sort()).toEqual([...snapshotKeys(plain), ...own].sort());
	});

	test.each(['a.b', 'x/../y', 'a:b'])(
		'emits every row of the other videos if one has the id %s',
		async (id) => {
			const { odd, plain, trigger } = await createWatch();
			odd.override({ id });
			await trigger.run({ hours: 6 });
			expect(trigger.keys.sort()).toEqual(snapshotKeys(plain).sort());
			expect(trigger.thrown).toEqual([]);
		},
	);
});

describe('one odd value that comes and goes', () => {
	const HALF_A_MONTH = { started: '2025-12-12T00:00:00Z', duration_days: 30 };
	type Place = Pick<Extract<Fault, { kind: 'set' }>, 'path' | 'value' | 'match'>;

	/** Publishes a trigger of videos that have long histories; an odd value then comes once. */
	async function createLongWatch(parameters: INodeParameters = {}) {
		const fixture = await createTriggerFixture();
		const older = fixture.sandbox.seedVideo({ video_link: YOUTUBE, ...HALF_A_MONTH });
		fixture.clock.advance({ minutes: 1 });
		const newest = fixture.sandbox.seedVideo({ video_link: TIKTOK, ...HALF_A_MONTH });
		const trigger = fixture.watch(parameters);
		return { ...fixture, older, newest, trigger };
	}
	const ofVideo = ({ id }: SandboxVideo) => ({ method: 'GET', path: `/videos/${id}` });

	test.each<[string, INodeParameters, (newest: SandboxVideo) => Place]>([
		[
			'link in the list',
			{ watch: 'selected', videos: TIKTOK },
			() => ({ path: ['videos', 0, 'video_link'], value: 7, match: LIST }),
		],
		[
			'link of another video in the list',
			{ watch: 'selected', videos: TIKTOK },
			() => ({ path: ['videos', 0, 'video_link'], value: INSTAGRAM, match: LIST }),
		],
		...['N/A', 'youtube', 'tiktok '].map(
			(value): [string, INodeParameters, (newest: SandboxVideo) => Place] => [
				`platform “${value}” of the video itself`,
				{ filters: { platform: 'tiktok' } },
				(newest) => ({ path: ['platform'], value, match: ofVideo(newest) }),
			],
		),
		[
			'platform in the list',
			{ filters: { platform: 'tiktok' } },
			() => ({ path: ['videos', 0, 'platform'], value: 'youtube', match: LIST }),
		],
		[
			'id in the list',
			{ filters: { platform: 'tiktok' } },
			() => ({ path: ['videos', 0, 'id'], value: null, match: LIST }),
		],
	])('such as a %s repeats nothing, and loses nothing', async (_, parameters, placeOf) => {
		const { sandbox, newest, trigger } = await createLongWatch(parameters);
		const before = snapshotKeys(newest);
		await trigger.run({ hours: 3 });
		sandbox.faults.add({ kind: 'set', ...placeOf(newest) });
		await trigger.run({ hours: 3 });
		expect(trigger.keys).toEqual(without(snapshotKeys(newest), before));
	});

	test.each<[string, Array<string | number>, unknown]>([
		['no id', ['videos', 0, 'id'], null],
		['nothing to read', ['videos', 0], null],
		['an id that no request can hold', ['videos', 0, 'id'], 'a.b'],
	])(
		'in the first list, such as an entry with %s, makes no history new',
		async (_, path, value) => {
			const { sandbox, older, newest, trigger } = await createLongWatch();
			const before = snapshotKeys(older, newest);
			sandbox.faults.add({ kind: 'set', path, value, match: LIST });
			await trigger.run({ hours: 3 });
			const expected = without(snapshotKeys(older, newest), before);
			expect(without(trigger.keys as string[], expected)).toEqual([]);
			expect(trigger.keys.length).toBeGreaterThanOrEqual(expected.length - 1);
		},
	);

	test.each([
		['created_at', '1970-01-01T00:00:00.000Z'],
		['created_at', 'x'],
	])(
		'such as the %s %j of the newest tracking of a link does not drop it',
		async (field, value) => {
			const { sandbox, watch, clock } = await createTriggerFixture();
			const before = sandbox.seedVideo({ video_link: TIKTOK, ...HALF_A_MONTH });
			before.setStatus('completed');
			clock.advance({ minutes: 1 });
			const running = sandbox.seedVideo({ video_link: TIKTOK, ...HALF_A_MONTH });
			const trigger = watch({ watch: 'selected', videos: TIKTOK });
			await trigger.run({ hours: 1 });
			const known = trigger.keys.length;
			for (const odd of [field, 'monitoring_started'])
				sandbox.faults.add({ kind: 'set', path: ['videos', 0, odd], value, match: LIST });
			await trigger.run({ hours: 5 });
			expect(trigger.keys.length - known).toBeLessThanOrEqual(6);
			expect(trigger.keys).toEqual(snapshotKeys(running).slice(-trigger.keys.length));
		},
	);

	test.each<[string, IDataObject]>([
		['created 23 hours ahead', { created_at: '2026-01-02T00:00:00.000Z' }],
		['without a readable id', { id: null }],
	])('such as a video %s costs a later one no row', async (_, odd) => {
		const { sandbox, watch } = await createTriggerFixture();
		const first = sandbox.seedVideo({ video_link: INSTAGRAM });
		const trigger = watch();
		const before = snapshotKeys(first);
		await trigger.run({ hours: 1 });
		const second = sandbox.seedVideo({ video_link: TIKTOK });
		second.override(odd);
		await trigger.run({ minutes: 30 });
		const third = sandbox.seedVideo({ video_link: YOUTUBE });
		await trigger.run({ hours: 2 });
		second.override({ id: second.id, created_at: new Date(second.startedAt).toISOString() });
		await trigger.run({ hours: 2 });
		const expected = without(snapshotKeys(first, second, third), before);
		expect([...trigger.keys].sort()).toEqual(expected.sort());
	});
});

describe('an id that the list has once', () => {
	const oddOnce = (value: string): Fault => ({
		kind: 'set',
		path: ['videos', 0, 'id'],
		value,
		match: LIST,
	});

	it('and that no request can hold leaves nothing that fails', async () => {
		const { sandbox, watch } = await createTriggerFixture();
		for (const video_link of [TIKTOK, YOUTUBE]) sandbox.seedVideo({ video_link, duration_days: 1 });
		const trigger = watch({ startFrom: 'beginning' });
		await trigger.run({ hours: 1 });
		sandbox.faults.add(oddOnce('a.b'));
		await trigger.run({ hours: 70 }, { every: { minutes: 15 }, mayThrow: true });
		expect(trigger.thrown).toEqual([]);
		expect(trigger.errors.filter(({ message }) => message.startsWith('No data from'))).toEqual([]);
	});

	it('and that the API does not know is no video that was deleted', async () => {
		const { sandbox, watch } = await createTriggerFixture();
		for (const video_link of [TIKTOK, YOUTUBE]) sandbox.seedVideo({ video_link });
		const trigger = watch({
			startFrom: 'beginning',
			events: ['snapshot.created', 'video.deleted'],
		});
		await trigger.run({ hours: 1 });
		sandbox.faults.add(oddOnce('null'));
		await trigger.run({ hours: 4 });
		expect(trigger.items.filter(({ event }) => event === 'video.deleted')).toEqual([]);
	});
});

test.each(['id', 'answer'])('balance.low comes beside a video whose %s fails', async (what) => {
	const { sandbox, watch } = await createTriggerFixture({ balanceUsd: 1 });
	const odd = sandbox.seedVideo({ video_link: TIKTOK });
	if (what === 'id') odd.override({ id: 'a.b' });
	else sandbox.faults.add({ kind: 'status', status: 403, match: ONE_VIDEO, ...ALWAYS });
	const trigger = watch({ events: ['balance.low'] });
	await trigger.run({ hours: 26 }, { every: { minutes: 15 } });
	expect(keysOf(trigger.items)).toHaveLength(1);
	expect(trigger.errors.map(({ message }) => message)).toContainEqual(
		expect.stringMatching(/^No data from video/),
	);
});

test.each(['active_videos', 'cost_per_snapshot'])(
	'usage with an odd %s gives its other figures, and balance.low',
	async (field) => {
		const { credential, sandbox, watch, posts } = await createTriggerFixture({ balanceUsd: 1 });
		sandbox.seedVideo({ video_link: TIKTOK });
		const match = { method: 'GET', path: '/usage' };
		sandbox.faults.add({ kind: 'set', path: [field], value: '2', match, ...ALWAYS });
		const outcome = await runAction(credential, { operation: 'usage' });
		expect(outcome.items).toEqual([
			expect.objectContaining({ available_usd: 1, [field]: null, estimated_days_remaining: null }),
		]);
		expect(hintOf(outcome)).toContain(`${USED}${field} of usage`);
		const trigger = watch({ events: ['balance.low'] });
		await trigger.run({ hours: 1 });
		expect(keysOf(trigger.items)).toHaveLength(1);
		const { error } = await runAction(credential, { videoUrls: YOUTUBE });
		if (field === 'cost_per_snapshot') expect(error!.message).toContain('cost_per_snapshot');
		expect(posts()).toHaveLength(0);
	},
);

it('a status that is none says nothing of a change', async () => {
	const { sandbox, watch } = await createTriggerFixture();
	const odd = sandbox.seedVideo({ video_link: TIKTOK });
	sandbox.seedVideo({ video_link: YOUTUBE });
	const trigger = watch({ events: ['tracking.paused', 'tracking.ended'] });
	for (const status of ['monitoring', 'N/A', 'paused', 'completed', 'N/A', 'completed'] as const) {
		if (status !== 'N/A') odd.setStatus(status);
		odd.override({ status });
		await trigger.run({ hours: 2 });
	}
	expect(trigger.items.map(({ event }) => event)).toEqual(['tracking.paused', 'tracking.ended']);
});

test('a snapshot in 2099 hides none that follow, if no reply says when it was sent', async () => {
	const { sandbox, watch } = await createTriggerFixture();
	const odd = sandbox.seedVideo({ video_link: TIKTOK });
	sandbox.faults.add({ kind: 'headers', headers: { date: '' }, ...ALWAYS });
	const trigger = watch({ startFrom: 'beginning' });
	await trigger.run({ hours: 2 });
	odd.addSnapshot({ snapshot_time: '2099-01-01T00:00:00.000Z' });
	await trigger.run({ hours: 20, minutes: 30 });
	expect([...trigger.keys].sort()).toEqual(snapshotKeys(odd).sort());
});

test.each<[string, Array<string | number>, unknown]>([
	['snapshots that are no list', ['snapshots'], 'N/A'],
	['the id of another', ['id'], 'zzz'],
])(
	'List shows the other videos beside one with %s, and so does a test of the trigger',
	async (_, path, value) => {
		const { credential, sandbox, watch } = await createTriggerFixture();
		const videos = ONE_OF_EACH.map((video_link) => sandbox.seedVideo({ video_link }));
		const match = { method: 'GET', path: `/videos/${videos.at(-1)!.id}` };
		sandbox.faults.add({ kind: 'set', path, value, match, ...ALWAYS });
		const options = { includeLatestSnapshot: true };
		const outcome = await runAction(credential, { operation: 'list', options });
		expect(outcome.items.map(({ snapshot_time }) => snapshot_time !== null).sort()).toEqual([
			false,
			true,
			true,
			true,
		]);
		expect(hintOf(outcome)).toContain(`snapshots of video ${videos.at(-1)!.id}`);
		const items = await watch().poll('manual');
		expect(items).toHaveLength(1);
		expect(items![0]!.event_key).not.toMatch(/^sample:/);
	},
);

describe('money', () => {
	test.each<[unknown, unknown]>([
		[null, 'N/A'],
		['', 'N/A'],
		[7, 'x'],
		['tiktok ', 'N/A'],
		['x', 'N/A'],
		[null, ' '],
		['douyin', 'N/A'],
	])(
		'Track beside a running video of platform %j with the link %j pays nothing',
		async (platform, video_link) => {
			const { credential, sandbox, posts } = await createTimedFixture();
			const running = sandbox.seedVideo({ video_link: TIKTOK, started: '2025-12-31T00:00:00Z' });
			running.override({ platform, video_link });
			const links = platform === 'x' ? 'https://x.com/a/status/1789012345678901234' : TIKTOK;
			const { error } = await runAction(credential, { videoUrls: links });
			expect(error!.description).toMatch(/without a readable ID or link/);
			expect(posts()).toEqual([]);
		},
	);

	it('Track refuses a link that may be among videos which no filter of the list selects', async () => {
		const { credential, sandbox, posts } = await createTimedFixture();
		const videos = Array.from({ length: 105 }, (_, number) =>
			sandbox.seedVideo({
				video_link: `https://www.tiktok.com/@many/video/${7_234_567_890_000_000_000n + BigInt(number)}`,
				started: new Date(Date.UTC(2025, 11, 31, 0, number)).toISOString(),
			}),
		);
		for (const video of [...videos.slice(0, 5), videos.at(-1)!]) video.override({ platform: null });
		sandbox.faults.add({
			kind: 'map',
			match: { path: /platform=/ },
			map: (json) => {
				const { videos: listed } = json as { videos: Array<{ platform: string | null }> };
				return { videos: listed.filter(({ platform }) => platform !== null) };
			},
			...ALWAYS,
		});
		const { error } = await runAction(credential, { videoUrls: videos[0]!.video_link });
		expect(error!.description).toMatch(/^More (TikTok )?videos are active than the API lists/);
		expect(posts()).toEqual([]);
	});

	it('Stop does not take an older tracking for the newest, and Get says that there may be one', async () => {
		const { credential, sandbox, posts } = await createTimedFixture();
		sandbox.seedVideo({ video_link: TIKTOK, started: '2025-12-30T00:00:00Z' });
		sandbox.seedVideo({ video_link: TIKTOK, started: '2025-12-31T00:00:00Z' }).override({ id: 7 });
		const got = await runAction(credential, {
			operation: 'get',
			output: 'latest',
			...video('url', TIKTOK),
		});
		expect(hintOf(got)).toContain('id of the list');
		const { error } = await runAction(credential, { operation: 'stop', ...video('url', TIKTOK) });
		expect(error!.message).toMatch(
			/^Can't tell which tracking of .* is the latest: the API lists a video without/,
		);
		expect(posts()).toEqual([]);
	});
});

test.each([500, 404, 403])(
	'List shows all else if the API answers an odd platform with %d',
	async (status) => {
		const { credential, sandbox } = await createTimedFixture();
		for (let number = 0; number < 103; number += 1)
			sandbox.seedVideo({
				video_link: `https://www.tiktok.com/@many/video/${7_234_567_890_000_000_000n + BigInt(number)}`,
				started: '2025-12-31T23:00:00Z',
			});
		[...sandbox.videos.values()].at(-1)!.override({ platform: 'douyin' });
		sandbox.faults.add({ kind: 'status', status, match: { path: /platform=douyin/ }, ...ALWAYS });
		const { items } = await runAction(credential, { operation: 'list', returnAll: true });
		expect(items.length).toBeGreaterThanOrEqual(100);
	},
);

it('a link that names a video 150,000 times fails by itself', async () => {
	const { credential } = await createTimedFixture();
	const long = `https://www.youtube.com/watch?${'v=dQw4w9WgXcQ&'.repeat(150_000)}`;
	const { items } = await runAction(
		credential,
		{ videoUrls: `${TIKTOK}\n${long}` },
		{ onError: 'continueRegularOutput' },
	);
	expect(items[0]).toMatchObject({ outcome: 'tracked' });
	expect(String(items[1]!.message)).not.toMatch(/call stack/);
});

test.each(['get', 'stop'])('%s without a video says so', async (operation) => {
	const { credential } = await createTimedFixture();
	const { error } = await runAction(credential, { operation, videoId: '={{ null }}' });
	expect(error!.message).toMatch(/No video selected/);
});

test('a Date hours behind makes no ended video new', async () => {
	const { sandbox, watch, clock } = await createTriggerFixture();
	const ended = sandbox.seedVideo({ video_link: TIKTOK, started: '2025-12-31T20:00:00Z' });
	ended.setStatus('cancelled');
	sandbox.seedVideo({ video_link: YOUTUBE, started: '2025-12-31T19:00:00Z' });
	const behind = new Date(clock.now() - 6 * 3_600_000).toUTCString();
	sandbox.faults.add({ kind: 'headers', headers: { date: behind }, match: LIST, ...ALWAYS });
	const trigger = watch();
	await trigger.run({ hours: 3 });
	expect(trigger.items.filter(({ video_id }) => video_id === ended.id)).toEqual([]);
});

test('a Date that stands still makes no ended video new', async () => {
	const { sandbox, watch, clock } = await createTriggerFixture();
	sandbox.seedVideo({ video_link: YOUTUBE });
	const date = new Date(clock.now()).toUTCString();
	sandbox.faults.add({ kind: 'headers', headers: { date }, match: LIST, ...ALWAYS });
	const trigger = watch();
	await trigger.run({ hours: 1 });
	const ended = sandbox.seedVideo({ video_link: TIKTOK });
	await trigger.run({ hours: 3 });
	ended.setStatus('completed');
	await trigger.run({ hours: 60 }, { every: { minutes: 15 } });
	const keys = keysOf(trigger.items.filter(({ video_id }) => video_id === ended.id));
	expect(keys).toEqual(snapshotKeys(ended));
});

test('videos that all fail are reported at once, although the balance is answered', async () => {
	const { sandbox, watch } = await createTriggerFixture({ balanceUsd: 100 });
	sandbox.seedVideo({ video_link: TIKTOK });
	const trigger = watch({ events: ['snapshot.created', 'balance.low'] });
	await trigger.run({ hours: 1 }, { every: { minutes: 15 } });
	sandbox.faults.add({ kind: 'status', status: 500, match: ONE_VIDEO, ...ALWAYS });
	await trigger.run({ hours: 23 }, { every: { minutes: 15 }, mayThrow: true });
	expect(trigger.errors.length + trigger.thrown.length).toBeGreaterThan(0);
	expect(trigger.errors.length).toBeLessThanOrEqual(1);
});
