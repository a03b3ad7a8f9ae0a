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
/** Half a day of polls every half an hour, and the rest of a day and a quarter every two hours. */
const QUIET_MINUTES = [...Array<number>(24).fill(30), ...Array<number>(9).fill(120)];
const USUAL_BUDGET_MS = 300_000;

/** What n8n keeps: the state of the trigger as JSON, and what the oracle takes it to hold. */
interface Kept {
	staticData: string;
	memory: Memory;
}

/** An activation of the workflow. */
interface Activation {
	poller: Poller;
	watched: Watched;
	told: Told;
}

type Outcome = { begun: number; items: IDataObject[]; error: Error | null; isChanged: boolean };

let runs = 0;

/** One schedule: the API, n8n with the trigger in it, and the oracle that judges. */
export class ScheduleRunner {
	private readonly api: Api;
	private readonly oracle: Oracle;
	private active: Activation;
	/** What the running process holds. */
	private memory = noMemory;
	/** What n8n has saved. */
	private saved: Kept = { staticData: '{}', memory: noMemory };
	private isActive = false;
	private watched: Watched;
	private processes = 0;
	private budgetMs = USUAL_BUDGET_MS;
	private hasSetClock = false;
	private readonly apiKey: string;

	/** @param triggers the trigger as several processes have it, in turns. */
	constructor(
		private readonly schedule: Schedule,
		private readonly triggers: INodeType[],
	) {
		clock.reset();
		// What a process remembers of an account must not reach the next schedule.
		runs += 1;
		this.apiKey = `cs_test_${runs}`;
		this.api = new Api(schedule.limit);
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
			// There is nothing to choose yet.
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

	/** What came of a poll that runs, or of two of one activation. */
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
		// A poll that found nothing out may assign the same state again.
		const isChanged = !isDeepStrictEqual(staticData.state, state);
		if (error && isChanged) throw new Error('A poll that throws changed the state');
		return { begun, items, error, isChanged };
	}

	/** The process has the outcome of a poll; n8n has not done anything with it yet. */
	private learn({ watched, told }: Activation, { begun, items, isChanged }: Outcome): void {
		this.wearOff();
		if (!isChanged && items.length === 0) return;
		const polled = { begun, n8nAt: Date.now(), watched, told, items };
		this.memory = this.oracle.learn(this.memory, polled);
	}

	/** Troubles last for one poll. */
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

	/** n8n saves the state when it starts a workflow, and only then. */
	private emit({ items }: Outcome): void {
		if (items.length === 0) return;
		this.saved = this.kept;
		this.oracle.deliver(items);
	}

	/** n8n polls once to activate a workflow, and saves the state then. */
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
		// n8n discards what comes of the poll that runs: nothing of it is kept or emitted.
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

	/** Quiet days, after which nothing may be missing. */
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
		// What was chosen and is not there keeps the workflow from being activated.
		const isRefused = this.watched.ids?.some((id) => this.api.isGone(id)) && !this.isActive;
		if (isRefused) return;
		if (!this.isActive) throw new Error('It is never activated');
		this.oracle.checkComplete(this.memory, this.watched, (video) => this.reach(video, end));
	}

	private async quietPoll(): Promise<Outcome> {
		const outcome = await this.poll();
		// Where all that is watched is gone for good, the trigger says so.
		const isGone = this.api.videos.some((video) => video.isGone);
		if (outcome.error && !isGone) throw outcome.error;
		return outcome;
	}

	/**
	 * What of a video showed by then must have come: one that ended is looked at for a day, the last
	 * time at the end of it; one that is paused, every six hours; one that runs, as often as its
	 * snapshots come, or some hours later while it is not known how late they are.
	 */
	private reach(video: Video, end: number): number {
		// Two clocks that differ by two hours, first this way and then that, shift a look by four.
		const shift = this.hasSetClock ? 4 : 0;
		const isQuiet = video.status === 'paused' || video.status === 'error';
		const hours = video.isFinal ? 26 : isQuiet ? 8 : 6;
		const lastLook = video.endedAt === null ? Infinity : video.endedAt + (24 - shift) * HOUR_MS;
		return Math.min(end - (hours + shift) * HOUR_MS, lastLook);
	}
}
