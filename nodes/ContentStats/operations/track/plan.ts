import type { Platform, Tracked, Video } from '../../api/schemas';
import { labelOfPlatform, type ParsedLink, type VideoLink } from '../../model/links';
import { costUsd } from '../../model/money';
import { firstOf } from '../../model/shortLinks';
import { roundUsd } from '../../utils/format';
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
	/** It may run already, unseen. */
	| { kind: 'hidden'; reason: string }
	/** `of` is the earlier line with the same video. */
	| { kind: 'duplicate'; of: PlannedLine }
	| { kind: 'returnExisting'; video: Video }
	/** An earlier run lost the answer, and now its tracking is listed. */
	| { kind: 'recover'; video: Video }
	/** An earlier run lost the answer, and its POST may take effect until then, by the monotonic clock. */
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
	/** Of a tracking, or of one that a dry run would start. */
	video?: Partial<Video | Tracked>;
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
	/** Running trackings by each identity of their link, the newest of each. */
	running: ReadonlyMap<string, Video>;
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

/** Decides about a line that is alone in its batch. */
function decide(
	{ ifAlreadyTracked, duration_days }: BatchLine,
	link: VideoLink,
	known: KnownTrackings,
	costPerSnapshot: number,
): Decision {
	const { running, pending, hiddenPlatforms, unidentifiedPlatforms, identitiesOf } = known;
	const identities = identitiesOf(link);
	const video = firstOf(running, identities);
	const pendingPost = firstOf(pending, identities);
	if (video && pendingPost && !pendingPost.knownIds.has(video.id))
		return { kind: 'recover', video };
	if (ifAlreadyTracked === 'trackAgain') {
		if (pendingPost) return { kind: 'wait', until: pendingPost.expiresAt };
	} else {
		if (video && ifAlreadyTracked === 'fail')
			return {
				kind: 'refuse',
				reason: `It is already tracked as ${video.id} (${video.status ?? 'unknown status'}), and If Already Tracked is set to Fail`,
			};
		if (video) return { kind: 'returnExisting', video };
		if (pendingPost) return { kind: 'wait', until: pendingPost.expiresAt };
		if (hiddenPlatforms.has(link.platform) || hiddenPlatforms.has(null))
			return {
				kind: 'hidden',
				reason: `More ${hiddenPlatforms.has(null) ? '' : `${labelOfPlatform(link.platform)} `}videos are active than the API lists, so this one may already be tracked. ${HIDDEN_ADVICE}`,
			};
		if (unidentifiedPlatforms.has(link.platform) || unidentifiedPlatforms.has(null))
			return {
				kind: 'hidden',
				reason: `This may be an active video that the API lists without a readable ID or link. ${HIDDEN_ADVICE}`,
			};
	}
	return { kind: 'track', link, cost: costUsd(duration_days, costPerSnapshot) };
}

const HIDDEN_ADVICE =
	"To track it anyway, and pay twice if it's already tracked, set If Already Tracked to Track Again";

/**
 * Returns the earlier line of the same video that a line repeats, so that one of them is enough: the first
 * with the same If Already Tracked, or the first that tracks the video if the line wants no tracking of
 * its own.
 *
 * @param decision about the line alone.
 * @param earlier the earlier lines of the same video.
 */
function repeatedLine(
	{ ifAlreadyTracked }: BatchLine,
	decision: Decision,
	earlier: PlannedLine[],
): PlannedLine | undefined {
	const same = earlier.find((line) => line.ifAlreadyTracked === ifAlreadyTracked);
	if (same || ifAlreadyTracked === 'trackAgain') return same;
	const isMet = decision.kind === 'track' || decision.kind === 'hidden';
	return isMet ? earlier.find((line) => line.decision.kind === 'track') : undefined;
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
	const linesByIdentity = new Map<string, PlannedLine[]>();

	function decideLine(line: BatchLine): Decision {
		if (!line.parsed.ok) return { kind: 'refuse', reason: line.parsed.reason };
		const { link } = line.parsed;
		const decision = decide(line, link, known, costPerSnapshot);
		const earlier = firstOf(linesByIdentity, known.identitiesOf(link)) ?? [];
		const repeated = repeatedLine(line, decision, earlier);
		return repeated ? { kind: 'duplicate', of: repeated } : decision;
	}

	const planned = lines.map((line) => {
		const plannedLine: PlannedLine = { ...line, decision: decideLine(line), result: null };
		const { decision, parsed } = plannedLine;
		if (!parsed.ok || decision.kind === 'duplicate') return plannedLine;
		const identities = known.identitiesOf(parsed.link);
		const ofVideo = [...(firstOf(linesByIdentity, identities) ?? []), plannedLine];
		for (const identity of identities) linesByIdentity.set(identity, ofVideo);
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
