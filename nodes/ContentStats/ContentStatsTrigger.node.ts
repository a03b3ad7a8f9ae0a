import type {
	IDataObject,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IPollFunctions,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { ContentStatsError, invalidInput } from './api/errors';
import { sliceNames } from './api/listing';
import { connect, toNodeError } from './host';
import { METRICS, type Metric } from './model/snapshots';
import { includeGrowthField, platformField, simplifyField } from './operations/sharedFields';
import { hasFailed, isFirstAttempt, mustWait, succeeded, unlessRunning } from './polling/attempts';
import type { EventName } from './polling/events';
import { examples } from './polling/examples';
import { readMilestones } from './polling/milestones';
import { runPoll } from './polling/poll';
import type { PollSettings } from './polling/settings';
import { readState } from './polling/state';
import { readSelected, type Watch } from './polling/watch';

/** Made anew at each start of n8n, which is how a restart is told from just another poll. */
const PROCESS = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

/** The budget of a poll that has none of its own (n8n-core, PollContext), in milliseconds. */
const DEFAULT_BUDGET_MS = 5 * 60_000;
/** The rest is for n8n to hand over what was found. */
const USED_OF_BUDGET = 0.8;

interface Options {
	includeGrowth?: boolean;
	maxItemsPerPoll?: number;
	replayAfterRestart?: boolean;
}

function readWatch(context: IPollFunctions): Watch {
	if (context.getNodeParameter('watch') === 'selected')
		return readSelected(context.getNodeParameter('videos'));
	const { platform } = context.getNodeParameter('filters', {}) as { platform?: string };
	return { kind: 'all', ...(platform ? { platform } : {}) };
}

function readEvents(context: IPollFunctions): EventName[] {
	const events = context.getNodeParameter('events') as EventName[];
	if (events.length > 0) return events;
	throw invalidInput('No events were chosen', 'Choose at least one event to be triggered by');
}

function readMaxItems(value: unknown): number {
	const most = Number(value);
	if (Number.isInteger(most) && most > 0) return most;
	throw invalidInput(
		`Max Items Per Poll must be a whole number from 1 up, not “${String(value)}”`,
		'Enter how many items one poll may emit at most; the others follow with the next polls',
	);
}

function readMetric(value: unknown): Metric {
	const metric = METRICS.find((name) => name === value);
	if (metric) return metric;
	throw invalidInput(
		`“${String(value)}” is no metric of a video`,
		`Choose one of ${METRICS.join(', ')} as Milestone Metric`,
	);
}

function readLowBalance(value: unknown): number {
	const isAmount = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
	if (isAmount && Number.isFinite(Number(value))) return Number(value);
	throw invalidInput(
		`Low Balance must be an amount in USD, not “${String(value)}”`,
		'Enter the amount below which the workflow is started, such as 5',
	);
}

function readSettings(context: IPollFunctions): PollSettings {
	const options = context.getNodeParameter('options', {}) as Options;
	const events = readEvents(context);
	const wantsMilestones = events.includes('milestone.reached');
	return {
		events,
		startFrom: context.getNodeParameter('startFrom') as PollSettings['startFrom'],
		milestoneMetric: wantsMilestones
			? readMetric(context.getNodeParameter('milestoneMetric'))
			: 'views',
		milestones: wantsMilestones ? readMilestones(context.getNodeParameter('milestones')) : [],
		lowBalanceUsd: events.includes('balance.low')
			? readLowBalance(context.getNodeParameter('lowBalanceUsd'))
			: 0,
		simplify: context.getNodeParameter('simplify') as boolean,
		includeGrowth: options.includeGrowth ?? false,
		maxItemsPerPoll: readMaxItems(options.maxItemsPerPoll ?? 1000),
		replayAfterRestart: options.replayAfterRestart ?? false,
	};
}

/** How long a poll may take, in milliseconds; n8n before 2.38 does not tell. */
const budgetOf = (context: IPollFunctions): number =>
	(context.getPollBudgetMs as (() => number) | undefined)?.call(context) ?? DEFAULT_BUDGET_MS;

/** n8n (2.40) gives up an activation that takes 84 seconds; in milliseconds. */
const LONGEST_ACTIVATION_MS = 60_000;

/** What the user must mend: then n8n may refuse to activate the workflow, and say why. */
const MUST_BE_MENDED = new Set(['invalid_input', 'invalid_key', 'redirected', 'not_found']);

/**
 * Whether n8n makes this poll to activate the workflow, where a throw leaves it inactive. It uses one
 * context for that poll and all after it; its durable scheduler has a context for each poll, and
 * gives those a budget of their own.
 */
const isActivation = (context: IPollFunctions): boolean =>
	isFirstAttempt(context) && budgetOf(context) === DEFAULT_BUDGET_MS;

/** One scheduled poll: the items to emit, and the state assigned once, last. */
async function poll(context: IPollFunctions, activates: boolean): Promise<IDataObject[] | null> {
	const mostMs = activates ? LONGEST_ACTIVATION_MS : Infinity;
	const deadline = Date.now() + Math.min(USED_OF_BUDGET * budgetOf(context), mostMs);
	const { client, credential } = await connect(context, deadline);
	const { baseUrl } = credential;
	const watch = readWatch(context);
	const settings = readSettings(context);
	const staticData = context.getWorkflowStaticData('node');
	const host = {
		client,
		baseUrl,
		now: () => Date.now(),
		process: PROCESS,
		isActivation: activates,
	};
	const result = await runPoll(readState(staticData.state, baseUrl), watch, settings, host);

	if (result.fullSlices.length > 0)
		context.logger.warn(
			`ContentStats: the API shows only the newest 100 videos of a platform and status; some may not be watched of ${sliceNames(result.fullSlices)}`,
		);
	for (const { message } of result.problems)
		context.logger.warn(`ContentStats: left for a later poll: ${message}`);
	if (result.report) context.__emitError(toNodeError(context.getNode(), result.report));
	if (result.state) staticData.state = result.state as unknown as IDataObject;
	return result.items.length > 0 ? result.items : null;
}

/**
 * A scheduled poll whose failure is shown as often as it helps: not where it would keep n8n from
 * activating the workflow, and less often the longer it lasts.
 */
async function pollPatiently(context: IPollFunctions): Promise<IDataObject[] | null> {
	if (mustWait(context, Date.now())) return null;
	const activates = isActivation(context);
	const outcome = await poll(context, activates).catch((error: Error) => error);
	if (!(outcome instanceof Error)) {
		succeeded(context);
		return outcome;
	}
	const kind = outcome instanceof ContentStatsError ? outcome.kind : 'invalid_input';
	if (kind !== 'out_of_time') hasFailed(context, Date.now());
	if (kind !== 'out_of_time' && (!activates || MUST_BE_MENDED.has(kind))) throw outcome;
	context.logger.warn(`ContentStats: this poll brought nothing: ${outcome.message}`);
	return null;
}

export class ContentStatsTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'ContentStats Trigger',
		name: 'contentStatsTrigger',
		icon: { light: 'file:contentstats.svg', dark: 'file:contentstats.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["events"].join(", ") }}',
		description:
			'Starts the workflow with each new hourly snapshot of your TikTok, YouTube, Instagram and X/Twitter videos from ContentStats.io',
		defaults: { name: 'ContentStats Trigger' },
		polling: true,
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'contentStatsApi', required: true }],
		properties: [
			{
				displayName:
					'Snapshots are taken hourly, so polling every 5 to 15 minutes is enough. Polling is free; only snapshots are paid.',
				name: 'pollingNotice',
				type: 'notice',
				default: '',
			},
			{
				displayName: 'Events',
				name: 'events',
				type: 'multiOptions',
				required: true,
				default: ['snapshot.created'],
				description: 'What starts the workflow. Each event is one item.',
				options: [
					{
						name: 'Balance Low',
						value: 'balance.low',
						description: 'What can be spent has fallen below an amount, once per fall',
					},
					{
						name: 'Milestone Reached',
						value: 'milestone.reached',
						description: 'A metric of a video has passed a mark, such as 100k views, once',
					},
					{
						name: 'Snapshot Created',
						value: 'snapshot.created',
						description: 'A new hourly snapshot of a video: a row with its metrics',
					},
					{
						name: 'Tracking Ended',
						value: 'tracking.ended',
						description: 'A tracking was completed, cancelled, or stopped by an error',
					},
					{
						name: 'Tracking Paused',
						value: 'tracking.paused',
						description: 'A tracking has paused, since the balance is used up',
					},
					{
						name: 'Tracking Started',
						value: 'tracking.started',
						description: 'The first snapshot of a video, once',
					},
					{
						name: 'Video Deleted',
						value: 'video.deleted',
						description: 'A video is gone from its platform, or from ContentStats',
					},
				],
			},
			{
				displayName: 'Milestone Metric',
				name: 'milestoneMetric',
				type: 'options',
				default: 'views',
				description:
					'The metric whose marks count. Instagram has no views, YouTube and X have no saves.',
				displayOptions: { show: { events: ['milestone.reached'] } },
				options: [...METRICS].sort().map((value) => ({
					name: `${value[0]!.toUpperCase()}${value.slice(1)}`,
					value,
				})),
			},
			{
				displayName: 'Milestones',
				name: 'milestones',
				type: 'string',
				default: '10k, 100k, 1M',
				required: true,
				placeholder: '10k, 100k, 1M',
				description:
					'The marks, separated by commas: 10k, 100k, 1.5M. Each fires once per video, when a snapshot is the first at or above it. What was passed before the first snapshot does not fire.',
				displayOptions: { show: { events: ['milestone.reached'] } },
			},
			{
				displayName: 'Low Balance (USD)',
				name: 'lowBalanceUsd',
				type: 'number',
				typeOptions: { minValue: 0, numberPrecision: 2 },
				default: 5,
				description:
					'The amount below which the workflow is started: the balance less what was used but not charged yet',
				displayOptions: { show: { events: ['balance.low'] } },
			},
			{
				displayName: 'Watch',
				name: 'watch',
				type: 'options',
				default: 'all',
				description: 'Which videos to watch',
				options: [
					{
						name: 'All Videos',
						value: 'all',
						description: 'Every video that is being tracked, also those you add later',
					},
					{
						name: 'Selected Videos',
						value: 'selected',
						description: 'Only the videos you name',
					},
				],
			},
			{
				displayName: 'Videos',
				name: 'videos',
				type: 'string',
				typeOptions: { rows: 4 },
				default: '',
				required: true,
				placeholder: 'https://www.tiktok.com/@user/video/7234567890123456789\ncm5abc123def',
				description:
					'Links or IDs of tracked videos: one a line, or separated by commas or spaces. A link means its newest tracking.',
				displayOptions: { show: { watch: ['selected'] } },
			},
			{
				displayName: 'Filters',
				name: 'filters',
				type: 'collection',
				placeholder: 'Add filter',
				default: {},
				displayOptions: { show: { watch: ['all'] } },
				options: [platformField],
			},
			{
				displayName: 'Start From',
				name: 'startFrom',
				type: 'options',
				default: 'new',
				description: 'What to emit of the snapshots that exist when the workflow is published',
				options: [
					{
						name: 'Beginning',
						value: 'beginning',
						description:
							'All of them, of the videos that still run: oldest first, a bounded number at each poll',
					},
					{
						name: 'Latest Snapshot',
						value: 'latest',
						description: 'The newest of each video, then every new one',
					},
					{
						name: 'New Snapshots Only',
						value: 'new',
						description: 'None of them, only those that come after',
					},
				],
			},
			simplifyField,
			{
				displayName: 'Options',
				name: 'options',
				type: 'collection',
				placeholder: 'Add option',
				default: {},
				options: [
					includeGrowthField,
					{
						displayName: 'Max Items Per Poll',
						name: 'maxItemsPerPoll',
						type: 'number',
						typeOptions: { minValue: 1, numberPrecision: 0 },
						default: 1000,
						description:
							'The most items one poll emits. Nothing is lost: the others follow, oldest first, with the next polls.',
					},
					{
						displayName: 'Replay After Restart',
						name: 'replayAfterRestart',
						type: 'boolean',
						default: false,
						description:
							'Whether to emit again, after n8n was restarted, what was emitted in the ten minutes before the last emission: n8n may have lost it in a crash. Repeated items have the same event_key, so upsert on it.',
					},
				],
			},
		],
	};

	async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
		try {
			if (this.getMode() === 'manual') {
				const { client } = await connect(this);
				return [toItems(await examples(client, readWatch(this), readSettings(this), Date.now()))];
			}
			const { id, parameters } = this.getNode();
			const key = JSON.stringify([this.getWorkflow().id, id, parameters]);
			const items = await unlessRunning(key, async () => await pollPatiently(this));
			return items && [toItems(items)];
		} catch (error) {
			throw toNodeError(this.getNode(), error);
		}
	}
}

const toItems = (items: IDataObject[]): INodeExecutionData[] => items.map((json) => ({ json }));
