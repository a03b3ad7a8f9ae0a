import {
	recentTrackings,
	rememberStop,
	rememberTracking,
	stoppedIds,
} from '../../../nodes/ContentStats/operations/recentTrackings';
import { video } from '../support/fakeClient';

beforeEach(() => jest.useFakeTimers({ now: Date.UTC(2026, 0, 1, 10) }));
afterEach(() => jest.useRealTimers());

const advance = (ms: number) => jest.advanceTimersByTime(ms);
const idsOf = (account: string) =>
	[...recentTrackings(account)].map(([identity, { id }]) => [identity, id]);

it('a tracking is remembered for ten minutes, by each identity, for its account only', () => {
	rememberTracking('one', ['tiktok:short/x', 'tiktok:1'], video('a'));
	advance(599_999);
	expect(idsOf('one')).toEqual([
		['tiktok:short/x', 'a'],
		['tiktok:1', 'a'],
	]);
	expect(idsOf('two')).toEqual([]);
	advance(1);
	expect(idsOf('one')).toEqual([]);
});

it('a tracking is forgotten in time, though the clock is set back', () => {
	rememberTracking('one', ['tiktok:1'], video('a'));
	jest.setSystemTime(Date.now() - 3_600_000);
	expect(idsOf('one')).toEqual([['tiktok:1', 'a']]);
	advance(600_000);
	expect(idsOf('one')).toEqual([]);
});

it('a stopped tracking is forgotten, and known as stopped for ten minutes', () => {
	rememberTracking('three', ['tiktok:1', 'tiktok:short/x'], video('a'));
	rememberTracking('three', ['tiktok:2'], video('b'));
	rememberStop('three', 'a', 'completed');
	expect(idsOf('three')).toEqual([['tiktok:2', 'b']]);
	expect([...stoppedIds('two')]).toEqual([]);
	advance(599_999);
	expect([...stoppedIds('three')]).toEqual(['a']);
	advance(1);
	expect([...stoppedIds('three')]).toEqual([]);
});

test.each([
	['completed', true],
	['cancelled', true],
	['stopped', true],
	[null, true],
	['monitoring', false],
	['paused', false],
])('a tracking whose new status is %p has been stopped: %p', (status, isStopped) => {
	const account = `four ${status}`;
	rememberTracking(account, ['tiktok:1'], video('a'));
	rememberStop(account, 'a', status);
	rememberTracking(account, ['tiktok:1'], video('a'));
	expect(idsOf(account)).toEqual(isStopped ? [] : [['tiktok:1', 'a']]);
	expect(stoppedIds(account).size).toBe(isStopped ? 1 : 0);
});

it('of several trackings of a link the newest is returned, and an older one once that is stopped', () => {
	rememberTracking('five', ['tiktok:1'], video('new', { created: 5 }));
	rememberTracking('five', ['tiktok:1'], video('old', { created: 1 }));
	expect(idsOf('five')).toEqual([['tiktok:1', 'new']]);
	rememberStop('five', 'new', 'completed');
	expect(idsOf('five')).toEqual([['tiktok:1', 'old']]);
});
