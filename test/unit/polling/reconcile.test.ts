import type { Listing } from '../../../nodes/ContentStats/api/listing';
import { TIKTOK } from '../../../harness/links';
import type { Video } from '../../../nodes/ContentStats/api/schemas';
import {
	NEW_VIDEO,
	isSeeding,
	reconcile,
	UNSEEDED_VIDEO,
} from '../../../nodes/ContentStats/polling/reconcile';
import {
	type PollState,
	STATE_VERSION,
	type WatchedVideo,
} from '../../../nodes/ContentStats/polling/state';
import { parseSelectedVideos } from '../../../nodes/ContentStats/polling/parameters';
import type { Watch } from '../../../nodes/ContentStats/polling/watch';
import { at, deepFreeze, video, watched } from '../support/fakeClient';

const NOW = at(100);
const MINUTE = 1 / 60;
const ALL: Watch = { kind: 'all' };
const TIKTOKS: Watch = { kind: 'all', platform: 'tiktok' };
const LINKED = parseSelectedVideos(TIKTOK);
const tracking = (id: string, fields: Partial<Video> & { created?: number } = {}) =>
	video(id, { video_link: TIKTOK, ...fields });

const listingOf = (...videos: Video[]): Listing => ({ videos, fullSlices: [], requests: 3 });
const cut = (listing: Listing): Listing => ({
	...listing,
	fullSlices: [{ platform: 'tiktok', status: 'monitoring' }],
});

/** The state after a listing at hour 90 whose newest video was created at hour 50. */
const stateOf = (videos: PollState['videos'] = {}, fields: Partial<PollState> = {}): PollState => ({
	version: STATE_VERSION,
	baseUrl: 'https://contentstats.io/api/v1',
	watch: ALL,
	seededUntil: at(40),
	lastListing: { listedAt: at(90), requests: 1, newestCreatedAt: at(50) },
	videos,
	...fields,
});
const watchOn = (state: PollState | null, watch: Watch, listing: Listing | null) =>
	reconcile(deepFreeze(state), watch, deepFreeze(listing), NOW);
const videosOn = (state: PollState | null, watch: Watch, ...videos: Video[]) =>
	watchOn(state, watch, listingOf(...videos)).videos;

const STATUSES = ['monitoring', 'paused', 'error', 'completed', 'cancelled'] as const;
/** How an unknown video of each status begins to be watched. */
const beginnings = (state: PollState | null, watch: Watch, fields: object) =>
	STATUSES.map((status) => videosOn(state, watch, tracking('n', { status, ...fields })).n);

const SEEDED = UNSEEDED_VIDEO;
const NEW = NEW_VIDEO;
const NOT = undefined;

describe('the first poll', () => {
	test.each<[string, Watch, Array<WatchedVideo | undefined>]>([
		['all watches what runs', ALL, [SEEDED, SEEDED, SEEDED, NOT, NOT]],
		['a link is watched whatever its status', LINKED, [SEEDED, SEEDED, SEEDED, SEEDED, SEEDED]],
	])('of %s', (_, watch, expected) => {
		expect(beginnings(null, watch, {})).toEqual(expected);
	});

	it('of ids watches them without a list', () => {
		expect(watchOn(null, parseSelectedVideos('a b'), null)).toEqual({
			watch: parseSelectedVideos('a b'),
			videos: { a: SEEDED, b: SEEDED },
			seededUntil: 0,
		});
	});

	it('of ids and a link watches both', () => {
		const watch = parseSelectedVideos(`a ${TIKTOK}`);
		expect(videosOn(null, watch, tracking('t'), video('other'))).toEqual({ a: SEEDED, t: SEEDED });
	});

	it('remembers when it listed, what that took, and the newest that it saw', () => {
		const listing = listingOf(video('a', { created: 7 }), video('b', { created: 9 }));
		expect(watchOn(null, ALL, listing)).toMatchObject({
			watch: ALL,
			seededUntil: at(9),
			lastListing: { listedAt: NOW, requests: 3, newestCreatedAt: at(9) },
		});
	});

	it('of an empty list begins all the same', () => {
		const { videos, ...rest } = watchOn(null, ALL, listingOf());
		expect(videos).toEqual({});
		const state = stateOf({}, rest);
		expect(videosOn(state, ALL, video('a', { created: 0 }))).toEqual({ a: NEW });
	});
});

