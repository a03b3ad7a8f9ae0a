/**
 * The suites of a real n8n, three at a time, though there may be two cores: they wait for n8n's schedules
 * more than they compute. The crash tests are not among them, since they need all of the machine.
 *
 * @type {import('jest').Config}
 */
module.exports = {
	...require('./support/jest'),
	rootDir: '..',
	roots: ['<rootDir>/test/e2e', '<rootDir>/test/browser', '<rootDir>/test/queue'],
	maxWorkers: 3,
	testSequencer: '<rootDir>/test/support/queueFirst.js',
	testTimeout: 20 * 60_000,
};
