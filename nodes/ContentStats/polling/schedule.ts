import { isFinal, MAX_DURATION_DAYS, type Video } from '../api/schemas';
import { hasEnded, isActive, plannedEndOf } from '../model/videos';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../utils/time';
import { gapsOf } from './cursor';
import type { PollState, WatchedVideo } from './state';

/** How long a video is watched after its end: as long as a late snapshot is emitted. */
const LINGER_MS = DAY_MS;

/** The cadence that the API documents. */
const DOCUMENTED_CADENCE_MS = HOUR_MS;
/** Fewer gaps prove little: the first snapshot comes at any time within the first hour. */
const MIN_GAPS = 3;
/** A snapshot that is later than this share of the cadence is not taken for the next one. */
const MAX_LATE_SHARE = 1 / 2;
/** Once more snapshots than this did not show, each is asked for only once. */
const MAX_MISSED = 2;

/** A list that takes 8 requests or more is asked for once an hour. */
const LISTING_MS_PER_REQUEST = 7.5 * MINUTE_MS;
const BALANCE_INTERVAL_MS = 15 * MINUTE_MS;

/** Of an even count, the lower of the two in the middle: one gap that is too long changes nothing. */
function lowerMedianOf(numbers: number[]): number {
	const sorted = [...numbers].sort((a, b) => a - b);
	return sorted[Math.floor((sorted.length - 1) / 2)]!;
}

const fromDocumented = (gap: number): number => Math.abs(gap - DOCUMENTED_CADENCE_MS);

/**
 * Returns the time between the snapshots of a video, in milliseconds: the documented one, until its gaps
 * say otherwise. A single short gap is tried once.
 */
function cadenceOf(video: WatchedVideo): number {
	const { newest, lastFetchedAt, latenessMs } = video;
	const gaps = gapsOf(video);
	if (gaps.length >= MIN_GAPS) return lowerMedianOf(gaps);
	const [gap = DOCUMENTED_CADENCE_MS, older] = gaps;
	if (older !== undefined) return fromDocumented(older) < fromDocumented(gap) ? older : gap;
	const isUntried = newest !== null && lastFetchedAt < newest + gap + latenessMs;
	return gap < DOCUMENTED_CADENCE_MS / 2 && isUntried ? gap : DOCUMENTED_CADENCE_MS;
}

/** Returns when to retry a failing video: at the next poll, then less and less often. */
const videoRetryAt = ({ since, lastTriedAt }: NonNullable<WatchedVideo['failing']>): number =>
	lastTriedAt + Math.min((lastTriedAt - since) / 2, HOUR_MS);

/** Returns when the next snapshot of a video should show. */
function snapshotDueAt(video: WatchedVideo): number {
	const { newest, lastFetchedAt, latenessMs, retryDelayMs = 0 } = video;
	if (newest === null) return lastFetchedAt + retryDelayMs;
	const cadence = cadenceOf(video);
	const expected = newest + cadence + latenessMs;
	// A snapshot that is ahead of its fetch says nothing of when the others show.
	if (lastFetchedAt < expected) return Math.min(expected, lastFetchedAt + cadence);
	const missed = 1 + Math.floor((lastFetchedAt - expected) / cadence);
	const next = expected + missed * cadence;
	const overdueMs = lastFetchedAt - (next - cadence);
	// Fetched too early: again soon, and the longer it takes, the less often.
	return missed > MAX_MISSED ? next : Math.min(next, lastFetchedAt + overdueMs / 2);
}

/**
 * Returns when a video is to be fetched next, in Unix milliseconds by the clock of n8n.
 *
 * @param isListed whether the list shows changes of its status.
 */
export function dueAt(video: WatchedVideo, isListed: boolean): number {
	const { lastFetchedAt, endedAt, failing, isDue, isSuperseded, status = 'monitoring' } = video;
	if (failing) return videoRetryAt(failing);
	if (isDue) return 0;
	if (isSuperseded) return Infinity;
	if (endedAt !== undefined)
		return endedAt + (lastFetchedAt < endedAt + HOUR_MS ? HOUR_MS : LINGER_MS);
	const isQuiet = status === 'paused' || status === 'error';
	if (isQuiet) return lastFetchedAt + (isListed ? 6 : 1) * HOUR_MS;
	return snapshotDueAt(video);
}

/**
 * Whether a video needs no more watching: it was superseded, or ended, long enough ago. One odd entry in
 * the list may make a newer tracking look older.
 *
 * @param now Unix milliseconds, by the clock of n8n.
 */
export function isFinished(video: WatchedVideo, now: number): boolean {
	const { endedAt, lastFetchedAt, isDue, isSuperseded } = video;
	if (isDue) return false;
	return isSuperseded
		? now >= lastFetchedAt + LINGER_MS
		: endedAt !== undefined && lastFetchedAt >= endedAt + LINGER_MS;
}

/** Returns the ids of the videos to fetch now, the least recently tried first. */
export function dueIds(
	videos: Record<string, WatchedVideo>,
	now: number,
	isListed: (id: string) => boolean,
): string[] {
	return Object.entries(videos)
		.filter(([id, video]) => {
			const hasClockMovedBack = lastTriedAt(video) > now;
			return hasClockMovedBack || dueAt(video, isListed(id)) <= now;
		})
		.sort(([, a], [, b]) => lastTriedAt(a) - lastTriedAt(b))
		.map(([id]) => id);
}

