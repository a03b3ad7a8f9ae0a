import type { IHttpRequestOptions } from 'n8n-workflow';

import { createRateLimiter, readRateWindow } from '../../../nodes/ContentStats/api/rateLimiter';
import { createRedact } from '../../../nodes/ContentStats/api/redact';
import { createRequest, type HttpReply } from '../../../nodes/ContentStats/api/request';

// test/engine covers requests over HTTP. These tests cover what only the host can cause: a wrong
// clock, a deadline, an error without a reply.

const NOW = Date.UTC(2026, 0, 1);
const KEY = 'Another-Services-Secret';
const call = { method: 'GET', path: '/usage', subject: 'usage' } as const;

type Send = (options: IHttpRequestOptions, pass: (ms: number) => void) => Promise<HttpReply>;

/**
 * Creates a request whose clock moves only when it sleeps or `pass` is called. `waits` records each
 * sleep in milliseconds.
 *
 * @param send may move the clock with `pass`.
 * @param withinMs milliseconds until the deadline; no deadline if omitted.
 */
function createHost(send: Send, withinMs?: number) {
	const waits: number[] = [];
	let time = NOW;
	const pass = (ms: number) => void (time += ms);
	const host = {
		now: () => time,
		sleep: async (ms: number) => {
			waits.push(ms);
			pass(ms);
		},
	};
	const deadline = withinMs === undefined ? undefined : NOW + withinMs;
	const sent: IHttpRequestOptions[] = [];
	const request = createRequest({
		send: async (options) => {
			sent.push(options);
			return await send(options, pass);
		},
		baseUrl: 'https://contentstats.io/api/v1',
		rateLimiter: createRateLimiter(host),
		redact: createRedact(KEY),
		deadline,
		...host,
	});
	return { waits, sent, pass, request };
}

const tooManyRequests = (headers: Record<string, string>, body: unknown = {}): HttpReply => ({
	statusCode: 429,
	headers,
	body: JSON.stringify(body),
});
const okReply: HttpReply = { statusCode: 200, headers: {}, body: '{"ok":true}' };

async function waitsAfter(reply: HttpReply) {
	const replies = [reply, okReply];
	const { request, waits } = createHost(async () => replies.shift()!);
	expect(await request(call)).toEqual({ ok: true });
	return waits;
}

const seconds = (ms: number) => String(ms / 1000);
const date = (ms: number) => new Date(ms).toUTCString();

describe('the wait after a 429', () => {
	const HOUR_MS = 3_600_000;

	test.each([
		[
			'ends at the reset in the headers',
			{ 'x-ratelimit-reset': seconds(NOW + 7000), date: date(NOW) },
			{},
			7000,
		],
		[
			'ends at the reset in the body if the headers have none',
			{ date: date(NOW) },
			{ reset: (NOW + 7000) / 1000 },
			7000,
		],
		[
			'follows the server’s clock if it is two hours ahead of ours',
			{ 'x-ratelimit-reset': seconds(NOW + 2 * HOUR_MS + 7000), date: date(NOW + 2 * HOUR_MS) },
			{},
			7000,
		],
		[
			'follows the server’s clock if it is two hours behind ours',
			{ 'x-ratelimit-reset': seconds(NOW - 2 * HOUR_MS + 7000), date: date(NOW - 2 * HOUR_MS) },
			{},
			7000,
		],
		['lasts five seconds if the reply gives no reset', {}, {}, 5000],
		[
			'lasts two minutes at most',
			{ 'x-ratelimit-reset': seconds(NOW + HOUR_MS), date: date(NOW) },
			{},
			120_000,
		],
		[
			'lasts half a second if the reset has passed',
			{ 'x-ratelimit-reset': seconds(NOW - 9000), date: date(NOW) },
			{},
			500,
		],
	])('%s', async (_, headers, body, wait) => {
		expect(await waitsAfter(tooManyRequests(headers, body))).toEqual([wait]);
	});
});

test('readRateWindow returns null if a reply has no rate-limit headers', () => {
	expect(readRateWindow(okReply.headers, NOW)).toBeNull();
});

describe('an API key quoted in a reply', () => {
	test.each<[number, Partial<HttpReply>]>([
		...[400, 401, 403, 404, 409, 500].map((status): [number, Partial<HttpReply>] => [
			status,
			{ body: JSON.stringify({ error: `The key ${KEY} is of no use` }) },
		]),
		[400, { body: JSON.stringify({ error: '', details: [{ field: 'key', message: KEY }] }) }],
		[400, { body: JSON.stringify({ error: `${'x'.repeat(190)} ${KEY}` }) }],
		[400, { body: { error: `The key ${KEY}` } }],
		[400, { body: `{"error":"Invalid key \\u0027${KEY}\\u0027"}` }],
		[400, { body: `{"error":"${KEY.replace('-', '\\u002d')}"}` }],
		[302, { headers: { location: `https://${KEY}.example/` } }],
	])('is absent from the error for a %d', async (statusCode, reply) => {
		const { request } = createHost(async () => ({ statusCode, headers: {}, body: '', ...reply }));
		const error = await request(call).catch((reason: Error & { description: string }) => reason);
		const { message, description } = error as Error & { description: string };
		expect(message).toContain('ContentStats');
		// A host is quoted in lower case.
		expect((message + description).toLowerCase()).not.toContain(KEY.slice(0, 9).toLowerCase());
	});
});

