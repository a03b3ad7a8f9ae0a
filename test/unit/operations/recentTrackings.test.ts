import {
	recentTrackings,
	rememberStop,
	rememberTracking,
	stoppedIds,
} from '../../../nodes/ContentStats/operations/recentTrackings';
import { video } from '../support/fakeClient';

const NOW = Date.UTC(2026, 0, 1, 10);
const idsOf = (account: string, now: number) =>
	[...recentTrackings(account, now)].map(([identity, { id }]) => [identity, id]);

it('a tracking is remembered for ten minutes, by each identity, for its account only', () => {
	rememberTracking('one', ['tiktok:short/x', 'tiktok:1'], video('a'), NOW);
	expect(idsOf('one', NOW + 599_999)).toEqual([
		['tiktok:short/x', 'a'],
		['tiktok:1', 'a'],
	]);
	expect(idsOf('two', NOW)).toEqual([]);
	expect(idsOf('one', NOW + 600_000)).toEqual([]);
});

it('a stopped tracking is forgotten, and known as stopped for ten minutes', () => {
	rememberTracking('three', ['tiktok:1', 'tiktok:short/x'], video('a'), NOW);
	rememberTracking('three', ['tiktok:2'], video('b'), NOW);
	rememberStop('three', 'a', 'completed', NOW);
	expect(idsOf('three', NOW)).toEqual([['tiktok:2', 'b']]);
	expect([...stoppedIds('three', NOW + 599_999)]).toEqual(['a']);
	expect([...stoppedIds('two', NOW)]).toEqual([]);
	expect([...stoppedIds('three', NOW + 600_000)]).toEqual([]);
});

test.each(['monitoring', 'stopping', null])(
	'a tracking whose new status is %p may run on',
	(status) => {
		rememberTracking('four', ['tiktok:1'], video('a'), NOW);
		rememberStop('four', 'a', status, NOW);
		expect(idsOf('four', NOW)).toEqual([['tiktok:1', 'a']]);
		expect(stoppedIds('four', NOW).size).toBe(0);
	},
);
