import type { IDataObject, IPollFunctions } from 'n8n-workflow';

import type { Snapshot, VideoWithSnapshots } from '../nodes/ContentStats/api/schemas';
import { ContentStatsTrigger } from '../nodes/ContentStats/ContentStatsTrigger.node';
import { toRow } from '../nodes/ContentStats/model/snapshots';
import { toVideoItem } from '../nodes/ContentStats/model/videos';
import { toStopItem } from '../nodes/ContentStats/operations/stop';
import { toTrackColumns } from '../nodes/ContentStats/operations/track/results';
import { toUsageItem } from '../nodes/ContentStats/operations/usage';
import { columnsOf, toColumns } from '../nodes/ContentStats/polling/columns';
import { readSettings } from '../nodes/ContentStats/polling/parameters';

/*
 * The output schemas, by which the editor offers columns to drag before the first run. They are read from items
 * that the nodes build of complete data, so that they can't differ from the columns.
 */

/** n8n looks up the schemas of version 1 of a node below this name. */
const VERSION = 'v1.0.0';

const TIME = '2026-01-31T08:05:00.000Z';
const video: VideoWithSnapshots = {
	id: 'cm5abc123def',
	job_id: 'job_abc123',
	video_link: 'https://www.tiktok.com/@user/video/7234567890123456789',
	platform: 'tiktok',
	status: 'monitoring',
	monitoring_started: TIME,
	monitoring_duration_days: 7,
	days_remaining: 7,
	current_metadata: { title: 'Title', creator: 'user' },
	created_at: TIME,
};
const snapshot: Snapshot = {
	snapshot_time: TIME,
	views: '1',
	likes: '1',
	comments: '1',
	shares: '1',
	saves: '1',
};
/** In the order of the API reference. */
const usage = {
	balance_usd: 1,
	total_snapshots: 1,
	active_videos: 1,
	uncharged_usage_usd: 1,
	total_charged_usd: 1,
	estimated_snapshots_remaining: 1,
	cost_per_snapshot: 1,
};

/** The item of the trigger with the default of every field. */
function triggerItem(): IDataObject {
	const { properties } = new ContentStatsTrigger().description;
	const defaults = new Map(properties.map(({ name, default: value }) => [name, value]));
	const context = { getNodeParameter: (name: string) => defaults.get(name) };
	const settings = readSettings(context as unknown as IPollFunctions);
	const row = toRow(video, snapshot);
	const item = { event: 'snapshot.created' as const, event_key: row.snapshot_key, ...row };
	return toColumns(item, columnsOf(settings));
}

const schemaOf = (item: object) => ({
	type: 'object',
	properties: Object.fromEntries(
		Object.entries(item).map(([column, value]) => [column, { type: typeof value }]),
	),
	version: 1,
});

/** The schemas by the names of their files. */
export const outputSchemas: Record<string, ReturnType<typeof schemaOf>> = {
	[`${VERSION}.json`]: schemaOf(triggerItem()),
	[`${VERSION}/get.json`]: schemaOf(toRow(video, snapshot)),
	[`${VERSION}/list.json`]: schemaOf(toVideoItem(video)),
	[`${VERSION}/stop.json`]: schemaOf(
		toStopItem(video.id, {
			...video,
			success: true,
			previous_status: 'a',
			new_status: 'b',
		} as never),
	),
	[`${VERSION}/track.json`]: schemaOf(
		toTrackColumns(
			{ input_link: video.video_link! },
			{ outcome: 'tracked', video, estimated_cost: 1, message: 'a' },
		),
	),
	[`${VERSION}/usage.json`]: schemaOf(toUsageItem(usage, 1)),
};
