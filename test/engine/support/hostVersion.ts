import { type Failure, type INode, NodeApiError } from 'n8n-workflow';

const cause: Failure['cause'] = 'temporarily-unavailable';
const { failure: kept } = new NodeApiError({} as INode, {}, { failure: { cause } });

/** The error of a node that tells n8n of a failure, as this host keeps it: n8n 1 drops the failure. */
export const errorWith = (failure: object): object => ({
	name: 'NodeApiError',
	...(kept ? { failure } : {}),
});
