import { Api } from './api';
import { clock, MINUTE_MS } from './clock';
import type { LoadedPackage } from './n8n';
import { MIN_LIMIT, type Schedule, type Step } from './schedule';
import { type N8n, type Outcome, run, Workflow } from './workflow';

/** Minutes before each final poll: every half hour for 12 hours, then every two for 18 hours. */
const QUIET_MINUTES = [...Array<number>(24).fill(30), ...Array<number>(9).fill(120)];
const USUAL_BUDGET_MS = 300_000;

let runs = 0;

/** Runs one schedule with an in-memory API and n8n. Oracles check it. */
export class ScheduleRunner {
	private readonly n8n: N8n;
	private readonly main: Workflow;
	/** All workflows of the process, which share its rate limiter. */
	private readonly workflows: Workflow[];
	private processes = 0;
	private hasClockMoved = false;

	/** Runs of other workflows in the same process that have not ended. */
	private running: Array<Promise<void>> = [];

	/** @param packages one copy of the package for each process, used in turn */
	constructor(
		private readonly schedule: Schedule,
		private readonly packages: LoadedPackage[],
	) {
		clock.reset();
		// A process keeps a rate limiter per account, which must not carry over to the next schedule.
		runs += 1;
		// The rate limiter keeps a quarter of a window for those it turned away: one request for each workflow.
		const leastRoom = schedule.rival ? 8 : MIN_LIMIT;
		const limit = Math.max(schedule.limit, leastRoom);
		const api = new Api(limit, schedule.oddEntries, schedule.isResetRounded);
		for (const { video, hours } of schedule.tracked) api.track(video, hours);
		const { budgetMs } = schedule;
		this.n8n = { api, apiKey: `cs_test_${runs}`, loaded: packages[0]!, budgetMs };
		this.main = new Workflow(this.n8n, schedule, schedule.watch, `trigger ${runs}`);
		this.workflows = [this.main];
		if (schedule.rival)
			this.workflows.push(new Workflow(this.n8n, schedule, schedule.rival, `rival ${runs}`));
		// Some room is left for each workflow and a run.
		api.others = Math.max(0, Math.min(schedule.others, limit - leastRoom));
	}

	async run(): Promise<void> {
		await this.forAll(async (workflow) => await workflow.activate());
		for (const step of this.schedule.steps) await this.take(step);
		await this.settle();
	}

	private async take(step: Step): Promise<void> {
		const { api } = this.n8n;
		switch (step.do) {
			case 'wait':
				return await clock.advance(step.minutes * MINUTE_MS);
			case 'set clock':
				return await this.setClock(step);
			case 'poll':
				for (let poll = 0; poll < step.times; poll += 1) {
					if (poll > 0) await clock.advance(step.every * MINUTE_MS);
					await this.forAll(async (workflow) => await workflow.poll());
				}
				return;
			case 'two polls at once':
				if (!this.main.isActive) return;
				api.latencies = step.latencies;
				return await this.alone(this.main.poll(2));
			case 'restart':
				if (step.isNewProcess) this.beginProcess();
				await this.forAll(async (workflow) => await workflow.restart(step.isNewProcess, step.from));
				return;
			case 'publish': {
				const isPolling = step.whilePolling !== null && this.main.isActive;
				if (isPolling) api.latencies = step.whilePolling!;
				return await this.alone(this.main.publish(step.watch, isPolling));
			}
			case 'crash':
				await this.forAll(async (workflow) => await workflow.crash(step.after));
				this.beginProcess();
				await this.forAll(async (workflow) => await workflow.restart(true, 'last saved'));
				return;
			case 'run':
				return void this.running.push(run(this.n8n, step.requests));
			case 'trouble':
				return void api.troubles.push({ ...step.trouble });
			case 'lag':
				api.listLags = step.minutes;
				return;
			case 'slow':
				this.n8n.budgetMs = step.budgetMs;
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

	/** Sets n8n's clock, perhaps while its next poll is running. */
	private async setClock({ ahead, after, latencies }: Step & { do: 'set clock' }): Promise<void> {
		this.hasClockMoved = true;
		this.n8n.api.latencies = latencies;
		void clock.sleep(after * 1000).then(() => clock.skew(ahead * MINUTE_MS));
		if (after === 0) await clock.advance(0);
	}

	private beginProcess(): void {
		this.processes += 1;
		this.n8n.loaded = this.packages[this.processes % this.packages.length]!;
	}

	/** Does something with all workflows at once, and returns the outcomes. */
	private async forAll<T>(act: (workflow: Workflow) => Promise<T>): Promise<T[]> {
		const outcomes = await clock.during(Promise.all(this.workflows.map(act)));
		this.wearOff();
		return outcomes;
	}

	/** Awaits what one workflow does. */
	private async alone(work: Promise<unknown>): Promise<void> {
		await clock.during(work);
		this.wearOff();
	}

	/** Ends troubles, latencies and short poll budgets, which last for one poll. */
	private wearOff(): void {
		this.n8n.api.troubles = [];
		this.n8n.api.latencies = [];
		this.n8n.budgetMs = this.schedule.budgetMs;
	}

	/** Polls without troubles until no more is emitted, then checks that no snapshot is missing. */
	private async settle(): Promise<void> {
		await clock.during(Promise.all(this.running));
		this.wearOff();
		this.n8n.api.others = 0;
		this.n8n.api.listLags = [];
		for (const minutes of QUIET_MINUTES) {
			await clock.advance(minutes * MINUTE_MS);
			await this.quietPoll();
		}
		const end = clock.now;
		const most = this.n8n.api.videos.reduce((sum, { taken }) => sum + taken.length * 4 + 4, 10);
		for (let poll = 0; (await this.quietPoll()).some(({ items }) => items.length > 0); poll += 1)
			if (poll > most) throw new Error('It does not come to an end');
		for (const workflow of this.workflows) workflow.checkComplete(end, this.hasClockMoved);
	}

	private async quietPoll(): Promise<Outcome[]> {
		this.n8n.budgetMs = USUAL_BUDGET_MS;
		const outcomes = await this.forAll(async (workflow) => await workflow.poll());
		// The poll fails if every watched video is gone.
		const isGone = this.n8n.api.videos.some((video) => video.isGone);
		const error = outcomes.find((outcome) => outcome.error)?.error;
		if (error && !isGone) throw error;
		return outcomes;
	}
}
