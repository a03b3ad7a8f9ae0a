import type { Metric } from '../api/schemas';
import { HOUR_MS } from '../utils/time';
import type { History } from './history';
import { instantOf, type MetricValue, type Row } from './snapshots';

/**
 * The columns of growth in their order. `engagement_rate` is (likes + comments + shares + saves) / views, from
 * 0 up; metrics that the platform lacks are left out.
 */
export const GROWTH_COLUMNS = [
	'hours_since_previous',
	'views_delta',
	'likes_delta',
	'comments_delta',
	'shares_delta',
	'saves_delta',
	'views_per_hour',
	'engagement_rate',
] as const;

/** The change since the snapshot before. Null if it cannot be known. */
export type Growth = Record<(typeof GROWTH_COLUMNS)[number], number | null>;

const round = (value: number, factor: number): number => Math.round(value * factor) / factor;

/** Subtracts the earlier count from the later; null unless both are numbers. */
export function delta(later: MetricValue, earlier: MetricValue | undefined): number | null {
	return typeof later === 'number' && typeof earlier === 'number' ? later - earlier : null;
}

/** Returns the hours between two instants (Unix milliseconds); null unless above 0. */
export function hoursBetween(earlier: number, later: number): number | null {
	const hours = (later - earlier) / HOUR_MS;
	return hours > 0 ? hours : null;
}

/** Divides a change by its hours, to two decimals; null if either is unknown. */
export function perHour(change: number | null, hours: number | null): number | null {
	return change === null || hours === null || hours === 0 ? null : round(change / hours, 100);
}

/** Returns the engagement per view, to six decimals; null without views or without any known part. */
export function engagementRate(row: Record<Metric, MetricValue>): number | null {
	let sum = 0;
	let isAnyKnown = false;
	for (const part of [row.likes, row.comments, row.shares, row.saves]) {
		if (part === null) continue;
		if (typeof part !== 'number') return null;
		sum += part;
		isAnyKnown = true;
	}
	if (!isAnyKnown || typeof row.views !== 'number' || row.views === 0) return null;
	return round(sum / row.views, 1e6);
}

/** Writes growth into `target`: V8 takes longer to copy it there than to compute it. */
function writeGrowth<T extends object>(
	target: T,
	row: Row,
	previous: Row | undefined,
	hours: number | null,
): T & Growth {
	const before = hours === null ? undefined : previous;
	const grown = target as T & Growth;
	grown.hours_since_previous = hours === null ? null : round(hours, 1e4);
	grown.views_delta = delta(row.views, before?.views);
	grown.likes_delta = delta(row.likes, before?.likes);
	grown.comments_delta = delta(row.comments, before?.comments);
	grown.shares_delta = delta(row.shares, before?.shares);
	grown.saves_delta = delta(row.saves, before?.saves);
	grown.views_per_hour = perHour(grown.views_delta, hours);
	grown.engagement_rate = engagementRate(row);
	return grown;
}

/** Computes the growth of `row` since `previous`, the row before it in the whole history. */
export function growthSince(row: Row, previous: Row | undefined): Growth {
	const hours = previous ? hoursBetween(instantOf(previous), instantOf(row)) : null;
	return writeGrowth({}, row, previous, hours);
}

/** Adds to each row, in place, its growth since the row before. */
export function addGrowth({ rows, instants }: History): Array<Row & Growth> {
	return rows.map((row, place) => {
		const hours = place === 0 ? null : hoursBetween(instants[place - 1]!, instants[place]!);
		return writeGrowth(row, row, rows[place - 1], hours);
	});
}

/** Chooses the metric that tells how a video does: views, or likes if its platform has no views. */
export function leadingMetric(rows: Row[], platform = rows[0]?.platform): 'views' | 'likes' {
	if (rows.some((row) => row.views !== null)) return 'views';
	return platform === 'instagram' || rows.some((row) => row.likes !== null) ? 'likes' : 'views';
}
