import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ErrorWithAdvice } from './errors';
import { INSTALL_DIR, installNode, installOnce, withNode } from './nodeJs';
import { installWithNpm } from './npm';
import { run } from './processes';
import type { Step } from './steps';

const PACKAGE_ROOT = join(__dirname, '..');

/** An installed n8n and the Node.js that runs it. */
export interface N8nInstall {
	/** The Node.js binary: this process's own if it is of n8n's major version. */
	nodePath: string;
	/** n8n's command-line script. */
	n8nPath: string;
	/** This process's environment, with that Node.js first in PATH. */
	env: NodeJS.ProcessEnv;
}

/**
 * Installs the n8n that demo/package-lock.json pins, and Node.js 24 unless this process runs on it.
 * Both stay in demo/.install. A later call with the same lock returns at once.
 *
 * @throws ErrorWithAdvice if an installation fails
 */
export async function installN8n(step: Step): Promise<N8nInstall> {
	if (process.platform === 'win32') throw new Error('On Windows, run this inside WSL.');
	const nodePath = await installNode(24, step);
	// Every start of n8n but the first takes a tenth less with it.
	const env = { ...withNode(nodePath), NODE_COMPILE_CACHE: join(INSTALL_DIR, 'compile-cache') };

	const dir = join(INSTALL_DIR, 'n8n');
	const lock = readFileSync(join(__dirname, 'package-lock.json'));
	await installOnce(dir, createHash('sha256').update(lock).digest('hex'), async () => {
		for (const file of ['package.json', 'package-lock.json']) {
			cpSync(join(__dirname, file), join(dir, file));
		}
		const options = { cwd: dir, env, logFile: join(INSTALL_DIR, 'n8n.log') };
		await step('Installing n8n, once', '3 to 6 min', async () => {
			await installWithNpm('n8n', ['ci', '--ignore-scripts'], options);
		});
		// The only native module without a binary in its package. It downloads one, or compiles it.
		await step(
			'Building its SQLite module, once',
			'seconds, or 1 to 2 min to compile',
			async () => {
				const allowScripts = ['--ignore-scripts=false', '--dangerously-allow-all-scripts'];
				await run('npm', ['rebuild', 'sqlite3', ...allowScripts], {
					...options,
					env: { ...env, ...headersOf(nodePath) },
				}).catch((cause: Error) => {
					throw new ErrorWithAdvice(
						'The SQLite module of n8n was neither downloaded nor compiled.',
						`Install make, a C++ compiler and Python 3, which compile it.\nnpm's log is ${options.logFile}`,
						{ cause },
					);
				});
			},
		);
	});
	return { nodePath, n8nPath: join(dir, 'node_modules', 'n8n', 'bin', 'n8n'), env };
}

/**
 * Builds this package and packs it as npm would publish it.
 *
 * @param dir receives the tarball and the log; created if missing
 * @returns the path of the tarball
 * @throws ErrorWithAdvice with the end of the log if a command fails
 */
export async function packPackage(dir: string, step: Step): Promise<string> {
	const options = { cwd: PACKAGE_ROOT, env: process.env, logFile: join(dir, 'build.log') };
	mkdirSync(dir, { recursive: true });
	await step('Building and packing n8n-nodes-contentstats', '10 s', async () => {
		await run('npm', ['run', 'build'], options);
		await run('npm', ['pack', '--pack-destination', dir], options);
	}).catch(({ message }: Error) => {
		throw new ErrorWithAdvice(message, 'Correct this until "npm run build" succeeds.');
	});
	const tarball = readdirSync(dir).find((file) => file.endsWith('.tgz'));
	if (!tarball) throw new Error(`npm pack left no tarball in ${dir}.`);
	return join(dir, tarball);
}

/**
 * Installs a packed community package into an n8n user folder, where n8n loads it at its next start.
 *
 * @param userFolder the folder that n8n receives as N8N_USER_FOLDER
 * @throws ErrorWithAdvice if the installation fails
 */
export async function installCommunityPackage(
	{ env }: N8nInstall,
	userFolder: string,
	tarball: string,
): Promise<void> {
	const dir = join(userFolder, '.n8n', 'nodes');
	mkdirSync(dir, { recursive: true });
	writeFileSync(join(dir, 'package.json'), '{"name":"installed-nodes","private":true}\n');
	const args = ['install', tarball, '--legacy-peer-deps', '--ignore-scripts'];
	const logFile = join(userFolder, 'community-package.log');
	await installWithNpm('the packed package', args, { cwd: dir, env, logFile });
}

/** Points node-gyp to the headers beside the binary, if there are any, so that it downloads none. */
function headersOf(nodePath: string): NodeJS.ProcessEnv {
	const root = dirname(dirname(nodePath));
	return existsSync(join(root, 'include', 'node', 'node.h')) ? { npm_config_nodedir: root } : {};
}
