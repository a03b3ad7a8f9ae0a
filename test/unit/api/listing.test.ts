import {
	byNewest,
	createdAt,
	listAll,
	type Listing,
	hiddenSlices,
	listRunning,
	mergeListings,
	type Slice,
	formatSlices,
} from '../../../nodes/ContentStats/api/listing';
import type { Video, VideoWithSnapshots } from '../../../nodes/ContentStats/api/schemas';
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

describe('listRunning', () => {
	const api = () =>
		fakeApi(
			video('m1', { created: 1 }),
			video('p4', { created: 4, status: 'paused' }),
			video('c9', { created: 9, status: 'completed' }),
			video('x8', { created: 8, status: 'cancelled' }),
			video('e7', { created: 7, status: 'error' }),
			video('m5', { created: 5, platform: 'youtube' }),
			video('p2', { created: 2, status: 'paused', platform: 'youtube' }),
		);

	it('returns monitoring and paused videos, newest first', async () => {
		const { videos, fullSlices, requests } = await listRunning(fakeClient(api()));
		expect(videos.map(({ id }) => id)).toEqual(['m5', 'p4', 'p2', 'm1']);
		expect(fullSlices).toEqual([]);
		expect(requests).toBe(3);
	});

	it('returns only videos of the given platform', async () => {
		const { videos } = await listRunning(fakeClient(api()), { platform: 'youtube' });
		expect(videos.map(({ id }) => id)).toEqual(['m5', 'p2']);
	});

	test.each([
		['pauses', 'monitoring', 'paused'],
		['resumes', 'paused', 'monitoring'],
	])('finds a video that %s between two requests', async (_, from, to) => {
		for (const after of [1, 2]) {
			const moving = fakeApi(video('moves', { status: from }));
			const client = fakeClient(moving);
			const list: typeof client.list = async (filters, limit) => {
				const answer = await client.list(filters, limit);
				if (moving.requests.length === after) moving.videos[0]!.status = to;
				return answer;
			};
			const { videos } = await listRunning({ ...client, list });
			expect(videos.map(({ id }) => id)).toEqual(['moves']);
		}
	});

	it('reports the full slices of both statuses', async () => {
		const full = fakeApi(...many(101, 'm'), ...many(101, 'p', { status: 'paused' }));
		const { videos, fullSlices } = await listRunning(fakeClient(full));
		expect(videos).toHaveLength(200);
		expect(formatSlices(fullSlices)).toBe('tiktok, paused; tiktok, monitoring');
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
	const full = (status: string, count: number): Listing => ({
		videos: many(count, 'v', { status }),
		unidentified: [],
		fullSlices: [{ platform: 'tiktok', status }],
		requests: 1,
		repliedAt: null,
	});

	test.each<[string, Listing, number, number]>([
		['no slice if every active video is listed', full('monitoring', 100), 100, 0],
		['no slice if fewer videos are active than listed', full('monitoring', 100), 99, 0],
		['the full slice if more videos are active than listed', full('monitoring', 100), 101, 1],
		['the full slice if no videos are said to be active', full('monitoring', 100), 0, 1],
		['the full slice if less than none are said to be active', full('monitoring', 100), -1, 1],
		['the full slice if the count is a fraction', full('monitoring', 100), 100.5, 1],
		[
			'a full slice of paused videos, which active_videos does not count',
			full('paused', 100),
			0,
			1,
		],
		['no slice if none is full', { ...full('monitoring', 5), fullSlices: [] }, 500, 0],
	])('returns %s', (_, listing, activeVideos, hidden) => {
		expect(hiddenSlices(listing, activeVideos)).toHaveLength(hidden);
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