describe('an unknown video in a later list', () => {
	test.each<[string, number, Array<WatchedVideo | undefined>]>([
		['after all that was listed', 51, [NEW, NEW, NEW, NEW, NEW]],
		['just before the newest that was listed', 50 - 9.9 * MINUTE, [NEW, NEW, NOT, NOT, NOT]],
		['well before that', 50 - 10 * MINUTE, [SEEDED, SEEDED, NOT, NOT, NOT]],
	])('that was created %s', (_, created, expected) => {
		expect(beginnings(stateOf(), ALL, { created })).toEqual(expected);
	});

	test.each<[string, Partial<PollState>]>([
		[
			'the last list was cut short',
			{
				lastListing: { listedAt: at(90), requests: 9, newestCreatedAt: at(50), isTruncated: true },
			},
		],
		['there was no list since', { lastListing: undefined }],
	])('is new where it was created after the seeding, and %s', (_, fields) => {
		const state = stateOf({}, fields);
		expect(videosOn(state, ALL, video('n', { created: 41 }))).toEqual({ n: NEW });
		expect(videosOn(state, ALL, video('n', { created: 40 }))).toEqual({ n: SEEDED });
	});

	it('of which nobody says when it was created is seeded', () => {
		const undated = video('n', { created_at: undefined, monitoring_started: undefined });
		expect(videosOn(stateOf(), ALL, undated)).toEqual({ n: SEEDED });
	});

	it('is not watched where it was not chosen', () => {
		const state = stateOf({}, { watch: LINKED });
		expect(videosOn(state, LINKED, video('n', { created: 99 }))).toEqual({});
	});

	it('that a chosen link means is new where it was tracked since', () => {
		const state = stateOf({}, { watch: LINKED });
		expect(videosOn(state, LINKED, tracking('n', { created: 60 }))).toEqual({ n: NEW });
	});
});

describe('a watched video', () => {
	const known = watched([1, 2, 3], { lastFetchedAt: at(99) });
	const due: WatchedVideo = { ...known, isDue: true };
	/** What is remembered of the video `a` after a list shows this. */
	const after = (before: WatchedVideo, listed: Partial<Video> | null, watch: Watch = ALL) =>
		videosOn(
			stateOf({ a: before }, { watch }),
			watch,
			...(listed ? [tracking('a', { created: 1, ...listed })] : []),
		).a;
	const ended: WatchedVideo = { ...known, status: 'completed', endedAt: at(98) };

	test.each<[string, WatchedVideo, Partial<Video> | null, WatchedVideo]>([
		['as it was stays so', known, {}, known],
		['with another status is due', known, { status: 'paused' }, due],
		['that runs again is due', { ...known, status: 'paused' }, {}, { ...due, status: 'paused' }],
		[
			'paused as before stays so',
			{ ...known, status: 'paused' },
			{ status: 'paused' },
			{ ...known, status: 'paused' },
		],
		['that left the list is due', known, null, due],
		['that left the list after its end stays so', ended, null, ended],
		['ended as before stays so', ended, { status: 'completed' }, ended],
		['that goes on after its end is due', ended, {}, { ...ended, isDue: true }],
		[
			'that was lost and is there is due',
			{ ...known, isDeleted: true, endedAt: at(98) },
			{},
			{ ...due, isDeleted: true, endedAt: at(98) },
		],
		[
			'in error for good stays so',
			{ ...known, status: 'error', endedAt: at(98) },
			{ status: 'error' },
			{ ...known, status: 'error', endedAt: at(98) },
		],
	])('%s', (_, before, listed, expected) => {
		expect(after(before, listed)).toEqual(expected);
	});

	it('that was chosen by its id is left alone: it is asked itself', () => {
		const watch = parseSelectedVideos(`a ${TIKTOK}`);
		expect(after(known, { status: 'paused' }, watch)).toEqual(known);
		expect(after(known, null, watch)).toEqual(known);
	});

	it('that a full list may hide is left alone', () => {
		const { videos, lastListing } = watchOn(stateOf({ a: known }), ALL, cut(listingOf(video('b'))));
		expect(videos.a).toEqual(known);
		expect(lastListing).toMatchObject({ isTruncated: true });
		const shown = cut(listingOf(video('a', { status: 'paused' })));
		expect(watchOn(stateOf({ a: known }), ALL, shown).videos.a).toEqual(due);
	});

	it('is left alone where there was no list', () => {
		const state = stateOf({ a: known });
		const { watch, seededUntil, lastListing, videos } = state;
		expect(watchOn(state, ALL, null)).toEqual({ watch, seededUntil, lastListing, videos });
	});

	it('whose link was tracked again is fetched once more, and the newer one is new', () => {
		const state = stateOf({ a: known }, { watch: LINKED });
		const trackings = [tracking('b', { created: 60 }), tracking('a', { created: 1 })];
		const { videos } = watchOn(state, LINKED, listingOf(...trackings));
		expect(videos).toEqual({ a: { ...due, isSuperseded: true }, b: NEW });
		const alone = watchOn({ ...state, videos }, LINKED, listingOf(trackings[1]!));
		expect(alone.videos.a).toEqual(due);
		const later = watchOn({ ...state, videos: { a: ended } }, LINKED, listingOf(...trackings));
		expect(later.videos.a).toEqual(ended);
	});
});

