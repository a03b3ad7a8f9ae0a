import type { Metric, Video } from '../api/schemas';
import { delta, engagementRate, hoursBetween, leadingMetric, perHour } from './growth';
import { instantOf, type MetricValue, metricsOf, type Row } from './snapshots';
import { titleAndCreatorOf } from './videos';

/** A history of snapshots in one item. */
export type Summary = {
	video_id: string;
	platform: string | null;
	title: string | null;
	creator: string | null;
	video_link: string | null;
	status: string | null;
	snapshot_count: number;
	first_snapshot_time: string | null;
	last_snapshot_time: string | null;
	/** The metric of the following fields. */
	metric: 'views' | 'likes';
	/** First to last snapshot. */
	metric_delta: number | null;
	/** `metric_delta` as a share of the first value: 0.5 is 50 % more. */
	metric_growth_rate: number | null;
	peak_per_hour: number | null;
	/** The end of the interval that grew fastest. */
	peak_time: string | null;
	engagement_rate: number | null;
	/** Gains per hour as block characters, oldest first, at most 24 of them. */
	sparkline: string;
} & Record<Metric, MetricValue>;

const BLOCKS = '▁▂▃▄▅▆▇█';
const SPARKLINE_LENGTH = 24;

/**
 * Draws numbers as block characters: the largest as a full block, 0 and less as the lowest. More than
 * `length` numbers are averaged into `length` groups.
 */
export function sparkline(values: number[], length = SPARKLINE_LENGTH): string {
	const width = Math.min(length, values.length);
	const groups = Array.from({ length: width }, (_, index) => {
		const from = Math.floor((index * values.length) / width);
		const group = values.slice(from, Math.floor(((index + 1) * values.length) / width));
		return group.reduce((sum, value) => sum + value, 0) / group.length;
	});
	const top = Math.max(0, ...groups);
	return groups
		.map((value) => BLOCKS[top === 0 ? 0 : Math.round((Math.max(0, value) / top) * 7)])
		.join('');
}

/** Summarizes a video. @param rows the selected ones, oldest first. */
export function summarize(video: Video, rows: Row[]): Summary {
	const first = rows[0];
	const last = rows.at(-1);
	const metric = leadingMetric(rows, video.platform);
	const gains = rows.slice(1).flatMap((row, index) => {
		const previous = rows[index]!;
		const hours = hoursBetween(instantOf(previous), instantOf(row));
		const gain = perHour(delta(row[metric], previous[metric]), hours);
		return gain === null ? [] : [{ gain, time: row.snapshot_time }];
	});
	const peak = gains.reduce<(typeof gains)[number] | null>(
		(best, next) => (best === null || next.gain > best.gain ? next : best),
		null,
	);
	const change = first && last && first !== last ? delta(last[metric], first[metric]) : null;
	const start = first?.[metric];
	const { views, likes, comments, shares, saves } = last ?? metricsOf({});

	return {
		video_id: video.id,
		platform: video.platform,
		...titleAndCreatorOf(video),
		video_link: video.video_link,
		status: video.status,
		snapshot_count: rows.length,
		first_snapshot_time: first?.snapshot_time ?? null,
		last_snapshot_time: last?.snapshot_time ?? null,
		...metricsOf({ views, likes, comments, shares, saves }),
		metric,
		metric_delta: change,
		metric_growth_rate:
			change !== null && typeof start === 'number' && start > 0
				? Number((change / start).toFixed(6))
				: null,
		peak_per_hour: peak?.gain ?? null,
		peak_time: peak?.time ?? null,
		engagement_rate: last ? engagementRate(last) : null,
		sparkline: sparkline(gains.map(({ gain }) => gain)),
	};
}
