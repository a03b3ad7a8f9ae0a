/** @type {import('jest').Config} */
module.exports = {
	...require('../../jest.config'),
	rootDir: '../..',
	// The tests of all code that runs inside n8n, with n8n's own zod.
	testMatch: ['<rootDir>/test/{engine,unit/{api,model,operations,polling,utils}}/**/*.test.ts'],
	globalSetup: '<rootDir>/test/compat/setup.ts',
	resolver: '<rootDir>/test/compat/resolver.js',
	setupFiles: ['<rootDir>/test/compat/unrefIntervals.js'],
};
