import {
	recordCutList,
	recordTurn,
	takeShareOfList,
} from '../../../nodes/ContentStats/polling/starvation';

beforeEach(() => jest.useFakeTimers({ now: Date.UTC(2026, 0, 1, 10) }));
afterEach(() => jest.useRealTimers());

const MINUTE_MS = 60_000;

/** Returns the minutes, of `minutes`, at which a trigger that is turned away each minute is reported. */
function reportedAt(trigger: string, minutes: number): number[] {
	const reported = [];
	for (let minute = 0; minute <= minutes; minute += 1) {
		if (recordTurn(trigger, true)) reported.push(minute);
		jest.advanceTimersByTime(MINUTE_MS);
	}
	return reported;
}

it('a trigger that is turned away is reported after an hour, and then once an hour', () => {
	expect(reportedAt('one', 150)).toEqual([60, 120]);
});

it('a poll that finds room ends the hour', () => {
	expect(reportedAt('two', 59)).toEqual([]);
	expect(recordTurn('two', false)).toBeNull();
	expect(reportedAt('two', 59)).toEqual([]);
});

it('a clock that is set forward makes no hour', () => {
	expect(reportedAt('five', 5)).toEqual([]);
	jest.setSystemTime(Date.now() + 60 * MINUTE_MS);
	expect(reportedAt('five', 5)).toEqual([]);
});

it('triggers are told apart', () => {
	expect(reportedAt('three', 59)).toEqual([]);
	expect(recordTurn('four', true)).toBeNull();
	expect(recordTurn('three', true)).toMatchObject({
		kind: 'rate_limited',
		message: expect.stringMatching(/^The rate limit has left no room for this trigger for an hour/),
	});
});

it('the list has half of the time, and once all of it after it was cut short', () => {
	const shares = [true, true, true, false, false].map((isCut) => {
		const share = takeShareOfList('five');
		if (isCut && share < 1) recordCutList('five');
		return share;
	});
	expect(shares).toEqual([0.5, 1, 0.5, 1, 0.5]);
});
