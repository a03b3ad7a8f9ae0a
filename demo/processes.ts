import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ErrorWithAdvice } from './errors';

export interface SpawnOptions {
	cwd: string;
	env: NodeJS.ProcessEnv;
	/** Receives stdout and stderr, after its present content. */
	logFile: string;
}

/** A command and all its children, which share one process group and never outlive this process. */
export interface ProcessGroup {
	/** The command's exit code; 128 + n if signal n ended it. */
	exited: Promise<number>;
	/** Sends a signal to every process of the group. Returns false once all are gone. */
	signal(signal: NodeJS.Signals): boolean;
	/** Sends SIGTERM, then SIGKILL to the processes left after `graceMs` (5,000 ms by default). */
	stop(graceMs?: number): Promise<void>;
}

const LEASH = join(__dirname, 'leash.js');
const groups = new Set<ProcessGroup>();

/**
 * Starts a command in its own process group, so that a Ctrl-C in the terminal does not reach it
 * directly, and so that its children can be stopped with it.
 */
export function spawnGroup(
	command: string,
	args: string[],
	{ cwd, env, logFile }: SpawnOptions,
): ProcessGroup {
	mkdirSync(dirname(logFile), { recursive: true });
	const log = openSync(logFile, 'a');
	const leash = spawn(process.execPath, [LEASH, command, ...args], {
		cwd,
		env,
		detached: true,
		stdio: ['pipe', log, log],
	});
	closeSync(log);
	const exited = new Promise<number>((resolve, reject) => {
		leash.once('error', reject);
		leash.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
	});
	const signal = (name: NodeJS.Signals | 0) => {
		try {
			return process.kill(-leash.pid!, name);
		} catch {
			return false;
		}
	};
	const group: ProcessGroup = {
		exited,
		signal,
		stop: async (graceMs = 5_000) => {
			signal('SIGTERM');
			for (let waited = 0; waited < graceMs && signal(0); waited += 100) await sleep(100);
			signal('SIGKILL');
			await exited;
			groups.delete(group);
		},
	};
	groups.add(group);
	const forget = () => !signal(0) && groups.delete(group);
	exited.then(forget, forget);
	return group;
}

/** Stops every group that `spawnGroup` started and that is still running. */
export async function stopAllGroups(): Promise<void> {
	await Promise.all([...groups].map(async (group) => await group.stop()));
}

/**
 * Runs a command to its end.
 *
 * @throws Error with the end of its log if it does not exit with 0
 */
export async function run(command: string, args: string[], options: SpawnOptions): Promise<void> {
	const code = await spawnGroup(command, args, options).exited;
	if (code === 0) return;
	throw new Error(
		`"${[command, ...args].join(' ')}" ${exitReason(code)}.\n${logTail(options.logFile)}`,
	);
}

/** Says how a command ended, by its exit code: `ended with code 1` or `was ended by SIGKILL`. */
export function exitReason(code: number): string {
	const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128);
	return signal ? `was ended by ${signal[0]}` : `ended with code ${code}`;
}

/** Returns the last lines of a log but those of stack traces, below its path. */
export function logTail(logFile: string, lines = 10): string {
	const tail = readFileSync(logFile, 'utf8')
		.trimEnd()
		.split('\n')
		.filter((line) => !/^(npm error)?\s+at /.test(line))
		.slice(-lines);
	return `The end of ${logFile}:\n${tail.map((line) => `  ${line}`).join('\n')}`;
}

/** Below the ports for outgoing connections, which could take a port before it is used. */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;

/** Returns a random TCP port that is free on 127.0.0.1. */
export async function freePort(): Promise<number> {
	for (;;) {
		const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
		if (!(await portProblem(port))) return port;
	}
}

/**
 * Makes sure that a TCP port is free on 127.0.0.1.
 *
 * @param option the command-line option that sets it
 * @throws ErrorWithAdvice if the port is in use or not permitted
 */
export async function requireFreePort(port: number, option: string): Promise<void> {
	const problem = await portProblem(port);
	if (!problem) return;
	if (problem === 'EADDRINUSE') {
		throw new ErrorWithAdvice(
			`Port ${port} on 127.0.0.1 is in use.`,
			`Stop the program that uses it, or choose another port with ${option}.`,
		);
	}
	throw new ErrorWithAdvice(
		`Port ${port} on 127.0.0.1 cannot be opened (${problem}).`,
		`Choose another port with ${option}.`,
	);
}

/** Opens a port and closes it again. Returns the code of the error if that fails. */
async function portProblem(port: number): Promise<string | undefined> {
	const server = createServer();
	return await new Promise((resolve) => {
		server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
		server.listen(port, '127.0.0.1', () => {
			server.close(() => resolve(undefined));
		});
	});
}
