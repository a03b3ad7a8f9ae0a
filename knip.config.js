/** @type {import('knip').KnipConfig} */
module.exports = {
	entry: [
		'gulpfile.js',
		'nodes/**/*.node.ts',
		'credentials/*.ts',
		// Started as processes of their own.
		'bench/{api,index,subject}.ts',
		'bench/scale/api.ts',
		'bench/work/*.ts',
		'demo/leash.js',
		'test/**/*.test.ts',
	],
	jest: { config: ['{,test/**/}*jest.config.js'] },
	project: ['**/*.{js,ts}', '!dist/**', '!demo/.*/**'],
	ignoreDependencies: [
		// Types in comments only.
		'@commitlint/types',
		'@stryker-mutator/api',
		// Imported by a name that TypeScript must not resolve: it has no types.
		'@n8n/scan-community-package',
		// The types of n8n-workflow need it.
		'@types/luxon',
	],
};
