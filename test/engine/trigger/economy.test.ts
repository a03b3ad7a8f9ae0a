import { PLATFORMS, type SandboxVideo } from '../../../sandbox';
import { createTriggerFixture, linkOf, type TriggerFixture } from '../support/triggerFixture';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const POLL_MINUTES = 5;
const DAY_MINUTES = 24 * 60;

/** A hundred videos of all platforms that were tracked within the last day, each at its own second. */
const seedHundred = ({ sandbox, clock }: TriggerFixture): SandboxVideo[] =>
	Array.from({ length: 100 }, (_, number) =>
		sandbox.seedVideo({
			video_link: linkOf(PLATFORMS[number % 4]!, number),
			started: clock.now() - ((number * 37) % DAY_MINUTES) * MINUTE_MS - number * 613,
		}),
	);

/** Watches, minute by minute, when each snapshot appears (Unix milliseconds, by key). */
function watchAppearances(videos: SandboxVideo[], now: () => number) {
	const appeared = new Map<string, number>();
	const newest = new Map<string, number>();
	return {
		appeared,
		look() {
			for (const { id, ...video } of videos.map((each) => ({ id: each.id, each }))) {
				if (now() < (newest.get(id) ?? 0) + HOUR_MS) continue;
				for (const { snapshot_time } of video.each.snapshots) {
					const instant = Date.parse(String(snapshot_time));
					const key = `${id}:${new Date(instant).toISOString()}`;
					if (!appeared.has(key)) appeared.set(key, now());
					newest.set(id, Math.max(newest.get(id) ?? 0, instant));
				}
			}
		},
	};
}

test.each([
	['on time', 0, 1.16],
	['0 to 10 minutes late', 10, 1.75],
])(
	'a day of 100 videos whose snapshots come %s: few requests, and each snapshot soon',
	async (_, latestMinutes, mostRequests) => {
		const fixture = await createTriggerFixture({
			firstSnapshotDelayMs: undefined,
			lateness: { maxMs: latestMinutes * MINUTE_MS },
		});
		const { clock, advance } = fixture;
		const { appeared, look } = watchAppearances(seedHundred(fixture), () => clock.now());
		look();
		const ofThePast = appeared.size;
		const trigger = fixture.watch();
		await trigger.poll();

		const delays: number[] = [];
		for (let minute = 1; minute <= DAY_MINUTES; minute += 1) {
			advance({ minutes: 1 });
			look();
			if (minute % POLL_MINUTES !== 0) continue;
			for (const { event_key } of (await trigger.poll()) ?? [])
				delays.push(clock.now() - appeared.get(String(event_key))!);
		}
		delays.sort((a, b) => a - b);

		const owed = [...appeared].slice(ofThePast).filter(([, at]) => at <= clock.now() - HOUR_MS);
		expect(owed.length).toBeGreaterThan(2200);
		expect(trigger.keys).toEqual(expect.arrayContaining(owed.map(([key]) => key)));
		expect(new Set(trigger.keys).size).toBe(trigger.keys.length);
		const median = delays[Math.floor(delays.length / 2)]!;
		expect(median).toBeLessThanOrEqual(POLL_MINUTES * MINUTE_MS);
		expect(trigger.sent.length / trigger.keys.length).toBeLessThanOrEqual(mostRequests);
	},
	120_000,
);
