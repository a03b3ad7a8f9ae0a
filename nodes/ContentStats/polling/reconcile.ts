import { isVideoId } from '../api/client';
import { createdAt, type Listing } from '../api/listing';
import { isFinal, type Video } from '../api/schemas';
import { identityOfStored, newestByIdentity } from '../model/links';
import { hasEnded, knownStatus } from '../model/videos';
import { createRecord } from '../utils/record';
import { DAY_MS, MINUTE_MS } from '../utils/time';
import { EMPTY_CURSOR } from './cursor';
import type { PollState, WatchedVideo } from './state';
import { isSameWatch, isIncluded, selectedIds, type Watch, watchedVideos } from './watch';

/** Trackings that start at the same time may be listed in another order than they were created in. */
const LISTING_LAG_MS = 10 * MINUTE_MS;

/** The part of the state that says which videos are watched. */
export type Watchlist = Pick<PollState, 'watch' | 'seededUntil' | 'lastListing' | 'videos'>;

/** A video of which everything is still to be emitted. */
export const NEW_VIDEO: WatchedVideo = {
	...EMPTY_CURSOR,
	isDue: true,
	lastFetchedAt: 0,
	latenessMs: 0,
};
/** A video that existed before it was watched: Start From seeds its cursor at the first fetch. */
export const UNSEEDED_VIDEO: WatchedVideo = { ...NEW_VIDEO, needsSeed: true };

/** Whether the user changed what is watched, so that the videos that are added are seeded. */
export const isSeeding = (state: PollState | null, watch: Watch): boolean =>
	!state || !isSameWatch(state.watch, watch);

/**
 * Returns how long before the newest listed video another one may have been created that was not listed yet.
 * Once the newest is a day old, none: it may have been forgotten itself, and be back.
 */
const listingLagOf = ({ listedAt, newestCreatedAt }: NonNullable<PollState['lastListing']>) =>
	listedAt - newestCreatedAt < DAY_MS ? LISTING_LAG_MS : 0;

/** Returns the first state of a listed video; null if it is not to be watched. */
function initialStateOf(state: PollState | null, watch: Watch, video: Video): WatchedVideo | null {
	const wasWatched = state !== null && isIncluded(state.watch, video);
	if (!wasWatched) return watch.kind === 'all' && isFinal(video.status) ? null : UNSEEDED_VIDEO;
	const { lastListing, seededUntil } = state;
	const status = knownStatus(video.status);
	// An ended, unwatched video was either emitted to its end, or started and ended between two listings.
	// One whose status cannot be read may have ended, too.
	if (status === null || hasEnded(status))
		return lastListing && createdAt(video) > lastListing.newestCreatedAt ? NEW_VIDEO : null;
	const seenUntil =
		!lastListing || lastListing.isTruncated
			? seededUntil
			: Math.max(seededUntil, lastListing.newestCreatedAt - listingLagOf(lastListing));
	return createdAt(video) > seenUntil ? NEW_VIDEO : UNSEEDED_VIDEO;
}

/**
 * Makes a watched video due at once if the list shows that something happened to it, or lacks it.
 *
 * @param listed the video in the list; undefined if it is not there.
 * @param isSuperseded whether the watch means a newer tracking of its link.
 */
function reconcileVideo(
	video: WatchedVideo,
	listed: Video | undefined,
	isSuperseded: boolean,
): WatchedVideo {
	const isOver = video.endedAt !== undefined;
	if (!listed) return isOver ? video : { ...video, isDue: true };
	if (isSuperseded)
		return isOver || video.isSuperseded ? video : { ...video, isDue: true, isSuperseded: true };
	const status = knownStatus(listed.status);
	const isBack = video.isSuperseded || (isOver && status !== null && !hasEnded(status));
	const hasChanged = isBack || (status !== null && status !== (video.status ?? 'monitoring'));
	const { isSuperseded: _, ...kept } = video;
	return hasChanged ? { ...kept, isDue: true } : kept;
}

