import { Table } from 'console-table-printer';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { installN8n, packPackage } from '../../demo/install';
import { stopAllGroups } from '../../demo/processes';
import { printStep } from '../../demo/steps';
import { connect, findPostgres } from '../support/postgres';
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

const MODES = {
	replay: { name: 'replay', replayAfterRestart: true, env: {}, disturb: kill },
	control: { name: 'control', replayAfterRestart: false, env: {}, disturb: kill },
	durable: {
		name: 'durable',
		replayAfterRestart: false,
		env: DURABLE_CURSORS,
		disturb: kill,
	},
	combined: { name: 'combined', replayAfterRestart: true, env: DURABLE_CURSORS, disturb: kill },
	republish: {
		name: 'republish',
		replayAfterRestart: false,
		env: {},
		disturb: async (rig) => await rig.republish(REPUBLICATIONS),
	},
} satisfies Record<string, Mode>;

const COLUMNS = [
	{ name: 'mode' },
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
let runs: Record<keyof typeof MODES, Promise<Result>>;

beforeAll(async () => {
	const install = await installN8n(printStep);
	const tarball = await packPackage(join(dir, 'package'), printStep);
	const postgres = await findPostgres(join(dir, 'postgres'));
	database = await connect(postgres);
	await database.query(`create schema ${schema}`);
	const tools = { install, tarball, dir, postgres, schema };
	const chosen = (Object.keys(MODES) as Array<keyof typeof MODES>).map(
		(name) => [name, runMode(MODES[name], tools)] as const,
	);
	runs = Object.fromEntries(chosen) as typeof runs;
	const settled = await Promise.allSettled(Object.values(runs));
	const results = settled.flatMap((run) => (run.status === 'fulfilled' ? [run.value] : []));
	const table = new Table({ shouldDisableColors: true, columns: COLUMNS }).addRows(results);
	process.stdout.write(`\n${table.render()}\n`);
});

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
	const { disturbances, missing } = await runs.replay;
	expect({ disturbances, missing }).toEqual({ disturbances: KILLS, missing: 0 });
});

it('survives as many kills with Replay After Restart off, although rows may be missing', async () => {
	const { disturbances, missing, missingAfterRetry } = await runs.control;
	expect(disturbances).toBe(KILLS);
	process.stdout.write(
		missing > 0
			? `Without replay ${missing} snapshots were missing, ${missingAfterRetry} of them for good.\n`
			: 'Without replay nothing was missing: these kills say nothing of the replay.\n',
	);
});

it('loses no snapshot with durable cursors once crashed executions are retried', async () => {
	const { disturbances, missingAfterRetry } = await runs.durable;
	expect({ disturbances, missingAfterRetry }).toEqual({
		disturbances: KILLS,
		missingAfterRetry: 0,
	});
});

it('loses no snapshot with durable cursors plus Replay After Restart, even without retries', async () => {
	const { disturbances, missing } = await runs.combined;
	expect({ disturbances, missing }).toEqual({ disturbances: KILLS, missing: 0 });
});

it('loses no snapshot when the workflow is republished or restarted during a poll', async () => {
	const { disturbances, missing } = await runs.republish;
	expect({ disturbances, missing }).toEqual({ disturbances: REPUBLICATIONS, missing: 0 });
});
