import { type Count, hoursTo, isAtLeast, MAX_GAP_HOURS } from '../model/counts';
import { HOUR_MS } from '../utils/time';

/** When the growth of a video counts as slowed. */
export interface SlowdownSettings {
	/** Length of the windows that are compared, in hours. */
	slowedHours: number;
	/** The share of the best window, in percent, below which the last one counts as slow. */
	slowedPercent: number;
}

/** Names the settings by which videos are judged; undefined if the event isn't chosen. */
export const slowedBy = ({
	events,
	slowedHours,
	slowedPercent,
}: SlowdownSettings & { events: readonly string[] }): string | undefined =>
	events.includes('growth.slowed') ? `${slowedPercent} % of ${slowedHours} h` : undefined;

/** What `growth.slowed` tells of the growth. */
export interface Slowdown {
	growth_in_window: number;
	best_in_window: number;
	/** `growth_in_window` as a share of `best_in_window`, in percent. */
	percent_of_best: number;
}

const round = (value: number): number => Number(value.toFixed(2));

/**
 * Computes how much a video grew in each window that ends at a count. Falls count as 0, and the interval in
 * which a window begins counts in part.
 *
 * @returns a growth per count; null where the window begins before the first count, or has a gap of over six
 * hours in it.
 */
function growthInWindows(counts: Count[], windowMs: number): Array<number | null> {
	let risen = 0;
	// The sum of rises up to each count.
	const risenAt = counts.map(({ value }, place) => {
		if (place > 0) risen += Math.max(0, value - counts[place - 1]!.value);
		return risen;
	});
	let start = 0;
	let lastGapEnd = 0;
	return counts.map(({ instant }, end) => {
		if (end > 0 && hoursTo(counts[end - 1]!, counts[end]!) > MAX_GAP_HOURS) lastGapEnd = end;
		const from = instant - windowMs;
		if (from < counts[0]!.instant) return null;
		while (counts[start + 1]!.instant <= from) start += 1;
		if (lastGapEnd > start) return null;
		const [before, after] = [counts[start]!, counts[start + 1]!];
		const share = (from - before.instant) / (after.instant - before.instant);
		const cut = share * (risenAt[start + 1]! - risenAt[start]!);
		return risenAt[end]! - risenAt[start]! - cut;
	});
}

/**
 * Finds out if the growth of a video has slowed: in the window that ends at its last count it grew by less
 * than a share of its best window.
 *
 * @param counts oldest first, each at another instant.
 * @returns null if it hasn't; undefined if that can't be known: the history is shorter than two windows, or
 * the last window has a gap.
 */
export function findSlowdown(
	counts: Count[],
	{ slowedHours, slowedPercent }: SlowdownSettings,
): Slowdown | null | undefined {
	const [first, last] = [counts[0], counts.at(-1)];
	if (!first || !last || hoursTo(first, last) < 2 * slowedHours) return undefined;
	const growths = growthInWindows(counts, slowedHours * HOUR_MS);
	const [lastGrowth] = growths.slice(-1);
	const growth = round(lastGrowth ?? NaN);
	const best = round(growths.reduce<number>((most, next) => Math.max(most, next ?? 0), 0));
	if (Number.isNaN(growth)) return undefined;
	if (best <= 0 || isAtLeast(100 * growth, slowedPercent * best)) return null;
	return {
		growth_in_window: growth,
		best_in_window: best,
		percent_of_best: round((100 * growth) / best),
	};
}
