import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Names the Node.js of this process and the n8n that files in a folder import: figures depend on both. */
export function hostVersions(folder: string): string {
	const require = createRequire(join(folder, 'package.json'));
	const ofN8n = ['n8n-core', 'n8n-workflow'].map((name) => {
		const { version } = require(`${name}/package.json`) as { version: string };
		return `${name} ${version}`;
	});
	return [`Node.js ${process.versions.node}`, ...ofN8n].join(', ');
}
