/** The longest that a trigger waits between polls that keep failing, in milliseconds. */
const LONGEST_WAIT_MS = 15 * 60_000;
const FIRST_WAIT_MS = 2 * 60_000;

interface Attempts {
	failures: number;
	/** Until then (Unix milliseconds) nothing is asked. */
	waitUntil: number;
}

const attempts = new WeakMap<object, Attempts>();
const running = new Set<string>();

/** Whether no poll has been made with this context, which n8n keeps for the polls of an activation. */
export const isFirstAttempt = (context: object): boolean => !attempts.has(context);

/** Whether polls of this context have failed so often that this one is left out. */
export function mustWait(context: object, now: number): boolean {
	const left = (attempts.get(context)?.waitUntil ?? 0) - now;
	// More than it can be means that the clock has been put back.
	return left > 0 && left <= LONGEST_WAIT_MS;
}

/** A poll has worked: the next failure is the first again. */
export const succeeded = (context: object): void =>
	void attempts.set(context, { failures: 0, waitUntil: 0 });

/** A poll has failed: the second failure in a row makes the next polls wait, longer each time. */
export function hasFailed(context: object, now: number): void {
	const failures = (attempts.get(context)?.failures ?? 0) + 1;
	const waitMs = failures < 2 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (failures - 2), LONGEST_WAIT_MS);
	attempts.set(context, { failures, waitUntil: now + waitMs });
}

/**
 * Runs `poll`, unless one under the same key still runs in this process: n8n starts a poll whether or
 * not the one before has ended, and both would ask for the same and hand it over twice.
 *
 * @returns null where it was not run.
 */
export async function unlessRunning<T>(key: string, poll: () => Promise<T>): Promise<T | null> {
	if (running.has(key)) return null;
	running.add(key);
	try {
		return await poll();
	} finally {
		running.delete(key);
	}
}
