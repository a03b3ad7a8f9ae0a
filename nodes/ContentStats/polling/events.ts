import type { IDataObject } from 'n8n-workflow';

import type { Row } from '../model/snapshots';

export type EventName = 'snapshot.created' | 'tracking.started';

/** An item of the trigger; `event_key` is the same whenever the same event is emitted again. */
export type EventItem = IDataObject & { event: EventName; event_key: string };

/** The events of one snapshot that were asked for, in the order they happen. */
export function eventsOf(
	events: EventName[],
	row: Row,
	isFirst: boolean,
	extra: IDataObject,
): EventItem[] {
	const happened: Array<{ event: EventName; event_key: string }> = [
		...(isFirst
			? [{ event: 'tracking.started' as const, event_key: `${row.video_id}:started` }]
			: []),
		{ event: 'snapshot.created', event_key: row.snapshot_key },
	];
	return happened
		.filter(({ event }) => events.includes(event))
		.map((head) => ({ ...head, ...row, ...extra }));
}

const SAMPLE_ROW: Row = {
	snapshot_key: 'cm5abc123def:2026-01-31T10:00:00.000Z',
	video_id: 'cm5abc123def',
	platform: 'tiktok',
	title: 'An example, so that fields can be mapped',
	creator: 'example',
	video_link: 'https://www.tiktok.com/@example/video/7234567890123456789',
	snapshot_time: '2026-01-31T10:00:00.000Z',
	views: 1250000,
	likes: 185000,
	comments: 4200,
	shares: 12500,
	saves: 8900,
};

/** A made-up item of an event of which there is no real example yet. */
export function sampleOf(event: EventName): EventItem {
	const [item] = eventsOf([event], SAMPLE_ROW, true, {});
	return { ...item!, sample: true };
}
