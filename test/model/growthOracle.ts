import type { Video } from './api';
import { HOUR_MS } from './clock';

/*
 * Judges the events of growth and age by the snapshots that the API showed, in the plainest way, without the
 * trigger's code.
 */

/** The parameters of these events in all schedules. Views grow by up to some hundreds an hour. */
export const GROWTH_PARAMETERS = {
	spikeFactor: 3,
	spikeMinimum: 300,
	slowedHours: 6,
	slowedPercent: 20,
	ages: '8h, 20h, 30h, 48h',
};
const AGES = [8, 20, 30, 48];

/** What the trigger must remember of a video. */
export interface GrowthMemory {
	spikedAt?: number;
	/** Undefined until it was first judged. */
	isSlow?: boolean;
}

interface Count {
	at: number;
	views: number;
}

const hoursFrom = (from: Count, to: Count) => (to.at - from.at) / HOUR_MS;
const rateOf = (from: Count, to: Count) =>
	Math.round(((to.views - from.views) / hoursFrom(from, to)) * 100) / 100;
const isComparable = (from: Count, to: Count) =>
	hoursFrom(from, to) >= 0.5 && hoursFrom(from, to) <= 6;
/** Pairs each count with the one before it. */
const intervalsOf = (counts: Count[]) =>
	counts.slice(1).map((to, place): [Count, Count] => [counts[place]!, to]);

function isSpike(counts: Count[], at: number): boolean {
	const intervals = intervalsOf(counts);
	const last = intervals.find(([, to]) => to.at === at);
	if (!last || !isComparable(...last)) return false;
	const [p] = last;
	const usual = intervals
		.filter(([from, to]) => from.at >= p.at - 24 * HOUR_MS && to.at <= p.at)
		.filter((interval) => isComparable(...interval))
		.map((interval) => rateOf(...interval))
		.sort((a, b) => a - b);
	if (usual.length < 6) return false;
	const middle = [Math.ceil(usual.length / 2) - 1, Math.floor(usual.length / 2)];
	const median = Math.max(0, (usual[middle[0]!]! + usual[middle[1]!]!) / 2);
	const rate = rateOf(...last);
	return rate >= GROWTH_PARAMETERS.spikeMinimum && rate >= GROWTH_PARAMETERS.spikeFactor * median;
}

/** Returns the growth in the window that ends at `end`; null if it is not known. */
function growthUntil(counts: Count[], end: number): number | null {
	const start = end - GROWTH_PARAMETERS.slowedHours * HOUR_MS;
	if (start < counts[0]!.at) return null;
	const inWindow = intervalsOf(counts).filter(([from, to]) => to.at > start && from.at < end);
	if (inWindow.some((interval) => hoursFrom(...interval) > 6)) return null;
	return inWindow.reduce((sum, [from, to]) => {
		const share = (to.at - Math.max(from.at, start)) / (to.at - from.at);
		return sum + share * Math.max(0, to.views - from.views);
	}, 0);
}

/** @returns undefined if it can't be known. */
function isSlow(counts: Count[]): boolean | undefined {
	const [first, last] = [counts[0], counts.at(-1)];
	if (!first || !last || hoursFrom(first, last) < 2 * GROWTH_PARAMETERS.slowedHours)
		return undefined;
	const growth = growthUntil(counts, last.at);
	const best = Math.max(0, ...counts.map(({ at }) => growthUntil(counts, at) ?? 0));
	if (growth === null) return undefined;
	return best > 0 && growth < (GROWTH_PARAMETERS.slowedPercent / 100) * best - 1e-6;
}

/**
 * Returns the keys of the events that a poll must emit for a video, and what is remembered after it.
 *
 * @param shown the snapshots that the API showed.
 * @param emitted the snapshots that the poll emits, in any order.
 * @param known everything skipped and emitted before.
 */
export function judgeGrowth(
	video: Video,
	memory: GrowthMemory,
	shown: Set<number>,
	emitted: number[],
	known: number[],
): { keys: string[]; after: GrowthMemory } {
	const all = video.taken.filter(({ at }) => shown.has(at)).sort((a, b) => a.at - b.at);
	const counts = all.map(({ at, views }): Count => ({ at, views }));
	let { spikedAt } = memory;
	let slow = memory.isSlow;
	const isFirst = slow === undefined;
	const span = all.length > 0 ? all.at(-1)!.at - all[0]!.at : 0;
	const isLong = span >= 2 * GROWTH_PARAMETERS.slowedHours * HOUR_MS;
	// Of a long history whose last window is unknown, nobody can say yet.
	slow ??= isSlow(counts) ?? (isLong ? undefined : false);
	let newest = Math.max(-Infinity, ...known);
	const keys: string[] = [];
	for (const at of [...emitted].sort((a, b) => a - b)) {
		if (at <= newest) continue;
		const isQuiet = spikedAt !== undefined && at - spikedAt < 24 * HOUR_MS;
		if (!isQuiet && isSpike(counts, at)) {
			spikedAt = at;
			keys.push(`${video.id}:spiked:${new Date(at).toISOString()}`);
		}
		const isLast = at === counts.at(-1)!.at;
		if (isLast && !isFirst && !slow && video.status === 'monitoring' && isSlow(counts)) {
			slow = true;
			keys.push(`${video.id}:slowed`);
		}
		const before = all.findLast((one) => one.at < at);
		const { postedAt } = video;
		const isPosted = postedAt !== null && postedAt <= all[0]!.at;
		if (isPosted && before && at - before.at <= 6 * HOUR_MS)
			for (const age of AGES) {
				const reachedAt = postedAt + age * HOUR_MS;
				const isNew = reachedAt > before.at && reachedAt > newest;
				if (isNew && reachedAt <= at) keys.push(`${video.id}:age:${age}`);
			}
		newest = at;
	}
	return { keys, after: { spikedAt, isSlow: slow } };
}
