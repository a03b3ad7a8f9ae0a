import axios, { type AxiosInstance } from 'axios';
import { startSandbox } from '../../../sandbox';
import { closeAll, open, TIKTOK } from './sandboxFixture';

afterEach(closeAll);

function control(baseUrl: string): AxiosInstance {
	return axios.create({
		baseURL: new URL('/_sandbox', baseUrl).href,
		validateStatus: () => true,
	});
}

it('returns requests and ledger without a key, a rate limit or a record of the call', async () => {
	const { sandbox, http, track, clock } = await open({
		plan: { requestsPerMinute: 1, maxVideos: 1 },
	});
	const id = await track();
	clock.advance({ minutes: 60 });
	const outside = control(sandbox.baseUrl);

	expect((await outside.get('/requests')).data).toMatchObject([
		{ method: 'POST', path: '/api/v1/videos/track', body: { video_link: TIKTOK }, status: 201 },
	]);
	expect((await outside.get('/ledger')).data).toMatchObject([
		{ kind: 'track', video_id: id },
		{ kind: 'snapshot', video_id: id, amount_usd: 0.015 },
	]);
	expect(sandbox.requests).toHaveLength(1);
	expect((await http.get('/usage')).status).toBe(200);
});

it('adds and clears faults by POST and DELETE /_sandbox/faults', async () => {
	const { sandbox, http } = await open();
	const outside = control(sandbox.baseUrl);
	const fault = {
		kind: 'status',
		status: 503,
		match: { method: 'GET', path_pattern: '^/us' },
		times: 'always',
	};

	expect((await outside.post('/faults', fault)).status).toBe(200);
	expect((await http.get('/videos')).status).toBe(200);
	expect((await http.get('/usage')).status).toBe(503);
	expect((await http.get('/usage')).status).toBe(503);
	expect((await outside.delete('/faults')).status).toBe(200);
	expect((await http.get('/usage')).status).toBe(200);
});

it.each([
	['/faults', { kind: 'nonsense' }, /^Not a fault: kind/],
	['/faults', { kind: 'map' }, /map must be a function/],
	['/faults', { kind: 'status', status: 500, match: { path_pattern: '(' } }, /regular expression/i],
	['/faults', undefined, /Send a JSON body/],
	['/balance', { add: 1 }, /add_usd/],
	['/balance', { add_usd: '1' }, /add_usd/],
	['/clock', { advance_ms: -1 }, /advance_ms/],
])('refuses POST %s with the body %j and names the problem', async (path, body, problem) => {
	const { sandbox, http } = await open();
	const reply = await control(sandbox.baseUrl).post(path, body);

	expect([reply.status, reply.data]).toEqual([400, { error: expect.stringMatching(problem) }]);
	expect((await http.get('/usage')).status).toBe(200);
});

it('adds credit by POST /_sandbox/balance, which resumes paused trackings', async () => {
	const { sandbox, clock } = await open({ balanceUsd: 0.015 });
	const video = sandbox.seedVideo({ video_link: TIKTOK });
	clock.advance({ minutes: 90 });
	expect(video.status).toBe('paused');

	expect((await control(sandbox.baseUrl).post('/balance', { add_usd: 2.5 })).data).toEqual({
		balance_usd: 2.5,
	});
	expect(video.status).toBe('monitoring');
});

it('advances a manual clock by POST /_sandbox/clock, and answers 409 in real time', async () => {
	const { sandbox } = await open();
	const video = sandbox.seedVideo({ video_link: TIKTOK });
	const moved = await control(sandbox.baseUrl).post('/clock', { advance_ms: 7_200_000 });
	expect(moved.data).toEqual({ now: '2024-01-29T12:00:00.000Z' });
	expect(video.snapshots_taken).toBe(2);

	const real = await startSandbox();
	const refused = await control(real.baseUrl).post('/clock', { advance_ms: 1 });
	await real.close();
	expect([refused.status, refused.data.error]).toEqual([
		409,
		expect.stringContaining('--manual-clock'),
	]);
});
