import axios from 'axios';
import type { IDataObject } from 'n8n-workflow';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import {
	nodeOutput,
	signIn,
	type CredentialReference,
	type N8nApi,
	type SavedWorkflow,
} from '../../demo/n8n';
import { OWNER, readTemplate, saveCredential } from '../../demo/scenario';
import type { Sandbox } from '../../sandbox';
import { pollEvery } from '../support/pollTimes';
import type { PostgresAddress } from '../../harness/postgres';
import { fromPostgres, rowsTaken } from '../support/rows';
import { waitFor } from '../support/waitFor';
import type { Container } from './containers';

/** Containers and services of a scenario. No container is running yet. */
export interface Stage {
	main: Container;
	workers: Container[];
	sandbox: Sandbox;
	postgres: PostgresAddress;
	/** Schema of n8n's tables and ours. */
	schema: string;
	/** Connected, with `schema` as its search path. */
	client: Client;
}

export interface Result {
	links: number;
	/** Executions of the batch, without reruns. */
	executions: number;
	/** Executions lost with the killed worker. */
	killed: Killed;
	/** Links of the batch's killed executions that were tracked before the rerun. */
	wereTracked: number;
	/** Links of the batch's killed executions that only the rerun tracked. */
	trackedByRerun: number;
	/** Requests to track a link. */
	posts: number;
	trackedTwice: string[];
	untracked: string[];
	snapshots: number;
	rows: number;
	/** Duplicate writes of rows. */
	repeated: number;
	/** Duplicate writes up to the first kill, and those of snapshots taken after the last one. */
	repeatedWithoutKill: number;
	/** Rows of snapshots that were taken after the last kill. */
	snapshotsAfterKills: number;
	/** Event keys of snapshots without a row. */
	missing: string[];
	/** Event keys of rows that differ from the sandbox's snapshot, or have none. */
	wrong: string[];
	/** Executions that did not succeed although no kill hit them. */
	failed: string[];
}

/** Execution ids, by workflow. */
interface Killed {
	batch: string[];
	trigger: string[];
}

interface Row extends Record<string, unknown> {
	event_key: string;
	snapshot_time: Date;
	times_written: number;
}

/** Spelt as Track sends them, on four platforms, because the API lists at most 100 videos of each. */
const LINK_OF: Array<(number: number) => string> = [
	(number) => `https://www.tiktok.com/@queue/video/7234567890123456${number}`,
	(number) => `https://www.youtube.com/watch?v=Queue-00${number}`,
	(number) => `https://www.instagram.com/p/CQueue00${number}/`,
	(number) => `https://twitter.com/queue/status/1752000000000000${number}`,
];
const LINKS = Array.from({ length: 200 }, (_, index) => LINK_OF[index % 4]!(100 + index));
const LINKS_PER_EXECUTION = 20;
/** Number of links tracked before the trigger is published; the others follow while it polls. */
const EARLY_LINKS = 80;

export const SNAPSHOT_INTERVAL_MS = 15_000;
/** Number of snapshots from which the trigger knows when the next one of a video is due. */
const CADENCE_KNOWN = 3;
/**
 * Number of later links that are answered at once. The others are answered so late that a worker is
 * killed first, but within the 30 s that Track waits.
 */
const ANSWERED_LINKS = 10;
const LATE_ANSWER_MS = 20_000;
/** Most requests in flight per process. If there are more, both workers have some. */
const IN_FLIGHT = 8;
/** Time that each new row takes to write, so that a kill also hits a write. */
const INSERT_MS = 20;
/** Longest pause between two replies of one poll. */
const BETWEEN_REPLIES_MS = 50;
/**
 * Time without a new row after which no more are expected. A video whose cadence is not known yet is asked
 * for a minute after its first snapshot.
 */
const QUIET_MS = 120_000;

const BATCH = 'Track a batch';
const WEBHOOK = 'Links come in';
const WEBHOOK_PATH = 'links';
const TRACK = 'Track videos';

/** The constants below are names that this template contains. */
const COLLECT = readTemplate('new-snapshots-to-postgresql.json');
const TRIGGER = 'On new snapshot';
const WRITER = 'Upsert row';
const TABLE_MAKER = 'Create table if missing';
const TABLE = 'contentstats_snapshots';

/** n8n's error for an execution whose worker is gone. */
const LOST_WITH_ITS_WORKER = 'This execution failed to be processed too many times';

const TRACK_PATH = /\/videos\/track$/;
const VIDEO_PATH = /\/videos\/(?!track$)\w+$/;

