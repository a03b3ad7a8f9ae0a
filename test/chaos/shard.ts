import { runScenario } from './run';

import fc from 'fast-check';

import { scenarios } from './scenario';

/** Some of all `CHAOS_RUNS` scenarios, from a seed of their own; fast-check prints it with what fails. */
export function testShard(seed: number, of: number): void {
	const numRuns = Math.ceil(Number(process.env.CHAOS_RUNS ?? 200) / of);

	test(
		`no video is paid twice and none is lost in ${numRuns} scenarios from seed ${seed}`,
		async () => {
			await fc.assert(fc.asyncProperty(scenarios, runScenario), {
				seed,
				numRuns,
				endOnFailure: true,
			});
		},
		30 * 60_000,
	);
}
