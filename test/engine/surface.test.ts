import {
	type INode,
	type INodeParameters,
	type INodeProperties,
	type INodePropertyOptions,
	type INodeType,
	NodeHelpers,
} from 'n8n-workflow';
import { runInNewContext } from 'node:vm';

import { ContentStatsApi } from '../../credentials/ContentStatsApi.credentials';
import { ContentStats } from '../../nodes/ContentStats/ContentStats.node';
import { ContentStatsTrigger } from '../../nodes/ContentStats/ContentStatsTrigger.node';
import { createPoller, runAction } from '../../harness/engine';
import { createFixture, TIKTOK } from './support/fixture';

// Saved workflows depend on every name and default here: the editor does not save a value that equals
// its default.

const isVisible = ({ type }: INodeProperties) => type !== 'notice';
const isToolOnly = ({ displayOptions }: INodeProperties) =>
	displayOptions?.show?.['@tool']?.includes(true);

const describeField = ({ name, type, default: preset, options }: INodeProperties): unknown => {
	const values = (options ?? []).map((option) =>
		'value' in option ? option.value : describeField(option as INodeProperties),
	);
	return values.length > 0 ? [name, type, preset, values] : [name, type, preset];
};

const surfaceOf = ({ description: { properties } }: INodeType, operation?: string) =>
	properties
		.filter((field) => isVisible(field) && !isToolOnly(field))
		.filter(({ displayOptions }) =>
			operation
				? displayOptions?.show?.operation?.includes(operation)
				: !displayOptions?.show?.operation,
		)
		.map(describeField);

/** Evaluates the expression that the editor shows below the name of a node. */
const subtitleOf = ({ description: { subtitle } }: INodeType, $parameter: object): unknown =>
	runInNewContext(/^=\{\{(.+)\}\}$/.exec(subtitle!)![1]!, { $parameter });

const VIDEO = ['videoId', 'resourceLocator', { mode: 'list', value: '' }];

