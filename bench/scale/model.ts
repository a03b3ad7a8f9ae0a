import { randomStream } from '../../sandbox/random';
import { EventQueue } from './events';
import type { ExecutionCost, Figures } from './figures';
import { ApiWindow, RateLimiter, Thread } from './servers';

/*
 * A discrete-event model of the trigger: each snapshot, poll, request, reply and execution is an event.
 * All times are milliseconds from the begin of the simulation.
 */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

/** nodes/ContentStats/utils/async.ts: the requests of one poll in flight. */
const MAX_CONCURRENCY = 8;
/** nodes/ContentStats/api/rateLimiter.ts: the requests of one process and API key in flight. */
const MAX_IN_FLIGHT = 8;
/** nodes/ContentStats/polling/runner.ts: 80 % of the budget of a poll. */
const USABLE_SHARE_OF_BUDGET = 0.8;
/** The executions that a worker of n8n runs at once (its `--concurrency`). */
const WORKER_CONCURRENCY = 10;

/** n8n's time for a poll, in milliseconds: by default, and with its durable scheduler. */
export const POLL_BUDGET_MS = 300_000;
export const DURABLE_POLL_BUDGET_MS = 36_000;

export interface Scenario {
	videos: number;
	/** Videos of one workflow, which has one trigger. */
	videosPerWorkflow: number;
	/** n8n instances, each with its own part of the workflows. They share one API key. */
	instances: number;
	/** Workers of each instance; 0 without queue mode. */
	workers: number;
	/** Whole minutes between two polls of a trigger. */
	pollMinutes: number;
	/**
	 * The moment of a trigger's first poll, in milliseconds. By default as n8n chooses it for “Every X minutes”:
	 * all triggers in the same minute, each at a second of its own.
	 */
	firstPollAt?: (trigger: number) => number;
	/** Each trigger is polled in a minute of its own, as with “Every X hours”. */
	spreadsPolls?: boolean;
	maxItemsPerPoll: number;
	/** From a request to its reply, without the CPU time of n8n. */
	latencyMs: number;
	/** Of the API key; Infinity for no limit. */
	requestsPerMinute: number;
	pollBudgetMs: number;
	/** Snapshots of each video: they make its reply longer. */
	snapshots: number;
	/** The moment of each video's first snapshot; by default spread over the hour. */
	firstSnapshotAt?: (video: number) => number;
	/** Simulated time. */
	durationMs: number;
	/** Delays count from the snapshots after it. */
	warmUpMs: number;
	seed?: number;
}

/** What can hold a snapshot back. Its utilization is a share of 1. */
const LIMITS = [
	'Max Items Per Poll',
	'rate limit',
	'CPU of the main process',
	'CPU of the workers',
	'8 requests in flight',
] as const;
export type Limit = (typeof LIMITS)[number];
const REQUEST_LIMITS: readonly Limit[] = [
	'rate limit',
	'CPU of the main process',
	'8 requests in flight',
];

export interface Result {
	/** From a snapshot to its row. null without any row. */
	delayMs: { median: number; p95: number; max: number } | null;
	/** Rows written. */
	rows: number;
	requests: number;
	/** Polls, skipped ones not counted. */
	polls: number;
	/** Polls that n8n started while the one before still ran. */
	skippedPolls: number;
	/** Snapshots that were taken and not written at the end. */
	backlog: number;
	/**
	 * Whether a limit is met. If requests are short, each fetches more snapshots the longer its video waits:
	 * the delay is long and need not grow.
	 */
	isSaturated: boolean;
	/** Whether the backlog grows without end. */
	isGrowing: boolean;
	/** The limit that was met first; without one, that whose utilization is the highest. */
	limit: Limit;
	/** Of each limit, after the warm-up. */
	utilization: Record<Limit, number>;
	/** CPU time of the JavaScript thread of the main process of each instance. */
	mainCpuMs: number[];
	/** CPU time of each worker. */
	workerCpuMs: number[];
}

/** A trigger and the videos that it watches: those from `first` up to `end`. */
interface Trigger {
	id: number;
	first: number;
	end: number;
	instance: Instance;
	isRunning: boolean;
}

