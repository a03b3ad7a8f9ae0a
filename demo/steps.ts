/** Announces a task, shows its progress, and prints how long it took. */
export type Step = <T>(title: string, usually: string, work: () => Promise<T>) => Promise<T>;

let isSilent = false;

/** Ends the output of all steps, also of those that still run. */
export function silenceSteps(): void {
	isSilent = true;
}

/**
 * Prints a step's title and usual duration, the elapsed time while it runs, and its duration at the
 * end. A terminal shows one line that is rewritten; other outputs get a line every 30 s.
 */
export const printStep: Step = async (title, usually, work) => {
	const start = Date.now();
	const { isTTY } = process.stdout;
	const elapsed = () => {
		const seconds = Math.round((Date.now() - start) / 1000);
		return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
	};
	const heading = `- ${title} (${usually})`;
	const line = (text: string) => {
		if (isSilent) return;
		process.stdout.write(isTTY ? `\r${heading} ${text} ` : `  ${text}\n`);
	};
	if (!isTTY) process.stdout.write(`${heading}\n`);
	const show = () => line(`… ${elapsed()}`);
	if (isTTY) show();
	const timer = setInterval(show, isTTY ? 1000 : 30_000);
	const finish = (outcome: string) => {
		clearInterval(timer);
		line(`${outcome} ${elapsed()}`);
		if (isTTY && !isSilent) process.stdout.write('\n');
	};
	try {
		const result = await work();
		finish('done in');
		return result;
	} catch (error) {
		finish('failed after');
		throw error;
	}
};
