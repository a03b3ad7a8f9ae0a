/** @type {import('jest').Config} */
module.exports = {
	rootDir: '../..',
	roots: ['<rootDir>/test/e2e'],
	testEnvironment: 'node',
	transform: { '\\.ts$': '@swc/jest' },
	// The first run installs n8n, which takes minutes.
	testTimeout: 20 * 60_000,
	maxWorkers: 1,
};
