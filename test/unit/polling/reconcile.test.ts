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

const listingOf = (...videos: Video[]): Listing => ({
	videos,
	unidentified: [],
	fullSlices: [],
	requests: 3,
	repliedAt: null,
});
const truncated = (listing: Listing): Listing => ({
	...listing,
	fullSlices: [{ platform: 'tiktok', status: 'monitoring' }],
});

/** Builds the state after a listing at hour 90 whose newest video was created at hour 50. */
const stateOf = (videos: PollState['videos'] = {}, fields: Partial<PollState> = {}): PollState => ({
	version: STATE_VERSION,
	api: 'https://contentstats.io/api/v1',
	nodeId: 'node',
	watch: ALL,
	seededUntil: at(40),
	lastListing: { listedAt: at(90), requests: 1, newestCreatedAt: at(50) },
	videos,
	...fields,
});
const reconciled = (state: PollState | null, watch: Watch, listing: Listing | null) =>
	reconcile(deepFreeze(state), watch, deepFreeze(listing), NOW);
const videosAfter = (state: PollState | null, watch: Watch, ...videos: Video[]) =>
	reconciled(state, watch, listingOf(...videos)).videos;

const STATUSES = ['monitoring', 'paused', 'error', 'completed', 'cancelled'] as const;
/** Returns the first state of an unknown video, for each status. */
const initialStates = (state: PollState | null, watch: Watch, fields: object) =>
	STATUSES.map((status) => videosAfter(state, watch, tracking('n', { status, ...fields })).n);

const SEEDED = UNSEEDED_VIDEO;
const NEW = NEW_VIDEO;
const NONE = undefined;

it('seeds a video that was listed before, though the list of the seeding lags', () => {
	const narrowed = reconciled(stateOf(), { kind: 'all', platform: 'youtube' }, listingOf());
	const widened = reconciled({ ...stateOf(), ...narrowed }, ALL, listingOf());
	const next = reconciled(
		{ ...stateOf(), ...widened },
		ALL,
		listingOf(tracking('old', { created: 49 }), tracking('new', { created: 51 })),
	);
	expect(next.videos).toEqual({ old: SEEDED, new: NEW });
});

describe('the first poll', () => {
	test.each<[string, Watch, Array<WatchedVideo | undefined>]>([
		['all videos seeds videos that have not ended', ALL, [SEEDED, SEEDED, SEEDED, NONE, NONE]],
		[
			'a link seeds its video whatever its status',
			LINKED,
			[SEEDED, SEEDED, SEEDED, SEEDED, SEEDED],
		],
	])('of %s', (_, watch, expected) => {
		expect(initialStates(null, watch, {})).toEqual(expected);
	});

	it('of ids seeds their videos without a list', () => {
		expect(reconciled(null, parseSelectedVideos('a b'), null)).toEqual({
			watch: parseSelectedVideos('a b'),
			videos: { a: SEEDED, b: SEEDED },
			seededUntil: 0,
		});
	});

	it('of ids and a link seeds the videos of both', () => {
		const watch = parseSelectedVideos(`a ${TIKTOK}`);
		expect(videosAfter(null, watch, tracking('t'), video('other'))).toEqual({
			a: SEEDED,
			t: SEEDED,
		});
	});

	it('remembers when it listed, how many requests that took and when the newest video was created', () => {
		const listing = listingOf(video('a', { created: 7 }), video('b', { created: 9 }));
		expect(reconciled(null, ALL, listing)).toMatchObject({
			watch: ALL,
			seededUntil: at(9),
			lastListing: { listedAt: NOW, requests: 3, newestCreatedAt: at(9) },
		});
	});

	it('with an empty list makes every video listed later new', () => {
		const { videos, ...rest } = reconciled(null, ALL, listingOf());
		expect(videos).toEqual({});
		const state = stateOf({}, rest);
		expect(videosAfter(state, ALL, video('a', { created: 0 }))).toEqual({ a: NEW });
	});
});

