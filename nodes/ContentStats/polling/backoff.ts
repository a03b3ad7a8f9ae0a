import { MINUTE_MS } from '../utils/time';

const INITIAL_BACKOFF_MS = 2 * MINUTE_MS;
const MAX_BACKOFF_MS = 15 * MINUTE_MS;

interface Backoff {
	failures: number;
	/** Unix milliseconds: polls before it are skipped. */
	retryAt: number;
}

/** By the context of the polls. */
const backoffs = new WeakMap<object, Backoff>();

/** Whether this context has made no poll yet: n8n keeps it for all polls of an activation. */
export const isFirstPoll = (context: object): boolean => !backoffs.has(context);

/** Whether a poll is to be skipped, since those before it failed. @param now Unix milliseconds. */
export function isBackingOff(context: object, now: number): boolean {
	const waitMs = (backoffs.get(context)?.retryAt ?? 0) - now;
	// A longer wait than the longest means that the clock was set back.
	return waitMs > 0 && waitMs <= MAX_BACKOFF_MS;
}

/** Ends the backoff after a poll that succeeded. */
export const resetBackoff = (context: object): void =>
	void backoffs.set(context, { failures: 0, retryAt: 0 });

/** Records a failed poll: from the second failure in a row on, polls are skipped for longer each time. */
export function recordFailedPoll(context: object, now: number): void {
	const failures = (backoffs.get(context)?.failures ?? 0) + 1;
	const waitMs =
		failures < 2 ? 0 : Math.min(INITIAL_BACKOFF_MS * 2 ** (failures - 2), MAX_BACKOFF_MS);
	backoffs.set(context, { failures, retryAt: now + waitMs });
}
