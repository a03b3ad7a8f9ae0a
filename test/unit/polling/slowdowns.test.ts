import fc from 'fast-check';

import type { Count } from '../../../nodes/ContentStats/model/counts';
import { findSlowdown } from '../../../nodes/ContentStats/polling/slowdowns';
import { at } from '../support/fakeClient';

type Point = [hours: number, value: number];
const find = (points: Point[], settings = {}) =>
	findSlowdown(
		points.map(([hours, value]): Count => ({ instant: at(hours), value })),
		{ slowedHours: 2, slowedPercent: 5, ...settings },
	);

/** Hourly counts from hour 0 that grow by each of `growths` in turn. */
const hourly = (...growths: number[]): Point[] =>
	growths.reduce<Point[]>(
		(points, growth) => [...points, [points.length, points.at(-1)![1] + growth]],
		[[0, 0]],
	);

describe('findSlowdown', () => {
	test('compares the last window with the best one', () => {
		// Windows of two hours: 300, 500, 410, 14, 8. 8 of 500 are 1.6 %.
		expect(find(hourly(100, 200, 300, 110, 4, 4))).toEqual({
			growth_in_window: 8,
			best_in_window: 500,
			percent_of_best: 1.6,
		});
	});

	test.each<[string, Point[], object, boolean]>([
		['just below the threshold', hourly(500, 500, 25, 24), {}, true],
		['at the threshold', hourly(500, 500, 25, 25), {}, false],
		['with a higher threshold', hourly(500, 500, 100, 99), { slowedPercent: 20 }, true],
		['over exactly two windows', hourly(500, 500, 0, 0), {}, true],
		['over less than two windows', [...hourly(500, 500, 0), [3.99, 1000]], {}, false],
		['over too short a history', hourly(500, 500), {}, false],
		['that never grew', hourly(0, 0, 0, 0, 0), {}, false],
		['that only fell', hourly(-5, -5, -5, -5), {}, false],
		['without counts', [], {}, false],
		['with one count', [[0, 5]], {}, false],
		['that grows again', hourly(500, 500, 0, 0, 400), {}, false],
		['that still grows evenly', hourly(5, 5, 5, 5, 5, 5), {}, false],
	])('judges a growth %s', (_, points, settings, isSlow) => {
		expect(Boolean(find(points, settings))).toBe(isSlow);
	});

	test.each([7, 14, 28, 55, 56])('does not slow at exactly %p percent', (percent) => {
		const points = hourly(100, 0, percent, 0);
		expect(find(points, { slowedPercent: percent })).toBeNull();
		expect(find(points, { slowedPercent: percent + 0.1 })).not.toBeNull();
	});

	test('counts falls as 0', () => {
		// The last window: a fall of 400 and a rise of 9. 9 of 1000 are 0.9 %.
		expect(find(hourly(500, 500, -400, 9))?.growth_in_window).toBe(9);
	});

	test('counts the interval in which a window begins in part', () => {
		// From 3.5 to 5.5 h: half of the 40 between 3 and 4 h, then 2 and 1.
		const points: Point[] = [...hourly(500, 500, 0, 40, 2), [5.5, 1043]];
		expect(find(points)).toEqual({
			growth_in_window: 23,
			best_in_window: 1000,
			percent_of_best: 2.3,
		});
	});

	test.each<[string, Point[], boolean]>([
		[
			'of six hours',
			[
				[0, 0],
				[6, 900],
				[12, 1800],
				[18, 1810],
				[24, 1820],
			],
			true,
		],
		[
			'of over six hours in the last one',
			[
				[0, 0],
				[6, 900],
				[12, 1800],
				[18, 1810],
				[24.1, 1820],
			],
			false,
		],
		[
			'of over six hours before it',
			[
				[0, 0],
				[6, 900],
				[12, 1800],
				[19, 1800],
				[25, 1805],
				[31, 1810],
			],
			true,
		],
	])('compares no window with a gap: one %s', (_, points, isSlow) => {
		expect(Boolean(find(points, { slowedHours: 12 }))).toBe(isSlow);
	});

	test('takes no window with a gap for the best one', () => {
		// 9,000 came within a gap: the best window is one of 100.
		const points: Point[] = [
			[0, 0],
			[10, 9000],
			[11, 9050],
			[12, 9100],
			[13, 9102],
			[14, 9104],
		];
		expect(find(points)).toEqual({ growth_in_window: 4, best_in_window: 100, percent_of_best: 4 });
	});

	test('gives finite numbers, and compares each window with a slower sum', () => {
		const point = fc.tuple(fc.integer({ min: 0, max: 600 }), fc.nat({ max: 2 ** 31 }));
		const settings = fc.record({
			slowedHours: fc.integer({ min: 1, max: 12 }),
			slowedPercent: fc.constantFrom(0.5, 5, 50),
		});
		const points = fc.uniqueArray(point, { selector: ([tenths]) => tenths, maxLength: 60 });
		fc.assert(
			fc.property(points, settings, (given, chosen) => {
				const sorted = given
					.map(([tenths, value]): Point => [tenths / 10, value])
					.sort(([a], [b]) => a - b);
				const found = find(sorted, chosen);
				expect(Boolean(found)).toBe(slowerFind(sorted, chosen) !== null);
				for (const value of Object.values(found ?? {})) expect(Number.isFinite(value)).toBe(true);
				if (found) expect(found.growth_in_window).toBeCloseTo(slowerFind(sorted, chosen)!, 1);
			}),
			{ seed: 1, numRuns: 1000 },
		);
	});
});

/** The growth in the last window if it is slow, summed interval by interval; else null. */
function slowerFind(points: Point[], { slowedHours, slowedPercent }: Record<string, number>) {
	const growthUntil = (end: number): number | null => {
		const from = end - slowedHours!;
		if (points.length === 0 || from < points[0]![0]) return null;
		let growth = 0;
		for (const [place, [to, value]] of points.entries()) {
			const [start, before] = points[place - 1] ?? [to, value];
			if (place === 0 || to <= from || start >= end) continue;
			if (to - start > 6 + 1e-9) return null;
			const share = (to - Math.max(start, from)) / (to - start);
			growth += share * Math.max(0, value - before);
		}
		return Number(growth.toFixed(2));
	};
	const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
	if (last - first < 2 * slowedHours! - 1e-9) return null;
	const growth = growthUntil(last);
	const best = Math.max(0, ...points.map(([end]) => growthUntil(end) ?? 0));
	return growth !== null && best > 0 && growth < (slowedPercent! / 100) * best ? growth : null;
}
