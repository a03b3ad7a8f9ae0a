import type { Metric } from '../api/schemas';
import { HOUR_MS } from '../utils/time';
import { delta, hoursBetween, perHour } from './growth';
import type { DatedSnapshot } from './history';
import { platformNamed } from './links';
import { toMetric } from './snapshots';

/** A metric of a video at one moment. */
export interface Count {
	/** Unix milliseconds. */
	instant: number;
	value: number;
}

/** The longest gap between snapshots across which growth is judged, in hours. */
export const MAX_GAP_HOURS = 6;

/** Returns the metric by which growth is judged: Instagram reports no views. */
export const growthMetricOf = (platform: string | null): 'views' | 'likes' =>
	platformNamed(platform) === 'instagram' ? 'likes' : 'views';

/**
 * Reads one metric of all snapshots. Snapshots of which it isn't a number are skipped.
 *
 * @param dated oldest first.
 * @returns oldest first.
 */
export function countsOf(dated: DatedSnapshot[], metric: Metric): Count[] {
	const counts: Count[] = [];
	for (const { instant, snapshot } of dated) {
		const value = toMetric(snapshot[metric]);
		if (typeof value === 'number') counts.push({ instant, value });
	}
	return counts;
}

/** The largest error of a product of floating-point numbers: 3 times 321.6 is 964.8000000000001. */
const RELATIVE_ERROR = 1e-9;

/** Whether a number reaches a threshold that was computed. Both are at least 0. */
export const isAtLeast = (value: number, threshold: number): boolean =>
	value * (1 + RELATIVE_ERROR) >= threshold;

type Dated = Pick<Count, 'instant'>;

/** Returns the hours from one count or snapshot to a later one. */
export const hoursTo = (earlier: Dated, later: Dated): number =>
	(later.instant - earlier.instant) / HOUR_MS;

/** Returns the growth per hour from one count to the next, to two decimals. */
export const growthPerHour = (earlier: Count, later: Count): number =>
	perHour(delta(later.value, earlier.value), hoursBetween(earlier.instant, later.instant)) ?? 0;