interface Instance {
	main: Thread;
	limiter: RateLimiter;
	workers: Worker[];
	/** Executions that wait for a worker. */
	waiting: Execution[];
}

interface Worker {
	thread: Thread;
	running: number;
}

/** The moments of the snapshots that an execution writes as rows. */
type Execution = Float64Array;

/** A poll under way. */
interface Poll {
	trigger: Trigger;
	/** Due videos, in the order in which they are fetched. */
	due: number[];
	next: number;
	outstanding: number;
	isStopped: boolean;
	deadline: number;
	/** Videos that were fetched, and when. */
	fetched: number[];
	fetchedAt: number[];
}

/** Collects delays: there may be millions. */
class Delays {
	private values = new Float32Array(1024);
	private count = 0;

	add(delayMs: number): void {
		if (this.count === this.values.length) {
			const longer = new Float32Array(2 * this.count);
			longer.set(this.values);
			this.values = longer;
		}
		this.values[this.count++] = delayMs;
	}

	summary(): Result['delayMs'] {
		if (this.count === 0) return null;
		const sorted = this.values.slice(0, this.count).sort();
		const at = (share: number) =>
			sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)]!;
		return { median: at(0.5), p95: at(0.95), max: at(1) };
	}
}

/** The utilization from which a limit counts as met. */
const MET = 0.95;
/** The backlog grows if it gains more than this share of the snapshots. */
const BACKLOG_GROWTH_SHARE = 0.02;
const STEP_MS = 10 * MINUTE_MS;

/** Simulates a scenario. The same scenario and seed give the same result. */
export const simulate = (scenario: Scenario, figures: Figures): Result =>
	new Simulation(scenario, figures).run();

/** What was used of the limits so far. */
interface Usage {
	at: number;
	requests: number;
	items: number;
	polls: number;
	emittingPolls: number;
	/** Polls that left snapshots to the next one. */
	leavingPolls: number;
	stoppedPolls: number;
	mainMs: number[];
	workerMs: number[];
	slotMs: number[];
}

class Simulation {
	private readonly events = new EventQueue();
	private readonly random: () => number;
	private readonly api: ApiWindow;
	private readonly instances: Instance[];
	private readonly triggers: Trigger[];
	private readonly delays = new Delays();

	/** By video: the moment of the oldest snapshot that was not emitted. */
	private readonly nextSnapshotAt: Float64Array;
	/** By video: when it is to be fetched; 0 for the next poll. */
	private readonly dueAt: Float64Array;
	/** By video. */
	private readonly lastTriedAt: Float64Array;

	private requests = 0;
	private polls = 0;
	private skippedPolls = 0;
	private stoppedPolls = 0;
	private emittingPolls = 0;
	private leavingPolls = 0;
	private items = 0;
	private rows = 0;

	constructor(
		private readonly scenario: Scenario,
		private readonly figures: Figures,
	) {
		const { events } = this;
		const { videos, videosPerWorkflow, instances, workers, requestsPerMinute, seed = 1 } = scenario;
		this.random = randomStream('scale', seed);
		this.api = new ApiWindow(events, requestsPerMinute);
		this.instances = Array.from({ length: instances }, () => ({
			main: new Thread(events),
			limiter: new RateLimiter(events, MAX_IN_FLIGHT),
			workers: Array.from({ length: workers }, () => ({
				thread: new Thread(events),
				running: 0,
			})),
			waiting: [],
		}));
		this.triggers = Array.from({ length: Math.ceil(videos / videosPerWorkflow) }, (_, id) => ({
			id,
			first: id * videosPerWorkflow,
			end: Math.min((id + 1) * videosPerWorkflow, videos),
			instance: this.instances[id % instances]!,
			isRunning: false,
		}));
		const { firstSnapshotAt = () => this.random() * HOUR_MS } = scenario;
		this.nextSnapshotAt = Float64Array.from({ length: videos }, (_, video) =>
			firstSnapshotAt(video),
		);
		this.dueAt = this.nextSnapshotAt.slice();
		this.lastTriedAt = new Float64Array(videos).fill(-1);
	}

