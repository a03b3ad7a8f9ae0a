import { unusableFields, type Usage as UsageReport } from '../api/schemas';
import { availableUsd, committedUsd, estimatedDaysRemaining } from '../model/money';
import { readAccount } from './account';
import type { BatchOperation } from './operation';

/** Builds the item of the balance. @param committed_usd what the active videos still cost, in USD. */
export const toUsageItem = (report: UsageReport, committed_usd: number | null) => ({
	available_usd: availableUsd(report),
	committed_usd,
	estimated_days_remaining: estimatedDaysRemaining(report),
	...report,
});

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
		const committed = isComplete ? committedUsd(listing.videos, report.cost_per_snapshot) : null;
		return [
			{
				json: toUsageItem(report, committed),
				pairedItem: context.functions.getInputData().map((_, item) => ({ item })),
			},
		];
	},
};
