import type { VideoWithSnapshots } from '../../../nodes/ContentStats/api/schemas';
import {
	BudgetExhaustedError,
	ContentStatsError,
	unreadableReply,
} from '../../../nodes/ContentStats/api/errors';
import {
	fetchVideos,
	listWatched,
	returnUnlessFatal,
} from '../../../nodes/ContentStats/polling/fetch';
import { parseSelectedVideos } from '../../../nodes/ContentStats/polling/parameters';
import type { Watch } from '../../../nodes/ContentStats/polling/watch';
import { fakeClient, httpError, video, type FakeApi, fakeApi } from '../support/fakeClient';

const errorOf = (kind: ContentStatsError['kind']) =>
	new ContentStatsError(kind, { message: kind, description: '' });

describe('returnUnlessFatal', () => {
	test.each([
		errorOf('rate_limited'),
		new BudgetExhaustedError('video a', false),
		new BudgetExhaustedError('video a', true),
		errorOf('no_reply'),
		errorOf('unreachable'),
		...[400, 403, 404, 500].map((status) => httpError(status, 'video a')),
	])('returns an error that the rest of the poll can do without: %s', (error) => {
		expect(returnUnlessFatal(error)).toBe(error);
	});

	test.each([
		errorOf('invalid_credential'),
		errorOf('invalid_input'),
		errorOf('redirected'),
		new TypeError('a mistake in the code'),
	])('throws an error that concerns every video: %s', (error) => {
		expect(() => returnUnlessFatal(error)).toThrow(error);
	});
});

describe('listWatched', () => {
	const api = () =>
		fakeApi(video('t'), video('y', { platform: 'youtube' }), video('x', { platform: 'twitter' }));
	const LINKS = 'youtu.be/dQw4w9WgXcQ x.com/u/status/12';

	test.each<[string, Watch, string[], string[]]>([
		['all videos', { kind: 'all' }, ['t', 'x', 'y'], ['list * *']],
		['one platform', { kind: 'all', platform: 'youtube' }, ['y'], ['list youtube *']],
		[
			'selected links',
			parseSelectedVideos(LINKS),
			['x', 'y'],
			['list twitter *', 'list youtube *'],
		],
		['selected ids', parseSelectedVideos('t'), [], []],
	])('requests only the parts of the list for %s', async (_, watch, ids, requests) => {
		const fake = api();
		const listing = await listWatched(fakeClient(fake), watch);
		expect(listing.videos.map(({ id }) => id).sort()).toEqual(ids);
		expect([...fake.requests].sort()).toEqual(requests);
		expect(listing.requests).toBe(requests.length);
	});
});

describe('fetchVideos', () => {
	/** Fetches videos and returns the result as plain values. */
	async function fetchAll(
		api: FakeApi,
		ids: string[],
		onVideo: (id: string, video: VideoWithSnapshots) => void = () => {},
	) {
		const seen: string[] = [];
		const answers = await fetchVideos(fakeClient(api), ids, (id, found) => {
			onVideo(id, found);
			seen.push(`${id} with ${found.snapshots?.length}`);
		});
		return {
			seen,
			answered: [...answers.fetched],
			failed: [...answers.failed.keys()],
			missing: [...answers.missing.keys()],
			stoppedBy: answers.stoppedBy?.kind ?? null,
		};
	}
	const NOTHING = { seen: [], answered: [], failed: [], missing: [], stoppedBy: null };
	const ids = (count: number) => Array.from({ length: count }, (_, n) => `v${n}`);

	it('passes on each video with its snapshots, in the order given', async () => {
		const api = fakeApi(video('a', { hours: [1, 2] }), video('b'), video('c', { hours: [1] }));
		expect(await fetchAll(api, ['c', 'a'])).toEqual({
			...NOTHING,
			seen: ['c with 1', 'a with 2'],
			answered: ['c', 'a'],
		});
		expect(api.requests).toEqual(['get c', 'get a']);
	});

	it.each(['a.b', 'x/../y', 'a:b', '..', ''])(
		'fails the id %j alone, without a request',
		async (id) => {
			const api = fakeApi(video('a'));
			expect(await fetchAll(api, [id, 'a'])).toEqual({
				...NOTHING,
				seen: ['a with 0'],
				answered: ['a'],
				failed: [id],
			});
			expect(api.requests).toEqual(['get a']);
		},
	);

	it('sends no request if there are no videos', async () => {
		const api = fakeApi(video('a'));
		expect(await fetchAll(api, [])).toEqual(NOTHING);
		expect(api.requests).toEqual([]);
	});

	test.each<[string, Error, object]>([
		['403', httpError(403, 'video b'), { failed: ['b'] }],
		['400', httpError(400, 'video b'), { failed: ['b'] }],
		['502', httpError(502, 'video b'), { failed: ['b'] }],
		['404', httpError(404, 'video b'), { missing: ['b'] }],
		['429', httpError(429, 'video b'), { stoppedBy: 'rate_limited' }],
		['lack of time', new BudgetExhaustedError('video b', false), { stoppedBy: 'budget_exhausted' }],
		['late answer', new BudgetExhaustedError('video b', true), { stoppedBy: 'budget_exhausted' }],
	])('keeps the other videos after a %s', async (_, error, expected) => {
		const api = fakeApi(video('a'), video('b'));
		api.failures.set('b', error);
		expect(await fetchAll(api, ['a', 'b'])).toEqual({
			...NOTHING,
			seen: ['a with 0'],
			answered: ['a'],
			...expected,
		});
	});

	it('counts a video that cannot be read as failed', async () => {
		const answers = await fetchAll(fakeApi(video('a'), video('b')), ['a', 'b'], (id) => {
			if (id === 'a') throw unreadableReply('video a', 'snapshots[1]');
		});
		expect(answers).toEqual({ ...NOTHING, seen: ['b with 0'], answered: ['b'], failed: ['a'] });
	});

	test.each<[string, Error]>([
		['a rejected key', httpError(401, 'video v0')],
		['a programming error', new TypeError('a mistake in the code')],
	])('stops at once and throws after %s', async (_, error) => {
		const api = fakeApi(...ids(60).map((id) => video(id)));
		api.failures.set('v0', error);
		await expect(fetchAll(api, ids(60))).rejects.toBe(error);
		expect(api.requests.length).toBeLessThan(20);
	});

	it('stops fetching once the rate limit is used up, and keeps the fetched videos', async () => {
		const api = fakeApi(...ids(60).map((id) => video(id)));
		api.failures.set('v20', httpError(429, 'video v20'));
		const { answered, stoppedBy } = await fetchAll(api, ids(60));
		expect(stoppedBy).toBe('rate_limited');
		expect(answered).toEqual(expect.arrayContaining(ids(20)));
		expect(api.requests.length).toBeLessThan(40);
	});
});
