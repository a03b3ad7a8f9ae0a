import './n8n';

import { isDeepStrictEqual } from 'node:util';

import type { PollContext } from 'n8n-core';
import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { createPoller, type Poller } from '../../harness/engine';
import { EVENTS } from '../engine/support/fixture';
import { type Api, nothingTold, type Told, type Video } from './api';
import { GROWTH_PARAMETERS } from './growthOracle';
import { clock, HOUR_MS, MINUTE_MS } from './clock';
import { type Memory, noMemory, Oracle, type Watched } from './oracle';
import type { LoadedPackage } from './n8n';
import type { Schedule, WatchPlan } from './schedule';

const BASE_URL = 'https://contentstats.test/api/v1';
/** For so many windows of the rate limit a trigger may find no room, one after the other. */
const MOST_WINDOWS_WITHOUT_ROOM = 2;

const windowOf = (instant: number) => Math.floor(instant / MINUTE_MS);

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

export interface Outcome {
	begun: number;
	/** When it ended, on n8n's clock. */
	n8nAt: number;
	items: IDataObject[];
	error: Error | null;
	isChanged: boolean;
}

/** What the workflows of a schedule share. */
export interface N8n {
	api: Api;
	apiKey: string;
	/** What the running process has loaded. */
	loaded: LoadedPackage;
	/** The time of a poll, in milliseconds. */
	budgetMs: number;
}

/** A workflow with the trigger, as n8n polls, saves and activates it. An oracle judges what it emits. */
export class Workflow {
	isActive = false;
	private readonly oracle: Oracle;
	private watched: Watched;
	private active: Activation;
	/** The oracle's model of the state in the running process. */
	private memory = noMemory;
	/** The state that n8n saved last. */
	private saved: Kept = { staticData: '{}', memory: noMemory };
	/** The windows in which the rate limit left no room, since the last request. */
	private windowsWithoutRoom = new Set<number>();
	private hasFoundNoRoom = false;
	private requests = 0;

	constructor(
		private readonly n8n: N8n,
		private readonly schedule: Schedule,
		watch: WatchPlan,
		private readonly nodeId: string,
	) {
		this.oracle = new Oracle(schedule, n8n.api);
		this.watched = this.watchedOf(watch);
		this.active = this.activation(this.saved);
	}

	/** Polls as often as `polls` says, at once. A workflow that is not active is activated. */
	async poll(polls = 1): Promise<Outcome> {
		if (!this.isActive) return await this.activate(this.saved);
		const outcome = await this.outcomeOf(this.active, polls);
		this.learn(this.active, outcome);
		this.emit(outcome);
		return outcome;
	}

	/** Activates the workflow: n8n polls once, and saves the state if that poll succeeds. */
	async activate(from = this.saved, whilePolling?: Promise<unknown>): Promise<Outcome> {
		this.memory = from.memory;
		this.active = this.activation(from);
		const outcome = await this.outcomeOf(this.active);
		await whilePolling;
		this.learn(this.active, outcome);
		this.emit(outcome);
		this.isActive = outcome.error === null;
		if (this.isActive) this.saved = this.kept;
		return outcome;
	}

	async restart(isNewProcess: boolean, from: 'last poll' | 'last saved'): Promise<void> {
		const kept = from === 'last saved' || !this.isActive ? this.saved : this.kept;
		if (isNewProcess) this.oracle.begin(kept.memory);
		await this.activate(kept);
	}

	/** Publishes the workflow. n8n discards the result of a poll that is running: it saves and emits nothing. */
	async publish(watch: WatchPlan | null, isPolling: boolean): Promise<void> {
		const discarded = isPolling && this.isActive ? this.outcomeOf(this.active) : undefined;
		if (watch) this.watched = this.watchedOf(watch);
		await this.activate(this.saved, discarded);
	}

	/** Polls, and loses what n8n had not done by then with the outcome. */
	async crash(after: 'saving' | 'running'): Promise<void> {
		if (!this.isActive) return;
		const outcome = await this.outcomeOf(this.active);
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
	}

	/** @throws Error naming a missing snapshot. @param end when the last polls began. */
	checkComplete(end: number, hasClockMoved: boolean): void {
		// A selected video that is gone keeps the workflow from being activated.
		const isRefused = this.watched.ids?.some((id) => this.n8n.api.isGone(id)) && !this.isActive;
		if (isRefused) return;
		if (!this.isActive) throw new Error('It is never activated');
		this.oracle.checkComplete(this.memory, this.watched, (video) =>
			reach(video, end, hasClockMoved),
		);
	}

