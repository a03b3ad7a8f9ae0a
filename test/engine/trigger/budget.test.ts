import type { SandboxVideo } from '../../../sandbox';
import {
	createTriggerFixture,
	expectSameKeys,
	KEPT,
	keysOf,
	linkOf,
	msOf,
	snapshotKeys,
	without,
	type TriggerFixture,
} from '../support/triggerFixture';
import { realNow } from '../../support/realTime';
import { errorWith } from '../support/hostVersion';

const OF_VIDEO = /^\/videos\/\w+$/;

describe.each(KEPT)('a trigger with its state %s', (_, keep) => {
	async function withMany(
		count: number,
		budgetMs: number | null,
		requestsPerMinute = 100_000,
		startFrom = 'new',
	) {
		const fixture = await createTriggerFixture({
			plan: { requestsPerMinute, maxVideos: Infinity },
		});
		const videos = Array.from({ length: count }, (_, number) =>
			fixture.sandbox.seedVideo({ video_link: linkOf('tiktok', number) }),
		);
		const trigger = fixture.watch({ startFrom }, { keep, budgetMs });
		return { ...fixture, videos, trigger };
	}

	/** Makes each reply about a video take `seconds` by the fake clocks, one after the other. */
	const slowDown = ({ sandbox, advance }: TriggerFixture, seconds: number) =>
		sandbox.faults.add({
			kind: 'map',
			times: Infinity,
			match: { path: OF_VIDEO },
			map(json) {
				advance({ seconds });
				return json;
			},
		});

	/** Runs `work` while the fake clocks keep pace with real time. */
	async function inRealTime<T>({ advance }: TriggerFixture, work: () => Promise<T>): Promise<T> {
		// 20 ms ahead: a real timer must not fire before the fake clocks have reached its time.
		let last = realNow() - 20;
		const timer = setInterval(() => {
			const now = realNow();
			advance({ ms: now - last });
			last = now;
		}, 5);
		return await work().finally(() => clearInterval(timer));
	}

	test('uses a time that is no whole number of milliseconds', async () => {
		const { videos, trigger, advance } = await withMany(3, 7_001.5);
		await trigger.poll();
		advance({ hours: 1 });
		expect(await trigger.poll()).toHaveLength(videos.length);
	});

	const fresh = (videos: SandboxVideo[], before: string[]) =>
		without(snapshotKeys(...videos), before);

	test('emits the videos fetched within the budget if the API is slow, and the rest in the next polls', async () => {
		const fixture = await withMany(40, 80_000);
		const { videos, trigger, advance, clock } = fixture;
		await trigger.poll();
		const before = snapshotKeys(...videos);
		advance({ hours: 1, minutes: 10 });
		// 40 videos take 80 s, which is more than the usable share of the budget.
		slowDown(fixture, 2);
		const counts: number[] = [];
		for (let poll = 0; poll < 10 && trigger.items.length < 40; poll += 1) {
			const start = clock.now();
			const items = await trigger.poll();
			expect(clock.now() - start).toBeLessThanOrEqual(80_000);
			counts.push(items?.length ?? 0);
			advance({ minutes: 1 });
		}
		expect(counts[0]).toBeGreaterThan(0);
		expect(counts[0]).toBeLessThan(40);
		expectSameKeys(trigger.keys, fresh(videos, before));
	});

	test('throws temporarily-unavailable if no reply arrives within the budget, and loses nothing', async () => {
		const fixture = await withMany(3, 500);
		const { videos, trigger, sandbox, advance } = fixture;
		await trigger.poll();
		const before = snapshotKeys(...videos);
		advance({ hours: 1, minutes: 10 });
		sandbox.faults.add({ kind: 'latency', ms: 3000, times: Infinity });
		await expect(inRealTime(fixture, () => trigger.poll())).rejects.toMatchObject(
			errorWith({ cause: 'temporarily-unavailable' }),
		);
		sandbox.clear();
		await trigger.run({ minutes: 30 });
		expectSameKeys(trigger.keys, fresh(videos, before));
	});

	test('ends a poll if waiting for the rate limit would exceed the budget, and emits the rest later', async () => {
		const { videos, trigger, clock } = await withMany(40, 100_000, 12, 'latest');
		const counts: number[] = [];
		for (let poll = 0; poll < 5; poll += 1) {
			const start = clock.now();
			counts.push((await trigger.poll())?.length ?? 0);
			expect(clock.now() - start).toBeLessThanOrEqual(80_000);
			clock.advance({ minutes: 2 });
		}
		expect(counts[0]).toBeGreaterThan(0);
		expect(counts[0]).toBeLessThan(40);
		expectSameKeys(trigger.keys, snapshotKeys(...videos));
	});

	test('continues seeding in the next polls if the rate limit stops it, and emits no old snapshots', async () => {
		const { videos, trigger, clock } = await withMany(40, 100_000, 12);
		for (let poll = 0; poll < 5; poll += 1) {
			expect(await trigger.poll()).toBeNull();
			clock.advance({ minutes: 2 });
		}
		const before = snapshotKeys(...videos);
		await trigger.run({ hours: 1, minutes: 30 });
		expectSameKeys(trigger.keys, fresh(videos, before));
	});

	test('fetches all videos in turn if the API is too slow to fetch each of them hourly', async () => {
		const fixture = await withMany(40, 60_000);
		const { videos, trigger } = fixture;
		await trigger.poll();
		const before = snapshotKeys(...videos);
		slowDown(fixture, 30);
		await trigger.run({ hours: 10 }, { every: { minutes: 15 } });
		const emitted = new Set(trigger.keys);
		expect(emitted.size).toBe(trigger.keys.length);
		const fetchCounts = videos.map(
			({ id }) => trigger.sent.filter((call) => call === `GET /videos/${id}`).length,
		);
		expect(Math.max(...fetchCounts)).toBeLessThanOrEqual(2 * Math.min(...fetchCounts));
		// A round over all videos takes hours: only older snapshots must have been emitted by now.
		const settled = new Date(fixture.clock.now() - msOf({ hours: 4 })).toISOString();
		const missing = fresh(videos, before).filter(
			(key) => !emitted.has(key) && key.slice(key.indexOf(':') + 1) < settled,
		);
		expect(missing).toEqual([]);
	});

	test('spreads slow fetches over several polls even if n8n reports no poll budget', async () => {
		const fixture = await withMany(40, null);
		const { videos, trigger, advance } = fixture;
		await trigger.poll();
		const before = snapshotKeys(...videos);
		advance({ hours: 1, minutes: 10 });
		slowDown(fixture, 10);
		const items = await trigger.poll();
		expect(items!.length).toBeGreaterThan(10);
		expect(items!.length).toBeLessThan(40);
		for (let poll = 0; poll < 3; poll += 1) await trigger.poll();
		const due = fresh(videos, before).filter((key) => key.endsWith('T01:00:00.000Z'));
		expectSameKeys(
			trigger.keys.filter((key) => String(key).endsWith('T01:00:00.000Z')),
			due,
		);
		expectSameKeys(keysOf(trigger.items), [...new Set(trigger.keys)]);
	});
});
