/** @type {import('jest').Config} */
module.exports = {
	rootDir: '../..',
	roots: ['<rootDir>/test/crash'],
	testEnvironment: 'node',
	transform: { '\\.ts$': '@swc/jest' },
	// All rounds run before the first test; the first run also installs n8n.
	testTimeout: 40 * 60_000,
	maxWorkers: 1,
};
