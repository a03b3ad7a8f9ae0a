import fc from 'fast-check';

import type { Count } from '../../../nodes/ContentStats/model/counts';
import { findSpike } from '../../../nodes/ContentStats/polling/spikes';
import { at } from '../support/fakeClient';

type Point = [hours: number, value: number];
const countsOf = (points: Point[]): Count[] =>
	points.map(([hours, value]) => ({ instant: at(hours), value }));

/** Hourly counts from hour 0 that grow by each of `growths` in turn. */
const hourly = (...growths: number[]): Point[] =>
	growths.reduce<Point[]>(
		(points, growth) => [...points, [points.length, points.at(-1)![1] + growth]],
		[[0, 1000]],
	);

const DEFAULTS = { spikeFactor: 3, spikeMinimum: 1000 };
const findLast = (points: Point[], settings = {}, spikedAt?: number) =>
	findSpike(countsOf(points), points.length - 1, spikedAt, { ...DEFAULTS, ...settings });

/** Six hours of a usual growth of 400. */
const USUAL = [400, 400, 400, 400, 400, 400];

describe('findSpike', () => {
	test('compares the growth with the median of the day before', () => {
		// Median of 100, 200, 300, 500, 600, 9000: (300 + 500) / 2 = 400. 1500 / 400 = 3.75.
		expect(findLast(hourly(100, 9000, 200, 300, 500, 600, 1500))).toEqual({
			growth_per_hour: 1500,
			usual_per_hour: 400,
			factor: 3.75,
		});
	});

	test('spikes at exactly the factor, whatever the digits', () => {
		// 402 and 1206 in 1.25 h: 321.6 and 964.8 an hour. 3 * 321.6 is 964.8000000000001.
		const points = Array.from({ length: 7 }, (_, n): Point => [1.25 * n, 402 * n]);
		const settings = { spikeMinimum: 0 };
		expect(findLast([...points, [8.75, 402 * 6 + 1206]], settings)?.factor).toBe(3);
		expect(findLast([...points, [8.75, 402 * 6 + 1205]], settings)).toBeNull();
	});

	test('divides by the hours of an interval', () => {
		// 5000 in 4 h are 1250 an hour, 3.13 times 400.
		const points = [...hourly(...USUAL), [10, 1000 + 2400 + 5000] as Point];
		expect(findLast(points)).toEqual({ growth_per_hour: 1250, usual_per_hour: 400, factor: 3.13 });
	});

	test.each<[string, Point[], object, boolean]>([
		['at the factor', hourly(...USUAL, 1200), {}, true],
		['below the factor', hourly(...USUAL, 1199), {}, false],
		['at the minimum', hourly(0, 0, 0, 0, 0, 0, 1000), {}, true],
		['below the minimum', hourly(0, 0, 0, 0, 0, 0, 999), {}, false],
		['after five intervals', hourly(0, 0, 0, 0, 0, 5000), {}, false],
		['after five intervals with factor 0', hourly(0, 0, 0, 0, 0, 5000), { spikeFactor: 0 }, true],
		['of the second snapshot with factor 0', hourly(1000), { spikeFactor: 0 }, true],
		['of the first snapshot', hourly(), { spikeFactor: 0, spikeMinimum: 0 }, false],
		['without growth', hourly(...USUAL, 0), { spikeFactor: 0, spikeMinimum: 0 }, false],
		['with a fall', hourly(...USUAL, -5000), { spikeFactor: 0, spikeMinimum: 0 }, false],
		['half an hour later', [...hourly(...USUAL), [6.5, 4000]], {}, true],
		['less than half an hour later', [...hourly(...USUAL), [6.49, 4000]], {}, false],
		['six hours later', [...hourly(...USUAL), [12, 11_000]], {}, true],
		['more than six hours later', [...hourly(...USUAL), [12.01, 20_000]], {}, false],
	])('judges a growth %s', (_, points, settings, isSpike) => {
		expect(findLast(points, settings) !== null).toBe(isSpike);
	});

	test.each<[string, Point[]]>([
		['falls', hourly(-10, -10, -10, -10, -10, -10, 1000)],
		['does not move', hourly(0, 0, 0, 0, 0, 0, 1000)],
	])('has a usual growth of 0 and no factor if a video %s', (_, points) => {
		expect(findLast(points)).toEqual({ growth_per_hour: 1000, usual_per_hour: 0, factor: null });
	});

	test('knows no usual growth after a gap of a day', () => {
		const points: Point[] = [...hourly(...USUAL), [40, 4000], [41, 9000]];
		expect(findLast(points)).toBeNull();
		expect(findLast(points, { spikeFactor: 0 })).toEqual({
			growth_per_hour: 5000,
			usual_per_hour: null,
			factor: null,
		});
	});

	test('leaves intervals out of the median that begin more than a day before', () => {
		// 24 intervals of 400 lie within the day before hour 25, the one of 90,000 does not.
		const day = Array<number>(24).fill(400);
		expect(findLast(hourly(90_000, ...day, 1200))?.usual_per_hour).toBe(400);
		// An odd count: of six intervals of 0 and seven of 600 the median is 600.
		expect(
			findLast(hourly(...Array<number>(6).fill(0), ...Array<number>(7).fill(600), 1800)),
		).toEqual({ growth_per_hour: 1800, usual_per_hour: 600, factor: 3 });
	});

	test.each([
		[23.99, false],
		[24, true],
	])('a spike %p hours after the last one', (hours, isSpike) => {
		const points = hourly(...USUAL, 5000);
		expect(findLast(points, {}, at(7 - hours)) !== null).toBe(isSpike);
	});

	test('never divides by zero, whatever the counts', () => {
		const point = fc.tuple(fc.double({ min: 0, max: 60, noNaN: true }), fc.nat({ max: 2 ** 31 }));
		const settings = fc.record({
			spikeFactor: fc.constantFrom(0, 1, 3),
			spikeMinimum: fc.constantFrom(0, 1, 1000),
		});
		fc.assert(
			fc.property(
				fc.uniqueArray(point, { selector: ([hours]) => at(hours) }),
				settings,
				(points, given) => {
					const counts = countsOf(points.sort(([a], [b]) => a - b));
					for (let place = 0; place <= counts.length; place += 1) {
						const spike = findSpike(counts, place, undefined, given);
						for (const value of Object.values(spike ?? {}))
							expect(value === null || Number.isFinite(value)).toBe(true);
					}
				},
			),
			{ seed: 1 },
		);
	});
});
