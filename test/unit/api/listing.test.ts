import {
	byNewest,
	createdAt,
	listAll,
	type Listing,
	hiddenSlices,
	listRunning,
	mergeListings,
	type RunningListing,
	type Slice,
	formatSlices,
} from '../../../nodes/ContentStats/api/listing';
import type { VideoFilters } from '../../../nodes/ContentStats/api/client';
import {
	isFinal,
	type Video,
	type VideoList,
	type VideoWithSnapshots,
} from '../../../nodes/ContentStats/api/schemas';
import {
	at,
	fakeClient,
	httpError,
	iso,
	video,
	type FakeApi,
	fakeApi,
} from '../support/fakeClient';

/** Builds `count` videos in no order of time. @param name prefix that keeps their ids unique. */
const many = (count: number, name: string, fields: Partial<Video> = {}): VideoWithSnapshots[] =>
	Array.from({ length: count }, (_, n) =>
		video(`${name}${n}`, { created: (n * 7) % count, ...fields }),
	);

const idsOf = (videos: Video[]) => videos.map(({ id }) => id).sort();
const isNewestFirst = (videos: Video[]) =>
	videos.every((entry, index) => index === 0 || createdAt(videos[index - 1]!) >= createdAt(entry));

async function all(api: FakeApi, filters = {}) {
	const { requests, ...listing } = await listAll(fakeClient(api), filters);
	expect(requests).toBe(api.requests.length);
	return { ...listing, ids: idsOf(listing.videos), requests: api.requests };
}

describe('listAll', () => {
	it('sends one request if the reply is not full', async () => {
		const api = fakeApi(...many(99, 't'));
		const { ids, fullSlices, requests } = await all(api);
		expect(ids).toEqual(idsOf(api.videos));
		expect(fullSlices).toEqual([]);
		expect(requests).toEqual(['list * *']);
	});

	it('sends one request for an empty list', async () => {
		expect(await all(fakeApi())).toMatchObject({ ids: [], fullSlices: [], requests: ['list * *'] });
	});

	test.each([100, 101, 170])('finds all %d videos of four platforms', async (count) => {
		const platforms = ['tiktok', 'youtube', 'instagram', 'twitter'];
		const api = fakeApi(
			...many(count, 'v').map((entry, n) => ({ ...entry, platform: platforms[n % 4]! })),
		);
		const { ids, fullSlices, requests } = await all(api);
		expect(ids).toEqual(idsOf(api.videos));
		expect(fullSlices).toEqual([]);
		expect([...requests].sort()).toEqual(
			['list * *', ...platforms.map((platform) => `list ${platform} *`)].sort(),
		);
	});

	it('narrows by status only for a platform whose reply is full', async () => {
		const api = fakeApi(
			...many(90, 'tm'),
			...many(60, 'tc', { status: 'completed' }),
			...many(3, 'tp', { status: 'paused' }),
			...many(3, 'tx', { status: 'cancelled' }),
			...many(3, 'te', { status: 'error' }),
			...many(20, 'y', { platform: 'youtube' }),
		);
		const { ids, fullSlices, requests } = await all(api);
		expect(ids).toEqual(idsOf(api.videos));
		expect(fullSlices).toEqual([]);
		expect([...requests].sort()).toEqual(
			[
				'list * *',
				'list tiktok *',
				'list youtube *',
				'list instagram *',
				'list twitter *',
				'list tiktok monitoring',
				'list tiktok paused',
				'list tiktok completed',
				'list tiktok cancelled',
				'list tiktok error',
			].sort(),
		);
	});

	it('reports the slices that are still full', async () => {
		const api = fakeApi(...many(120, 'm'), ...many(110, 'c', { status: 'completed' }));
		const { videos, fullSlices } = await all(api);
		expect(formatSlices(fullSlices)).toBe('tiktok, monitoring; tiktok, completed');
		expect(videos).toHaveLength(200);
	});

	it('reports a slice of exactly 100 videos as full, since it may hide more', async () => {
		expect((await all(fakeApi(...many(100, 'm')))).fullSlices).toEqual([
			{ platform: 'tiktok', status: 'monitoring' },
		]);
	});

	test.each([
		[
			{ platform: 'tiktok' },
			140,
			[
				'list tiktok *',
				'list tiktok monitoring',
				'list tiktok paused',
				'list tiktok completed',
				'list tiktok cancelled',
				'list tiktok error',
			],
		],
		[
			{ status: 'completed' },
			110,
			[
				'list * completed',
				'list tiktok completed',
				'list youtube completed',
				'list instagram completed',
				'list twitter completed',
			],
		],
		[{ platform: 'tiktok', status: 'completed' }, 80, ['list tiktok completed']],
	])('keeps the filters %j in every request', async (filters, count, requests) => {
		const api = fakeApi(
			...many(60, 'tm'),
			...many(80, 'tc', { status: 'completed' }),
			...many(30, 'yc', { platform: 'youtube', status: 'completed' }),
		);
		const listing = await all(api, filters);
		expect(listing.videos).toHaveLength(count);
		expect(listing.videos).toEqual(listing.videos.map(() => expect.objectContaining(filters)));
		expect(listing.fullSlices).toEqual([]);
		expect([...listing.requests].sort()).toEqual([...requests].sort());
	});

	test.each([5, 150])('returns %d videos newest first, each once', async (count) => {
		const half = Math.floor(count / 2);
		const api = fakeApi(...many(half, 'm'), ...many(count - half, 'c', { status: 'completed' }));
		const { videos, ids } = await all(api);
		expect(new Set(ids).size).toBe(count);
		expect(isNewestFirst(videos)).toBe(true);
	});

	it('rethrows the error of a failed request', async () => {
		const api = fakeApi();
		api.failures.set('list', httpError(500, 'the list of videos'));
		await expect(listAll(fakeClient(api), {})).rejects.toMatchObject({ kind: 'server_error' });
	});
});

