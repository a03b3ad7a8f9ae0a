import { createdAt } from '../api/listing';
import type { Video } from '../api/schemas';
import { type Cursor, gapsOf } from './cursor';
import { hasEnded, isFinal } from './events';
import type { PollState, WatchedVideo } from './state';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How long a video is watched after it ended: as long as a late snapshot is handed over. */
const LINGER_MS = 24 * HOUR_MS;

/** The end of a tracking that is fetched once more, and not a day longer. */
export const LONG_AGO = 0;

/** How long a tracking may last. */
const LONGEST_MS = 30 * 24 * HOUR_MS;

/** The documented cadence of the API. */
const DOCUMENTED_CADENCE_MS = HOUR_MS;
/** One gap may be odd, since the first snapshot comes at any time within the first hour. */
const GAPS_NEEDED = 2;

const LISTING_MS_PER_REQUEST = 7.5 * MINUTE_MS;
const BALANCE_MS = 15 * MINUTE_MS;

function medianOf(numbers: number[]): number | null {
	const sorted = [...numbers].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? null;
}

function cadenceOf(cursor: Cursor): number | null {
	const gaps = gapsOf(cursor);
	return gaps.length >= GAPS_NEEDED ? medianOf(gaps) : null;
}

/** The usual cadence of the watched videos in milliseconds; null where none is known yet. */
export const usualCadence = (videos: WatchedVideo[]): number | null =>
	medianOf(videos.flatMap((video) => cadenceOf(video) ?? []));

/** When a failed request is worth another try: at the next poll, then less and less often. */
const retryAt = ({ since, tried }: { since: number; tried: number }): number =>
	tried + Math.min((tried - since) / 2, HOUR_MS);

/** When the next snapshot of a video should be there, judged from `cadence`. */
function snapshotDueAt({ newest, checked, late, wait }: WatchedVideo, cadence: number | null) {
	if (newest === null) return checked + (wait ?? 0);
	if (cadence === null) {
		const documented = newest + DOCUMENTED_CADENCE_MS;
		return Math.min(checked + (wait ?? 0), documented > checked ? documented : Infinity);
	}
	const expected = newest + cadence + late;
	if (checked < expected) return expected;
	const missed = 1 + Math.floor((checked - expected) / cadence);
	const next = expected + missed * cadence;
	// Asked too early: again soon, and the later it is, the less often. A snapshot that was never
	// taken is given up when the next one is due.
	return missed > 1 ? next : Math.min(next, checked + (checked - expected) / 2);
}

/**
 * When a video is to be fetched next, in Unix milliseconds by the clock of n8n.
 *
 * @param usual the usual cadence of the watched videos, for those of which it is not known yet.
 * @param isListed whether the list tells when its status changes.
 */
export function dueAt(video: WatchedVideo, usual: number | null, isListed: boolean): number {
	const { checked, ended, failing, more, status = 'monitoring' } = video;
	if (failing) return retryAt(failing);
	if (checked === 0 || more) return 0;
	if (ended !== undefined) return ended + (checked < ended + HOUR_MS ? HOUR_MS : LINGER_MS);
	const isQuiet = status === 'paused' || status === 'error';
	if (isQuiet) return checked + (isListed ? 6 : 1) * HOUR_MS;
	return snapshotDueAt(video, cadenceOf(video) ?? usual);
}

/** Whether a video that ended has been watched long enough. */
export const isOver = ({ ended, checked, more }: WatchedVideo): boolean =>
	ended !== undefined && !more && checked >= ended + LINGER_MS;

/** The ids of the videos to fetch now, least recently tried first. */
export function dueIds(
	videos: Record<string, WatchedVideo>,
	now: number,
	isListed: (id: string) => boolean,
): string[] {
	const entries = Object.entries(videos);
	const usual = usualCadence(Object.values(videos));
	return entries
		.filter(([id, video]) => {
			const hasClockMovedBack = lastTry(video) > now;
			return hasClockMovedBack || dueAt(video, usual, isListed(id)) <= now;
		})
		.sort(([, a], [, b]) => lastTry(a) - lastTry(b))
		.map(([id]) => id);
}