/** Plays the scenario, then stops the containers. */
export async function play(stage: Stage): Promise<Result> {
	const scenario = new Scenario(stage);
	try {
		return await scenario.play();
	} finally {
		await Promise.all([stage.main, ...stage.workers].map(async (one) => await one.stop()));
	}
}

class Scenario {
	private readonly begun = Date.now();
	private api!: N8nApi;
	private contentStatsApi!: CredentialReference;
	private postgres!: CredentialReference;
	private collect: SavedWorkflow | undefined;
	/** Ids of executions that a kill may have cut short. */
	private readonly cutShort = new Set<string>();

	constructor(private readonly stage: Stage) {}

	async play(): Promise<Result> {
		const { main, workers, sandbox } = this.stage;
		// The main process starts first, because it creates n8n's tables.
		await main.start();
		await Promise.all(workers.map(async (worker) => await worker.start()));
		this.say('the main process and two workers run');
		await this.setUp();

		const early = LINKS.slice(0, EARLY_LINKS);
		await this.track(early);
		await this.finished(BATCH);
		await waitFor('snapshots', 90_000, () =>
			this.videos().some(({ snapshots }) => snapshots.length >= CADENCE_KNOWN),
		);
		await this.publishTrigger({ watch: 'selected', videos: early.join('\n') }, 15);
		this.say(`${this.videos().length} links are tracked, and watched by the trigger`);

		sandbox.faults.add({
			kind: 'latency',
			ms: LATE_ANSWER_MS,
			match: { method: 'POST' },
			after: ANSWERED_LINKS,
			times: Infinity,
		});
		await this.track(LINKS.slice(EARLY_LINKS));
		await this.killWorker();
		sandbox.faults.clear();
		const repeatedBefore = repeats(await this.rows());
		const killed = await this.killedExecutions();
		const outcomes = await this.runAgain(killed.batch);
		this.say(`ran them again; ${this.videos().length} links are tracked`);

		await this.publishTrigger({ watch: 'all' }, 30);
		const restarted = await this.killMain();
		await waitFor('snapshots after the restart', 60_000, () =>
			this.videos().every(
				({ snapshots }) => Date.parse(String(snapshots.at(-1)?.snapshot_time)) > restarted,
			),
		);
		for (const video of this.videos()) video.deferSnapshots();
		await this.quiet();
		await this.finished();
		this.say('nothing more comes');

		const tracked = sandbox.ledger.flatMap((entry) =>
			entry.kind === 'track' ? [entry.video_link] : [],
		);
		const times = (link: string) => tracked.filter((other) => other === link).length;
		const rows = await this.rows();
		const late = rows.filter(({ snapshot_time }) => snapshot_time.getTime() > restarted);
		const taken = new Map(this.taken().map((row) => [row.event_key, row]));
		const written = new Set(rows.map(({ event_key }) => event_key));
		return {
			links: LINKS.length,
			executions: LINKS.length / LINKS_PER_EXECUTION,
			killed,
			wereTracked: outcomes.filter((outcome) => outcome === 'already_tracked').length,
			trackedByRerun: outcomes.filter((outcome) => outcome === 'tracked').length,
			posts: this.requests(TRACK_PATH).length,
			trackedTwice: LINKS.filter((link) => times(link) > 1),
			untracked: LINKS.filter((link) => times(link) === 0),
			snapshots: taken.size,
			rows: rows.length,
			repeated: repeats(rows),
			repeatedWithoutKill: repeatedBefore + repeats(late),
			snapshotsAfterKills: late.length,
			missing: [...taken.keys()].filter((key) => !written.has(key)),
			wrong: rows
				.filter((row) => !isSameRow(row, taken.get(row.event_key)))
				.map(({ event_key }) => event_key),
			failed: (await this.executions())
				.filter(({ id, status }) => status !== 'success' && !this.cutShort.has(id))
				.map(({ id, status, workflow }) => `${id} "${workflow}": ${status}`),
		};
	}

	private async setUp() {
		const { main, sandbox, postgres, client } = this.stage;
		this.api = await signIn(main.url, OWNER);
		this.contentStatsApi = await saveCredential(this.api, sandbox);
		this.postgres = await this.api.createCredential('PostgreSQL', 'postgres', {
			...postgres,
			maxConnections: 10,
			ssl: 'disable',
		});
		const maker = COLLECT.nodes.find(({ name }) => name === TABLE_MAKER)!;
		await client.query(`
			${String(maker.parameters.query)};
			alter table ${TABLE} add column times_written int not null default 1;
			create function written() returns trigger language plpgsql as $$
			begin
				if tg_op = 'INSERT' then
					perform pg_sleep(${INSERT_MS / 1000});
				else
					new.times_written := old.times_written + 1;
				end if;
				return new;
			end $$;
			create trigger written before insert or update on ${TABLE}
				for each row execute function written();
		`);
		const batch: SavedWorkflow = await this.api.request('POST', '/workflows', {
			name: BATCH,
			nodes: this.batchNodes(),
			connections: { [WEBHOOK]: { main: [[{ node: TRACK, type: 'main', index: 0 }]] } },
		});
		await this.publish(batch);
	}

