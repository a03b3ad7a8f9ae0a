import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until something is there, looking every so many ms.
 *
 * @throws Error naming it when it is not there after `atMostMs`
 */
export async function waitFor(
	what: string,
	atMostMs: number,
	there: () => boolean | Promise<boolean>,
	everyMs = 50,
): Promise<void> {
	const deadline = Date.now() + atMostMs;
	while (!(await there())) {
		if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}.`);
		await sleep(everyMs);
	}
}