describe('an error without a reply', () => {
	const failing = (error: Error) => createHost(async () => Promise.reject(error)).request(call);

	test('is reported by its message, with any key redacted, if it has no code', async () => {
		await expect(
			failing(new Error('Domain not allowed for cs_live_abc-123')),
		).rejects.toMatchObject({
			kind: 'no_reply',
			message: 'ContentStats gave no answer about usage',
			description: expect.stringMatching(/\(Domain not allowed for cs_live_…\)$/),
		});
	});

	test('is reported by the code of a nested cause', async () => {
		const socketError = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
		const wrapped = new Error('outer', { cause: new Error('inner', { cause: socketError }) });
		await expect(failing(wrapped)).rejects.toMatchObject({
			kind: 'unreachable',
			description: expect.stringContaining('(ECONNREFUSED)'),
		});
	});

	test('is reported by the httpCode of an n8n 1 error, which has no cause', async () => {
		const n8n1Error = Object.assign(new Error('x'), { cause: undefined, httpCode: 'ENOTFOUND' });
		await expect(failing(n8n1Error)).rejects.toMatchObject({
			kind: 'unreachable',
			description: expect.stringContaining('(ENOTFOUND)'),
		});
	});

	test.each(['EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET', 'ETIMEDOUT'])(
		'with code %s does not retry a POST, which may have reached the server',
		async (code) => {
			let sent = 0;
			const { request } = createHost(async () => {
				sent += 1;
				throw Object.assign(new Error('x'), { code });
			});
			await expect(request({ ...call, method: 'POST' })).rejects.toMatchObject({
				kind: 'no_reply',
			});
			expect(sent).toBe(1);
		},
	);
});

describe('a deadline', () => {
	const statusReply = (statusCode: number): HttpReply => ({ statusCode, headers: {}, body: '{}' });
	const tooManyRequestsFor = (ms: number) =>
		tooManyRequests({ 'x-ratelimit-reset': seconds(NOW + ms), date: date(NOW) });

	test('that has passed rejects the call without sending it', async () => {
		const { request, sent, pass } = createHost(async () => okReply, 1000);
		pass(1001);
		await expect(request(call)).rejects.toMatchObject({
			kind: 'budget_exhausted',
			isSent: false,
			message: expect.stringContaining('usage'),
			retryAfterMs: 0,
		});
		expect(sent).toEqual([]);
	});

	test('before the end of the window rejects the call at once, with the time left in the window', async () => {
		const windowUsedUp = {
			...okReply,
			headers: {
				'x-ratelimit-remaining': '0',
				'x-ratelimit-reset': seconds(NOW + 40_000),
				date: date(NOW),
			},
		};
		const { request, sent, waits } = createHost(async () => windowUsedUp, 39_000);
		await request(call);
		await expect(request(call)).rejects.toMatchObject({
			kind: 'budget_exhausted',
			isSent: false,
			retryAfterMs: 40_000,
		});
		expect(sent).toHaveLength(1);
		expect(waits).toEqual([]);
	});

	test('before the end of the wait after a 429 rethrows the 429 at once, with that wait', async () => {
		const { request, sent, waits } = createHost(async () => tooManyRequestsFor(20_000), 19_999);
		await expect(request(call)).rejects.toMatchObject({
			kind: 'rate_limited',
			statusCode: 429,
			retryAfterMs: 20_000,
		});
		expect(sent).toHaveLength(1);
		expect(waits).toEqual([]);
	});

	test('at the end of the wait after a 429 allows the retry', async () => {
		const replies = [tooManyRequestsFor(20_000), okReply];
		const { request, waits } = createHost(async () => replies.shift()!, 20_000);
		expect(await request(call)).toEqual({ ok: true });
		expect(waits).toEqual([20_000]);
	});

	test.each([
		[undefined, 30_000],
		[60_000, 30_000],
		[12_000, 12_000],
		[0, 1],
	])('%p ms away sets a request timeout of %p ms', async (withinMs, timeout) => {
		const { request, sent } = createHost(async () => okReply, withinMs);
		await request(call);
		expect(sent).toEqual([expect.objectContaining({ timeout })]);
	});

	test.each([
		['two retries within 1500 ms', 1500, [500, 1000], 'server_error', 3],
		['one retry within 1499 ms', 1499, [500], 'server_error', 2],
		['no retry within 499 ms', 499, [], 'server_error', 1],
	])('allows %s', async (_, withinMs, expected, kind, count) => {
		const { request, sent, waits } = createHost(async () => statusReply(500), withinMs);
		await expect(request(call)).rejects.toMatchObject({ kind });
		expect(waits).toEqual(expected);
		expect(sent).toHaveLength(count);
	});

	test.each([
		[
			'turns a timeout at that moment into budget_exhausted',
			5000,
			{ kind: 'budget_exhausted', isSent: true },
		],
		['reports a timeout just before it as no_reply', 4999, { kind: 'no_reply' }],
	])('%s', async (_, ms, error) => {
		const { request, sent } = createHost(async (_options, pass) => {
			pass(ms);
			throw Object.assign(new Error('timeout'), { code: 'ECONNABORTED' });
		}, 5000);
		await expect(request(call)).rejects.toMatchObject(error);
		expect(sent).toHaveLength(1);
	});
});

test('a reply that drips is aborted at the deadline, although its socket is never idle', async () => {
	const { request } = createHost(
		({ abortSignal }, pass) =>
			new Promise((_, reject) => {
				abortSignal!.addEventListener!('abort', () => {
					pass(50);
					reject(new Error('canceled'));
				});
			}),
		50,
	);
	await expect(request(call)).rejects.toMatchObject({ kind: 'budget_exhausted', isSent: true });
});