/** Whether a watched id that no request can hold is over: nothing else will ever tell. */
const isOddIdOver = (id: string, listed: Video | undefined, isTruncated: boolean): boolean =>
	!isVideoId(id) && (listed ? hasEnded(listed.status) : !isTruncated);

/**
 * Reconciles the watched videos with the user's choice and the list. Videos that are added are seeded
 * or start anew; videos that are no longer chosen are dropped; videos that changed in the list, or
 * left it, are due at once, so that nothing of their end is lost.
 *
 * @param listing null if the list was not asked for: then only videos selected by id are added.
 * @param now when it was listed, in Unix milliseconds by the clock of n8n.
 */
export function reconcile(
	state: PollState | null,
	watch: Watch,
	listing: Listing | null,
	now: number,
): Watchlist {
	const seeding = isSeeding(state, watch);
	const known = state?.videos ?? createRecord<WatchedVideo>();
	const chosen = listing ? watchedVideos(watch, listing) : [];
	const chosenIds = new Set(chosen.map(({ id }) => id));
	const selected = selectedIds(watch);
	const listed = new Map((listing?.videos ?? []).map((video) => [video.id, video]));
	const isTruncated = (listing?.fullSlices.length ?? 0) > 0;
	const newestOfLinks = newestByIdentity(watch.kind === 'selected' ? chosen : []);
	const isSuperseded = ({ id, video_link }: Video) => {
		const newest = video_link === null ? null : newestOfLinks.get(identityOfStored(video_link));
		return !!newest && newest.id !== id;
	};

	const videos = createRecord<WatchedVideo>();
	for (const [id, video] of Object.entries(known)) {
		const isDropped =
			seeding && watch.kind === 'selected' && !selected.has(id) && !chosenIds.has(id);
		if (isDropped) continue;
		const entry = listed.get(id);
		const isUnaffected = !listing || (isTruncated && !entry);
		const { isSuperseded: _, ...kept } = video;
		if (selected.has(id)) videos[id] = kept;
		else if (listing && isOddIdOver(id, entry, isTruncated)) continue;
		else if (isUnaffected) videos[id] = video;
		else videos[id] = reconcileVideo(video, entry, entry !== undefined && isSuperseded(entry));
	}
	const previouslySelected = state && selectedIds(state.watch);
	for (const id of selected) if (!previouslySelected?.has(id)) videos[id] ??= UNSEEDED_VIDEO;
	for (const video of chosen) {
		const watched = videos[video.id] ?? initialStateOf(state, watch, video);
		if (watched) videos[video.id] = watched;
	}

	// A tracking whose id cannot be read yet, and may be one day, was created before the reply.
	const hasOddIds =
		listing !== null &&
		(listing.unidentified.length > 0 || listing.videos.some(({ id }) => !isVideoId(id)));
	const repliedAt = listing?.repliedAt ?? now;
	const created = (listing?.videos ?? []).reduce((at, video) => Math.max(at, createdAt(video)), 0);
	// One that is ahead would make all that follow look old. A proxy's Date may be behind.
	const newest = Math.min(created, listing?.repliedAt ? Math.max(repliedAt, now) : Infinity);
	// A list that lags does not show all that was seen before.
	const newestCreatedAt = Math.max(state?.lastListing?.newestCreatedAt ?? 0, newest);
	const toLastListing = ({ requests }: Listing): Watchlist['lastListing'] => ({
		listedAt: now,
		requests,
		newestCreatedAt,
		...((isTruncated || hasOddIds) && { isTruncated: true as const }),
	});
	return {
		watch,
		videos,
		seededUntil: Math.max(
			state?.seededUntil ?? 0,
			seeding ? (hasOddIds ? Math.min(repliedAt, Math.max(newest, now)) : newestCreatedAt) : 0,
		),
		...(listing
			? { lastListing: toLastListing(listing) }
			: state?.lastListing && { lastListing: state.lastListing }),
	};
}
