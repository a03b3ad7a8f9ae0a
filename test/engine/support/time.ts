// The first import: it mocks a part of n8n-workflow, which nothing may load before.
import { useSleep } from '../../support/fakeSleep';

import { setImmediate } from 'node:timers/promises';

import { realNow } from '../../support/realTime';
import type { ManualClock, SandboxOptions } from '../../../sandbox';
import { createFixture, type Fixture, START } from './fixture';

let clock: ManualClock | undefined;
let stopFollowing = () => {};

// A node's wait advances the clocks instead of taking real time.
useSleep(async (ms) => {
	const current = clock!;
	const until = current.now() + ms;
	await setImmediate();
	if (current.now() < until) current.set(until);
});

/** Freezes Date at `now` (Unix milliseconds). Sockets and their timers keep running. */
const stopDate = (now: number) =>
	jest.useFakeTimers({
		doNotFake: [
			'cancelAnimationFrame',
			'cancelIdleCallback',
			'clearImmediate',
			'clearInterval',
			'clearTimeout',
			'hrtime',
			'nextTick',
			'performance',
			'queueMicrotask',
			'requestAnimationFrame',
			'requestIdleCallback',
			'setImmediate',
			'setInterval',
			'setTimeout',
		],
		now,
	});

// At the start of each test, since leftovers of the previous test must not see another time.
beforeEach(() => {
	stopDate(Date.parse(START));
});
afterEach(() => {
	stopFollowing();
	performance.now = realNow;
	jest.useRealTimers();
});

/**
 * Keeps n8n's clock `skewMs` ahead of the sandbox's for the rest of the test, and the clock of its process
 * in step.
 */
export function keepInStep(sandboxClock: ManualClock, skewMs = 0): void {
	clock = sandboxClock;
	const follow = () => jest.setSystemTime(sandboxClock.now() + skewMs);
	stopFollowing();
	stopFollowing = sandboxClock.onMove(follow);
	follow();
	performance.now = () => sandboxClock.now();
}

/** Starts a sandbox whose clock advances, with n8n's, by each wait of the node. */
export async function createTimedFixture(options?: SandboxOptions): Promise<Fixture> {
	const fixture = await createFixture(options);
	keepInStep(fixture.clock);
	return fixture;
}
