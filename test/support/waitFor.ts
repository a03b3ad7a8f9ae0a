import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until a condition holds, and checks it every `everyMs`.
 *
 * @param what names the condition in the error
 * @throws Error if the condition does not hold within `atMostMs`
 */
export async function waitFor(
	what: string,
	atMostMs: number,
	holds: () => boolean | Promise<boolean>,
	everyMs = 50,
): Promise<void> {
	const deadline = Date.now() + atMostMs;
	while (!(await holds())) {
		if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}.`);
		await sleep(everyMs);
	}
}
