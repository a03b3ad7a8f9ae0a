import type { IDataObject } from 'n8n-workflow';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { installCommunityPackage, type N8nInstall } from '../../demo/install';
import {
	signIn,
	startN8n,
	type CredentialReference,
	type ExecutionSummary,
	type N8n,
	type N8nApi,
	type SavedWorkflow,
} from '../../demo/n8n';
import { freePort } from '../../demo/processes';
import { OWNER, saveCredential } from '../../demo/scenario';
import { startSandbox, type Sandbox } from '../../sandbox';
import { randomStream } from '../../sandbox/random';
import { pollEvery } from '../support/pollTimes';
import { connect, type PostgresAddress } from '../../harness/postgres';
import { waitFor } from '../support/waitFor';

/** A workflow that writes each snapshot of all videos into a table of its own. */
export interface Collector {
	/** Also names its table, so it contains letters only. */
	name: string;
	replayAfterRestart: boolean;
}

/** A way to run n8n and to disturb it. */
export interface Mode {
	/** Also names its folder. */
	name: string;
	/** They run in the same n8n, so that each kill hits them all. */
	collectors: Collector[];
	/** Added to n8n's environment. */
	env: NodeJS.ProcessEnv;
	disturb(rig: Rig): Promise<void>;
}

export interface Tools {
	install: N8nInstall;
	tarball: string;
	/** Parent of the modes' folders. */
	dir: string;
	postgres: PostgresAddress;
	/** Schema of the tables. */
	schema: string;
}

export interface Result {
	/** Name of the collector. */
	collector: string;
	/** Kills, or republications and restarts of the workflow. */
	disturbances: number;
	/** Snapshots that the sandbox took. */
	snapshots: number;
	rows: number;
	/** Duplicate writes of rows. */
	repeated: number;
	/** Executions that n8n marked as crashed. */
	crashed: number;
	/** Snapshots without a row. */
	missing: number;
	/** Snapshots without a row after each crashed execution was retried, as a user would do. */
	missingAfterRetry: number;
}

const SEED = 20;
const VIDEOS = 12;
/** Shorter than any start of n8n, so that each start has new snapshots of every video to emit. */
const SNAPSHOT_INTERVAL_MS = 5_000;
const POLL_SECONDS = 5;
/** Longest random delay between a kill's aim and the kill. */
const WINDOW_MS = 300;
/** Longest pause between two replies of one poll. */
const BETWEEN_REPLIES_MS = 50;
/** Time that each new row takes to write, so that kills also hit executions. */
const INSERT_MS = 20;
/** Time without a new row after which no more are expected. */
const QUIET_MS = 60_000;
/** Latency of replies while the workflow is republished. */
const LATENCY_MS = 1_500;

/**
 * Shortens the lease under which n8n activates a workflow, 2 minutes by default: if n8n is killed
 * meanwhile, the next n8n waits until the lease expires. The lease must not be much shorter, because
 * an activation that takes 0.7 of it counts as failed for good.
 */
const RESTART_ENV = {
	N8N_WORKFLOW_PUBLICATION_OUTBOX_LEASE_SECONDS: '15',
	N8N_WORKFLOW_PUBLICATION_OUTBOX_POLL_INTERVAL_MS: '1000',
};

const TRIGGER_TYPE = 'n8n-nodes-contentstats.contentStatsTrigger';
const WRITER_TYPE = 'n8n-nodes-base.postgres';
/** Each start takes a sixth less if n8n loads no other nodes. */
const LOADED_NODES = { NODES_INCLUDE: JSON.stringify([TRIGGER_TYPE, WRITER_TYPE]) };

const TRIGGER = 'New snapshot';
const WRITER = 'Write the row';
const ONE_VIDEO = /\/videos\/\w+$/;

/**
 * Runs one mode from a fresh n8n to its last row: writes the history, disturbs n8n, stops new
 * snapshots, and lets n8n run undisturbed until no more rows are written.
 */
