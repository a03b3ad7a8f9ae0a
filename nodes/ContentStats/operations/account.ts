import { sleep } from 'n8n-workflow';

import { hiddenSlices, type Listing, listRunning, type Slice } from '../api/listing';
import type { Usage } from '../api/schemas';
import { isRunning } from '../model/videos';
import { delay } from '../utils/async';
import type { OperationContext } from './operation';
import { closeGate } from './postGate';
import { justStoppedIds, recentTrackings, stoppedIds } from './recentTrackings';

/** What the API says of an account. */
export interface AccountReading {
	usage: Usage;
	/** The running trackings that are listed, without those that this process has just stopped. */
	listing: Listing;
	/** The ids of all trackings that are listed or known, whether they run or not. */
	knownIds: Set<string>;
	/** Slices of the running trackings that are not all listed. */
	hidden: Slice[];
}

/** The list and the usage may come from different replicas of the API: seconds later they agree. */
const AGREEMENT_DELAYS_MS = [1_000, 2_000];

async function readOnce(
	{ client, account }: OperationContext,
	isThorough = false,
): Promise<AccountReading> {
	// What is tracked meanwhile need not be counted by usage.
	const recent = [...recentTrackings(account).values()];
	const [usage, listing] = await Promise.all([client.usage(), listRunning(client, {}, isThorough)]);
	// Trackings may have started or ended since they were counted.
	const counts = listing.fullSlices.length > 0 ? [usage, await client.usage()] : [usage];
	const active = counts.map(({ active_videos }) => active_videos ?? NaN);
	const now = listing.repliedAt ?? Date.now();
	const stopped = stoppedIds(account);
	const shownIds = new Set(listing.videos.map(({ id }) => id));
	const listedIds = new Set([...shownIds, ...listing.endedIds]);
	const unlisted = recent.filter(({ id }) => !listedIds.has(id));
	const stillCounted = justStoppedIds(account).filter((id) => !shownIds.has(id)).length;
	const hidden = hiddenSlices(
		{ ...listing, videos: [...listing.videos, ...unlisted] },
		// NaN, and so no whole number, if one of them is unknown.
		Math.max(...active) - stillCounted,
	);
	const videos = listing.videos.filter(({ id }) => !stopped.has(id));
	const running = videos.filter((video) => isRunning(video, now));
	const knownIds = new Set([...listedIds, ...stopped, ...recent.map(({ id }) => id)]);
	return { usage, listing: { ...listing, videos: running }, knownIds, hidden };
}

/**
 * Reads the usage and the running trackings of an account. If usage counts more than are listed, both are
 * read again for three seconds, at last by platform and status, while this process tracks nothing.
 *
 * @throws ContentStatsError
 */
export async function readAccount(context: OperationContext): Promise<AccountReading> {
	const { account, functions } = context;
	const signal = functions.getExecutionCancelSignal();
	const isSettled = ({ hidden, listing }: AccountReading) =>
		hidden.length === 0 || listing.fullSlices.length > 0;
	const first = await readOnce(context);
	if (isSettled(first)) return first;
	await delay(AGREEMENT_DELAYS_MS[0]!, sleep, signal);
	const second = await readOnce(context);
	if (isSettled(second)) return second;
	await delay(AGREEMENT_DELAYS_MS[1]!, sleep, signal);
	return await closeGate(account, async () => await readOnce(context, true), signal);
}
