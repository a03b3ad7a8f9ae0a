import type { Video } from '../api/schemas';
import { identityOf, newestByIdentity, type ParsedLink } from './links';
import { costUsd, formatUsd, roundUsd } from './money';

export type IfAlreadyTracked = 'return' | 'trackAgain' | 'fail';

/** One pasted link and what is wanted for it. */
export interface BatchLine {
	/** The input item it came with. */
	itemIndex: number;
	input_link: string;
	parsed: ParsedLink;
	duration_days: number;
	ifAlreadyTracked: IfAlreadyTracked;
}

/** What is to be done about a line. Costs are in USD. */
export type Decision =
	| { do: 'refuse'; reason: string }
	/** `of` is the index of the earlier line with the same video. */
	| { do: 'repeat'; of: number }
	| { do: 'return'; video: Video }
	| { do: 'track'; link: string; cost: number };

export interface Plan {
	decisions: Decision[];
	/** What all lines to be tracked will cost over their whole duration, in USD. */
	totalCost: number;
}

/**
 * Decides about every line before anything is spent: refused links, the same video twice, videos
 * that are tracked already, and the price of the rest.
 *
 * @param running the trackings that monitor or are paused, newest first.
 * @param costPerSnapshot USD
 */
export function planBatch(lines: BatchLine[], running: Video[], costPerSnapshot: number): Plan {
	const tracked = newestByIdentity(running);
	const firstLine = new Map<string, number>();

	const decisions = lines.map((line, index): Decision => {
		if (!line.parsed.ok) return { do: 'refuse', reason: line.parsed.reason };
		const identity = identityOf(line.parsed.link);
		const of = firstLine.get(identity);
		if (of !== undefined) return { do: 'repeat', of };
		firstLine.set(identity, index);

		const video = tracked.get(identity);
		if (video && line.ifAlreadyTracked === 'fail')
			return {
				do: 'refuse',
				reason: `It is already tracked as ${video.id} (${video.status}), and If Already Tracked is set to Fail`,
			};
		if (video && line.ifAlreadyTracked !== 'trackAgain') return { do: 'return', video };
		return {
			do: 'track',
			link: line.parsed.link.url,
			cost: costUsd(line.duration_days, costPerSnapshot),
		};
	});
	const costs = decisions.map((decision) => (decision.do === 'track' ? decision.cost : 0));
	return { decisions, totalCost: roundUsd(costs.reduce((sum, cost) => sum + cost, 0)) };
}

/** The lines, by index, that a plan wants a new tracking for. */
export const linesToTrack = ({ decisions }: Plan): number[] =>
	decisions.flatMap((decision, index) => (decision.do === 'track' ? [index] : []));

export interface Budget {
	/** The most this execution may spend, in USD; undefined: no limit. */
	maxTotalCost?: number;
	/** What the account can spend, in USD; undefined: not to be held against it. */
	availableUsd?: number;
}

/** Why a plan may not be carried out, with the figures, and what to do; null where it may. */
export function overBudget(plan: Plan, budget: Budget): { message: string; wayOut: string } | null {
	const { maxTotalCost = Infinity, availableUsd = Infinity } = budget;
	const { totalCost } = plan;
	const count = linesToTrack(plan).length;
	const price = `Tracking ${count} ${count === 1 ? 'video' : 'videos'} costs ${formatUsd(totalCost)}`;
	if (totalCost > maxTotalCost)
		return {
			message: `${price}, but Max Total Cost allows ${formatUsd(maxTotalCost)}`,
			wayOut: 'Track fewer videos or days, or raise Max Total Cost',
		};
	if (totalCost > Math.max(0, availableUsd))
		return {
			message: `${price}, but your ContentStats account has ${formatUsd(availableUsd)} left to spend`,
			wayOut: 'Track fewer videos or days, or add credit in your ContentStats account',
		};
	return null;
}
