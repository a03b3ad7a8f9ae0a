/** @type {import('jest').Config} */
module.exports = {
	testEnvironment: 'node',
	transform: { '\\.ts$': '@swc/jest' },
	testMatch: ['<rootDir>/test/**/*.test.ts'],
	modulePathIgnorePatterns: ['<rootDir>/demo/', '<rootDir>/dist/'],
};
