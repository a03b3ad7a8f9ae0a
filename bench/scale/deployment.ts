import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';

import { installCommunityPackage, installN8n, packPackage } from '../../demo/install';
import { type CredentialReference, type N8nApi, signIn, startN8n } from '../../demo/n8n';
import { freePort } from '../../demo/processes';
import { OWNER, readTemplate } from '../../demo/scenario';
import { printStep } from '../../demo/steps';
import { connect, findPostgres, type PostgresAddress } from '../../harness/postgres';
import { queueMode } from '../../harness/queueMode';
import { deleteKeys, findRedis, type RedisAddress } from '../../harness/redis';
import type { ApiAddress, ApiMessage, Seed } from './api';
import { pidOfN8n, readCpuTime } from './cpu';

/** The names that the template contains. */
const TEMPLATE = readTemplate('new-snapshots-to-postgresql.json');
const TRIGGER = 'On new snapshot';
const TABLE_MAKER = 'Create table if missing';
const WRITER = 'Upsert row';
const TABLE = 'contentstats_snapshots';

/** Without requests for so long, a publication is over. */
const QUIET_MS = 4_000;

/** What all deployments of a run share. */
export interface Bench {
	dir: string;
	tarball: string;
	postgres: PostgresAddress;
	redis: RedisAddress;
	close: () => void;
}

/** Installs n8n, packs the package, and finds a PostgreSQL and a Redis, or starts throwaway ones. */
export async function openBench(): Promise<Bench> {
	const dir = mkdtempSync(join(tmpdir(), 'contentstats-scale-'));
	await installN8n(printStep);
	return {
		dir,
		tarball: await packPackage(join(dir, 'package'), printStep),
		postgres: await findPostgres(join(dir, 'postgres')),
		redis: await findRedis(join(dir, 'redis')),
		close: () => rmSync(dir, { recursive: true, force: true }),
	};
}

interface WorkflowOptions {
	seed: Seed;
	/** Poll times, as a cron expression with seconds. */
	cron: string;
	maxItemsPerPoll: number;
}

/** A row of the table that the workflows write to. Times are Unix milliseconds. */
export interface Row {
	video_id: string;
	snapshotAt: number;
	writtenAt: number;
}

/** An n8n with the package, its sandbox, and the table that its workflows write to. */
export interface Deployment {
	/** Publishes a workflow, and waits for its first poll. @returns the ids of its videos */
	publish: (options: WorkflowOptions) => Promise<string[]>;
	setLatency: (ms: number) => Promise<void>;
	/** Returns the arrival of each request since the last call, in Unix milliseconds. */
	requests: () => Promise<number[]>;
	rows: () => Promise<Row[]>;
	/** Returns the CPU time of the JavaScript thread of the main process and of each worker, in milliseconds. */
	cpu: () => number[];
	close: () => Promise<void>;
}

/** The sandbox in a process of its own. */
class ApiProcess {
	private constructor(
		private readonly child: ChildProcess,
		readonly address: ApiAddress,
	) {}

	static async start(): Promise<ApiProcess> {
		const child = fork(join(__dirname, 'api.ts'), [], {
			execArgv: ['--import', 'tsx', '--max-old-space-size=8192'],
		});
		const [address] = (await once(child, 'message')) as [ApiAddress];
		return new ApiProcess(child, address);
	}

	async ask<T>(message: ApiMessage): Promise<T> {
		this.child.send(message);
		const [answer] = (await once(this.child, 'message')) as [T];
		return answer;
	}

	stop(): void {
		this.child.kill('SIGKILL');
	}
}

/**
 * Starts an n8n with its workers, a sandbox, and a table in PostgreSQL that tells when a row was written.
 *
 * @param workers those of queue mode; 0 for one process that does everything
 */
