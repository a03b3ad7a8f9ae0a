import type { IExecuteFunctions } from 'n8n-workflow';

import { readBatchOptions } from '../../../../nodes/ContentStats/operations/track/parameters';

it('reads the lowest Max Total Cost of 200,000 items', () => {
	const items = Array<object>(200_000).fill({});
	const getNodeParameter = (_: string, index: number) => ({ maxTotalCost: items.length - index });
	const given = { getInputData: () => items, getNodeParameter };
	const functions = given as unknown as IExecuteFunctions;
	expect(readBatchOptions({ functions, isTool: false, isTestKey: false }, []).maxTotalCost).toBe(1);
});
