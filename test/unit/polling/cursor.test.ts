import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

import {
	advanceCursor,
	type Cursor,
	encodeGaps,
	freshInstants,
	gapsOf,
	LOOKBACK_MS,
	EMPTY_CURSOR,
} from '../../../nodes/ContentStats/polling/cursor';
import { at, deepFreeze } from '../support/fakeClient';

const MINUTE_MS = 60_000;
const hours = (...numbers: number[]) => numbers.map(at);
const range = (from: number, to: number, step = 1) =>
	Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, n) => from + n * step);

/** The cursor of a video of which the snapshots of these hours went out. */
const after = (...numbers: number[]): Cursor => advanceCursor(EMPTY_CURSOR, hours(...numbers));

it('begins with everything', () => {
	expect(freshInstants(EMPTY_CURSOR, hours(0, 1, 500))).toEqual(hours(0, 1, 500));
});

test.each<[what: string, handedOver: number[], there: number[], fresh: number[]]>([
	['nothing new', [0, 1, 2], [0, 1, 2], []],
	['one newer', [0, 1, 2], [0, 1, 2, 3], [3]],
	['all newer after a long pause', [0], [0, ...range(1, 720)], range(1, 720)],
	['one late by an hour', [0, 2], [0, 1, 2], [1]],
	['one late by just under a day', [0, 30], [0, 6.01, 30], [6.01]],
	['one older than a day', [5, 30], [5, 5.99, 30], []],
	['one before the first, within a day', [10, 11], [2, 10, 11], [2]],
	['one before the first, older than a day', [30], [2, 30], []],
	['late and newer together', [0, 2], [0, 1, 2, 3], [1, 3]],
	['a history that was cut short', [0, 1, 2], [2], []],
	['no snapshot any more', [0, 1, 2], [], []],
	['a second a minute later', [1], [1, 1 + 1 / 60], [1 + 1 / 60]],
])('of %s hands over what is missing', (_, handedOver, there, fresh) => {
	expect(freshInstants(after(...handedOver), hours(...there))).toEqual(hours(...fresh));
});

it('hands over late snapshots once each, in whatever order they come', () => {
	let cursor = EMPTY_CURSOR;
	const out: number[] = [];
	for (const there of [
		[0, 5],
		[0, 3, 5],
		[0, 3, 4, 5],
		[0, 1, 3, 4, 5, 6],
		[0, 1, 3, 4, 5, 6],
	]) {
		const fresh = freshInstants(cursor, hours(...there));
		out.push(...fresh);
		cursor = advanceCursor(cursor, fresh);
	}
	expect(out).toEqual(hours(0, 5, 3, 4, 1, 6));
});

it('does not go back when a late snapshot goes out', () => {
	expect(advanceCursor(after(0, 2), hours(1)).newest).toBe(at(2));
});

it('stays where it is when nothing goes out', () => {
	const cursor = after(0, 2);
	expect(advanceCursor(cursor, [])).toEqual(cursor);
	expect(advanceCursor(EMPTY_CURSOR, [])).toEqual({ newest: null, seen: '' });
});

it('is the same however what went out was cut into polls', () => {
	const atOnce = after(...range(0, 40));
	const oneByOne = hours(...range(0, 40)).reduce(
		(cursor, instant) => advanceCursor(cursor, [instant]),
		EMPTY_CURSOR,
	);
	expect(oneByOne).toEqual(atOnce);
});

it('takes the same snapshot twice for one', () => {
	expect(advanceCursor(after(0, 1), hours(1, 1, 0))).toEqual(after(0, 1));
});

describe('what it remembers', () => {
	const every10Minutes = range(0, 24, 1 / 6);

	it('covers the day of an hourly video', () => {
		const cursor = after(...range(0, 719).filter((hour) => hour !== 700));
		expect(freshInstants(cursor, hours(...range(0, 719)))).toEqual(hours(700));
	});

	it('stays short, and repeats nothing for that, where snapshots come fast', () => {
		const cursor = after(...every10Minutes);
		expect(gapsOf(cursor)).toHaveLength(47);
		expect(freshInstants(cursor, hours(...every10Minutes))).toEqual([]);
	});

	it('still finds what is late among those remembered', () => {
		const late = at(23) + MINUTE_MS;
		const cursor = after(...every10Minutes);
		expect(freshInstants(cursor, [...hours(...every10Minutes), late])).toEqual([late]);
	});

	it('is short text in the state', () => {
		const { seen } = after(...range(0, 719));
		expect(gapsOf({ newest: 0, seen })).toHaveLength(24);
		expect(seen.length).toBeLessThan(60);
	});

	const HOUR_MS = 60 * MINUTE_MS;
	test.each<[string, number[]]>([
		['', []],
		['+0', [HOUR_MS]],
		['+1-1', [HOUR_MS + 1, HOUR_MS - 1]],
		['+zz+0-a', [HOUR_MS + 1295, HOUR_MS, HOUR_MS - 10]],
		['-255ry+1daow0', [2, 24 * HOUR_MS]],
	])('is “%s” for gaps of %j ms', (text, gaps) => {
		expect(encodeGaps(gaps)).toBe(text);
		expect(gapsOf({ newest: 0, seen: text })).toEqual(gaps);
	});
});

it('remembers the very instants, to the millisecond', () => {
	const random = xoroshiro128plus(7);
	for (let run = 0; run < 200; run += 1) {
		const count = uniformInt(random, 1, 47);
		const instants = new Set<number>();
		while (instants.size < count) instants.add(at(1000) + uniformInt(random, 0, LOOKBACK_MS - 1));
		const cursor = JSON.parse(JSON.stringify(advanceCursor(EMPTY_CURSOR, [...instants]))) as Cursor;
		const neighbours = [...instants].flatMap((instant) =>
			[instant - 1, instant + 1].filter((other) => !instants.has(other)),
		);
		const newest = Math.max(...instants);
		expect(freshInstants(cursor, [...instants])).toEqual([]);
		const fresh = neighbours.filter((instant) => instant > newest - LOOKBACK_MS);
		expect(freshInstants(cursor, neighbours)).toEqual(fresh);
	}
});

it('changes nothing it is given', () => {
	const cursor = deepFreeze(after(0, 1, 2));
	const instants = deepFreeze(hours(5, 3, 4));
	advanceCursor(cursor, freshInstants(cursor, instants));
	expect(cursor).toEqual(after(0, 1, 2));
	expect(instants).toEqual(hours(5, 3, 4));
});
