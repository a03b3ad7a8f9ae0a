/**
 * The suites of a real n8n, two at a time: they wait for n8n's schedules more than they compute. The
 * crash tests are not among them, since they need all of the machine.
 *
 * @type {import('jest').Config}
 */
module.exports = {
	...require('./support/jest'),
	rootDir: '..',
	roots: ['<rootDir>/test/e2e', '<rootDir>/test/browser', '<rootDir>/test/queue'],
	maxWorkers: 2,
	testTimeout: 20 * 60_000,
};