	run(): Result {
		const { events, scenario } = this;
		const { durationMs, warmUpMs, pollMinutes } = scenario;
		for (const trigger of this.triggers) this.schedulePoll(trigger, this.firstPollAt(trigger.id));
		// At the same minute of the hour as the end, since the backlog varies between two polls.
		const halfwayMs = durationMs - HOUR_MS * Math.floor((durationMs - warmUpMs) / 2 / HOUR_MS);
		const stepMs = Math.max(STEP_MS, pollMinutes * MINUTE_MS);
		let metFirst: Limit | undefined;
		let warm = this.usage();
		let backlogHalfway = 0;
		for (let before = warm; before.at < durationMs;) {
			const ends = [warmUpMs, halfwayMs, durationMs].filter((end) => end > before.at);
			events.runUntil(Math.min(before.at + stepMs, ...ends));
			const now = this.usage();
			metFirst ??= this.limitMet(before, now);
			if (now.at === warmUpMs) warm = now;
			if (now.at === halfwayMs) backlogHalfway = this.backlog();
			before = now;
		}
		const utilization = this.utilization(warm, this.usage());
		const backlog = this.backlog();
		const taken = (scenario.videos * (durationMs - halfwayMs)) / HOUR_MS;
		const isGrowing = backlog - backlogHalfway > BACKLOG_GROWTH_SHARE * taken;
		const isSaturated = isGrowing || this.limitMet(warm, this.usage()) !== undefined;
		return {
			delayMs: this.delays.summary(),
			rows: this.rows,
			requests: this.requests,
			polls: this.polls,
			skippedPolls: this.skippedPolls,
			backlog,
			isSaturated,
			isGrowing,
			limit: (isSaturated && metFirst) || highestOf(LIMITS, utilization),
			utilization,
			mainCpuMs: this.usage().mainMs,
			workerCpuMs: this.usage().workerMs,
		};
	}

	private usage(): Usage {
		const { events, requests, items, polls, emittingPolls, leavingPolls, stoppedPolls, instances } =
			this;
		const idleMs = this.figures.idleShare * events.now;
		return {
			at: events.now,
			requests,
			items,
			polls,
			emittingPolls,
			leavingPolls,
			stoppedPolls,
			mainMs: instances.map(({ main }) => main.busyMs + idleMs),
			workerMs: instances.flatMap(({ workers }) =>
				workers.map(({ thread }) => thread.busyMs + idleMs),
			),
			slotMs: instances.map(({ limiter }) => limiter.usedSlotMs),
		};
	}

	private utilization(before: Usage, now: Usage): Record<Limit, number> {
		const { requestsPerMinute, maxItemsPerPoll } = this.scenario;
		const ms = now.at - before.at;
		const busiest = (used: number[], usedBefore: number[]) =>
			Math.max(0, ...used.map((one, index) => (one - usedBefore[index]!) / ms));
		const share = (part: number, whole: number) => (whole > 0 ? part / whole : 0);
		const emittingPolls = now.emittingPolls - before.emittingPolls;
		return {
			'Max Items Per Poll': share(now.items - before.items, emittingPolls * maxItemsPerPoll),
			'rate limit': ((now.requests - before.requests) / requestsPerMinute) * (MINUTE_MS / ms),
			'CPU of the main process': busiest(now.mainMs, before.mainMs),
			'CPU of the workers': busiest(now.workerMs, before.workerMs),
			'8 requests in flight': busiest(now.slotMs, before.slotMs) / MAX_IN_FLIGHT,
		};
	}

	/** Returns the limit that was met between two moments; undefined if none was. */
	private limitMet(before: Usage, now: Usage): Limit | undefined {
		const utilization = this.utilization(before, now);
		const polls = now.polls - before.polls;
		// Polls that run out of time waited for requests, which cannot use the time between two polls.
		const areLeaving = now.leavingPolls > before.leavingPolls;
		const areCut = polls > 0 && (now.stoppedPolls - before.stoppedPolls) / polls >= MET;
		return (
			LIMITS.find(
				(limit) => utilization[limit] >= MET && (limit !== 'Max Items Per Poll' || areLeaving),
			) ?? (areCut ? highestOf(REQUEST_LIMITS, utilization) : undefined)
		);
	}