describe('an unknown video in a later list', () => {
	test.each<[string, number, Array<WatchedVideo | undefined>]>([
		['after every listed video', 51, [NEW, NEW, NEW, NEW, NEW]],
		[
			'under ten minutes before the newest listed one',
			50 - 9.9 * MINUTE,
			[NEW, NEW, NONE, NONE, NONE],
		],
		[
			'ten minutes before the newest listed one',
			50 - 10 * MINUTE,
			[SEEDED, SEEDED, NONE, NONE, NONE],
		],
	])('starts by its status if it was created %s', (_, created, expected) => {
		const lastListing = { listedAt: at(70), requests: 1, newestCreatedAt: at(50) };
		expect(initialStates(stateOf({}, { lastListing }), ALL, { created })).toEqual(expected);
	});

	it.each([
		['a day after it was', 74],
		['long after it was', 90],
	])(
		'is seeded if it was created with or just before the newest one, which was listed %s',
		(_, listed) => {
			const lastListing = { listedAt: at(listed), requests: 1, newestCreatedAt: at(50) };
			for (const created of [50, 50 - 5 * MINUTE]) {
				const [running] = initialStates(stateOf({}, { lastListing }), ALL, { created });
				expect(running).toEqual(SEEDED);
			}
			expect(initialStates(stateOf({}, { lastListing }), ALL, { created: 51 })[0]).toEqual(NEW);
		},
	);

	test.each<[string, Partial<PollState>]>([
		[
			'the last list was truncated',
			{
				lastListing: { listedAt: at(90), requests: 9, newestCreatedAt: at(50), isTruncated: true },
			},
		],
		['the state has no last list', { lastListing: undefined }],
	])('is new only if it was created after the last seeding, while %s', (_, fields) => {
		const state = stateOf({}, fields);
		expect(videosAfter(state, ALL, video('n', { created: 41 }))).toEqual({ n: NEW });
		expect(videosAfter(state, ALL, video('n', { created: 40 }))).toEqual({ n: SEEDED });
	});

	it('is seeded if its creation time is unknown', () => {
		const undated = video('n', { created_at: undefined, monitoring_started: undefined });
		expect(videosAfter(stateOf(), ALL, undated)).toEqual({ n: SEEDED });
	});

	it('is not watched again, and so not emitted again, if its status cannot be read', () => {
		expect(videosAfter(stateOf(), ALL, video('n', { created: 50, status: null }))).toEqual({});
		expect(videosAfter(stateOf(), ALL, video('n', { created: 51, status: null }))).toEqual({
			n: NEW,
		});
	});

	it('is not watched if it was not selected', () => {
		const state = stateOf({}, { watch: LINKED });
		expect(videosAfter(state, LINKED, video('n', { created: 99 }))).toEqual({});
	});

	it('is new if a selected link was tracked since the last list', () => {
		const state = stateOf({}, { watch: LINKED });
		expect(videosAfter(state, LINKED, tracking('n', { created: 60 }))).toEqual({ n: NEW });
	});
});

describe('a watched video', () => {
	const known = watched([1, 2, 3], { lastFetchedAt: at(99) });
	const due: WatchedVideo = { ...known, isDue: true };
	/** Returns the state of video `a` after a list; `listed` is null if the list lacks it. */
	const after = (before: WatchedVideo, listed: Partial<Video> | null, watch: Watch = ALL) =>
		videosAfter(
			stateOf({ a: before }, { watch }),
			watch,
			...(listed ? [tracking('a', { created: 1, ...listed })] : []),
		).a;
	const ended: WatchedVideo = { ...known, status: 'completed', endedAt: at(98) };

	test.each<[string, WatchedVideo, Partial<Video> | null, WatchedVideo]>([
		['stays unchanged if its status is unchanged', known, {}, known],
		['is due if its status changed', known, { status: 'paused' }, due],
		[
			'is due if it resumed after a pause',
			{ ...known, status: 'paused' },
			{},
			{ ...due, status: 'paused' },
		],
		[
			'stays unchanged if it is still paused',
			{ ...known, status: 'paused' },
			{ status: 'paused' },
			{ ...known, status: 'paused' },
		],
		['is due if it left the list', known, null, due],
		['stays unchanged if it left the list after its end', ended, null, ended],
		['stays unchanged if it is still ended', ended, { status: 'completed' }, ended],
		['is due if it resumed after its end', ended, {}, { ...ended, isDue: true }],
		[
			'is due if it reappears after a 404',
			{ ...known, isDeleted: true, endedAt: at(98) },
			{},
			{ ...due, isDeleted: true, endedAt: at(98) },
		],
		[
			'stays unchanged if it ended in error and is still in error',
			{ ...known, status: 'error', endedAt: at(98) },
			{ status: 'error' },
			{ ...known, status: 'error', endedAt: at(98) },
		],
	])('%s', (_, before, listed, expected) => {
		expect(after(before, listed)).toEqual(expected);
	});

	it('ignores the list if it was selected by id, since it is fetched anyway', () => {
		const watch = parseSelectedVideos(`a ${TIKTOK}`);
		expect(after(known, { status: 'paused' }, watch)).toEqual(known);
		expect(after(known, null, watch)).toEqual(known);
	});

	it('stays unchanged if a truncated list may hide it', () => {
		const { videos, lastListing } = reconciled(
			stateOf({ a: known }),
			ALL,
			truncated(listingOf(video('b'))),
		);
		expect(videos.a).toEqual(known);
		expect(lastListing).toMatchObject({ isTruncated: true });
		const shown = truncated(listingOf(video('a', { status: 'paused' })));
		expect(reconciled(stateOf({ a: known }), ALL, shown).videos.a).toEqual(due);
	});

	it('stays unchanged without a list', () => {
		const state = stateOf({ a: known });
		const { watch, seededUntil, lastListing, videos } = state;
		expect(reconciled(state, ALL, null)).toEqual({ watch, seededUntil, lastListing, videos });
	});

	it('is superseded if its link was tracked again: it is due, and the newer tracking is new', () => {
		const state = stateOf({ a: known }, { watch: LINKED });
		const trackings = [tracking('b', { created: 60 }), tracking('a', { created: 1 })];
		const { videos } = reconciled(state, LINKED, listingOf(...trackings));
		expect(videos).toEqual({ a: { ...due, isSuperseded: true }, b: NEW });
		const alone = reconciled({ ...state, videos }, LINKED, listingOf(trackings[1]!));
		expect(alone.videos.a).toEqual(due);
		const later = reconciled({ ...state, videos: { a: ended } }, LINKED, listingOf(...trackings));
		expect(later.videos.a).toEqual(ended);
	});

	it('is watched again if it was superseded and is then selected by its id', () => {
		const superseded: WatchedVideo = { ...known, isDue: true, isSuperseded: true };
		const state = stateOf({ a: superseded }, { watch: LINKED });
		const watch = parseSelectedVideos('a');
		expect(reconciled(state, watch, null).videos).toEqual({ a: { ...known, isDue: true } });
	});
});

