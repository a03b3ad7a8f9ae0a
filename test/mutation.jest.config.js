/**
 * The tests that mutants are held against: those of plain functions, which take seconds.
 *
 * @type {import('jest').Config}
 */
module.exports = {
	...require('../jest.config'),
	rootDir: '..',
	testMatch: ['<rootDir>/test/unit/{api,model,operations,polling,utils}/**/*.test.ts'],
};
