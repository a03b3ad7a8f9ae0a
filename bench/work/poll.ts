import { createPoller } from '../../harness/engine';
import { built } from '../built';
import { expectCount } from '../expect';
import type { Work } from '../subject';

/** Default of Max Items Per Poll. */
const MOST_ITEMS = 1000;

/** A poll of our trigger with all videos selected. */
const work: Work = async ({ baseUrl, apiKey, videoIds }) => {
	const poller = createPoller(
		{ baseUrl, apiKey },
		{ watch: 'selected', videos: videoIds.join('\n') },
		{},
		{ trigger: new built.ContentStatsTrigger() },
	);
	let isFirst = true;
	return {
		async run() {
			const items = await poller.poll();
			expectCount('items', items?.length ?? 0, isFirst ? 0 : Math.min(videoIds.length, MOST_ITEMS));
			isFirst = false;
			return items;
		},
		forget() {
			for (const name of Object.keys(poller.staticData)) delete poller.staticData[name];
		},
	};
};
export default work;
