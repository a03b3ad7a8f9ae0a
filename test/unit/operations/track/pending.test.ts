import {
	createPendingPost,
	pendingPosts,
} from '../../../../nodes/ContentStats/operations/track/pending';

const NOW = Date.UTC(2026, 0, 1, 10);
const knownIds = new Set(['old']);

it('a pending POST is kept for ten minutes, for its account only', () => {
	pendingPosts.set('one', 'tiktok:1', createPendingPost(NOW, knownIds));
	pendingPosts.set('one', 'tiktok:2', createPendingPost(NOW + 1, knownIds));

	expect([...pendingPosts.of('two', NOW)]).toEqual([]);
	expect([...pendingPosts.of('one', NOW + 599_999).keys()]).toEqual(['tiktok:1', 'tiktok:2']);
	expect([...pendingPosts.of('one', NOW + 600_000)]).toEqual([
		['tiktok:2', { expiresAt: NOW + 600_001, knownIds }],
	]);
	expect([...pendingPosts.of('one', NOW + 600_001)]).toEqual([]);
});
