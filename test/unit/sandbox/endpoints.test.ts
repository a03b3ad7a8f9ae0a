import { closeAll, INSTAGRAM, open, TIKTOK, TWITTER, YOUTUBE } from './sandboxFixture';

afterEach(closeAll);

describe('POST /videos/track', () => {
	it('answers 201 with the documented fields', async () => {
		const { http } = await open();
		const reply = await http.post('/videos/track', { video_link: TIKTOK, duration_days: 7 });

		expect(reply.status).toBe(201);
		expect(reply.data).toEqual({
			id: expect.stringMatching(/^cm5[a-z0-9]{10}$/),
			job_id: expect.stringMatching(/^job_[a-z0-9]{9}$/),
			video_link: TIKTOK,
			platform: 'tiktok',
			status: 'monitoring',
			monitoring_duration_days: 7,
			days_remaining: 7,
			estimated_cost: 2.52,
			created_at: '2024-01-29T10:00:00.000Z',
		});
	});

	it('starts a second tracking for a link that is already tracked', async () => {
		const { track, sandbox } = await open();
		const first = await track();
		const second = await track();

		expect(second).not.toBe(first);
		expect(sandbox.ledger.map((entry) => [entry.kind, entry.video_id])).toEqual([
			['track', first],
			['track', second],
		]);
	});

	it.each([
		['a missing body', undefined, 'body'],
		['an array as body', [], 'body'],
		['a missing link', { duration_days: 7 }, 'video_link'],
		['a link that is not a URL', { video_link: 'tiktok', duration_days: 7 }, 'video_link'],
		['a link that is not a string', { video_link: 7, duration_days: 7 }, 'video_link'],
		['a missing duration', { video_link: TIKTOK }, 'duration_days'],
		['a duration of 0 days', { video_link: TIKTOK, duration_days: 0 }, 'duration_days'],
		['a duration of 31 days', { video_link: TIKTOK, duration_days: 31 }, 'duration_days'],
		['a duration of 1.5 days', { video_link: TIKTOK, duration_days: 1.5 }, 'duration_days'],
		['a duration given as a string', { video_link: TIKTOK, duration_days: '7' }, 'duration_days'],
	])('refuses %s with 400', async (_case, body, field) => {
		const { http, sandbox } = await open();
		const reply = await http.post('/videos/track', body);

		expect(reply.status).toBe(400);
		expect(reply.data).toEqual({
			error: 'Invalid request',
			details: [{ field, message: expect.any(String) }],
		});
		expect(sandbox.videos.size).toBe(0);
	});

	it('reports an invalid URL in the words of the documentation', async () => {
		const { http } = await open();
		const reply = await http.post('/videos/track', { video_link: 'nope', duration_days: 7 });

		expect(reply.data.details).toEqual([{ field: 'video_link', message: 'Invalid URL format' }]);
	});

	it('names every invalid field', async () => {
		const { http } = await open();
		const reply = await http.post('/videos/track', {});

		expect(reply.data.details.map((detail: { field: string }) => detail.field)).toEqual([
			'video_link',
			'duration_days',
		]);
	});

	it('refuses a body that is not JSON, and records it as raw text', async () => {
		const { http, sandbox } = await open();
		const reply = await http.post('/videos/track', '{"video_link":', {
			headers: { 'Content-Type': 'application/json' },
			transformRequest: [(data: string) => data],
		});

		expect(reply.status).toBe(400);
		expect(reply.data.details).toEqual([{ field: 'body', message: 'Invalid JSON' }]);
		expect(sandbox.requests[0]?.body).toBe('{"video_link":');
	});

	it('answers 403 at the video limit of the plan, and accepts a video after another is stopped', async () => {
		const { http, track } = await open({ plan: { requestsPerMinute: 60, maxVideos: 1 } });
		const id = await track();
		const body = { video_link: YOUTUBE, duration_days: 1 };

		const refused = await http.post('/videos/track', body);
		expect(refused.status).toBe(403);
		expect(refused.data.error).toMatch(/^Plan limit reached: .*1 videos/);

		await http.post(`/videos/${id}/stop`);
		expect((await http.post('/videos/track', body)).status).toBe(201);
	});
});

