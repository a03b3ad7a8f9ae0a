import type { Figures } from '../../../bench/scale/figures';
import { HOUR_MS, MINUTE_MS, type Scenario, simulate } from '../../../bench/scale/model';

/** Nothing costs CPU time, so that each delay can be calculated by hand. */
const FREE: Figures = {
	idleShare: 0,
	pollMs: 0,
	watchedVideoMs: 0,
	requestMs: 0,
	snapshotMs: 0,
	emitMs: 0,
	stateVideoMs: 0,
	execution: { beforeMs: 0, beforeItemMs: 0, afterMs: 0, afterItemMs: 0 },
	queue: {
		enqueueMs: 0,
		enqueueItemMs: 0,
		execution: { beforeMs: 0, beforeItemMs: 0, afterMs: 0, afterItemMs: 0 },
	},
	writeMs: 0,
	writeItemMs: 0,
};

/** One trigger, polled every minute from the start, whose videos are due at the start. */
const BATCH: Scenario = {
	videos: 80,
	videosPerWorkflow: 1000,
	instances: 1,
	workers: 0,
	pollMinutes: 1,
	firstPollAt: () => 0,
	maxItemsPerPoll: 1000,
	latencyMs: 0,
	requestsPerMinute: Infinity,
	pollBudgetMs: 300_000,
	snapshots: 100,
	firstSnapshotAt: () => 0,
	durationMs: 10 * MINUTE_MS,
	warmUpMs: 0,
};

const run = (changes: Partial<Scenario>, figures: Partial<Figures> = {}) =>
	simulate({ ...BATCH, ...changes }, { ...FREE, ...figures });

describe('delay from a snapshot to its row', () => {
	const SLOW = { beforeMs: 10_000, beforeItemMs: 0, afterMs: 0, afterItemMs: 0 };
	const SLOW_QUEUE = { queue: { ...FREE.queue, execution: SLOW } };
	const ONE_EACH = { videos: 12, videosPerWorkflow: 1 };

	it.each<[what: string, maxMs: number, changes: Partial<Scenario>, figures?: Partial<Figures>]>([
		[
			'waits for the next poll',
			4 * MINUTE_MS,
			{ videos: 1, pollMinutes: 5, firstSnapshotAt: () => MINUTE_MS },
		],
		['sends 8 requests at once', 10_000, { latencyMs: 1000 }],
		['sends 8 at once over all triggers', 10_000, { latencyMs: 1000, videosPerWorkflow: 40 }],
		[
			'sends 8 at once in each n8n',
			5_000,
			{ latencyMs: 1000, videosPerWorkflow: 40, instances: 2 },
		],
		['does the CPU work of requests in turn', 8_000, {}, { requestMs: 100 }],
		['parses each snapshot of a reply', 8_000, {}, { snapshotMs: 1 }],
		['waits for the next window of the rate limit', MINUTE_MS, { requestsPerMinute: 50 }],
		[
			'shares the rate limit between instances',
			MINUTE_MS,
			{ requestsPerMinute: 50, videosPerWorkflow: 40, instances: 2 },
		],
		[
			// 8 requests a second for 8 of 10 seconds. The other 16 take 2 s of the next poll.
			'leaves the rest to the next poll when the time of a poll is over',
			MINUTE_MS + 2000,
			{ latencyMs: 1000, pollBudgetMs: 10_000 },
		],
		['leaves the rest to the next polls at Max Items', 3 * MINUTE_MS, { maxItemsPerPoll: 20 }],
		['reads the state of each watched video', 8_000, {}, { watchedVideoMs: 100 }],
		['writes the state of each watched video', 8_000, {}, { stateVideoMs: 100 }],
		['runs executions in the main process', 120_000, ONE_EACH, { execution: SLOW }],
		['runs executions in a worker', 120_000, { ...ONE_EACH, workers: 1 }, SLOW_QUEUE],
		['shares executions between workers', 60_000, { ...ONE_EACH, workers: 2 }, SLOW_QUEUE],
		[
			// 10 at once, then the other 2.
			'runs 10 executions of a worker at once',
			2 * MINUTE_MS,
			{ ...ONE_EACH, workers: 1 },
			{ writeMs: MINUTE_MS },
		],
		[
			'hands each item to the queue',
			8_000,
			{ workers: 1 },
			{ queue: { ...FREE.queue, enqueueItemMs: 100 } },
		],
	])('%s', (_what, maxMs, changes, figures = {}) => {
		expect(run(changes, figures).delayMs?.max).toBeCloseTo(maxMs);
	});

	it('is half the time between polls, in the mean of many videos', () => {
		const { delayMs } = run({
			videos: 10_000,
			videosPerWorkflow: 10_000,
			maxItemsPerPoll: 10_000,
			pollMinutes: 5,
			firstSnapshotAt: undefined,
			durationMs: 4 * HOUR_MS,
		});
		expect(delayMs!.median / MINUTE_MS).toBeCloseTo(2.5, 1);
		expect(delayMs!.p95 / MINUTE_MS).toBeCloseTo(4.75, 1);
		expect(delayMs!.max / MINUTE_MS).toBeLessThanOrEqual(5);
	});
});

