import { isVideoId } from '../api/client';
import type { ContentStatsError } from '../api/errors';
import type { Listing, Slice } from '../api/listing';
import { unusableFields, type Usage } from '../api/schemas';
import { availableUsd } from '../model/money';
import { type Unusable, unusableOfList } from '../model/unusable';
import { createRecord } from '../utils/record';
import { columnsOf, toColumns } from './columns';
import type { VideoDiff } from './diff';
import { emit } from './emit';
import { buildBalanceItem, buildDeletedItem, type EventItem } from './events';
import {
	allVideosUnknown,
	dailyReport,
	type FailedCall,
	unusableReport,
	withFailure,
} from './failures';
import type { FetchResult } from './fetch';
import type { PollSettings } from './parameters';
import type { Watchlist } from './reconcile';
import { recentEmissions, remainingReplay, type Replay } from './replay';
import { isFinished, scheduleAfterMissing } from './schedule';
import { slowedBy } from './slowdowns';
import { type PollState, STATE_VERSION, type StateOwner, type WatchedVideo } from './state';
import { selectedIds } from './watch';

/** Everything that a poll found out. */
export interface PollFindings {
	/** The watched videos, with their state before the poll. */
	watchlist: Watchlist;
	/** null if the list was not asked for, or not answered. */
	listing: Listing | null;
	/** null if the balance was not asked for, or not answered. */
	usage: Usage | null;
	fetchResult: FetchResult;
	diffs: VideoDiff[];
	/** The ids of the videos that turned out to be of another platform. */
	otherPlatformIds: Set<string>;
	failedCalls: FailedCall[];
	replay: Replay;
}

interface ReduceContext {
	/** Unix milliseconds. */
	now: number;
	/** An id that each start of n8n makes anew. */
	processId: string;
	owner: StateOwner;
	/** A hash of the base URL and the API key. */
	account: string;
	/** Whether an unknown selected id fails the poll. */
	rejectsUnknownIds: boolean;
}

export interface PollResult {
	items: EventItem[];
	/** The new state; the state given if nothing was found out. */
	state: PollState | null;
	/** Why something is left for a later poll. */
	problems: ContentStatsError[];
	/** The unusable fields that were not told before. */
	unusable: Unusable[];
	/** An error to show as a failed execution, beside the items. */
	report: ContentStatsError | null;
	/** Slices of the list that hold more videos than the API shows. */
	fullSlices: Slice[];
}

/** Checks the balance. @returns the event if it has fallen below the threshold, and the new state. */
function reduceBalance(
	before: PollState['balance'],
	usage: Usage,
	{ lowBalanceUsd }: PollSettings,
	now: number,
): { items: EventItem[]; balance: NonNullable<PollState['balance']> } {
	const available = availableUsd(usage);
	const isLow = available < lowBalanceUsd;
	const lowSince = isLow ? (before?.lowSince ?? new Date(now).toISOString()) : null;
	const hasFallen = lowSince !== null && !before?.lowSince;
	return {
		items: hasFallen ? [buildBalanceItem(available, lowBalanceUsd, lowSince)] : [],
		balance: { checkedAt: now, lowSince },
	};
}

/** The videos that the API answered with 404, by what that means. */
interface MissingVideos {
	/** Gone: the API knew them before. */
	gone: Set<string>;
	/** Failing: the list still has them, or the API never knew them. */
	failed: Map<string, ContentStatsError>;
	/** Whether the list must tell if others are gone. */
	needsListing: boolean;
}

/**
 * @throws ContentStatsError if a selected id is unknown, so that nothing would ever be emitted for it; or
 * if none of the selected videos exists any more.
 */
function classifyMissing(
	{ fetchResult, watchlist, listing }: PollFindings,
	rejectsUnknownIds: boolean,
): MissingVideos {
	const { videos, watch } = watchlist;
	const selected = selectedIds(watch);
	const result: MissingVideos = { gone: new Set(), failed: new Map(), needsListing: false };
	const listed = new Set(listing?.videos.map(({ id }) => id));
	for (const [id, error] of fetchResult.missing) {
		const wasNeverKnown = videos[id]?.needsSeed && selected.has(id);
		if (wasNeverKnown && rejectsUnknownIds) throw error;
		if (wasNeverKnown || listed.has(id)) result.failed.set(id, error);
		else if (selected.has(id) || listing || !videos[id]) result.gone.add(id);
		else result.needsListing = true;
	}
	const existing = Object.keys(videos).filter((id) => !videos[id]!.isDeleted);
	const areAllGone = existing.every((id) => result.gone.has(id) && selected.has(id));
	if (areAllGone && existing.length > 1) throw allVideosUnknown(existing.length);
	return result;
}

const isRunning = ({ endedAt, isSuperseded }: WatchedVideo): boolean =>
	endedAt === undefined && !isSuperseded;

/**
 * Records failures in the state of their videos.
 *
 * @param isAnyAnswered whether the balance was answered, which must not be lost.
 * @returns the first failure, if no video was fetched and every running video is failing; else null.
 * @throws ContentStatsError that failure, if nothing else was answered.
 */
