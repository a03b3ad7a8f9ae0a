const turns = new Map<string, Promise<void>>();

/**
 * Runs `work` when all earlier work under the same id has ended, in this process. Two batches that
 * were planned at once would both find a video not tracked yet, and both pay for it.
 */
export async function inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
	const mine = (turns.get(id) ?? Promise.resolve()).then(work);
	const ended = mine.then(
		() => {},
		() => {},
	);
	turns.set(id, ended);
	void ended.then(() => {
		if (turns.get(id) === ended) turns.delete(id);
	});
	return await mine;
}
