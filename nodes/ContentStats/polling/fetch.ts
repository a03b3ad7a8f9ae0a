import { type Client, isVideoId } from '../api/client';
import { ContentStatsError, type ErrorKind, unreadableReply } from '../api/errors';
import { listAll, type Listing, mergeListings } from '../api/listing';
import type { VideoWithSnapshots } from '../api/schemas';
import { mapConcurrent } from '../utils/async';
import { truncate } from '../utils/format';
import { listFilters, type Watch } from './watch';

/** Errors that concern every video alike: the user must fix something. */
const FATAL_KINDS = new Set<ErrorKind>(['invalid_credential', 'invalid_input', 'redirected']);
/** The rate limit or the time of the poll is used up: nothing was found out about the video. */
export const NO_ANSWER_KINDS = new Set<ErrorKind>(['rate_limited', 'budget_exhausted']);

/** The outcome of each fetch. A video in none of the sets was not asked for, or not answered in time. */
export interface FetchResult {
	fetched: Set<string>;
	failed: Map<string, ContentStatsError>;
	/** The API answered 404. */
	missing: Map<string, ContentStatsError>;
	/** Why the remaining videos were not asked for; null if all were. */
	stoppedBy: ContentStatsError | null;
}

/** Returns the error of a call that the rest of the poll can do without. @throws a fatal error. */
export function returnUnlessFatal(error: unknown): ContentStatsError {
	if (error instanceof ContentStatsError && !FATAL_KINDS.has(error.kind)) return error;
	throw error;
}

/** Lists the parts of the list that contain the watched videos. */
export const listWatched = async (client: Client, watch: Watch): Promise<Listing> =>
	mergeListings(await Promise.all(listFilters(watch).map((filters) => listAll(client, filters))));

/**
 * Fetches videos with their snapshots, several at once, in the order given. Each is passed on as it
 * arrives, since all of them together, with up to 720 snapshots each, may not fit into memory.
 *
 * @param onVideo throws a ContentStatsError if it cannot understand the video.
 * @throws ContentStatsError if it is fatal.
 */
export async function fetchVideos(
	client: Client,
	ids: string[],
	onVideo: (id: string, video: VideoWithSnapshots) => void,
): Promise<FetchResult> {
	const result: FetchResult = {
		fetched: new Set(),
		failed: new Map(),
		missing: new Map(),
		stoppedBy: null,
	};
	await mapConcurrent(ids, async (id) => {
		if (result.stoppedBy) return;
		// An id that the list gave and no request can hold is no reason to fail the others.
		if (!isVideoId(id))
			return void result.failed.set(
				id,
				unreadableReply('the list', `it contains a video with the ID “${truncate(id)}”`),
			);
		const error = await client
			.get(id)
			.then((video) => onVideo(id, video))
			.then(() => null, returnUnlessFatal);
		if (error === null) result.fetched.add(id);
		else if (NO_ANSWER_KINDS.has(error.kind)) result.stoppedBy ??= error;
		else if (error.kind === 'not_found') result.missing.set(id, error);
		else result.failed.set(id, error);
	});
	return result;
}
