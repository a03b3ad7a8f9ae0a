import {
	recordFailedPoll,
	isFirstPoll,
	isBackingOff,
	resetBackoff,
} from '../../../nodes/ContentStats/polling/backoff';
import { MINUTE_MS } from '../../../nodes/ContentStats/utils/time';
import { at } from '../support/fakeClient';

describe('backoff', () => {
	/** Returns for how many minutes polls are skipped after each of `failures` failures in a row. */
	const waitsAfter = (context: object, failures: number) =>
		Array.from({ length: failures }, (_, n) => {
			recordFailedPoll(context, at(n));
			let minutes = 0;
			while (isBackingOff(context, at(n) + minutes * MINUTE_MS)) minutes += 1;
			return minutes;
		});

	it('skips polls from the second failure in a row on, for longer each time, up to 15 minutes', () => {
		expect(waitsAfter({}, 8)).toEqual([0, 2, 4, 8, 15, 15, 15, 15]);
	});

	it('starts over after a successful poll', () => {
		const context = {};
		waitsAfter(context, 3);
		resetBackoff(context);
		expect(isBackingOff(context, at(2))).toBe(false);
		expect(waitsAfter(context, 2)).toEqual([0, 2]);
	});

	it('is separate for each activation', () => {
		const [one, other] = [{}, {}];
		waitsAfter(one, 3);
		expect(isFirstPoll(other)).toBe(true);
		expect(isBackingOff(other, at(2))).toBe(false);
		expect(waitsAfter(other, 1)).toEqual([0]);
	});

	it('ends if the clock is set back', () => {
		const context = {};
		waitsAfter(context, 2);
		expect(isBackingOff(context, at(1))).toBe(true);
		expect(isBackingOff(context, at(0))).toBe(false);
	});

	test.each<[string, (context: object) => void]>([
		['failed', (context) => recordFailedPoll(context, at(1))],
		['succeeded', resetBackoff],
	])('counts no poll as the first of an activation after one that %s', (_, record) => {
		const context = {};
		record(context);
		expect(isFirstPoll(context)).toBe(false);
	});
});
