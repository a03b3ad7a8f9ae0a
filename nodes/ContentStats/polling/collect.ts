import type { Client } from '../api/client';
import { ContentStatsError } from '../api/errors';
import { listAll, type Listing, mergeListings } from '../api/listing';
import type { VideoWithSnapshots } from '../api/schemas';
import { forEachAtOnce } from '../api/wait';
import { listFilters, type Watch } from './watch';

/** Errors that concern every video alike: the user must mend something. */
const CONCERNS_ALL = new Set(['invalid_key', 'invalid_input', 'redirected']);
/** The rate limit or the time of the poll is used up: nothing was learnt about the video. */
const NOT_ASKED = new Set(['rate_limited', 'out_of_time', 'cut_short']);

/** What came of asking for some videos; one in none of these was not reached in time. */
export interface Answers {
	/** The ids that were answered. */
	answered: Set<string>;
	failed: Map<string, ContentStatsError>;
	/** Unknown to the API: 404. */
	missing: Map<string, ContentStatsError>;
	/** Why the others were not asked for. */
	refusal: ContentStatsError | null;
}

/** The error of a failed call, where the rest can go on without it. @throws any other. */
export function orError(error: unknown): ContentStatsError {
	if (error instanceof ContentStatsError && !CONCERNS_ALL.has(error.kind)) return error;
	throw error;
}

/** The list, as far as the watched videos are found in it. */
export const listWatched = async (client: Client, watch: Watch): Promise<Listing> =>
	mergeListings(await Promise.all(listFilters(watch).map((filters) => listAll(client, filters))));

/**
 * Fetches videos with their snapshots, some at once, in the order given. Each is handed on as it
 * comes, since all of them together, with up to 720 snapshots each, need not fit into memory.
 *
 * @param onVideo throws a ContentStatsError where the video cannot be understood.
 * @throws ContentStatsError where it concerns all videos.
 */
export async function fetchEach(
	client: Client,
	ids: string[],
	onVideo: (id: string, video: VideoWithSnapshots) => void,
): Promise<Answers> {
	const answers: Answers = {
		answered: new Set(),
		failed: new Map(),
		missing: new Map(),
		refusal: null,
	};
	await forEachAtOnce(ids, async (id) => {
		if (answers.refusal) return;
		const error = await client
			.get(id)
			.then((video) => onVideo(id, video))
			.then(() => null, orError);
		if (error === null) answers.answered.add(id);
		else if (NOT_ASKED.has(error.kind)) answers.refusal ??= error;
		else if (error.kind === 'not_found') answers.missing.set(id, error);
		else answers.failed.set(id, error);
	});
	return answers;
}
