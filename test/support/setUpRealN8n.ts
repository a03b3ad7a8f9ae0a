import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installN8n, packPackage } from '../../demo/install';
import { printStep } from '../../demo/steps';
import { PACKED_PACKAGE } from './packedPackage';

/**
 * Installs n8n and packs the package before the first suite: suites that run at once would build it
 * into the same folder.
 */
export default async function setUpRealN8n(): Promise<void> {
	await installN8n(printStep);
	const dir = mkdtempSync(join(tmpdir(), 'contentstats-package-'));
	process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
	process.env[PACKED_PACKAGE] = await packPackage(dir, printStep);
}
