import { sleep } from 'n8n-workflow';

import type { Client } from '../api/client';
import { hiddenSlices, type Listing, listRunning, type Slice } from '../api/listing';
import type { Usage, Video } from '../api/schemas';
import { isRunning, mayBeActive } from '../model/videos';
import { delay } from '../utils/async';
import type { OperationContext } from './operation';
import { recentTrackings, stoppedIds } from './recentTrackings';

/** What the API says of an account. */
export interface AccountReading {
	usage: Usage;
	/** The running trackings that are listed, without those that this process has just stopped. */
	listing: Listing;
	/** Slices of the running trackings that are not all listed. */
	hidden: Slice[];
}

/** The list and the usage may come from different replicas of the API: seconds later they agree. */
const AGREEMENT_DELAYS_MS = [0, 1_000, 2_000];

async function readOnce(
	client: Client,
	recent: Video[],
	stopped: ReadonlySet<string>,
	isThorough: boolean,
): Promise<AccountReading> {
	const [usage, listing] = await Promise.all([client.usage(), listRunning(client, {}, isThorough)]);
	// Trackings may have started or ended since they were counted.
	const counts = listing.fullSlices.length > 0 ? [usage, await client.usage()] : [usage];
	const active = Math.max(...counts.map(({ active_videos }) => active_videos ?? NaN));
	const now = listing.repliedAt ?? Date.now();
	const listed = listing.videos.filter(({ id }) => !stopped.has(id));
	const seenIds = new Set([...listing.videos.map(({ id }) => id), ...listing.endedIds]);
	const unlisted = recent.filter(({ id }) => !seenIds.has(id));
	const counted = [...listed, ...unlisted].filter((video) => mayBeActive(video, now));
	const hidden = hiddenSlices({ ...listing, videos: counted }, active);
	const running = listed.filter((video) => isRunning(video, now));
	return { usage, listing: { ...listing, videos: running }, hidden };
}

/**
 * Reads the usage and the running trackings of an account. If usage counts more than are listed, it reads
 * them again, more thoroughly, for three seconds.
 *
 * @throws ContentStatsError
 */
export async function readAccount({
	client,
	account,
	functions,
}: OperationContext): Promise<AccountReading> {
	const recent = [...recentTrackings(account).values()];
	const stopped = stoppedIds(account);
	const signal = functions.getExecutionCancelSignal();
	let reading = await readOnce(client, recent, stopped, false);
	for (const delayMs of AGREEMENT_DELAYS_MS) {
		if (reading.hidden.length === 0 || reading.listing.fullSlices.length > 0) break;
		if (delayMs > 0) await delay(delayMs, sleep, signal);
		reading = await readOnce(client, recent, stopped, true);
	}
	return reading;
}
