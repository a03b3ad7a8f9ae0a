/** @type {import('jest').Config} */
module.exports = {
	...require('../support/jest'),
	roots: ['<rootDir>/test/crash'],
	// All rounds run before the first test; the first run also installs n8n.
	testTimeout: 40 * 60_000,
};
