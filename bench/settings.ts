import useOwnN8nFolder from '../harness/useN8nFolder';

/** What n8n-core reads on first use: a folder of this run, and the log level that n8n has unless told otherwise. */
export async function useBenchSettings(): Promise<void> {
	await useOwnN8nFolder();
	process.env.N8N_LOG_LEVEL = 'info';
}
