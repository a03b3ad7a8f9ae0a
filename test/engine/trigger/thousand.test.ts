import { createTriggerFixture, linkOf, snapshotKeys, without } from '../support/triggerFixture';

const HOUR_MS = 3_600_000;
const VIDEOS = 1000;
const PER_MINUTE = 300;
/** The poll budget on n8n's durable scheduler, in milliseconds. */
const BUDGET_MS = 36_000;
const MINUTE = { minutes: 1 };

test('the trigger emits a thousand videos due in the same minute as fast as the rate limit allows', async () => {
	const { sandbox, clock, watch } = await createTriggerFixture({
		plan: { requestsPerMinute: PER_MINUTE, maxVideos: Infinity },
		balanceUsd: 10_000,
	});
	const started = clock.now() - 5 * HOUR_MS;
	const videos = Array.from({ length: VIDEOS }, (_, number) =>
		sandbox.seedVideo({ video_link: linkOf('tiktok', number), started }),
	);
	const trigger = watch(
		{ watch: 'selected', videos: videos.map(({ id }) => id).join('\n') },
		{ budgetMs: BUDGET_MS },
	);
	await trigger.run({ minutes: 30 }, { every: MINUTE });
	const before = snapshotKeys(...videos);
	expect(trigger.keys).toEqual([]);

	const pollsNeeded = Math.ceil(VIDEOS / PER_MINUTE);
	const perPoll: number[][] = [];
	for (let hour = 0; hour < 3; hour += 1) {
		await trigger.run({ minutes: 60 - ((clock.now() / 60_000) % 60) - 1 }, { every: MINUTE });
		const polls: number[] = [];
		for (let poll = 0; poll < pollsNeeded + 2; poll += 1)
			polls.push((await trigger.run(MINUTE, { every: MINUTE })).length);
		perPoll.push(polls);
	}
	expect(perPoll).toEqual(Array(3).fill([300, 300, 300, 100, 0, 0]));
	expect(without(snapshotKeys(...videos), [...before, ...trigger.keys.map(String)])).toEqual([]);
	expect(new Set(trigger.keys).size).toBe(3 * VIDEOS);
});
