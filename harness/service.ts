import { setTimeout as sleep } from 'node:timers/promises';

/** Returns why a service cannot be used, in a few words; undefined if the attempt succeeds. */
export async function whyUnusable(attempt: () => Promise<unknown>): Promise<string | undefined> {
	try {
		await attempt();
		return undefined;
	} catch (error) {
		// If a name has several addresses, the error is an AggregateError without a message.
		const { message, code } = error as NodeJS.ErrnoException;
		return message || code || 'it does not answer';
	}
}

/**
 * Waits until an attempt succeeds.
 *
 * @throws Error with the service and the last problem if no attempt succeeds within `atMostMs`
 */
export async function untilUsable(
	service: string,
	atMostMs: number,
	attempt: () => Promise<unknown>,
): Promise<void> {
	const deadline = Date.now() + atMostMs;
	for (;;) {
		const problem = await whyUnusable(attempt);
		if (!problem) return;
		if (Date.now() > deadline) throw new Error(`${service} did not start: ${problem}`);
		await sleep(100);
	}
}