export async function runMode(mode: Mode, tools: Tools): Promise<Result[]> {
	const sandbox = await startSandbox({
		plan: 'enterprise',
		balanceUsd: 1000,
		snapshotIntervalMs: SNAPSHOT_INTERVAL_MS,
	});
	const client = await connect(tools.postgres);
	const rig = new Rig(mode, tools, sandbox, client);
	try {
		await rig.begin();
		await mode.disturb(rig);
		return await rig.settle();
	} finally {
		await rig.close();
	}
}

/** An n8n with its own sandbox and tables. */
export class Rig {
	private readonly random = randomStream(SEED, 'crash');
	private disturbances = 0;
	private lastWritten = 0;
	private n8n: N8n | undefined;
	private readonly workflows = new Map<Collector, SavedWorkflow>();
	private credentials: CredentialReference[] = [];

	constructor(
		private readonly mode: Mode,
		private readonly tools: Tools,
		private readonly sandbox: Sandbox,
		private readonly client: Client,
	) {}

	/** Publishes the workflows in a fresh n8n and waits until the history of the videos is written. */
	async begin(): Promise<void> {
		// Five earlier snapshots let the first poll learn the cadence of a video.
		for (let number = 1; number <= VIDEOS; number++) {
			this.sandbox.seedVideo({
				video_link: `https://www.tiktok.com/@crash/video/72345678901234560${10 + number}`,
				duration_days: 30,
				started: Date.now() - 6 * SNAPSHOT_INTERVAL_MS,
			});
		}
		await this.makeTables();
		await installCommunityPackage(this.tools.install, this.dir, this.tools.tarball);
		const api = await this.signIn();
		const history = this.taken();
		await this.publish(api);
		await this.waitFor('the history', 120_000, async () => await this.areAllWritten(history));
	}

	/** Repeatedly kills n8n with SIGKILL, after a poll or while the execution it started writes. */
	async kill(times: number): Promise<void> {
		let from = this.sandbox.requests.length;
		while (this.disturbances < times) {
			const aim = this.random() < 0.5 ? 'poll' : 'execution';
			const delayMs = Math.round(this.random() * WINDOW_MS);
			const n8n = (this.n8n ??= await this.startN8n());
			const pollOver = await this.pollIsOver(from);
			const aimedAt = aim === 'poll' ? pollOver : await this.writesAfter(pollOver);
			await sleep(Math.max(0, aimedAt + delayMs - Date.now()));
			const hitMs = Date.now() - aimedAt;
			await this.waitFor('the end of n8n', 10_000, () => !n8n.signal('SIGKILL'));
			this.n8n = undefined;
			from = this.sandbox.requests.length;
			await this.disturbed(`kill ${hitMs} ms (wanted ${delayMs}) after the ${aim}`, times);
		}
	}

	/** Publishes a changed workflow, or stops and restarts it, while a poll waits for its replies. */
	async republish(times: number): Promise<void> {
		const api = await this.signIn();
		while (this.disturbances < times) {
			const match = { method: 'GET', path: ONE_VIDEO };
			await sleep(this.random() * 2 * SNAPSHOT_INTERVAL_MS);
			this.sandbox.faults.add({ kind: 'latency', ms: LATENCY_MS, match, times: Infinity });
			const from = this.sandbox.requests.length;
			await this.waitFor('a poll', 90_000, () => this.gets(from).some(({ status }) => !status));
			const stops = this.disturbances % 2 === 1;
			for (const [collector, { id, versionId }] of this.workflows) {
				if (stops) {
					await api.request('POST', `/workflows/${id}/deactivate`, {});
				} else {
					// n8n restarts a trigger only if it has changed.
					const maxItemsPerPoll = 1001 + this.disturbances;
					const nodes = this.nodes(collector, { maxItemsPerPoll });
					const changed = { nodes, versionId };
					this.workflows.set(collector, await api.request('PATCH', `/workflows/${id}`, changed));
				}
				await api.publish(this.workflows.get(collector)!);
			}
			this.sandbox.faults.clear();
			await this.disturbed(stops ? 'stopped and started' : 'republished', times);
		}
	}

