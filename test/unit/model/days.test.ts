import { createDayOf, lastOfEachDay, withDay } from '../../../nodes/ContentStats/model/days';
import { toRow } from '../../../nodes/ContentStats/model/snapshots';
import { video } from '../support/fakeClient';

const row = (snapshot_time: string) => toRow(video('a'), { snapshot_time, views: '1' });

describe('createDayOf', () => {
	test.each([
		['UTC', '2026-01-31T23:59:59.999Z', '2026-01-31'],
		['UTC', '2026-02-01T00:00:00.000Z', '2026-02-01'],
		// Clocks go forward on March 29 and back on October 25.
		['Europe/Berlin', '2026-03-28T22:59:59.999Z', '2026-03-28'],
		['Europe/Berlin', '2026-03-28T23:00:00.000Z', '2026-03-29'],
		['Europe/Berlin', '2026-03-29T21:59:59.999Z', '2026-03-29'],
		['Europe/Berlin', '2026-03-29T22:00:00.000Z', '2026-03-30'],
		['Europe/Berlin', '2026-10-24T22:00:00.000Z', '2026-10-25'],
		['Europe/Berlin', '2026-10-25T22:59:59.999Z', '2026-10-25'],
		['Europe/Berlin', '2026-10-25T23:00:00.000Z', '2026-10-26'],
		['America/New_York', '2026-01-01T04:59:59.999Z', '2025-12-31'],
		['Asia/Kolkata', '2026-01-01T18:30:00.000Z', '2026-01-02'],
		['Pacific/Kiritimati', '2026-01-01T10:00:00.000Z', '2026-01-02'],
	])('in %s of %s is %s', (timezone, time, day) => {
		expect(createDayOf(timezone)(Date.parse(time))).toBe(day);
	});
});

test('lastOfEachDay keeps the last row of each day, oldest first', () => {
	const times = ['2026-01-01T23:00', '2026-01-01T23:59', '2026-01-03T01:00', '2026-01-03T12:00'];
	const history = {
		rows: times.map((time) => row(`${time}:00.000Z`)),
		instants: times.map((time) => Date.parse(`${time}:00.000Z`)),
	};
	const { rows, instants } = lastOfEachDay(history, createDayOf('UTC'));
	expect(rows.map(({ snapshot_time }) => snapshot_time.slice(0, 16))).toEqual([times[1], times[3]]);
	expect(instants).toEqual(rows.map(({ snapshot_time }) => Date.parse(snapshot_time)));
	const none = { rows: [], instants: [] };
	expect(lastOfEachDay(none, createDayOf('UTC'))).toEqual(none);
});

test.each([
	['2026-01-01T23:59:59.999Z', false, false],
	['2026-01-02T00:00:00.000Z', false, true],
	['2026-01-01T23:59:59.999Z', true, true],
])('withDay at %s, ended: %p, is complete: %p', (now, hasEnded, isComplete) => {
	const one = row('2026-01-01T23:00:00.000Z');
	const days = withDay(one, createDayOf('UTC'), Date.parse(now), hasEnded);
	expect(days).toEqual({
		day: '2026-01-01',
		...one,
		is_complete: isComplete,
		day_key: 'a:2026-01-01',
	});
	expect(Object.keys(days)[0]).toBe('day');
});
