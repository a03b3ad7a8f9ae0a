/** @type {import('jest').Config} */
module.exports = {
	rootDir: '../..',
	roots: ['<rootDir>/test/browser'],
	testEnvironment: 'node',
	transform: { '\\.ts$': '@swc/jest' },
	// The first run installs n8n, which takes minutes.
	testTimeout: 20 * 60_000,
	maxWorkers: 1,
};
