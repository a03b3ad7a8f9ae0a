import { sleep } from 'n8n-workflow';

import { hiddenSlices, type Listing, listRunning, type Slice } from '../api/listing';
import type { Usage } from '../api/schemas';
import { isRunning } from '../model/videos';
import { delay } from '../utils/async';
import type { OperationContext } from './operation';
import { postsInFlight, recentTrackings, stoppedIds } from './recentTrackings';

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

/**
 * How to read again if usage counts more than are listed. The list and the usage may come from different
 * replicas of the API: seconds later they agree.
 */
const REREADINGS = [
	{ delayMs: 1_000, isThorough: false },
	{ delayMs: 2_000, isThorough: true },
];

async function readOnce(
	{ client, account }: OperationContext,
	isThorough: boolean,
): Promise<AccountReading> {
	const [usage, listing] = await Promise.all([client.usage(), listRunning(client, {}, isThorough)]);
	// Trackings may have started or ended since they were counted.
	const counts = listing.fullSlices.length > 0 ? [usage, await client.usage()] : [usage];
	const active = counts.some(({ active_videos }) => active_videos === null)
		? null
		: Math.max(...counts.map(({ active_videos }) => active_videos!));
	const now = listing.repliedAt ?? Date.now();
	const stopped = stoppedIds(account);
	const listedIds = new Set([...listing.videos.map(({ id }) => id), ...listing.endedIds]);
	const unlisted = [...recentTrackings(account).values()].filter(({ id }) => !listedIds.has(id));
	// Usage may still count what was stopped, and count what is being tracked just now.
	const isUncounted = (id: string) => !listing.videos.some((video) => video.id === id);
	const explained = [...stopped].filter(isUncounted).length + postsInFlight(account);
	const counted = { ...listing, videos: [...listing.videos, ...unlisted] };
	const hidden = hiddenSlices(counted, active === null ? null : active - explained);
	const videos = listing.videos.filter(({ id }) => !stopped.has(id));
	const running = videos.filter((video) => isRunning(video, now));
	const knownIds = new Set([...listedIds, ...stopped, ...unlisted.map(({ id }) => id)]);
	return { usage, listing: { ...listing, videos: running }, knownIds, hidden };
}

/**
 * Reads the usage and the running trackings of an account, again for three seconds if usage counts more
 * than are listed.
 *
 * @throws ContentStatsError
 */
export async function readAccount(context: OperationContext): Promise<AccountReading> {
	const signal = context.functions.getExecutionCancelSignal();
	let reading = await readOnce(context, false);
	for (const { delayMs, isThorough } of REREADINGS) {
		if (reading.hidden.length === 0 || reading.listing.fullSlices.length > 0) break;
		await delay(delayMs, sleep, signal);
		reading = await readOnce(context, isThorough);
	}
	return reading;
}
