import type { Video } from '../../../nodes/ContentStats/api/schemas';
import {
	collect,
	findWatched,
	readSelected,
	scopeOf,
	type Watch,
} from '../../../nodes/ContentStats/polling/collect';
import { clientOf, httpError, video, type World, worldOf } from '../world';
import { ContentStatsError } from '../../../nodes/ContentStats/api/errors';

const ALL: Watch = { kind: 'all' };
const selected = (text: string): Watch => readSelected(text);

const fetchAll = (world: World, watch: Watch, known: string[] = []) =>
	collect(clientOf(world), watch, new Set(known));
const summary = async (world: World, watch: Watch, known: string[] = []) => {
	const { videos, gone, ended, failed } = await fetchAll(world, watch, known);
	return {
		videos: videos.map(({ id }) => id).sort(),
		gone: [...gone].sort(),
		ended: [...ended].sort(),
		failed: [...failed.keys()].sort(),
	};
};
const NOTHING = { videos: [], gone: [], ended: [], failed: [] };

describe('readSelected', () => {
	test.each<[unknown, string[], string[]]>([
		['cm5abc123def', ['cm5abc123def'], []],
		['b,a\nb', ['a', 'b'], []],
		[['b', 'a'], ['a', 'b'], []],
		['https://youtu.be/dQw4w9WgXcQ', [], ['youtube:dQw4w9WgXcQ']],
		[
			'https://youtu.be/dQw4w9WgXcQ https://www.youtube.com/watch?v=dQw4w9WgXcQ',
			[],
			['youtube:dQw4w9WgXcQ'],
		],
		['https://vm.tiktok.com/ZMabc', [], ['https://vm.tiktok.com/ZMabc/']],
		['a https://x.com/u/status/12', ['a'], ['twitter:12']],
	])('%j', (value, ids, identities) => {
		expect(readSelected(value)).toEqual({ kind: 'selected', ids, identities });
	});

	test.each([
		['https://vimeo.com/1', /“https:\/\/vimeo\.com\/1” is neither/, /vimeo\.com/],
		['a ../usage', /“\.\.\/usage” is neither/, /Paste/],
		['a/b?c', /“a\/b\?c” is neither/, /Paste/],
		['', /No videos were chosen/, /All Videos/],
		[' , \n', /No videos were chosen/, /All Videos/],
		[[], /No videos were chosen/, /All Videos/],
		[undefined, /No videos were chosen/, /All Videos/],
	])('%j is refused', (value, message, description) => {
		expect(() => readSelected(value)).toThrow(
			expect.objectContaining({
				kind: 'invalid_input',
				message: expect.stringMatching(message),
				description: expect.stringMatching(description),
			}),
		);
	});
});

describe('scopeOf', () => {
	const scopes: Array<[string, Watch]> = [
		['all', ALL],
		['one platform', { kind: 'all', platform: 'tiktok' }],
		['another platform', { kind: 'all', platform: 'youtube' }],
		['one video', selected('a')],
		['two videos', selected('a b')],
		['a link', selected('https://x.com/u/status/12')],
	];

	it('tells each from the others', () => {
		expect(new Set(scopes.map(([, watch]) => scopeOf(watch))).size).toBe(scopes.length);
	});

	test.each<[string, Watch, Watch]>([
		['the order of ids', selected('a b'), selected('b a')],
		['repetition', selected('a'), selected('a, a')],
		[
			'the spelling of links',
			selected('https://youtu.be/dQw4w9WgXcQ'),
			selected('www.youtube.com/watch?v=dQw4w9WgXcQ&t=1'),
		],
	])('is not changed by %s', (_, one, other) => {
		expect(scopeOf(one)).toBe(scopeOf(other));
	});
});

