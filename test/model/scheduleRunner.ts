import './n8n';

import { isDeepStrictEqual } from 'node:util';

import type { IDataObject, INodeParameters, INodeType } from 'n8n-workflow';

import { EVENTS } from '../engine/support/fixture';
import { createPoller, type Poller } from '../../harness/engine';
import { Api, nothingTold, type Told, type Video } from './api';
import { clock, HOUR_MS, MINUTE_MS } from './clock';
import { type Memory, noMemory, Oracle, type Watched } from './oracle';
import type { Schedule, Step, WatchPlan } from './schedule';

const BASE_URL = 'https://contentstats.test/api/v1';
/** Minutes before each final poll: every half hour for 12 hours, then every two for 18 hours. */
const QUIET_MINUTES = [...Array<number>(24).fill(30), ...Array<number>(9).fill(120)];
const USUAL_BUDGET_MS = 300_000;

/** A state of the trigger as JSON, and the oracle's model of it. */
interface Kept {
	staticData: string;
	memory: Memory;
}

interface Activation {
	poller: Poller;
	watched: Watched;
	told: Told;
}

type Outcome = { begun: number; items: IDataObject[]; error: Error | null; isChanged: boolean };

let runs = 0;

/** Runs one schedule with an in-memory API and n8n, and checks it with the oracle. */
export class ScheduleRunner {
	private readonly api: Api;
	private readonly oracle: Oracle;
	private active: Activation;
	/** The oracle's model of the state in the running process. */
	private memory = noMemory;
	/** The state that n8n saved last. */
	private saved: Kept = { staticData: '{}', memory: noMemory };
	private isActive = false;
	private watched: Watched;
	private processes = 0;
	private budgetMs = USUAL_BUDGET_MS;
	private hasSetClock = false;
	private readonly apiKey: string;

	/** @param triggers one copy of the trigger for each process, used in turn */
	constructor(
		private readonly schedule: Schedule,
		private readonly triggers: INodeType[],
	) {
		clock.reset();
		// A process keeps a rate limiter per account, which must not carry over to the next schedule.
		runs += 1;
		this.apiKey = `cs_test_${runs}`;
		this.api = new Api(schedule.limit, schedule.oddEntries);
		for (const { video, hours } of schedule.tracked) this.api.track(video, hours);
		this.oracle = new Oracle(schedule, this.api);
		this.watched = this.watchedOf(schedule.watch);
		this.active = this.activation(this.saved);
	}

	async run(): Promise<void> {
		await this.activate(this.saved);
		for (const step of this.schedule.steps) await this.take(step);
		await this.settle();
	}

	private async take(step: Step): Promise<void> {
		const { api } = this;
		switch (step.do) {
			case 'wait':
				return await clock.advance(step.minutes * MINUTE_MS);
			case 'set clock':
				this.hasSetClock = true;
				return clock.skew(step.ahead * MINUTE_MS);
			case 'poll':
				for (let poll = 0; poll < step.times; poll += 1) {
					if (poll > 0) await clock.advance(step.every * MINUTE_MS);
					await this.poll();
				}
				return;
			case 'two polls at once':
				return await this.pollTwice(step.latencies);
			case 'restart':
				return await this.restart(step.isNewProcess, step.from);
			case 'publish':
				return await this.publish(step.watch, step.whilePolling);
			case 'crash':
				return await this.crash(step.after);
			case 'trouble':
				return void api.troubles.push({ ...step.trouble });
			case 'slow':
				this.budgetMs = step.budgetMs;
				api.latencies = step.latencies;
				return;
			case 'track':
				await clock.advance(1000);
				return api.track(step.video);
			case 'status': {
				const [video] = api.pick([step.of]);
				return video?.become(step.is);
			}
			case 'lose': {
				const [video] = api.pick([step.of]);
				return video?.vanish(step.as);
			}
		}
	}

