import 'reflect-metadata';

import {
	CredentialTestContext,
	ExecutionLifecycleHooks,
	LoadOptionsContext,
	PollContext,
	WorkflowExecute,
} from 'n8n-core';
import {
	type ICredentialDataDecryptedObject,
	ICredentialsHelper,
	type IDataObject,
	type IHttpRequestOptions,
	type INode,
	type INodeCredentialTestResult,
	type INodeExecutionData,
	type INodeListSearchResult,
	type INodeParameters,
	type INodePropertyOptions,
	type INodeType,
	type INodeTypes,
	type IPinData,
	type IRun,
	type IWorkflowExecuteAdditionalData,
	NodeConnectionTypes,
	NodeHelpers,
	type NodeApiError,
	type NodeExecutionHint,
	Workflow,
	type WorkflowActivateMode,
	type WorkflowExecuteMode,
} from 'n8n-workflow';

import { ContentStatsApi } from '../credentials/ContentStatsApi.credentials';
import { ContentStats } from '../nodes/ContentStats/ContentStats.node.ts';
import { ContentStatsTrigger } from '../nodes/ContentStats/ContentStatsTrigger.node.ts';

export interface Credential {
	apiKey: string;
	baseUrl: string;
}

const ACTION = 'n8n-nodes-contentstats.contentStats';
const TRIGGER = 'n8n-nodes-contentstats.contentStatsTrigger';
/** The tool that n8n makes of the action node for AI agents. */
const TOOL = `${ACTION}Tool`;
const SOURCE = 'test.source';

/** The source of a run's items. Its output is pinned, so it is never executed. */
const source: INodeType = {
	description: {
		displayName: 'Source',
		name: 'source',
		group: ['trigger'],
		version: 1,
		description: '',
		defaults: {},
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		properties: [],
	},
};

/** Returns a node as a tool: its name decides which fields it has. Here it still takes and returns items. */
function toolOf(node: INodeType): INodeType {
	node.description = { ...node.description, name: `${node.description.name}Tool` };
	return node;
}

const types: Record<string, INodeType> = {
	[SOURCE]: source,
	[ACTION]: new ContentStats(),
	[TOOL]: toolOf(new ContentStats()),
	[TRIGGER]: new ContentStatsTrigger(),
};

const nodeTypes: INodeTypes = {
	getByName: (name) => types[name]!,
	getByNameAndVersion: (name) => types[name]!,
	getKnownTypes: () => ({}),
};

const credentialType = new ContentStatsApi();

/** Resolves our credential type as n8n's own helper does, which is part of its server. */
class CredentialsHelper extends ICredentialsHelper {
	constructor(private readonly credential: Credential) {
		super();
	}

	getParentTypes = () => [];
	isCredentialUsableByNode = () => true;
	preAuthentication = async () => undefined;
	runPreAuthentication = async () => undefined;
	getCredentials = async () => {
		throw new Error('Not needed here');
	};
	getDecrypted = async () => ({ ...this.credential });
	updateCredentials = async () => {};
	updateCredentialsOauthTokenData = async () => {};
	getCredentialsProperties = () => credentialType.properties;

