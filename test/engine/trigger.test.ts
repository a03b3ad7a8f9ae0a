import {
	createFixture,
	type Fixture,
	GROWTH,
	ROW,
	START,
	TIKTOK,
	TWITTER,
	YOUTUBE,
} from './support/fixture';
import { createPoller, type Poller } from './support/host';

const EVENT_ROW = ['event', 'event_key', ...ROW];

/** Snapshots come on the hour. */
const create = () => createFixture({ firstSnapshotDelayMs: 0 });
const times = (items: Awaited<ReturnType<Poller['poll']>>) =>
	(items ?? []).map(({ snapshot_time }) => snapshot_time);
const keys = (items: Awaited<ReturnType<Poller['poll']>>) =>
	(items ?? []).map(({ event_key }) => event_key);
const state = ({ staticData }: Poller) => JSON.stringify(staticData);

async function withHistory(hours = 3): Promise<Fixture & { id: string }> {
	const fixture = await create();
	const { id } = fixture.sandbox.seedVideo({ video_link: TIKTOK });
	fixture.clock.advance({ hours });
	return { ...fixture, id };
}

describe('each new snapshot', () => {
	test('is emitted once, as a row that begins with event and event_key', async () => {
		const { credential, clock, id, sandbox } = await withHistory();
		const poller = createPoller(credential, {});
		expect(await poller.poll()).toBeNull();
		clock.advance({ hours: 1 });
		const items = await poller.poll();
		expect(items!.map((item) => Object.keys(item))).toEqual([EVENT_ROW]);
		const [snapshot] = sandbox.videos.get(id)!.snapshots.slice(-1);
		expect(items![0]).toMatchObject({
			event: 'snapshot.created',
			event_key: `${id}:2026-01-01T04:00:00.000Z`,
			snapshot_key: `${id}:2026-01-01T04:00:00.000Z`,
			snapshot_time: '2026-01-01T04:00:00.000Z',
			views: Number(snapshot!.views),
		});
		expect(await poller.poll()).toBeNull();
	});

	test('comes oldest first over all videos', async () => {
		const { credential, clock, sandbox } = await create();
		sandbox.seedVideo({ video_link: TIKTOK });
		clock.advance({ minutes: 30 });
		sandbox.seedVideo({ video_link: YOUTUBE });
		const poller = createPoller(credential, {});
		await poller.poll();
		clock.advance({ hours: 2 });
		expect(times(await poller.poll())).toEqual([
			'2026-01-01T01:00:00.000Z',
			'2026-01-01T01:30:00.000Z',
			'2026-01-01T02:00:00.000Z',
			'2026-01-01T02:30:00.000Z',
		]);
	});

	test('of a video tracked later comes from its first on', async () => {
		const { credential, clock, sandbox } = await withHistory();
		const poller = createPoller(credential, {});
		await poller.poll();
		sandbox.seedVideo({ video_link: YOUTUBE });
		clock.advance({ hours: 2 });
		const items = await poller.poll();
		expect(items!.filter(({ platform }) => platform === 'youtube')).toHaveLength(3);
	});

	test('late, out of order and repeated: once each', async () => {
		const { credential, clock, sandbox, id } = await withHistory();
		const poller = createPoller(credential, {});
		await poller.poll();
		const tracked = sandbox.videos.get(id)!;
		tracked.addSnapshot({ snapshot_time: '2026-01-01T01:30:00Z', views: '5' });
		tracked.repeatSnapshot(0);
		tracked.shuffle();
		expect(times(await poller.poll())).toEqual(['2026-01-01T01:30:00.000Z']);
		expect(await poller.poll()).toBeNull();
		clock.advance({ hours: 48 });
		await poller.poll();
		tracked.addSnapshot({ snapshot_time: '2026-01-01T01:45:00Z', views: '5' });
		expect(await poller.poll()).toBeNull();
	});

	test('that came after the last poll of a video that has ended is not lost', async () => {
		const { credential, clock, sandbox } = await create();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK, duration_days: 1 });
		const poller = createPoller(credential, {});
		await poller.poll();
		clock.advance({ hours: 30 });
		expect(sandbox.videos.get(id)!.status).toBe('completed');
		expect(await poller.poll()).toHaveLength(23);
		sandbox.clear();
		expect(await poller.poll()).toBeNull();
		expect(sandbox.requests.map(({ path }) => path)).not.toContain(`/api/v1/videos/${id}`);
		expect(await poller.poll()).toBeNull();
		expect(state(poller)).not.toContain(id);
	});

	test('that was there when a video was deleted is emitted; then it is left alone', async () => {
		const { credential, clock, sandbox, id } = await withHistory();
		const poller = createPoller(credential, {});
		await poller.poll();
		sandbox.videos.get(id)!.delete('not_found');
		clock.advance({ hours: 1 });
		for (let poll = 0; poll < 3; poll += 1) expect(await poller.poll()).toBeNull();
		expect(state(poller)).not.toContain(id);
	});
});

