/** A wish to track a video that was sent, and of which neither an answer nor a tracking was seen. */
export interface Unanswered {
	/** Unix milliseconds: until then it may still take effect, and is not sent again. */
	until: number;
	/** The trackings, by id, that were there before it was sent. */
	before: ReadonlySet<string>;
}

/** Longer than servers and the proxies before them go on with a request whose client has left. */
const MAY_TAKE_EFFECT_MS = 10 * 60_000;

const byAccount = new Map<string, Map<string, Unanswered>>();

/**
 * What this process has sent for an account without learning what became of it, by the identity of
 * the link. The API has no idempotency key: a second request within minutes could be paid twice.
 *
 * @param now Unix milliseconds; what can take effect no more by then is forgotten.
 */
export function unansweredOf(account: string, now: number): Map<string, Unanswered> {
	const all = byAccount.get(account) ?? new Map<string, Unanswered>();
	for (const [identity, { until }] of all) if (until <= now) all.delete(identity);
	byAccount.set(account, all);
	return all;
}

/** Notes what was given up at `now` (Unix milliseconds). */
export const unansweredSince = (now: number, before: ReadonlySet<string>): Unanswered => ({
	until: now + MAY_TAKE_EFFECT_MS,
	before,
});
