import { setImmediate } from 'node:timers/promises';

import type { ManualClock } from '../../../sandbox';
import { START } from './fixture';

type Workflow = typeof import('n8n-workflow');

// What the node waits for moves the clocks on: a wait of a minute takes no real time.
jest.mock('n8n-workflow', () => ({
	...jest.requireActual<Workflow>('n8n-workflow'),
	sleep: mockSleep,
}));

let clock: ManualClock | undefined;
let letGo = () => {};

async function mockSleep(ms: number): Promise<void> {
	const ofTest = clock!;
	const until = ofTest.now() + ms;
	await setImmediate();
	if (ofTest.now() < until) ofTest.set(until);
}

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
