import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../../sandbox';
import { waitFor } from '../../support/waitFor';
import { closeAll, open, TIKTOK } from './sandboxFixture';

afterEach(closeAll);

const body = { video_link: TIKTOK, duration_days: 1 };

describe('a fault', () => {
	const statuses = async (fault: Partial<Fault>, calls: Array<[method: string, url: string]>) => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'status', status: 500, ...fault } as Fault);
		const seen = [];
		for (const [method, url] of calls) seen.push((await http.request({ method, url })).status);
		return seen;
	};

	it('hits the next request once by default', async () => {
		expect(
			await statuses({}, [
				['GET', '/usage'],
				['GET', '/usage'],
			]),
		).toEqual([500, 200]);
	});

	it('hits `times` requests, after `after` matching requests have passed', async () => {
		const five = Array(5).fill(['GET', '/usage']);
		expect(await statuses({ after: 1, times: 2 }, five)).toEqual([200, 500, 500, 200, 200]);
		expect(await statuses({ times: Infinity }, five)).toEqual([500, 500, 500, 500, 500]);
		expect(await statuses({ times: 'always' }, five)).toEqual([500, 500, 500, 500, 500]);
	});

	it('hits only requests of the given method', async () => {
		const calls: Array<[string, string]> = [
			['GET', '/usage'],
			['POST', '/videos/x/stop'],
		];
		expect(await statuses({ match: { method: 'post' } }, calls)).toEqual([200, 500]);
	});

	it('hits only requests of the given path, with or without the query', async () => {
		const calls: Array<[string, string]> = [
			['GET', '/videos/x'],
			['GET', '/videos?limit=2'],
			['GET', '/videos?limit=3'],
			['GET', '/videos?limit=3'],
		];
		const always = { times: Infinity };
		expect(await statuses({ ...always, match: { path: '/videos' } }, calls)).toEqual([
			404, 500, 500, 500,
		]);
		expect(await statuses({ ...always, match: { path: '/videos?limit=3' } }, calls)).toEqual([
			404, 200, 500, 500,
		]);
		expect(await statuses({ ...always, match: { path: /limit=3/g } }, calls)).toEqual([
			404, 200, 500, 500,
		]);
		expect(await statuses({ ...always, match: { path_pattern: '^/videos/' } }, calls)).toEqual([
			500, 200, 200, 200,
		]);
	});

	it('takes its turn in the order of addition, until the faults are cleared', async () => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'status', status: 500 });
		sandbox.faults.add({ kind: 'status', status: 503, times: Infinity });
		expect((await http.get('/usage')).status).toBe(500);
		expect((await http.get('/usage')).status).toBe(503);
		sandbox.faults.clear();
		expect((await http.get('/usage')).status).toBe(200);
	});

	it('is refused if invalid, with an error that names the field', async () => {
		const { sandbox } = await open();
		const add = (fault: object) => () => sandbox.faults.add(fault as Fault);

		expect(add({ kind: 'explode' })).toThrow(/kind/);
		expect(add({ kind: 'status' })).toThrow(/status/);
		expect(add({ kind: 'drop', when: 'later' })).toThrow(/when/);
		expect(add({ kind: 'latency', ms: 1, extra: 1 })).toThrow(/extra/);
		expect(add({ kind: 'body' })).toThrow(/either body or truncate_at/);
		expect(add({ kind: 'body', body: '', truncate_at: 1 })).toThrow(/either body or truncate_at/);
	});
});

