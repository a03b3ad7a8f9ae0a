import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installCommunityPackage, installN8n } from '../../demo/install';
import { signIn, startN8n, type N8nApi } from '../../demo/n8n';
import { freePort, stopAllGroups } from '../../demo/processes';
import { OWNER } from '../../demo/scenario';
import { printStep } from '../../demo/steps';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox';
import { packedPackage } from './packedPackage';

/** A real n8n with the packed package installed and the owner signed in. */
export interface RealN8n {
	/** Folder for all files of this n8n, removed after the tests. */
	dir: string;
	logFile: string;
	/** Without a trailing slash. */
	url: string;
	n8n: N8nApi;
}

const open: Sandbox[] = [];
const folders: string[] = [];

/** Starts n8n as a user would. It stops after the tests of the file. */
export async function startRealN8n(env: NodeJS.ProcessEnv = {}): Promise<RealN8n> {
	const dir = mkdtempSync(join(tmpdir(), 'contentstats-n8n-'));
	folders.push(dir);
	const install = await installN8n(printStep);
	const userFolder = join(dir, 'n8n');
	const logFile = join(dir, 'n8n.log');
	await installCommunityPackage(install, userFolder, packedPackage());
	const { url } = await startN8n(install, { userFolder, port: await freePort(), logFile, env });
	return { dir, logFile, url, n8n: await signIn(url, OWNER) };
}

/** Starts a sandbox that closes after the tests of the file. */
export async function openSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	const sandbox = await startSandbox({ plan: 'enterprise', balanceUsd: 100, ...options });
	open.push(sandbox);
	return sandbox;
}

afterAll(async () => {
	await Promise.all([stopAllGroups(), ...open.splice(0).map((sandbox) => sandbox.close())]);
	for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
});