	private batchNodes(): object[] {
		return [
			{
				id: 'b5d0a4c2-0000-4000-8000-000000000011',
				webhookId: 'b5d0a4c2-0000-4000-8000-000000000011',
				name: WEBHOOK,
				type: 'n8n-nodes-base.webhook',
				typeVersion: 2,
				position: [0, 0],
				parameters: { httpMethod: 'POST', path: WEBHOOK_PATH, responseMode: 'onReceived' },
			},
			{
				id: 'b5d0a4c2-0000-4000-8000-000000000012',
				name: TRACK,
				type: 'n8n-nodes-contentstats.contentStats',
				typeVersion: 1,
				position: [220, 0],
				parameters: { videoUrls: '={{ $json.body.links }}' },
				credentials: { contentStatsApi: this.contentStatsApi },
			},
		];
	}

	/** Publishes the trigger's workflow. A second call changes the trigger's parameters. */
	private async publishTrigger(parameters: IDataObject, everySeconds: number) {
		const body = {
			...COLLECT,
			nodes: this.collectNodes(parameters, everySeconds),
			versionId: this.collect?.versionId,
		};
		const { id } = this.collect ?? {};
		this.collect = id
			? await this.api.request<SavedWorkflow>('PATCH', `/workflows/${id}`, body)
			: await this.api.request<SavedWorkflow>('POST', '/workflows', body);
		await this.publish(this.collect);
	}

	private async publish(workflow: SavedWorkflow) {
		await this.api.publish(workflow);
		// In queue mode n8n answers before a publication is done; a kill delays it by two minutes.
		await waitFor(`the publication of "${workflow.name}"`, 90_000, async () => {
			const { rowCount } = await this.stage.client.query(
				`select from workflow_publication_outbox where status in ('pending', 'in_progress')`,
			);
			return rowCount === 0;
		});
	}

	private collectNodes(parameters: IDataObject, everySeconds: number): object[] {
		const changes: Record<string, object> = {
			[TRIGGER]: { ...parameters, pollTimes: pollEvery(everySeconds) },
			// The table is there, in the schema of this test.
			[TABLE_MAKER]: { query: 'select 1' },
			[WRITER]: { schema: { __rl: true, mode: 'name', value: this.stage.schema } },
		};
		const { contentStatsApi, postgres } = this;
		return COLLECT.nodes.map((node) => ({
			...node,
			parameters: { ...node.parameters, ...changes[node.name] },
			credentials: node.name === TRIGGER ? { contentStatsApi } : { postgres },
		}));
	}

	/** Starts one execution for each `LINKS_PER_EXECUTION` links. */
	private async track(links: string[]) {
		for (let start = 0; start < links.length; start += LINKS_PER_EXECUTION) {
			await axios.post(`${this.stage.main.url}/webhook/${WEBHOOK_PATH}`, {
				links: links.slice(start, start + LINKS_PER_EXECUTION),
			});
		}
	}

	/** Kills a worker while it tracks links and writes rows. */
	private async killWorker(): Promise<void> {
		let victim: Container | undefined;
		await waitFor('a worker that tracks and writes', 90_000, () => {
			const unanswered = this.requests(TRACK_PATH).filter(({ status }) => !status);
			if (unanswered.length <= IN_FLIGHT) return false;
			victim = this.stage.workers.find(
				(one) => one.running(BATCH).length > 0 && one.running(COLLECT.name).length > 0,
			);
			return victim !== undefined;
		});
		await victim!.kill();
		this.say(`killed ${victim!.name}; ${this.videos().length} links are tracked`);
	}

	/**
	 * Waits until n8n has given up the executions that the killed worker took from the queue and the
	 * other worker has finished its own. Returns the ids of the lost executions.
	 */
	private async killedExecutions(): Promise<Killed> {
		await this.finished();
		const lost = (await this.executions()).filter(({ isLost }) => isLost);
		for (const { id } of lost) this.cutShort.add(id);
		const of = (name: string) => lost.filter(({ workflow }) => workflow === name);
		const killed = {
			batch: of(BATCH).map(({ id }) => id),
			trigger: of(COLLECT.name).map(({ id }) => id),
		};
		this.say(
			`lost with it: ${killed.batch.length} executions of the batch, ${killed.trigger.length} of the trigger`,
		);
		return killed;
	}

