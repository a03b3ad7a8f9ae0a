import fc from 'fast-check';

import { loadTrigger } from './n8n';
import { schedules } from './schedule';
import { World } from './world';

/** Some of all `MODEL_RUNS` schedules, from a seed of their own; fast-check prints it with what fails. */
export function testShard(seed: number, of: number): void {
	const numRuns = Math.ceil(Number(process.env.MODEL_RUNS ?? 1000) / of);
	const triggers = [loadTrigger(), loadTrigger()];

	test(
		`every snapshot comes, once, in ${numRuns} schedules from seed ${seed}`,
		async () => {
			await fc.assert(
				fc.asyncProperty(schedules, async (schedule) => await new World(schedule, triggers).run()),
				{ seed, numRuns },
			);
		},
		20 * 60_000,
	);
}
