/** @type {import('jest').Config} */
module.exports = {
	...require('../support/jest'),
	roots: ['<rootDir>/test/queue'],
	// Everything happens before the first test; the first run also installs n8n.
	testTimeout: 20 * 60_000,
};
