import type { INode, INodeParameters } from 'n8n-workflow';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sandbox, SandboxOptions } from '../sandbox';
import {
	executionError,
	type CredentialReference,
	type N8nApi,
	type Owner,
	type SavedWorkflow,
	type WorkflowTemplate,
} from './n8n';

/** Owner of n8n in the demo and the tests. It may be public: n8n listens on 127.0.0.1 only. */
export const OWNER: Owner = {
	email: 'demo@example.com',
	firstName: 'Demo',
	lastName: 'User',
	password: 'ContentStats-1',
};

/** The sandbox's account in the demo. */
export const ACCOUNT: SandboxOptions = { plan: 'pro', balanceUsd: 100 };

/** Names that the two templates contain. */
export const TRACK_TRIGGER = 'Run manually';
export const TRACK_NODE = 'Track videos';
const COLLECT_TRIGGER = 'On new snapshot';
export const TABLE = 'ContentStats snapshots';

export interface Scenario {
	credential: CredentialReference;
	/** Imported, with Dry Run off until `turnOnDryRun`; run it from `TRACK_TRIGGER`. */
	track: SavedWorkflow;
	/** Imported, with its Data Table created; not yet published. */
	collect: SavedWorkflow;
}

/** Saves a credential for the sandbox's first organisation. */
export const saveCredential = async (
	n8n: N8nApi,
	{ liveKey: apiKey, baseUrl }: Sandbox,
): Promise<CredentialReference> =>
	await n8n.createCredential('ContentStats (sandbox)', 'contentStatsApi', { apiKey, baseUrl });

/** Saves the credential, imports both templates and executes the second once, as a new user would. */
export async function setUp(n8n: N8nApi, sandbox: Sandbox): Promise<Scenario> {
	const credential = await saveCredential(n8n, sandbox);
	const importTemplate = async (template: WorkflowTemplate) =>
		await n8n.importWorkflow(template, (node) => (isOurs(node) ? credential : undefined));
	const track = await importTemplate(readTrackTemplate());
	const collect = await importTemplate(readCollectTemplate());
	const made = await n8n.run(collect, COLLECT_TRIGGER);
	if (made.status !== 'success') throw executionError(collect.name, made);
	return { credential, track, collect };
}

/** Changes the parameters of the nodes of this package. */
const changeOurs = (nodes: INode[], change: (parameters: INodeParameters) => INodeParameters) =>
	nodes.map((node) => (isOurs(node) ? { ...node, parameters: change(node.parameters) } : node));

/** Sets Dry Run. */
const withDryRun =
	(dryRun: boolean) =>
	(parameters: INodeParameters): INodeParameters => ({
		...parameters,
		options: { ...(parameters.options as INodeParameters), dryRun },
	});

/** Turns Dry Run on in a saved workflow, as its note says, so that running it again tracks nothing. */
export async function turnOnDryRun(n8n: N8nApi, { id }: SavedWorkflow): Promise<void> {
	const path = `/workflows/${id}`;
	const { nodes, versionId } = await n8n.request<WorkflowTemplate & SavedWorkflow>('GET', path);
	await n8n.request('PATCH', path, {
		nodes: changeOurs(nodes, withDryRun(true)),
		versionId,
	});
}

/** Whether a node belongs to this package. */
export const isOurs = ({ type }: INode): boolean => type.startsWith('n8n-nodes-contentstats.');

/** Returns the parameters of the first node of this package in a template of `workflows/`. */
export const parametersOf = ({ nodes }: WorkflowTemplate): INodeParameters =>
	nodes.find(isOurs)!.parameters;

/** Waits for two snapshots of each video in the sandbox, so that the first poll has rows to emit. */
export async function twoSnapshotsEach(sandbox: Sandbox): Promise<void> {
	while ([...sandbox.videos.values()].some((video) => video.snapshots.length < 2)) await sleep(250);
}

/** Reads the template that tracks a batch, with Dry Run off as a user does after seeing the price. */
export function readTrackTemplate(): WorkflowTemplate {
	const template = readTemplate('track-a-batch-of-videos.json');
	return { ...template, nodes: changeOurs(template.nodes, withDryRun(false)) };
}

/** Reads the template that collects snapshots in a Data Table, with a poll every minute: n8n has no shorter interval. */
export function readCollectTemplate(): WorkflowTemplate {
	const template = readTemplate('new-snapshots-to-a-data-table.json');
	const pollTimes = { item: [{ mode: 'everyMinute' }] };
	const nodes = changeOurs(template.nodes, (parameters) => ({ ...parameters, pollTimes }));
	return { ...template, nodes };
}

/** Reads a template of `workflows/` by its file name. */
export function readTemplate(file: string): WorkflowTemplate {
	const path = join(__dirname, '..', 'workflows', file);
	return JSON.parse(readFileSync(path, 'utf8')) as WorkflowTemplate;
}
