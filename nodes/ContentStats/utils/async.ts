/**
 * Waits for `promise`, but no longer than until the signal is aborted.
 *
 * @throws the reason of `promise` if it rejects first.
 */
export async function waitUnlessAborted(
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

/**
 * Sleeps, so that a caller cannot go on after an abort without noticing it.
 *
 * @param ms milliseconds.
 * @throws the signal's reason once the signal is aborted.
 */
export async function delay(
	ms: number,
	sleep: (ms: number) => Promise<void>,
	signal?: AbortSignal,
): Promise<void> {
	if (!signal?.aborted) await waitUnlessAborted(sleep(ms), signal);
	signal?.throwIfAborted();
}

const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Returns a signal that is aborted after `ms` milliseconds: Node.js takes whole ones only. */
export const timeoutSignal = (ms: number): AbortSignal =>
	AbortSignal.timeout(Math.min(Math.max(Math.ceil(ms), 0), MAX_TIMEOUT_MS));

/** Enough concurrency to keep the rate limiter busy; little enough to stop soon after a failure. */
const MAX_CONCURRENCY = 8;

/**
 * Maps entries by an async function, eight at a time, and keeps their order. After the first
 * rejection no further call starts.
 *
 * @throws the first rejection, once the calls in flight have settled.
 */
export async function mapConcurrent<T, R>(
	entries: readonly T[],
	map: (entry: T, index: number) => Promise<R>,
): Promise<R[]> {
	const results = new Array<R>(entries.length);
	let next = 0;
	let failure: { reason: unknown } | null = null;
	async function worker(): Promise<void> {
		while (next < entries.length && !failure) {
			const index = next++;
			try {
				results[index] = await map(entries[index]!, index);
			} catch (reason) {
				failure ??= { reason };
			}
		}
	}
	await Promise.all(Array.from({ length: Math.min(MAX_CONCURRENCY, entries.length) }, worker));
	if (failure) throw (failure as { reason: unknown }).reason;
	return results;
}
