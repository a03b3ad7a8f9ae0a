import { setTimeout as wait } from 'node:timers/promises';

import { EVENTS, INSTAGRAM, TIKTOK, TWITTER, YOUTUBE, type Fixture } from '../support/fixture';
import {
	createTriggerFixture,
	createWatchedFixture,
	expectSameKeys,
	KEPT,
	keysOf,
	snapshotKeys,
	without,
} from '../support/triggerFixture';

const OF_VIDEO = /^\/videos\/\w+$/;

const slowDown = ({ sandbox }: Fixture) =>
	sandbox.faults.add({ kind: 'latency', ms: 200, match: { path: OF_VIDEO } });

async function untilFetching({ calls }: Fixture): Promise<void> {
	const isFetching = () => calls().some((call) => call.startsWith('GET /videos/'));
	for (let tries = 0; tries < 400 && !isFetching(); tries += 1) await wait(5);
	expect(isFetching()).toBe(true);
}

describe.each(KEPT)('a trigger with its state %s', (_, keep) => {
	async function withNewSnapshots(parameters = {}) {
		const watched = await createWatchedFixture(keep, parameters);
		const added = watched.sandbox.seedVideo({ video_link: YOUTUBE });
		await watched.trigger.run({ minutes: 15 });
		const before = snapshotKeys(watched.video, added);
		watched.advance({ hours: 1 });
		watched.sandbox.clear();
		const fresh = without(snapshotKeys(watched.video, added), before);
		return { ...watched, added, fresh, poller: keep(watched.trigger.poller) };
	}

	test.each([0, 1])(
		'emits each item once if two polls run at once and request %i is slow',
		async (after) => {
			const { sandbox, trigger, poller, fresh } = await withNewSnapshots();
			sandbox.faults.add({ kind: 'latency', ms: 200, after, match: { path: OF_VIDEO } });
			const both = await Promise.all([poller.poll(), poller.poll()]);
			expect(both).toContain(null);
			trigger.poller = poller;
			const more = await trigger.run({ minutes: 20 });
			expectSameKeys([...both.flatMap(keysOf), ...keysOf(more)], fresh);
		},
	);

	test('returns null while another poll runs, and emits the items of that poll once', async () => {
		const { trigger, poller, fresh } = await withNewSnapshots();
		slowDown(trigger.fixture);
		const running = poller.poll();
		await untilFetching(trigger.fixture);
		expect([await poller.poll(), await poller.poll()]).toEqual([null, null]);
		expectSameKeys(keysOf(await running), fresh);
		trigger.poller = poller;
		expect(await trigger.run({ minutes: 20 })).toEqual([]);
	});

	test('emits the items of a running poll again if the workflow is reactivated, since n8n discards them', async () => {
		const { trigger, poller, fresh } = await withNewSnapshots();
		slowDown(trigger.fixture);
		const discarded = poller.poll();
		await untilFetching(trigger.fixture);
		const again = poller.restarted();
		const first = await again.poll();
		await discarded;
		trigger.poller = again;
		expectSameKeys(keysOf([...(first ?? []), ...(await trigger.run({ minutes: 20 }))]), fresh);
	});

	test('emits each item once if the old activation polls during a poll of the new one', async () => {
		const { trigger, poller, fresh } = await withNewSnapshots();
		const again = poller.restarted();
		slowDown(trigger.fixture);
		const running = again.poll();
		await untilFetching(trigger.fixture);
		expect(await poller.poll()).toBeNull();
		const first = await running;
		trigger.poller = again;
		expectSameKeys(keysOf([...(first ?? []), ...(await trigger.run({ minutes: 20 }))]), fresh);
	});

	test('loses nothing if it is published with other parameters during a poll', async () => {
		const { trigger, poller, fresh } = await withNewSnapshots();
		slowDown(trigger.fixture);
		const discarded = poller.poll();
		await untilFetching(trigger.fixture);
		const changed = poller.restarted({ events: ['snapshot.created', 'tracking.ended'] });
		const first = await changed.poll();
		await discarded;
		trigger.poller = changed;
		expectSameKeys(keysOf([...(first ?? []), ...(await trigger.run({ minutes: 20 }))]), fresh);
	});
});

