import type { INodeParameters, INodeType, VersionedNodeType } from 'n8n-workflow';
import { join } from 'node:path';

import { installN8n } from '../demo/install';
import { printStep } from '../demo/steps';
import type { OtherNode } from '../harness/engine';

/** Returns the node_modules folder of the demo's n8n, which is installed on first use. */
export async function n8nPackages(): Promise<string> {
	const { n8nPath } = await installN8n(printStep);
	return join(n8nPath, '../../..');
}

/**
 * Loads the newest version of a node that comes with n8n.
 * @param file path in `dist/nodes` of n8n-nodes-base, without `.node.js`
 */
export function builtIn(packages: string, file: string, parameters: INodeParameters): OtherNode {
	const path = join(packages, 'n8n-nodes-base/dist/nodes', `${file}.node.js`);
	// eslint-disable-next-line @typescript-eslint/no-require-imports
	const [Type] = Object.values(require(path)) as [new () => INodeType | VersionedNodeType];
	const made = new Type() as INodeType & VersionedNodeType;
	const isVersioned = typeof made.getNodeType === 'function';
	const type = isVersioned ? made.getNodeType() : made;
	const { version } = type.description;
	const newest = isVersioned ? made.currentVersion : [version].flat().at(-1)!;
	return { name: file.split('/').at(-1)!, type, typeVersion: newest, parameters };
}