	private watchedOf(plan: WatchPlan): Watched {
		if (typeof plan === 'object') {
			const ids = this.api.pick(plan.ids).map(({ id }) => id);
			// Without videos, none can be selected.
			if (ids.length === 0) return this.watchedOf('all');
			return {
				parameters: { watch: 'selected', videos: ids.join(' ') },
				ids,
				has: ({ id }) => ids.includes(id),
			};
		}
		if (plan === 'all') return { parameters: {}, ids: null, has: () => true };
		return {
			parameters: { filters: { platform: plan } },
			ids: null,
			has: (video) => video.plan.platform === plan,
		};
	}

	private activation({ staticData }: Kept): Activation {
		const { startFrom, maxItemsPerPoll, replayAfterRestart, isAllEvents } = this.schedule;
		const parameters: INodeParameters = {
			...this.watched.parameters,
			startFrom,
			...(isAllEvents && { events: EVENTS, milestones: '500, 2k' }),
			options: { maxItemsPerPoll, replayAfterRestart },
		};
		const activation = { watched: this.watched, told: nothingTold() } as Activation;
		const credential = { apiKey: this.apiKey, baseUrl: BASE_URL };
		activation.poller = createPoller(credential, parameters, JSON.parse(staticData), {
			trigger: this.triggers[this.processes % this.triggers.length]!,
			prepare: (context) => {
				const send = async (_: string, options: Parameters<Api['send']>[0]) =>
					await this.api.send(options, activation.told);
				Object.assign(context, { getPollBudgetMs: () => this.budgetMs });
				Object.assign(context.helpers, { httpRequestWithAuthentication: send });
			},
		});
		return activation;
	}

	private get kept(): Kept {
		return { staticData: JSON.stringify(this.active.poller.staticData), memory: this.memory };
	}

	/** Runs `polls` polls of one activation at once, and merges their outcomes. */
	private async outcomeOf(activation: Activation, polls = 1): Promise<Outcome> {
		const begun = clock.now;
		const { staticData } = activation.poller;
		activation.told = nothingTold();
		const { state } = staticData;
		const outcomes = await Promise.all(
			Array.from(
				{ length: polls },
				async () =>
					await activation.poller.poll().then(
						(items) => ({ items: items ?? [], error: null }),
						(error: Error) => ({ items: [], error }),
					),
			),
		);
		const error = outcomes.find((outcome) => outcome.error)?.error ?? null;
		const items = outcomes.flatMap((outcome) => outcome.items);
		// A poll without news may assign an equal copy of the state.
		const isChanged = !isDeepStrictEqual(staticData.state, state);
		if (error && isChanged) throw new Error('A poll that throws changed the state');
		return { begun, items, error, isChanged };
	}

	/** Updates the oracle's model with the outcome of a poll, before n8n saves or emits any of it. */
	private learn({ watched, told }: Activation, { begun, items, isChanged }: Outcome): void {
		this.wearOff();
		if (!isChanged && items.length === 0) return;
		const polled = { begun, n8nAt: Date.now(), watched, told, items };
		this.memory = this.oracle.learn(this.memory, polled);
	}

	/** Ends troubles, latencies and short poll budgets, which last for one poll. */
	private wearOff(): void {
		this.api.troubles = [];
		this.api.latencies = [];
		this.budgetMs = USUAL_BUDGET_MS;
	}

	private async poll(): Promise<Outcome> {
		if (!this.isActive) return await this.activate(this.saved);
		const outcome = await clock.during(this.outcomeOf(this.active));
		this.learn(this.active, outcome);
		this.emit(outcome);
		return outcome;
	}

	/** Starts the workflow if there are items. Only then does n8n save the state after a poll. */
	private emit({ items }: Outcome): void {
		if (items.length === 0) return;
		this.saved = this.kept;
		this.oracle.deliver(items);
	}

