import { INSTAGRAM, TIKTOK, TWITTER, YOUTUBE } from '../support/fixture';
import {
	createTriggerFixture,
	expectSameKeys,
	KEPT,
	keysOf,
	snapshotKeys,
	without,
} from '../support/triggerFixture';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY = '2026-01-02T00:00:00.000Z';

describe.each(KEPT)('with the state %s', (_, keep) => {
	test.each([
		['a minute', 1, 0],
		['a minute', 1, 2],
		['half an hour', 30, -2],
		['five hours', 300, 0],
		['five hours', 300, 2],
		['23 hours', 1380, 0],
		['23 hours', 1380, 2],
		['23 hours', 1380, -2],
	])(
		'a day of snapshots up to %s (%i min) late, n8n’s clock %i h off: each comes once',
		async (_, maxMinutes, skewHours) => {
			const { sandbox, watch } = await createTriggerFixture({
				firstSnapshotDelayMs: undefined,
				lateness: { maxMs: maxMinutes * MINUTE_MS },
				skewMs: skewHours * HOUR_MS,
			});
			const videos = [
				sandbox.seedVideo({ video_link: TIKTOK }),
				sandbox.seedVideo({ video_link: YOUTUBE, duration_days: 1 }),
			];
			const trigger = watch({}, { keep });
			await trigger.poll();
			const before = snapshotKeys(...videos);
			await trigger.run({ hours: 5 }, { every: { minutes: 15 } });
			videos.push(sandbox.seedVideo({ video_link: INSTAGRAM }));
			for (let rounds = 0; rounds < 5; rounds += 1) {
				for (const video of videos) {
					if (video.snapshots.length > 0) video.repeatSnapshot(rounds % video.snapshots.length);
					video.shuffle(rounds);
				}
				await trigger.run({ hours: 9 }, { every: { minutes: 15 } });
			}
			expect(new Set(trigger.keys).size).toBe(trigger.keys.length);
			const ofTheDay = (keys: unknown[]) =>
				keys.map(String).filter((key) => key.slice(key.indexOf(':') + 1) < DAY);
			expectSameKeys(ofTheDay(trigger.keys), ofTheDay(without(snapshotKeys(...videos), before)));
		},
	);

	test.each([-2, 0, 2])(
		'n8n’s clock %i h off: it asks neither too rarely nor too often',
		async (skewHours) => {
			const { sandbox, watch } = await createTriggerFixture({ skewMs: skewHours * HOUR_MS });
			const video = sandbox.seedVideo({ video_link: TIKTOK });
			const trigger = watch({}, { keep });
			await trigger.poll();
			await trigger.run({ hours: 12, minutes: 30 });
			expect(trigger.keys).toContain(`${video.id}:2026-01-01T10:00:00.000Z`);
			const before = trigger.sent.length;
			await trigger.run({ hours: 12 });
			const asked = trigger.sent.slice(before).filter((call) => call.startsWith('GET /videos/'));
			expect(asked.length).toBeGreaterThanOrEqual(3);
			expect(asked.length).toBeLessThanOrEqual(72);
		},
	);

	test('n8n’s clock set back by two hours, and forward again: each comes once', async () => {
		const { sandbox, clock, watch } = await createTriggerFixture();
		const video = sandbox.seedVideo({ video_link: TIKTOK });
		const trigger = watch({}, { keep });
		await trigger.poll();
		const before = snapshotKeys(video);
		await trigger.run({ hours: 3 });
		for (const skewHours of [-2, 2, 0]) {
			const end = clock.onMove(() => jest.setSystemTime(clock.now() + skewHours * HOUR_MS));
			await trigger.run({ hours: 4 });
			end();
		}
		await trigger.run({ hours: 3, minutes: 30 });
		expectSameKeys(trigger.keys, without(snapshotKeys(video), before));
	});

	test('after a week without polls nothing is lost, and nothing comes twice', async () => {
		const most = 100;
		const { sandbox, watch, advance } = await createTriggerFixture();
		const goesOn = sandbox.seedVideo({ video_link: TIKTOK, duration_days: 30 });
		const ends = sandbox.seedVideo({ video_link: YOUTUBE, duration_days: 3 });
		const isStopped = sandbox.seedVideo({ video_link: TWITTER, duration_days: 3 });
		const trigger = watch(
			{
				events: ['snapshot.created', 'tracking.started', 'tracking.ended'],
				options: { maxItemsPerPoll: most },
			},
			{ keep },
		);
		await trigger.poll();
		const before = snapshotKeys(goesOn, ends, isStopped);
		advance({ hours: 24 });
		isStopped.setStatus('cancelled');
		const added = sandbox.seedVideo({ video_link: INSTAGRAM });
		advance({ hours: 24 });
		const cameAndWent = sandbox.seedVideo({
			video_link: 'https://www.tiktok.com/@b/video/72',
			duration_days: 1,
		});
		advance({ hours: 5 * 24, minutes: 20 });

		for (let poll = 0; poll < 12; poll += 1) {
			advance({ minutes: 1 });
			const items = (await trigger.poll()) ?? [];
			expect(items.length).toBeLessThanOrEqual(most);
			const times = items.flatMap(({ snapshot_time }) => snapshot_time ?? []).map(String);
			expect(times).toEqual([...times].sort());
		}
		const videos = [goesOn, ends, isStopped, added, cameAndWent];
		expectSameKeys(trigger.keys, [
			...without(snapshotKeys(...videos), before),
			...[added, cameAndWent].map(({ id }) => `${id}:started`),
			...[ends, isStopped, cameAndWent].map(({ id }) => `${id}:ended`),
		]);
		for (const { id } of [ends, isStopped, cameAndWent]) {
			const of = trigger.keys.filter((key) => String(key).startsWith(id));
			expect(of.at(-1)).toBe(`${id}:ended`);
		}
		const more = await trigger.run({ hours: 30 }, { every: { minutes: 30 } });
		expect(new Set(keysOf(more).map((key) => String(key).split(':')[0]))).toEqual(
			new Set([goesOn.id, added.id]),
		);
		expect(new Set(trigger.keys).size).toBe(trigger.keys.length);
	});
});
