import { DataDeduplicationService } from 'n8n-core';
import type { DeduplicationItemTypes, IDataDeduplicator } from 'n8n-workflow';

import { runOthers } from '../../harness/engine';
import { builtIn, n8nPackages } from '../builtIn';
import { expectCount } from '../expect';
import type { Work } from '../subject';

/** Keeps the seen values of Remove Duplicates in memory, which is cheaper than n8n's database. */
function deduplicator(): IDataDeduplicator {
	const seen = new Set<DeduplicationItemTypes>();
	return {
		async checkProcessedAndRecord(items) {
			const isNew = items.map((item) => !seen.has(item));
			items.forEach((item) => seen.add(item));
			return {
				new: items.filter((_, index) => isNew[index]),
				processed: items.filter((_, index) => !isNew[index]),
			};
		},
		async removeProcessed() {},
		async clearAllProcessedItems() {},
		getProcessedDataCount: async () => seen.size,
	};
}

/** The workflow that a user would build: HTTP Request, Split Out, Remove Duplicates. */
const work: Work = async ({ baseUrl, apiKey, videoIds }) => {
	await DataDeduplicationService.init(deduplicator());
	const packages = await n8nPackages();
	const nodes = [
		builtIn(packages, 'HttpRequest/HttpRequest', {
			url: `=${baseUrl}/videos/{{ $json.id }}`,
			sendHeaders: true,
			headerParameters: { parameters: [{ name: 'X-API-Key', value: apiKey }] },
		}),
		builtIn(packages, 'Transform/SplitOut/SplitOut', { fieldToSplitOut: 'snapshots' }),
		builtIn(packages, 'Transform/RemoveDuplicates/RemoveDuplicates', {
			operation: 'removeItemsSeenInPreviousExecutions',
			dedupeValue: '={{ $json.id }}',
			options: { historySize: 10_000_000 },
		}),
	];
	let isFirst = true;
	return {
		async run() {
			const items = videoIds.map((id) => ({ id }));
			const { data } = await runOthers({ baseUrl, apiKey }, nodes, items);
			const { runData, error } = data.resultData;
			if (error) throw error;
			const [kept] = runData.RemoveDuplicates![0]!.data!.main!;
			// In the first round all snapshots are new.
			if (!isFirst) expectCount('items', kept!.length, videoIds.length);
			isFirst = false;
			return kept;
		},
	};
};
export default work;
