import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import type { Report } from './figures';

/** Vendors' nodes for their own services, chosen by weekly downloads in November 2026. */
const VENDORS = [
	'@mendable/n8n-nodes-firecrawl',
	'@blotato/n8n-nodes-blotato',
	'@searchapi/n8n-nodes-searchapi',
];

interface Packed {
	size: number;
	entryCount: number;
}

function npm(args: string[]): string {
	const cwd = join(__dirname, '..');
	return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

/** Returns the size and number of files of a package's tarball; default: this package. */
function packed(...name: string[]): Packed {
	const answer = JSON.parse(npm(['pack', ...name, '--dry-run', '--json'])) as Packed[] | object;
	return (Array.isArray(answer) ? answer : Object.values(answer))[0] as Packed;
}

/** Measures row 7: size and number of files of the tarball, against the least of three vendors' nodes. */
export function measurePackage(): Report {
	const ours = packed();
	const vendors = VENDORS.map((name) => packed(name));
	const least = (of: (one: Packed) => number) => Math.min(...vendors.map(of));
	const against = 'the least of three vendors’ nodes';
	const common = { row: 7, against, target: 1.5 };
	return {
		figures: [
			{
				...common,
				what: 'tarball',
				unit: 'kB',
				ours: [ours.size / 1000],
				theirs: [least(({ size }) => size) / 1000],
			},
			{
				...common,
				what: 'files',
				unit: '',
				ours: [ours.entryCount],
				theirs: [least(({ entryCount }) => entryCount)],
			},
		],
	};
}
