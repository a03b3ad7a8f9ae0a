import { setTimeout as sleep } from 'node:timers/promises';

import { type Bench, deploy, type Deployment } from './deployment';
import type { ExecutionCost, Figures } from './figures';
import { solveCosts } from './leastSquares';
import { cpuBetween, type Observation, observe } from './observe';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Its burst is not measured: V8 compiles the code that emits. */
const WARM_UP_MINUTE = 0;
/** Long enough for the first polls, which fetch every video. */
const PREPARATION_MINUTES = 3;

/** Videos of a workflow that become due in one minute of the measurement; null: after it. */
interface Group {
	videos: number;
	minute: number | null;
}

interface MeasuredWorkflow {
	/** Second of each minute at which it is polled. */
	second: number;
	snapshots: number;
	maxItemsPerPoll: number;
	groups: Group[];
}

/**
 * One workflow is busy at a time, so that the CPU time of each poll shows: many and few videos, snapshots
 * and items. The last one emits one item a poll, so that its requests show alone.
 */
const WORKFLOWS: MeasuredWorkflow[] = [
	{
		second: 5,
		snapshots: 100,
		maxItemsPerPoll: 5000,
		groups: [
			{ videos: 200, minute: WARM_UP_MINUTE },
			{ videos: 1500, minute: 1 },
			{ videos: 40, minute: 2 },
			{ videos: 500, minute: 3 },
			{ videos: 30, minute: 4 },
			{ videos: 1730, minute: null },
		],
	},
	{
		second: 35,
		snapshots: 10,
		maxItemsPerPoll: 5000,
		groups: [
			{ videos: 20, minute: 1 },
			{ videos: 400, minute: 2 },
		],
	},
	{ second: 35, snapshots: 700, maxItemsPerPoll: 5000, groups: [{ videos: 350, minute: 3 }] },
	{ second: 35, snapshots: 100, maxItemsPerPoll: 1, groups: [{ videos: 1000, minute: 4 }] },
];
/** Nothing is due in the last one. */
const LAST_MINUTE = 5;

/** Observations of the scenario, and when it began. */
interface Measured {
	workflows: MeasuredWorkflow[];
	startedAt: number;
	busy: Observation;
}

/** Plays the scenario from which the figures of the model are read. It takes about ten minutes. */
async function playMeasurement(
	deployment: Deployment,
	workflows: MeasuredWorkflow[],
): Promise<Measured> {
	const startedAt = (Math.floor(Date.now() / MINUTE_MS) + PREPARATION_MINUTES) * MINUTE_MS;
	for (const { second, snapshots, maxItemsPerPoll, groups } of workflows) {
		const nextAt = groups.flatMap(({ videos, minute }) => {
			const at =
				minute === null ? startedAt + HOUR_MS / 2 : startedAt + minute * MINUTE_MS - 20_000;
			return Array.from({ length: videos }, () => at);
		});
		await deployment.publish({
			seed: { nextAt, snapshots },
			cron: `${second} * * * * *`,
			maxItemsPerPoll,
		});
	}
	if (Date.now() > startedAt)
		throw new Error('This machine is too slow: the first polls took too long');
	await sleep(startedAt - Date.now());
	await deployment.requests();
	return {
		workflows,
		startedAt,
		busy: await observe(deployment, startedAt + LAST_MINUTE * MINUTE_MS + 50_000),
	};
}

/** A poll that emitted, with what it cost. */
interface Burst {
	workflow: MeasuredWorkflow;
	/** Videos of the workflow. */
	watched: number;
	requests: number;
	items: number;
	/** CPU time of the main process and of the workers, without what n8n needs when it is idle. */
	mainMs: number;
	workersMs: number;
	/** From the last request to the middle one of its rows. */
	untilRowsMs: number;
	/** CPU time of all processes meanwhile. */
	cpuUntilRowsMs: number;
	/** CPU time of the process that runs the execution, after its rows. */
	cpuAfterRowsMs: number;
}

const videosOf = ({ groups }: MeasuredWorkflow): number =>
	groups.reduce((sum, { videos }) => sum + videos, 0);

/** Half a minute of a measurement: the workflows that are polled at one second have it to themselves. */
interface Slot {
	from: number;
	to: number;
	workflows: MeasuredWorkflow[];
}

const SECONDS = [...new Set(WORKFLOWS.map(({ second }) => second))];

function slotsOf({ startedAt, workflows: all }: Measured): Slot[] {
	const minutes = Array.from({ length: LAST_MINUTE }, (_, index) => WARM_UP_MINUTE + 1 + index);
	return minutes.flatMap((minute) =>
		SECONDS.map((second) => {
			const from = startedAt + minute * MINUTE_MS + (second - 1) * 1000;
			const workflows = all.filter((one) => one.second === second);
			return { from, to: from + MINUTE_MS / 2, workflows };
		}),
	);
}

/** A poll with nothing due takes less. */
const QUIET_POLL_MS = 10_000;

const quietSlots = (measured: Measured): Slot[] =>
	slotsOf(measured).filter((slot) => within(measured.busy.requests, slot).length === 0);

/** So long after its last row an execution is saved, and n8n idle. */
const SETTLE_MS = 5_000;
const IDLE_MS = 5_000;

/** Returns the share of 1 that each process uses between polls. */
function idleShares(measured: Measured): number[] {
	const { samples, requests, rows } = measured.busy;
	const moments = [...requests, ...rows.map(({ writtenAt }) => writtenAt)];
	const gaps = slotsOf(measured)
		.filter(
			(slot) => within(moments, { ...slot, from: slot.to - IDLE_MS - SETTLE_MS }).length === 0,
		)
		.map(({ to }) => ({ from: to - IDLE_MS, to }));
	return samples[0]!.cpu.map((_, index) => {
		const used = gaps.map(({ from, to }) => cpuBetween(measured.busy, index, from, to));
		return sum(used) / (gaps.length * IDLE_MS);
	});
}

