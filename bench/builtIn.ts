import type { INodeParameters, INodeType, VersionedNodeType } from 'n8n-workflow';
import { join } from 'node:path';

import { installN8n } from '../demo/install';
import { printStep } from '../demo/steps';
import type { OtherNode } from '../harness/engine';

/** Where the n8n of the demo keeps the packages it is made of; it is installed on first use. */
export async function n8nPackages(): Promise<string> {
	const { n8nPath } = await installN8n(printStep);
	return join(n8nPath, '../../..');
}

/** A node that comes with n8n, in its newest version. @param file in n8n-nodes-base's `dist/nodes` */
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
