import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { installOnce } from '../../demo/nodeJs';
import { run } from '../../demo/processes';
import { hostVersions } from '../../harness/hostVersions';
import useN8nFolder from '../../harness/useN8nFolder';

const LOCK = join(__dirname, 'package-lock.json');

/** Installs the n8n that package-lock.json pins, unless it is already installed. */
export default async function setup(): Promise<void> {
	const stamp = createHash('sha256').update(readFileSync(LOCK)).digest('hex');
	await installOnce(join(__dirname, 'node_modules'), stamp, async () => {
		await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
			cwd: __dirname,
			env: process.env,
			logFile: join(tmpdir(), 'contentstats-compat.log'),
		});
	});
	process.stdout.write(`${hostVersions(__dirname)}\n`);
	await useN8nFolder();
}
