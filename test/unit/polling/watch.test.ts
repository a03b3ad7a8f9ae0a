import type { Listing } from '../../../nodes/ContentStats/api/listing';
import type { Video } from '../../../nodes/ContentStats/api/schemas';
import { TIKTOK } from '../../../harness/links';
import { parseSelectedVideos } from '../../../nodes/ContentStats/polling/parameters';
import {
	isIncluded,
	selectedIds,
	isSameWatch,
	listFilters,
	untrackedLinks,
	type Watch,
	watchedVideos,
} from '../../../nodes/ContentStats/polling/watch';
import { video } from '../support/fakeClient';

const ALL: Watch = { kind: 'all' };
const TIKTOKS: Watch = { kind: 'all', platform: 'tiktok' };
const selected = (text: string): Watch => parseSelectedVideos(text);

const tracking = (id: string, fields: Partial<Video> & { created?: number } = {}) =>
	video(id, { video_link: TIKTOK, ...fields });

describe('isSameWatch', () => {
	const watches: Array<[string, Watch]> = [
		['all videos', ALL],
		['one platform', TIKTOKS],
		['another platform', { kind: 'all', platform: 'youtube' }],
		['one video', selected('a')],
		['two videos', selected('a b')],
		['a link', selected('https://x.com/u/status/12')],
	];

	test.each(watches)('distinguishes %s from every other watch', (name, watch) => {
		const same = watches.filter(([, other]) => isSameWatch(watch, other));
		expect(same.map(([other]) => other)).toEqual([name]);
	});

	test.each<[string, Watch, Watch]>([
		['the order of ids', selected('a b'), selected('b a')],
		['repeated ids', selected('a'), selected('a, a')],
		[
			'the spelling of links',
			selected('https://youtu.be/dQw4w9WgXcQ'),
			selected('www.youtube.com/watch?v=dQw4w9WgXcQ&t=1'),
		],
	])('ignores %s', (_, one, other) => {
		expect(isSameWatch(one, other)).toBe(true);
	});
});

test.each<[string, Watch, object[]]>([
	['all videos', ALL, [{}]],
	['one platform', TIKTOKS, [{ platform: 'tiktok' }]],
	['ids, which need no list', selected('a b'), []],
	['a link', selected(TIKTOK), [{ platform: 'tiktok' }]],
	[
		'links of two platforms and an id',
		selected(`${TIKTOK} https://x.com/u/status/1 https://x.com/u/status/2 a`),
		[{ platform: 'tiktok' }, { platform: 'twitter' }],
	],
	[
		'a short link',
		selected(`https://x.com/u/status/1 https://vm.tiktok.com/ZMabc`),
		[{ platform: 'tiktok' }, { platform: 'twitter' }],
	],
])('listFilters returns the parts of the list for %s', (_, watch, filters) => {
	expect(listFilters(watch)).toEqual(filters);
});

describe('watchedVideos', () => {
	const idsIn = (watch: Watch, ...videos: Video[]) =>
		watchedVideos(watch, { videos }).map(({ id }) => id);

	test.each<[string, Watch, string[]]>([
		['all platforms', ALL, ['t', 'y', 'z']],
		['one platform', TIKTOKS, ['t', 'z']],
	])('returns every video of %s', (_, watch, ids) => {
		const y = video('y', { platform: 'youtube' });
		expect(idsIn(watch, video('t'), y, video('z', { status: 'completed' }))).toEqual(ids);
	});

	it('returns a video whose platform cannot be read', () => {
		const odd = video('o', { platform: null, video_link: null });
		expect(idsIn(TIKTOKS, odd)).toEqual(['o']);
		expect(idsIn(TIKTOKS, video('u', { platform: 'TikTok' }))).toEqual(['u']);
		expect(idsIn(selected('https://x.com/u/status/1'), odd)).toEqual([]);
	});

	it('returns the newest tracking of a link, whatever its spelling, order and status', () => {
		const trackings = [
			tracking('middle', { created: 5 }),
			tracking('newest', { created: 9, status: 'completed' }),
			tracking('oldest', { created: 2 }),
			video('other', { created: 20 }),
		];
		const watch = selected('https://m.tiktok.com/v/7234567890123456789.html');
		expect(idsIn(watch, ...trackings)).toEqual(['newest']);
	});

	it('returns the video that was tracked by a short link', () => {
		const short = tracking('s', { video_link: 'https://vm.tiktok.com/ZMabc' });
		expect(idsIn(selected('vm.tiktok.com/ZMabc/'), short, video('o'))).toEqual(['s']);
	});

	it('returns nothing for a link that is not tracked yet', () => {
		expect(idsIn(selected(TIKTOK), video('o'))).toEqual([]);
	});

	it('returns nothing for ids, which need no list', () => {
		expect(idsIn(selected('o'), video('o'))).toEqual([]);
	});
});

describe('untrackedLinks', () => {
	const listing: Listing = {
		videos: [tracking('a')],
		unidentified: [],
		fullSlices: [],
		requests: 1,
		repliedAt: null,
	};
	const untracked = 'tiktok:12';

	test.each<[string, Watch, string[]]>([
		['all videos', ALL, []],
		['ids', selected('b c'), []],
		['a tracked link', selected(TIKTOK), []],
		['a link without tracking', selected(`${TIKTOK} https://m.tiktok.com/v/12.html`), [untracked]],
	])('of %s', (_, watch, expected) => {
		expect(untrackedLinks(watch, listing)).toEqual(expected);
	});

	test.each<[string, Partial<Listing>]>([
		['is full', { fullSlices: [{ platform: 'tiktok', status: null }] }],
		['has a video without a readable ID', { unidentified: [{ platform: 'tiktok' }] }],
	])('are none if the list %s', (_, odd) => {
		const watch = selected('https://m.tiktok.com/v/12.html');
		expect(untrackedLinks(watch, { ...listing, ...odd })).toEqual([]);
	});
});

test.each<[string, Watch, boolean]>([
	['all videos', ALL, false],
	['its id', selected('a'), true],
	['another id', selected('b'), false],
	['its link', selected(TIKTOK), false],
])('selectedIds contains a video only if the watch names its id: %s, %p', (_, watch, expected) => {
	expect(selectedIds(watch).has('a')).toBe(expected);
});

test.each<[string, Watch, boolean]>([
	['all videos', ALL, true],
	['its platform', TIKTOKS, true],
	['another platform', { kind: 'all', platform: 'youtube' }, false],
	['its id', selected('a'), true],
	['another id', selected('b'), false],
	['its link', selected(TIKTOK), true],
	['another link', selected('https://x.com/u/status/12'), false],
])('isIncluded tells whether a watch includes a video: %s, %j', (_, watch, expected) => {
	expect(isIncluded(watch, tracking('a'))).toBe(expected);
});