describe('Start From', () => {
	test.each([
		['new', []],
		['latest', ['2026-01-01T03:00:00.000Z']],
		['beginning', [0, 1, 2, 3].map((hour) => `2026-01-01T0${hour}:00:00.000Z`)],
	])('%s', async (startFrom, expected) => {
		const { credential, clock } = await withHistory();
		const poller = createPoller(credential, { startFrom });
		expect(times(await poller.poll())).toEqual(expected);
		expect(await poller.poll()).toBeNull();
		clock.advance({ hours: 1 });
		expect(times(await poller.poll())).toEqual(['2026-01-01T04:00:00.000Z']);
	});

	test('beginning, bounded by Max Items Per Poll, goes on by itself and loses nothing', async () => {
		const { credential, clock, sandbox } = await withHistory(9);
		sandbox.seedVideo({ video_link: YOUTUBE, started: START });
		const options = { maxItemsPerPoll: 6 };
		const poller = createPoller(credential, { startFrom: 'beginning', options });
		const emitted: unknown[] = [];
		for (let poll = 0; poll < 5; poll += 1) {
			const items = await poller.poll();
			expect(items?.length ?? 0).toBeLessThanOrEqual(6);
			emitted.push(...keys(items));
			clock.advance({ minutes: 5 });
		}
		expect(emitted).toHaveLength(20);
		expect(new Set(emitted).size).toBe(20);
	});
});

describe('tracking.started', () => {
	test('is a video’s first snapshot, once', async () => {
		const { credential, clock, sandbox } = await withHistory();
		const poller = createPoller(credential, { events: ['tracking.started'] });
		expect(await poller.poll()).toBeNull();
		const { id } = sandbox.seedVideo({ video_link: YOUTUBE });
		clock.advance({ hours: 2 });
		const items = await poller.poll();
		expect(items).toHaveLength(1);
		expect(Object.keys(items![0]!)).toEqual(EVENT_ROW);
		expect(items![0]).toMatchObject({
			event: 'tracking.started',
			event_key: `${id}:started`,
			snapshot_time: '2026-01-01T03:00:00.000Z',
		});
		clock.advance({ hours: 2 });
		expect(await poller.poll()).toBeNull();
	});

	test('comes before the snapshot.created of the same snapshot', async () => {
		const { credential, id } = await withHistory(1);
		const poller = createPoller(credential, {
			events: ['snapshot.created', 'tracking.started'],
			startFrom: 'beginning',
		});
		expect(keys(await poller.poll())).toEqual([
			`${id}:started`,
			`${id}:${START}`,
			`${id}:2026-01-01T01:00:00.000Z`,
		]);
	});
});