describe('the public contract', () => {
	test('fixes the name, fields and header of the credential', async () => {
		const { name, displayName, properties, authenticate } = new ContentStatsApi();
		expect([name, displayName]).toEqual(['contentStatsApi', 'ContentStats API']);
		expect(properties.map(describeField)).toEqual([
			['apiKey', 'string', ''],
			['baseUrl', 'string', 'https://contentstats.io/api/v1'],
		]);
		expect(properties[0]!.typeOptions).toEqual({ password: true });
		const request = { url: '/usage', headers: { accept: 'text/html' } };
		expect(await authenticate({ apiKey: 'k' }, request)).toEqual({
			url: '/usage',
			headers: { accept: 'text/html', 'X-API-Key': 'k' },
		});
	});

	test.each<[string, object, string]>([
		['Track', { operation: 'track' }, 'Track'],
		['Usage', { operation: 'usage' }, 'Usage'],
		['Get', { operation: 'get', output: 'summary' }, 'Get: summary'],
	])('fixes the subtitle of %s', (_, parameters, subtitle) => {
		expect(subtitleOf(new ContentStats(), parameters)).toBe(subtitle);
	});

	test.each([
		[['milestone.reached'], 'milestone.reached'],
		[['snapshot.created', 'balance.low', 'video.deleted'], '3 events'],
	])('fixes the subtitle of the trigger with %p', (events, subtitle) => {
		expect(subtitleOf(new ContentStatsTrigger(), { events })).toBe(subtitle);
	});

	test('fixes the name, credential and operations of the action node', () => {
		const node = new ContentStats();
		const { name, displayName, usableAsTool, credentials } = node.description;
		expect([name, displayName, usableAsTool]).toEqual(['contentStats', 'ContentStats', true]);
		expect(credentials).toEqual([
			{ name: 'contentStatsApi', required: true, testedBy: 'testCredential' },
		]);
		expect(surfaceOf(node)).toEqual([
			['operation', 'options', 'track', ['get', 'list', 'stop', 'track', 'usage']],
		]);
	});

	test.each([
		[
			'track',
			[
				['videoUrls', 'string', ''],
				['durationDays', 'number', 7],
				[
					'options',
					'collection',
					{},
					[
						['checkBalance', 'boolean', true],
						['dryRun', 'boolean', false],
						['ifAlreadyTracked', 'options', 'return', ['fail', 'return', 'trackAgain']],
						['maxTotalCost', 'number', 5],
					],
				],
			],
		],
		[
			'get',
			[
				VIDEO,
				['output', 'options', 'snapshots', ['snapshots', 'latest', 'summary', 'video']],
				['rowPer', 'options', 'snapshot', ['day', 'snapshot']],
				[
					'options',
					'collection',
					{},
					[
						['includeGrowth', 'boolean', false],
						['includePostAge', 'boolean', false],
						['lastSnapshots', 'number', 24],
						['since', 'dateTime', ''],
					],
				],
			],
		],
		[
			'list',
			[
				['returnAll', 'boolean', false],
				['limit', 'number', 50],
				[
					'filters',
					'collection',
					{},
					[
						['platform', 'options', '', ['', 'instagram', 'tiktok', 'twitter', 'youtube']],
						[
							'status',
							'options',
							'monitoring',
							['', 'cancelled', 'completed', 'error', 'monitoring', 'paused'],
						],
					],
				],
				['simplify', 'boolean', true],
				['options', 'collection', {}, [['includeLatestSnapshot', 'boolean', false]]],
			],
		],
		['stop', [VIDEO]],
		['usage', []],
	])('fixes the fields and defaults of the operation %s', (operation, surface) => {
		expect(surfaceOf(new ContentStats(), operation)).toEqual(surface);
	});

	test('lets the model of a tool fill in the links, as the editor would write it', () => {
		const [links, ...others] = new ContentStats().description.properties
			.filter((field) => isToolOnly(field) && field.name !== 'toolDescription')
			.map(describeField);
		expect(others).toEqual([]);
		const override = "={{ /*n8n-auto-generated-fromAI-override*/ $fromAI('Video_URLs', `";
		expect(links).toEqual(['videoUrls', 'string', expect.stringContaining(override)]);
	});

	test('fixes the name, fields and defaults of the trigger', () => {
		const node = new ContentStatsTrigger();
		const { name, displayName, polling, usableAsTool } = node.description;
		expect([name, displayName, polling, usableAsTool]).toEqual([
			'contentStatsTrigger',
			'ContentStats Trigger',
			true,
			undefined,
		]);
		expect(surfaceOf(node)).toEqual([
			[
				'events',
				'multiOptions',
				['snapshot.created'],
				[
					'age.reached',
					'balance.low',
					'growth.slowed',
					'growth.spiked',
					'milestone.reached',
					'snapshot.created',
					'tracking.ended',
					'tracking.paused',
					'tracking.started',
					'video.deleted',
				],
			],
			['milestoneMetric', 'options', 'views', ['comments', 'likes', 'saves', 'shares', 'views']],
			['milestones', 'string', '10k, 100k, 1M'],
			['lowBalanceUsd', 'number', 5],
			['spikeFactor', 'number', 3],
			['spikeMinimum', 'number', 1000],
			['slowedHours', 'number', 24],
			['slowedPercent', 'number', 5],
			['ages', 'string', '24h, 48h, 7d'],
			['watch', 'options', 'all', ['all', 'selected']],
			['videoIds', 'multiOptions', []],
			['videos', 'string', ''],
			[
				'filters',
				'collection',
				{},
				[['platform', 'options', '', ['', 'instagram', 'tiktok', 'twitter', 'youtube']]],
			],
			['startFrom', 'options', 'new', ['beginning', 'latest', 'new']],
			['simplify', 'boolean', true],
			[
				'options',
				'collection',
				{},
				[
					['includeGrowth', 'boolean', false],
					['includePostAge', 'boolean', false],
					['maxItemsPerPoll', 'number', 1000],
					['replayAfterRestart', 'boolean', false],
				],
			],
		]);
	});
});

describe('the text in the editor', () => {
	const fieldsOf = (properties: INodeProperties[]): INodeProperties[] =>
		properties.flatMap((field) => [
			field,
			...(field.type === 'collection' ? fieldsOf(field.options as INodeProperties[]) : []),
		]);
	const everyField = [
		...new ContentStatsApi().properties,
		...fieldsOf(new ContentStats().description.properties),
		...fieldsOf(new ContentStatsTrigger().description.properties),
	]
		.filter(isVisible)
		.filter(({ type, name }) => type !== 'collection' && name !== 'operation');

	test.each(everyField.map((field) => [field.name, field] as const))(
		'describes the field %s',
		(_, field) => expect(field.description).toMatch(/\w+ \w+ \w+/),
	);

	/** What each operation says of its cost. */
	const COST: Record<string, RegExp> = {
		get: /\bFree\./,
		list: /\bFree\./,
		stop: /\b[Yy]ou pay only for snapshots already taken\./,
		track: /\$0\.015/,
		usage: /\bFree\./,
	};

	test('says of every operation what it does and what it costs', () => {
		const [operation] = new ContentStats().description.properties;
		for (const option of operation!.options as INodePropertyOptions[]) {
			expect(option.action).toMatch(/\w+ \w+/);
			expect(option.description).toMatch(COST[String(option.value)]!);
		}
	});

	test.each(Object.entries(COST))(
		'tells an agent what %s does, costs and returns',
		(operation, cost) => {
			const type = new ContentStats();
			type.description.name += 'Tool';
			const node = { typeVersion: 1 } as INode;
			const { properties } = type.description;
			const parameters = NodeHelpers.getNodeParameters(
				properties,
				{ operation },
				true,
				false,
				node,
				type.description,
			)!;
			const toolDescription = NodeHelpers.getToolDescriptionForNode({ ...node, parameters }, type);
			expect(toolDescription).toMatch(/^[A-Z][^.]+\. .*Returns /s);
			expect(toolDescription).toMatch(cost);
			expect(toolDescription).not.toBe(type.description.description);
		},
	);
});