describe('Replay After Restart', () => {
	const options = { replayAfterRestart: true };

	test('asks for a failing video no more often than without a replay', async () => {
		const { sandbox, clock, watch } = await createTriggerFixture();
		const [failing] = [TIKTOK, YOUTUBE].map((video_link) => sandbox.seedVideo({ video_link }));
		const trigger = watch({ options });
		await trigger.poll();
		clock.advance({ hours: 1 });
		expect(await trigger.poll()).toHaveLength(2);
		const restarted = trigger.inNewProcess();
		const match = { path: `/videos/${failing!.id}` };
		sandbox.faults.add({ kind: 'status', status: 503, body: {}, times: Infinity, match });
		await restarted.run({ hours: 12 }, { mayThrow: true });
		const sent = restarted.sent.filter((call) => call === `GET ${match.path}`);
		// Three times at each of some 20 tries.
		expect(sent.length).toBeLessThanOrEqual(90);
		sandbox.clear();
		const replayed = keysOf(await restarted.run({ hours: 2 }));
		expect(replayed).toContain(`${failing!.id}:2026-01-01T01:00:00.000Z`);
	});

	test.each(KEPT)(
		'emits all events of the last ten minutes again in a new process, with the state %s',
		async (_, keep) => {
			const { sandbox, video, watch, clock } = await createWatchedFixture(keep);
			const ends = sandbox.seedVideo({ video_link: YOUTUBE });
			const { views } = video.snapshots.at(-1)!;
			const milestones = String(Number(views) + 1);
			const trigger = watch({ events: EVENTS, milestones, options }, { keep });
			await trigger.poll();
			await trigger.run({ minutes: 40 });
			const early = sandbox.seedVideo({ video_link: INSTAGRAM });
			expect(await trigger.run({ minutes: 12 }, { every: { minutes: 3 } })).toHaveLength(2);

			clock.set('2026-01-01T04:05:00.000Z');
			ends.setStatus('cancelled');
			sandbox.balance.set(1);
			const added = sandbox.seedVideo({ video_link: TWITTER });
			const emitted = await trigger.run({ minutes: 9 }, { every: { minutes: 3 } });
			const isBalance = (key: unknown) => /^balance\.low:/.test(String(key));
			expect(keysOf(emitted).filter(isBalance)).toHaveLength(1);
			expectSameKeys(
				keysOf(emitted).filter((key) => !isBalance(key)),
				[
					`${video.id}:2026-01-01T04:00:00.000Z`,
					`${video.id}:milestone:views:${milestones}`,
					`${ends.id}:2026-01-01T04:00:00.000Z`,
					`${ends.id}:ended`,
					`${added.id}:started`,
					`${added.id}:2026-01-01T04:05:00.000Z`,
				],
			);

			const restarted = trigger.inNewProcess();
			const again = await restarted.poll();
			expectSameKeys(keysOf(again), keysOf(emitted));
			expect(again).toEqual(expect.arrayContaining(emitted));
			expect(await restarted.poll()).toBeNull();
			expectSameKeys(keysOf(await restarted.run({ minutes: 50 })), [
				`${early.id}:2026-01-01T04:40:00.000Z`,
				`${video.id}:2026-01-01T05:00:00.000Z`,
			]);
		},
	);

	test.each([
		['off', {}],
		['on but n8n was not restarted', options],
	])('emits nothing twice if it is %s', async (title, chosen) => {
		const { trigger } = await createWatchedFixture(KEPT[1]![1], { options: chosen });
		expect(await trigger.run({ hours: 1 })).toHaveLength(1);
		const next = title === 'off' ? trigger.inNewProcess() : trigger;
		expect(await next.poll()).toBeNull();
	});
});
