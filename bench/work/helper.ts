import type { IPollFunctions } from 'n8n-workflow';

import { mapConcurrent } from '../../nodes/ContentStats/utils/async';
import { createPoller } from '../../harness/engine';
import { expectCount } from '../expect';
import type { Work } from '../subject';
import { ask } from './ask';
import { countSnapshots } from './parse';

/** The same requests by n8n's request helper alone, in a trigger that does nothing else. */
const work: Work = async ({ baseUrl, apiKey, videoIds }) => {
	async function poll(this: IPollFunctions) {
		let videos = 0;
		await mapConcurrent(videoIds, async (id) => {
			if (countSnapshots(await ask(this, `${baseUrl}/videos/${id}`)) > 0) videos += 1;
		});
		return [[{ json: { videos } }]];
	}
	const trigger = { description: {} as never, poll };
	const poller = createPoller({ baseUrl, apiKey }, {}, {}, { trigger });
	return {
		async run() {
			const items = (await poller.poll())!;
			expectCount('videos', Number(items[0]!.videos), videoIds.length);
			return items;
		},
	};
};
export default work;