	/** Returns the number of snapshots that were taken and not written. */
	private backlog(): number {
		const { events, nextSnapshotAt, items, rows } = this;
		return nextSnapshotAt.reduce(
			(sum, next) => sum + snapshotsUntil(next, events.now),
			items - rows,
		);
	}

	/** n8n polls every X minutes at the minutes that X divides, and every X hours at a minute of its own. */
	private firstPollAt(trigger: number): number {
		const { firstPollAt, spreadsPolls, pollMinutes } = this.scenario;
		if (firstPollAt) return firstPollAt(trigger);
		const minute = spreadsPolls ? Math.floor(this.random() * pollMinutes) : 0;
		return minute * MINUTE_MS + Math.floor(this.random() * 60) * 1000;
	}

	private schedulePoll(trigger: Trigger, at: number): void {
		this.events.schedule(at, () => {
			this.schedulePoll(trigger, at + this.scenario.pollMinutes * MINUTE_MS);
			this.startPoll(trigger);
		});
	}

	private startPoll(trigger: Trigger): void {
		if (trigger.isRunning) {
			this.skippedPolls += 1;
			return;
		}
		const { events, scenario, figures } = this;
		trigger.isRunning = true;
		this.polls += 1;
		const deadline = events.now + USABLE_SHARE_OF_BUDGET * scenario.pollBudgetMs;
		const readMs = figures.pollMs + figures.watchedVideoMs * (trigger.end - trigger.first);
		trigger.instance.main.run(readMs, () => {
			const due = this.dueVideos(trigger);
			const poll: Poll = {
				trigger,
				due,
				next: 0,
				outstanding: 0,
				isStopped: false,
				deadline,
				fetched: [],
				fetchedAt: [],
			};
			for (let started = 0; started < MAX_CONCURRENCY; started += 1) this.fetchNext(poll);
			if (due.length === 0) trigger.isRunning = false;
		});
	}

	/** Returns the videos to fetch now, the least recently tried first. */
	private dueVideos({ first, end }: Trigger): number[] {
		const { events, dueAt, lastTriedAt } = this;
		const due: number[] = [];
		for (let video = first; video < end; video += 1)
			if (dueAt[video]! <= events.now) due.push(video);
		return due.sort((a, b) => lastTriedAt[a]! - lastTriedAt[b]!);
	}

	private fetchNext(poll: Poll): void {
		if (poll.isStopped || poll.next >= poll.due.length) return;
		poll.outstanding += 1;
		this.fetch(poll, poll.due[poll.next++]!);
	}

	private fetch(poll: Poll, video: number): void {
		const { events, scenario, figures } = this;
		const { instance, id } = poll.trigger;
		const { main, limiter } = instance;
		const stop = () => {
			poll.isStopped = true;
			this.endRequest(poll);
		};
		const send = () => {
			this.requests += 1;
			const { isRefused, remaining, endsAt } = this.api.answer();
			const repliedAt = events.now + scenario.latencyMs;
			const cpuMs = figures.requestMs + (isRefused ? 0 : figures.snapshotMs * scenario.snapshots);
			const isInTime = repliedAt <= poll.deadline;
			events.schedule(Math.max(events.now, Math.min(repliedAt, poll.deadline)), () =>
				main.run(cpuMs, () => {
					limiter.release(isRefused, remaining, endsAt);
					if (!isInTime) return stop();
					if (isRefused) return this.fetch(poll, video);
					poll.fetched.push(video);
					poll.fetchedAt.push(events.now);
					this.fetchNext(poll);
					this.endRequest(poll);
				}),
			);
		};
		limiter.acquire(id, { deadline: poll.deadline, send, reject: stop });
	}