describe('watching all', () => {
	it('fetches what is monitored or paused, with its snapshots', async () => {
		const world = worldOf(
			video('m', { hours: [1, 2] }),
			video('p', { status: 'paused' }),
			video('c', { status: 'completed' }),
			video('x', { status: 'cancelled' }),
			video('e', { status: 'error' }),
		);
		expect(await summary(world, ALL)).toEqual({ ...NOTHING, videos: ['m', 'p'] });
		const { videos } = await fetchAll(world, ALL);
		expect(videos.find(({ id }) => id === 'm')?.snapshots).toHaveLength(2);
	});

	test.each(['completed', 'cancelled'])(
		'fetches what was watched and is %s now once more',
		async (status) => {
			const world = worldOf(video('m'), video('z', { status, hours: [1] }));
			expect(await summary(world, ALL, ['m', 'z'])).toEqual({
				...NOTHING,
				videos: ['m', 'z'],
				ended: ['z'],
			});
		},
	);

	it('keeps what was watched and is in error: it may go on', async () => {
		const world = worldOf(video('m'), video('z', { status: 'error', hours: [1] }));
		expect(await summary(world, ALL, ['m', 'z'])).toEqual({ ...NOTHING, videos: ['m', 'z'] });
	});

	it('drops what was watched and is unknown to the API now', async () => {
		expect(await summary(worldOf(video('m')), ALL, ['m', 'z'])).toEqual({
			...NOTHING,
			videos: ['m'],
			gone: ['z'],
		});
	});

	it('keeps to a platform, and drops what was watched of the others', async () => {
		const world = worldOf(
			video('t'),
			video('y', { platform: 'youtube' }),
			video('i', { platform: 'instagram' }),
		);
		expect(await summary(world, { kind: 'all', platform: 'youtube' }, ['t', 'y'])).toEqual({
			...NOTHING,
			videos: ['y'],
			gone: ['t'],
		});
	});

	it('finds more videos than one reply of the list holds', async () => {
		const platforms = ['tiktok', 'youtube', 'instagram', 'twitter'];
		const world = worldOf(
			...Array.from({ length: 250 }, (_, n) => video(`v${n}`, { platform: platforms[n % 4]! })),
		);
		expect((await summary(world, ALL)).videos).toHaveLength(250);
	});

	it('fetches each video once', async () => {
		const world = worldOf(video('a'), video('b'));
		await fetchAll(world, ALL, ['a', 'b']);
		expect(world.requests.filter((request) => request.startsWith('get')).sort()).toEqual([
			'get a',
			'get b',
		]);
	});

	it('has nothing to do without videos', async () => {
		expect(await summary(worldOf(), ALL)).toEqual(NOTHING);
	});
});

describe('watching chosen videos', () => {
	const LINK = 'https://www.tiktok.com/@user/video/7234567890123456789';
	const tracking = (id: string, fields: Partial<Video> & { created?: number } = {}) =>
		video(id, { video_link: LINK, ...fields });

	it('fetches the chosen ids and no others, whatever their status', async () => {
		const world = worldOf(video('a'), video('b', { status: 'completed' }), video('c'));
		expect(await summary(world, selected('a b'), ['b'])).toEqual({
			...NOTHING,
			videos: ['a', 'b'],
		});
	});

	it('drops what was chosen before', async () => {
		const world = worldOf(video('a'), video('b'));
		expect(await summary(world, selected('b'), ['a', 'b'])).toEqual({
			...NOTHING,
			videos: ['b'],
			gone: ['a'],
		});
	});

	it('takes a link for its newest tracking', async () => {
		const world = worldOf(
			tracking('middle', { created: 5 }),
			tracking('newest', { created: 9, status: 'completed' }),
			tracking('oldest', { created: 2 }),
			video('other', { created: 20 }),
		);
		expect(
			await summary(world, selected('https://m.tiktok.com/v/7234567890123456789.html')),
		).toEqual({ ...NOTHING, videos: ['newest'] });
	});

	it('goes over to a newer tracking of the link', async () => {
		const world = worldOf(tracking('old', { created: 1 }), tracking('new', { created: 2 }));
		expect(await summary(world, selected(LINK), ['old'])).toEqual({
			...NOTHING,
			videos: ['new'],
			gone: ['old'],
		});
	});

	it('finds a short link by the link it was tracked with', async () => {
		const world = worldOf(tracking('s', { video_link: 'https://vm.tiktok.com/ZMabc' }), video('o'));
		expect(await summary(world, selected('vm.tiktok.com/ZMabc/'))).toEqual({
			...NOTHING,
			videos: ['s'],
		});
	});

	it('waits for a link that is not tracked yet', async () => {
		expect(await summary(worldOf(video('o')), selected(LINK))).toEqual(NOTHING);
	});

	it('finds links of several platforms', async () => {
		const world = worldOf(
			tracking('t'),
			video('y', { platform: 'youtube', video_link: 'https://youtu.be/dQw4w9WgXcQ' }),
		);
		const watch = selected(`${LINK} https://www.youtube.com/watch?v=dQw4w9WgXcQ`);
		expect((await summary(world, watch)).videos).toEqual(['t', 'y']);
	});

	it('fetches a video once that is chosen by id and by link', async () => {
		const world = worldOf(tracking('t'));
		expect((await summary(world, selected(`t ${LINK}`))).videos).toEqual(['t']);
	});

	it('asks no list where only ids were chosen', async () => {
		const world = worldOf(video('a'));
		await findWatched(clientOf(world), selected('a'));
		expect(world.requests).toEqual([]);
	});
});