describe('a status fault', () => {
	it.each([
		[400, { error: 'Invalid request', details: expect.any(Array) }],
		[401, { error: 'API key required' }],
		[402, { error: 'Insufficient balance', balance: 0.5, estimated_cost: 2.52, required: 2.02 }],
		[403, { error: 'Access denied' }],
		[404, { error: 'Video not found' }],
		[429, { error: 'Rate limit exceeded', limit: 300, reset: expect.any(Number) }],
		[500, { error: 'Internal server error' }],
	])('answers %d with the documented body and prevents any effect', async (status, documented) => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'status', status });
		const reply = await http.post('/videos/track', body);

		expect([reply.status, reply.data]).toEqual([status, documented]);
		expect(reply.headers['x-ratelimit-remaining']).toBe('299');
		expect([sandbox.videos.size, sandbox.requests[0]?.status]).toEqual([0, status]);
	});

	it.each([502, 503, 504])('answers %d with the HTML of a proxy', async (status) => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'status', status });
		const reply = await http.get('/usage');

		expect(reply.headers['content-type']).toMatch('text/html');
		expect(reply.data).toContain('<html>');
	});

	it('answers with the given body, content type and headers', async () => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'status', status: 400, body: { error: 'Private video' } });
		sandbox.faults.add({
			kind: 'status',
			status: 500,
			body: 'oops',
			contentType: 'text/plain',
			headers: { 'x-proxy': 'yes' },
		});

		expect((await http.get('/usage')).data).toEqual({ error: 'Private video' });
		const second = await http.get('/usage');
		expect([second.data, second.headers['content-type'], second.headers['x-proxy']]).toEqual([
			'oops',
			'text/plain',
			'yes',
		]);
	});

	it('lets the request take effect first if commit is true', async () => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'status', status: 500, commit: true });

		expect((await http.post('/videos/track', body)).status).toBe(500);
		expect([...sandbox.videos.values()].map((video) => video.video_link)).toEqual([TIKTOK]);
	});
});

describe('a rate_limited fault', () => {
	it('answers 429 with a reset after resetInSeconds', async () => {
		const { sandbox, http, clock } = await open();
		sandbox.faults.add({ kind: 'rate_limited', resetInSeconds: 7 });
		const reply = await http.get('/usage');
		const reset = clock.now() / 1000 + 7;

		expect(reply.status).toBe(429);
		expect(reply.data).toEqual({ error: 'Rate limit exceeded', limit: 300, reset });
		expect(reply.headers).toMatchObject({
			'x-ratelimit-remaining': '0',
			'x-ratelimit-reset': String(reset),
		});
		expect((await http.get('/usage')).headers['x-ratelimit-remaining']).toBe('298');
	});

	it('leaves out rate-limit headers and reset if headers is false', async () => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'rate_limited', headers: false });
		const reply = await http.get('/usage');

		expect(reply.data).toEqual({ error: 'Rate limit exceeded', limit: 300 });
		expect(Object.keys(reply.headers).filter((name) => name.startsWith('x-rate'))).toEqual([]);
	});
});

describe('a drop fault', () => {
	it.each([
		['before_commit', 0],
		['after_commit', 1],
	] as const)('breaks the connection %s and leaves %d tracking(s)', async (when, tracked) => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'drop', when });

		await expect(http.post('/videos/track', body)).rejects.toMatchObject({ code: 'ECONNRESET' });
		expect(sandbox.videos.size).toBe(tracked);
		expect(sandbox.requests).toMatchObject([{ method: 'POST', body }]);
		expect(sandbox.requests[0]?.status).toBeUndefined();
	});
});

describe('a late_commit fault', () => {
	it('lets the request take effect afterMs later, even if the client has given up', async () => {
		const { sandbox, http, clock } = await open();
		sandbox.faults.add({ kind: 'late_commit', afterMs: 300 });

		const client = new AbortController();
		const failure = http.post('/videos/track', body, { signal: client.signal });
		// Handled here, and expected below.
		failure.catch(() => {});
		await waitFor('the request', 10_000, () => sandbox.requests.length === 1, 5);
		client.abort();
		await expect(failure).rejects.toMatchObject({ code: 'ERR_CANCELED' });
		clock.advance({ ms: 299 });
		await sleep(20);
		expect(sandbox.videos.size).toBe(0);
		clock.advance({ ms: 1 });
		await waitFor('the video', 10_000, () => sandbox.videos.size === 1, 5);
	});

	it('breaks the connection of a client that still waits', async () => {
		const { sandbox, http, clock } = await open();
		sandbox.faults.add({ kind: 'late_commit', afterMs: 10 });

		const failure = http.post('/videos/track', body);
		failure.catch(() => {});
		await waitFor('the request', 10_000, () => sandbox.requests.length === 1, 5);
		await sleep(20);
		clock.advance({ ms: 10 });
		await expect(failure).rejects.toMatchObject({ code: 'ECONNRESET' });
		expect(sandbox.videos.size).toBe(1);
	});

	it('never lets the request take effect once the sandbox is closed', async () => {
		const { sandbox, http, clock } = await open();
		sandbox.faults.add({ kind: 'late_commit', afterMs: 500 });
		const failure = expect(http.post('/videos/track', body)).rejects.toMatchObject({
			code: 'ECONNRESET',
		});
		await waitFor('the request', 10_000, () => sandbox.requests.length === 1, 5);
		await sandbox.close();

		await failure;
		clock.advance({ seconds: 1 });
		await sleep(20);
		expect(sandbox.videos.size).toBe(0);
	});
});

