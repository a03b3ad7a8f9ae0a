import type { ContentStatsError } from '../api/errors';
import type { Listing, Slice } from '../api/listing';
import type { Usage } from '../api/schemas';
import { availableUsd } from '../model/money';
import type { Answers } from './collect';
import { balanceItem, type EventItem, goneItem } from './events';
import { afterFailure, allUnknown, dailyReport, type Late } from './failures';
import { handOver } from './handOver';
import { type Owed, recentHandovers, stillOwed } from './replay';
import type { Watching } from './rewatch';
import { afterLoss, isOver } from './schedule';
import type { PollSettings } from './settings';
import type { Sighting } from './sighting';
import { type PollState, STATE_VERSION, type WatchedVideo } from './state';
import { namedIds } from './watch';

/** What a poll has learnt. */
export interface Learnt {
	/** What is watched, as it was remembered. */
	watching: Watching;
	/** null where the list was not asked, or gave no answer. */
	listing: Listing | null;
	/** null where the balance was not asked for, or there was no answer. */
	usage: Usage | null;
	answers: Answers;
	sightings: Sighting[];
	/** The ids of videos that turned out to be of another platform. */
	elsewhere: Set<string>;
	/** What other than videos is left for a later poll. */
	late: Late[];
	/** What is to go out again after a restart. */
	owed: Owed;
}

interface Moment {
	/** Unix milliseconds */
	now: number;
	/** An id that each start of n8n makes anew. */
	process: string;
	baseUrl: string;
	/** Whether a chosen video that never was there is an error of the whole poll. */
	mayRefuse: boolean;
}

export interface PollResult {
	items: EventItem[];
	/** What to remember; the state it was given where nothing was learnt. */
	state: PollState | null;
	/** Why something was left for a later poll. */
	problems: ContentStatsError[];
	/** What is to be shown as a failed execution beside the items. */
	report: ContentStatsError | null;
	/** Parts of the list that hold more than the API shows. */
	fullSlices: Slice[];
}

/** A look at the balance: the item where it has fallen below the mark, and what is remembered. */
function checkBalance(
	before: PollState['balance'],
	usage: Usage,
	{ lowBalanceUsd }: PollSettings,
	now: number,
): { items: EventItem[]; balance: NonNullable<PollState['balance']> } {
	const isLow = availableUsd(usage) < lowBalanceUsd;
	const low_since = isLow ? (before?.low_since ?? new Date(now).toISOString()) : null;
	const isFall = low_since !== null && !before?.low_since;
	return {
		items: isFall ? [balanceItem(usage, lowBalanceUsd, low_since)] : [],
		balance: { checked: now, low_since },
	};
}

/** What a 404 says of the videos that were asked for. */
interface Missing {
	/** Unknown to the API from now on. */
	gone: Set<string>;
	failed: Map<string, ContentStatsError>;
	/** The list must tell whether they are gone. */
	isUnclear: boolean;
}

/**
 * @throws ContentStatsError where a video was chosen that never was there, so that nothing would ever
 * come of it; or where none of those that were chosen is there any more.
 */
function sortMissing({ answers, watching, listing }: Learnt, mayRefuse: boolean): Missing {
	const { videos, watch } = watching;
	const named = namedIds(watch);
	const sorted: Missing = { gone: new Set(), failed: new Map(), isUnclear: false };
	const listed = new Set(listing?.videos.map(({ id }) => id));
	for (const [id, error] of answers.missing) {
		const wasNeverThere = videos[id]?.seed && named.has(id);
		if (wasNeverThere && mayRefuse) throw error;
		if (wasNeverThere || listed.has(id)) sorted.failed.set(id, error);
		else if (named.has(id) || listing || !videos[id]) sorted.gone.add(id);
		else sorted.isUnclear = true;
	}
	const there = Object.keys(videos).filter((id) => !videos[id]!.is_deleted);
	const isNoneThere = there.every((id) => sorted.gone.has(id) && named.has(id));
	if (isNoneThere && there.length > 1) throw allUnknown(there.length);
	return sorted;
}

/**
 * Notes what failed.
 *
 * @throws ContentStatsError the first reason, where every video that runs is failing.
 */
function noteFailures(
	videos: Record<string, WatchedVideo>,
	failed: ReadonlyMap<string, ContentStatsError>,
	isAnyAnswered: boolean,
	now: number,
): void {
	for (const id of failed.keys()) if (videos[id]) videos[id] = afterFailure(videos[id], now);
	const running = Object.values(videos).filter(({ ended }) => ended === undefined);
	const isAllFailing = running.length > 0 && running.every(({ failing }) => failing);
	const [reason] = failed.values();
	if (reason && isAllFailing && !isAnyAnswered) throw reason;
}

/** Notes what the API does not know any more, and tells it once. */
function noteLosses(
	videos: Record<string, WatchedVideo>,
	gone: string[],
	{ events }: PollSettings,
	now: number,
): EventItem[] {
	return gone.flatMap((id) => {
		const video = videos[id];
		if (!video) return [];
		videos[id] = afterLoss(video, now);
		return events.includes('video.deleted') && !video.is_deleted ? [goneItem(id)] : [];
	});
}

/**
 * What a poll emits and what is remembered after it. The given state is not changed.
 *
 * @throws ContentStatsError where nothing can be watched at all.
 */
export function conclude(
	state: PollState | null,
	learnt: Learnt,
	settings: PollSettings,
	{ now, process, baseUrl, mayRefuse }: Moment,
): PollResult {
	const { watching, listing, usage, answers, sightings, elsewhere, late, owed } = learnt;
	const missing = sortMissing(learnt, mayRefuse);
	const failed = new Map([...answers.failed, ...missing.failed]);
	const videos = { ...watching.videos };
	for (const id of elsewhere) delete videos[id];
	noteFailures(videos, failed, answers.answered.size > 0, now);
	const again = owed.items.slice(0, settings.maxItemsPerPoll);
	let room = settings.maxItemsPerPoll - again.length;
	// Those for which there is no room are asked for again with the next poll, and found lost again.
	const deleted = noteLosses(videos, [...missing.gone].slice(0, room), settings, now);
	room -= deleted.length;
	const balance = usage && room > 0 ? checkBalance(state?.balance, usage, settings, now) : null;
	const others = [...deleted, ...(balance?.items ?? [])];
	room -= balance?.items.length ?? 0;
	const out = handOver(sightings, (id) => videos[id], room);
	Object.assign(videos, out.videos);
	for (const [id, video] of Object.entries(videos)) if (isOver(video)) delete videos[id];

	const report = dailyReport(videos, failed, late, state?.reported, now);
	const reported = report ? now : state?.reported;
	const noSnapshots = [...again, ...out.statusItems, ...others];
	return {
		items: [...out.snapshotItems, ...noSnapshots],
		problems: [...late.map(({ error }) => error), ...failed.values()],
		report,
		fullSlices: listing?.fullSlices ?? [],
		state: {
			version: STATE_VERSION,
			base_url: baseUrl,
			...watching,
			...(missing.isUnclear && watching.listed && { listed: { ...watching.listed, at: 0 } }),
			videos,
			...((balance || state?.balance) && { balance: balance?.balance ?? state?.balance }),
			...(reported !== undefined && { reported }),
			...(settings.replayAfterRestart && {
				process,
				recent: recentHandovers(state, out.snapshots, noSnapshots, now),
				replay: stillOwed(owed, again.length, answers, out),
			}),
		},
	};
}