/** Serves the replies of a fake API after `change`, which sees the filters and the number of the request. */
function changedClient(
	api: FakeApi,
	change: (list: VideoList, filters: VideoFilters, request: number) => Partial<VideoList>,
) {
	const client = fakeClient(api);
	const list: typeof client.list = async (filters, limit) => {
		const reply = await client.list(filters, limit);
		return { ...reply, ...change(reply, filters, api.requests.length) };
	};
	return { ...client, list };
}

/** Cuts every reply to `limit` videos, as a server with a limit of its own does. */
const cutTo =
	(limit: number, more: (list: VideoList, isCut: boolean) => Partial<VideoList>) =>
	(list: VideoList) => {
		const videos = list.videos.slice(0, limit);
		return { videos, ...more(list, videos.length < list.videos.length) };
	};

describe('listAll of a server with a limit of its own', () => {
	const spread = () =>
		fakeApi(
			...many(40, 't'),
			...many(30, 'y', { platform: 'youtube' }),
			...many(40, 'c', { platform: 'youtube', status: 'completed' }),
		);

	test.each<[string, (list: VideoList, isCut: boolean) => Partial<VideoList>]>([
		['says that the reply is full', (_, isFull) => ({ isFull })],
		['names the total of the filters', ({ videos }) => ({ isFull: false, total: videos.length })],
	])('finds all videos if it %s', async (_, more) => {
		const api = spread();
		const { videos, fullSlices } = await listAll(changedClient(api, cutTo(50, more)), {});
		expect(idsOf(videos)).toEqual(idsOf(api.videos));
		expect(fullSlices).toEqual([]);
	});

	test.each<[string, (list: VideoList, isCut: boolean) => Partial<VideoList>, string]>([
		['says that the reply is full', (_, isFull) => ({ isFull }), 'tiktok, monitoring'],
		[
			'names the total of the filters',
			({ videos }) => ({ isFull: false, total: videos.length }),
			'any platform, any status',
		],
		[
			'names the total of the account',
			() => ({ isFull: false, total: 70 }),
			'any platform, any status',
		],
	])('reports what may be missing if it %s', async (_, more, slices) => {
		const api = fakeApi(...many(70, 't'));
		const { videos, fullSlices } = await listAll(changedClient(api, cutTo(50, more)), {});
		expect(videos).toHaveLength(50);
		expect(formatSlices(fullSlices)).toBe(slices);
	});
});

