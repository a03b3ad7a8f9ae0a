import axios from 'axios';
import type { IExecuteFunctions, INodeType } from 'n8n-workflow';

import { type OtherNode, runOthers } from '../test/engine/support/host';
import type { Api } from './api';
import { built } from './built';

const TIMES = 100;

/** CPU time in ms of one Get of a video with 720 snapshots, and of what it cannot do without. */
export interface GetRun {
	/** Get with growth, in n8n's engine. */
	get: number;
	/** A node that asks n8n for the same and returns the snapshots as they come, in the same engine. */
	host: number;
	/** JSON.parse of the body. */
	parse: number;
}

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

/** Measures Get `rounds` times in turn with its floors. The API is in another process. */
export async function measureGet(rounds: number, { baseUrl, apiKey, videoIds }: Api) {
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
	const runs: GetRun[] = [];
	for (let round = 0; round <= rounds; round += 1) {
		const costs = {
			get: await cpuMsOf(() => run(get)),
			host: await cpuMsOf(() => run(host)),
			parse: await cpuMsOf(() => JSON.parse(body)),
		};
		// The first round warms up.
		if (round > 0) runs.push(costs);
	}
	return runs;
}
