import { join } from 'node:path';

import { hostVersions } from '../../harness/hostVersions';
import useN8nFolder from '../../harness/useN8nFolder';

/** Prepares a run of the tests that load n8n-core, and prints what they run on. */
export default async function setup(): Promise<void> {
	process.stdout.write(`${hostVersions(join(__dirname, '../..'))}\n`);
	await useN8nFolder();
}
