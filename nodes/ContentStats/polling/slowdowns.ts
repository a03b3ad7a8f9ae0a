import { type Count, hoursTo, isAtLeast, MAX_GAP_HOURS } from '../model/counts';
import { roundHundredths } from '../utils/format';
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

/**
 * Computes how much a video grew in the windows that end at a count. Falls count as 0, and the interval in which
 * a window begins counts in part. A window that begins before the first count, or has a gap of over six hours in
 * it, is left out.
 *
 * @returns the growth in the last window, NaN if it is left out, and in the best one; at least 0.
 */
function compareWindows(counts: Count[], windowMs: number): { last: number; best: number } {
	// The sum of rises up to each count. No array of objects: V8 would spend more on them than on the sums.
	const risen = new Float64Array(counts.length);
	let start = 0;
	let lastGapEnd = 0;
	let best = 0;
	let last = NaN;
	for (let end = 1; end < counts.length; end += 1) {
		const [previous, count] = [counts[end - 1]!, counts[end]!];
		risen[end] = risen[end - 1]! + Math.max(0, count.value - previous.value);
		if (hoursTo(previous, count) > MAX_GAP_HOURS) lastGapEnd = end;
		const from = count.instant - windowMs;
		last = NaN;
		if (from < counts[0]!.instant) continue;
		while (counts[start + 1]!.instant <= from) start += 1;
		if (lastGapEnd > start) continue;
		const [before, after] = [counts[start]!, counts[start + 1]!];
		const share = (from - before.instant) / (after.instant - before.instant);
		last = risen[end]! - risen[start]! - share * (risen[start + 1]! - risen[start]!);
		best = Math.max(best, last);
	}
	return { last, best };
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
	const [oldest, newest] = [counts[0], counts.at(-1)];
	if (!oldest || !newest || hoursTo(oldest, newest) < 2 * slowedHours) return undefined;
	const windows = compareWindows(counts, slowedHours * HOUR_MS);
	const [growth, best] = [roundHundredths(windows.last), roundHundredths(windows.best)];
	if (Number.isNaN(growth)) return undefined;
	if (best <= 0 || isAtLeast(100 * growth, slowedPercent * best)) return null;
	return {
		growth_in_window: growth,
		best_in_window: best,
		percent_of_best: roundHundredths((100 * growth) / best),
	};
}
