/** Prints each test as it starts. In a real n8n a test takes minutes, and must not look hung. */
module.exports = class StartReporter {
	onTestCaseStart(_test, { fullName }) {
		process.stdout.write(`  Running: ${fullName}\n`);
	}
};
