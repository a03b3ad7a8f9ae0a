import { hasEnded, isFinal } from '../../../nodes/ContentStats/model/videos';

test.each([
	['monitoring', false, false],
	['paused', false, false],
	['completed', true, true],
	['cancelled', true, true],
	['error', true, false],
	['of the future', false, false],
])('a tracking that is %s has ended: %p, for good: %p', (status, ended, final) => {
	expect([hasEnded(status), isFinal(status)]).toEqual([ended, final]);
});
