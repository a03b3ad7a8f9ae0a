import { Table } from 'console-table-printer';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { installN8n } from '../../demo/install';
import { stopAllGroups } from '../../demo/processes';
import { printStep } from '../../demo/steps';
import { startSandbox, type Sandbox } from '../../sandbox';
import { packedPackage } from '../support/packedPackage';
import { connect, findPostgres } from '../../harness/postgres';
import { queueMode } from '../../harness/queueMode';
import { deleteKeys, findRedis, type RedisAddress } from '../../harness/redis';
import { Container, SETTINGS } from './containers';
import { play, SNAPSHOT_INTERVAL_MS, type Result } from './scenario';

const dir = mkdtempSync(join(tmpdir(), 'contentstats-queue-'));
/** Schema in PostgreSQL, and prefix of the keys in Redis. */
const name = `contentstats_queue_${process.pid}`;
let client: Client | undefined;
let redis: RedisAddress | undefined;
let sandbox: Sandbox;
let containers: Container[];
let result: Result;

beforeAll(async () => {
	const install = await installN8n(printStep);
	const tarball = packedPackage();
	const postgres = await findPostgres(join(dir, 'postgres'));
	redis = await findRedis(join(dir, 'redis'));
	client = await connect(postgres);
	await client.query(`create schema ${name}; set search_path to ${name}`);
	sandbox = await startSandbox({
		plan: 'enterprise',
		balanceUsd: 1000,
		snapshotIntervalMs: SNAPSHOT_INTERVAL_MS,
	});

	const env = { ...queueMode(postgres, redis, name), ...SETTINGS };
	const image = { install, tarball, dir, env };
	const main = new Container('main', 'start', image);
	const workers = ['worker-1', 'worker-2'].map((one) => new Container(one, 'worker', image));
	containers = [main, ...workers];
	await Promise.all(containers.map(async (one) => await one.installPackage()));
	result = await play({ main, workers, sandbox, postgres, schema: name, client });
	process.stdout.write(`\n${summary(result)}\n`);
});

afterAll(async () => {
	try {
		await sandbox?.close();
		await client?.query(`drop schema if exists ${name} cascade`);
		await client?.end();
		if (redis) await deleteKeys(redis, name);
	} finally {
		await stopAllGroups();
		rmSync(dir, { recursive: true, force: true });
	}
});

it('kills a worker while it tracks links and writes rows', () => {
	const { killed, wereTracked, trackedByRerun } = result;
	expect(killed.batch.length).toBeGreaterThan(0);
	expect(killed.trigger.length).toBeGreaterThan(0);
	expect(wereTracked).toBeGreaterThan(0);
	expect(trackedByRerun).toBeGreaterThan(0);
});

it('tracks each link once with a single request', () => {
	const { links, posts, trackedTwice, untracked } = result;
	expect(few(trackedTwice)).toEqual([]);
	expect(few(untracked)).toEqual([]);
	expect({ posts, videos: sandbox.videos.size }).toEqual({ posts: links, videos: links });
});

it('writes every snapshot to the table once, with the values from the sandbox', () => {
	const { snapshots, rows, missing, wrong } = result;
	expect(few(missing)).toEqual([]);
	expect(few(wrong)).toEqual([]);
	expect(rows).toBe(snapshots);
});

it('writes no row twice while no process is killed', () => {
	expect(result.snapshotsAfterKills).toBeGreaterThanOrEqual(result.links);
	expect(result.repeatedWithoutKill).toBe(0);
});

it('leaves no failed executions except the killed ones', () => {
	expect(result.failed).toEqual([]);
});

it('never writes the API key to a log or an execution', async () => {
	const logs = containers.flatMap(({ userFolder }) =>
		[userFolder, join(userFolder, '.n8n')].flatMap((folder) =>
			readdirSync(folder)
				.filter((file) => file.endsWith('.log'))
				.map((file) => join(folder, file)),
		),
	);
	const texts = new Map(logs.map((file) => [file, readFileSync(file, 'utf8')]));
	const { rows } = await client!.query<{ executionId: number; data: string }>(
		'select "executionId", data from execution_data',
	);
	for (const { executionId, data } of rows) texts.set(`execution ${executionId}`, data);
	expect(logs.filter((file) => file.endsWith('n8n.log'))).toHaveLength(containers.length);
	expect(rows.length).toBeGreaterThan(result.executions);
	const leaks = [...texts].filter(([, text]) => text.includes(sandbox.liveKey));
	expect(leaks.map(([place]) => place)).toEqual([]);
});

/** Shortens a list to keep a failure readable. */
const few = <T>(list: T[]) => list.slice(0, 5);

function summary({ killed, ...counts }: Result): string {
	const table = new Table({
		shouldDisableColors: true,
		columns: [
			{
				name: 'what',
				title: 'Queue mode, one worker and the main process killed',
				alignment: 'left',
			},
			{ name: 'count' },
		],
	});
	const lines = {
		'executions of the batch': counts.executions,
		'killed with a worker, and run again': killed.batch.length,
		'executions of the trigger killed with it': killed.trigger.length,
		links: counts.links,
		'requests to track one': counts.posts,
		'links tracked twice': counts.trackedTwice.length,
		'links not tracked': counts.untracked.length,
		snapshots: counts.snapshots,
		rows: counts.rows,
		'written again': counts.repeated,
		'snapshots missing': counts.missing.length,
	};
	for (const [what, count] of Object.entries(lines)) table.addRow({ what, count });
	return table.render();
}
