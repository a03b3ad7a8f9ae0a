import type { IDataObject } from 'n8n-workflow';

import type { Metric, Video } from '../api/schemas';
import type { Row } from '../model/snapshots';
import { hasEnded } from '../model/videos';

export const EVENTS = [
	'snapshot.created',
	'tracking.started',
	'milestone.reached',
	'tracking.paused',
	'tracking.ended',
	'video.deleted',
	'growth.spiked',
	'growth.slowed',
	'age.reached',
	'balance.low',
] as const;
export type EventName = (typeof EVENTS)[number];

/**
 * An item of the trigger with all that is known of its event; `toColumns` chooses the columns. An event has
 * the same `event_key` each time it is emitted.
 */
export type EventItem = IDataObject & { event: EventName; event_key: string };

/** What the events of a snapshot depend on, beside its row. */
export interface SnapshotFacts {
	isFirst: boolean;
	metric: Metric;
	/** The milestones that `metric` passes with this snapshot, ascending. */
	marks: number[];
}

/** Builds the chosen events of one snapshot: its start, itself, the milestones it passes. */
export function buildSnapshotItems(
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

/**
 * Builds an event of a video's growth or age.
 *
 * @param facts the columns of the event.
 * @param row the snapshot at which it was judged.
 */
export const buildJudgedItem = (
	event: EventName,
	suffix: string,
	facts: IDataObject,
	row: Row,
	extra: IDataObject,
): EventItem => ({
	event,
	event_key: `${row.video_id}:${suffix}`,
	...facts,
	...row,
	...extra,
});

/**
 * Builds the events of a change of a video's status, in the order of the table of events.
 *
 * @param before its status, and whether it was deleted, at the previous fetch.
 * @param newest the row of its newest snapshot; before the first one only what is known of the video.
 */
export function buildStatusItems(
	before: { status: string; isDeleted: boolean },
	video: Video & { is_deleted?: boolean | null },
	newest: Row | IDataObject,
	extra: IDataObject = {},
): EventItem[] {
	const { id, status } = video;
	const item = (event: EventName, suffix: string, more: IDataObject): EventItem => ({
		event,
		event_key: `${id}:${suffix}`,
		...newest,
		...extra,
		status,
		...more,
	});
	const previous = { previous_status: before.status };
	const isPaused = status === 'paused' && before.status === 'monitoring';
	const isEnd = hasEnded(status) && !hasEnded(before.status);
	return [
		...(isPaused
			? [item('tracking.paused', `paused:${String(newest.snapshot_time ?? 'none')}`, previous)]
			: []),
		...(isEnd ? [item('tracking.ended', 'ended', previous)] : []),
		...(video.is_deleted && !before.isDeleted ? [item('video.deleted', 'deleted', {})] : []),
	];
}

/** Builds the event of a video that the API no longer knows: of it only the id is known. */
export const buildDeletedItem = (video_id: string): EventItem => ({
	event: 'video.deleted',
	event_key: `${video_id}:deleted`,
	video_id,
	status: 'deleted',
});

/**
 * Builds the event of a low balance.
 *
 * @param available_usd USD.
 * @param threshold_usd USD.
 * @param since ISO-8601 UTC time at which it was first seen: a later fall is another event.
 */
export const buildBalanceItem = (
	available_usd: number,
	threshold_usd: number,
	since: string,
): EventItem => ({
	event: 'balance.low',
	event_key: `balance.low:${since}`,
	available_usd,
	threshold_usd,
});