	private endRequest(poll: Poll): void {
		poll.outstanding -= 1;
		if (poll.outstanding === 0) this.endPoll(poll);
	}

	private endPoll(poll: Poll): void {
		const { trigger, isStopped } = poll;
		const { instance, first, end } = trigger;
		if (isStopped) this.stoppedPolls += 1;
		const instants = this.emit(poll);
		this.items += instants.length;
		if (instants.length === 0) {
			trigger.isRunning = false;
			return;
		}
		this.emittingPolls += 1;
		const { figures } = this;
		// n8n writes the state whole.
		instance.main.run(figures.emitMs + figures.stateVideoMs * (end - first), () => {
			trigger.isRunning = false;
			if (instance.workers.length === 0)
				return this.execute(instance.main, figures.execution, instants, () => {});
			const { enqueueMs, enqueueItemMs } = figures.queue;
			instance.main.run(enqueueMs + enqueueItemMs * instants.length, () => {
				instance.waiting.push(instants);
				this.assign(instance);
			});
		});
	}

	/** Chooses what a poll emits, oldest first (nodes/ContentStats/polling/emit.ts). @returns the snapshots */
	private emit({ fetched, fetchedAt }: Poll): Execution {
		const { nextSnapshotAt, dueAt, lastTriedAt } = this;
		const { maxItemsPerPoll } = this.scenario;
		const entries: Array<{ instant: number; place: number }> = [];
		for (const [place, video] of fetched.entries())
			for (let instant = nextSnapshotAt[video]!; instant <= fetchedAt[place]!; instant += HOUR_MS)
				entries.push({ instant, place });
		if (entries.length > maxItemsPerPoll)
			entries.sort((a, b) => a.instant - b.instant || fetched[a.place]! - fetched[b.place]!);
		const emitted = entries.slice(0, maxItemsPerPoll);
		if (emitted.length < entries.length) this.leavingPolls += 1;
		for (const { place } of emitted) nextSnapshotAt[fetched[place]!]! += HOUR_MS;
		for (const [place, video] of fetched.entries()) {
			lastTriedAt[video] = fetchedAt[place]!;
			const isEmitted = nextSnapshotAt[video]! > fetchedAt[place]!;
			// A video that leaves something is fetched again by the next poll.
			dueAt[video] = isEmitted ? nextSnapshotAt[video]! : 0;
		}
		return Float64Array.from(emitted, ({ instant }) => instant);
	}

	/** Gives waiting executions to the workers that run the fewest. */
	private assign(instance: Instance): void {
		const { workers, waiting } = instance;
		while (waiting.length > 0) {
			const worker = workers.reduce((a, b) => (b.running < a.running ? b : a));
			if (worker.running >= WORKER_CONCURRENCY) return;
			worker.running += 1;
			this.execute(worker.thread, this.figures.queue.execution, waiting.shift()!, () => {
				worker.running -= 1;
				this.assign(instance);
			});
		}
	}

	private execute(
		thread: Thread,
		cost: ExecutionCost,
		instants: Execution,
		done: () => void,
	): void {
		const { events, figures } = this;
		const { beforeMs, beforeItemMs, afterMs, afterItemMs } = cost;
		const count = instants.length;
		thread.run(beforeMs + beforeItemMs * count, () => {
			const { writeMs, writeItemMs } = figures;
			events.schedule(events.now + writeMs + writeItemMs * count, () => {
				this.write(instants);
				thread.run(afterMs + afterItemMs * count, done);
			});
		});
	}

	private write(instants: Execution): void {
		const { events, scenario, delays } = this;
		this.rows += instants.length;
		for (const instant of instants)
			if (instant >= scenario.warmUpMs) delays.add(events.now - instant);
	}
}

const highestOf = (limits: readonly Limit[], utilization: Record<Limit, number>): Limit =>
	limits.reduce((a, b) => (utilization[b] > utilization[a] ? b : a));

/** Returns how many of the hourly snapshots from `next` on were taken until `now`. */
const snapshotsUntil = (next: number, now: number): number =>
	now < next ? 0 : 1 + Math.floor((now - next) / HOUR_MS);
