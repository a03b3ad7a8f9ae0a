import { isFinal, type Video } from '../api/schemas';
import { createExpiringEntries } from '../utils/expiring';
import { MINUTE_MS } from '../utils/time';

/** Far longer than a list lags behind. */
const RECENT_MS = 10 * MINUTE_MS;

/** By account and by each identity of the link. */
const trackings = createExpiringEntries<{ video: Video }>(RECENT_MS);
/** By account and by the id of the tracking. */
const stops = createExpiringEntries<object>(RECENT_MS);

/**
 * Remembers that a tracking runs: the API promises neither that its list shows at once what was
 * tracked, nor that it goes on to show what it has shown.
 *
 * @param identities what its link is known by.
 */
export function rememberTracking(account: string, identities: string[], video: Video): void {
	for (const identity of identities) trackings.set(account, identity, { video });
}

/** Remembers that a tracking was stopped, and so runs no longer. */
export function rememberStop(account: string, id: string, newStatus: string | null): void {
	if (!isFinal(newStatus)) return;
	for (const [identity, { video }] of trackings.of(account))
		if (video.id === id) trackings.delete(account, identity);
	stops.set(account, id, {});
}

/**
 * Returns the trackings that this process has seen running in an account in the last ten minutes, by
 * each identity of their link.
 */
export const recentTrackings = (account: string): Map<string, Video> =>
	new Map([...trackings.of(account)].map(([identity, { video }]) => [identity, video]));

/** Returns the ids of the trackings that this process has stopped in the last ten minutes. */
export const stoppedIds = (account: string): Set<string> => new Set(stops.of(account).keys());
