/** @type {import('jest').Config} */
module.exports = {
	testEnvironment: 'node',
	transform: { '\\.ts$': '@swc/jest' },
	testMatch: ['<rootDir>/test/{unit,engine,model,chaos}/**/*.test.ts'],
	modulePathIgnorePatterns: ['<rootDir>/demo/', '<rootDir>/dist/', '<rootDir>/reports/'],
	globalSetup: '<rootDir>/test/support/setup.ts',
	globalTeardown: '<rootDir>/harness/removeN8nFolder.ts',
	// Jest leaves one core idle by default, which is half of a small machine.
	maxWorkers: '100%',
	testTimeout: 20_000,
	collectCoverageFrom: ['nodes/**/*.ts', 'credentials/**/*.ts'],
};
