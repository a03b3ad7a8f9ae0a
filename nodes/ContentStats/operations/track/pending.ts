import { createExpiringEntries, type Expiring } from '../../utils/expiring';
import { MINUTE_MS } from '../../utils/time';

interface Post {
	/** The ids of the trackings that existed before it was sent. */
	knownIds: ReadonlySet<string>;
}

/** A POST of which neither an answer nor a tracking was seen. It is not repeated before it expires. */
export type PendingPost = Expiring<Post>;

/** Longer than servers and proxies go on with a request whose client has left. */
const PENDING_MS = 10 * MINUTE_MS;

/**
 * The pending POSTs of this process, by account and by the identity of their link. The API has no
 * idempotency key: a second POST within minutes could be paid twice.
 */
export const pendingPosts = createExpiringEntries<Post>(PENDING_MS);