describe('Watch', () => {
	test('all videos of one platform', async () => {
		const { credential, clock, sandbox } = await create();
		sandbox.seedVideo({ video_link: TIKTOK });
		sandbox.seedVideo({ video_link: YOUTUBE });
		const poller = createPoller(credential, { filters: { platform: 'youtube' } });
		await poller.poll();
		clock.advance({ hours: 1 });
		expect((await poller.poll())!.map(({ platform }) => platform)).toEqual(['youtube']);
	});

	test('selected videos, by id and by any spelling of their link', async () => {
		const { credential, clock, sandbox } = await create();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK });
		sandbox.seedVideo({ video_link: YOUTUBE });
		sandbox.seedVideo({ video_link: TWITTER });
		const poller = createPoller(credential, {
			watch: 'selected',
			videos: `${id}, https://youtu.be/dQw4w9WgXcQ?t=3`,
		});
		await poller.poll();
		clock.advance({ hours: 1 });
		expect((await poller.poll())!.map(({ platform }) => platform).sort()).toEqual([
			'tiktok',
			'youtube',
		]);
	});

	test('a selected link that is not tracked yet is watched as soon as it is', async () => {
		const { credential, clock, sandbox, id } = await withHistory();
		const poller = createPoller(credential, { watch: 'selected', videos: `${id} ${YOUTUBE}` });
		await poller.poll();
		sandbox.seedVideo({ video_link: YOUTUBE });
		clock.advance({ hours: 1 });
		expect(await poller.poll()).toHaveLength(3);
	});

	test('a selected video that has ended does not begin again', async () => {
		const { credential, sandbox } = await create();
		const { id } = sandbox.seedVideo({
			video_link: TIKTOK,
			duration_days: 1,
			started: '2025-12-01',
		});
		expect(sandbox.videos.get(id)!.status).toBe('completed');
		const poller = createPoller(credential, {
			watch: 'selected',
			videos: id,
			startFrom: 'beginning',
		});
		expect(await poller.poll()).toHaveLength(24);
		expect(await poller.poll()).toBeNull();
	});

	test.each([
		['selected', { watch: 'selected', videos: ' ' }, 'No videos were chosen to watch'],
		[
			'selected',
			{ watch: 'selected', videos: 'https://vimeo.com/1' },
			'“https://vimeo.com/1” is neither the id nor the link of a video',
		],
		['events', { events: [] }, 'No events were chosen'],
		['options', { options: { maxItemsPerPoll: 0 } }, 'Max Items Per Poll must be a whole number'],
	])('bad %s: %j', async (_, parameters, message) => {
		const { credential, calls } = await create();
		await expect(createPoller(credential, parameters).poll()).rejects.toThrow(message);
		expect(calls()).toEqual([]);
	});

	test('a selected link that a full list hides stays watched', async () => {
		const { credential, clock, sandbox, id } = await withHistory();
		const poller = createPoller(credential, { watch: 'selected', videos: TIKTOK });
		await poller.poll();
		clock.advance({ minutes: 30 });
		for (let number = 0; number < 110; number += 1)
			sandbox.seedVideo({ video_link: `https://www.tiktok.com/@a/video/${number + 1}` });
		clock.advance({ minutes: 30 });
		expect(keys(await poller.poll())).toEqual([`${id}:2026-01-01T04:00:00.000Z`]);
	});

	test('a video that was in error and goes on does not begin again', async () => {
		const { credential, clock, sandbox, id } = await withHistory();
		const poller = createPoller(credential, { startFrom: 'beginning' });
		await poller.poll();
		sandbox.videos.get(id)!.setStatus('error');
		for (let poll = 0; poll < 4; poll += 1) expect(await poller.poll()).toBeNull();
		sandbox.videos.get(id)!.setStatus('monitoring');
		clock.advance({ hours: 1 });
		expect(await poller.poll()).toHaveLength(1);
	});

	test('changed videos seed only what was added', async () => {
		const { credential, clock, sandbox, id } = await withHistory();
		const other = sandbox.seedVideo({ video_link: YOUTUBE, started: START });
		const poller = createPoller(credential, { watch: 'selected', videos: id });
		await poller.poll();
		clock.advance({ hours: 1 });
		const changed = poller.restarted({ watch: 'selected', videos: `${id} ${other.id}` });
		expect(keys(await changed.poll())).toEqual([`${id}:2026-01-01T04:00:00.000Z`]);
		clock.advance({ hours: 1 });
		expect(await changed.poll()).toHaveLength(2);
	});
});