/** Returns the CPU times of the processes between two moments, without what n8n needs when it is idle. */
function busyBetween(measured: Measured, from: number, to: number): number[] {
	return idleShares(measured).map(
		(share, index) => cpuBetween(measured.busy, index, from, to) - share * (to - from),
	);
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

const within = (moments: number[], { from, to }: Slot): number[] =>
	moments.filter((moment) => moment >= from && moment < to).sort((a, b) => a - b);

/** Returns the burst of a slot; null if nothing was due. */
function burstOf(measured: Measured, slot: Slot): Burst | null {
	const { busy } = measured;
	const requests = within(busy.requests, slot);
	const rows = within(
		busy.rows.map(({ writtenAt }) => writtenAt),
		slot,
	);
	const sent = requests.length;
	const workflow = slot.workflows.find(({ groups }) =>
		groups.some(({ videos }) => videos === sent),
	);
	if (!workflow || rows.length === 0) return null;
	const [lastRequest, middleRow] = [requests.at(-1)!, rows[Math.floor(rows.length / 2)]!];
	const [mainMs, ...workers] = busyBetween(measured, slot.from, slot.to);
	const executing = (from: number, to: number) => {
		const [main, ...others] = busyBetween(measured, from, to);
		return others.length > 0 ? sum(others) : main!;
	};
	return {
		workflow,
		watched: videosOf(workflow),
		requests: sent,
		items: rows.length,
		mainMs: mainMs!,
		workersMs: sum(workers),
		untilRowsMs: middleRow - lastRequest,
		cpuUntilRowsMs: sum(busyBetween(measured, lastRequest, middleRow)),
		cpuAfterRowsMs: executing(middleRow, slot.to),
	};
}

/** Returns the cost of a poll with nothing due, and of each video that it watches. */
function quietCosts(measured: Measured): [pollMs: number, watchedVideoMs: number] {
	const quiet = quietSlots(measured);
	return solveCosts(
		quiet.map(({ workflows }) => [workflows.length, sum(workflows.map(videosOf))]),
		quiet.map(({ from }) => busyBetween(measured, from, from + QUIET_POLL_MS)[0]!),
	) as [number, number];
}

/** Reads the figures of the model from measurements without workers and with workers. */
function figuresOf(alone: Measured, queue: Measured): Figures {
	const [pollMs, watchedVideoMs] = quietCosts(alone);
	const burstsOf = (measured: Measured) =>
		slotsOf(measured).flatMap((slot) => {
			const burst = burstOf(measured, slot);
			if (!burst) return [];
			const pollsMs = slot.workflows.reduce(
				(total, one) => total + pollMs + watchedVideoMs * videosOf(one),
				0,
			);
			return [{ ...burst, mainMs: burst.mainMs - pollsMs }];
		});
	const bursts = burstsOf(alone);
	const [requestMs, snapshotMs, itemMs, emitMs, stateVideoMs] = solveCosts(
		bursts.map(({ requests, workflow, items, watched }) => [
			requests,
			requests * workflow.snapshots,
			items,
			1,
			watched,
		]),
		bursts.map(({ mainMs }) => mainMs),
	) as [number, number, number, number, number];

	const queued = burstsOf(queue);
	const perExecution = (values: number[], of: Burst[]) =>
		solveCosts(
			of.map(({ items }) => [1, items]),
			values,
		) as [number, number];
	const [enqueueMs, enqueueItemMs] = perExecution(
		queued.map(
			({ mainMs, requests, workflow, watched }) =>
				mainMs -
				requests * (requestMs + snapshotMs * workflow.snapshots) -
				emitMs -
				stateVideoMs * watched,
		),
		queued,
	);
	const waits = [...bursts, ...queued];
	const [writeMs, writeItemMs] = perExecution(
		waits.map(({ untilRowsMs, cpuUntilRowsMs }) => untilRowsMs - cpuUntilRowsMs),
		waits,
	);
	const afterOf = (of: Burst[]) =>
		perExecution(
			of.map(({ cpuAfterRowsMs }) => cpuAfterRowsMs),
			of,
		);
	const executionOf = (totalMs: number, totalItemMs: number, of: Burst[]): ExecutionCost => {
		const [afterMs, afterItemMs] = afterOf(of);
		return {
			beforeMs: Math.max(0, totalMs - afterMs),
			beforeItemMs: Math.max(0, totalItemMs - afterItemMs),
			afterMs,
			afterItemMs,
		};
	};
	const [workerMs, workerItemMs] = perExecution(
		queued.map(({ workersMs }) => workersMs),
		queued,
	);
	return {
		idleShare: idleShares(alone)[0]!,
		pollMs,
		watchedVideoMs,
		requestMs,
		snapshotMs,
		emitMs,
		stateVideoMs,
		execution: executionOf(0, itemMs, bursts),
		queue: { enqueueMs, enqueueItemMs, execution: executionOf(workerMs, workerItemMs, queued) },
		writeMs,
		writeItemMs,
	};
}

/** Measures the figures of the model on this machine. It takes twenty minutes. */
export async function measureFigures(bench: Bench): Promise<Figures> {
	const measure = async (name: string, workers: number, workflows: MeasuredWorkflow[]) => {
		const deployment = await deploy(bench, name, workers);
		try {
			return await playMeasurement(deployment, workflows);
		} finally {
			await deployment.close();
		}
	};
	return figuresOf(
		await measure('alone', 0, WORKFLOWS),
		// Queue mode changes a part of the costs only.
		await measure('queue', 2, WORKFLOWS.slice(0, 2)),
	);
}
