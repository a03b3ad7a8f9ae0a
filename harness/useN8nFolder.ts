import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Creates a folder of this run, into which n8n-core writes its instance settings on first use. */
export default async function setup(): Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), 'contentstats-test-'));
	process.env.N8N_USER_FOLDER = folder;
	process.env.N8N_LOG_LEVEL = 'debug';
	process.env.N8N_LOG_OUTPUT = 'file';
	process.env.N8N_LOG_FILE_LOCATION = join(folder, 'n8n.log');
}