describe('GET /videos', () => {
	it('returns the documented fields without snapshots', async () => {
		const { http, track, clock } = await open();
		const id = await track();
		clock.advance({ hours: 12 });
		const reply = await http.get('/videos');

		expect(reply.data).toEqual({
			videos: [
				{
					id,
					job_id: expect.stringMatching(/^job_/),
					video_link: TIKTOK,
					platform: 'tiktok',
					status: 'monitoring',
					monitoring_started: '2024-01-29T10:00:00.000Z',
					monitoring_duration_days: 7,
					days_remaining: 6.5,
					current_metadata: { title: expect.any(String), creator: expect.any(String) },
					created_at: '2024-01-29T10:00:00.000Z',
				},
			],
			total: 1,
			limit: 50,
		});
	});

	it('returns the newest videos first, up to the limit, and their number as the total', async () => {
		const { http, sandbox } = await open();
		const ids = Array.from({ length: 105 }, (_, n) =>
			sandbox.seedVideo({ video_link: TIKTOK, started: Date.UTC(2024, 0, 1) + n * 60_000 }),
		).map((video) => video.id);

		for (const [query, count] of [
			['', 50],
			['?limit=3', 3],
			['?limit=100', 100],
		] as const) {
			const { data } = await http.get(`/videos${query}`);
			expect(data.videos.map((video: { id: string }) => video.id)).toEqual(
				[...ids].reverse().slice(0, count),
			);
			expect([data.total, data.limit]).toEqual([count, count]);
		}
	});

	it('filters by platform and status', async () => {
		const { http, sandbox } = await open();
		const paused = sandbox.seedVideo({ video_link: TIKTOK, status: 'paused' });
		const tiktok = sandbox.seedVideo({ video_link: TIKTOK });
		const youtube = sandbox.seedVideo({ video_link: YOUTUBE });
		const ids = async (query: string) =>
			(await http.get(`/videos?${query}`)).data.videos.map((video: { id: string }) => video.id);

		expect(await ids('platform=tiktok')).toEqual([tiktok.id, paused.id]);
		expect(await ids('status=monitoring')).toEqual([youtube.id, tiktok.id]);
		expect(await ids('platform=tiktok&status=paused')).toEqual([paused.id]);
		expect(await ids('platform=instagram')).toEqual([]);
	});

	it.each([
		['limit=0', 'limit'],
		['limit=101', 'limit'],
		['limit=ten', 'limit'],
		['limit=1.5', 'limit'],
		['limit=5&limit=6', 'limit'],
		['platform=vimeo', 'platform'],
		['status=running', 'status'],
	])('refuses ?%s with 400', async (query, field) => {
		const { http } = await open();
		const reply = await http.get(`/videos?${query}`);

		expect(reply.status).toBe(400);
		expect(reply.data).toEqual({
			error: 'Invalid request',
			details: [{ field, message: expect.any(String) }],
		});
	});
});

describe('GET /videos/{id}', () => {
	it('returns is_deleted, description, last_updated and all snapshots', async () => {
		const { http, track, clock } = await open();
		const id = await track();
		clock.advance({ hours: 2, minutes: 30 });
		const { data } = await http.get(`/videos/${id}`);

		expect(data).toMatchObject({
			id,
			is_deleted: false,
			last_updated: '2024-01-29T12:00:00.000Z',
			current_metadata: { description: expect.any(String) },
		});
		expect(data.snapshots).toHaveLength(2);
		expect(data.snapshots[1]).toEqual({
			id: expect.stringMatching(/^snap_/),
			snapshot_id: expect.stringMatching(/^ext_/),
			snapshot_time: '2024-01-29T12:00:00.000Z',
			views: expect.stringMatching(/^\d+$/),
			likes: expect.stringMatching(/^\d+$/),
			comments: expect.stringMatching(/^\d+$/),
			shares: expect.stringMatching(/^\d+$/),
			saves: expect.stringMatching(/^\d+$/),
			provider: 'render',
		});
	});

	it.each([
		[TIKTOK, ['views', 'likes', 'comments', 'shares', 'saves']],
		[YOUTUBE, ['views', 'likes', 'comments']],
		[INSTAGRAM, ['likes', 'comments', 'saves']],
		[TWITTER, ['views', 'likes', 'comments', 'shares']],
	])('returns null for each metric that the platform of %s lacks', async (link, present) => {
		const { http, sandbox, clock } = await open();
		const { id } = sandbox.seedVideo({ video_link: link });
		clock.advance({ hours: 1 });
		const [snapshot] = (await http.get(`/videos/${id}`)).data.snapshots;

		for (const metric of ['views', 'likes', 'comments', 'shares', 'saves']) {
			const expected = present.includes(metric) ? expect.stringMatching(/^\d+$/) : null;
			expect([metric, snapshot[metric]]).toEqual([metric, expected]);
		}
	});

	it('returns no snapshots before the first one is due', async () => {
		const { http, track, clock } = await open();
		const id = await track();
		clock.advance({ minutes: 59 });

		expect((await http.get(`/videos/${id}`)).data.snapshots).toEqual([]);
	});

	it('returns the status completed after the last snapshot', async () => {
		const { http, track, clock } = await open();
		const id = await track(TIKTOK, 1);
		clock.advance({ hours: 23 });
		expect((await http.get(`/videos/${id}`)).data.status).toBe('monitoring');
		clock.advance({ hours: 20 });
		const { data } = await http.get(`/videos/${id}`);

		expect([data.status, data.days_remaining, data.snapshots.length]).toEqual(['completed', 0, 24]);
		expect(data.last_updated).toBe('2024-01-30T10:00:00.000Z');
	});

	it('answers 404 for an unknown id, even if it contains an encoded path', async () => {
		const { http } = await open();
		for (const id of ['nope', '..%2Fusage', 'a%2Fb%3Fc']) {
			const reply = await http.get(`/videos/${id}`);
			expect([reply.status, reply.data]).toEqual([404, { error: 'Video not found' }]);
		}
	});

	it.each([
		[undefined, 403, 'Access denied'],
		[404, 404, 'Video not found'],
	] as const)('refuses a foreign video (foreignVideoStatus %s)', async (option, status, error) => {
		const { http, as, sandbox } = await open({ foreignVideoStatus: option });
		const { id } = sandbox.seedVideo({ video_link: TIKTOK, organisation: 'other' });

		for (const reply of [await http.get(`/videos/${id}`), await http.post(`/videos/${id}/stop`)]) {
			expect([reply.status, reply.data]).toEqual([status, { error }]);
		}
		expect((await http.get('/videos')).data.videos).toEqual([]);
		expect((await as(sandbox.otherOrgKey).get(`/videos/${id}`)).status).toBe(200);
	});
});

