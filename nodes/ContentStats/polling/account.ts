import { isVideoId } from '../api/client';
import type { Listing } from '../api/listing';
import { allVideosUnknown } from './failures';
import type { FetchResult } from './fetch';
import type { PollState } from './state';

/** How many videos are asked for to tell whose key it is. One may be gone. */
const MAX_WITNESSES = 5;

/** Returns the ids of the videos that an API key of the same account must find. */
const expectedIds = ({ videos }: PollState): string[] =>
	Object.keys(videos).filter(
		(id) => isVideoId(id) && !videos[id]!.needsSeed && !videos[id]!.isDeleted,
	);

const isKeyNew = (state: PollState | null, account: string): state is PollState =>
	state?.account !== undefined && state.account !== account;

/**
 * Returns the ids of videos to ask for after a change of the API key, if the list shows none that is known:
 * the key may be of another account.
 *
 * @param account a hash of the base URL and the API key.
 */
export function witnessIds(
	state: PollState | null,
	listing: Listing | null,
	account: string,
): string[] {
	if (!isKeyNew(state, account)) return [];
	if (listing?.videos.some(({ id }) => id in state.videos)) return [];
	return expectedIds(state).slice(0, MAX_WITNESSES);
}

/**
 * Asserts that a new API key is of the same account: it finds any video that the state knows.
 *
 * @param account a hash of the base URL and the API key.
 * @throws ContentStatsError if it finds none, so that none counts as deleted; or why none could be fetched.
 */
export function assertSameAccount(
	state: PollState | null,
	listing: Listing | null,
	{ fetched, failed, stoppedBy }: FetchResult,
	account: string,
): void {
	if (!isKeyNew(state, account)) return;
	const found = [...fetched, ...(listing?.videos ?? []).map(({ id }) => id)];
	const expected = expectedIds(state);
	if (expected.length === 0 || found.some((id) => id in state.videos)) return;
	const failures = [stoppedBy, ...failed.values()];
	// The API answers with 403 for a video of another account.
	throw (
		failures.find((error) => error && error.kind !== 'forbidden') ??
		allVideosUnknown(expected.length)
	);
}
