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
import { clientOf, httpError, video, type World, worldOf } from '../world';

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
	])('lets the rest go on: %s', (error) => {
		expect(returnUnlessFatal(error)).toBe(error);
	});

	test.each([
		errorOf('invalid_key'),
		errorOf('invalid_input'),
		errorOf('redirected'),
		new TypeError('a mistake in the code'),
	])('throws what concerns all: %s', (error) => {
		expect(() => returnUnlessFatal(error)).toThrow(error);
	});
});

describe('listWatched', () => {
	const world = () =>
		worldOf(video('t'), video('y', { platform: 'youtube' }), video('x', { platform: 'twitter' }));
	const LINKS = 'youtu.be/dQw4w9WgXcQ x.com/u/status/12';

	test.each<[string, Watch, string[], string[]]>([
		['all', { kind: 'all' }, ['t', 'x', 'y'], ['list * *']],
		['a platform', { kind: 'all', platform: 'youtube' }, ['y'], ['list youtube *']],
		['links', parseSelectedVideos(LINKS), ['x', 'y'], ['list twitter *', 'list youtube *']],
		['ids', parseSelectedVideos('t'), [], []],
	])('asks for the parts in which %s are found', async (_, watch, ids, requests) => {
		const asked = world();
		const listing = await listWatched(clientOf(asked), watch);
		expect(listing.videos.map(({ id }) => id).sort()).toEqual(ids);
		expect([...asked.requests].sort()).toEqual(requests);
		expect(listing.requests).toBe(requests.length);
	});
});

describe('fetchVideos', () => {
	/** What came of it, in words. */
	async function fetchAll(
		world: World,
		ids: string[],
		onVideo: (id: string, video: VideoWithSnapshots) => void = () => {},
	) {
		const seen: string[] = [];
		const answers = await fetchVideos(clientOf(world), ids, (id, found) => {
			onVideo(id, found);
			seen.push(`${id} with ${found.snapshots?.length}`);
		});
		return {
			seen,
			answered: [...answers.fetched],
			failed: [...answers.failed.keys()],
			missing: [...answers.missing.keys()],
			refusal: answers.stoppedBy?.kind ?? null,
		};
	}
	const NOTHING = { seen: [], answered: [], failed: [], missing: [], refusal: null };
	const ids = (count: number) => Array.from({ length: count }, (_, n) => `v${n}`);

	it('hands on each video with its snapshots, in the order given', async () => {
		const world = worldOf(video('a', { hours: [1, 2] }), video('b'), video('c', { hours: [1] }));
		expect(await fetchAll(world, ['c', 'a'])).toEqual({
			...NOTHING,
			seen: ['c with 1', 'a with 2'],
			answered: ['c', 'a'],
		});
		expect(world.requests).toEqual(['get c', 'get a']);
	});

	it('asks nothing for no videos', async () => {
		const world = worldOf(video('a'));
		expect(await fetchAll(world, [])).toEqual(NOTHING);
		expect(world.requests).toEqual([]);
	});

	test.each<[string, Error, object]>([
		['403', httpError(403, 'video b'), { failed: ['b'] }],
		['400', httpError(400, 'video b'), { failed: ['b'] }],
		['502', httpError(502, 'video b'), { failed: ['b'] }],
		['404', httpError(404, 'video b'), { missing: ['b'] }],
		['429', httpError(429, 'video b'), { refusal: 'rate_limited' }],
		['lack of time', new BudgetExhaustedError('video b', false), { refusal: 'budget_exhausted' }],
		['late answer', new BudgetExhaustedError('video b', true), { refusal: 'budget_exhausted' }],
	])('goes on after a %s', async (_, error, expected) => {
		const world = worldOf(video('a'), video('b'));
		world.failures.set('b', error);
		expect(await fetchAll(world, ['a', 'b'])).toEqual({
			...NOTHING,
			seen: ['a with 0'],
			answered: ['a'],
			...expected,
		});
	});

	it('counts a video that cannot be understood as failed', async () => {
		const answers = await fetchAll(worldOf(video('a'), video('b')), ['a', 'b'], (id) => {
			if (id === 'a') throw unreadableReply('video a', 'snapshots[1]');
		});
		expect(answers).toEqual({ ...NOTHING, seen: ['b with 0'], answered: ['b'], failed: ['a'] });
	});

	test.each<[string, Error]>([
		['a refused key', httpError(401, 'video v0')],
		['a mistake in the code', new TypeError('a mistake in the code')],
	])('ends at once with %s', async (_, error) => {
		const world = worldOf(...ids(60).map((id) => video(id)));
		world.failures.set('v0', error);
		await expect(fetchAll(world, ids(60))).rejects.toBe(error);
		expect(world.requests.length).toBeLessThan(20);
	});

	it('asks for no more once there is no room, and keeps what it has', async () => {
		const world = worldOf(...ids(60).map((id) => video(id)));
		world.failures.set('v20', httpError(429, 'video v20'));
		const { answered, refusal } = await fetchAll(world, ids(60));
		expect(refusal).toBe('rate_limited');
		expect(answered).toEqual(expect.arrayContaining(ids(20)));
		expect(world.requests.length).toBeLessThan(40);
	});
});
