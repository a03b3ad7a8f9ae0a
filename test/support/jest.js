/**
 * Settings shared by the tests of a real n8n; each folder adds its own.
 *
 * @type {import('jest').Config}
 */
module.exports = {
	rootDir: '../..',
	testEnvironment: 'node',
	transform: { '\\.ts$': '@swc/jest' },
	globalSetup: '<rootDir>/test/support/setUpRealN8n.ts',
	maxWorkers: 1,
	reporters: ['default', '<rootDir>/test/support/startReporter.js'],
};
