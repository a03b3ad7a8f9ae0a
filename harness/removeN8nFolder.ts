import { rmSync } from 'node:fs';

/** Removes the folder that useN8nFolder.ts has created. */
export default async function teardown(): Promise<void> {
	rmSync(process.env.N8N_USER_FOLDER!, { recursive: true, force: true });
}
