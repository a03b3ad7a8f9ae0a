import { Command, InvalidArgumentError } from 'commander';
import { Table } from 'console-table-printer';
import type { IDataObject } from 'n8n-workflow';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSandbox, type Sandbox } from '../sandbox';
import { installCommunityPackage, installN8n, packPackage } from './install';
import { failureOf, nodeOutput, signIn, startN8n, type N8nApi } from './n8n';
import { freePort, stopAllGroups } from './processes';
import * as scenario from './scenario';
import { printStep } from './steps';

const DATA_DIR = join(__dirname, '.data');
const SNAPSHOT_INTERVAL_MS = 20_000;
const ONCE_LIMIT_MS = 6 * 60_000;
/** Colour codes would end up in a file if the output is redirected. */
const PLAIN = { shouldDisableColors: true };
const ENOUGH = { rows: 24, videos: 12, platforms: 4 };

interface DemoOptions {
	once?: true;
	port: number;
	sandboxPort?: number;
}

const options = new Command('npm run demo --')
	.description(
		'Runs a real n8n with this package against a local stand-in of the paid API: 12 videos are ' +
			'tracked, and their snapshots arrive as rows of an n8n Data Table. Nothing is spent, and no ' +
			'account is needed. The first start installs n8n into demo/.install (about 3 GB).',
	)
	.option('--once', `exit with 0 after ${ENOUGH.rows} rows are in the table, else with 1`)
	.option('--port <number>', 'where n8n listens on 127.0.0.1', portNumber, 5678)
	.option('--sandbox-port <number>', 'where the stand-in API listens (default: any)', portNumber)
	.parse()
	.opts<DemoOptions>();

let sandbox: Sandbox | undefined;
let ending = false;

process.on('SIGINT', () => void interrupted(130));
process.on('SIGTERM', () => void interrupted(143));
// The terminal was closed. Writing to it would fail.
process.on('SIGHUP', () => void interrupted(129));
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
main().catch((error: Error) => {
	if (ending) return;
	console.error(`\nThe demo failed: ${error.message}`);
	void end(1);
});

async function main() {
	await requireFree(options.port, '--port');
	await requireFree(options.sandboxPort, '--sandbox-port');

	const install = await installN8n(printStep);
	// Each start shows a new user's first minutes, so nothing is kept from the last one.
	rmSync(DATA_DIR, { recursive: true, force: true });
	mkdirSync(DATA_DIR);
	const tarball = await packPackage(join(DATA_DIR, 'package'), printStep);

	sandbox = await startSandbox({
		plan: 'pro',
		balanceUsd: 100,
		snapshotIntervalMs: SNAPSHOT_INTERVAL_MS,
		port: options.sandboxPort,
	});
	const userFolder = join(DATA_DIR, 'n8n');
	const logFile = join(DATA_DIR, 'n8n.log');
	const { url } = await printStep('Starting n8n with the packed package', '20 s', async () => {
		await installCommunityPackage(install, userFolder, tarball);
		return await startN8n(install, { userFolder, port: options.port, logFile });
	});
	const n8n = await signIn(url, scenario.OWNER);
	const { track, collect } = await scenario.setUp(n8n, sandbox);
	console.log(`
  n8n      ${url}
  login    ${scenario.OWNER.email} / ${scenario.OWNER.password}
  sandbox  ${sandbox.baseUrl} (one snapshot of each video every ${SNAPSHOT_INTERVAL_MS / 1000} s; the real service: hourly)
  n8n log  ${logFile}
  Accounts, workflows and rows made here last until the next start of the demo.
`);

	const started = Date.now();
	await trackVideos(n8n, track);
	await printStep('Waiting for two snapshots of each video', '40 s', async () => {
		await scenario.twoSnapshotsEach(sandbox!);
	});
	await n8n.publish(collect);
	console.log(`\n"${collect.name}" is published. Its rows:\n`);
	if (options.once) {
		await showRowsUntil(n8n, started + ONCE_LIMIT_MS);
		return await end(0);
	}
	console.log('Press Ctrl-C to end.\n');
	await showRowsUntil(n8n, Infinity);
}

