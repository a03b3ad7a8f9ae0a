import type { IDataObject } from 'n8n-workflow';

import { METRICS } from '../api/schemas';
import { GROWTH_COLUMNS } from '../model/growth';
import { POST_AGE_COLUMNS } from '../model/postAge';
import { ROW_COLUMNS } from '../model/snapshots';
import type { EventItem, EventName } from './events';
import type { PollSettings } from './parameters';

/**
 * Returns the columns of every item in their order: `event` first, what a person reads next, `event_key`
 * last. Items of several events have the same columns, so that a table fits all of them.
 */
export function columnsOf({
	events,
	includeGrowth,
	includePostAge,
	simplify,
}: PollSettings): string[] {
	const has = (...names: EventName[]) => names.some((name) => events.includes(name));
	const isOfVideo = events.some((event) => event !== 'balance.low');
	return [
		'event',
		...(isOfVideo ? ROW_COLUMNS : []),
		...(isOfVideo && includeGrowth ? GROWTH_COLUMNS : []),
		...(isOfVideo && includePostAge ? POST_AGE_COLUMNS : []),
		...(has('milestone.reached') ? ['milestone_metric', 'milestone', 'value'] : []),
		...(has('growth.spiked', 'growth.slowed') ? ['metric'] : []),
		...(has('growth.spiked') ? ['growth_per_hour', 'usual_per_hour', 'factor'] : []),
		...(has('growth.slowed')
			? [
					'growth_in_window',
					'best_in_window',
					'percent_of_best',
					'snapshots_remaining',
					'estimated_savings_usd',
				]
			: []),
		...(has('age.reached') ? ['age_hours', ...METRICS.map((metric) => `${metric}_at_age`)] : []),
		...(has('tracking.paused', 'tracking.ended', 'video.deleted') ? ['status'] : []),
		...(has('tracking.paused', 'tracking.ended') ? ['previous_status'] : []),
		...(has('balance.low') ? ['available_usd', 'threshold_usd'] : []),
		...(isOfVideo && !simplify ? ['video'] : []),
		'event_key',
	];
}

/** Chooses columns of an item; null if it has nothing to tell in one. */
export const toColumns = (item: EventItem, columns: string[]): EventItem =>
	Object.fromEntries(
		columns.map((name): [string, IDataObject[string]] => [name, item[name] ?? null]),
	) as EventItem;