describe('more of a row', () => {
	test('Include Growth', async () => {
		const { credential, clock } = await withHistory();
		const poller = createPoller(credential, { options: { includeGrowth: true } });
		await poller.poll();
		clock.advance({ hours: 1 });
		const [item] = (await poller.poll())!;
		expect(Object.keys(item!)).toEqual([...EVENT_ROW, ...GROWTH]);
		expect(item).toMatchObject({ hours_since_previous: 1, views_delta: expect.any(Number) });
		expect(item!.views_delta).toBeGreaterThan(0);
	});

	test('Simplify off adds the video as the API sends it', async () => {
		const { credential, clock, sandbox, id } = await withHistory();
		const poller = createPoller(credential, { simplify: false });
		await poller.poll();
		clock.advance({ hours: 1 });
		const [item] = (await poller.poll())!;
		const { snapshots: _, ...video } = JSON.parse(sandbox.videos.get(id)!.toJson());
		expect(Object.keys(item!)).toEqual([...EVENT_ROW, 'video']);
		expect(item!.video).toEqual(video);
	});
});

describe('what is remembered', () => {
	test('survives a restart: nothing lost, nothing twice', async () => {
		const { credential, clock } = await withHistory();
		const poller = createPoller(credential, {});
		await poller.poll();
		clock.advance({ hours: 2 });
		await poller.poll();
		const restarted = poller.restarted();
		expect(await restarted.poll()).toBeNull();
		clock.advance({ hours: 1 });
		expect(times(await restarted.poll())).toEqual(['2026-01-01T06:00:00.000Z']);
	});

	test('is assigned once, and stays byte for byte where a poll throws', async () => {
		const { credential, clock, sandbox } = await withHistory();
		sandbox.seedVideo({ video_link: YOUTUBE });
		const poller = createPoller(credential, {});
		await poller.poll();
		const before = state(poller);
		clock.advance({ hours: 1 });
		sandbox.faults.add({ kind: 'status', status: 401, body: { error: 'x' }, after: 2 });
		await expect(poller.poll()).rejects.toThrow('does not accept the API key');
		expect(state(poller)).toBe(before);
		sandbox.clear();
		expect(await poller.poll()).toHaveLength(2);
	});

	test('a video that fails comes with the next poll; the others are emitted', async () => {
		const { credential, clock, sandbox, id } = await withHistory();
		sandbox.seedVideo({ video_link: YOUTUBE });
		const poller = createPoller(credential, {});
		await poller.poll();
		clock.advance({ hours: 1 });
		const match = { path: `/videos/${id}` };
		sandbox.faults.add({ kind: 'status', status: 500, body: {}, times: 3, match });
		expect((await poller.poll())!.map(({ platform }) => platform)).toEqual(['youtube']);
		expect((await poller.poll())!.map(({ platform }) => platform)).toEqual(['tiktok']);
	});

	test('a video that fails when all are seeded is seeded later, and does not flood', async () => {
		const { credential, clock, sandbox, id } = await withHistory();
		sandbox.seedVideo({ video_link: YOUTUBE, started: '2025-12-31T00:00:00Z' });
		const poller = createPoller(credential, {});
		const match = { path: `/videos/${id}` };
		sandbox.faults.add({ kind: 'status', status: 500, body: {}, times: 3, match });
		expect(await poller.poll()).toBeNull();
		expect(await poller.poll()).toBeNull();
		clock.advance({ hours: 1 });
		expect(await poller.poll()).toHaveLength(2);
	});

	test('overlapping polls emit once, whichever ends first', async () => {
		const { credential, clock, sandbox } = await withHistory();
		const poller = createPoller(credential, {});
		await poller.poll();
		clock.advance({ hours: 1 });
		sandbox.faults.add({ kind: 'latency', ms: 300, match: { path_pattern: '^/videos/\\w+$' } });
		const [slow, fast] = await Promise.all([poller.poll(), poller.poll()]);
		expect([...keys(slow), ...keys(fast)]).toHaveLength(1);
	});

	test('a new key goes on; a new base URL starts anew', async () => {
		const { credential, clock, sandbox } = await withHistory();
		const poller = createPoller(credential, {});
		await poller.poll();
		clock.advance({ hours: 1 });
		const rotated = poller.restarted({}, { ...credential, apiKey: sandbox.testKey });
		expect(await rotated.poll()).toHaveLength(1);
		clock.advance({ hours: 1 });
		const baseUrl = credential.baseUrl.replace('127.0.0.1', 'localhost');
		const moved = rotated.restarted({}, { ...credential, baseUrl });
		expect(await moved.poll()).toBeNull();
	});

	test.each([
		[
			'corrupt',
			{ version: 1, videos: 'x' },
			'What this trigger remembers of its last poll cannot be read',
		],
		[
			'of a later version',
			{ version: 9 },
			'a newer version of the ContentStats node (state 9, this one reads 1)',
		],
	])('%s: a clear message, no flood', async (_, found, message) => {
		const { credential, calls } = await withHistory();
		const poller = createPoller(credential, { startFrom: 'beginning' }, { state: found });
		await expect(poller.poll()).rejects.toThrow(message);
		expect(calls()).toEqual([]);
		expect(poller.staticData).toEqual({ state: found });
	});
});

