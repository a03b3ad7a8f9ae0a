import { createdAt } from '../api/listing';
import type { Video } from '../api/schemas';
import { isActive } from '../model/videos';
import { createExpiringEntries } from '../utils/expiring';
import { MINUTE_MS, uptime } from '../utils/time';

interface RecentTracking {
	video: Video;
	/** What its link is known by. */
	identities: string[];
}

/** Far longer than a list lags behind. */
const RECENT_MS = 10 * MINUTE_MS;

/** By account and by the id of the tracking. */
const trackings = createExpiringEntries<RecentTracking>(RECENT_MS);
/** By account and by the id of the tracking. */
const stops = createExpiringEntries<object>(RECENT_MS);

/**
 * Remembers that a tracking runs, unless it was stopped: the API promises neither that its list shows at
 * once what was tracked, nor that it goes on to show what it has shown.
 *
 * @param identities what its link is known by.
 */
export function rememberTracking(account: string, identities: string[], video: Video): void {
	if (!stops.of(account).has(video.id)) trackings.set(account, video.id, { video, identities });
}

/** Remembers that a tracking was stopped, and so runs no longer. */
export function rememberStop(account: string, id: string, newStatus: string | null): void {
	if (isActive(newStatus)) return;
	trackings.delete(account, id);
	stops.set(account, id, {});
}

/**
 * Returns the trackings that this process has seen running in an account in the last ten minutes, by
 * each identity of their link, the newest of each.
 */
export function recentTrackings(account: string): Map<string, Video> {
	const recent = new Map<string, Video>();
	for (const { video, identities } of trackings.of(account).values())
		for (const identity of identities) {
			const other = recent.get(identity);
			if (!other || createdAt(video) >= createdAt(other)) recent.set(identity, video);
		}
	return recent;
}

/** Returns the ids of the trackings that this process has stopped in the last ten minutes. */
export const stoppedIds = (account: string): Set<string> => new Set(stops.of(account).keys());

/** Longer than usage goes on to count what was stopped. */
const USAGE_LAG_MS = MINUTE_MS;

/** Returns the ids of the trackings that were stopped in the last minute: usage may still count them. */
export const justStoppedIds = (account: string): string[] =>
	[...stops.of(account)].flatMap(([id, { expiresAt }]) =>
		expiresAt - RECENT_MS > uptime() - USAGE_LAG_MS ? [id] : [],
	);