	/** Stops new snapshots, waits until no more rows are written, and counts the results. */
	async settle(): Promise<Result[]> {
		for (const video of this.sandbox.videos.values()) video.deferSnapshots();
		const api = await this.signIn();
		await this.quiet();
		const crashed = await api.executions('crashed');
		const results: Result[] = [];
		for (const [collector, { id }] of this.workflows) {
			const own = crashed.filter(({ workflowId }) => workflowId === id);
			results.push(await this.resultOf(collector, own, api));
		}
		return results;
	}

	private async resultOf(
		collector: Collector,
		crashed: ExecutionSummary[],
		api: N8nApi,
	): Promise<Result> {
		const missing = (await this.missing(collector)).length;
		if (missing > 0) {
			for (const { id } of crashed) await api.request('POST', `/executions/${id}/retry`, {});
		}
		return {
			collector: collector.name,
			disturbances: this.disturbances,
			snapshots: this.taken().length,
			...(await this.writes(collector)),
			crashed: crashed.length,
			missing,
			missingAfterRetry: (await this.missing(collector)).length,
		};
	}

	async close(): Promise<void> {
		await Promise.all([this.n8n?.stop(), this.sandbox.close(), this.client.end()]);
	}

	private get dir() {
		return join(this.tools.dir, this.mode.name);
	}

	private tableOf({ name }: Collector) {
		return `${this.tools.schema}.${name}`;
	}

	private async makeTables() {
		for (const collector of this.mode.collectors) {
			const announce = `${this.tools.schema}.announce_${collector.name}`;
			await this.client.query(`
				create table ${this.tableOf(collector)} (
					event_key text primary key,
					times_written int not null default 1
				);
				create function ${announce}() returns trigger language plpgsql as $$
				begin
					perform pg_notify('${collector.name}', '');
					perform pg_sleep(${INSERT_MS / 1000});
					return null;
				end $$;
				create trigger announce after insert on ${this.tableOf(collector)}
					for each row execute function ${announce}();
				listen ${collector.name};
			`);
		}
		this.client.on('notification', () => (this.lastWritten = Date.now()));
	}

	private async publish(api: N8nApi) {
		const contentStats = await saveCredential(api, this.sandbox);
		const postgres = await api.createCredential('PostgreSQL', 'postgres', {
			...this.tools.postgres,
			maxConnections: 5,
			ssl: 'disable',
		});
		this.credentials = [contentStats, postgres];
		for (const collector of this.mode.collectors) {
			const workflow = await api.request<SavedWorkflow>('POST', '/workflows', {
				name: `Snapshots to PostgreSQL: ${collector.name}`,
				nodes: this.nodes(collector),
				connections: { [TRIGGER]: { main: [[{ node: WRITER, type: 'main', index: 0 }]] } },
			});
			await api.publish(workflow);
			this.workflows.set(collector, workflow);
		}
	}

	/** @param options more options of the trigger, besides the collector's own */
	private nodes(collector: Collector, options: IDataObject = {}): object[] {
		const [contentStatsApi, postgres] = this.credentials;
		const { replayAfterRestart } = collector;
		return [
			{
				id: 'b5d0a4c2-0000-4000-8000-000000000001',
				name: TRIGGER,
				type: TRIGGER_TYPE,
				typeVersion: 1,
				position: [0, 0],
				parameters: {
					startFrom: 'beginning',
					options: { replayAfterRestart, ...options },
					pollTimes: pollEvery(POLL_SECONDS),
				},
				credentials: { contentStatsApi },
			},
			{
				id: 'b5d0a4c2-0000-4000-8000-000000000002',
				name: WRITER,
				type: WRITER_TYPE,
				typeVersion: 2.6,
				position: [220, 0],
				parameters: {
					operation: 'executeQuery',
					query: `insert into ${this.tableOf(collector)} as known (event_key) values ($1)
						on conflict (event_key) do update set times_written = known.times_written + 1`,
					options: {
						// One transaction per row, so that two executions at once cannot deadlock.
						queryBatching: 'independently',
						queryReplacement: '={{ [$json.event_key] }}',
					},
				},
				credentials: { postgres },
			},
		];
	}

