import type { Video } from '../api/schemas';
import type { Unanswered } from '../api/unanswered';
import { identityOf, newestByIdentity, type ParsedLink, type VideoLink } from './links';
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
	/** The tracking that an earlier run has asked for without seeing an answer. */
	| { do: 'recover'; video: Video }
	/** An earlier run has asked for it, and it may still come: until then (Unix milliseconds). */
	| { do: 'wait'; until: number }
	| { do: 'track'; link: VideoLink; cost: number };

/** What is known of an account when a batch is planned. */
export interface Known {
	/** The trackings that monitor or are paused, newest first. */
	running: Video[];
	/** Platforms of which not all running trackings can be seen. */
	hidden: ReadonlySet<string>;
	/** What was sent before and not answered, by the identity of its link. */
	unanswered: ReadonlyMap<string, Unanswered>;
}

export interface Plan {
	decisions: Decision[];
	/** What all lines to be tracked will cost over their whole duration, in USD. */
	totalCost: number;
}

/** What to do about a link that stands in no earlier line. */
function decide(
	{ ifAlreadyTracked, duration_days }: BatchLine,
	link: VideoLink,
	video: Video | undefined,
	sent: Unanswered | undefined,
	{ hidden }: Known,
	costPerSnapshot: number,
): Decision {
	if (video && sent && !sent.before.has(video.id)) return { do: 'recover', video };
	if (ifAlreadyTracked === 'trackAgain') {
		if (sent) return { do: 'wait', until: sent.until };
	} else {
		if (video && ifAlreadyTracked === 'fail')
			return {
				do: 'refuse',
				reason: `It is already tracked as ${video.id} (${video.status}), and If Already Tracked is set to Fail`,
			};
		if (video) return { do: 'return', video };
		if (sent) return { do: 'wait', until: sent.until };
		if (hidden.has(link.platform))
			return {
				do: 'refuse',
				reason: `More ${link.platform} videos are running than the 100 that the API shows, so it cannot be told whether this one is among them. To track it all the same, and pay twice if it is, set If Already Tracked to Track Again`,
			};
	}
	return { do: 'track', link, cost: costUsd(duration_days, costPerSnapshot) };
}

/**
 * Decides about every line before anything is spent: refused links, the same video twice, videos
 * that are tracked already, those of which that cannot be told, and the price of the rest.
 *
 * @param costPerSnapshot USD
 */
export function planBatch(lines: BatchLine[], known: Known, costPerSnapshot: number): Plan {
	const tracked = newestByIdentity(known.running);
	const firstLine = new Map<string, number>();

	const decisions = lines.map((line, index): Decision => {
		if (!line.parsed.ok) return { do: 'refuse', reason: line.parsed.reason };
		const { link } = line.parsed;
		const identity = identityOf(link);
		const of = firstLine.get(identity);
		if (of !== undefined) return { do: 'repeat', of };
		firstLine.set(identity, index);
		const sent = known.unanswered.get(identity);
		return decide(line, link, tracked.get(identity), sent, known, costPerSnapshot);
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