const lastTry = ({ checked, failing }: WatchedVideo) => Math.max(checked, failing?.tried ?? 0);

/** How long to wait for a first snapshot, or for a cadence: it may come soon, but need not. */
const nextWait = (wait: number | undefined): number =>
	Math.min(wait === undefined ? MINUTE_MS : wait * 3, 30 * MINUTE_MS);

/**
 * What is learnt of a video's lateness, so that it is asked neither too early nor long after its
 * snapshot is there: a snapshot that was not there yet when it was asked for puts the next question
 * off, one that was there brings it forward a little.
 *
 * @param fresh the instants that were not there at the last look, ascending.
 * @param at when it was fetched, by the clock of n8n.
 */
function learntLateness(
	{ newest, checked, late }: WatchedVideo,
	fresh: number[],
	at: number,
	cadence: number | null,
): number {
	const latest = fresh.at(-1);
	if (latest === undefined) return late;
	// It is there: so much is certain, also where the clocks of n8n and the API differ.
	const atMost = at - latest;
	const isNext = newest !== null && cadence !== null && fresh.length === 1 && latest > newest;
	if (!isNext) return Math.min(late, atMost);
	const wasTooEarly = checked >= newest + cadence + late;
	const step = cadence / 60;
	const learnt = wasTooEarly
		? late + Math.max(step, (atMost - late) / 4)
		: Math.min(late, Math.max(0, late - step / 2));
	return Math.round(Math.min(learnt, atMost));
}

/**
 * The schedule of a video after it was fetched.
 *
 * @param before what was remembered; its cursor is that of the last look.
 * @param fresh the instants that were not there at the last look, ascending.
 * @param at when it was fetched, by the clock of n8n.
 */
export function afterFetch(
	before: WatchedVideo,
	fresh: number[],
	video: Video,
	at: number,
	usual: number | null,
): Pick<WatchedVideo, 'checked' | 'late' | 'wait' | 'ended'> {
	const cadence = cadenceOf(before) ?? usual;
	const isWaiting = cadence === null || (before.newest === null && fresh.length === 0);
	return {
		checked: at,
		late: learntLateness(before, fresh, at, cadence),
		...(isWaiting && { wait: nextWait(fresh.length > 0 ? undefined : before.wait) }),
		...endOf(before, video, at),
	};
}

/** When it was over, where it is. What was lost, or in error, and goes on again is not. */
function endOf({ ended, newest, status }: WatchedVideo, video: Video, at: number) {
	if (ended === LONG_AGO) return { ended };
	const lastSign = Math.max(newest ?? 0, createdAt(video));
	const isForGood =
		isFinal(video.status) || (video.status === 'error' && at - lastSign > LONGEST_MS);
	if (!isForGood) return {};
	// A loss of which it came back is not its end.
	const hadEnded = status !== undefined && hasEnded(status);
	return { ended: (hadEnded && ended) || at };
}

/** What is remembered of a video that the API does not know any more, as long as it may come back. */
export function afterLoss(video: WatchedVideo, at: number): WatchedVideo {
	const { failing: _, ...rest } = video;
	// That it had ended before is no proof that it is gone: it is watched a day from now.
	const ended = (video.is_deleted && video.ended) || at;
	return { ...rest, checked: at, is_deleted: true, ended };
}

/**
 * Whether the list is to be asked again: the more requests it takes, the less often, so that finding
 * videos stays a small part of all requests; at least once an hour.
 */
export function isListingDue({ listed }: Pick<PollState, 'listed'>, now: number): boolean {
	if (!listed || listed.at > now) return true;
	return now >= listed.at + Math.min(listed.requests * LISTING_MS_PER_REQUEST, HOUR_MS);
}

/** Whether the balance is to be looked at again. */
export function isBalanceDue(state: Pick<PollState, 'balance'> | null, now: number): boolean {
	const checked = state?.balance?.checked;
	return checked === undefined || checked > now || now >= checked + BALANCE_MS;
}
