import useOwnN8nFolder from '../harness/useN8nFolder';

/** Sets what n8n-core reads on first use: a folder of this run, and n8n's default log level. */
export async function useBenchSettings(): Promise<void> {
	await useOwnN8nFolder();
	process.env.N8N_LOG_LEVEL = 'info';
}
