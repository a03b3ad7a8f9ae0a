import {
	pendingPostsOf,
	createPendingPost,
} from '../../../../nodes/ContentStats/operations/track/pending';

const NOW = Date.UTC(2026, 0, 1, 10);
const knownIds = new Set(['old']);

it('pendingPostsOf keeps a pending POST for ten minutes, for its account only', () => {
	pendingPostsOf('one', NOW).set('tiktok:1', createPendingPost(NOW, knownIds));
	pendingPostsOf('one', NOW).set('tiktok:2', createPendingPost(NOW + 1, knownIds));

	expect([...pendingPostsOf('two', NOW)]).toEqual([]);
	expect([...pendingPostsOf('one', NOW + 599_999).keys()]).toEqual(['tiktok:1', 'tiktok:2']);
	expect([...pendingPostsOf('one', NOW + 600_000)]).toEqual([
		['tiktok:2', { expiresAt: NOW + 600_001, knownIds }],
	]);
	expect([...pendingPostsOf('one', NOW + 600_001)]).toEqual([]);
});