async function requireFree(port: number | undefined, flag: string) {
	if (port === undefined) return;
	await freePort(port).catch(({ message }: Error) => {
		throw new Error(`${message} Stop what uses it, or choose another with ${flag}.`);
	});
}

async function trackVideos(n8n: N8nApi, track: scenario.Scenario['track']) {
	const execution = await n8n.run(track, scenario.TRACK_TRIGGER);
	const items = nodeOutput(execution, scenario.TRACK_NODE);
	if (execution.status !== 'success') throw new Error(`"${track.name}": ${failureOf(execution)}`);
	console.log(`"${track.name}" ran. Its items:\n`);
	const columns = ['outcome', 'video_id', 'platform', 'estimated_cost', 'input_link'];
	new Table({ columns: columns.map((name) => ({ name, alignment: 'left' })), ...PLAIN })
		.addRows(items.map((item) => pick(item, columns)))
		.printTable();
	const missed = items.filter(({ outcome }) => outcome !== 'tracked');
	if (items.length !== ENOUGH.videos || missed.length > 0) {
		throw new Error(`${items.length - missed.length} of ${ENOUGH.videos} videos were tracked.`);
	}
}

/** Prints new rows and failed executions. With a finite deadline, it ends once all rows are there. */
async function showRowsUntil(n8n: N8nApi, deadlineMs: number) {
	const rows: IDataObject[] = [];
	const failures = new Map<string, string>();
	for (;;) {
		const fresh = await n8n.tableRows(scenario.TABLE, rows.length);
		fresh.forEach((row) => console.log(rowLine(row)));
		rows.push(...fresh);
		for (const { id, workflowName } of await n8n.executions('error')) {
			if (failures.has(id)) continue;
			const failure = `"${workflowName}" failed: ${failureOf(await n8n.execution(id))}`;
			failures.set(id, failure);
			console.log(failure);
		}
		if (deadlineMs !== Infinity) {
			const missing = whatIsMissing(rows);
			if (missing.length === 0) return printRead(await n8n.tableRows(scenario.TABLE));
			if (Date.now() > deadlineMs) {
				const reasons = [...failures.values()].slice(-3);
				throw new Error([`After 6 minutes: ${missing.join(', ')}.`, ...reasons].join('\n'));
			}
		}
		await sleep(1000);
	}
}

function whatIsMissing(rows: IDataObject[]): string[] {
	const count = (field: string) => new Set(rows.map((row) => row[field])).size;
	const found = { rows: rows.length, videos: count('video_id'), platforms: count('platform') };
	return (['rows', 'videos', 'platforms'] as const)
		.filter((what) => found[what] < ENOUGH[what])
		.map((what) => `${found[what]} of ${ENOUGH[what]} ${what}`);
}

const METRICS = ['views', 'likes', 'comments', 'shares', 'saves'];

function rowLine(row: IDataObject): string {
	const time = String(row.snapshot_time).slice(11, 19);
	const metrics = METRICS.map((name) => `${name} ${row[name] ?? '–'}`.padEnd(name.length + 9));
	return [time, String(row.platform).padEnd(9), ...metrics, row.title].join('  ');
}

function printRead(rows: IDataObject[]) {
	console.log(`\nRead back from n8n's Data Table "${scenario.TABLE}":\n`);
	const columns = ['snapshot_time', 'platform', 'video_id', 'creator', ...METRICS];
	new Table({ columns: columns.map((name) => ({ name })), ...PLAIN })
		.addRows(rows.map((row) => pick(row, columns)))
		.printTable();
	console.log(`${rows.length} rows.`);
}

function pick(row: IDataObject, columns: string[]) {
	return Object.fromEntries(columns.map((name) => [name, row[name] ?? '–']));
}

async function interrupted(code: number) {
	if (!ending) console.log('\nStopping …');
	await end(code);
}

/** Stops every process and listener that the demo started, then exits. */
async function end(code: number) {
	// A second Ctrl-C does not wait, because the remaining processes end with this one.
	if (ending) process.exit(code);
	ending = true;
	await Promise.all([stopAllGroups(), sandbox?.close()]);
	process.exit(code);
}

function portNumber(text: string): number {
	const port = Number(text);
	if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
	throw new InvalidArgumentError('It must be a whole number from 1 to 65535.');
}
