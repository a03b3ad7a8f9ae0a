import axios from 'axios';
import type { IExecuteFunctions, INodeType } from 'n8n-workflow';

import { type OtherNode, runOthers } from '../test/engine/support/host';
import type { Api } from './api';
import { built } from './built';
import { expectCount } from './expect';
import type { Figure } from './figures';
import { withApi } from './measure';

const SNAPSHOTS = 718;
const TIMES = 100;

async function cpuMsOf(work: () => unknown): Promise<number> {
	const before = process.cpuUsage();
	for (let time = 0; time < TIMES; time += 1) await work();
	const { user, system } = process.cpuUsage(before);
	return (user + system) / 1000 / TIMES;
}

const plainNode = (url: string): INodeType => ({
	description: {
		displayName: 'Plain',
		name: 'plain',
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
		const reply = (await this.helpers.httpRequestWithAuthentication.call(this, 'contentStatsApi', {
			method: 'GET',
			url,
			encoding: 'text',
			returnFullResponse: true,
		})) as { body: string };
		const { snapshots } = JSON.parse(reply.body) as { snapshots: object[] };
		return [snapshots.map((snapshot) => ({ json: { ...snapshot }, pairedItem: { item: 0 } }))];
	},
});

/** Row 5: Get with growth, the same through n8n without us, and JSON.parse of the body alone. */
export async function measureGet(rounds: number): Promise<Figure[]> {
	return await withApi({ videos: 1, snapshots: SNAPSHOTS }, async (api) => {
		const { get, host, parse } = await worksOf(api);
		const costs = { get: [] as number[], host: [] as number[], parse: [] as number[] };
		// The first round warms up.
		await Promise.all([cpuMsOf(get), cpuMsOf(host), cpuMsOf(parse)]);
		for (let round = 0; round < rounds; round += 1) {
			costs.get.push(await cpuMsOf(get));
			costs.host.push(await cpuMsOf(host));
			costs.parse.push(await cpuMsOf(parse));
		}
		const common = { row: 5, what: `Get with growth of ${SNAPSHOTS} snapshots: CPU`, unit: 'ms' };
		const against = 'JSON.parse of the body';
		return [
			{ ...common, ours: costs.get, against, theirs: costs.parse, target: 2.5 },
			{ ...common, ours: costs.get, against: 'a node that only fetches them', theirs: costs.host },
			{
				...common,
				what: 'a node that only fetches them: CPU',
				ours: costs.host,
				against,
				theirs: costs.parse,
			},
		];
	});
}

async function worksOf({ baseUrl, apiKey, videoIds }: Api) {
	const url = `${baseUrl}/videos/${videoIds[0]}`;
	const { data: body } = await axios.get<string>(url, {
		headers: { 'X-API-Key': apiKey },
		responseType: 'text',
		transformResponse: [],
	});
	const run = async (node: Pick<OtherNode, 'type' | 'parameters'>) => {
		const chain = [{ ...node, name: 'Node', typeVersion: 1 }];
		const { data } = await runOthers({ baseUrl, apiKey }, chain, [{}]);
		if (data.resultData.error) throw data.resultData.error;
		const [items] = data.resultData.runData.Node![0]!.data!.main!;
		expectCount('items', items!.length, SNAPSHOTS);
	};
	const get = {
		type: new built.ContentStats(),
		parameters: {
			operation: 'get',
			videoId: { __rl: true, mode: 'id', value: videoIds[0]! },
			options: { includeGrowth: true },
		},
	};
	const host = { type: plainNode(url), parameters: {} };
	return { get: () => run(get), host: () => run(host), parse: () => JSON.parse(body) as unknown };
}
