import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../../sandbox';
import { waitFor } from '../../support/waitFor';
import { closeAll, open, TIKTOK } from './sandboxFixture';

afterEach(closeAll);

const body = { video_link: TIKTOK, duration_days: 1 };

describe('which requests a fault hits', () => {
	const statuses = async (fault: Partial<Fault>, asked: Array<[method: string, url: string]>) => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'status', status: 500, ...fault } as Fault);
		const seen = [];
		for (const [method, url] of asked) seen.push((await http.request({ method, url })).status);
		return seen;
	};

	it('the next one, once', async () => {
		expect(
			await statuses({}, [
				['GET', '/usage'],
				['GET', '/usage'],
			]),
		).toEqual([500, 200]);
	});

	it('several, after some', async () => {
		const five = Array(5).fill(['GET', '/usage']);
		expect(await statuses({ after: 1, times: 2 }, five)).toEqual([200, 500, 500, 200, 200]);
		expect(await statuses({ times: Infinity }, five)).toEqual([500, 500, 500, 500, 500]);
		expect(await statuses({ times: 'always' }, five)).toEqual([500, 500, 500, 500, 500]);
	});

	it('by method', async () => {
		const asked: Array<[string, string]> = [
			['GET', '/usage'],
			['POST', '/videos/x/stop'],
		];
		expect(await statuses({ match: { method: 'post' } }, asked)).toEqual([200, 500]);
	});

	it('by path, with or without the query', async () => {
		const asked: Array<[string, string]> = [
			['GET', '/videos/x'],
			['GET', '/videos?limit=2'],
			['GET', '/videos?limit=3'],
			['GET', '/videos?limit=3'],
		];
		const always = { times: Infinity };
		expect(await statuses({ ...always, match: { path: '/videos' } }, asked)).toEqual([
			404, 500, 500, 500,
		]);
		expect(await statuses({ ...always, match: { path: '/videos?limit=3' } }, asked)).toEqual([
			404, 200, 500, 500,
		]);
		expect(await statuses({ ...always, match: { path: /limit=3/g } }, asked)).toEqual([
			404, 200, 500, 500,
		]);
		expect(await statuses({ ...always, match: { path_pattern: '^/videos/' } }, asked)).toEqual([
			500, 200, 200, 200,
		]);
	});

	it('in the order they were added, until cleared', async () => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'status', status: 500 });
		sandbox.faults.add({ kind: 'status', status: 503, times: Infinity });
		expect((await http.get('/usage')).status).toBe(500);
		expect((await http.get('/usage')).status).toBe(503);
		sandbox.faults.clear();
		expect((await http.get('/usage')).status).toBe(200);
	});

	it('refuses a fault that is none, naming the field', async () => {
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

describe('status', () => {
	it.each([
		[400, { error: 'Invalid request', details: expect.any(Array) }],
		[401, { error: 'API key required' }],
		[402, { error: 'Insufficient balance', balance: 0.5, estimated_cost: 2.52, required: 2.02 }],
		[403, { error: 'Access denied' }],
		[404, { error: 'Video not found' }],
		[429, { error: 'Rate limit exceeded', limit: 300, reset: expect.any(Number) }],
		[500, { error: 'Internal server error' }],
	])('%d has the documented body, and no effect', async (status, documented) => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'status', status });
		const reply = await http.post('/videos/track', body);

		expect([reply.status, reply.data]).toEqual([status, documented]);
		expect(reply.headers['x-ratelimit-remaining']).toBe('299');
		expect([sandbox.videos.size, sandbox.requests[0]?.status]).toEqual([0, status]);
	});

	it.each([502, 503, 504])("%d is a proxy's HTML", async (status) => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'status', status });
		const reply = await http.get('/usage');

		expect(reply.headers['content-type']).toMatch('text/html');
		expect(reply.data).toContain('<html>');
	});

	it('takes another body, content type and headers', async () => {
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

	it('lets the request take effect first with commit', async () => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'status', status: 500, commit: true });

		expect((await http.post('/videos/track', body)).status).toBe(500);
		expect([...sandbox.videos.values()].map((video) => video.video_link)).toEqual([TIKTOK]);
	});
});

describe('rate_limited', () => {
	it('answers 429 with a reset of its own', async () => {
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

	it('leaves out headers and reset on request', async () => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'rate_limited', headers: false });
		const reply = await http.get('/usage');

		expect(reply.data).toEqual({ error: 'Rate limit exceeded', limit: 300 });
		expect(Object.keys(reply.headers).filter((name) => name.startsWith('x-rate'))).toEqual([]);
	});
});

