import { waitUnlessAborted } from './async';

const locks = new Map<string, Promise<void>>();

/**
 * Runs `work` while it holds the locks of all keys in this process. Runs that share a key take turns
 * in the order of their calls; others run side by side.
 *
 * @param signal ends the wait if it is aborted: `work` then runs at once and must send nothing.
 */
export async function withLocks<T>(
	keys: Iterable<string>,
	work: () => Promise<T>,
	signal?: AbortSignal,
): Promise<T> {
	const ownKeys = [...new Set(keys)];
	const earlier = Promise.all(ownKeys.map((key) => locks.get(key)));
	const result = waitUnlessAborted(earlier, signal).then(work);
	// An aborted waiter keeps its place, so that nobody overtakes those before it.
	const released = Promise.allSettled([earlier, result]).then(() => {
		for (const key of ownKeys) if (locks.get(key) === released) locks.delete(key);
	});
	for (const key of ownKeys) locks.set(key, released);
	return await result;
}

const running = new Set<string>();

/**
 * Runs `work`, unless a run under the same key is still going on in this process.
 *
 * @returns null if it was skipped.
 */
export async function skipIfRunning<T>(key: string, work: () => Promise<T>): Promise<T | null> {
	if (running.has(key)) return null;
	running.add(key);
	try {
		return await work();
	} finally {
		running.delete(key);
	}
}
