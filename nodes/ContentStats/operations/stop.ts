import { updateDisplayOptions } from 'n8n-workflow';

import { listRunning } from '../api/listing';
import { type Stopped, unusableFields } from '../api/schemas';
import type { ItemOperation } from './operation';
import { rememberStop } from './recentTrackings';
import { resolveVideoId, videoLocator } from './videoLocator';

/** Builds the item of a stopped tracking. */
export const toStopItem = (
	video_id: string,
	{ job_id, video_link, previous_status, new_status }: Stopped,
) => ({
	video_id,
	job_id: job_id ?? null,
	video_link: video_link ?? null,
	previous_status: previous_status ?? null,
	new_status,
});

export const stop: ItemOperation = {
	option: {
		name: 'Stop',
		value: 'stop',
		action: 'Stop tracking a video',
		description: 'Stop tracking a video early. You pay only for snapshots already taken.',
	},
	toolDescription:
		"Stop tracking a video early. This can't be undone. The snapshots are kept, and you pay only for snapshots already taken. Returns one item with video_id, previous_status and new_status.",
	fields: updateDisplayOptions({ show: { operation: ['stop'] } }, [videoLocator]),
	async executeItem(context, itemIndex) {
		// The newest tracking of a link may have ended already; the user means the one that costs.
		const lookUp = { listTrackings: listRunning, isForSure: true };
		const id = await resolveVideoId(context, itemIndex, lookUp);
		const stopped = await context.client.stop(id);
		context.tellUnusable([{ subject: `video ${id}`, fields: unusableFields(stopped) }]);
		rememberStop(context.account, id, stopped.new_status);
		return [toStopItem(id, stopped)];
	},
};
