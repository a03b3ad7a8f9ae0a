import { realNow } from './realTime';

const EVERY_MS = 30_000;

/**
 * Counts the runs of a long test, and prints the count every 30 s: a long test must not look hung.
 *
 * @returns a function to call after each run
 */
export function countRuns(title: string, total: number): () => void {
	let done = 0;
	let printAt = realNow() + EVERY_MS;
	return () => {
		done += 1;
		if (realNow() < printAt) return;
		printAt = realNow() + EVERY_MS;
		process.stdout.write(`  ${title}: ${done} of ${total}\n`);
	};
}