it('says which part of the list holds more than the API shows', async () => {
	const many = Array.from({ length: 101 }, (_, number) => video(`v${number}`, { created: number }));
	expect((await fetchAll(worldOf(...many), ALL)).fullSlices).toEqual(['tiktok, monitoring']);
	expect((await fetchAll(worldOf(...many.slice(2)), ALL)).fullSlices).toEqual([]);
});

describe('a video that fails', () => {
	test.each([400, 403, 429, 500, 502])('with a %d is left for the next poll', async (status) => {
		const world = worldOf(video('a'), video('b'));
		world.failures.set('b', httpError(status, 'video b'));
		expect(await summary(world, ALL, ['b'])).toEqual({
			...NOTHING,
			videos: ['a'],
			failed: ['b'],
		});
	});

	it('with a 404 and was never seen is a mistake to be told, not a deletion', async () => {
		expect(await summary(worldOf(video('a')), selected('a typo'))).toEqual({
			...NOTHING,
			videos: ['a'],
			failed: ['typo'],
		});
	});

	it('ends the poll where no other was fetched', async () => {
		const world = worldOf(video('a'), video('b'));
		for (const { id } of world.videos) world.failures.set(id, httpError(500, `video ${id}`));
		await expect(fetchAll(world, ALL, ['a'])).rejects.toMatchObject({ kind: 'server_error' });
	});

	it('ends the poll at once where the key is refused', async () => {
		const world = worldOf(...Array.from({ length: 60 }, (_, n) => video(`v${n}`)));
		world.failures.set('v0', httpError(401, 'video v0'));
		await expect(fetchAll(world, ALL)).rejects.toMatchObject({ kind: 'invalid_key' });
		expect(world.requests.length).toBeLessThan(60);
	});

	it('ends the poll where the list fails', async () => {
		const client = {
			...clientOf(worldOf(video('a'))),
			list: () => Promise.reject(httpError(503, 'the list of videos')),
		};
		await expect(collect(client, ALL, new Set(['a']))).rejects.toBeInstanceOf(ContentStatsError);
	});

	it('for a reason of our own is never taken for a video', async () => {
		const world = worldOf(video('a'), video('b'));
		world.failures.set('b', new TypeError('a mistake in the code'));
		await expect(fetchAll(world, ALL)).rejects.toThrow('a mistake in the code');
	});
});

it('passes on what was known when the poll began', async () => {
	expect((await fetchAll(worldOf(video('a')), ALL, ['a', 'b'])).known).toEqual(new Set(['a', 'b']));
});
