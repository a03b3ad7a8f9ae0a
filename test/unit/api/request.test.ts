import type { IHttpRequestOptions } from 'n8n-workflow';

import { createRateLimiter, readRateWindow } from '../../../nodes/ContentStats/api/rateLimiter';
import { createRedact } from '../../../nodes/ContentStats/api/redact';
import { createRequest, type HttpReply } from '../../../nodes/ContentStats/api/request';

// What a request does over HTTP is tested in test/engine; here, what only its host can do to it.

const NOW = Date.UTC(2026, 0, 1);
const KEY = 'another-services-secret';
const call = { method: 'GET', path: '/usage', subject: 'usage' } as const;

type Send = (options: IHttpRequestOptions, pass: (ms: number) => void) => Promise<HttpReply>;

/**
 * A request at a standing clock, and the waits it asked for, in milliseconds.
 *
 * @param send may let time pass.
 * @param withinMs how long from now on it may take.
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

const refusal = (headers: Record<string, string>, body: unknown = {}): HttpReply => ({
	statusCode: 429,
	headers,
	body: JSON.stringify(body),
});
const done: HttpReply = { statusCode: 200, headers: {}, body: '{"ok":true}' };

async function waitsAfter(reply: HttpReply) {
	const replies = [reply, done];
	const { request, waits } = createHost(async () => replies.shift()!);
	expect(await request(call)).toEqual({ ok: true });
	return waits;
}

const seconds = (ms: number) => String(ms / 1000);
const date = (ms: number) => new Date(ms).toUTCString();

describe('the wait after a 429', () => {
	const HOUR_MS = 3_600_000;

	test.each([
		['as the headers say', { 'x-ratelimit-reset': seconds(NOW + 7000), date: date(NOW) }, {}, 7000],
		['as the body says', { date: date(NOW) }, { reset: (NOW + 7000) / 1000 }, 7000],
		[
			'by the server’s clock, two hours ahead of ours',
			{ 'x-ratelimit-reset': seconds(NOW + 2 * HOUR_MS + 7000), date: date(NOW + 2 * HOUR_MS) },
			{},
			7000,
		],
		[
			'by the server’s clock, two hours behind ours',
			{ 'x-ratelimit-reset': seconds(NOW - 2 * HOUR_MS + 7000), date: date(NOW - 2 * HOUR_MS) },
			{},
			7000,
		],
		['of some seconds where nothing is told', {}, {}, 5000],
		[
			'never for hours',
			{ 'x-ratelimit-reset': seconds(NOW + HOUR_MS), date: date(NOW) },
			{},
			120_000,
		],
		['not at once', { 'x-ratelimit-reset': seconds(NOW - 9000), date: date(NOW) }, {}, 500],
	])('%s', async (_, headers, body, wait) => {
		expect(await waitsAfter(refusal(headers, body))).toEqual([wait]);
	});
});

test('a reply without rate headers tells of no window', () => {
	expect(readRateWindow(done.headers, NOW)).toBeNull();
});

describe('a key that a reply quotes', () => {
	test.each<[number, Partial<HttpReply>]>([
		...[400, 401, 403, 404, 409, 500].map((status): [number, Partial<HttpReply>] => [
			status,
			{ body: JSON.stringify({ error: `The key ${KEY} is of no use` }) },
		]),
		[400, { body: JSON.stringify({ error: '', details: [{ field: 'key', message: KEY }] }) }],
		[400, { body: JSON.stringify({ error: `${'x'.repeat(190)} ${KEY}` }) }],
		[302, { headers: { location: `https://${KEY}.example/` } }],
	])('is in no message of a %d', async (statusCode, reply) => {
		const { request } = createHost(async () => ({ statusCode, headers: {}, body: '', ...reply }));
		const error = await request(call).catch((reason: Error & { description: string }) => reason);
		const { message, description } = error as Error & { description: string };
		expect(message).toContain('ContentStats');
		expect(message + description).not.toContain(KEY.slice(0, 9));
	});
});

describe('what the host throws', () => {
	const failing = (error: Error) => createHost(async () => Promise.reject(error)).request(call);

	test('is told in its own words where it has no code, without the key', async () => {
		await expect(
			failing(new Error('Domain not allowed for cs_live_abc-123')),
		).rejects.toMatchObject({
			kind: 'no_reply',
			message: 'ContentStats gave no answer about usage',
			description: expect.stringMatching(/\(Domain not allowed for cs_live_…\)$/),
		});
	});

	test('is told by its code, however deep it lies', async () => {
		const socketError = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
		const wrapped = new Error('outer', { cause: new Error('inner', { cause: socketError }) });
		await expect(failing(wrapped)).rejects.toMatchObject({
			kind: 'unreachable',
			description: expect.stringContaining('(ECONNREFUSED)'),
		});
	});

	test('is told by the code in the error of n8n 1, which has no cause', async () => {
		const ofN8n1 = Object.assign(new Error('x'), { cause: undefined, httpCode: 'ENOTFOUND' });
		await expect(failing(ofN8n1)).rejects.toMatchObject({
			kind: 'unreachable',
			description: expect.stringContaining('(ENOTFOUND)'),
		});
	});

	test.each(['EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET', 'ETIMEDOUT'])(
		'%s may come of a connection that was made: a POST is not sent again',
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
	const refusalFor = (ms: number) =>
		refusal({ 'x-ratelimit-reset': seconds(NOW + ms), date: date(NOW) });

	test('that is over lets nothing be sent', async () => {
		const { request, sent, pass } = createHost(async () => done, 1000);
		pass(1001);
		await expect(request(call)).rejects.toMatchObject({
			kind: 'budget_exhausted',
			isSent: false,
			message: expect.stringContaining('usage'),
			retryAfterMs: 0,
		});
		expect(sent).toEqual([]);
	});

	test('before the end of the window turns away at once, with the time until it ends', async () => {
		const windowUsedUp = {
			...done,
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

	test('before the wait after a 429 throws the 429 at once, with that wait', async () => {
		const { request, sent, waits } = createHost(async () => refusalFor(20_000), 19_999);
		await expect(request(call)).rejects.toMatchObject({
			kind: 'rate_limited',
			statusCode: 429,
			retryAfterMs: 20_000,
		});
		expect(sent).toHaveLength(1);
		expect(waits).toEqual([]);
	});

	test('after the wait after a 429 lets it be waited for', async () => {
		const replies = [refusalFor(20_000), done];
		const { request, waits } = createHost(async () => replies.shift()!, 20_000);
		expect(await request(call)).toEqual({ ok: true });
		expect(waits).toEqual([20_000]);
	});

	test.each([
		[undefined, 30_000],
		[60_000, 30_000],
		[12_000, 12_000],
		[0, 1],
	])('%p ms away gives a reply %p ms to come', async (withinMs, timeout) => {
		const { request, sent } = createHost(async () => done, withinMs);
		await request(call);
		expect(sent).toEqual([expect.objectContaining({ timeout })]);
	});

	test.each([
		['there is time for a first and a second', 1500, [500, 1000], 'server_error', 3],
		['there is time for a first only', 1499, [500], 'server_error', 2],
		['there is time for none', 499, [], 'server_error', 1],
	])('bounds the retries: %s', async (_, withinMs, expected, kind, count) => {
		const { request, sent, waits } = createHost(async () => statusReply(500), withinMs);
		await expect(request(call)).rejects.toMatchObject({ kind });
		expect(waits).toEqual(expected);
		expect(sent).toHaveLength(count);
	});

	test.each([
		['at it', 5000, { kind: 'budget_exhausted', isSent: true }],
		['before it', 4999, { kind: 'no_reply' }],
	])('a reply that did not come until %s', async (_, ms, error) => {
		const { request, sent } = createHost(async (_options, pass) => {
			pass(ms);
			throw Object.assign(new Error('timeout'), { code: 'ECONNABORTED' });
		}, 5000);
		await expect(request(call)).rejects.toMatchObject(error);
		expect(sent).toHaveLength(1);
	});
});

test('a reply that drips is ended when its time is over, though the socket is not silent', async () => {
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
