import type {
	IDataObject,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IPollFunctions,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { METRICS } from './api/schemas';
import { connect, toNodeError } from './host';
import { includeGrowthField, platformField, simplifyField } from './operations/fields';
import { exampleItems } from './polling/examples';
import { readSettings, readWatch } from './polling/parameters';
import { runScheduledPoll } from './polling/runner';

export class ContentStatsTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'ContentStats Trigger',
		name: 'contentStatsTrigger',
		icon: { light: 'file:contentstats.svg', dark: 'file:contentstats.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["events"].join(", ") }}',
		description:
			'Track TikTok, YouTube, Instagram and X/Twitter videos, and start a workflow with each new hourly snapshot of their views, likes, comments, shares and saves',
		builderHint: {
			searchHint:
				'Starts a workflow with each new hourly snapshot of the videos that ContentStats tracks, when a video reaches a milestone, when its tracking pauses or ends, or when the balance runs low. It tracks nothing itself: videos are tracked with the ContentStats node.',
			relatedNodes: [
				{
					nodeType: 'n8n-nodes-contentstats.contentStats',
					relationHint:
						'Starts and stops the tracking of videos, and reads their metrics on demand',
				},
			],
		},
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
						description:
							'A tracking was completed, cancelled, or stopped by an error. After an error it may go on until its duration is over.',
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
				const watch = readWatch(this);
				return [toItems(await exampleItems(client, watch, readSettings(this), Date.now()))];
			}
			const items = await runScheduledPoll(this, {
				now: () => Date.now(),
				connect: async (owner) => await connect(this, owner),
				toNodeError: (error) => toNodeError(this.getNode(), error),
			});
			return items && [toItems(items)];
		} catch (error) {
			throw toNodeError(this.getNode(), error);
		}
	}
}

const toItems = (items: IDataObject[]): INodeExecutionData[] => items.map((json) => ({ json }));