	/**
	 * Calls the webhook again with the links of killed executions, and returns their outcomes. Retry
	 * would do nothing, because n8n keeps no input of an execution that was lost with its worker.
	 */
	private async runAgain(killed: string[]): Promise<unknown[]> {
		const before = await this.executions(BATCH);
		for (const id of killed) {
			// Execution ids follow the order of the calls.
			const start = before.findIndex((one) => one.id === id) * LINKS_PER_EXECUTION;
			await this.track(LINKS.slice(start, start + LINKS_PER_EXECUTION));
		}
		await this.finished(BATCH);
		const reruns = (await this.executions(BATCH)).slice(before.length);
		const executions = await Promise.all(reruns.map(({ id }) => this.api.execution(id)));
		return executions.flatMap((one) => nodeOutput(one, TRACK)).map(({ outcome }) => outcome);
	}

	/** Kills the main process just after a poll and restarts it. Returns the restart time (Unix ms). */
	private async killMain(): Promise<number> {
		const { main, sandbox } = this.stage;
		const from = sandbox.requests.length;
		let replies = 0;
		let last = 0;
		await waitFor('a poll', 60_000, () => {
			const sent = this.requests(VIDEO_PATH, from);
			const answered = sent.filter(({ status }) => status).length;
			if (answered > replies) [replies, last] = [answered, Date.now()];
			return replies > 0 && replies === sent.length && Date.now() - last > BETWEEN_REPLIES_MS;
		});
		const afterPollMs = Date.now() - last;
		await main.kill();
		const unfinished = (await this.executions()).filter(isUnfinished);
		for (const { id } of unfinished) this.cutShort.add(id);
		this.say(
			`killed the main process ${afterPollMs} ms after a poll, with ${unfinished.length} unfinished executions`,
		);
		await main.start();
		this.api = await signIn(main.url, OWNER);
		this.say('the main process runs again');
		return Date.now();
	}

	/** Waits until every snapshot is written, or no new row was written for `QUIET_MS`. */
	private async quiet() {
		const expected = this.taken();
		let last = Date.now();
		let rows = 0;
		while (Date.now() - last < QUIET_MS) {
			const written = new Set((await this.rows()).map(({ event_key }) => event_key));
			if (expected.every(({ event_key }) => written.has(event_key))) return;
			if (written.size > rows) [rows, last] = [written.size, Date.now()];
			await sleep(1000);
		}
	}

	/** Waits until all executions, or those of one workflow, have ended. */
	private async finished(workflow?: string) {
		await waitFor('the end of executions', 90_000, async () => {
			return !(await this.executions(workflow)).some(isUnfinished);
		});
	}

	/** Returns executions in the order in which they were started. */
	private async executions(
		workflow?: string,
	): Promise<Array<{ id: string; status: string; workflow: string; isLost: boolean }>> {
		const { rows } = await this.stage.client.query(
			`select execution.id::text, status, workflow.name as workflow,
					coalesce(data.data, '') like '%${LOST_WITH_ITS_WORKER}%' as "isLost"
				from execution_entity execution
				left join execution_data data on data."executionId" = execution.id
				join workflow_entity workflow on workflow.id = execution."workflowId"
				where $1::text is null or workflow.name = $1
				order by execution.id`,
			[workflow],
		);
		return rows;
	}

	private async rows(): Promise<Row[]> {
		return (await this.stage.client.query<Row>(`select * from ${TABLE}`)).rows;
	}

	private videos() {
		return [...this.stage.sandbox.videos.values()];
	}

	/** Returns the expected rows of all snapshots that the API shows. */
	private taken() {
		return this.videos().flatMap(rowsTaken);
	}

	/** Returns the requests that match a path, without the first `from` requests. */
	private requests(wanted: RegExp, from = 0) {
		return this.stage.sandbox.requests.slice(from).filter(({ path }) => wanted.test(path));
	}

	private say(progress: string) {
		const seconds = Math.round((Date.now() - this.begun) / 1000);
		process.stdout.write(`  ${String(seconds).padStart(3)} s: ${progress}\n`);
	}
}

const isUnfinished = ({ status }: { status: string }) => ['new', 'running'].includes(status);

const repeats = (rows: Row[]) => rows.reduce((sum, row) => sum + row.times_written - 1, 0);

function isSameRow(row: Row, taken: ReturnType<typeof rowsTaken>[number] | undefined): boolean {
	const written = fromPostgres(row);
	return (
		taken !== undefined && Object.entries(taken).every(([name, value]) => written[name] === value)
	);
}
