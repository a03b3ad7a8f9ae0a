import { createPoller } from '../../test/engine/support/host';
import { built } from '../built';
import type { Work } from '../subject';

/** A poll of our trigger, all videos selected. */
const work: Work = async ({ baseUrl, apiKey, videoIds }) => {
	const poller = createPoller(
		{ baseUrl, apiKey },
		{ watch: 'selected', videos: videoIds.join('\n') },
		{},
		{ trigger: new built.ContentStatsTrigger() },
	);
	return async () => {
		const items = await poller.poll();
		return { items: items?.length ?? 0 };
	};
};
export default work;
