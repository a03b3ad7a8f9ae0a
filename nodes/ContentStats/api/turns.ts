import { unlessStopped } from './wait';

const turns = new Map<string, Promise<void>>();

/**
 * Runs `work` when all earlier work that shares an id with it has ended, in this process. Two batches
 * that were planned at once would both find a video not tracked yet, and both pay for it; batches of
 * other videos do not wait for each other.
 *
 * @param signal ends the wait when it is aborted: `work` is then run at once, and must send nothing.
 */
export async function inTurn<T>(
	ids: Iterable<string>,
	work: () => Promise<T>,
	signal?: AbortSignal,
): Promise<T> {
	const mine = [...new Set(ids)];
	const earlier = Promise.all(mine.map((id) => turns.get(id)));
	const result = unlessStopped(earlier, signal).then(work);
	// Who was stopped does not let those behind it pass those before it.
	const ended = Promise.allSettled([earlier, result]).then(() => {
		for (const id of mine) if (turns.get(id) === ended) turns.delete(id);
	});
	for (const id of mine) turns.set(id, ended);
	return await result;
}
