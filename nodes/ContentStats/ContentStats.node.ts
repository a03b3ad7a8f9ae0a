import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodeType,
	INodeTypeDescription,
	IPairedItemData,
	NodeApiError,
	NodeOperationError,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { forEachAtOnce } from './api/wait';
import { accountOf, connect, errorJson, isTestKey, toNodeError } from './host';
import { operations } from './operations';
import type { ItemOperation, Operation, Run } from './operations/operation';
import { searchVideos } from './operations/videoLocator';

const toErrorItem = (
	{ message, description }: NodeApiError | NodeOperationError,
	pairedItem: IPairedItemData | IPairedItemData[],
): INodeExecutionData => ({ json: errorJson(message, description ?? ''), pairedItem });

/** Runs an operation on every input item; with continueOnFail a failed item carries its error. */
async function executeItems(run: Run, operation: ItemOperation): Promise<INodeExecutionData[]> {
	const { context } = run;
	const outputs = await forEachAtOnce(context.getInputData(), async (_, item) => {
		const pairedItem = { item };
		try {
			const results = await operation.executeItem(run, item);
			return results.map((json): INodeExecutionData => ({ json, pairedItem }));
		} catch (reason) {
			const error = toNodeError(context.getNode(), reason, item);
			if (!context.continueOnFail()) throw error;
			return [toErrorItem(error, pairedItem)];
		}
	});
	return outputs.flat();
}

/**
 * What an AI agent is told of an operation. Without it n8n would tell the node's own description for
 * each (makeDescription in n8n-workflow, which looks up an operation by its resource).
 */
const toolDescriptionField = ({ option, toolDescription }: Operation): INodeProperties => ({
	displayName: 'Tool Description',
	name: 'toolDescription',
	type: 'string',
	typeOptions: { rows: 4 },
	default: toolDescription,
	required: true,
	description:
		'What the AI agent is told of this tool: what it does, what it costs and what it returns',
	displayOptions: { show: { '@tool': [true], operation: [option.value] } },
});

export class ContentStats implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'ContentStats',
		name: 'contentStats',
		icon: { light: 'file:contentstats.svg', dark: 'file:contentstats.dark.svg' },
		group: ['input'],
		version: 1,
		subtitle: '={{ $parameter["operation"] }}',
		description:
			'Track public TikTok, YouTube, Instagram and X/Twitter videos and get their hourly views, likes, comments, shares and saves from ContentStats.io',
		defaults: { name: 'ContentStats' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'contentStatsApi', required: true }],
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

	methods = { listSearch: { searchVideos } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		try {
			const chosen = this.getNodeParameter('operation', 0);
			const operation = operations.find(({ option }) => option.value === chosen)!;
			const { client, credential } = await connect(this);
			const run: Run = {
				context: this,
				client,
				isTestKey: isTestKey(credential),
				account: accountOf(credential),
				hint: (message, type = 'info') =>
					this.addExecutionHints({ message, type, location: 'outputPane' }),
			};
			return 'executeBatch' in operation
				? [await operation.executeBatch(run)]
				: [await executeItems(run, operation)];
		} catch (reason) {
			const error = toNodeError(this.getNode(), reason);
			if (!this.continueOnFail()) throw error;
			return [
				[
					toErrorItem(
						error,
						this.getInputData().map((_, item) => ({ item })),
					),
				],
			];
		}
	}
}
