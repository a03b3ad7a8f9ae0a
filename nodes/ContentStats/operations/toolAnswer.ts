import type { INodeExecutionData } from 'n8n-workflow';

/** Columns that repeat the id of the video. */
const REPEATED_IDS = new Set(['job_id', 'snapshot_key']);

/** Shortens an item for an AI agent, which reads and pays for each word: without nulls and repeated ids. */
export const toToolAnswer = ({ json, ...item }: INodeExecutionData): INodeExecutionData => ({
	...item,
	json: Object.fromEntries(
		Object.entries(json).filter(([name, value]) => value !== null && !REPEATED_IDS.has(name)),
	),
});
