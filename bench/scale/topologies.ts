import { DURABLE_POLL_BUDGET_MS, HOUR_MS, POLL_BUDGET_MS, type Scenario } from './model';

/** The API's latency: an assumption, which `--latency` changes. */
export const LATENCY_MS = 100;

/** Snapshots of a video at the end of a tracking of 7 days, the default. */
const SNAPSHOTS = 168;
const DEFAULT_MAX_ITEMS = 1000;
const VIDEOS_PER_WORKFLOW = 10_000;

/** A way to run n8n, whatever the number of videos. */
export interface Topology {
	name: string;
	/** How many videos a user might reasonably give it. */
	changes: Partial<Scenario>;
}

export const VIDEOS = [10_000, 100_000, 1_000_000];

const BASE: Omit<Scenario, 'videos'> = {
	videosPerWorkflow: VIDEOS_PER_WORKFLOW,
	instances: 1,
	workers: 0,
	pollMinutes: 5,
	maxItemsPerPoll: DEFAULT_MAX_ITEMS,
	latencyMs: LATENCY_MS,
	requestsPerMinute: Infinity,
	pollBudgetMs: POLL_BUDGET_MS,
	snapshots: SNAPSHOTS,
	durationMs: 3 * HOUR_MS,
	warmUpMs: HOUR_MS,
};

const HOURLY: Partial<Scenario> = { pollMinutes: 60, spreadsPolls: true };

export const TOPOLOGIES: Topology[] = [
	{ name: 'One n8n, every 5 min', changes: {} },
	{
		name: 'One n8n, every hour',
		// One poll may find two snapshots of a video.
		changes: { ...HOURLY, videosPerWorkflow: 1000, maxItemsPerPoll: 2000 },
	},
	{ name: 'Queue mode, 4 workers, every 5 min', changes: { workers: 4 } },
	{ name: '4 n8n, every 5 min', changes: { instances: 4 } },
	{ name: '16 n8n, every 5 min', changes: { instances: 16 } },
];

/** Topologies that are in the table and not in the plot. */
export const VARIANTS: Topology[] = [
	{
		name: 'One n8n, durable scheduler, every 5 min',
		changes: { pollBudgetMs: DURABLE_POLL_BUDGET_MS },
	},
	{
		name: 'One n8n, 20,000 a workflow, every 5 min',
		changes: { videosPerWorkflow: 20_000 },
	},
	{
		name: 'The same, Max Items 10,000',
		changes: { videosPerWorkflow: 20_000, maxItemsPerPoll: 10_000 },
	},
	{ name: 'One n8n, 10,000 a workflow, every hour', changes: HOURLY },
	{ name: 'The same, Max Items 20,000', changes: { ...HOURLY, maxItemsPerPoll: 20_000 } },
];

/** Returns the scenario of a topology with a number of videos. */
export const scenarioOf = ({ changes }: Topology, videos: number, latencyMs: number): Scenario => ({
	...BASE,
	latencyMs,
	...changes,
	videos,
});
