/** Makes Date.now and setTimeout of this process run `factor` times as fast as real time. */
export function speedUp(factor: number): void {
	const { now } = Date;
	const { setTimeout: inRealTime } = globalThis;
	const start = now();
	Date.now = () => start + (now() - start) * factor;
	globalThis.setTimeout = ((work: () => void, ms = 0, ...given: []) =>
		inRealTime(work, ms / factor, ...given)) as typeof setTimeout;
}
