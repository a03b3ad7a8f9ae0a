import { startSandbox } from '../../../sandbox';
import { client, closeAll, open } from './sandboxFixture';

afterEach(closeAll);

const rate = (headers: Record<string, unknown>) =>
	['limit', 'remaining', 'reset'].map((name) => Number(headers[`x-ratelimit-${name}`]));

it("counts requests in a window that begins with the key's first request", async () => {
	const { http, clock } = await open({ plan: 'free' });
	clock.advance({ ms: 500 });
	const reset = Date.parse('2024-01-29T10:01:01Z') / 1000;

	expect(rate((await http.get('/usage')).headers)).toEqual([60, 59, reset]);
	clock.advance({ ms: 59_999 });
	expect(rate((await http.get('/videos/none')).headers)).toEqual([60, 58, reset]);
	clock.advance({ ms: 1 });
	expect(rate((await http.get('/usage')).headers)).toEqual([60, 59, reset + 60]);
});

it('answers 429 over the limit until the reset, and prevents any effect', async () => {
	const { http, sandbox, clock } = await open({ plan: { requestsPerMinute: 2, maxVideos: 9 } });
	await http.get('/usage');
	await http.get('/usage');
	const body = { video_link: 'https://youtu.be/abc', duration_days: 1 };
	const refused = await http.post('/videos/track', body);
	const reset = Date.parse('2024-01-29T10:01:00Z') / 1000;

	expect(refused.status).toBe(429);
	expect(refused.data).toEqual({ error: 'Rate limit exceeded', limit: 2, reset });
	expect(rate(refused.headers)).toEqual([2, 0, reset]);
	expect(refused.headers['retry-after']).toBeUndefined();
	expect(sandbox.videos.size).toBe(0);

	clock.advance({ seconds: 60 });
	expect((await http.post('/videos/track', body)).status).toBe(201);
});

it('counts the requests of each key separately', async () => {
	const { http, as, sandbox } = await open({ plan: { requestsPerMinute: 1, maxVideos: 9 } });
	await http.get('/usage');

	expect((await http.get('/usage')).status).toBe(429);
	expect((await as(sandbox.testKey).get('/usage')).status).toBe(200);
	expect((await as(undefined).get('/usage')).status).toBe(401);
});

it('counts the requests of all unknown keys together', async () => {
	const { as } = await open({ plan: { requestsPerMinute: 2, maxVideos: 9 } });
	const statuses = [];
	for (const key of [undefined, 'cs_live_a', 'cs_live_b']) {
		statuses.push((await as(key).get('/usage')).status);
	}
	expect(statuses).toEqual([401, 401, 429]);
});

it.each([
	['free', 60],
	['pro', 300],
	['enterprise', 100_000],
] as const)('allows the plan %s %d requests per window', async (plan, limit) => {
	const { http } = await open({ plan });
	expect(rate((await http.get('/usage')).headers)[0]).toBe(limit);
});

it('counts in a window of rateWindowMs', async () => {
	const { http, clock } = await open({
		plan: { requestsPerMinute: 1, maxVideos: 1 },
		rateWindowMs: 2000,
	});
	await http.get('/usage');
	clock.advance({ ms: 1999 });
	expect((await http.get('/usage')).status).toBe(429);
	clock.advance({ ms: 1 });
	expect((await http.get('/usage')).status).toBe(200);
});

it("sends the sandbox's time and rate-limit headers with every reply, including errors", async () => {
	const { http, as } = await open();
	for (const reply of [
		await http.get('/usage'),
		await http.get('/nothing'),
		await as(undefined).get('/usage'),
	]) {
		expect(reply.headers.date).toBe('Mon, 29 Jan 2024 10:00:00 GMT');
		expect(rate(reply.headers).every(Number.isInteger)).toBe(true);
	}
});

it('refuses a plan that allows no requests', async () => {
	const plan = { requestsPerMinute: 0, maxVideos: 1 };
	await expect(startSandbox({ plan })).rejects.toThrow('requestsPerMinute must be at least 1');
});

it('rejects with EADDRINUSE if the port is taken', async () => {
	const { sandbox } = await open();
	const port = Number(new URL(sandbox.baseUrl).port);

	await expect(startSandbox({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
	expect((await client(sandbox, sandbox.liveKey).get('/usage')).status).toBe(200);
});
