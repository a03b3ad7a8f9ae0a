import { unansweredOf, unansweredSince } from '../../../nodes/ContentStats/api/unanswered';

const NOW = Date.UTC(2026, 0, 1, 10);
const before = new Set(['old']);

it('is remembered for ten minutes, for its account', () => {
	unansweredOf('one', NOW).set('tiktok:1', unansweredSince(NOW, before));
	unansweredOf('one', NOW).set('tiktok:2', unansweredSince(NOW + 1, before));

	expect([...unansweredOf('two', NOW)]).toEqual([]);
	expect([...unansweredOf('one', NOW + 599_999).keys()]).toEqual(['tiktok:1', 'tiktok:2']);
	expect([...unansweredOf('one', NOW + 600_000)]).toEqual([
		['tiktok:2', { until: NOW + 600_001, before }],
	]);
	expect([...unansweredOf('one', NOW + 600_001)]).toEqual([]);
});