describe('Replay After Restart', () => {
	const options = { replayAfterRestart: true };

	test('emits again what was handed over in the ten minutes before the last handover', async () => {
		const { credential, clock } = await withHistory();
		const poller = createPoller(credential, { options });
		await poller.poll();
		clock.advance({ hours: 1 });
		const handedOver = await poller.poll();
		expect(await poller.poll()).toBeNull();

		// Another start of n8n loads the module anew.
		const restarted = await new Promise<Poller>((resolve) =>
			jest.isolateModules(() => {
				const fresh = jest.requireActual<typeof import('./support/host')>('./support/host');
				const kept = JSON.parse(JSON.stringify(poller.staticData));
				resolve(fresh.createPoller(credential, { options }, kept));
			}),
		);
		expect(await restarted.poll()).toEqual(handedOver);
		expect(await restarted.poll()).toBeNull();
	});

	test('is off unless asked for, and then nothing is kept for it', async () => {
		const { credential, clock } = await withHistory();
		const poller = createPoller(credential, {});
		await poller.poll();
		clock.advance({ hours: 1 });
		await poller.poll();
		expect(poller.staticData.state).not.toHaveProperty('recent');
	});
});

describe('a test in the editor', () => {
	test('shows a real example of every chosen event, and remembers nothing', async () => {
		const { credential, id } = await withHistory();
		const poller = createPoller(credential, { events: ['snapshot.created', 'tracking.started'] });
		const items = await poller.poll('manual');
		expect(
			items!.map(({ event, snapshot_time, sample }) => [event, snapshot_time, sample]),
		).toEqual([
			['snapshot.created', '2026-01-01T03:00:00.000Z', undefined],
			['tracking.started', START, undefined],
		]);
		expect(items![0]!.event_key).toBe(`${id}:2026-01-01T03:00:00.000Z`);
		expect(poller.staticData).toEqual({});
	});

	test('is marked as a sample where there is none', async () => {
		const { credential } = await create();
		const poller = createPoller(credential, { events: ['snapshot.created', 'tracking.started'] });
		const items = await poller.poll('manual');
		expect(items!.map((item) => Object.keys(item))).toEqual([
			[...EVENT_ROW, 'sample'],
			[...EVENT_ROW, 'sample'],
		]);
		expect(items!.map(({ sample }) => sample)).toEqual([true, true]);
	});

	test('leaves the state of a published workflow alone', async () => {
		const { credential, clock } = await withHistory();
		const poller = createPoller(credential, {});
		await poller.poll();
		const before = state(poller);
		clock.advance({ hours: 1 });
		await poller.poll('manual');
		expect(state(poller)).toBe(before);
		expect(await poller.poll()).toHaveLength(1);
	});
});

test('the trigger never sends anything but GET', async () => {
	const { credential, clock, posts } = await withHistory();
	const poller = createPoller(credential, { startFrom: 'beginning' });
	await poller.poll();
	clock.advance({ hours: 1 });
	await poller.poll();
	await poller.poll('manual');
	expect(posts()).toEqual([]);
});