describe('a latency fault', () => {
	it('lets the request take effect at once and delays the reply', async () => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'latency', ms: 60_000 });
		const impatient = http.post('/videos/track', body, { timeout: 100 });
		await expect(impatient).rejects.toMatchObject({ code: 'ECONNABORTED' });
		expect(sandbox.videos.size).toBe(1);

		sandbox.faults.add({ kind: 'latency', ms: 5 });
		expect((await http.get('/usage')).data).toMatchObject({ active_videos: 1 });
	});
});

describe('a body fault', () => {
	it.each([
		['an empty body', ''],
		['HTML', '<html>'],
		['truncated JSON', '{"videos":['],
	])('lets the request take effect and answers 200 with %s', async (_case, text) => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'body', body: text });
		const reply = await http.post('/videos/track', body, { responseType: 'text' });

		expect([reply.status, reply.data]).toEqual([200, text]);
		expect(reply.headers['content-type']).toMatch('application/json');
		expect(sandbox.videos.size).toBe(1);
	});

	it('answers with the given status and content type', async () => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'body', body: 'gone', status: 410, contentType: 'text/plain' });
		const reply = await http.get('/usage');

		expect([reply.status, reply.data, reply.headers['content-type']]).toEqual([
			410,
			'gone',
			'text/plain',
		]);
	});

	it('truncates the true reply and sends a matching content length', async () => {
		const { sandbox, http } = await open();
		const asText = { responseType: 'text' as const };
		const whole = (await http.get('/usage', asText)).data as string;
		sandbox.faults.add({ kind: 'body', truncate_at: 20 });
		const reply = await http.get('/usage', asText);

		expect([reply.status, reply.data]).toEqual([200, whole.slice(0, 20)]);
		expect(reply.headers['content-length']).toBe('20');
	});
});

describe('a redirect fault', () => {
	it.each([301, 302, 303, 307, 308] as const)('answers %d with the location', async (status) => {
		const { sandbox, http } = await open();
		const location = 'http://127.0.0.1:9/api/v1/videos/track';
		sandbox.faults.add({ kind: 'redirect', status, location });
		const reply = await http.post('/videos/track', body);

		expect([reply.status, reply.headers.location]).toEqual([status, location]);
		expect(sandbox.videos.size).toBe(0);
	});

	it('sends a client that follows redirects to the location', async () => {
		const { sandbox, http } = await open();
		const second = await open();
		const location = `${second.sandbox.baseUrl}/usage`;
		sandbox.faults.add({ kind: 'redirect', status: 308, location });
		await http.get('/usage', { maxRedirects: 1 });

		expect(second.sandbox.requests).toMatchObject([{ path: '/api/v1/usage' }]);
	});
});

describe('a map fault', () => {
	it('rewrites the true reply', async () => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'map', map: (usage) => ({ ...usage, balance_usd: '5.00' }) });

		expect((await http.get('/usage')).data).toMatchObject({
			balance_usd: '5.00',
			cost_per_snapshot: 0.015,
		});
	});

	it('answers 500 with the error that its function throws', async () => {
		const { sandbox, http } = await open();
		sandbox.faults.add({
			kind: 'map',
			map: () => {
				throw new Error('map went wrong');
			},
		});
		const reply = await http.get('/usage');

		expect([reply.status, reply.data]).toEqual([500, { error: 'map went wrong' }]);
	});
});

it('frees the port of a closed sandbox at once, despite idle connections', async () => {
	const { sandbox, http } = await open();
	await http.get('/usage');
	await sandbox.close();

	const port = Number(new URL(sandbox.baseUrl).port);
	const server = createServer();
	await new Promise<void>((resolve, reject) =>
		server.once('error', reject).listen(port, '127.0.0.1', resolve),
	);
	expect((server.address() as AddressInfo).port).toBe(port);
	await new Promise((resolve) => server.close(resolve));
});
