import axios from 'axios';
import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeParameters,
	INodeType,
} from 'n8n-workflow';

import { runOthers } from '../harness/engine';
import type { Api } from './api';
import { built } from './built';
import { expectCount } from './expect';
import type { Report } from './figures';
import { withApi } from './measure';
import { allocationsOf, profile } from './profile';
import { ask } from './work/ask';
import { countSnapshots } from './work/parse';

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

/** Creates a node with the same fields that fetches the video, parses the reply and returns items made before. */
const leastNode = (fields: INodeType, url: string, rows: IDataObject[]): INodeType => ({
	description: fields.description,
	async execute(this: IExecuteFunctions) {
		expectCount('snapshots', countSnapshots(await ask(this, url)), rows.length);
		return [rows.map((row) => ({ json: row, pairedItem: { item: 0 } }))];
	},
});

/** Measures each work in turn, after a warm-up. @returns CPU time of each, ms, by round */
async function cpuInTurn<W extends string>(
	works: Record<W, () => unknown>,
	rounds: number,
): Promise<Record<W, number[]>> {
	const all = Object.entries(works) as Array<[W, () => unknown]>;
	const costs = Object.fromEntries(all.map(([name]) => [name, []])) as unknown as Record<
		W,
		number[]
	>;
	for (const [, work] of all) await repeated(work);
	for (let round = 0; round < rounds; round += 1)
		for (const [name, work] of all) costs[name].push(await cpuMsOf(work));
	return costs;
}

/** Measures row 5: Get with growth in n8n, the least work of a node in n8n, and Get without n8n. */
export async function measureGet(rounds: number): Promise<Report> {
	return await withApi({ videos: 1, snapshots: SNAPSHOTS }, async (api) => {
		const { get, getById, least, alone, copy, parse } = await worksOf(api);
		// Before n8n's engine runs in this process: its garbage would be collected during these runs.
		const own = await cpuInTurn({ alone, copy, parse }, rounds);
		const inN8n = await cpuInTurn({ get, getById, least, parse }, rounds);
		const what = `Get with growth of ${SNAPSHOTS} snapshots`;
		const common = { row: 5, unit: 'ms' };
		const floor = 'JSON.parse of the body';
		const copied = `${floor}, and new items with as many columns`;
		const asked =
			'a node with the same fields that asks the same, JSON.parse, and the same items, made before';
		const ours = { ...common, what: `${what}: CPU`, ours: inN8n.get };
		const ownPart = `${what}, without n8n and network: from the body to the items: CPU`;
		return {
			figures: [
				{ ...ours, against: floor, theirs: inN8n.parse, target: 2.5 },
				{ ...ours, against: asked, theirs: inN8n.least, target: 1.4 },
				{
					...common,
					what: `${what}, the video by its ID, which n8n tests by a regular expression: CPU`,
					ours: inN8n.getById,
					against: `${what}, the video from the list`,
					theirs: inN8n.get,
				},
				{
					...common,
					what: `${asked}: CPU`,
					ours: inN8n.least,
					against: floor,
					theirs: inN8n.parse,
				},
				{
					...common,
					what: ownPart,
					ours: own.alone,
					against: floor,
					theirs: own.parse,
					target: 2.5,
				},
				{ ...common, what: ownPart, ours: own.alone, against: copied, theirs: own.copy },
			],
			shares: {
				[`${what}, ${TIMES} times`]: await profile(() => repeated(get)),
				[`${asked}, ${TIMES} times`]: await profile(() => repeated(least)),
			},
			allocations: {
				[`${what}, ${TIMES} times`]: await allocationsOf(() => repeated(get)),
				[`${asked}, ${TIMES} times`]: await allocationsOf(() => repeated(least)),
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
	const parametersOf = (mode: 'list' | 'id') => ({
		operation: 'get',
		videoId: { __rl: true, mode, value: videoId },
		options,
	});
	const run = async (type: INodeType, given: INodeParameters) => {
		const chain = [{ type, parameters: given, name: 'Node', typeVersion: 1 }];
		const { data } = await runOthers({ baseUrl, apiKey }, chain, [{}]);
		if (data.resultData.error) throw data.resultData.error;
		const [items] = data.resultData.runData.Node![0]!.data!.main!;
		expectCount('items', items!.length, SNAPSHOTS);
		return items!.map(({ json }) => json);
	};
	const get = () => run(node, parametersOf('list'));
	const getById = () => run(node, parametersOf('id'));
	const values: Record<string, unknown> = {
		operation: 'get',
		videoId,
		output: 'snapshots',
		options,
	};
	// Only the functions of n8n that the node calls.
	const minimalContext = {
		getNodeParameter: (name: string, _: number, fallback?: unknown) => values[name] ?? fallback,
		getInputData: () => [{ json: {} }],
		getNode: () => ({ type: 'n8n-nodes-contentstats.contentStats' }),
		getTimezone: () => 'UTC',
		getCredentials: async () => ({ baseUrl, apiKey }),
		helpers: {
			httpRequestWithAuthentication: async () => ({ statusCode: 200, headers, body }),
		},
	} as unknown as IExecuteFunctions;
	const alone = async () => {
		const [items] = (await node.execute!.call(minimalContext)) as [INodeExecutionData[]];
		expectCount('items', items.length, SNAPSHOTS);
		return items.map(({ json }) => json);
	};
	const rows = await alone();
	const least = leastNode(node, url, rows);
	return {
		get,
		getById,
		alone,
		least: () => run(least, parametersOf('list')),
		copy() {
			const copied = rows.map((row) => ({ json: { ...row }, pairedItem: { item: 0 } }));
			return [JSON.parse(body), copied] as unknown;
		},
		parse: () => JSON.parse(body) as unknown,
	};
}
