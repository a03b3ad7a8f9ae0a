import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
	NodeApiError,
	NodeOperationError,
} from 'n8n-workflow';

import type { Client } from '../api/client';
import type { Unusable } from '../model/unusable';

/** An error as n8n shows it. */
export type NodeError = NodeApiError | NodeOperationError;

/** What an operation is handed. */
export interface OperationContext {
	functions: IExecuteFunctions;
	client: Client;
	/** Whether an AI agent executes the node as a tool. */
	isTool: boolean;
	/** Whether the key charges nothing. */
	isTestKey: boolean;
	/** Identifies the owner of the rate limit and the balance. */
	account: string;
	/** Identifies the API, whichever key is used: its base URL, however it is spelled. */
	api: string;
	/** Collects unusable fields. One hint for the whole execution names them. */
	tellUnusable: (unusable: Unusable[]) => void;
	/** Shows a message in the output panel. */
	hint: (message: string, type?: 'info' | 'warning') => void;
}

interface OperationDescription {
	/** The entry in the Operation list. */
	option: INodePropertyOptions & { value: string };
	fields: INodeProperties[];
	/** Tells an AI agent what the operation does, costs and returns. */
	toolDescription: string;
}

/** An operation that is executed on each input item by itself. */
export interface ItemOperation extends OperationDescription {
	executeItem(context: OperationContext, itemIndex: number): Promise<IDataObject[]>;
}

/** An operation that is executed once, on all input items together. */
export interface BatchOperation extends OperationDescription {
	executeBatch(context: OperationContext): Promise<INodeExecutionData[]>;
	/** Builds the items of an execution that goes on after an error with which no request could be sent. */
	failBatch?(functions: IExecuteFunctions, error: NodeError): INodeExecutionData[];
}

export type Operation = ItemOperation | BatchOperation;
