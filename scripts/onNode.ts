import { spawn } from 'node:child_process';
import { constants } from 'node:os';

import { describeError } from '../demo/errors';
import { installNode, isNodeMajor, withNode } from '../demo/nodeJs';
import { printStep } from '../demo/steps';

/** Runs a command of this project, such as jest, on the Node.js of a major version. */
async function main([version, command, ...args]: string[]): Promise<void> {
	const major = Number(version);
	if (!isNodeMajor(major) || !command) throw new Error('Usage: onNode.ts <20 or 24> <command> …');
	const nodePath = await installNode(major, printStep);
	const child = spawn(command, args, { env: withNode(nodePath), stdio: 'inherit' });
	// A Ctrl-C in the terminal reaches the command too, which decides when to end.
	process.on('SIGINT', () => {});
	process.on('SIGTERM', () => child.kill('SIGTERM'));
	child.once('error', fail);
	child.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal!]));
}

function fail(error: Error): void {
	console.error(describeError(error));
	process.exit(1);
}

main(process.argv.slice(2)).catch(fail);
