import { runScenario } from './run';

import fc from 'fast-check';

import { countRuns } from '../support/progress';
import { scenarios } from './scenario';

/** The seeds of all test files: two, so that both cores have work. */
const ALL_SEEDS = 4;
const RUNS = Math.ceil(Number(process.env.CHAOS_RUNS ?? 200) / ALL_SEEDS);

/**
 * Tests random batches.
 *
 * @param seeds fixed, so that a failure can be reproduced: fast-check prints that of the failing scenario.
 */
export const testBatches = (...seeds: number[]): void =>
	test.each(seeds)(
		`pays for no video twice and loses no link in ${RUNS} random scenarios from seed %d`,
		async (seed) => {
			const countRun = countRuns(`batches from seed ${seed}`, RUNS);
			const property = fc.asyncProperty(scenarios, async (scenario) => {
				await runScenario(scenario);
				countRun();
			});
			await fc.assert(property, { seed, numRuns: RUNS, endOnFailure: true });
		},
		30 * 60_000,
	);
