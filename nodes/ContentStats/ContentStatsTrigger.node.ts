import type {
	IDataObject,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IPollFunctions,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { METRICS } from './api/schemas';
import { connect, testCredential, toNodeError } from './host';
import {
	includeGrowthField,
	includePostAgeField,
	platformField,
	simplifyField,
} from './operations/fields';
import { getVideos } from './operations/videoPicker';
import { exampleItems } from './polling/examples';
import { readSettings, readWatch } from './polling/parameters';
import { runScheduledPoll } from './polling/runner';
import { capitalize } from './utils/format';

export class ContentStatsTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'ContentStats Trigger',
		name: 'contentStatsTrigger',
		icon: { light: 'file:contentstats.svg', dark: 'file:contentstats.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle:
			'={{ $parameter["events"].length === 1 ? $parameter["events"][0] : $parameter["events"].length + " events" }}',
		description:
			'Track TikTok, YouTube, Instagram and X/Twitter videos, and start a workflow with each new hourly snapshot of their views, likes, comments, shares and saves',
		builderHint: {
			searchHint:
				'Starts a workflow with each new hourly snapshot of the videos that ContentStats tracks, when a video takes off, slows down or reaches a milestone or an age, when its tracking pauses or ends, or when the balance runs low. It tracks nothing itself: videos are tracked with the ContentStats node.',
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
		credentials: [{ name: 'contentStatsApi', required: true, testedBy: 'testCredential' }],
		properties: [
			{
				displayName:
					'Snapshots are taken hourly, so polling every 5 to 15 minutes is enough. Polling is free. You pay only for snapshots.',
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
				description: 'The events that start the workflow. Each event returns one item.',
				options: [
					{
						name: 'Age Reached',
						value: 'age.reached',
						description: 'A post reached an age, such as 24 hours. Compare videos at the same age.',
					},
					{
						name: 'Balance Low',
						value: 'balance.low',
						description: 'Available balance dropped below your threshold',
					},
					{
						name: 'Growth Slowed',
						value: 'growth.slowed',
						description: 'A video hardly grows anymore. Stop tracking it to save credits.',
					},
					{
						name: 'Growth Spiked',
						value: 'growth.spiked',
						description: 'A video grows far faster than usual',
					},
					{
						name: 'Milestone Reached',
						value: 'milestone.reached',
						description: 'A video reached a milestone, such as 100k views',
					},
					{
						name: 'Snapshot Created',
						value: 'snapshot.created',
						description: 'A new hourly snapshot of a video was taken',
					},
					{
						name: 'Tracking Ended',
						value: 'tracking.ended',
						description:
							'Tracking was completed, cancelled or stopped by an error. After an error, it may resume.',
					},
					{
						name: 'Tracking Paused',
						value: 'tracking.paused',
						description: 'Tracking paused because the balance ran out',
					},
					{
						name: 'Tracking Started',
						value: 'tracking.started',
						description: 'The first snapshot of a video was taken',
					},
					{
						name: 'Video Deleted',
						value: 'video.deleted',
						description: 'A video was deleted from its platform or from ContentStats',
					},
				],
			},
			{
				displayName: 'Milestone Metric',
				name: 'milestoneMetric',
				type: 'options',
				default: 'views',
				description:
					'The metric to check milestones against. Instagram reports no views or shares, YouTube no shares or saves, and X no saves.',
				displayOptions: { show: { events: ['milestone.reached'] } },
				options: [...METRICS].sort().map((value) => ({
					name: capitalize(value),
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
					'Comma-separated values, such as 10k, 1.5M. Each fires once per video. Start From decides whether existing snapshots count.',
				displayOptions: { show: { events: ['milestone.reached'] } },
			},
			{
				displayName: 'Low Balance (USD)',
				name: 'lowBalanceUsd',
				type: 'number',
				typeOptions: { minValue: 0, numberPrecision: 2 },
				default: 5,
				description:
					'The workflow starts when the available balance drops below this amount. Snapshots that are not charged yet are already deducted.',
				displayOptions: { show: { events: ['balance.low'] } },
			},
			{
				displayName: 'Spike Factor',
				name: 'spikeFactor',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 3,
				hint: 'Set to 0 to ignore the usual growth and check Spike Minimum only',
				description:
					'How many times faster than usual a video must grow. Usual growth is the median of the last 24 hours, with at least six values.',
				displayOptions: { show: { events: ['growth.spiked'] } },
			},
			{
				displayName: 'Spike Minimum',
				name: 'spikeMinimum',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 1000,
				hint: 'Views per hour. For Instagram, likes per hour.',
				description: 'Minimum growth per hour that counts as a spike',
				displayOptions: { show: { events: ['growth.spiked'] } },
			},
			{
				displayName: 'Slowdown Window (Hours)',
				name: 'slowedHours',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 359, numberPrecision: 0 },
				default: 24,
				description:
					"Number of hours to compare with the video's best period of that length. Requires at least twice as many hours of history.",
				displayOptions: { show: { events: ['growth.slowed'] } },
			},
			{
				displayName: 'Slowdown Threshold (%)',
				name: 'slowedPercent',
				type: 'number',
				typeOptions: { minValue: 0, maxValue: 100 },
				default: 5,
				hint: 'Fires once per video. Videos that are already slow when the trigger first reads them are skipped.',
				description:
					'The workflow starts when a video grows by less than this share of its best window',
				displayOptions: { show: { events: ['growth.slowed'] } },
			},
			{
				displayName: 'Ages',
				name: 'ages',
				type: 'string',
				default: '24h, 48h, 7d',
				required: true,
				placeholder: '24h, 48h, 7d',
				hint: 'Works for TikTok, X and Instagram, whose links contain the time of the post',
				description:
					'Comma-separated ages of a post, in hours or days. Each fires once per video, with the metrics at that age.',
				displayOptions: { show: { events: ['age.reached'] } },
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
						description: 'All tracked videos, including videos you add later',
					},
					{
						name: 'Selected Videos',
						value: 'selected',
						description: 'Only videos you choose from the list, or enter by link or ID',
					},
				],
			},
			{
				displayName: 'Video Names or IDs',
				name: 'videoIds',
				type: 'multiOptions',
				typeOptions: { loadOptionsMethod: 'getVideos' },
				default: [],
				description:
					'Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>',
				displayOptions: { show: { watch: ['selected'] } },
			},
			{
				displayName: 'Video Links or IDs',
				name: 'videos',
				type: 'string',
				typeOptions: { rows: 4 },
				default: '',
				placeholder: 'https://www.tiktok.com/@user/video/7234567890123456789\ncm5abc123def',
				description:
					'More tracked videos, one per line or separated by commas. If a link was tracked more than once, the latest is used.',
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
				description:
					'Which existing snapshots to return, or check for milestones, spikes and ages, when the workflow is published',
				options: [
					{
						name: 'Beginning',
						value: 'beginning',
						description: 'All existing snapshots of active videos, oldest first, in batches',
					},
					{
						name: 'Latest Snapshot',
						value: 'latest',
						description: 'Latest snapshot of each video, then all new ones',
					},
					{
						name: 'New Snapshots Only',
						value: 'new',
						description: 'Only snapshots taken after publishing',
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
					includePostAgeField,
					{
						displayName: 'Max Items Per Poll',
						name: 'maxItemsPerPoll',
						type: 'number',
						typeOptions: { minValue: 1, numberPrecision: 0 },
						default: 1000,
						description:
							'Max number of items to return per poll. The rest follow in the next polls, oldest first.',
					},
					{
						displayName: 'Replay After Restart',
						name: 'replayAfterRestart',
						type: 'boolean',
						default: false,
						description:
							'Whether to return the last ten minutes of events again after n8n restarts, since a crash can lose them. Match rows on event_key.',
					},
				],
			},
		],
	};

	methods = { credentialTest: { testCredential }, loadOptions: { getVideos } };

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
