import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Report } from './figures';

const ROOT = join(__dirname, '..');
const OURS = ['ContentStats', 'ContentStatsTrigger'].map((name) =>
	join(ROOT, `dist/nodes/ContentStats/${name}.node.js`),
);

/** An empty node, as built by the starter template. */
const EMPTY = `
Object.defineProperty(exports, '__esModule', { value: true });
const { NodeConnectionTypes } = require('n8n-workflow');
exports.Empty = class Empty {
	description = {
		displayName: 'Empty', name: 'empty', group: ['input'], version: 1, description: 'Nothing',
		defaults: { name: 'Empty' }, inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main], properties: [],
	};
};`;

/** Returns the time to load nodes in a fresh process that has loaded n8n-workflow and zod, ms. */
function loadMs(files: string[]): number {
	const script = `
		require('n8n-workflow'); require('zod');
		const start = performance.now();
		for (const file of ${JSON.stringify(files)})
			for (const Node of Object.values(require(file))) new Node();
		console.log(performance.now() - start);`;
	const env = { ...process.env, NODE_PATH: join(ROOT, 'node_modules') };
	return Number(execFileSync(process.execPath, ['-e', script], { env, encoding: 'utf8' }));
}

/** Measures row 6: the time to load both nodes. */
export function measureLoad(rounds: number): Report {
	const dir = mkdtempSync(join(tmpdir(), 'contentstats-bench-'));
	const empty = join(dir, 'Empty.node.js');
	writeFileSync(empty, EMPTY);
	const ours: number[] = [];
	const theirs: number[] = [];
	for (let round = 0; round < rounds; round += 1) {
		ours.push(loadMs(OURS));
		theirs.push(10 + loadMs([empty]));
	}
	rmSync(dir, { recursive: true, force: true });
	const what = 'loading both nodes';
	const against = 'an empty node, and 10 ms';
	return { figures: [{ row: 6, what, unit: 'ms', ours, against, theirs, target: 1 }] };
}
