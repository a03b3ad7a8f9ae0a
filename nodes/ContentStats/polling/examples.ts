import type { Client } from '../api/client';
import { readSnapshots, type VideoWithSnapshots } from '../api/schemas';
import { toRow } from '../model/snapshots';
import { findWatched, type Watch } from './collect';
import { type EventItem, eventsOf, sampleOf } from './events';
import { extrasOf, type PollSettings } from './poll';

/** How many videos are looked at for one that has snapshots. */
const MOST_LOOKED_AT = 5;

async function videoWithSnapshots(
	client: Client,
	watch: Watch,
): Promise<VideoWithSnapshots | null> {
	const { ids } = await findWatched(client, watch);
	for (const id of [...ids].slice(0, MOST_LOOKED_AT)) {
		const video = await client.get(id);
		if ((video.snapshots ?? []).length > 0) return video;
	}
	return null;
}

/**
 * One item of every chosen event for a test in the editor: real ones where a watched video has
 * snapshots, else made-up ones marked `sample: true`. Nothing is remembered.
 */
export async function examples(
	client: Client,
	watch: Watch,
	settings: PollSettings,
): Promise<EventItem[]> {
	const video = await videoWithSnapshots(client, watch);
	if (!video) return settings.events.map(sampleOf);
	const rows = readSnapshots(video).map((snapshot) => toRow(video, snapshot));
	return settings.events.flatMap((event) => {
		const index = event === 'tracking.started' ? 0 : rows.length - 1;
		const row = rows[index]!;
		return eventsOf([event], row, true, extrasOf(video, row, rows[index - 1], settings));
	});
}
