import { Table } from 'console-table-printer';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { installN8n } from '../../demo/install';
import { stopAllGroups } from '../../demo/processes';
import { printStep } from '../../demo/steps';
import { packedPackage } from '../support/packedPackage';
import { connect, findPostgres } from '../../harness/postgres';
import { runMode, type Mode, type Result, type Rig } from './rounds';

/** Number of kills in each mode. */
const KILLS = Number(process.env.CRASH_KILLS ?? 20);
const REPUBLICATIONS = Math.min(KILLS, 8);

const kill = async (rig: Rig) => await rig.kill(KILLS);

const DURABLE_CURSORS = {
	N8N_POLLER_DURABLE_CURSORS_ENABLED: 'true',
	N8N_SCHEDULER_ENABLED: 'true',
	N8N_SCHEDULER_POLL_TRIGGERS_ENABLED: 'true',
	N8N_USE_WORKFLOW_PUBLICATION_SERVICE: 'true',
	// Seconds between the scheduler's checks for due polls.
	N8N_SCHEDULER_MATERIALIZATION_INTERVAL: '1',
	N8N_SCHEDULER_EXECUTOR_INTERVAL: '1',
	// Seconds after which a missed poll time is skipped. Otherwise a start would run all of them at
	// once, and with SQLite they would block each other for half a minute.
	N8N_SCHEDULER_MISFIRE_GRACE: '5',
};

/** The collectors of one n8n are killed together: replay beside its control, and with durable cursors. */
const MODES: Mode[] = [
	{
		name: 'plain',
		collectors: [
			{ name: 'replay', replayAfterRestart: true },
			{ name: 'control', replayAfterRestart: false },
		],
		env: {},
		disturb: kill,
	},
	{
		name: 'durable',
		collectors: [
			{ name: 'durable', replayAfterRestart: false },
			{ name: 'combined', replayAfterRestart: true },
		],
		env: DURABLE_CURSORS,
		disturb: kill,
	},
	{
		name: 'republish',
		collectors: [{ name: 'republish', replayAfterRestart: false }],
		env: {},
		disturb: async (rig) => await rig.republish(REPUBLICATIONS),
	},
];

const COLUMNS = [
	{ name: 'collector' },
	{ name: 'disturbances', title: 'kills or republications' },
	{ name: 'snapshots' },
	{ name: 'rows' },
	{ name: 'repeated', title: 'written again' },
	{ name: 'crashed', title: 'crashed executions' },
	{ name: 'missing' },
	{ name: 'missingAfterRetry', title: 'after their retry' },
];

const dir = mkdtempSync(join(tmpdir(), 'contentstats-crash-'));
const schema = `contentstats_crash_${process.pid}`;
let database: Client | undefined;
let runs: Array<Promise<Result[]>>;

beforeAll(async () => {
	const install = await installN8n(printStep);
	const tarball = packedPackage();
	const postgres = await findPostgres(join(dir, 'postgres'));
	database = await connect(postgres);
	await database.query(`create schema ${schema}`);
	const tools = { install, tarball, dir, postgres, schema };
	runs = MODES.map(async (mode) => await runMode(mode, tools));
	const settled = await Promise.allSettled(runs);
	const results = settled.flatMap((run) => (run.status === 'fulfilled' ? run.value : []));
	const table = new Table({ shouldDisableColors: true, columns: COLUMNS }).addRows(results);
	process.stdout.write(`\n${table.render()}\n`);
});

/** @throws the error of the collector's mode if it failed */
async function resultOf(collector: string): Promise<Result> {
	const mode = MODES.findIndex(({ collectors }) =>
		collectors.some(({ name }) => name === collector),
	);
	return (await runs[mode]!).find((result) => result.collector === collector)!;
}

afterAll(async () => {
	try {
		await database?.query(`drop schema if exists ${schema} cascade`);
		await database?.end();
	} finally {
		await stopAllGroups();
		rmSync(dir, { recursive: true, force: true });
	}
});

it('loses no snapshot when n8n is killed with Replay After Restart on', async () => {
	const { disturbances, missing } = await resultOf('replay');
	expect({ disturbances, missing }).toEqual({ disturbances: KILLS, missing: 0 });
});

it('survives as many kills with Replay After Restart off, although rows may be missing', async () => {
	const { disturbances, missing, missingAfterRetry } = await resultOf('control');
	expect(disturbances).toBe(KILLS);
	process.stdout.write(
		missing > 0
			? `Without replay ${missing} snapshots were missing, ${missingAfterRetry} of them for good.\n`
			: 'Without replay nothing was missing: these kills say nothing of the replay.\n',
	);
});

it('loses no snapshot with durable cursors once crashed executions are retried', async () => {
	const { disturbances, missingAfterRetry } = await resultOf('durable');
	expect({ disturbances, missingAfterRetry }).toEqual({
		disturbances: KILLS,
		missingAfterRetry: 0,
	});
});

it('loses no snapshot with durable cursors plus Replay After Restart, even without retries', async () => {
	const { disturbances, missing } = await resultOf('combined');
	expect({ disturbances, missing }).toEqual({ disturbances: KILLS, missing: 0 });
});

it('loses no snapshot when the workflow is republished or restarted during a poll', async () => {
	const { disturbances, missing } = await resultOf('republish');
	expect({ disturbances, missing }).toEqual({ disturbances: REPUBLICATIONS, missing: 0 });
});
