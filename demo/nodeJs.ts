import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { ErrorWithAdvice } from './errors';
import { installWithNpm } from './npm';
import type { Step } from './steps';

export const INSTALL_DIR = join(__dirname, '.install');

/** The Node.js versions that n8n runs on: 24 is in the image of n8n 2, 20 is the oldest for n8n 1.123. */
const VERSIONS = { 20: '20.20.2', 24: '24.21.0' } as const;

export type NodeMajor = keyof typeof VERSIONS;

export const isNodeMajor = (major: number): major is NodeMajor => major in VERSIONS;

/**
 * Returns the path of a Node.js of a major version: this process's own if it is of that version, else
 * one that npm installs into demo/.install, once.
 *
 * @throws ErrorWithAdvice if the installation fails
 */
export async function installNode(major: NodeMajor, step: Step): Promise<string> {
	if (Number.parseInt(process.versions.node) === major) return process.execPath;
	const version = VERSIONS[major];
	// The platform's package contains the binary. The package "node" would need an install script.
	const prefix = `${process.platform}-${process.arch}` === 'darwin-arm64' ? 'node-bin' : 'node';
	const name = `${prefix}-${process.platform}-${process.arch}`;
	const dir = join(INSTALL_DIR, `node${major}`);
	await installOnce(dir, `${name}@${version}`, async () => {
		writeFileSync(join(dir, 'package.json'), '{"private":true}\n');
		const args = ['install', `${name}@${version}`, '--ignore-scripts'];
		const options = {
			cwd: dir,
			env: process.env,
			logFile: join(INSTALL_DIR, `node${major}.log`),
		};
		await step(`Installing Node.js ${version}, once`, '10 s', async () => {
			await installWithNpm(`Node.js ${version}`, args, options);
		});
	}).catch((error: Error) => {
		if (!(error instanceof ErrorWithAdvice)) throw error;
		const advice = `${error.advice}\nOr start this with Node.js ${major}. Then npm installs none.`;
		throw new ErrorWithAdvice(error.message, advice, { cause: error });
	});
	return join(dir, 'node_modules', name, 'bin', 'node');
}

/** Returns this process's environment, with a Node.js first in PATH: scripts of packages run on it. */
export const withNode = (nodePath: string): NodeJS.ProcessEnv => ({
	...process.env,
	PATH: dirname(nodePath) + delimiter + process.env.PATH,
});

/**
 * Empties a folder and installs into it, unless its last installation had the same stamp.
 */
export async function installOnce(
	dir: string,
	stamp: string,
	install: () => Promise<void>,
): Promise<void> {
	const stampFile = join(dir, '.installed');
	if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
	rmSync(dir, { recursive: true, force: true });
	mkdirSync(dir, { recursive: true });
	await install();
	// Written last, so that an interrupted installation starts again from the beginning.
	writeFileSync(stampFile, stamp);
}
