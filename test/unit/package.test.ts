import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import manifest from '../../package.json';
import { outputSchemas } from '../../scripts/outputSchemas';

// `npm test` builds first, so the package tested here is the one that is published.

const folder = mkdtempSync(join(tmpdir(), 'contentstats-package-'));
let files: string[];
let tarball: string;

const filesBelow = (dir: string): string[] =>
	readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) =>
		statSync(join(dir, name)).isFile(),
	);

beforeAll(() => {
	const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	const [{ filename }] = JSON.parse(output) as [{ filename: string }];
	tarball = join(folder, filename);
	execFileSync('tar', ['-xzf', tarball, '-C', folder]);
	files = filesBelow(join(folder, 'package'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string) => readFileSync(join(folder, 'package', name), 'utf8');

test('api, model and polling import nothing but types from n8n-workflow', () => {
	const pure = filesBelow('nodes/ContentStats').filter((name) =>
		/^(api|model|polling)\//.test(name),
	);
	expect(pure.length).toBeGreaterThan(25);
	const imports = pure.flatMap((name) =>
		[...readFileSync(join('nodes/ContentStats', name), 'utf8').matchAll(/^import [^;]*;$/gm)].map(
			([statement]) => `${name}: ${statement}`,
		),
	);
	expect(imports.filter((statement) => statement.includes("'n8n-workflow'"))).not.toEqual([]);
	expect(
		imports.filter(
			(statement) => statement.includes("'n8n-workflow'") && !statement.includes('import type'),
		),
	).toEqual([]);
});

describe('the packed tarball', () => {
	test('is at most 88 KB', () => {
		expect(statSync(tarball).size).toBeLessThanOrEqual(88_000);
	});

	test('contains only dist, index.js, README, LICENSE and package.json', () => {
		const others = files.filter((name) => !name.startsWith('dist/'));
		expect(others.sort()).toEqual(['LICENSE', 'README.md', 'index.js', 'package.json']);
		expect(files.filter((name) => !/\.(js|json|svg)$/.test(name)).sort()).toEqual([
			'LICENSE',
			'README.md',
		]);
	});

	test('has no runtime dependencies and one peer dependency', () => {
		expect(manifest).not.toHaveProperty('dependencies');
		expect(manifest.peerDependencies).toEqual({ 'n8n-workflow': '*' });
	});

	test.each(Object.entries(outputSchemas))('holds the output schema %s', (name, schema) => {
		expect(JSON.parse(read(`dist/nodes/ContentStats/__schema__/${name}`))).toEqual(schema);
	});

	test('requires only n8n-workflow, zod, node:crypto and its own files', () => {
		const scripts = files.filter((name) => name.endsWith('.js'));
		const required = scripts.flatMap((name) =>
			[...read(name).matchAll(/(?:require|import)\(\s*['"]([^'"]+)['"]\s*\)/g)].map(
				([, id]) => id!,
			),
		);
		expect(required.length).toBeGreaterThan(5);
		const foreign = new Set(required.filter((id) => !id.startsWith('.')));
		expect([...foreign].sort()).toEqual(['n8n-workflow', 'node:crypto', 'zod']);
	});

	test('contains every file that n8n is told to load, with icons and codex', () => {
		const listed = [...manifest.n8n.nodes, ...manifest.n8n.credentials];
		expect(files).toEqual(expect.arrayContaining(listed));
		for (const node of manifest.n8n.nodes) {
			const codex = JSON.parse(read(node.replace(/\.js$/, '.json')));
			expect(codex.node).toMatch(/^n8n-nodes-contentstats\.contentStats/);
			// n8n passes over a category that is none of its own, and its scanner does not tell.
			expect(codex.categories).toEqual(['Marketing & Content', 'Analytics']);
		}
		expect(files.filter((name) => name.endsWith('.svg')).sort()).toEqual([
			'dist/nodes/ContentStats/contentstats.dark.svg',
			'dist/nodes/ContentStats/contentstats.svg',
		]);
	});

	test('exports its classes from index.js', () => {
		const exported = execFileSync(
			process.execPath,
			['-p', 'Object.keys(require("./index.js")).join()'],
			{ encoding: 'utf8' },
		);
		expect(exported.trim()).toBe('ContentStatsApi,ContentStats,ContentStatsTrigger');
	});
});
