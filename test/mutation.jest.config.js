/**
 * The tests that the mutants of a layer are held against.
 *
 * @type {import('jest').Config}
 */
module.exports = {
	...require('../jest.config'),
	rootDir: '..',
	testMatch: [`<rootDir>/test/unit/${process.env.LAYER ?? 'model'}/**/*.test.ts`],
};