it('sends one request for each snapshot, however often it polls', () => {
	const durationMs = 4 * HOUR_MS - 1;
	const { requests, rows } = run({ durationMs });
	expect({ requests, rows }).toEqual({ requests: 4 * 80, rows: 4 * 80 });
});

it('fetches all snapshots of a video with one request', () => {
	const durationMs = 6 * HOUR_MS;
	const { requests, rows } = run({ pollMinutes: 180, durationMs });
	expect({ requests, rows }).toEqual({ requests: 3 * 80, rows: 7 * 80 });
});

it('fetches again what Max Items left over', () => {
	// 80 + 60 + 40 + 20
	const { requests, rows } = run({ maxItemsPerPoll: 20 });
	expect({ requests, rows }).toEqual({ requests: 200, rows: 80 });
});

it('skips a poll while the one before runs', () => {
	// The requests of the first poll take 100 s.
	const { polls, skippedPolls } = run({ latencyMs: 10_000 });
	expect({ polls, skippedPolls }).toEqual({ polls: 10, skippedPolls: 1 });
});

it('asks again after a refused request', () => {
	// Each instance learns of the other's requests only from replies, some of which are refusals.
	const { requests, rows } = run({
		videosPerWorkflow: 40,
		instances: 2,
		requestsPerMinute: 50,
		latencyMs: 1000,
	});
	expect(rows).toBe(80);
	expect(requests).toBeGreaterThan(80);
	expect(requests).toBeLessThan(100);
});

it('tells the CPU time of the main process and the workers', () => {
	const execution = { beforeMs: 100, beforeItemMs: 1, afterMs: 200, afterItemMs: 2 };
	const { mainCpuMs, workerCpuMs } = run(
		{ workers: 2 },
		{
			idleShare: 0.01,
			requestMs: 5,
			emitMs: 7,
			queue: { enqueueMs: 20, enqueueItemMs: 0, execution },
		},
	);
	expect(mainCpuMs[0]).toBeCloseTo(0.01 * 10 * MINUTE_MS + 80 * 5 + 7 + 20);
	expect(workerCpuMs[0]! + workerCpuMs[1]!).toBeCloseTo(2 * 0.01 * 10 * MINUTE_MS + 300 + 80 * 3);
});

describe('saturation', () => {
	const HOURLY: Partial<Scenario> = {
		videos: 1000,
		pollMinutes: 5,
		firstSnapshotAt: undefined,
		durationMs: 8 * HOUR_MS,
		warmUpMs: 2 * HOUR_MS,
	};

	it.each<[limit: string, changes: Partial<Scenario>, figures?: Partial<Figures>]>([
		// 12 polls an hour take 960 of the 1,000.
		['Max Items Per Poll', { maxItemsPerPoll: 80 }],
		['rate limit', { requestsPerMinute: 10 }],
		['8 requests in flight', { latencyMs: 60_000 }],
		['CPU of the main process', {}, { requestMs: 6000 }],
		[
			'CPU of the workers',
			{ workers: 1 },
			{
				queue: {
					...FREE.queue,
					execution: { beforeMs: 0, beforeItemMs: 4000, afterMs: 0, afterItemMs: 0 },
				},
			},
		],
	])('is by %s', (limit, changes, figures = {}) => {
		expect(run({ ...HOURLY, ...changes }, figures)).toMatchObject({ isSaturated: true, limit });
	});

	it('is not there below a limit', () => {
		const { isSaturated, limit, utilization } = run({ ...HOURLY, maxItemsPerPoll: 100 });
		expect({ isSaturated, limit }).toEqual({ isSaturated: false, limit: 'Max Items Per Poll' });
		expect(utilization['Max Items Per Poll']).toBeCloseTo(1000 / 1200);
	});
});

it('gives the same result for the same seed', () => {
	const changes = { firstSnapshotAt: undefined, firstPollAt: undefined, durationMs: 2 * HOUR_MS };
	expect(run({ ...changes, seed: 1 })).toEqual(run({ ...changes, seed: 1 }));
	expect(run({ ...changes, seed: 1 })).not.toEqual(run({ ...changes, seed: 2 }));
});