	private watchedOf(plan: WatchPlan): Watched {
		if (typeof plan === 'object') {
			const ids = this.n8n.api.pick(plan.ids).map(({ id }) => id);
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
		const { api, apiKey, loaded } = this.n8n;
		const parameters: INodeParameters = {
			...this.watched.parameters,
			startFrom,
			...(isAllEvents && { events: EVENTS, milestones: '500, 2k', ...GROWTH_PARAMETERS }),
			options: { maxItemsPerPoll, replayAfterRestart },
		};
		const activation = { watched: this.watched, told: nothingTold() } as Activation;
		const send = async (_: string, options: Parameters<Api['send']>[0]) => {
			this.requests += 1;
			return await api.send(options, activation.told);
		};
		const warn = (message: string) => {
			if (/the rate limit left no room/.test(message)) this.hasFoundNoRoom = true;
		};
		activation.poller = createPoller(
			{ apiKey, baseUrl: BASE_URL },
			parameters,
			JSON.parse(staticData),
			{
				nodeId: this.nodeId,
				trigger: loaded.trigger,
				prepare: (context) => {
					Object.assign(context, { getPollBudgetMs: () => this.n8n.budgetMs });
					Object.assign(context.helpers, { httpRequestWithAuthentication: send });
					Object.defineProperty(context, 'logger', { value: { warn } });
				},
			},
		);
		return activation;
	}

	private get kept(): Kept {
		return { staticData: JSON.stringify(this.active.poller.staticData), memory: this.memory };
	}

	/** Runs `polls` polls of one activation at once, and merges their outcomes. */
	private async outcomeOf(activation: Activation, polls = 1): Promise<Outcome> {
		const begun = clock.now;
		const { requests } = this;
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
		const { budgetMs } = this.n8n;
		if (clock.now - begun > budgetMs) throw new Error(`A poll took longer than ${budgetMs} ms`);
		if (this.requests > requests) this.windowsWithoutRoom.clear();
		else if (this.hasFoundNoRoom) this.recordNoRoom(begun);
		this.hasFoundNoRoom = false;
		const error = outcomes.find((outcome) => outcome.error)?.error ?? null;
		const items = outcomes.flatMap((outcome) => outcome.items);
		// A poll without news may assign an equal copy of the state.
		const isChanged = !isDeepStrictEqual(staticData.state, state);
		if (error && isChanged) throw new Error('A poll that throws changed the state');
		return { begun, n8nAt: Date.now(), items, error, isChanged };
	}

	/** Records that a poll found no room in any window. @throws Error if that was so for too long. */
	private recordNoRoom(begun: number): void {
		// The API itself had said so.
		if (begun < this.n8n.api.refusedUntil + MINUTE_MS) return this.windowsWithoutRoom.clear();
		// A wait that ends with the beginning of a window was one for those before.
		const end = Math.max(begun, clock.now - 1000);
		for (let window = windowOf(begun); window <= windowOf(end); window += 1)
			this.windowsWithoutRoom.add(window);
		if (this.windowsWithoutRoom.size > MOST_WINDOWS_WITHOUT_ROOM)
			throw new Error(`${this.nodeId} makes no progress`);
	}

	/** Updates the oracle's model with the outcome of a poll, before n8n saves or emits any of it. */
	private learn({ watched, told }: Activation, outcome: Outcome): void {
		if (!outcome.isChanged && outcome.items.length === 0) return;
		this.memory = this.oracle.learn(this.memory, { ...outcome, watched, told });
	}

	/** Starts the workflow if there are items. Only then does n8n save the state after a poll. */
	private emit({ items }: Outcome): void {
		if (items.length === 0) return;
		this.saved = this.kept;
		this.oracle.deliver(items);
	}
}

/** Runs another workflow, whose node sends requests with the same API key in the same process. */
export async function run({ api, apiKey, loaded }: N8n, requests: number): Promise<void> {
	let context!: PollContext;
	const prepare = (prepared: PollContext) => {
		const send = async (_: string, options: Parameters<Api['send']>[0]) =>
			await api.send(options, nothingTold());
		Object.assign(prepared.helpers, { httpRequestWithAuthentication: send });
		context = prepared;
	};
	createPoller({ apiKey, baseUrl: BASE_URL }, {}, {}, { prepare });
	const { client } = await loaded.connect(context);
	await Promise.allSettled(Array.from({ length: requests }, async () => await client.usage()));
}

/**
 * Returns the latest time, in Unix milliseconds, at which a snapshot that must have been emitted
 * appeared. An ended video is fetched for one more day, the last time at the end of that day. A
 * paused one is fetched every six hours, an active one at its cadence, or some hours later while
 * the lateness of its snapshots is unknown.
 */
function reach(video: Video, end: number, hasClockMoved: boolean): number {
	// A clock that moves from two hours behind to two hours ahead shifts a fetch by four hours.
	const shift = hasClockMoved ? 4 : 0;
	const isQuiet = video.status === 'paused' || video.status === 'error';
	const hours = video.isFinal ? 26 : isQuiet ? 8 : 6;
	const lastFetch = video.endedAt === null ? Infinity : video.endedAt + (24 - shift) * HOUR_MS;
	return Math.min(end - (hours + shift) * HOUR_MS, lastFetch);
}