describe('the columns, in their order', () => {
	const ROW =
		'snapshot_time, title, creator, platform, views, likes, comments, shares, saves, video_link, video_id, snapshot_key';
	const GROWTH =
		'hours_since_previous, views_delta, likes_delta, comments_delta, shares_delta, saves_delta, views_per_hour, engagement_rate';
	const VIDEO_ITEM =
		'video_id, job_id, platform, title, creator, video_link, status, monitoring_started, monitoring_duration_days, days_remaining, created_at';
	const AGE = 'post_key, posted_at, hours_since_posted';
	const includeGrowth = { includeGrowth: true };
	const includePostAge = { includePostAge: true };

	async function tracked() {
		const { credential, sandbox, clock } = await createFixture();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK });
		clock.advance({ hours: 2 });
		return { credential, videoId: { __rl: true, mode: 'id', value: id } };
	}

	test.each<[string, INodeParameters, string]>([
		[
			'track',
			{ videoUrls: TIKTOK },
			'input_link, outcome, message, video_id, platform, video_link, status, monitoring_duration_days, days_remaining, estimated_cost, created_at, job_id',
		],
		['get', { output: 'snapshots' }, ROW],
		['get', { output: 'latest', options: includeGrowth }, `${ROW}, ${GROWTH}`],
		['get', { rowPer: 'day' }, `day, ${ROW}, is_complete, day_key`],
		['get', { options: { ...includeGrowth, ...includePostAge } }, `${ROW}, ${GROWTH}, ${AGE}`],
		[
			'get',
			{ output: 'summary' },
			'video_id, platform, title, creator, video_link, status, snapshot_count, first_snapshot_time, last_snapshot_time, views, likes, comments, shares, saves, metric, metric_delta, metric_growth_rate, peak_per_hour, peak_time, engagement_rate, sparkline',
		],
		['list', {}, VIDEO_ITEM],
		[
			'list',
			{ options: { includeLatestSnapshot: true } },
			`${VIDEO_ITEM}, snapshot_time, views, likes, comments, shares, saves`,
		],
		['stop', {}, 'video_id, job_id, video_link, previous_status, new_status'],
	])('of %s with %j', async (operation, parameters, columns) => {
		const { credential, videoId } = await tracked();
		const { items } = await runAction(credential, { operation, videoId, ...parameters });
		expect(Object.keys(items[0]!).join(', ')).toBe(columns);
	});

	test('of usage begin with what can be spent', async () => {
		const { credential } = await tracked();
		const { items } = await runAction(credential, { operation: 'usage' });
		expect(Object.keys(items[0]!).join(', ')).toMatch(
			/^available_usd, committed_usd, estimated_days_remaining, /,
		);
	});

	test.each<[INodeParameters, string]>([
		[{}, `event, ${ROW}, event_key`],
		[{ options: includeGrowth }, `event, ${ROW}, ${GROWTH}, event_key`],
		[
			{ options: { ...includeGrowth, ...includePostAge } },
			`event, ${ROW}, ${GROWTH}, ${AGE}, event_key`,
		],
		[{ simplify: false }, `event, ${ROW}, video, event_key`],
		[
			{ events: ['growth.spiked', 'growth.slowed', 'age.reached'] },
			`event, ${ROW}, metric, growth_per_hour, usual_per_hour, factor, growth_in_window, best_in_window, percent_of_best, snapshots_remaining, estimated_savings_usd, age_hours, views_at_age, likes_at_age, comments_at_age, shares_at_age, saves_at_age, event_key`,
		],
		[
			{ events: ['snapshot.created', 'milestone.reached', 'tracking.ended'] },
			`event, ${ROW}, milestone_metric, milestone, value, status, previous_status, event_key`,
		],
		[{ events: ['balance.low'] }, 'event, available_usd, threshold_usd, event_key'],
	])('of the trigger with %j', async (parameters, columns) => {
		const { credential } = await tracked();
		const items = await createPoller(credential, parameters).poll('manual');
		for (const item of items!) expect(Object.keys(item).join(', ')).toBe(columns);
	});
});
