import type { INodeType } from 'n8n-workflow';

/** The nodes as published: the sources, compiled by tsx, are slower. */
// eslint-disable-next-line @typescript-eslint/no-require-imports
export const built = require('..') as Record<
	'ContentStats' | 'ContentStatsTrigger',
	new () => INodeType
>;
