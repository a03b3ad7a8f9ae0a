import type { Platform, Tracked, Video } from '../../api/schemas';
import { newestByIdentity, type ParsedLink, type VideoLink } from '../../model/links';
import { costUsd } from '../../model/money';
import { firstOf } from '../../model/shortLinks';
import { formatUsd, pluralize, roundUsd } from '../../utils/format';
import type { PendingPost } from './pending';

export type IfAlreadyTracked = 'return' | 'trackAgain' | 'fail';

/** One pasted link, with the parameters of its item. */
export interface BatchLine {
	itemIndex: number;
	input_link: string;
	parsed: ParsedLink;
	/** Why the parameters of its item are invalid; then `parsed` is refused with the same reason. */
	invalid?: Error;
	duration_days: number;
	ifAlreadyTracked: IfAlreadyTracked;
}

/** What happens to a line. */
export type Decision =
	| { kind: 'refuse'; reason: string }
	/** `of` is the earlier line with the same video. */
	| { kind: 'duplicate'; of: PlannedLine }
	| { kind: 'returnExisting'; video: Video }
	/** An earlier run lost the answer, and now its tracking is listed. */
	| { kind: 'recover'; video: Video }
	/** An earlier run lost the answer, and its POST may take effect until then (Unix milliseconds). */
	| { kind: 'wait'; until: number }
	/** `cost` in USD. */
	| { kind: 'track'; link: VideoLink; cost: number };

/** What became of a line. */
export interface TrackResult {
	outcome:
		| 'tracked'
		| 'already_tracked'
		| 'duplicate'
		| 'recovered'
		| 'unknown'
		| 'failed'
		| 'would_track';
	video?: Video | Tracked;
	/** USD */
	estimated_cost: number;
	message: string | null;
}

/** A line on its way: what is decided about it, and what became of it. */
export interface PlannedLine extends BatchLine {
	decision: Decision;
	/** null until it is known. */
	result: TrackResult | null;
}

/** What is known of an account when a batch is planned. */
export interface KnownTrackings {
	/** Trackings that are monitoring or paused, newest first. */
	running: Video[];
	/** Platforms whose running trackings are not all listed; null: any of them. */
	hiddenPlatforms: ReadonlySet<string | null>;
	/** Platforms of running trackings whose id or link cannot be read; null if it is unknown too. */
	unidentifiedPlatforms: ReadonlySet<Platform | null>;
	/** Pending POSTs, by the identities of their link. */
	pending: ReadonlyMap<string, PendingPost>;
	/** Returns what a link is known by, its own identity first. */
	identitiesOf: (link: VideoLink) => string[];
}

export interface Plan {
	/** In the order of the lines given. */
	lines: PlannedLine[];
	/** The cost of all lines to be tracked, over their whole duration, in USD. */
	totalCost: number;
}

function decide(
	{ ifAlreadyTracked, duration_days }: BatchLine,
	link: VideoLink,
	video: Video | undefined,
	{ pending, hiddenPlatforms, unidentifiedPlatforms, identitiesOf }: KnownTrackings,
	costPerSnapshot: number,
): Decision {
	const pendingPost = firstOf(pending, identitiesOf(link));
	if (video && pendingPost && !pendingPost.knownIds.has(video.id))
		return { kind: 'recover', video };
	if (ifAlreadyTracked === 'trackAgain') {
		if (pendingPost) return { kind: 'wait', until: pendingPost.expiresAt };
	} else {
		if (video && ifAlreadyTracked === 'fail')
			return {
				kind: 'refuse',
				reason: `It is already tracked as ${video.id} (${video.status ?? 'its status cannot be read'}), and If Already Tracked is set to Fail`,
			};
		if (video) return { kind: 'returnExisting', video };
		if (pendingPost) return { kind: 'wait', until: pendingPost.expiresAt };
		if (hiddenPlatforms.has(link.platform) || hiddenPlatforms.has(null))
			return {
				kind: 'refuse',
				reason: `More ${link.platform} videos are running than the 100 that the API shows, so it cannot be told whether this one is among them. To track it all the same, and pay twice if it is, set If Already Tracked to Track Again`,
			};
		if (unidentifiedPlatforms.has(link.platform) || unidentifiedPlatforms.has(null))
			return {
				kind: 'refuse',
				reason: `A running video whose id or link cannot be read may be this one. To track it all the same, and pay twice if it is, set If Already Tracked to Track Again`,
			};
	}
	return { kind: 'track', link, cost: costUsd(duration_days, costPerSnapshot) };
}

/**
 * Decides about every line, and prices the batch, before anything is spent.
 *
 * @param costPerSnapshot USD.
 */
export function planBatch(
	lines: BatchLine[],
	known: KnownTrackings,
	costPerSnapshot: number,
): Plan {
	const tracked = newestByIdentity(known.running);
	const firstLines = new Map<string, PlannedLine>();

	function decideLine(line: BatchLine): Decision {
		if (!line.parsed.ok) return { kind: 'refuse', reason: line.parsed.reason };
		const { link } = line.parsed;
		const identities = known.identitiesOf(link);
		const first = firstOf(firstLines, identities);
		if (first) return { kind: 'duplicate', of: first };
		return decide(line, link, firstOf(tracked, identities), known, costPerSnapshot);
	}

	const planned = lines.map((line) => {
		const plannedLine: PlannedLine = { ...line, decision: decideLine(line), result: null };
		const { decision, parsed } = plannedLine;
		if (parsed.ok && decision.kind !== 'duplicate')
			for (const identity of known.identitiesOf(parsed.link)) firstLines.set(identity, plannedLine);
		return plannedLine;
	});
	const totalCost = toTrack(planned).reduce((sum, { decision }) => sum + decision.cost, 0);
	return { lines: planned, totalCost: roundUsd(totalCost) };
}

/** A line that a plan tracks. */
export type LineToTrack = PlannedLine & { decision: Extract<Decision, { kind: 'track' }> };

/** Selects the lines that a plan tracks. */
export const toTrack = (lines: PlannedLine[]): LineToTrack[] =>
	lines.filter((line): line is LineToTrack => line.decision.kind === 'track');

export interface SpendingLimits {
	/** The most that this execution may spend, in USD; undefined: no limit. */
	maxTotalCost?: number;
	/** The available USD of the account; undefined: the balance is not checked. */
	availableUsd?: number;
}

/** Checks the cost of a plan. @returns what it exceeds, and what to do; null if it is allowed. */
export function checkSpendingLimits(
	plan: Plan,
	limits: SpendingLimits,
): { message: string; advice: string } | null {
	const { maxTotalCost = Infinity, availableUsd = Infinity } = limits;
	const { totalCost } = plan;
	const count = toTrack(plan.lines).length;
	const price = `Tracking ${pluralize(count, 'video')} costs ${formatUsd(totalCost)}`;
	if (totalCost > maxTotalCost)
		return {
			message: `${price}, but Max Total Cost allows ${formatUsd(maxTotalCost)}`,
			advice: 'Track fewer videos or days, or raise Max Total Cost',
		};
	if (totalCost > Math.max(0, availableUsd))
		return {
			message: `${price}, but your ContentStats account has ${formatUsd(availableUsd)} left to spend`,
			advice: 'Track fewer videos or days, or add credit in your ContentStats account',
		};
	return null;
}