export async function deploy(bench: Bench, name: string, workers: number): Promise<Deployment> {
	const schema = `contentstats_scale_${name}_${process.pid}`;
	const client = await connect(bench.postgres);
	const maker = TEMPLATE.nodes.find((node) => node.name === TABLE_MAKER)!;
	await client.query(`
		create schema ${schema};
		set search_path to ${schema};
		${String(maker.parameters.query)};
		alter table ${TABLE} add column written_at timestamptz not null default clock_timestamp()`);
	const env = workers > 0 ? queueMode(bench.postgres, bench.redis, schema) : {};
	const install = await installN8n(printStep);
	const start = async (command: 'start' | 'worker', folder: string) => {
		const userFolder = join(bench.dir, name, folder);
		await installCommunityPackage(install, userFolder, bench.tarball);
		const logFile = join(userFolder, 'n8n.log');
		const port = await freePort();
		const n8n = await startN8n(install, { userFolder, port, logFile, command: [command], env });
		return { ...n8n, pid: pidOfN8n(userFolder) };
	};
	// The main process starts first, because it creates n8n's tables.
	const processes = [await start('start', 'main')];
	for (let worker = 1; worker <= workers; worker += 1)
		processes.push(await start('worker', `worker-${worker}`));

	const n8n = await signIn(processes[0]!.url, OWNER);
	const api = await ApiProcess.start();
	const credentials = await createCredentials(n8n, api.address, bench.postgres);
	const requests = () => api.ask<number[]>({ kind: 'requests' });
	return {
		async publish(options) {
			const ids = await api.ask<string[]>({ kind: 'seed', seed: options.seed });
			const workflow = await n8n.importWorkflow(
				{ ...TEMPLATE, nodes: nodesOf(options, ids, schema) },
				({ name, type }) =>
					name === TRIGGER
						? credentials.api
						: type.endsWith('.postgres')
							? credentials.postgres
							: undefined,
			);
			await n8n.publish(workflow);
			// In queue mode n8n answers before the first poll has begun.
			let count = 0;
			for (let quietMs = 0; count < ids.length || quietMs < QUIET_MS; quietMs += 500) {
				await sleep(500);
				const fresh = await requests();
				count += fresh.length;
				if (fresh.length > 0) quietMs = 0;
				if (quietMs > 120_000)
					throw new Error(`The first poll sent ${count} of ${ids.length} requests`);
			}
			return ids;
		},
		setLatency: async (ms) => {
			await api.ask({ kind: 'latency', ms });
		},
		requests,
		rows: () => readRows(client),
		cpu: () => processes.map(({ pid }) => readCpuTime(pid)),
		async close() {
			api.stop();
			await Promise.all(processes.map((one) => one.stop()));
			await client.query(`drop schema ${schema} cascade`);
			await client.end();
			if (workers > 0) await deleteKeys(bench.redis, schema);
		},
	};
}

async function createCredentials(
	n8n: N8nApi,
	{ baseUrl, liveKey }: ApiAddress,
	postgres: PostgresAddress,
): Promise<{ api: CredentialReference; postgres: CredentialReference }> {
	return {
		api: await n8n.createCredential('ContentStats', 'contentStatsApi', {
			apiKey: liveKey,
			baseUrl,
		}),
		postgres: await n8n.createCredential('PostgreSQL', 'postgres', {
			...postgres,
			maxConnections: 10,
			ssl: 'disable',
		}),
	};
}

/** Returns the nodes of the template, whose trigger watches `ids`. */
function nodesOf({ cron, maxItemsPerPoll }: WorkflowOptions, ids: string[], schema: string) {
	const changes: Record<string, object> = {
		[TRIGGER]: {
			watch: 'selected',
			videos: ids.join('\n'),
			startFrom: 'new',
			pollTimes: { item: [{ mode: 'custom', cronExpression: cron }] },
			options: { maxItemsPerPoll },
		},
		// The table is there, in the schema of this deployment.
		[TABLE_MAKER]: { query: 'select 1' },
		[WRITER]: { schema: { __rl: true, mode: 'name', value: schema } },
	};
	return TEMPLATE.nodes.map((node) => ({
		...node,
		parameters: { ...node.parameters, ...changes[node.name] },
	}));
}

async function readRows(client: Client): Promise<Row[]> {
	const { rows } = await client.query<{ video_id: string; snapshot_time: Date; written_at: Date }>(
		`select video_id, snapshot_time, written_at from ${TABLE}`,
	);
	return rows.map(({ video_id, snapshot_time, written_at }) => ({
		video_id,
		snapshotAt: snapshot_time.getTime(),
		writtenAt: written_at.getTime(),
	}));
}
