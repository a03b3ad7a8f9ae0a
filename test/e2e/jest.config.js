/** @type {import('jest').Config} */
module.exports = {
	...require('../support/jest'),
	roots: ['<rootDir>/test/e2e'],
	// The first run installs n8n, which takes minutes.
	testTimeout: 20 * 60_000,
};