const lastTriedAt = ({ lastFetchedAt, failing }: WatchedVideo) =>
	Math.max(lastFetchedAt, failing?.lastTriedAt ?? 0);

/** Returns the next wait for the first snapshot, which comes at any time within an hour. */
const nextRetryDelayMs = (delayMs: number | undefined): number =>
	Math.min(delayMs === undefined ? MINUTE_MS : delayMs * 3, 30 * MINUTE_MS);

/**
 * Learns how late the snapshots of a video show, so that it is fetched neither too early nor long
 * after: a fetch that was too early puts the next one off, any other brings it forward a little.
 *
 * @param fresh the instants that did not show at the previous fetch, ascending.
 * @param now when it was fetched, in Unix milliseconds by the clock of n8n.
 */
function learnLateness(before: WatchedVideo, fresh: number[], now: number): number {
	const { newest, lastFetchedAt, latenessMs } = before;
	const latest = fresh.at(-1);
	if (latest === undefined) return latenessMs;
	// It shows: so much is certain, even if the clocks of n8n and the API differ.
	const atMost = now - latest;
	const cadence = cadenceOf(before);
	// After a pause or a snapshot that failed, the time since the one before tells nothing.
	const isNext =
		newest !== null &&
		fresh.length === 1 &&
		latest > newest &&
		latest < newest + (1 + MAX_LATE_SHARE) * cadence;
	if (!isNext) return Math.min(latenessMs, atMost);
	const wasTooEarly = lastFetchedAt >= newest + cadence + latenessMs;
	const step = cadence / 60;
	const learned = wasTooEarly
		? latenessMs + Math.max(step, (atMost - latenessMs) / 4)
		: Math.min(latenessMs, Math.max(0, latenessMs - step / 2));
	return Math.round(Math.min(learned, atMost));
}

/**
 * Returns the schedule of a video after a fetch.
 *
 * @param before its state at the previous fetch.
 * @param fresh the instants that did not show then, ascending.
 * @param now when it was fetched, in Unix milliseconds by the clock of n8n.
 */
export function scheduleAfterFetch(
	before: WatchedVideo,
	fresh: number[],
	video: Video,
	now: number,
): Pick<WatchedVideo, 'lastFetchedAt' | 'latenessMs' | 'retryDelayMs' | 'endedAt'> {
	const hasNone = before.newest === null && fresh.length === 0;
	return {
		lastFetchedAt: now,
		latenessMs: learnLateness(before, fresh, now),
		...(hasNone && { retryDelayMs: nextRetryDelayMs(before.retryDelayMs) }),
		...endAfterFetch(before, video, now),
	};
}

/**
 * Whether a tracking has ended for good. One in error, or with a status that is not documented, may resume
 * until its duration is over, and for another day.
 *
 * @param newest its newest snapshot, in Unix milliseconds; null without any.
 */
function isOver(video: Video, newest: number | null, now: number): boolean {
	if (isFinal(video.status)) return true;
	if (isActive(video.status)) return false;
	const plannedEnd = plannedEndOf(video);
	const end = plannedEnd < Infinity ? plannedEnd : (newest ?? 0) + MAX_DURATION_DAYS * DAY_MS;
	return now > Math.max(end, newest ?? 0) + DAY_MS;
}

/** Returns when a fetched video ended; nothing if it runs, or may resume. */
function endAfterFetch(
	{ endedAt, newest, status }: WatchedVideo,
	video: Video,
	now: number,
): Pick<WatchedVideo, 'endedAt'> {
	if (!isOver(video, newest, now)) return {};
	// A 404 that the video came back from was not its end.
	const hadEnded = status !== undefined && hasEnded(status);
	return { endedAt: (hadEnded && endedAt) || now };
}

/** Returns the state of a video that the API no longer knows: it is watched as long as it may come back. */
export function scheduleAfterMissing(video: WatchedVideo, now: number): WatchedVideo {
	const { failing: _failing, isDue: _isDue, ...rest } = video;
	// An earlier end of the tracking says nothing about the 404: the day counts from now.
	const endedAt = (video.isDeleted && video.endedAt) || now;
	return { ...rest, lastFetchedAt: now, isDeleted: true, endedAt };
}

/**
 * Whether the list is to be asked for again: the more requests it takes, the less often, so that
 * it stays a small part of all requests; at least once an hour.
 */
export function isListingDue(
	{ lastListing }: Pick<PollState, 'lastListing'>,
	now: number,
): boolean {
	if (!lastListing || lastListing.isDue || lastListing.listedAt > now) return true;
	return (
		now >= lastListing.listedAt + Math.min(lastListing.requests * LISTING_MS_PER_REQUEST, HOUR_MS)
	);
}

/** Whether the balance is to be checked again. */
export function isBalanceDue(state: Pick<PollState, 'balance'> | null, now: number): boolean {
	const checkedAt = state?.balance?.checkedAt;
	return checkedAt === undefined || checkedAt > now || now >= checkedAt + BALANCE_INTERVAL_MS;
}