	/** Activates the workflow: n8n polls once, and saves the state if that poll succeeds. */
	private async activate(from: Kept, whilePolling?: Promise<unknown>): Promise<Outcome> {
		this.memory = from.memory;
		this.active = this.activation(from);
		const running = this.outcomeOf(this.active);
		const outcome = await clock.during(
			Promise.all([running, whilePolling]).then(async () => await running),
		);
		this.learn(this.active, outcome);
		this.emit(outcome);
		this.isActive = outcome.error === null;
		if (this.isActive) this.saved = this.kept;
		return outcome;
	}

	private async pollTwice(latencies: number[]): Promise<void> {
		if (!this.isActive) return;
		this.api.latencies = latencies;
		const outcome = await clock.during(this.outcomeOf(this.active, 2));
		this.learn(this.active, outcome);
		this.emit(outcome);
	}

	private async restart(isNewProcess: boolean, from: 'last poll' | 'last saved'): Promise<void> {
		const kept = from === 'last saved' || !this.isActive ? this.saved : this.kept;
		if (isNewProcess) {
			this.processes += 1;
			this.oracle.begin(kept.memory);
		}
		await this.activate(kept);
	}

	private async publish(watch: WatchPlan | null, whilePolling: number[] | null): Promise<void> {
		// n8n discards the result of the running poll: it saves no state and emits no items.
		if (whilePolling && this.isActive) this.api.latencies = whilePolling;
		const discarded = whilePolling && this.isActive ? this.outcomeOf(this.active) : undefined;
		if (watch) this.watched = this.watchedOf(watch);
		await this.activate(this.saved, discarded);
	}

	private async crash(after: 'saving' | 'running'): Promise<void> {
		if (!this.isActive) return;
		const outcome = await clock.during(this.outcomeOf(this.active));
		this.learn(this.active, outcome);
		const { items } = outcome;
		if (after === 'saving' && items.length > 0) {
			this.oracle.lose(items);
			this.saved = this.kept;
		}
		if (after === 'running') {
			this.oracle.deliver(items);
			this.oracle.forget(items);
		}
		await this.restart(true, 'last saved');
	}

	/** Polls without troubles until no more is emitted, then checks that no snapshot is missing. */
	private async settle(): Promise<void> {
		this.wearOff();
		for (const minutes of QUIET_MINUTES) {
			await clock.advance(minutes * MINUTE_MS);
			await this.quietPoll();
		}
		const end = clock.now;
		const most = this.api.videos.reduce((sum, { taken }) => sum + taken.length * 4 + 4, 10);
		for (let poll = 0; (await this.quietPoll()).items.length > 0; poll += 1)
			if (poll > most) throw new Error('It does not come to an end');
		// A selected video that is gone keeps the workflow from being activated.
		const isRefused = this.watched.ids?.some((id) => this.api.isGone(id)) && !this.isActive;
		if (isRefused) return;
		if (!this.isActive) throw new Error('It is never activated');
		this.oracle.checkComplete(this.memory, this.watched, (video) => this.reach(video, end));
	}

	private async quietPoll(): Promise<Outcome> {
		const outcome = await this.poll();
		// The poll fails if every watched video is gone.
		const isGone = this.api.videos.some((video) => video.isGone);
		if (outcome.error && !isGone) throw outcome.error;
		return outcome;
	}

	/**
	 * Returns the latest time, in Unix milliseconds, at which a snapshot that must have been emitted
	 * appeared. An ended video is fetched for one more day, the last time at the end of that day. A
	 * paused one is fetched every six hours, an active one at its cadence, or some hours later while
	 * the lateness of its snapshots is unknown.
	 */
	private reach(video: Video, end: number): number {
		// A clock that moves from two hours behind to two hours ahead shifts a fetch by four hours.
		const shift = this.hasSetClock ? 4 : 0;
		const isQuiet = video.status === 'paused' || video.status === 'error';
		const hours = video.isFinal ? 26 : isQuiet ? 8 : 6;
		const lastFetch = video.endedAt === null ? Infinity : video.endedAt + (24 - shift) * HOUR_MS;
		return Math.min(end - (hours + shift) * HOUR_MS, lastFetch);
	}
}
