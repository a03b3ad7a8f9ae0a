import { createdAt, type Listing } from '../api/listing';
import type { Video } from '../api/schemas';
import { startCursor } from './cursor';
import { hasEnded, isFinal } from './events';
import { LONG_AGO } from './schedule';
import type { PollState, WatchedVideo } from './state';
import { covers, isSameWatch, namedIds, type Watch, watchedIn } from './watch';

/** Trackings that begin at once may be listed in another order than they were created in. */
const VISIBLE_AFTER_MS = 10 * 60_000;

/** The part of the state that says which videos are watched. */
export type Watching = Pick<PollState, 'watch' | 'seeded_until' | 'listed' | 'videos'>;

/** A video of which everything is still to be handed over. */
export const fromItsStart: WatchedVideo = { ...startCursor, checked: 0, late: 0 };
/** A video that was there before it was watched: Start From says what of it is handed over. */
export const toBeSeeded: WatchedVideo = { ...fromItsStart, seed: true };

/** Whether what is watched was chosen anew, so that what is added is seeded. */
export const isSeeding = (state: PollState | null, watch: Watch): boolean =>
	!state || !isSameWatch(state.watch, watch);

/** How a listed video begins to be watched; null where it does not. */
function begin(state: PollState | null, watch: Watch, video: Video): WatchedVideo | null {
	const wasCovered = state !== null && covers(state.watch, video);
	if (!wasCovered) return watch.kind === 'all' && isFinal(video.status) ? null : toBeSeeded;
	const { listed, seeded_until } = state;
	// What has ended and is not watched was either handed over to its end, or begun and ended since.
	if (hasEnded(video.status))
		return listed && createdAt(video) > listed.until ? fromItsStart : null;
	const seenUntil = !listed || listed.is_cut ? seeded_until : listed.until - VISIBLE_AFTER_MS;
	return createdAt(video) > seenUntil ? fromItsStart : toBeSeeded;
}

/** A watched video as the list shows it: due at once where something happened to it. */
function look(video: WatchedVideo, listed: Video | undefined, isChosen: boolean) {
	const isOver = video.ended !== undefined;
	if (!listed) return isOver ? video : { ...video, checked: 0 };
	// Its link was tracked again, and means the newer tracking.
	if (!isChosen) return isOver ? video : { ...video, checked: 0, ended: LONG_AGO };
	const isBack = isOver && !hasEnded(listed.status);
	const hasChanged = isBack || listed.status !== (video.status ?? 'monitoring');
	return hasChanged ? { ...video, checked: 0 } : video;
}

/**
 * Which videos are watched from here on. What is added is seeded or begins at its start; what is
 * chosen no more is dropped; what changed in the list, or left it, is due at once, so that nothing
 * of its end is lost.
 *
 * @param listing null where the list was not asked: then only what is named by id can be added.
 * @param at when it was listed, by the clock of n8n.
 */
export function rewatch(
	state: PollState | null,
	watch: Watch,
	listing: Listing | null,
	at: number,
): Watching {
	const seeding = isSeeding(state, watch);
	const known = state?.videos ?? {};
	const chosen = listing ? watchedIn(watch, listing) : [];
	const chosenIds = new Set(chosen.map(({ id }) => id));
	const named = namedIds(watch);
	const listed = new Map((listing?.videos ?? []).map((video) => [video.id, video]));
	const hidesSome = (listing?.fullSlices.length ?? 0) > 0;

	const videos: Record<string, WatchedVideo> = {};
	for (const [id, video] of Object.entries(known)) {
		const isDropped = seeding && watch.kind === 'selected' && !named.has(id) && !chosenIds.has(id);
		if (isDropped) continue;
		const isLeftAlone = !listing || named.has(id) || (hidesSome && !listed.has(id));
		videos[id] = isLeftAlone ? video : look(video, listed.get(id), chosenIds.has(id));
	}
	const wasNamed = state && namedIds(state.watch);
	for (const id of named) if (!wasNamed?.has(id)) videos[id] ??= toBeSeeded;
	for (const video of chosen) {
		const begun = videos[video.id] ?? begin(state, watch, video);
		if (begun) videos[video.id] = begun;
	}

	const newest = Math.max(0, ...[...listed.values()].map(createdAt));
	const toListed = ({ requests }: Listing): Watching['listed'] => ({
		at,
		requests,
		until: Math.max(state?.listed?.until ?? 0, newest),
		...(hidesSome && { is_cut: true }),
	});
	return {
		watch,
		videos,
		seeded_until: Math.max(state?.seeded_until ?? 0, seeding ? newest : 0),
		...(listing ? { listed: toListed(listing) } : state?.listed && { listed: state.listed }),
	};
}
