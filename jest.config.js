/** @type {import('jest').Config} */
module.exports = {
	testEnvironment: 'node',
	transform: { '\\.ts$': '@swc/jest' },
	testMatch: ['<rootDir>/test/{unit,engine,model,chaos}/**/*.test.ts'],
	modulePathIgnorePatterns: ['<rootDir>/demo/', '<rootDir>/dist/', '<rootDir>/reports/'],
	globalSetup: '<rootDir>/harness/useN8nFolder.ts',
	globalTeardown: '<rootDir>/harness/removeN8nFolder.ts',
	testTimeout: 20_000,
	collectCoverageFrom: ['nodes/**/*.ts', 'credentials/**/*.ts'],
};
