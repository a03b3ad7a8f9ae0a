// Before all that loads n8n-workflow.
import { useSleep } from '../../support/fakeSleep';

import { setImmediate } from 'node:timers/promises';

import type { ManualClock } from '../../../sandbox';
import { START } from './fixture';

let clock: ManualClock | undefined;
let letGo = () => {};

// A wait of the node moves the clocks on: a minute takes no real time.
useSleep(async (ms) => {
	const ofTest = clock!;
	const until = ofTest.now() + ms;
	await setImmediate();
	if (ofTest.now() < until) ofTest.set(until);
});

/** Lets Date stand still, at `now` in Unix milliseconds; sockets and their timers go on. */
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

// At the start of each test already: what the one before left behind must not see another time.
beforeEach(() => {
	stopDate(Date.parse(START));
});
afterEach(() => {
	letGo();
	jest.useRealTimers();
});

/** Keeps n8n's clock in step with the sandbox's, `skewMs` ahead of it, for the rest of a test. */
export function keepInStep(ofSandbox: ManualClock, skewMs = 0): void {
	clock = ofSandbox;
	const follow = () => jest.setSystemTime(ofSandbox.now() + skewMs);
	letGo();
	letGo = ofSandbox.onMove(follow);
	follow();
}
