import { createPoller } from '../../harness/engine';
import { EVENTS } from '../../nodes/ContentStats/polling/events';
import { built } from '../built';
import type { Work } from '../subject';

/** A poll of our trigger with every event. No video slows, since one that has is not judged any more. */
const work: Work = async ({ baseUrl, apiKey, videoIds }) => {
	const poller = createPoller(
		{ baseUrl, apiKey },
		{
			watch: 'selected',
			videos: videoIds.join('\n'),
			events: [...EVENTS],
			slowedPercent: 0.001,
			options: { maxItemsPerPoll: 10 * videoIds.length },
		},
		{},
		{ trigger: new built.ContentStatsTrigger() },
	);
	let isFirst = true;
	return {
		async run() {
			const items = (await poller.poll()) ?? [];
			const created = items.filter(({ event }) => event === 'snapshot.created');
			if (created.length !== (isFirst ? 0 : videoIds.length))
				throw new Error(`Expected a snapshot of each video, got ${created.length}`);
			isFirst = false;
			return items;
		},
	};
};
export default work;
