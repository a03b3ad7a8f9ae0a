import type { INodeType } from 'n8n-workflow';

/** The nodes as they are published: what tsx makes of the sources is slower. */
// eslint-disable-next-line @typescript-eslint/no-require-imports
export const built = require('..') as Record<
	'ContentStats' | 'ContentStatsTrigger',
	new () => INodeType
>;
