/** @type {import('jest').Config} */
module.exports = {
	rootDir: '../..',
	roots: ['<rootDir>/test/queue'],
	testEnvironment: 'node',
	transform: { '\\.ts$': '@swc/jest' },
	// Everything happens before the first test; the first run also installs n8n.
	testTimeout: 20 * 60_000,
	maxWorkers: 1,
};
