import { setTimeout as sleep } from 'node:timers/promises';

import { randomStream } from '../../sandbox/random';
import type { Bench } from './deployment';
import { deploy } from './deployment';
import type { Figures } from './figures';
import { HOUR_MS, MINUTE_MS, POLL_BUDGET_MS, simulate } from './model';
import { cpuBetween, observe } from './observe';

/** A scenario that is played on a real n8n, and simulated. */
export interface CheckedScenario {
	name: string;
	what: string;
	videos: number;
	workers: number;
	/** In how many minutes the next snapshots of all videos are taken. */
	snapshotsWithinMinutes: number;
	latencyMs: number;
	pollMinutes: number;
	maxItemsPerPoll: number;
	minutes: number;
}

export const CHECKED: CheckedScenario[] = [
	{
		name: 'hour1k',
		what: '1,000 videos over the hour',
		videos: 1000,
		workers: 0,
		snapshotsWithinMinutes: 60,
		latencyMs: 0,
		pollMinutes: 1,
		maxItemsPerPoll: 1000,
		minutes: 12,
	},
	{
		name: 'hour10k',
		what: '10,000 videos over the hour',
		videos: 10_000,
		workers: 0,
		snapshotsWithinMinutes: 60,
		latencyMs: 0,
		pollMinutes: 2,
		maxItemsPerPoll: 1000,
		minutes: 8,
	},
	{
		name: 'batch10k',
		what: '10,000 videos in a batch, 100 ms latency',
		videos: 10_000,
		workers: 0,
		snapshotsWithinMinutes: 1,
		latencyMs: 100,
		pollMinutes: 2,
		maxItemsPerPoll: 10_000,
		minutes: 8,
	},
	{
		name: 'queue10k',
		what: '10,000 videos over the hour, 2 workers',
		videos: 10_000,
		workers: 2,
		snapshotsWithinMinutes: 60,
		latencyMs: 0,
		pollMinutes: 1,
		maxItemsPerPoll: 1000,
		minutes: 8,
	},
];

const SNAPSHOTS = 50;
/** Second of the minute at which n8n polls. */
const POLL_SECOND = 20;
/** Long enough for the first polls, which fetch every video. */
const preparationMs = (videos: number): number => 2 * MINUTE_MS + 10 * videos;

/** Times are in milliseconds. */
export interface Outcome {
	rows: number;
	medianMs: number;
	p95Ms: number;
	requests: number;
	/** CPU time of the JavaScript thread of the main process. */
	mainMs: number;
	/** The same of all workers together; 0 without queue mode. */
	workersMs: number;
}

const at = (sorted: number[], share: number): number =>
	sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? 0;

/** Returns when the next snapshot of each video is taken, from the begin of the scenario. */
function nextSnapshots({ videos, snapshotsWithinMinutes }: CheckedScenario): number[] {
	const random = randomStream('check', videos);
	return Array.from({ length: videos }, () =>
		Math.floor(random() * snapshotsWithinMinutes * MINUTE_MS),
	);
}

/** Plays a scenario on a real n8n. */
export async function play(
	scenario: CheckedScenario,
	bench: Bench,
	prepareMs = preparationMs(scenario.videos),
): Promise<Outcome> {
	const { name, workers, latencyMs, pollMinutes, maxItemsPerPoll, minutes } = scenario;
	const deployment = await deploy(bench, name, workers);
	try {
		const periodMs = pollMinutes * MINUTE_MS;
		const begin = Math.ceil((Date.now() + prepareMs) / periodMs) * periodMs;
		await deployment.publish({
			seed: { nextAt: nextSnapshots(scenario).map((ms) => begin + ms), snapshots: SNAPSHOTS },
			cron: `${POLL_SECOND} */${pollMinutes} * * * *`,
			maxItemsPerPoll,
		});
		if (Date.now() > begin) throw new Error('The first poll took too long');
		await sleep(begin - Date.now());
		await deployment.setLatency(latencyMs);
		await deployment.requests();
		const end = begin + minutes * MINUTE_MS;
		const observation = await observe(deployment, end);
		const cpu = observation.samples[0]!.cpu.map((_, index) =>
			cpuBetween(observation, index, begin, end),
		);
		const delays = observation.rows
			.filter(({ writtenAt }) => writtenAt >= begin && writtenAt <= end)
			.map(({ snapshotAt, writtenAt }) => writtenAt - snapshotAt)
			.sort((a, b) => a - b);
		return {
			rows: delays.length,
			medianMs: at(delays, 0.5),
			p95Ms: at(delays, 0.95),
			requests: observation.requests.length,
			mainMs: cpu[0]!,
			workersMs: cpu.slice(1).reduce((sum, ms) => sum + ms, 0),
		};
	} finally {
		await deployment.close();
	}
}

/** Simulates the same scenario. */
export function predict(scenario: CheckedScenario, figures: Figures): Outcome {
	const { videos, workers, latencyMs, pollMinutes, maxItemsPerPoll, minutes } = scenario;
	const lastPollMs = POLL_SECOND * 1000 - pollMinutes * MINUTE_MS;
	const next = nextSnapshots(scenario).map((ms) => {
		// The snapshot before it waits for the first poll if it was taken after the last one.
		const before = ms - HOUR_MS;
		return before > lastPollMs ? before : ms;
	});
	const { delayMs, rows, requests, mainCpuMs, workerCpuMs } = simulate(
		{
			videos,
			videosPerWorkflow: videos,
			instances: 1,
			workers,
			pollMinutes,
			firstPollAt: () => POLL_SECOND * 1000,
			maxItemsPerPoll,
			latencyMs,
			requestsPerMinute: Infinity,
			pollBudgetMs: POLL_BUDGET_MS,
			snapshots: SNAPSHOTS,
			firstSnapshotAt: (video) => next[video]!,
			durationMs: minutes * MINUTE_MS,
			warmUpMs: -HOUR_MS,
		},
		figures,
	);
	return {
		rows,
		medianMs: delayMs?.median ?? 0,
		p95Ms: delayMs?.p95 ?? 0,
		requests,
		mainMs: mainCpuMs[0]!,
		workersMs: workerCpuMs.reduce((sum, ms) => sum + ms, 0),
	};
}
