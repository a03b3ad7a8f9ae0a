import type { PollContext } from 'n8n-core';

import { createPoller } from '../../../harness/engine';
import { PLATFORMS, type SandboxVideo } from '../../../sandbox';
import { createTriggerFixture, linkOf, type TriggerFixture } from '../support/triggerFixture';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const POLL_MINUTES = 5;
const DAY_MINUTES = 24 * 60;

/** Seeds a hundred videos of all platforms, started within the last day, each at its own second. */
const seedHundred = ({ sandbox, clock }: TriggerFixture): SandboxVideo[] =>
	Array.from({ length: 100 }, (_, number) =>
		sandbox.seedVideo({
			video_link: linkOf(PLATFORMS[number % 4]!, number),
			started: clock.now() - ((number * 37) % DAY_MINUTES) * MINUTE_MS - number * 613,
		}),
	);

/** Records when each snapshot appears, in Unix milliseconds by key. Call `record` once a minute. */
function recordAppearances(videos: SandboxVideo[], now: () => number) {
	const appeared = new Map<string, number>();
	const newest = new Map<string, number>();
	return {
		appeared,
		record() {
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
	'the trigger watches 100 videos for a day with few requests and short delays if snapshots show %s',
	async (_, maxLatenessMinutes, maxRequestsPerItem) => {
		const fixture = await createTriggerFixture({
			firstSnapshotDelayMs: undefined,
			lateness: { maxMs: maxLatenessMinutes * MINUTE_MS },
		});
		const { clock, advance } = fixture;
		const { appeared, record } = recordAppearances(seedHundred(fixture), () => clock.now());
		record();
		const pastCount = appeared.size;
		const trigger = fixture.watch();
		await trigger.poll();

		const delays: number[] = [];
		for (let minute = 1; minute <= DAY_MINUTES; minute += 1) {
			advance({ minutes: 1 });
			record();
			if (minute % POLL_MINUTES !== 0) continue;
			for (const { event_key } of (await trigger.poll()) ?? [])
				delays.push(clock.now() - appeared.get(String(event_key))!);
		}
		delays.sort((a, b) => a - b);

		const expected = [...appeared].slice(pastCount).filter(([, at]) => at <= clock.now() - HOUR_MS);
		expect(expected.length).toBeGreaterThan(2200);
		const emitted = new Set(trigger.keys);
		expect(expected.filter(([key]) => !emitted.has(key))).toEqual([]);
		expect(trigger.keys.filter((key) => !appeared.has(String(key)))).toEqual([]);
		expect(emitted.size).toBe(trigger.keys.length);
		const median = delays[Math.floor(delays.length / 2)]!;
		expect(median).toBeLessThanOrEqual(POLL_MINUTES * MINUTE_MS);
		expect(trigger.sent.length / trigger.keys.length).toBeLessThanOrEqual(maxRequestsPerItem);
	},
	120_000,
);

it('decrypts its credential once a poll, since n8n 2.41 creates a V8 isolate each time', async () => {
	const { sandbox, credential } = await createTriggerFixture();
	const ids = ['tiktok', 'youtube', 'instagram'].map(
		(platform) => sandbox.seedVideo({ video_link: linkOf(platform as 'tiktok', 1) }).id,
	);
	let decryptions = 0;
	const prepare = (context: PollContext) => {
		const getCredentials = context.getCredentials.bind(context);
		context.getCredentials = async <T extends object>(type: string) => {
			decryptions += 1;
			return await getCredentials<T>(type);
		};
	};
	const parameters = { watch: 'selected', videos: ids.join('\n') };
	const poller = createPoller(credential, parameters, {}, { prepare });
	await poller.poll();
	expect(sandbox.requests).toHaveLength(ids.length);
	expect(decryptions).toBe(1);
});
