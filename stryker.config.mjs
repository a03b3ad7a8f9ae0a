/** The layer to mutate. Its own unit tests alone are run: all of them would take hours. */
const layer = process.env.LAYER ?? 'model';

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
	mutate: [`nodes/ContentStats/${layer}/**/*.ts`],
	testRunner: 'jest',
	jest: { configFile: 'test/mutation.jest.config.js' },
	coverageAnalysis: 'perTest',
	// A mutant in a constant loads every module anew, which takes more time than all others.
	ignoreStatic: true,
	concurrency: 3,
	reporters: ['clear-text', 'progress', 'html', 'json'],
	htmlReporter: { fileName: `reports/mutation/${layer}.html` },
	jsonReporter: { fileName: `reports/mutation/${layer}.json` },
	tempDirName: 'reports/stryker-tmp',
	ignorePatterns: ['demo/.*', 'dist', 'docs', 'reports'],
};
