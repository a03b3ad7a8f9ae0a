const Sequencer = require('@jest/test-sequencer').default;

/** Starts the queue suite first: it takes longest, and jest would start its small file last. */
module.exports = class QueueFirst extends Sequencer {
	sort(tests) {
		const isQueue = ({ path }) => path.endsWith('queue.test.ts');
		const sorted = super.sort(tests);
		return [...sorted.filter(isQueue), ...sorted.filter((test) => !isQueue(test))];
	}
};
