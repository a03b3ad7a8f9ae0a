import {
	createWatchedFixture,
	createTriggerFixture,
	expectSameKeys,
	KEPT,
	keysOf,
	snapshotKeys,
	without,
	eventColumns,
} from '../support/triggerFixture';
import { EVENTS, GROWTH, TIKTOK, YOUTUBE } from '../support/fixture';

const isOfVideo = (call: string) => call.startsWith('GET /videos/');
const isListing = (call: string) => /^GET \/videos(\?|$)/.test(call);

describe.each(KEPT)('with the state %s', (_, keep) => {
	describe('new snapshots', () => {
		test('are emitted once, as rows that begin with event and event_key', async () => {
			const { trigger, video, advance } = await createWatchedFixture(keep);
			expect(trigger.items).toEqual([]);
			const items = await trigger.run({ hours: 1 });
			expect(items.map((item) => Object.keys(item))).toEqual([eventColumns()]);
			const [snapshot] = video.snapshots.slice(-1);
			expect(items[0]).toMatchObject({
				event: 'snapshot.created',
				event_key: `${video.id}:2026-01-01T04:00:00.000Z`,
				snapshot_key: `${video.id}:2026-01-01T04:00:00.000Z`,
				snapshot_time: '2026-01-01T04:00:00.000Z',
				views: Number(snapshot!.views),
			});
			expect(await trigger.poll()).toBeNull();
			advance({ minutes: 30 });
			expect(await trigger.poll()).toBeNull();
		});

		test('are emitted oldest first across all videos', async () => {
			const fixture = await createTriggerFixture();
			const { id: a } = fixture.sandbox.seedVideo({ video_link: TIKTOK });
			fixture.advance({ minutes: 30 });
			const { id: b } = fixture.sandbox.seedVideo({ video_link: YOUTUBE });
			const trigger = fixture.watch({}, { keep });
			await trigger.poll();
			fixture.advance({ hours: 2, minutes: 15 });
			expect(keysOf(await trigger.poll())).toEqual([
				`${a}:2026-01-01T01:00:00.000Z`,
				`${b}:2026-01-01T01:30:00.000Z`,
				`${a}:2026-01-01T02:00:00.000Z`,
				`${b}:2026-01-01T02:30:00.000Z`,
			]);
		});

		test('are all emitted for a video tracked after publishing', async () => {
			const { trigger, sandbox } = await createWatchedFixture(keep);
			const added = sandbox.seedVideo({ video_link: YOUTUBE });
			const items = await trigger.run({ hours: 2, minutes: 30 });
			expectSameKeys(
				keysOf(items.filter(({ platform }) => platform === 'youtube')),
				snapshotKeys(added),
			);
			expect(snapshotKeys(added)).toHaveLength(3);
		});

		test('are emitted once if they show late, out of order or repeated, but not if more than a day late', async () => {
			const { trigger, video } = await createWatchedFixture(keep);
			video.addSnapshot({ snapshot_time: '2026-01-01T01:30:00Z', views: '5' });
			video.repeatSnapshot(0);
			video.shuffle();
			expectSameKeys(keysOf(await trigger.run({ hours: 1, minutes: 30 })), [
				`${video.id}:2026-01-01T01:30:00.000Z`,
				`${video.id}:2026-01-01T04:00:00.000Z`,
			]);
			await trigger.run({ hours: 48 }, { every: { hours: 1 } });
			video.addSnapshot({ snapshot_time: '2026-01-01T01:45:00Z', views: '5' });
			await trigger.run({ hours: 2 });
			expect(trigger.keys).not.toContain(`${video.id}:2026-01-01T01:45:00.000Z`);
			expect(new Set(trigger.keys).size).toBe(trigger.keys.length);
		});
	});

	describe('polling', () => {
		test('returns null and requests only the list, every 7.5 minutes, if no video is due', async () => {
			const { trigger, calls, sandbox } = await createWatchedFixture(keep);
			sandbox.clear();
			expect(await trigger.poll()).toBeNull();
			expect(await trigger.run({ minutes: 7 }, { every: { minutes: 1 } })).toEqual([]);
			expect(calls()).toEqual([]);
			expect(await trigger.run({ minutes: 50 }, { every: { minutes: 1 } })).toEqual([]);
			expect(calls().filter((call) => !isListing(call))).toEqual([]);
			expect(calls().length).toBeGreaterThanOrEqual(5);
			expect(calls().length).toBeLessThanOrEqual(7);
		});

		test('fetches an hourly video little more than once an hour', async () => {
			const { trigger, video, sandbox, calls } = await createWatchedFixture(keep);
			const before = snapshotKeys(video);
			sandbox.clear();
			await trigger.run({ hours: 24, minutes: 30 });
			expectSameKeys(trigger.keys, without(snapshotKeys(video), before));
			expect(calls().filter(isOfVideo).length).toBeLessThanOrEqual(30);
		});

		test('fetches a video less and less often until its first snapshot shows', async () => {
			const fixture = await createTriggerFixture({ firstSnapshotDelayMs: 58 * 60_000 });
			const trigger = fixture.watch({}, { keep });
			await trigger.poll();
			fixture.sandbox.seedVideo({ video_link: TIKTOK });
			expect(await trigger.run({ minutes: 57 }, { every: { minutes: 1 } })).toEqual([]);
			const fetches = trigger.sent.filter(isOfVideo).length;
			expect(fetches).toBeGreaterThanOrEqual(3);
			expect(fetches).toBeLessThanOrEqual(6);
			expect(await trigger.run({ minutes: 30 }, { every: { minutes: 1 } })).toHaveLength(1);
		});

		test('checks the balance every 15 minutes if balance.low is chosen', async () => {
			const { trigger } = await createWatchedFixture(keep, { events: ['balance.low'] });
			await trigger.run({ minutes: 44 }, { every: { minutes: 1 } });
			expect(trigger.sent.filter((call) => call === 'GET /usage')).toHaveLength(3);
		});
	});

	describe('the remembered state', () => {
		test('stays the same byte for byte if a poll throws', async () => {
			const { trigger, video, sandbox, advance } = await createWatchedFixture(keep);
			const other = sandbox.seedVideo({ video_link: YOUTUBE });
			await trigger.run({ minutes: 15 });
			const before = trigger.remembered;
			const emitted = trigger.keys;
			advance({ hours: 1 });
			sandbox.faults.add({ kind: 'status', status: 401, body: { error: 'x' }, after: 2 });
			expect((await trigger.failure())?.message).toContain('rejected the API key');
			expect(trigger.remembered).toBe(before);
			sandbox.clear();
			await trigger.run({ minutes: 10 });
			expectSameKeys(without(trigger.keys, emitted), [
				`${video.id}:2026-01-01T04:00:00.000Z`,
				`${other.id}:2026-01-01T04:00:00.000Z`,
			]);
		});

		test('loses nothing if n8n restarts after polls that returned null, which it does not save', async () => {
			const fixture = await createTriggerFixture({ firstSnapshotDelayMs: 30 * 60_000 });
			const video = fixture.sandbox.seedVideo({ video_link: TIKTOK });
			fixture.advance({ hours: 3 });
			const seeded = snapshotKeys(video);
			const trigger = fixture.watch({}, { keep });
			await trigger.poll();
			expect(await trigger.run({ hours: 1 })).toHaveLength(1);
			const saved = JSON.parse(trigger.remembered);
			const added = fixture.sandbox.seedVideo({ video_link: YOUTUBE });
			expect(await trigger.run({ minutes: 25 })).toEqual([]);
			expect(trigger.sent).toContain(`GET /videos/${added.id}`);

			const restarted = fixture.watch({}, { keep, staticData: saved });
			await restarted.run({ hours: 3, minutes: 30 });
			expectSameKeys(
				[...trigger.keys, ...restarted.keys],
				without(snapshotKeys(video, added), seeded),
			);
		});
	});

	describe('a row', () => {
		test('ends with the growth columns if Include Growth is on', async () => {
			const { trigger } = await createWatchedFixture(keep, { options: { includeGrowth: true } });
			const [item] = await trigger.run({ hours: 1 });
			expect(Object.keys(item!)).toEqual(eventColumns(...GROWTH));
			expect(item).toMatchObject({ hours_since_previous: 1, views_delta: expect.any(Number) });
			expect(item!.views_delta).toBeGreaterThan(0);
		});

		test('ends with the API’s video object if Simplify is off', async () => {
			const { trigger, video } = await createWatchedFixture(keep, { simplify: false });
			const [item] = await trigger.run({ hours: 1 });
			const { snapshots: _snapshots, ...sent } = JSON.parse(video.toJson());
			expect(Object.keys(item!)).toEqual(eventColumns('video'));
			expect(item!.video).toEqual(sent);
		});
	});
});

test('the trigger sends only GET requests, whatever it watches', async () => {
	const { watch, sandbox, calls, advance } = await createTriggerFixture();
	const { id } = sandbox.seedVideo({ video_link: TIKTOK });
	sandbox.seedVideo({ video_link: YOUTUBE });
	const choices = [{}, { watch: 'selected', videos: `${id} ${YOUTUBE}` }];
	for (const chosen of choices) {
		const events = EVENTS;
		const trigger = watch({ ...chosen, events, startFrom: 'beginning', lowBalanceUsd: 5000 });
		await trigger.poll('manual');
		await trigger.poll();
		advance({ hours: 1 });
		await trigger.poll();
	}
	expect(calls().length).toBeGreaterThan(8);
	expect(calls().filter((call) => !call.startsWith('GET '))).toEqual([]);
	expect(sandbox.ledger.filter(({ kind }) => kind === 'track')).toEqual([]);
});
