import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ESLint as ESLintClass } from 'eslint';

interface Scanner {
	analyzePackage: (
		dir: string,
		patterns: string[],
	) => Promise<{ passed: boolean; message?: string; details?: string }>;
	buildScanConfig: () => Promise<ESLintClass.Options['overrideConfig']>;
	SOURCE_FILE_PATTERNS: string[];
}

/** The file patterns that n8n scans in a published tarball. */
const TARBALL_PATTERNS = ['**/*.js', 'package.json'];

/** Packs the package as it would be published, and unpacks it. @returns the unpacked folder */
function unpackTarball(into: string): string {
	const output = execFileSync('npm', ['pack', '--json', '--pack-destination', into], {
		encoding: 'utf8',
	});
	const [{ filename }] = JSON.parse(output) as [{ filename: string }];
	execFileSync('tar', ['-xzf', join(into, filename), '-C', into]);
	return join(into, 'package');
}

/** Counts errors and warnings by the scanner's own rules, since `analyzePackage` fails on errors only. */
async function count(scanner: Scanner, dir: string, patterns: string[]) {
	const { ESLint } = await import('eslint');
	const eslint = new ESLint({
		cwd: dir,
		allowInlineConfig: false,
		overrideConfigFile: true,
		overrideConfig: await scanner.buildScanConfig(),
	});
	const results = await eslint.lintFiles(patterns);
	const sum = (key: 'errorCount' | 'warningCount') =>
		results.reduce((total, result) => total + result[key], 0);
	const report = await (await eslint.loadFormatter('stylish')).format(results);
	return {
		files: results.length,
		errors: sum('errorCount'),
		warnings: sum('warningCount'),
		report,
	};
}

async function main(): Promise<void> {
	const scanner = (await import(
		'@n8n/scan-community-package/scanner/scanner.mjs' as string
	)) as Scanner;
	const temporary = mkdtempSync(join(tmpdir(), 'contentstats-scan-'));
	try {
		const targets: Array<[string, string, string[]]> = [
			['source', process.cwd(), scanner.SOURCE_FILE_PATTERNS],
			['tarball', unpackTarball(temporary), TARBALL_PATTERNS],
		];
		for (const [name, dir, patterns] of targets) {
			const { passed, message, details } = await scanner.analyzePackage(dir, patterns);
			const { files, errors, warnings, report } = await count(scanner, dir, patterns);
			console.log(
				`${name}: analyzePackage ${passed ? 'passed' : `failed (${message})`}; ${files} files, ${errors} errors, ${warnings} warnings`,
			);
			if (!passed) console.log(details);
			else if (warnings > 0) console.log(report);
			if (!passed || files === 0 || errors + warnings > 0) process.exitCode = 1;
		}
	} finally {
		rmSync(temporary, { recursive: true, force: true });
	}
}

void main();
