import { readBatchOptions } from '../../../../nodes/ContentStats/operations/track/parameters';
import type { OperationContext } from '../../../../nodes/ContentStats/operations/operation';

it('reads the lowest Max Total Cost of 200,000 items', () => {
	const items = Array<object>(200_000).fill({});
	const getNodeParameter = (_: string, index: number) => ({ maxTotalCost: items.length - index });
	const functions = { getInputData: () => items, getNodeParameter };
	const context = { functions } as unknown as OperationContext;
	expect(readBatchOptions(context).maxTotalCost).toBe(1);
});