	authenticate = async (
		credentials: ICredentialDataDecryptedObject,
		_typeName: string,
		options: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> => await credentialType.authenticate(credentials, options);
}

function additionalDataFor(
	credential: Credential,
	executionId = '1',
): IWorkflowExecuteAdditionalData {
	const workflowData = { id: '1', name: 'Test' } as ExecutionLifecycleHooks['workflowData'];
	return {
		credentialsHelper: new CredentialsHelper(credential),
		hooks: new ExecutionLifecycleHooks('manual', '1', workflowData),
		executionId,
		currentNodeParameters: undefined,
		restApiUrl: 'http://localhost/rest',
		instanceBaseUrl: 'http://localhost/',
		webhookBaseUrl: 'http://localhost/webhook',
		webhookWaitingBaseUrl: 'http://localhost/webhook-waiting',
		webhookTestBaseUrl: 'http://localhost/webhook-test',
		formWaitingBaseUrl: 'http://localhost/form-waiting',
		variables: {},
		setExecutionStatus: () => {},
		sendDataToUI: () => {},
	} as unknown as IWorkflowExecuteAdditionalData;
}

/** Builds a node as n8n runs it: parameters that the user left alone have their defaults. */
function nodeWith(type: string, name: string, parameters: INodeParameters, typeVersion = 1): INode {
	const node: INode = {
		id: name,
		name,
		type,
		typeVersion,
		position: [0, 0],
		parameters,
		credentials: { contentStatsApi: { id: '1', name: 'ContentStats' } },
	};
	const { description } = types[type]!;
	const complete = NodeHelpers.getNodeParameters(
		description.properties,
		parameters,
		true,
		false,
		node,
		description,
	);
	return { ...node, parameters: complete ?? {} };
}

export interface RunOptions {
	/** Input items; default: one empty item. */
	items?: IDataObject[];
	onError?: INode['onError'];
	retryOnFail?: boolean;
	/** Runs the node as the tool of an AI agent. */
	asTool?: boolean;
	/** The execution of the agent or workflow; default: `1`. Empty: none. */
	executionId?: string;
	/** The workflow's; default: UTC. */
	timezone?: string;
}

export interface RunOutcome {
	/** The items of the first output. */
	items: IDataObject[];
	/** The items of the error output, if the node has one. */
	errorItems: IDataObject[];
	full: INodeExecutionData[];
	hints: NodeExecutionHint[];
	error: (NodeApiError & { description?: string | null }) | undefined;
	run: IRun;
}

/** A node that is not ours, for comparison. */
export interface OtherNode {
	name: string;
	type: INodeType;
	typeVersion: number;
	parameters: INodeParameters;
}

/** In n8n 1 each option of a run is a parameter of its own. */
type RunOfN8n1 = (
	workflow: Workflow,
	startNode: INode,
	destinationNode: undefined,
	pinData: IPinData,
) => ReturnType<WorkflowExecute['run']>;

/** Starts a chain of nodes on the items, in n8n's own engine. */
function startChain(
	credential: Credential,
	chain: INode[],
	items: IDataObject[],
	{ executionId, timezone = 'UTC' }: Pick<RunOptions, 'executionId' | 'timezone'> = {},
) {
	const start = { ...nodeWith(SOURCE, 'Source', {}), credentials: undefined };
	const nodes = [start, ...chain];
	const connections = nodes.slice(1).map(({ name }, index) => {
		const main = [[{ node: name, type: NodeConnectionTypes.Main, index: 0 }]];
		return [nodes[index]!.name, { main }];
	});
	const workflow = new Workflow({
		id: '1',
		nodes,
		connections: Object.fromEntries(connections),
		active: false,
		nodeTypes,
		settings: { executionOrder: 'v1', timezone },
	});
	const execute = new WorkflowExecute(additionalDataFor(credential, executionId), 'manual');
	const pinData = { Source: items.map((json) => ({ json, pairedItem: { item: 0 } })) };
	if (execute.run.length === 1) return execute.run({ workflow, startNode: start, pinData });
	const run = execute.run as unknown as RunOfN8n1;
	return run.call(execute, workflow, start, undefined, pinData);
}

/** Runs a chain of other nodes on the items, in n8n's own engine. */
export async function runOthers(
	credential: Credential,
	others: OtherNode[],
	items: IDataObject[],
): Promise<IRun> {
	const nodes = others.map(({ name, type, typeVersion, parameters }) => {
		types[name] = type;
		return nodeWith(name, name, parameters, typeVersion);
	});
	return await startChain(credential, nodes, items);
}

/** Starts the action node in n8n's own engine. `stop` does the same as n8n's Stop button. */
export function startAction(
	credential: Credential,
	parameters: INodeParameters,
	{ items = [{}], onError, retryOnFail, asTool = false, ...run }: RunOptions = {},
): { outcome: Promise<RunOutcome>; stop: () => void } {
	// n8n waits a second between tries by default, and takes 0 for that.
	const settings = { onError, retryOnFail, waitBetweenTries: 1 };
	const type = asTool ? TOOL : ACTION;
	const action = { ...nodeWith(type, 'ContentStats', parameters), ...settings };
	const running = startChain(credential, [action], items, run);
	const outcome = running.then((ended): RunOutcome => {
		const task = ended.data.resultData.runData.ContentStats?.[0];
		const [first, second] = task?.data?.main ?? [];
		return {
			items: (first ?? []).map(({ json }) => json),
			errorItems: (second ?? []).map(({ json }) => json),
			full: first ?? [],
			hints: task?.hints ?? [],
			error: (task?.error ?? ended.data.resultData.error) as RunOutcome['error'],
			run: ended,
		};
	});
	return { outcome, stop: () => running.cancel() };
}

/** Runs the action node in n8n's own engine to its end. */
export const runAction = (
	credential: Credential,
	parameters: INodeParameters,
	options?: RunOptions,
): Promise<RunOutcome> => startAction(credential, parameters, options).outcome;

export interface Poller {
	/** Polls once; null if nothing was emitted. */
	poll: (mode?: WorkflowExecuteMode) => Promise<IDataObject[] | null>;
	/** Static data that n8n keeps between polls. The next poll sees any change made to it. */
	staticData: IDataObject;
	/** Errors that the trigger had n8n record as failed executions, beside its items. */
	errors: Error[];
	/** Activates the trigger again, with a copy of the static data that went through JSON. */
	restarted: (parameters?: INodeParameters, credential?: Credential) => Poller;
}

export interface PollerOptions {
	/** Result of getPollBudgetMs, ms; null: the host has no such function. Default: n8n's own. */
	budgetMs?: number | null;
	/** The id of the node; default: its name. */
	nodeId?: string;
	/** Why n8n activates the workflow; default: a user publishes it. */
	activation?: WorkflowActivateMode;
	/** The trigger to poll; default: the one that this process has loaded. */
	trigger?: INodeType;
	/** Changes each context before it polls, such as its request helper. */
	prepare?: (context: PollContext) => void;
}

/** Creates the trigger in n8n's own PollContext, one for all polls of an activation, as in n8n. */
export function createPoller(
	credential: Credential,
	parameters: INodeParameters,
	staticData: IDataObject = {},
	options: PollerOptions = {},
): Poller {
	const trigger = nodeWith(TRIGGER, 'ContentStats Trigger', parameters);
	const node = { ...trigger, id: options.nodeId ?? trigger.id };
	const workflow = new Workflow({
		id: '1',
		nodes: [node],
		connections: {},
		active: true,
		nodeTypes,
		settings: { timezone: 'UTC' },
		staticData: { 'node:ContentStats Trigger': staticData },
	});
	const errors: Error[] = [];
	const contextFor = (mode: WorkflowExecuteMode) => {
		const emitError = (error: Error) => void errors.push(error);
		const additionalData = additionalDataFor(credential);
		const context = new PollContext(
			workflow,
			node,
			additionalData,
			mode,
			options.activation ?? 'activate',
			undefined,
			emitError,
		);
		options.prepare?.(context);
		const { budgetMs } = options;
		if (budgetMs === undefined) return context;
		const getPollBudgetMs = budgetMs === null ? undefined : () => budgetMs;
		return Object.assign(context, { getPollBudgetMs });
	};
	const scheduled = contextFor('trigger');
	const kept = () => JSON.parse(JSON.stringify(workflow.getStaticData('node', node)));
	return {
		staticData: workflow.getStaticData('node', node),
		errors,
		async poll(mode = 'trigger') {
			const context = mode === 'trigger' ? scheduled : contextFor(mode);
			const output = await (options.trigger ?? types[TRIGGER]!).poll!.call(context);
			return output ? output[0]!.map(({ json }) => json) : null;
		},
		restarted: (nextParameters = parameters, nextCredential = credential) =>
			createPoller(nextCredential, nextParameters, kept(), options),
	};
}

/** Creates the context in which the editor asks for a list. */
function loadOptionsContext(credential: Credential, type: string): LoadOptionsContext {
	const node = nodeWith(type, 'ContentStats', {});
	const workflow = new Workflow({ nodes: [node], connections: {}, active: false, nodeTypes });
	return new LoadOptionsContext(workflow, node, additionalDataFor(credential), '');
}

/** Returns the options that the list of a node's Video field offers for a typed text. */
export const searchVideos = async (
	credential: Credential,
	filter?: string,
): Promise<INodeListSearchResult> =>
	await new ContentStats().methods.listSearch.searchVideos.call(
		loadOptionsContext(credential, ACTION),
		filter,
	);

/** Returns the videos that the trigger offers to choose from. */
export const getVideos = async (credential: Credential): Promise<INodePropertyOptions[]> =>
	await new ContentStatsTrigger().methods.loadOptions.getVideos.call(
		loadOptionsContext(credential, TRIGGER),
	);

/** Tests a credential as the editor does. */
export async function testCredential(credential: Credential): Promise<INodeCredentialTestResult> {
	const context = new CredentialTestContext(additionalDataFor(credential));
	return await new ContentStats().methods.credentialTest.testCredential.call(context, {
		id: '1',
		name: 'ContentStats',
		type: credentialType.name,
		data: { ...credential },
	});
}
