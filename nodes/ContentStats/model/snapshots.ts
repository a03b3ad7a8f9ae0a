import { type Metric, METRICS, type Snapshot, type Video } from '../api/schemas';
import { toEpochMs, toIsoUtc } from '../utils/time';
import { titleAndCreatorOf } from './videos';

/** A count; null if the platform does not tell it; text if a number would lose digits. */
export type MetricValue = number | string | null;

/** One snapshot as users see it: the columns of a sheet. */
export type Row = {
	/** ISO-8601 in UTC with milliseconds. */
	snapshot_time: string;
	title: string | null;
	creator: string | null;
	platform: string | null;
	video_link: string | null;
	video_id: string;
	/** `<video_id>:<snapshot_time>`, unique per snapshot; a public contract that never changes. */
	snapshot_key: string;
} & Record<Metric, MetricValue>;

/** The columns of a row in their order: what a person reads comes first. */
export const ROW_COLUMNS = [
	'snapshot_time',
	'title',
	'creator',
	'platform',
	...METRICS,
	'video_link',
	'video_id',
	'snapshot_key',
] as const satisfies Array<keyof Row>;

/** Outside the function, which would create it anew for each of the 3,590 metrics of a reply. */
const DIGITS = /^\d*$/;

/**
 * Whether the API may tell a metric like this: text of digits or a whole number, empty if unknown. A number
 * past 2^53 has lost digits on its way.
 */
export const isMetric = (value: unknown): value is string | number | null | undefined =>
	typeof value === 'string'
		? DIGITS.test(value)
		: value === null || value === undefined || (Number.isSafeInteger(value) && Number(value) >= 0);

/**
 * Converts a metric of the API (a string of digits, or a number) to a number. Unknown, and everything
 * that is no count, is null, never 0; a count past 2^53 stays a string, since a number would change its
 * last digits.
 */
export function toMetric(value: unknown): MetricValue {
	if (value === '' || value === null || value === undefined || !isMetric(value)) return null;
	const number = Number(value);
	return Number.isSafeInteger(number) ? number : String(value);
}

/** Returns when the snapshot of a row was taken, in Unix milliseconds. */
export const instantOf = ({ snapshot_time }: Row): number => toEpochMs(snapshot_time);

/** Reads the metrics of a snapshot, in the order of their columns; all null for `{}`. */
export function metricsOf(snapshot: Partial<Snapshot>): Record<Metric, MetricValue> {
	return {
		views: toMetric(snapshot.views),
		likes: toMetric(snapshot.likes),
		comments: toMetric(snapshot.comments),
		shares: toMetric(snapshot.shares),
		saves: toMetric(snapshot.saves),
	};
}

/** Builds what a row tells of a video that has no snapshot. */
export const rowWithoutSnapshot = (video: Video) => ({
	...titleAndCreatorOf(video),
	platform: video.platform,
	video_link: video.video_link,
	video_id: video.id,
});

/** Builds the flat row of one snapshot. */
export function toRow(video: Video, snapshot: Snapshot): Row {
	const snapshot_time = toIsoUtc(snapshot.snapshot_time);
	const { title, creator } = titleAndCreatorOf(video);
	const { views, likes, comments, shares, saves } = metricsOf(snapshot);
	// Without a spread, which takes V8 ten times as long.
	return {
		snapshot_time,
		title,
		creator,
		platform: video.platform,
		views,
		likes,
		comments,
		shares,
		saves,
		video_link: video.video_link,
		video_id: video.id,
		snapshot_key: `${video.id}:${snapshot_time}`,
	};
}
