import axios from 'axios';
import type { IDataObject, IExecuteFunctions, INodeType } from 'n8n-workflow';

import { runOthers } from '../test/engine/support/host';
import type { Api } from './api';
import { built } from './built';
import { expectCount } from './expect';
import type { Report } from './figures';
import { withApi } from './measure';
import { profile } from './profile';

const SNAPSHOTS = 718;
const TIMES = 300;

async function repeated(work: () => unknown): Promise<void> {
	for (let time = 0; time < TIMES; time += 1) await work();
}

async function cpuMsOf(work: () => unknown): Promise<number> {
	const before = process.cpuUsage();
	await repeated(work);
	const { user, system } = process.cpuUsage(before);
	return (user + system) / 1000 / TIMES;
}

/** A node that asks for the video, and hands over what was made before. */
const readyNode = (url: string, rows: IDataObject[]): INodeType => ({
	description: {
		displayName: 'Ready',
		name: 'ready',
		group: ['input'],
		version: 1,
		description: '',
		defaults: {},
		inputs: ['main'],
		outputs: ['main'],
		credentials: [{ name: 'contentStatsApi', required: true }],
		properties: [],
	},
	async execute(this: IExecuteFunctions) {
		await this.helpers.httpRequestWithAuthentication.call(this, 'contentStatsApi', {
			method: 'GET',
			url,
			encoding: 'text',
			returnFullResponse: true,
		});
		return [rows.map((row) => ({ json: row, pairedItem: { item: 0 } }))];
	},
});

const NAMES = ['get', 'ready', 'alone', 'copy', 'parse'] as const;

/** Row 5: Get with growth in n8n; n8n's part; its own part; the least that such a node can do. */
export async function measureGet(rounds: number): Promise<Report> {
	return await withApi({ videos: 1, snapshots: SNAPSHOTS }, async (api) => {
		const works = await worksOf(api);
		const costs = Object.fromEntries(NAMES.map((name) => [name, [] as number[]]));
		for (const name of NAMES) await repeated(works[name]);
		for (let round = 0; round < rounds; round += 1)
			for (const name of NAMES) costs[name]!.push(await cpuMsOf(works[name]));
		const what = `Get with growth of ${SNAPSHOTS} snapshots`;
		const common = { row: 5, unit: 'ms', against: 'JSON.parse of the body', theirs: costs.parse! };
		const own = `${what}, without n8n and network: from the body to the items: CPU`;
		const copy = 'JSON.parse of the body, and new items with as many columns';
		const ready = 'a node that asks the same and hands over the same items, made before';
		return {
			figures: [
				{ ...common, what: `${what}: CPU`, ours: costs.get!, target: 2.5 },
				{ ...common, what: `${what}: CPU`, ours: costs.get!, against: ready, theirs: costs.ready! },
				{ ...common, what: `${ready}: CPU`, ours: costs.ready! },
				{ ...common, what: own, ours: costs.alone!, target: 2.5 },
				{ ...common, what: own, ours: costs.alone!, against: copy, theirs: costs.copy! },
			],
			shares: {
				[`${what}, ${TIMES} times`]: await profile(() => repeated(works.get)),
			},
		};
	});
}

async function worksOf({ baseUrl, apiKey, videoIds }: Api) {
	const videoId = videoIds[0]!;
	const url = `${baseUrl}/videos/${videoId}`;
	const { data: body, headers } = await axios.get<string>(url, {
		headers: { 'X-API-Key': apiKey },
		responseType: 'text',
		transformResponse: [],
	});
	const node = new built.ContentStats();
	const options = { includeGrowth: true };
	const parameters = { operation: 'get', videoId: { __rl: true, mode: 'id', value: videoId } };
	const run = async (type: INodeType, given = {}) => {
		const chain = [{ type, parameters: given, name: 'Node', typeVersion: 1 }];
		const { data } = await runOthers({ baseUrl, apiKey }, chain, [{}]);
		if (data.resultData.error) throw data.resultData.error;
		const [items] = data.resultData.runData.Node![0]!.data!.main!;
		expectCount('items', items!.length, SNAPSHOTS);
		return items!.map(({ json }) => json);
	};
	const get = () => run(node, { ...parameters, options });
	const rows = await get();
	const ready = readyNode(url, rows);
	const values: Record<string, unknown> = {
		operation: 'get',
		videoId,
		output: 'snapshots',
		options,
	};
	// n8n with everything taken out but what the node asks it for.
	const nothingElse = {
		getNodeParameter: (name: string) => values[name],
		getInputData: () => [{ json: {} }],
		getTimezone: () => 'UTC',
		getCredentials: async () => ({ baseUrl, apiKey }),
		helpers: {
			httpRequestWithAuthentication: async () => ({ statusCode: 200, headers, body }),
		},
	} as unknown as IExecuteFunctions;
	return {
		get,
		async alone() {
			const [items] = (await node.execute!.call(nothingElse)) as [unknown[]];
			expectCount('items', items.length, SNAPSHOTS);
		},
		ready: () => run(ready),
		copy() {
			const copied = rows.map((row) => ({ json: { ...row }, pairedItem: { item: 0 } }));
			return [JSON.parse(body), copied] as unknown;
		},
		parse: () => JSON.parse(body) as unknown,
	};
}
