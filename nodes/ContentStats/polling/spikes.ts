import { type Count, growthPerHour, hoursTo, isAtLeast, MAX_GAP_HOURS } from '../model/counts';
import { roundHundredths } from '../utils/format';
import { DAY_MS } from '../utils/time';

/** Snapshots closer together say too little about an hour. */
const MIN_GAP_HOURS = 0.5;
/** Fewer intervals make no baseline. */
const MIN_BASELINE = 6;
/** The part of the history that tells what is usual, and the quiet time after a spike. */
const SPIKE_WINDOW_MS = DAY_MS;

/** When the growth of a video counts as a spike. */
export interface SpikeSettings {
	/** How many times the usual growth it takes; 0: the usual growth doesn't matter. */
	spikeFactor: number;
	/** Lowest growth per hour. */
	spikeMinimum: number;
}

/** The columns of `growth.spiked`, except for `metric`. */
export interface Spike {
	growth_per_hour: number;
	/** Median of the day before; null if too little is known of it. */
	usual_per_hour: number | null;
	/** `growth_per_hour` as a multiple of `usual_per_hour`; null if that is 0 or unknown. */
	factor: number | null;
}

function medianOf(numbers: number[]): number {
	const sorted = [...numbers].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const isComparable = (earlier: Count, later: Count): boolean => {
	const hours = hoursTo(earlier, later);
	return hours >= MIN_GAP_HOURS && hours <= MAX_GAP_HOURS;
};

/** Returns the usual growth per hour in the 24 hours before the count at `end`; null if it is unknown. */
function usualPerHour(counts: Count[], end: number): number | null {
	const earliest = counts[end]!.instant - SPIKE_WINDOW_MS;
	const growths: number[] = [];
	for (let place = end; place > 0 && counts[place - 1]!.instant >= earliest; place -= 1) {
		const [earlier, later] = [counts[place - 1]!, counts[place]!];
		if (isComparable(earlier, later)) growths.push(growthPerHour(earlier, later));
	}
	if (growths.length < MIN_BASELINE) return null;
	return roundHundredths(Math.max(0, medianOf(growths)));
}

/** Whether a video spiked so recently that it can't spike again. @param spikedAt,now Unix milliseconds. */
export const isRecentSpike = (spikedAt: number | undefined, now: number): boolean =>
	spikedAt !== undefined && now < spikedAt + SPIKE_WINDOW_MS;

/**
 * Finds out if a video spikes: its growth per hour reaches the minimum, and a multiple of the median of the
 * 24 hours before.
 *
 * @param counts oldest first.
 * @param place of the count to judge.
 * @param spikedAt when it last spiked, in Unix milliseconds: for 24 hours it doesn't spike again.
 * @returns null if it doesn't.
 */
export function findSpike(
	counts: Count[],
	place: number,
	spikedAt: number | undefined,
	{ spikeFactor, spikeMinimum }: SpikeSettings,
): Spike | null {
	const [previous, count] = [counts[place - 1], counts[place]];
	if (!previous || !count || !isComparable(previous, count)) return null;
	if (isRecentSpike(spikedAt, count.instant)) return null;
	const growth = growthPerHour(previous, count);
	if (growth <= 0 || growth < spikeMinimum) return null;
	const usual = usualPerHour(counts, place - 1);
	if (spikeFactor > 0 && (usual === null || !isAtLeast(growth, spikeFactor * usual))) return null;
	return {
		growth_per_hour: growth,
		usual_per_hour: usual,
		factor: usual ? roundHundredths(growth / usual) : null,
	};
}
