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

/** Returns the cursor of a video whose snapshots of these hours were emitted. */
const after = (...numbers: number[]): Cursor => advanceCursor(EMPTY_CURSOR, hours(...numbers));

it('freshInstants returns every snapshot for an empty cursor', () => {
	expect(freshInstants(EMPTY_CURSOR, hours(0, 1, 500))).toEqual(hours(0, 1, 500));
});

test.each<[what: string, emitted: number[], available: number[], fresh: number[]]>([
	['nothing if every snapshot was emitted', [0, 1, 2], [0, 1, 2], []],
	['a newer snapshot', [0, 1, 2], [0, 1, 2, 3], [3]],
	['every newer snapshot after a long pause', [0], [0, ...range(1, 720)], range(1, 720)],
	['a snapshot that is an hour late', [0, 2], [0, 1, 2], [1]],
	['a snapshot that is just under a day late', [0, 30], [0, 6.01, 30], [6.01]],
	['no snapshot that is exactly a day late', [30], [6, 30], []],
	['no snapshot that is more than a day late', [5, 30], [5, 5.99, 30], []],
	['a snapshot before the first that is less than a day late', [10, 11], [2, 10, 11], [2]],
	['no snapshot before the first that is more than a day late', [30], [2, 30], []],
	['late and newer snapshots together', [0, 2], [0, 1, 2, 3], [1, 3]],
	['nothing if the history was cut short', [0, 1, 2], [2], []],
	['nothing if no snapshots are left', [0, 1, 2], [], []],
	['a second snapshot one minute later', [1], [1, 1 + 1 / 60], [1 + 1 / 60]],
])('freshInstants returns %s', (_, emitted, available, fresh) => {
	expect(freshInstants(after(...emitted), hours(...available))).toEqual(hours(...fresh));
});

it('freshInstants returns each late snapshot once, in whatever order they arrive', () => {
	let cursor = EMPTY_CURSOR;
	const emitted: number[] = [];
	for (const available of [
		[0, 5],
		[0, 3, 5],
		[0, 3, 4, 5],
		[0, 1, 3, 4, 5, 6],
		[0, 1, 3, 4, 5, 6],
	]) {
		const fresh = freshInstants(cursor, hours(...available));
		emitted.push(...fresh);
		cursor = advanceCursor(cursor, fresh);
	}
	expect(emitted).toEqual(hours(0, 5, 3, 4, 1, 6));
});

it('advanceCursor does not move back when a late snapshot is emitted', () => {
	expect(advanceCursor(after(0, 2), hours(1)).newest).toBe(at(2));
});

it('advanceCursor leaves the cursor unchanged when nothing is emitted', () => {
	const cursor = after(0, 2);
	expect(advanceCursor(cursor, [])).toEqual(cursor);
	expect(advanceCursor(EMPTY_CURSOR, [])).toEqual({ newest: null, seen: '' });
});

it('advanceCursor gives the same cursor whether snapshots are emitted one by one or at once', () => {
	const atOnce = after(...range(0, 40));
	const oneByOne = hours(...range(0, 40)).reduce(
		(cursor, instant) => advanceCursor(cursor, [instant]),
		EMPTY_CURSOR,
	);
	expect(oneByOne).toEqual(atOnce);
});

it('advanceCursor counts a repeated snapshot once', () => {
	expect(advanceCursor(after(0, 1), hours(1, 1, 0))).toEqual(after(0, 1));
});

describe('the memory of a cursor', () => {
	const every10Minutes = range(0, 24, 1 / 6);

	it('covers the last day of an hourly video', () => {
		const cursor = after(...range(0, 719).filter((hour) => hour !== 700));
		expect(freshInstants(cursor, hours(...range(0, 719)))).toEqual(hours(700));
	});

	it('is limited to 48 snapshots without causing duplicates', () => {
		const cursor = after(...every10Minutes);
		expect(gapsOf(cursor)).toHaveLength(47);
		expect(freshInstants(cursor, hours(...every10Minutes))).toEqual([]);
	});

	it('reveals a late snapshot between remembered ones', () => {
		const late = at(23) + MINUTE_MS;
		const cursor = after(...every10Minutes);
		expect(freshInstants(cursor, [...hours(...every10Minutes), late])).toEqual([late]);
	});

	it('takes less than 60 characters for an hourly video', () => {
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
	])('is encoded as “%s” for gaps of %j ms', (text, gaps) => {
		expect(encodeGaps(gaps)).toBe(text);
		expect(gapsOf({ newest: 0, seen: text })).toEqual(gaps);
	});
});

it('a cursor remembers instants to the millisecond', () => {
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

it('freshInstants and advanceCursor do not modify their arguments', () => {
	const cursor = deepFreeze(after(0, 1, 2));
	const instants = deepFreeze(hours(5, 3, 4));
	advanceCursor(cursor, freshInstants(cursor, instants));
	expect(cursor).toEqual(after(0, 1, 2));
	expect(instants).toEqual(hours(5, 3, 4));
});

describe('a snapshot far ahead of its fetch', () => {
	const emittedAt = (hours: number[], fetched: number, cursor = EMPTY_CURSOR) =>
		advanceCursor(cursor, hours.map(at), at(fetched));

	it('is emitted once, and makes none that follow look old', () => {
		const cursor = emittedAt([1, 2, 26], 2);
		expect(cursor).toMatchObject({ newest: at(2), ahead: [at(26)] });
		expect(freshInstants(cursor, [0, 1, 2, 3, 26].map(at))).toEqual([0, 3].map(at));
	});

	it('counts as any other once time has reached it', () => {
		const cursor = emittedAt([3, 25], 25, emittedAt([1, 2, 26], 2));
		expect(cursor).toMatchObject({ newest: at(26) });
		expect(cursor.ahead).toBeUndefined();
		expect(freshInstants(cursor, [3, 24, 25, 26, 27].map(at))).toEqual([24, 27].map(at));
	});

	it('stays ahead of those that are still to be emitted', () => {
		// Of the snapshots until hour 26, hour 3 is the last that was emitted.
		const cursor = emittedAt([3], 3, emittedAt([1, 2, 26], 2));
		expect(cursor).toMatchObject({ newest: at(3), ahead: [at(26)] });
	});

	it('is none that was the newest once, whatever the time of a later reply', () => {
		const hours = Array.from({ length: 31 }, (_, hour) => hour);
		const cursor = emittedAt([31], 20, emittedAt(hours, 30));
		expect(cursor).toMatchObject({ newest: at(30), ahead: [at(31)] });
		expect(freshInstants(cursor, [...hours, 31].map(at))).toEqual([]);
	});

	it('can be the only one', () => {
		const cursor = emittedAt([26], 2);
		expect(cursor).toEqual({ newest: null, seen: '', ahead: [at(26)] });
		expect(freshInstants(cursor, [1, 26].map(at))).toEqual([at(1)]);
	});

	it('by less than clocks may differ is not ahead', () => {
		expect(emittedAt([5], 2)).toEqual({ newest: at(5), seen: '' });
	});
});
