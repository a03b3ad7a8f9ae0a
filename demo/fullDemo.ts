import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSandbox, type Sandbox } from '../sandbox';
import { describeError, ErrorWithAdvice } from './errors';
import { requireAllTracked, summaryOfRows, summaryOfTracked, whatIsMissing } from './expected';
import { installCommunityPackage, installN8n, packPackage, type N8nInstall } from './install';
import { executionError, nodeOutput, signIn, startN8n, type N8n, type N8nApi } from './n8n';
import { exitReason, requireFreePort } from './processes';
import * as scenario from './scenario';
import { printStep } from './steps';
import { outcomeTable, snapshotTable } from './tables';
import { plainText } from './text';

const DATA_DIR = join(__dirname, '.data');
const LOG_FILE = join(DATA_DIR, 'n8n.log');
const SNAPSHOT_INTERVAL_MS = 20_000;
const FIRST_ROWS_LIMIT_MINUTES = 6;
const REPORT_INTERVAL_MS = 60_000;

export interface FullDemoOptions {
	/** Ends after the first rows. */
	once?: true;
	/** Port of n8n on 127.0.0.1. */
	port: number;
	/** Port of the sandbox on 127.0.0.1; default: any. */
	sandboxPort?: number;
}

/**
 * Runs a real n8n with the packed package, until the first rows are in its Data Table or until this
 * process ends.
 *
 * @throws Error if a port is taken, an installation fails, n8n ends, or rows are missing after 6 minutes
 */
export async function runFullDemo({ once, port, sandboxPort }: FullDemoOptions): Promise<void> {
	await requireFreePort(port, '--port');
	if (sandboxPort !== undefined) await requireFreePort(sandboxPort, '--sandbox-port');
	if (sandboxPort === port) {
		throw new ErrorWithAdvice(
			`n8n and the sandbox cannot both use port ${port}.`,
			'Choose another port with --sandbox-port.',
		);
	}
	const sandbox = await startSandbox({
		...scenario.ACCOUNT,
		snapshotIntervalMs: SNAPSHOT_INTERVAL_MS,
		port: sandboxPort,
	});

	const install = await installN8n(printStep);
	// Each start shows a new user's first minutes, so nothing is kept from the last one.
	rmSync(DATA_DIR, { recursive: true, force: true });
	mkdirSync(DATA_DIR);
	const tarball = await packPackage(join(DATA_DIR, 'package'), printStep);

	// Another program may have opened it during the installation.
	await requireFreePort(port, '--port');
	const userFolder = join(DATA_DIR, 'n8n');
	const { url, exited } = await printStep(
		'Starting n8n with the packed package',
		'20 s',
		async () => {
			await installCommunityPackage(install, userFolder, tarball);
			return await start(install, userFolder, port);
		},
	);
	const ended = exited.then((code) => {
		throw withLog(new Error(`n8n ${exitReason(code)}.`));
	});
	const shown = showWorkflows(url, sandbox, once).catch(async (error: Error) => {
		// A connection breaks shortly before the process that broke it is seen to end.
		await Promise.race([ended, sleep(1000)]);
		throw withLog(error);
	});
	await Promise.race([ended, shown]);
}

async function start(install: N8nInstall, userFolder: string, port: number): Promise<N8n> {
	return await startN8n(install, { userFolder, port, logFile: LOG_FILE }).catch(
		({ message }: Error) => {
			throw new ErrorWithAdvice(
				message,
				'If the log names no reason, free some memory. Then start the demo again.',
			);
		},
	);
}

