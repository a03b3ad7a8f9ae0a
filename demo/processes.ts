import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

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
		`"${[command, ...args].join(' ')}" ended with ${code}.\n${logTail(options.logFile)}`,
	);
}

/** Returns the last lines of a log, below its path. */
export function logTail(logFile: string, lines = 20): string {
	const tail = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines);
	return `The end of ${logFile}:\n${tail.map((line) => `  ${line}`).join('\n')}`;
}

/** Below the ports for outgoing connections, which could take a port before it is used. */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;

/**
 * Returns a TCP port that is free on 127.0.0.1: `wanted`, or a random one if that is 0.
 *
 * @throws Error if `wanted` is in use or not permitted
 */
export async function freePort(wanted = 0): Promise<number> {
	if (wanted !== 0) return await checkPort(wanted);
	for (;;) {
		const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
		const isFree = await checkPort(port).catch(() => false);
		if (isFree) return port;
	}
}

async function checkPort(port: number): Promise<number> {
	const server = createServer();
	return await new Promise((resolve, reject) => {
		server.once('error', (error: NodeJS.ErrnoException) => {
			const why =
				error.code === 'EADDRINUSE' ? 'is already in use' : `is not usable (${error.code})`;
			reject(new Error(`Port ${port} ${why}.`));
		});
		server.listen(port, '127.0.0.1', () => {
			server.close(() => resolve(port));
		});
	});
}
