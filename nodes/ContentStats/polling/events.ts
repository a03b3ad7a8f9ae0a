import type { IDataObject } from 'n8n-workflow';

import type { Usage, Video } from '../api/schemas';
import { availableUsd } from '../model/money';
import type { Metric, Row } from '../model/snapshots';
import { toVideoItem } from '../model/videos';

export type EventName =
	| 'snapshot.created'
	| 'tracking.started'
	| 'milestone.reached'
	| 'tracking.paused'
	| 'tracking.ended'
	| 'video.deleted'
	| 'balance.low';

/** An item of the trigger; `event_key` is the same whenever the same event is emitted again. */
export type EventItem = IDataObject & { event: EventName; event_key: string };

/** What a snapshot is besides being taken. */
export interface SnapshotFacts {
	isFirst: boolean;
	metric: Metric;
	/** The marks that `metric` passes with it, ascending. */
	marks: number[];
}

/** The events of one snapshot that were asked for: its start, itself, the marks it passes. */
export function snapshotItems(
	events: EventName[],
	row: Row,
	{ isFirst, metric, marks }: SnapshotFacts,
	extra: IDataObject,
): EventItem[] {
	const started: EventItem = { event: 'tracking.started', event_key: `${row.video_id}:started` };
	const created: EventItem = { event: 'snapshot.created', event_key: row.snapshot_key };
	const items = [...(isFirst ? [started] : []), created].map((head) => ({
		...head,
		...row,
		...extra,
	}));
	const reached = marks.map((milestone) => ({
		event: 'milestone.reached' as const,
		event_key: `${row.video_id}:milestone:${metric}:${milestone}`,
		milestone_metric: metric,
		milestone,
		value: row[metric],
		...row,
		...extra,
	}));
	return [...items, ...reached].filter(({ event }) => events.includes(event));
}

const FINAL = new Set(['completed', 'cancelled']);
const ENDED = new Set([...FINAL, 'error']);

/** Whether a tracking with this status takes no snapshot any more. */
export const hasEnded = (status: string): boolean => ENDED.has(status);
/** Whether it never will again: a tracking in error may go on. */
export const isFinal = (status: string): boolean => FINAL.has(status);

/**
 * What happened to a video between two looks at it, in the order of the table of events.
 *
 * @param before its status and whether it was deleted, at the last look.
 * @param lastSnapshotTime ISO-8601 UTC; null before the first.
 */
export function statusItems(
	before: { status: string; is_deleted: boolean },
	video: Video & { is_deleted?: boolean | null },
	lastSnapshotTime: string | null,
	extra: IDataObject = {},
): EventItem[] {
	const { id, status } = video;
	const item = (event: EventName, suffix: string, more: IDataObject): EventItem => ({
		event,
		event_key: `${id}:${suffix}`,
		...toVideoItem(video),
		...more,
		...extra,
	});
	const previous = { previous_status: before.status };
	const isPaused = status === 'paused' && before.status === 'monitoring';
	const isEnd = hasEnded(status) && !hasEnded(before.status);
	return [
		...(isPaused
			? [item('tracking.paused', `paused:${lastSnapshotTime ?? 'none'}`, previous)]
			: []),
		...(isEnd ? [item('tracking.ended', 'ended', previous)] : []),
		...(video.is_deleted && !before.is_deleted ? [item('video.deleted', 'deleted', {})] : []),
	];
}

/** The item of a video that the API does not know any more: what is known of it is its id. */
export const goneItem = (video_id: string): EventItem => ({
	event: 'video.deleted',
	event_key: `${video_id}:deleted`,
	video_id,
	job_id: null,
	platform: null,
	title: null,
	creator: null,
	video_link: null,
	status: 'deleted',
	monitoring_started: null,
	monitoring_duration_days: null,
	days_remaining: null,
	created_at: null,
});

/** @param since when it was seen first, ISO-8601 UTC: a later fall is another event. */
export const balanceItem = (usage: Usage, threshold_usd: number, since: string): EventItem => ({
	event: 'balance.low',
	event_key: `balance.low:${since}`,
	available_usd: availableUsd(usage),
	threshold_usd,
});