describe('listRunning', () => {
	const api = () =>
		fakeApi(
			video('m1', { created: 1 }),
			video('p4', { created: 4, status: 'paused' }),
			video('c9', { created: 9, status: 'completed' }),
			video('x8', { created: 8, status: 'cancelled' }),
			video('e7', { created: 7, status: 'error' }),
			video('q6', { created: 6, status: 'queued' }),
			video('n3', { created: 3, status: null }),
			video('m5', { created: 5, platform: 'youtube' }),
			video('p2', { created: 2, status: 'paused', platform: 'youtube' }),
		);

	it('returns what has not ended for good, newest first, in three requests', async () => {
		const { videos, endedIds, fullSlices, requests } = await listRunning(fakeClient(api()));
		expect([...endedIds].sort()).toEqual(['c9', 'x8']);
		expect(videos.map(({ id }) => id)).toEqual(['e7', 'q6', 'm5', 'p4', 'n3', 'p2', 'm1']);
		expect(fullSlices).toEqual([]);
		expect(requests).toBe(3);
	});

	it('returns only videos of the given platform', async () => {
		const { videos } = await listRunning(fakeClient(api()), { platform: 'youtube' });
		expect(videos.map(({ id }) => id)).toEqual(['m5', 'p2']);
	});

	it('asks for each status if there are too many videos, also for those of a new name', async () => {
		const large = api();
		large.videos.push(
			...many(120, 'c', { status: 'completed' }),
			...many(9, 'later', { status: 'queued' }),
			video('e2', { status: 'error' }),
		);
		const { videos, fullSlices } = await listRunning(fakeClient(large));
		expect(idsOf(videos)).toEqual(idsOf(large.videos.filter(({ status }) => !isFinal(status))));
		expect(fullSlices).toEqual([]);
		expect(large.requests).toEqual([
			'list * *',
			'list * paused',
			'list * error',
			'list tiktok *',
			'list youtube *',
			'list instagram *',
			'list twitter *',
			'list * monitoring',
			'list * paused',
			'list * queued',
		]);
	});

	it('finds a status of a new name that only the list of its platform shows', async () => {
		const large = fakeApi(
			...many(120, 'c', { status: 'completed' }),
			video('new', { status: 'queued', platform: 'youtube' }),
		);
		const { videos } = await listRunning(fakeClient(large));
		expect(idsOf(videos)).toEqual(['new']);
	});

	test.each([
		['pauses', 'monitoring', 'paused'],
		['resumes', 'paused', 'monitoring'],
	])('finds a video that %s between two requests', async (_, from, to) => {
		for (const after of [1, 2, 3, 4, 5, 6, 7, 8]) {
			const moving = fakeApi(
				...many(100, 'c', { status: 'completed' }),
				video('moves', { status: from }),
			);
			const client = changedClient(moving, (_list, _filters, request) => {
				if (request === after) moving.videos.at(-1)!.status = to;
				return {};
			});
			const { videos } = await listRunning(client);
			expect(videos.map(({ id }) => id)).toEqual(['moves']);
		}
	});

	it('reports the full slices of both statuses', async () => {
		const full = fakeApi(...many(101, 'm'), ...many(101, 'p', { status: 'paused' }));
		const { videos, fullSlices } = await listRunning(fakeClient(full));
		expect(videos).toHaveLength(200);
		expect(formatSlices(fullSlices)).toBe('tiktok, paused; tiktok, monitoring');
	});

	it('asks for each status and platform if it is to be thorough', async () => {
		const thorough = fakeApi(video('m'));
		await listRunning(fakeClient(thorough), {}, true);
		expect(thorough.requests).toHaveLength(3 + 4 + 2);
	});

	it('finds what is not counted behind a reply that is cut and does not say so', async () => {
		const cut = fakeApi(
			...many(30, 'm'),
			...many(20, 'p', { status: 'paused' }),
			...many(10, 'e', { status: 'error' }),
		);
		const client = changedClient(cut, ({ videos }) => ({ videos: videos.slice(0, 25) }));
		const { videos } = await listRunning(client);
		expect(videos.filter(({ status }) => status !== 'monitoring')).toHaveLength(30);
	});

	it('says of which platform more may run, and not of which status, if filters are ignored', async () => {
		const ignoring = fakeApi(...many(110, 'c', { status: 'completed' }), video('m1'));
		const { videos, fullSlices } = await listRunning(
			changedClient(ignoring, () => ({
				videos: ignoring.videos.slice(0, 100),
				isFull: true,
			})),
		);
		expect(videos).toEqual([]);
		expect(new Set(fullSlices.map(({ status }) => status))).toEqual(new Set([null]));
	});

	it('hides the part of a status that the API shows but does not know as a filter', async () => {
		const odd = fakeApi(...many(100, 'c', { status: 'completed' }));
		odd.videos[5]!.status = 'queued';
		const client = fakeClient(odd);
		const list: typeof client.list = async (filters, limit) => {
			if (filters.status === 'queued') throw httpError(400, 'the list of videos');
			return await client.list(filters, limit);
		};
		const { videos, fullSlices } = await listRunning({ ...client, list });
		expect(videos.map(({ status }) => status)).toEqual(['queued']);
		expect(fullSlices).toEqual([{ platform: null, status: 'queued' }]);
	});

	it('takes a total of the whole account for no sign of hidden videos', async () => {
		const large = fakeApi(...many(60, 'm'), ...many(90, 'c', { status: 'completed' }));
		const client = changedClient(large, () => ({ total: 150 }));
		const { videos, fullSlices } = await listRunning(client);
		expect(videos).toHaveLength(60);
		expect(fullSlices).toEqual([]);
	});
});

