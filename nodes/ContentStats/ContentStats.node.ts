import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodeType,
	INodeTypeDescription,
	IPairedItemData,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { connect, errorJson, testCredential, toNodeError } from './host';
import { describeUnusable, type Unusable } from './model/unusable';
import { operations } from './operations';
import type { ItemOperation, NodeError, Operation, OperationContext } from './operations/operation';
import { toToolAnswer } from './operations/toolAnswer';
import { searchVideos } from './operations/videoPicker';
import { mapConcurrent } from './utils/async';

const toErrorItem = (
	{ message, description }: NodeError,
	pairedItem: IPairedItemData | IPairedItemData[],
): INodeExecutionData => ({ json: errorJson(message, description ?? ''), pairedItem });

/** Executes an operation on every input item; with continueOnFail a failed item carries its error. */
async function executeItems(
	context: OperationContext,
	operation: ItemOperation,
): Promise<INodeExecutionData[]> {
	const { functions } = context;
	const outputs = await mapConcurrent(functions.getInputData(), async (_, item) => {
		const pairedItem = { item };
		try {
			const results = await operation.executeItem(context, item);
			return results.map((json): INodeExecutionData => ({ json, pairedItem }));
		} catch (reason) {
			const error = toNodeError(functions.getNode(), reason, item);
			if (!functions.continueOnFail()) throw error;
			return [toErrorItem(error, pairedItem)];
		}
	});
	return outputs.flat();
}

/**
 * Builds the field that describes an operation to an AI agent. Without it n8n describes every
 * operation by the node's own description (makeDescription in n8n-workflow looks operations up by
 * their resource).
 */
const toolDescriptionField = ({ option, toolDescription }: Operation): INodeProperties => ({
	displayName: 'Tool Description',
	name: 'toolDescription',
	type: 'string',
	typeOptions: { rows: 4 },
	default: toolDescription,
	required: true,
	description: 'Explain to the AI agent what this tool does, what it costs and what it returns',
	displayOptions: { show: { '@tool': [true], operation: [option.value] } },
});

/** Whether an AI agent executes the node: n8n names the tool that it makes of a node so. */
const isToolNode = (functions: IExecuteFunctions): boolean =>
	functions.getNode().type.endsWith('Tool');

export class ContentStats implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'ContentStats',
		name: 'contentStats',
		icon: { light: 'file:contentstats.svg', dark: 'file:contentstats.dark.svg' },
		group: ['input'],
		version: 1,
		subtitle:
			'={{ $parameter["operation"].charAt(0).toUpperCase() + $parameter["operation"].slice(1) + ($parameter["operation"] === "get" ? ": " + $parameter["output"] : "") }}',
		description:
			'Track TikTok, YouTube, Instagram and X/Twitter videos, and get their hourly views, likes, comments, shares and saves',
		builderHint: {
			searchHint:
				'Tracks public TikTok, YouTube, Instagram and X/Twitter videos at $0.015 per hourly snapshot, and reads their views, likes, comments, shares and saves. Use Track for a list of links, Get for the history or a summary of one video, List for all videos, Usage for the balance.',
			relatedNodes: [
				{
					nodeType: 'n8n-nodes-contentstats.contentStatsTrigger',
					relationHint: 'Starts a workflow with each new snapshot of the tracked videos',
				},
			],
		},
		defaults: { name: 'ContentStats' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'contentStatsApi', required: true, testedBy: 'testCredential' }],
		properties: [
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				default: 'track',
				options: operations.map(({ option }) => option),
			},
			...operations.map(toolDescriptionField),
			...operations.flatMap(({ fields }) => fields),
		],
	};

	methods = { credentialTest: { testCredential }, listSearch: { searchVideos } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const chosen = this.getNodeParameter('operation', 0);
		const operation = operations.find(({ option }) => option.value === chosen)!;
		try {
			const { client, account, api, isTestKey } = await connect(this);
			const unusable: Unusable[] = [];
			const isTool = isToolNode(this);
			const context: OperationContext = {
				functions: this,
				isTool,
				client,
				account,
				api,
				isTestKey,
				tellUnusable: (found) =>
					found.forEach((one) => one.fields.length > 0 && unusable.push(one)),
				hint: (message, type = 'info') =>
					this.addExecutionHints({ message, type, location: 'outputPane' }),
			};
			const items =
				'executeBatch' in operation
					? await operation.executeBatch(context)
					: await executeItems(context, operation);
			if (unusable.length > 0) context.hint(describeUnusable(unusable), 'warning');
			return [isTool ? items.map(toToolAnswer) : items];
		} catch (reason) {
			const error = toNodeError(this.getNode(), reason);
			if (!this.continueOnFail()) throw error;
			if ('failBatch' in operation && operation.failBatch)
				return [operation.failBatch(this, error)];
			const pairedItems = this.getInputData().map((_, item) => ({ item }));
			return [[toErrorItem(error, pairedItems)]];
		}
	}
}