describe('POST /videos/{id}/stop', () => {
	it.each(['monitoring', 'paused'] as const)(
		'stops a %s video and keeps its snapshots',
		async (status) => {
			const { http, sandbox, clock } = await open();
			const video = sandbox.seedVideo({
				video_link: TIKTOK,
				started: '2024-01-29T07:00:00Z',
				status,
			});
			const reply = await http.post(`/videos/${video.id}/stop`);
			clock.advance({ hours: 5 });

			expect([reply.status, reply.data]).toEqual([
				200,
				{
					success: true,
					id: video.id,
					job_id: video.job_id,
					video_link: TIKTOK,
					previous_status: status,
					new_status: 'completed',
				},
			]);
			const { data } = await http.get(`/videos/${video.id}`);
			expect([data.status, data.days_remaining, data.snapshots.length]).toEqual([
				'completed',
				0,
				3,
			]);
		},
	);

	it.each(['completed', 'error', 'cancelled'] as const)(
		'refuses to stop a video with the status %s',
		async (status) => {
			const { http, sandbox } = await open();
			const { id } = sandbox.seedVideo({ video_link: TIKTOK, status });
			const reply = await http.post(`/videos/${id}/stop`);

			expect([reply.status, reply.data.error]).toEqual([400, 'Invalid request']);
			expect(sandbox.videos.get(id)?.status).toBe(status);
		},
	);

	it('answers 404 for an unknown id', async () => {
		const { http } = await open();
		const reply = await http.post('/videos/nope/stop');

		expect([reply.status, reply.data]).toEqual([404, { error: 'Video not found' }]);
	});
});

describe('GET /usage', () => {
	it('returns the documented fields', async () => {
		const { http, track, clock } = await open({ balanceUsd: 12.45 });
		await track();
		await track(YOUTUBE);
		clock.advance({ hours: 2 });

		expect((await http.get('/usage')).data).toEqual({
			balance_usd: 12.45,
			total_snapshots: 4,
			active_videos: 2,
			uncharged_usage_usd: 0.06,
			total_charged_usd: 0,
			estimated_snapshots_remaining: 830,
			cost_per_snapshot: 0.015,
		});
	});
});

describe('the API', () => {
	it.each([
		['GET', '/'],
		['GET', '/nothing'],
		['PUT', '/videos'],
		['DELETE', '/videos/x'],
		['GET', '/videos/x/stop'],
		['GET', '/videos/%E0%A4%A'],
	])('answers %s %s with 404', async (method, url) => {
		const { http } = await open();
		const reply = await http.request({ method, url });

		expect([reply.status, reply.data]).toEqual([404, { error: 'Not found' }]);
		expect(reply.headers['x-ratelimit-limit']).toBe('300');
	});

	it('answers 401 if the key is missing or unknown', async () => {
		const { as, sandbox } = await open();
		const without = await as(undefined).get('/usage');
		const unknown = await as('cs_live_unknown').post('/videos/track', {});

		expect([without.status, without.data]).toEqual([401, { error: 'API key required' }]);
		expect([unknown.status, unknown.data]).toEqual([401, { error: 'Invalid API key' }]);
		expect(sandbox.videos.size).toBe(0);
	});

	it('records each request as received', async () => {
		const { http, sandbox, clock } = await open();
		await http.get('/videos?limit=2&status=paused');
		await http.post('/videos/track', { video_link: 'x', duration_days: 1 });

		expect(sandbox.requests).toMatchObject([
			{
				at: clock.now(),
				method: 'GET',
				path: '/api/v1/videos?limit=2&status=paused',
				headers: { 'x-api-key': sandbox.liveKey },
				status: 200,
			},
			{
				method: 'POST',
				path: '/api/v1/videos/track',
				body: { video_link: 'x', duration_days: 1 },
				status: 400,
			},
		]);
		sandbox.clear();
		expect(sandbox.requests).toEqual([]);
	});
});
