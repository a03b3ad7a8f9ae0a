import { updateDisplayOptions } from 'n8n-workflow';

import { listRunning } from '../api/listing';
import type { ItemOperation } from './operation';
import { chosenVideo, videoLocator } from './videoLocator';

export const stop: ItemOperation = {
	option: {
		name: 'Stop',
		value: 'stop',
		action: 'Stop tracking a video',
		description: 'End a tracking early. Only snapshots already taken are paid.',
	},
	toolDescription:
		'Stop tracking a video before its time. This cannot be undone; the snapshots are kept, and only those already taken are paid. Returns one item with video_id, previous_status and new_status.',
	fields: updateDisplayOptions({ show: { operation: ['stop'] } }, [videoLocator]),
	async executeItem(run, itemIndex) {
		// A link that was tracked again may have a newer tracking that has ended: the one that costs is meant.
		const id = await chosenVideo(run, itemIndex, listRunning);
		const { job_id, video_link, previous_status, new_status } = await run.client.stop(id);
		return [
			{
				video_id: id,
				job_id: job_id ?? null,
				video_link: video_link ?? null,
				previous_status: previous_status ?? null,
				new_status,
			},
		];
	},
};
