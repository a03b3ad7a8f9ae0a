import type { Video } from '../api/schemas';
import { isFinal } from '../api/schemas';
import { createExpiringEntries } from '../utils/expiring';
import { MINUTE_MS } from '../utils/time';

interface RecentTracking {
	expiresAt: number;
	video: Video;
}

interface RecentStop {
	expiresAt: number;
}

/** Far longer than a list lags behind. */
const RECENT_MS = 10 * MINUTE_MS;

/** By account and by each identity of the link. */
const trackings = createExpiringEntries<RecentTracking>();
/** By account and by the id of the tracking. */
const stops = createExpiringEntries<RecentStop>();

/**
 * Remembers that a tracking runs: the API promises neither that its list shows at once what was
 * tracked, nor that it goes on to show what it has shown.
 *
 * @param identities what its link is known by.
 * @param now Unix milliseconds.
 */
export function rememberTracking(
	account: string,
	identities: string[],
	video: Video,
	now: number,
): void {
	const expiresAt = now + RECENT_MS;
	for (const identity of identities) trackings.set(account, identity, { expiresAt, video });
}

/** Remembers that a tracking was stopped, and so runs no longer. @param now Unix milliseconds. */
export function rememberStop(
	account: string,
	id: string,
	newStatus: string | null,
	now: number,
): void {
	if (!isFinal(newStatus)) return;
	for (const [identity, { video }] of trackings.of(account, now))
		if (video.id === id) trackings.delete(account, identity);
	stops.set(account, id, { expiresAt: now + RECENT_MS });
}

/**
 * Returns the trackings that this process has seen running in an account in the last ten minutes, by
 * each identity of their link.
 *
 * @param now Unix milliseconds.
 */
export const recentTrackings = (account: string, now: number): Map<string, Video> =>
	new Map([...trackings.of(account, now)].map(([identity, { video }]) => [identity, video]));

/** Returns the ids of the trackings that this process has stopped. @param now Unix milliseconds. */
export const stoppedIds = (account: string, now: number): Set<string> =>
	new Set(stops.of(account, now).keys());