async function showWorkflows(url: string, sandbox: Sandbox, once?: true): Promise<void> {
	const n8n = await signIn(url, scenario.OWNER);
	const { track, collect } = await printStep('Importing the templates', '5 s', async () => {
		return await scenario.setUp(n8n, sandbox);
	});
	await trackVideos(n8n, track);
	await printStep('Waiting for two snapshots of each video', '40 s', async () => {
		await scenario.twoSnapshotsEach(sandbox);
	});
	const newFailures = failureReader(n8n);
	await printStep(`Publishing "${collect.name}" and waiting for its rows`, '10 s', async () => {
		await n8n.publish(collect);
		await firstRows(n8n, newFailures);
	});
	const rows = await n8n.tableRows(scenario.TABLE);
	console.log(`\nn8n's Data Table "${scenario.TABLE}":\n\n${snapshotTable(rows)}`);
	console.log(summaryOfRows(rows));
	if (once) return;

	console.log(`
  n8n         ${url}
  Login       ${scenario.OWNER.email} / ${scenario.OWNER.password}
  Credential  ContentStats (sandbox)
              By hand: Base URL ${sandbox.baseUrl}, API Key ${sandbox.liveKey}
  Data Table  ${await n8n.tableUrl(scenario.TABLE)}
  Workflows   ${track.name}: ${n8n.workflowUrl(track)} (Dry Run is on again, as its note says)
              ${collect.name}: ${n8n.workflowUrl(collect)}
  Sandbox     ${sandbox.baseUrl}
              It takes a snapshot of each video every ${SNAPSHOT_INTERVAL_MS / 1000} s instead of every hour, so 7 days pass in 56 minutes.
  n8n log     ${LOG_FILE}

Accounts, workflows and rows made here last until the next start of the demo.
Press Ctrl-C to end.
`);
	await reportEveryMinute(n8n, sandbox, newFailures);
}

async function trackVideos(n8n: N8nApi, track: scenario.Scenario['track']): Promise<void> {
	const execution = await n8n.run(track, scenario.TRACK_TRIGGER);
	if (execution.status !== 'success') throw executionError(track.name, execution);
	const items = nodeOutput(execution, scenario.TRACK_NODE);
	console.log(`\n"${track.name}":\n\n${outcomeTable(items)}`);
	requireAllTracked(items);
	await scenario.turnOnDryRun(n8n, track);
	console.log(`${summaryOfTracked(items)}\n`);
}

type FailureReader = () => Promise<Error[]>;

/** Returns a function that returns the executions which have failed since its last call. */
function failureReader(n8n: N8nApi): FailureReader {
	const known = new Set<string>();
	return async () => {
		const failed = (await n8n.executions('error')).filter(({ id }) => !known.has(id));
		failed.forEach(({ id }) => known.add(id));
		return await Promise.all(
			failed.map(async ({ id, workflowName }) =>
				executionError(workflowName, await n8n.execution(id)),
			),
		);
	};
}

/** @throws Error with the last failed execution if rows are missing after 6 minutes */
async function firstRows(n8n: N8nApi, newFailures: FailureReader): Promise<void> {
	const deadline = Date.now() + FIRST_ROWS_LIMIT_MINUTES * 60_000;
	for (;;) {
		const missing = whatIsMissing(await n8n.tableRows(scenario.TABLE));
		if (missing.length === 0) return;
		if (Date.now() > deadline) {
			const message = `After ${FIRST_ROWS_LIMIT_MINUTES} minutes: ${missing.join(', ')}.`;
			const [failure] = await newFailures();
			if (!failure) throw new Error(message);
			failure.message = `${message}\n${failure.message}`;
			throw failure;
		}
		await sleep(1000);
	}
}

/** Prints a line a minute, and the first failed execution of a series below its line. Never ends. */
async function reportEveryMinute(
	n8n: N8nApi,
	sandbox: Sandbox,
	newFailures: FailureReader,
): Promise<never> {
	let isFailing = false;
	for (;;) {
		await sleep(REPORT_INTERVAL_MS);
		const time = new Date().toTimeString().slice(0, 5);
		// The user may change anything in this n8n, such as delete the table.
		const state = await stateOf(n8n, sandbox).catch((error: Error) => error.message);
		const failures = await newFailures().catch(() => []);
		const failed = failures.length > 0 ? ` (failed executions: ${failures.length})` : '';
		console.log(`${time}  ${plainText(state)}${failed}`);
		if (failures[0] && !isFailing) console.log(`\n${describeError(failures[0])}\n`);
		isFailing = failures.length > 0;
	}
}

async function stateOf(n8n: N8nApi, sandbox: Sandbox): Promise<string> {
	const rows = await n8n.countRows(scenario.TABLE);
	const videos = [...sandbox.videos.values()].filter(({ status }) => status === 'monitoring');
	const charged = sandbox.ledger.reduce((sum, entry) => sum + entry.amount_usd, 0);
	return `${rows} rows, ${videos.length} videos being tracked, $${charged.toFixed(2)} charged in the sandbox`;
}

/** Adds the log of n8n as advice, unless the error has advice of its own. */
function withLog(error: Error): Error {
	if (error instanceof ErrorWithAdvice) return error;
	return new ErrorWithAdvice(error.message, `The log of n8n may tell more: ${LOG_FILE}`, {
		cause: error,
	});
}
