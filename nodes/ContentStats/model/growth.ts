import { type Metric, type MetricValue, type Row, toEpochMs } from './snapshots';

/** What a snapshot adds to the one before it. Null wherever it cannot be known. */
export type Growth = {
	hours_since_previous: number | null;
	views_per_hour: number | null;
	/** (likes + comments + shares + saves) / views, from 0 up; parts the platform lacks are left out. */
	engagement_rate: number | null;
} & Record<`${Metric}_delta`, number | null>;

const HOUR_MS = 3_600_000;

const round = (value: number, factor: number): number => Math.round(value * factor) / factor;

/** The later count minus the earlier; null unless both are numbers. */
export function delta(later: MetricValue, earlier: MetricValue): number | null {
	return typeof later === 'number' && typeof earlier === 'number' ? later - earlier : null;
}

/** Hours between two rows, to four decimals; null for no time at all. */
export function hoursBetween(later: Row, earlier: Row): number | null {
	const hours = (toEpochMs(later.snapshot_time) - toEpochMs(earlier.snapshot_time)) / HOUR_MS;
	return hours > 0 ? round(hours, 1e4) : null;
}

/** A change per hour, to two decimals; null where either part is unknown. */
export function perHour(change: number | null, hours: number | null): number | null {
	return change === null || hours === null || hours === 0 ? null : round(change / hours, 100);
}

/** Engagement per view, to six decimals; null without views or without any known part. */
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

/** The growth of `row` since `previous`, the row before it in the whole history. */
export function growthSince(row: Row, previous: Row | undefined): Growth {
	const hours = previous ? hoursBetween(row, previous) : null;
	const change = (metric: Metric) =>
		previous && hours !== null ? delta(row[metric], previous[metric]) : null;
	return {
		hours_since_previous: hours,
		views_delta: change('views'),
		likes_delta: change('likes'),
		comments_delta: change('comments'),
		shares_delta: change('shares'),
		saves_delta: change('saves'),
		views_per_hour: perHour(change('views'), hours),
		engagement_rate: engagementRate(row),
	};
}

/**
 * Adds to each of the rows, oldest first, its growth since the one before. In place: to spread two
 * objects into a third takes V8 fifty times as long, and there may be 720.
 */
export const addGrowth = (rows: Row[]): Array<Row & Growth> =>
	rows.map((row, index) => Object.assign(row, growthSince(row, rows[index - 1])));

/** The metric that tells how a video does: views, or likes where its platform has no views. */
export function leadingMetric(rows: Row[], platform = rows[0]?.platform): 'views' | 'likes' {
	if (rows.some((row) => row.views !== null)) return 'views';
	return platform === 'instagram' || rows.some((row) => row.likes !== null) ? 'likes' : 'views';
}