	private async startN8n(): Promise<N8n> {
		const start = async () =>
			await startN8n(this.tools.install, {
				userFolder: this.dir,
				// Another process may have taken the previous port.
				port: await freePort(),
				logFile: join(this.dir, 'n8n.log'),
				env: {
					...LOADED_NODES,
					...this.mode.env,
					...(this.disturbances > 0 ? RESTART_ENV : {}),
				},
			});
		// n8n fails to start if it cannot recover an execution that was killed before its start. The
		// next start skips the recovery. A service manager would also start n8n again.
		return await start().catch(async () => {
			this.say('n8n failed to start, and is started again');
			return await start();
		});
	}

	/** Signs in to n8n, and starts it first if it does not run. */
	private async signIn(): Promise<N8nApi> {
		this.n8n ??= await this.startN8n();
		return await signIn(this.n8n.url, OWNER);
	}

	private gets(from: number) {
		return this.sandbox.requests.slice(from).filter(({ path }) => ONE_VIDEO.test(path));
	}

	/** Waits for the first polls since request `from`. Returns the time of their last reply (Unix ms). */
	private async pollIsOver(from: number): Promise<number> {
		let answered = 0;
		let lastAt = 0;
		await this.waitFor('a poll', 90_000, () => {
			const gets = this.gets(from);
			const replies = gets.filter(({ status }) => status !== undefined).length;
			if (replies > answered) [answered, lastAt] = [replies, Date.now()];
			if (answered === 0 || answered < gets.length) return false;
			return answered >= VIDEOS * this.workflows.size || Date.now() - lastAt > BETWEEN_REPLIES_MS;
		});
		return lastAt;
	}

	/**
	 * Waits up to 5 s for a row written after `since`, because a poll may emit none. Returns when the
	 * wait ended (Unix ms).
	 */
	private async writesAfter(since: number): Promise<number> {
		await this.waitFor('a row', 5_000, () => this.lastWritten > since).catch(() => {});
		return Date.now();
	}

	/** Waits until every snapshot is written, or no new row was written for `QUIET_MS`. */
	private async quiet(): Promise<void> {
		const started = Date.now();
		const since = () => Date.now() - Math.max(started, this.lastWritten);
		while (!(await this.areAllWritten()) && since() < QUIET_MS) await sleep(500);
	}

	/** Returns the event key of each snapshot that the API shows. */
	private taken(): string[] {
		return [...this.sandbox.videos.values()].flatMap(({ id, snapshots }) =>
			snapshots.map(({ snapshot_time }) => `${id}:${String(snapshot_time)}`),
		);
	}

	/** Whether every collector has written the expected event keys. */
	private async areAllWritten(expected = this.taken()): Promise<boolean> {
		for (const collector of this.mode.collectors)
			if ((await this.missing(collector, expected)).length > 0) return false;
		return true;
	}

	private async missing(collector: Collector, expected = this.taken()): Promise<string[]> {
		const { rows } = await this.client.query<{ event_key: string }>(
			`select event_key from ${this.tableOf(collector)}`,
		);
		const written = new Set(rows.map(({ event_key }) => event_key));
		return expected.filter((key) => !written.has(key));
	}

	private async writes(collector: Collector): Promise<{ rows: number; repeated: number }> {
		const { rows } = await this.client.query<{ rows: number; repeated: number }>(
			`select count(*)::int as rows, coalesce(sum(times_written) - count(*), 0)::int as repeated
				from ${this.tableOf(collector)}`,
		);
		return rows[0]!;
	}

	private async waitFor(what: string, atMostMs: number, holds: () => boolean | Promise<boolean>) {
		await waitFor(`${what} (${this.mode.name})`, atMostMs, holds, 2);
	}

	private async disturbed(how: string, times: number) {
		this.disturbances++;
		const progress = [`${this.disturbances}/${times}: ${how}; ${this.taken().length} taken`];
		for (const collector of this.mode.collectors) {
			const { rows } = await this.writes(collector);
			progress.push(`${rows} rows of ${collector.name}`);
		}
		this.say(progress.join(', '));
	}

	private say(progress: string) {
		process.stdout.write(`  ${this.mode.name.padEnd(9)} ${progress}\n`);
	}
}