function recordVideoFailures(
	videos: Record<string, WatchedVideo>,
	failed: ReadonlyMap<string, ContentStatsError>,
	isAnyFetched: boolean,
	isAnyAnswered: boolean,
	now: number,
): ContentStatsError | null {
	for (const id of failed.keys()) if (videos[id]) videos[id] = withFailure(videos[id], now);
	// An id that no request can hold says nothing about the API.
	const running = Object.entries(videos).filter(([id, video]) => isVideoId(id) && isRunning(video));
	const areAllFailing = running.length > 0 && running.every(([, { failing }]) => failing);
	const [first] = failed.values();
	if (!first || !areAllFailing || isAnyFetched) return null;
	if (!isAnyAnswered) throw first;
	return first;
}

/**
 * Records in their state which videos are gone, and forgets those that only the list ever knew.
 *
 * @returns the events, one per video that the API knew.
 */
function recordGone(
	videos: Record<string, WatchedVideo>,
	gone: string[],
	{ events }: PollSettings,
	now: number,
): EventItem[] {
	return gone.flatMap((id) => {
		const video = videos[id];
		if (!video) return [];
		if (video.lastFetchedAt === 0) {
			delete videos[id];
			return [];
		}
		videos[id] = scheduleAfterMissing(video, now);
		return events.includes('video.deleted') && !video.isDeleted ? [buildDeletedItem(id)] : [];
	});
}

/** Returns the unusable fields that the poll found, without those that were told before. */
function untoldUnusable(
	{ listing, usage, diffs }: PollFindings,
	toldFields: ReadonlySet<string>,
): Unusable[] {
	const fetched = diffs.map(({ id, unusable }) => ({ subject: `video ${id}`, fields: unusable }));
	const ofUsage = usage ? [{ subject: 'usage', fields: unusableFields(usage) }] : [];
	return [...(listing ? unusableOfList(listing) : []), ...fetched, ...ofUsage]
		.map(({ subject, fields }) => ({
			subject,
			fields: fields.filter((field) => !toldFields.has(field)),
		}))
		.filter(({ fields }) => fields.length > 0);
}

/**
 * Reduces the state and the findings of a poll to its items and the new state. The state given is not
 * changed.
 *
 * @throws ContentStatsError if nothing can be watched at all.
 */
export function reducePoll(
	state: PollState | null,
	findings: PollFindings,
	settings: PollSettings,
	{ now, processId, owner, account, rejectsUnknownIds }: ReduceContext,
): PollResult {
	const { watchlist, listing, usage, fetchResult, diffs, otherPlatformIds, failedCalls, replay } =
		findings;
	const missing = classifyMissing(findings, rejectsUnknownIds);
	const failed = new Map([...fetchResult.failed, ...missing.failed]);
	const videos = createRecord(Object.entries(watchlist.videos));
	// Unless a list lacks the video, one odd reply may be all that says so.
	for (const id of otherPlatformIds) if (listing || videos[id]?.isDue) delete videos[id];
	const isAnyFetched = fetchResult.fetched.size > 0;
	const outage = recordVideoFailures(videos, failed, isAnyFetched, usage !== null, now);
	const replayed = replay.items.slice(0, settings.maxItemsPerPoll);
	let room = settings.maxItemsPerPoll - replayed.length;
	// Without room for its event a video stays as it is: the next poll finds it gone again.
	const deleted = recordGone(videos, [...missing.gone].slice(0, room), settings, now);
	room -= deleted.length;
	const balance = usage && room > 0 ? reduceBalance(state?.balance, usage, settings, now) : null;
	const others = [...deleted, ...(balance?.items ?? [])];
	room -= balance?.items.length ?? 0;
	const emission = emit(diffs, (id) => videos[id], room);
	Object.assign(videos, emission.videos);
	for (const [id, video] of Object.entries(videos)) if (isFinished(video, now)) delete videos[id];

	const dailyError = dailyReport(videos, failed, failedCalls, state?.reportedAt, now, outage);
	const reportedAt = dailyError ? now : state?.reportedAt;
	const toldFields = new Set(state?.unusableFields);
	// One report at a time: the next poll that finds the other fields tells them.
	const unusable = dailyError ? [] : untoldUnusable(findings, toldFields);
	for (const { fields } of unusable) for (const field of fields) toldFields.add(field);
	const withoutSnapshot = [...replayed, ...emission.statusItems, ...others];
	const columns = columnsOf(settings);
	const judgedBy = slowedBy(settings);
	return {
		items: [...emission.snapshotItems, ...withoutSnapshot].map((item) => toColumns(item, columns)),
		problems: [...failedCalls.map(({ error }) => error), ...failed.values()],
		unusable,
		report: dailyError ?? (unusable.length > 0 ? unusableReport(unusable) : null),
		fullSlices: listing?.fullSlices ?? [],
		state: {
			version: STATE_VERSION,
			...owner,
			account,
			...watchlist,
			...(missing.needsListing &&
				watchlist.lastListing && {
					lastListing: { ...watchlist.lastListing, isDue: true as const },
				}),
			videos,
			...(judgedBy !== undefined && { slowedBy: judgedBy }),
			...((balance || state?.balance) && { balance: balance?.balance ?? state?.balance }),
			...(reportedAt !== undefined && { reportedAt }),
			...(toldFields.size > 0 && { unusableFields: [...toldFields] }),
			...(settings.replayAfterRestart && {
				processId,
				recentEmissions: recentEmissions(
					state,
					emission.instants,
					[...emission.judgedItems, ...withoutSnapshot],
					now,
				),
				replay: remainingReplay(replay, replayed.length, fetchResult, emission),
			}),
		},
	};
}
