import { createExpiringEntries } from '../../utils/expiring';
import { MINUTE_MS } from '../../utils/time';

/** A POST that was sent, and of which neither an answer nor a tracking was seen. */
export interface PendingPost {
	/** Unix milliseconds: until then it may still take effect, and is not repeated. */
	expiresAt: number;
	/** The ids of the trackings that existed before it was sent. */
	knownIds: ReadonlySet<string>;
}

/** Longer than servers and proxies go on with a request whose client has left. */
const PENDING_MS = 10 * MINUTE_MS;

/**
 * The pending POSTs of this process, by account and by the identity of their link. The API has no
 * idempotency key: a second POST within minutes could be paid twice.
 */
export const pendingPosts = createExpiringEntries<PendingPost>();

/** Creates a pending POST that was given up at `now` (Unix milliseconds). */
export const createPendingPost = (now: number, knownIds: ReadonlySet<string>): PendingPost => ({
	expiresAt: now + PENDING_MS,
	knownIds,
});
