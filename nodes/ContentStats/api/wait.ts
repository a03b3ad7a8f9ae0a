/** Resolves with `promise`, or at once when the signal is aborted. */
export async function unlessStopped(
	promise: Promise<unknown>,
	signal?: AbortSignal,
): Promise<void> {
	if (signal?.aborted) return;
	await new Promise<void>((resolve, reject) => {
		const stop = () => resolve();
		signal?.addEventListener('abort', stop, { once: true });
		promise.then(stop, reject).finally(() => signal?.removeEventListener('abort', stop));
	});
}

/** Resolves after `ms`, or at once when the signal is aborted. */
export async function sleepUnlessStopped(
	ms: number,
	sleep: (ms: number) => Promise<void>,
	signal?: AbortSignal,
): Promise<void> {
	if (!signal?.aborted) await unlessStopped(sleep(ms), signal);
}

/** Enough work at once to keep the gate busy; little enough to stop soon when something fails. */
const AT_ONCE = 8;

/**
 * Does `work` on every entry, some at once, and returns the results in the order of the entries. The
 * first rejection is passed on once what is under way has ended; nothing new is begun after it.
 */
export async function forEachAtOnce<T, R>(
	entries: readonly T[],
	work: (entry: T, index: number) => Promise<R>,
): Promise<R[]> {
	const results = new Array<R>(entries.length);
	let next = 0;
	let failure: { reason: unknown } | null = null;
	async function worker(): Promise<void> {
		while (next < entries.length && !failure) {
			const index = next++;
			try {
				results[index] = await work(entries[index]!, index);
			} catch (reason) {
				failure ??= { reason };
			}
		}
	}
	await Promise.all(Array.from({ length: Math.min(AT_ONCE, entries.length) }, worker));
	if (failure) throw (failure as { reason: unknown }).reason;
	return results;
}
