import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';

import type { Client } from '../api/client';

/** What an operation works with. */
export interface Run {
	context: IExecuteFunctions;
	client: Client;
	/** Whether the key is one that charges nothing. */
	isTestKey: boolean;
	/** What the rate limit and the balance belong to. Holds the key: never shown. */
	account: string;
	/** Says something beside the output, in the output panel. */
	hint: (message: string, type?: 'info' | 'warning') => void;
}

interface Described {
	/** The entry in the Operation list. */
	option: INodePropertyOptions & { value: string };
	fields: INodeProperties[];
	/** What an AI agent is told: what the operation does, what it costs, and what it returns. */
	toolDescription: string;
}

/** An operation on each input item by itself. */
export interface ItemOperation extends Described {
	executeItem(run: Run, itemIndex: number): Promise<IDataObject[]>;
}

/** An operation on all input items at once. */
export interface BatchOperation extends Described {
	executeBatch(run: Run): Promise<INodeExecutionData[]>;
}

export type Operation = ItemOperation | BatchOperation;
