/** @type {import('jest').Config} */
module.exports = {
	...require('../../jest.config'),
	rootDir: '../..',
	// All that runs inside n8n, with its zod.
	testMatch: ['<rootDir>/test/{engine,unit/{api,model,operations,polling,utils}}/**/*.test.ts'],
	globalSetup: '<rootDir>/test/compat/setup.ts',
	resolver: '<rootDir>/test/compat/resolver.js',
	// The SSH clients manager of n8n 1 has a timer that keeps the process alive.
	forceExit: true,
};
