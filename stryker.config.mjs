/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
	mutate: ['nodes/ContentStats/{api,model,polling}/**/*.ts'],
	testRunner: 'jest',
	jest: { configFile: 'test/mutation.jest.config.js' },
	coverageAnalysis: 'perTest',
	// A mutant in a constant loads every module anew: a fifth of all would take most of the time.
	ignoreStatic: true,
	timeoutMS: 5_000,
	concurrency: 2,
	reporters: ['clear-text', 'progress', 'html', 'json'],
	htmlReporter: { fileName: 'reports/mutation/index.html' },
	jsonReporter: { fileName: 'reports/mutation/mutation.json' },
	tempDirName: 'reports/stryker-tmp',
	ignorePatterns: ['demo/.*', 'dist', 'docs', 'reports'],
};
