import type { SandboxVideo } from '../../../sandbox';
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
const END_OF_DAY = '2026-01-02T00:00:00.000Z';

describe.each(KEPT)('a trigger with its state %s', (_, keep) => {
	test.each([
		['a minute', 1, 0],
		['23 hours', 1380, 2],
		['23 hours', 1380, -2],
	])(
		'emits each snapshot once if snapshots show up to %s (%i min) late and n8n’s clock is %i h off',
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
				keys.map(String).filter((key) => key.slice(key.indexOf(':') + 1) < END_OF_DAY);
			expectSameKeys(ofTheDay(trigger.keys), ofTheDay(without(snapshotKeys(...videos), before)));
		},
	);

	test.each([-2, 0, 2])(
		'fetches neither too rarely nor too often if n8n’s clock is %i h off',
		async (skewHours) => {
			const { sandbox, watch } = await createTriggerFixture({ skewMs: skewHours * HOUR_MS });
			const video = sandbox.seedVideo({ video_link: TIKTOK });
			const trigger = watch({}, { keep });
			await trigger.poll();
			await trigger.run({ hours: 12, minutes: 30 });
			expect(trigger.keys).toContain(`${video.id}:2026-01-01T10:00:00.000Z`);
			const before = trigger.sent.length;
			await trigger.run({ hours: 12 });
			const fetches = trigger.sent.slice(before).filter((call) => call.startsWith('GET /videos/'));
			expect(fetches.length).toBeGreaterThanOrEqual(3);
			expect(fetches.length).toBeLessThanOrEqual(72);
		},
	);

	test('emits each snapshot once if n8n’s clock is set back two hours and then forward', async () => {
		const { sandbox, clock, watch } = await createTriggerFixture();
		const video = sandbox.seedVideo({ video_link: TIKTOK });
		const trigger = watch({}, { keep });
		await trigger.poll();
		const before = snapshotKeys(video);
		await trigger.run({ hours: 3 });
		for (const skewHours of [-2, 2, 0]) {
			const stopSkew = clock.onMove(() => jest.setSystemTime(clock.now() + skewHours * HOUR_MS));
			await trigger.run({ hours: 4 });
			stopSkew();
		}
		await trigger.run({ hours: 3, minutes: 30 });
		expectSameKeys(trigger.keys, without(snapshotKeys(video), before));
	});

	test('loses nothing and emits nothing twice after a week without polls', async () => {
		const maxItems = 100;
		const { sandbox, watch, advance } = await createTriggerFixture();
		const running = sandbox.seedVideo({ video_link: TIKTOK, duration_days: 30 });
		const completed = sandbox.seedVideo({ video_link: YOUTUBE, duration_days: 3 });
		const cancelled = sandbox.seedVideo({ video_link: TWITTER, duration_days: 3 });
		const trigger = watch(
			{
				events: ['snapshot.created', 'tracking.started', 'tracking.ended'],
				options: { maxItemsPerPoll: maxItems },
			},
			{ keep },
		);
		await trigger.poll();
		const before = snapshotKeys(running, completed, cancelled);
		advance({ hours: 24 });
		cancelled.setStatus('cancelled');
		const added = sandbox.seedVideo({ video_link: INSTAGRAM });
		advance({ hours: 24 });
		const shortLived = sandbox.seedVideo({
			video_link: 'https://www.tiktok.com/@b/video/72',
			duration_days: 1,
		});
		advance({ hours: 5 * 24, minutes: 20 });

		for (let poll = 0; poll < 12; poll += 1) {
			advance({ minutes: 1 });
			const items = (await trigger.poll()) ?? [];
			expect(items.length).toBeLessThanOrEqual(maxItems);
			const snapshots = items.filter(({ event }) => event === 'snapshot.created');
			const times = snapshots.map(({ snapshot_time }) => String(snapshot_time));
			expect(times).toEqual([...times].sort());
		}
		const videos = [running, completed, cancelled, added, shortLived];
		expectSameKeys(trigger.keys, [
			...without(snapshotKeys(...videos), before),
			...[added, shortLived].map(({ id }) => `${id}:started`),
			...[completed, cancelled, shortLived].map(({ id }) => `${id}:ended`),
		]);
		for (const { id } of [completed, cancelled, shortLived]) {
			const ownKeys = trigger.keys.filter((key) => String(key).startsWith(id));
			expect(ownKeys.at(-1)).toBe(`${id}:ended`);
		}
		const more = await trigger.run({ hours: 30 }, { every: { minutes: 30 } });
		expect(new Set(keysOf(more).map((key) => String(key).split(':')[0]))).toEqual(
			new Set([running.id, added.id]),
		);
		expect(new Set(trigger.keys).size).toBe(trigger.keys.length);
	});
});

const failAt =
	(...hours: number[]) =>
	(video: SandboxVideo, hour: number, minute: number) => {
		if (minute === 0 && hours.includes(hour)) video.failSnapshots(1);
	};
const pauseForHours = (video: SandboxVideo, hour: number, minute: number) => {
	if (hour === 17 && minute === 30) video.setStatus('paused');
	if (hour === 23 && minute === 10) video.setStatus('monitoring');
};

test.each([
	['snapshots that failed', failAt(17, 18, 25)],
	['a pause that ends at another minute', pauseForHours],
])('after %s, no row comes late', async (_, disturb) => {
	const { sandbox, clock, watch } = await createTriggerFixture({
		lateness: { maxMs: 40_000 },
		resumesAtOnce: true,
	});
	const video = sandbox.seedVideo({ video_link: TIKTOK });
	const trigger = watch();
	await trigger.poll();
	const delays: number[] = [];
	for (let hour = 0; hour < 40; hour += 1) {
		for (let minute = 0; minute < 60; minute += 1) {
			disturb(video, hour, minute);
			const items = await trigger.run({ minutes: 1 }, { every: { minutes: 1 } });
			for (const { snapshot_time } of items)
				delays.push((clock.now() - Date.parse(String(snapshot_time))) / MINUTE_MS);
		}
	}
	expect(delays.length).toBeGreaterThanOrEqual(34);
	// The list shows within 7.5 minutes that a tracking is resumed.
	expect(Math.max(...delays)).toBeLessThanOrEqual(9);
	expect(delays.filter((minutes) => minutes > 4).length).toBeLessThanOrEqual(1);
});
