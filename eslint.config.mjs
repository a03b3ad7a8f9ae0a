import { config as n8nConfig } from '@n8n/node-cli/eslint';
import * as regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

const ALL_TYPESCRIPT = '**/*.ts';

/** Limits n8n's preset, which covers all TypeScript, to the folders that run inside n8n. */
function forNodesOnly(entry) {
	const isForAll = entry.files?.flat().includes(ALL_TYPESCRIPT);
	return isForAll ? { ...entry, files: ['nodes/**/*.ts', 'credentials/**/*.ts'] } : entry;
}

export default [
	{ ignores: ['dist/', 'demo/node_modules/', 'demo/.*/'] },
	...n8nConfig.map(forNodesOnly),
	...tseslint.config({
		files: ['{bench,demo,harness,sandbox,scripts,test}/**/*.ts'],
		extends: [tseslint.configs.recommended],
	}),
	{
		// Text from outside is hostile: no expression may take more than linear time, not even to find where
		// it does not match.
		files: ['nodes/**/*.ts', 'credentials/**/*.ts'],
		plugins: { regexp },
		rules: {
			'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
			'regexp/no-super-linear-move': ['error', { report: 'potential', ignoreSticky: false }],
		},
	},
	{
		files: [ALL_TYPESCRIPT],
		rules: {
			eqeqeq: ['error', 'always', { null: 'ignore' }],
			'@typescript-eslint/no-unused-vars': [
				'error',
				{ argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' },
			],
		},
	},
];