describe('mergeListings', () => {
	const listing = (requests: number, full: Slice[], ...videos: Video[]): Listing => ({
		videos,
		unidentified: [],
		fullSlices: full,
		requests,
		repliedAt: null,
	});

	it('keeps each video once, newest first, with every full slice and the sum of requests', () => {
		const [old, middle, recent] = [1, 5, 9].map((created) => video(`v${created}`, { created }));
		const merged = mergeListings([
			listing(1, [], middle!, old!),
			listing(6, [{ platform: 'tiktok', status: 'monitoring' }], recent!, middle!),
			listing(2, [{ platform: 'youtube', status: 'paused' }]),
		]);
		expect(merged).toEqual({
			videos: [recent, middle, old],
			unidentified: [],
			fullSlices: [
				{ platform: 'tiktok', status: 'monitoring' },
				{ platform: 'youtube', status: 'paused' },
			],
			requests: 9,
			repliedAt: null,
		});
	});

	it('returns an empty listing if given none', () => {
		expect(mergeListings([])).toEqual({
			videos: [],
			unidentified: [],
			fullSlices: [],
			requests: 0,
			repliedAt: null,
		});
	});
});

describe('hiddenSlices', () => {
	const listing = (videos: Video[], ...fullSlices: Slice[]): RunningListing => ({
		videos,
		unidentified: [],
		fullSlices,
		requests: 1,
		repliedAt: null,
		endedIds: new Set(),
		isThorough: false,
	});
	const slice = (status: string | null, platform: string | null = 'tiktok'): Slice => ({
		platform,
		status,
	});
	const full = (status: string, count: number): RunningListing =>
		listing(many(count, 'v', { status }), slice(status));
	const some = listing([
		...many(5, 'm'),
		...many(2, 'e', { status: 'error' }),
		...many(3, 'p', { status: 'paused' }),
	]);
	const ANY = slice(null, null);
	const thorough = { ...some, isThorough: true };

	test.each<[string, RunningListing, number | null, Slice[]]>([
		['nothing if every active video is listed', full('monitoring', 100), 100, []],
		['nothing if fewer videos are active than listed', full('monitoring', 100), 99, []],
		['the full slice if more are active', full('monitoring', 100), 101, [slice('monitoring')]],
		['the full slice if none are active', full('monitoring', 100), 0, [slice('monitoring')]],
		['the full slice if less than none are', full('monitoring', 100), -1, [slice('monitoring')]],
		['the full slice if a fraction is', full('monitoring', 100), 100.5, [slice('monitoring')]],
		['the full slice if usage says nothing', full('monitoring', 100), null, [slice('monitoring')]],
		['a full slice of paused videos', full('paused', 100), 0, [slice('paused')]],
		[
			'nothing of a slice of ended videos if all active ones are listed',
			listing([...many(3, 'm'), ...many(97, 'c', { status: 'completed' })], slice(null)),
			3,
			[],
		],
		['any platform if more are active than listed, though none is full', some, 6, [ANY]],
		['nothing if all that were found explain the count', thorough, 10, []],
		['any platform if not even all that were found do', thorough, 11, [ANY]],
		[
			'the full slice, whatever else is found',
			{ ...thorough, fullSlices: [slice('monitoring')] },
			6,
			[slice('monitoring')],
		],
		['any platform if only a slice of paused videos is full', full('paused', 100), 1, [ANY]],
		['nothing if those in error are not counted', some, 5, []],
		['nothing if usage says nothing and no slice is full', some, null, []],
		['nothing if a video is counted twice', listing([video('a'), video('a')]), 1, []],
		['any platform if a video is listed twice', listing([video('a'), video('a')]), 2, [ANY]],
		[
			'nothing if an entry without an id is the missing one',
			{ ...listing([video('a')]), unidentified: [{ platform: null }] },
			2,
			[],
		],
	])('returns %s', (_, found, activeVideos, hidden) => {
		expect(hiddenSlices(found, activeVideos)).toEqual(hidden);
	});
});

test.each<[string, Partial<Video>, number]>([
	['reads the later of two times', { created_at: iso(5), monitoring_started: iso(7) }, at(7)],
	['reads created_at', { created_at: iso(5), monitoring_started: null }, at(5)],
	['falls back to monitoring_started', { created_at: null, monitoring_started: iso(7) }, at(7)],
	[
		'returns 0 if neither time is known',
		{ created_at: undefined, monitoring_started: undefined },
		0,
	],
])('createdAt %s', (_, fields, instant) => {
	expect(createdAt(video('a', fields))).toBe(instant);
});

it('byNewest sorts the most recently created videos first', () => {
	const videos = [3, 11, 2].map((created) => video(`v${created}`, { created }));
	expect(videos.sort(byNewest).map(({ id }) => id)).toEqual(['v11', 'v3', 'v2']);
});
