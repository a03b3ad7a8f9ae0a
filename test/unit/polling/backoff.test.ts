import {
	recordFailedPoll,
	isFirstPoll,
	isBackingOff,
	resetBackoff,
} from '../../../nodes/ContentStats/polling/backoff';
import { MINUTE_MS } from '../../../nodes/ContentStats/utils/time';
import { at } from '../support/fakeClient';

describe('polls that fail', () => {
	/** For how many whole minutes polls are left out after each of so many failures in a row. */
	const waitsAfter = (context: object, failures: number) =>
		Array.from({ length: failures }, (_, n) => {
			recordFailedPoll(context, at(n));
			let minutes = 0;
			while (isBackingOff(context, at(n) + minutes * MINUTE_MS)) minutes += 1;
			return minutes;
		});

	it('make the next ones wait from the second on, longer each time, 15 minutes at most', () => {
		expect(waitsAfter({}, 8)).toEqual([0, 2, 4, 8, 15, 15, 15, 15]);
	});

	it('begin anew after one that has worked', () => {
		const context = {};
		waitsAfter(context, 3);
		resetBackoff(context);
		expect(isBackingOff(context, at(2))).toBe(false);
		expect(waitsAfter(context, 2)).toEqual([0, 2]);
	});

	it('are those of one activation', () => {
		const [one, other] = [{}, {}];
		waitsAfter(one, 3);
		expect(isFirstPoll(other)).toBe(true);
		expect(isBackingOff(other, at(2))).toBe(false);
		expect(waitsAfter(other, 1)).toEqual([0]);
	});

	it('make nothing wait for long where the clock is put back', () => {
		const context = {};
		waitsAfter(context, 2);
		expect(isBackingOff(context, at(1))).toBe(true);
		expect(isBackingOff(context, at(0))).toBe(false);
	});

	test.each<[string, (context: object) => void]>([
		['failed', (context) => recordFailedPoll(context, at(1))],
		['worked', resetBackoff],
	])('and those that worked are no first poll after one that %s', (_, record) => {
		const context = {};
		record(context);
		expect(isFirstPoll(context)).toBe(false);
	});
});
