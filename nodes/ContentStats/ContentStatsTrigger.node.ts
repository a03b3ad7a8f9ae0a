import type {
	IDataObject,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IPollFunctions,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { invalidInput } from './api/errors';
import { connect, toNodeError } from './host';
import { includeGrowthField, platformField, simplifyField } from './operations/sharedFields';
import { collect, readSelected, scopeOf, type Watch } from './polling/collect';
import type { EventName } from './polling/events';
import { examples } from './polling/examples';
import { advancePoll, type PollSettings, watchedIds } from './polling/poll';
import { readState } from './polling/state';

/** Made anew at each start of n8n, which is how a restart is told from just another poll. */
const PROCESS = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

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

function readSettings(context: IPollFunctions, baseUrl: string, watch: Watch): PollSettings {
	const options = context.getNodeParameter('options', {}) as Options;
	return {
		events: readEvents(context),
		startFrom: context.getNodeParameter('startFrom') as PollSettings['startFrom'],
		simplify: context.getNodeParameter('simplify') as boolean,
		includeGrowth: options.includeGrowth ?? false,
		maxItemsPerPoll: readMaxItems(options.maxItemsPerPoll ?? 1000),
		replayAfterRestart: options.replayAfterRestart ?? false,
		baseUrl,
		scope: scopeOf(watch),
	};
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
			'Starts the workflow with each new hourly snapshot of the videos you track with ContentStats.io',
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
						name: 'Snapshot Created',
						value: 'snapshot.created',
						description: 'A new hourly snapshot of a video: a row with its metrics',
					},
					{
						name: 'Tracking Started',
						value: 'tracking.started',
						description: 'The first snapshot of a video, once',
					},
				],
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
			const { client, credential } = await connect(this);
			const { baseUrl } = credential;
			const watch = readWatch(this);
			const settings = readSettings(this, baseUrl, watch);
			if (this.getMode() === 'manual') return [toItems(await examples(client, watch, settings))];

			const staticData = this.getWorkflowStaticData('node');
			const moment = { now: Date.now(), process: PROCESS };
			const known = watchedIds(readState(staticData.state, baseUrl), settings, moment);
			const collected = await collect(client, watch, known);

			// Read again: an overlapping poll may have ended while this one was waiting.
			const latest = readState(staticData.state, baseUrl);
			const { items, state, failed } = advancePoll(latest, collected, settings, moment);
			if (collected.fullSlices.length > 0)
				this.logger.warn(
					`ContentStats: the API shows only the newest 100 videos of a platform and status; some may not be watched of ${collected.fullSlices.join('; ')}`,
				);
			for (const [id, { message }] of failed)
				this.logger.warn(`ContentStats: video ${id} is left for the next poll: ${message}`);
			staticData.state = state as unknown as IDataObject;
			return items.length > 0 ? [toItems(items)] : null;
		} catch (error) {
			throw toNodeError(this.getNode(), error);
		}
	}
}

const toItems = (items: IDataObject[]): INodeExecutionData[] => items.map((json) => ({ json }));
