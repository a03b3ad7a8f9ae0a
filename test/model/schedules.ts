import fc from 'fast-check';

import { countRuns } from '../support/progress';
import { loadPackages } from './n8n';
import { schedules } from './schedule';
import { ScheduleRunner } from './scheduleRunner';

/** The seeds of all test files: two, so that both cores have work. */
const ALL_SEEDS = 4;
const RUNS = Math.ceil(Number(process.env.MODEL_RUNS ?? 1000) / ALL_SEEDS);

/**
 * Tests random schedules.
 *
 * @param seeds fixed, so that a failure can be reproduced: fast-check prints that of the failing schedule.
 */
export const testSchedules = (...seeds: number[]): void =>
	test.each(seeds)(
		`emits every snapshot once in ${RUNS} random schedules from seed %d`,
		async (seed) => {
			const countRun = countRuns(`schedules from seed ${seed}`, RUNS);
			const packages = loadPackages();
			await fc.assert(
				fc.asyncProperty(schedules, async (schedule) => {
					await new ScheduleRunner(schedule, packages).run();
					countRun();
				}),
				{ seed, numRuns: RUNS },
			);
		},
		20 * 60_000,
	);
