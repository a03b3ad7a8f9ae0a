import type { Metric } from '../model/snapshots';
import type { EventName } from './events';

/** What the user chose, apart from the videos. */
export interface PollSettings {
	events: EventName[];
	startFrom: 'new' | 'latest' | 'beginning';
	milestoneMetric: Metric;
	/** Ascending; empty where no milestone is asked for. */
	milestones: number[];
	/** USD */
	lowBalanceUsd: number;
	simplify: boolean;
	includeGrowth: boolean;
	maxItemsPerPoll: number;
	replayAfterRestart: boolean;
}