describe('what the last list is remembered by', () => {
	test.each([
		['newer', 60, 60],
		['older', 30, 50],
	])('is the newest of all, where it saw a video that was %s', (_, created, until) => {
		const { lastListing, seededUntil } = watchOn(
			stateOf(),
			ALL,
			listingOf(video('n', { created })),
		);
		expect(lastListing).toEqual({ listedAt: NOW, requests: 3, newestCreatedAt: at(until) });
		expect(seededUntil).toBe(at(40));
	});
});

describe('another choice', () => {
	const a = watched([1, 2, 3], { lastFetchedAt: at(99) });
	const b = watched([2, 3], { lastFetchedAt: at(99) });

	test.each<[string, Watch, Watch, boolean]>([
		['is told by its kind', ALL, parseSelectedVideos('a'), true],
		['is told by its platform', ALL, TIKTOKS, true],
		['is not another spelling', parseSelectedVideos('a b'), parseSelectedVideos('b a'), false],
	])('%s', (_, before, watch, expected) => {
		expect(isSeeding(stateOf({}, { watch: before }), watch)).toBe(expected);
	});

	it('is any at the first poll', () => {
		expect(isSeeding(null, ALL)).toBe(true);
	});

	it('of ids seeds what is added, keeps what stays and drops the rest', () => {
		const state = stateOf({ a, b }, { watch: parseSelectedVideos('a b') });
		expect(watchOn(state, parseSelectedVideos('b c'), null)).toMatchObject({
			watch: parseSelectedVideos('b c'),
			videos: { b, c: SEEDED },
		});
	});

	it('does not begin again with what was chosen before and has been handed over', () => {
		const state = stateOf({}, { watch: parseSelectedVideos('a') });
		expect(watchOn(state, parseSelectedVideos('a c'), null).videos).toEqual({ c: SEEDED });
	});

	it('goes on with a video that was chosen by its id and then by its link', () => {
		const state = stateOf({ a }, { watch: parseSelectedVideos('a') });
		expect(videosOn(state, LINKED, tracking('a'))).toEqual({ a });
	});

	it('seeds what is added although it was tracked lately', () => {
		const state = stateOf({ a }, { watch: parseSelectedVideos('a') });
		expect(videosOn(state, LINKED, tracking('n', { created: 99 }))).toEqual({ n: SEEDED });
		const { seededUntil } = watchOn(state, LINKED, listingOf(tracking('n', { created: 99 })));
		expect(seededUntil).toBe(at(99));
	});

	it('without its filter seeds the other platforms, where they run', () => {
		const state = stateOf({ a }, { watch: TIKTOKS });
		const videos = videosOn(
			state,
			ALL,
			video('a'),
			video('y', { platform: 'youtube', created: 99 }),
			video('x', { platform: 'youtube', status: 'completed', created: 99 }),
			video('t', { created: 99 }),
		);
		expect(videos).toEqual({ a, y: SEEDED, t: NEW });
	});

	it('of one platform asks once more about the others, which tells that they are not of it', () => {
		const videos = videosOn(stateOf({ a, b }), TIKTOKS, video('a'));
		expect(videos).toEqual({ a, b: { ...b, isDue: true } });
	});
});
