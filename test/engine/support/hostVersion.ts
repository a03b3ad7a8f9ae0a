import { type Failure, type INode, NodeApiError } from 'n8n-workflow';

const cause: Failure['cause'] = 'temporarily-unavailable';
const { failure: kept } = new NodeApiError({} as INode, {}, { failure: { cause } });

/** Builds a matcher for a NodeApiError with a failure, which n8n 1 drops: there it is not matched. */
export const errorWith = (failure: object): object => ({
	name: 'NodeApiError',
	...(kept ? { failure } : {}),
});
