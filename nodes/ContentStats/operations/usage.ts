import { unusableFields } from '../api/schemas';
import { availableUsd, committedUsd, estimatedDaysRemaining } from '../model/money';
import { readAccount } from './account';
import type { BatchOperation } from './operation';

export const usage: BatchOperation = {
	option: {
		name: 'Usage',
		value: 'usage',
		action: 'Get balance and usage',
		description: 'Get the balance and how long it lasts. Free.',
	},
	toolDescription:
		'Get the balance of the ContentStats account. Free. Returns one item with amounts in USD: available_usd (can still be spent), committed_usd (remaining cost of the active videos) and total_charged_usd, and with active_videos and estimated_days_remaining.',
	fields: [],
	async executeBatch(context) {
		const { usage: report, listing, hidden } = await readAccount(context);
		context.tellUnusable([{ subject: 'usage', fields: unusableFields(report) }]);
		const isComplete = hidden.length === 0 && listing.unidentified.length === 0;
		return [
			{
				json: {
					available_usd: availableUsd(report),
					committed_usd: isComplete ? committedUsd(listing.videos, report.cost_per_snapshot) : null,
					estimated_days_remaining: estimatedDaysRemaining(report),
					...report,
				},
				pairedItem: context.functions.getInputData().map((_, item) => ({ item })),
			},
		];
	},
};
