import type { SandboxOptions } from '../../../sandbox';
import { createTriggerFixture, createWatchedFixture, KEPT } from '../support/triggerFixture';

import { runAction } from '../../../harness/engine';
import { TIKTOK, video as byId } from '../support/fixture';
import { waitByTheClock } from '../support/patience';

/**
 * Polls once a minute with ten seconds, each time after other runs have used up the window.
 *
 * @param requestsPerMinute of which the other runs take all that the rate limiter lets them.
 */
async function pollBeside(
	requestsPerMinute: number,
	minutes: number,
	options: SandboxOptions = {},
) {
	const plan = { requestsPerMinute, maxVideos: Infinity };
	const fixture = await createTriggerFixture({ plan, ...options });
	const { sandbox, credential, clock, watch } = fixture;
	const { id } = sandbox.seedVideo({ video_link: TIKTOK });
	const trigger = watch({ startFrom: 'beginning' }, { budgetMs: 10_000 });
	const others = Array.from(
		{ length: requestsPerMinute },
		() => async () => await runAction(credential, { operation: 'get', ...byId('id', id) }),
	);
	for (let minute = 0; minute < minutes; minute += 1) {
		const end = clock.now() + 61_000;
		for (const run of others) {
			// One that waits for the next window is that window's first.
			await run();
			if (clock.now() > end - 30_000) break;
		}
		await trigger.poll();
		if (clock.now() < end) clock.set(end);
	}
	return trigger;
}

test('a trigger whose polls are turned away for an hour says so, once an hour', async () => {
	const trigger = await pollBeside(1, 130);
	expect(trigger.items).toEqual([]);
	expect(trigger.errors).toHaveLength(2);
	expect(trigger.errors[0]!.message).toMatch(
		/^The rate limit has left no room for this trigger for an hour/,
	);
});

test.each([
	['on time', {}],
	['a second off, now and then', { isResetRounded: true }],
])(
	'a trigger with little time makes progress beside runs that use up each window, if the reset is told %s',
	async (_, options) => {
		const trigger = await pollBeside(12, 12, options);
		expect(trigger.errors).toEqual([]);
		expect(trigger.sent.length).toBeGreaterThanOrEqual(3);
	},
);

test.each(KEPT)(
	'a list that does not answer keeps no video waiting, with the state %s',
	async (_, keep) => {
		const { sandbox, clock, watch, trigger } = await createWatchedFixture(keep);
		waitByTheClock(clock);
		const parameters = { startFrom: 'latest' };
		const staticData = JSON.parse(trigger.remembered);
		const slow = watch(parameters, { keep, staticData, budgetMs: 60_000 });
		sandbox.clear();
		sandbox.faults.add({
			kind: 'late_commit',
			afterMs: 3_600_000,
			match: { path: '/videos' },
			times: 'always',
		});
		const items = await slow.run({ hours: 5 }, { every: { minutes: 10 }, mayThrow: true });
		expect(items.length).toBeGreaterThanOrEqual(4);
		expect(slow.sent.some((call) => call.startsWith('GET /videos?'))).toBe(true);
	},
);