describe('newestCreatedAt of the last list', () => {
	test.each([
		['newer', 60, 60],
		['older', 30, 50],
	])('is the newest ever listed, if the list shows a video that is %s', (_, created, until) => {
		const { lastListing, seededUntil } = reconciled(
			stateOf(),
			ALL,
			listingOf(video('n', { created })),
		);
		expect(lastListing).toEqual({ listedAt: NOW, requests: 3, newestCreatedAt: at(until) });
		expect(seededUntil).toBe(at(40));
	});
});

describe('a changed watch', () => {
	const a = watched([1, 2, 3], { lastFetchedAt: at(99) });
	const b = watched([2, 3], { lastFetchedAt: at(99) });

	test.each<[string, Watch, Watch, boolean]>([
		['is detected by its kind', ALL, parseSelectedVideos('a'), true],
		['is detected by its platform', ALL, TIKTOKS, true],
		[
			'is not detected if only the order of ids differs',
			parseSelectedVideos('a b'),
			parseSelectedVideos('b a'),
			false,
		],
	])('%s', (_, before, watch, expected) => {
		expect(isSeeding(stateOf({}, { watch: before }), watch)).toBe(expected);
	});

	it('is assumed at the first poll', () => {
		expect(isSeeding(null, ALL)).toBe(true);
	});

	it('seeds added ids, keeps remaining ids and drops removed ids', () => {
		const state = stateOf({ a, b }, { watch: parseSelectedVideos('a b') });
		expect(reconciled(state, parseSelectedVideos('b c'), null)).toMatchObject({
			watch: parseSelectedVideos('b c'),
			videos: { b, c: SEEDED },
		});
	});

	it('does not restart a video that was selected before and has finished', () => {
		const state = stateOf({}, { watch: parseSelectedVideos('a') });
		expect(reconciled(state, parseSelectedVideos('a c'), null).videos).toEqual({ c: SEEDED });
	});

	it('keeps the state of a video selected first by id and then by link', () => {
		const state = stateOf({ a }, { watch: parseSelectedVideos('a') });
		expect(videosAfter(state, LINKED, tracking('a'))).toEqual({ a });
	});

	it('seeds an added video even if it was tracked recently', () => {
		const state = stateOf({ a }, { watch: parseSelectedVideos('a') });
		expect(videosAfter(state, LINKED, tracking('n', { created: 99 }))).toEqual({ n: SEEDED });
		const { seededUntil } = reconciled(state, LINKED, listingOf(tracking('n', { created: 99 })));
		expect(seededUntil).toBe(at(99));
	});

	it('that drops the platform filter seeds the running videos of the other platforms', () => {
		const state = stateOf({ a }, { watch: TIKTOKS });
		const videos = videosAfter(
			state,
			ALL,
			video('a'),
			video('y', { platform: 'youtube', created: 99 }),
			video('x', { platform: 'youtube', status: 'completed', created: 99 }),
			video('t', { created: 99 }),
		);
		expect(videos).toEqual({ a, y: SEEDED, t: NEW });
	});

	it('that adds a platform filter fetches unlisted videos once more, to learn their platform', () => {
		const videos = videosAfter(stateOf({ a, b }), TIKTOKS, video('a'));
		expect(videos).toEqual({ a, b: { ...b, isDue: true } });
	});
});