describe('drop', () => {
	it.each([
		['before_commit', 0],
		['after_commit', 1],
	] as const)('%s leaves %d tracking', async (when, tracked) => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'drop', when });

		await expect(http.post('/videos/track', body)).rejects.toMatchObject({ code: 'ECONNRESET' });
		expect(sandbox.videos.size).toBe(tracked);
		expect(sandbox.requests).toMatchObject([{ method: 'POST', body }]);
		expect(sandbox.requests[0]?.status).toBeUndefined();
	});
});

describe('late_commit', () => {
	it('takes effect only after the client has given up', async () => {
		const { sandbox, http, clock } = await open();
		sandbox.faults.add({ kind: 'late_commit', afterMs: 300 });

		const failure = http.post('/videos/track', body, { timeout: 50 });
		await expect(failure).rejects.toMatchObject({ code: 'ECONNABORTED' });
		clock.advance({ ms: 299 });
		await sleep(20);
		expect(sandbox.videos.size).toBe(0);
		clock.advance({ ms: 1 });
		await waitFor('the video', 10_000, () => sandbox.videos.size === 1, 5);
	});

	it('breaks the connection of a client that waits', async () => {
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

	it('never takes effect once the sandbox is closed', async () => {
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

describe('latency', () => {
	it('takes effect at once and answers later', async () => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'latency', ms: 60_000 });
		const impatient = http.post('/videos/track', body, { timeout: 100 });
		await expect(impatient).rejects.toMatchObject({ code: 'ECONNABORTED' });
		expect(sandbox.videos.size).toBe(1);

		sandbox.faults.add({ kind: 'latency', ms: 5 });
		expect((await http.get('/usage')).data).toMatchObject({ active_videos: 1 });
	});
});

describe('body', () => {
	it.each([
		['empty', ''],
		['no JSON', '<html>'],
		['half a JSON', '{"videos":['],
	])('answers 200 with %s; the request took effect', async (_case, text) => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'body', body: text });
		const reply = await http.post('/videos/track', body, { responseType: 'text' });

		expect([reply.status, reply.data]).toEqual([200, text]);
		expect(reply.headers['content-type']).toMatch('application/json');
		expect(sandbox.videos.size).toBe(1);
	});

	it('takes a status and content type', async () => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'body', body: 'gone', status: 410, contentType: 'text/plain' });
		const reply = await http.get('/usage');

		expect([reply.status, reply.data, reply.headers['content-type']]).toEqual([
			410,
			'gone',
			'text/plain',
		]);
	});

	it('cuts the true reply off, with a content length that fits', async () => {
		const { sandbox, http } = await open();
		const asText = { responseType: 'text' as const };
		const whole = (await http.get('/usage', asText)).data as string;
		sandbox.faults.add({ kind: 'body', truncate_at: 20 });
		const reply = await http.get('/usage', asText);

		expect([reply.status, reply.data]).toEqual([200, whole.slice(0, 20)]);
		expect(reply.headers['content-length']).toBe('20');
	});
});

describe('redirect', () => {
	it.each([301, 302, 303, 307, 308] as const)('%d sends the client elsewhere', async (status) => {
		const { sandbox, http } = await open();
		const location = 'http://127.0.0.1:9/api/v1/videos/track';
		sandbox.faults.add({ kind: 'redirect', status, location });
		const reply = await http.post('/videos/track', body);

		expect([reply.status, reply.headers.location]).toEqual([status, location]);
		expect(sandbox.videos.size).toBe(0);
	});

	it('is followed by a client that follows', async () => {
		const { sandbox, http } = await open();
		const second = await open();
		const location = `${second.sandbox.baseUrl}/usage`;
		sandbox.faults.add({ kind: 'redirect', status: 308, location });
		await http.get('/usage', { maxRedirects: 1 });

		expect(second.sandbox.requests).toMatchObject([{ path: '/api/v1/usage' }]);
	});
});

describe('map', () => {
	it('rewrites the true reply', async () => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'map', map: (usage) => ({ ...usage, balance_usd: '5.00' }) });

		expect((await http.get('/usage')).data).toMatchObject({
			balance_usd: '5.00',
			cost_per_snapshot: 0.015,
		});
	});

	it('answers 500 with what the function threw', async () => {
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

it('frees its port at once when it closes, idle connections or not', async () => {
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
