import type { IHttpRequestOptions } from 'n8n-workflow';

import { createRateLimiter, readRateWindow } from '../../../nodes/ContentStats/api/rateLimiter';
import { createRedact } from '../../../nodes/ContentStats/api/redact';
import { createRequest, type HttpReply } from '../../../nodes/ContentStats/api/request';
import { createTransport, reply } from '../support/transport';

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
		monotonicNow: () => time,
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
	expect(await request(call)).toMatchObject({ json: { ok: true } });
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
			'follows Retry-After in seconds if the reply gives no reset',
			{ 'retry-after': '30' },
			{},
			30_000,
		],
		[
			'follows a Retry-After that is a date, by the server’s clock',
			{ 'retry-after': date(NOW + HOUR_MS + 30_000), date: date(NOW + HOUR_MS) },
			{},
			30_000,
		],
		[
			'is no shorter than Retry-After if the reset has passed',
			{ 'x-ratelimit-reset': seconds(NOW - 9000), 'retry-after': '30', date: date(NOW) },
			{},
			30_000,
		],
		[
			'is no shorter than the reset if Retry-After is',
			{ 'x-ratelimit-reset': seconds(NOW + 7000), 'retry-after': '1', date: date(NOW) },
			{},
			7000,
		],
		[
			'ends at the reset in the body if the one in the headers is no number',
			{ 'x-ratelimit-reset': 'soon', date: date(NOW) },
			{ reset: (NOW + 7000) / 1000 },
			7000,
		],
		['lasts five seconds if Retry-After is neither', { 'retry-after': '1.5' }, {}, 5000],
		[
			'lasts two minutes at most, also by Retry-After',
			{ 'retry-after': '9'.repeat(400) },
			{},
			120_000,
		],
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
			message: 'No response from ContentStats for usage',
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
		'with only the code %s does not retry a POST, which may have reached the server',
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

describe('an error while connecting', () => {
	const connecting = (code: string, syscall = 'connect') =>
		Object.assign(new Error(`${syscall} ${code}`), { code, syscall });

	test.each([
		['ENETUNREACH', connecting('ENETUNREACH')],
		['EHOSTUNREACH', connecting('EHOSTUNREACH')],
		['EADDRNOTAVAIL', connecting('EADDRNOTAVAIL')],
		['ETIMEDOUT', connecting('ETIMEDOUT')],
		['EAI_FAIL', connecting('EAI_FAIL', 'getaddrinfo')],
		[
			'ETIMEDOUT',
			Object.assign(new AggregateError([connecting('ETIMEDOUT'), connecting('ENETUNREACH')]), {
				code: 'ETIMEDOUT',
			}),
		],
	])('(%s) repeats a POST, since nothing was sent', async (code, cause) => {
		const answers: Array<() => Promise<HttpReply>> = [
			async () => Promise.reject(new Error('outer', { cause })),
			async () => okReply,
		];
		const { request } = createHost(async () => await answers.shift()!());
		expect(await request({ ...call, method: 'POST' })).toMatchObject({ json: { ok: true } });

		const down = createHost(async () => Promise.reject(new Error('outer', { cause }))).request;
		await expect(down({ ...call, method: 'POST' })).rejects.toMatchObject({
			kind: 'unreachable',
			message: "Couldn't reach ContentStats for usage",
			description: expect.stringMatching(new RegExp(`^No request was sent\\. .*\\(${code}\\)$`)),
		});
	});

	test.each([
		['a reset while reading', connecting('ECONNRESET', 'read')],
		['a broken pipe', connecting('EPIPE', 'write')],
		['a protocol error', connecting('EPROTO', 'write')],
		['a TLS alert', Object.assign(new Error('x'), { code: 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR' })],
		[
			'several errors, one of them later',
			Object.assign(new AggregateError([connecting('ETIMEDOUT'), connecting('EPIPE', 'write')]), {
				code: 'ETIMEDOUT',
			}),
		],
	])('is not taken for %s, after which a POST may have taken effect', async (_, error) => {
		const { request } = createHost(async () => Promise.reject(error));
		await expect(request({ ...call, method: 'POST' })).rejects.toMatchObject({ kind: 'no_reply' });
	});

	test.each([
		['DEPTH_ZERO_SELF_SIGNED_CERT', 'is not trusted', /NODE_EXTRA_CA_CERTS/],
		['SELF_SIGNED_CERT_IN_CHAIN', 'is not trusted', /NODE_EXTRA_CA_CERTS/],
		['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'is not trusted', /NODE_EXTRA_CA_CERTS/],
		['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'is not trusted', /NODE_EXTRA_CA_CERTS/],
		['CERT_REVOKED', 'is not valid', /clock of your n8n instance/],
		['INVALID_PURPOSE', 'is not trusted', /NODE_EXTRA_CA_CERTS/],
		['CERT_HAS_EXPIRED', 'is not valid', /clock of your n8n instance/],
		['CERT_NOT_YET_VALID', 'is not valid', /clock of your n8n instance/],
		['ERR_TLS_CERT_ALTNAME_INVALID', 'is for another host', /base URL/],
	])('of the certificate (%s) says that it %s', async (code, problem, advice) => {
		const cause = Object.assign(new Error('x'), { code });
		const { request } = createHost(async () => Promise.reject(new Error('outer', { cause })));
		await expect(request({ ...call, method: 'POST' })).rejects.toMatchObject({
			kind: 'unreachable',
			message: expect.stringMatching(
				new RegExp(
					`^Couldn't reach ContentStats for usage: the certificate of [\\w.]+ ${problem}$`,
				),
			),
			description: expect.stringMatching(
				new RegExp(`^No request was sent\\. .*${advice.source}.* \\(${code}\\)$`),
			),
		});
	});
});

describe('a web page in place of an answer', () => {
	/** After a refusal nothing can have taken effect; a proxy answers 408 when it loses the connection. */
	function kindOf(statusCode: number) {
		if (statusCode >= 500) return 'server_error';
		return statusCode === 200 || statusCode === 408 ? 'unreadable_reply' : 'web_page';
	}
	const PAGE = '<!DOCTYPE html>\n<html><head><title>Just a\n moment…</title></head></html>';

	test.each([
		[200, PAGE, '“Just a moment…”, '],
		[401, PAGE, '“Just a moment…”, '],
		[408, PAGE, '“Just a moment…”, '],
		[403, `\ufeff\n ${PAGE.toUpperCase()}`, '“JUST A MOMENT…”, '],
		[404, '<html lang="en"><body>Not here</body></html>', ''],
		[407, '<HEAD><TITLE class="x">Proxy</TITLE>', '“Proxy”, '],
		[502, '<html><head><title></title>', ''],
		[503, `<html><title>${'x'.repeat(5000)}</title>`, `“${'x'.repeat(100)}…”, `],
		[200, '<body>Sign in with cs_live_abc-123</body>', ''],
		[403, '<html><title>Bad cs_live_abc-123</title>', '“Bad cs_live_…”, '],
		[
			403,
			`<html><title>${'x'.repeat(92)} cs_live_abc-123</title>`,
			`“${'x'.repeat(92)} cs_live…”, `,
		],
	])('with HTTP %i is named: %j', async (statusCode, body, title) => {
		const { request } = createHost(async () => ({ statusCode, headers: {}, body }));
		await expect(request(call)).rejects.toMatchObject({
			kind: kindOf(statusCode),
			statusCode,
			message: `Received a web page instead of a ContentStats response for usage: ${title}HTTP ${statusCode}`,
			description: expect.stringMatching(/^A proxy, a login page or a bot check/),
		});
	});

	test.each([
		[200, 'null <html>', 'unreadable_reply'],
		[200, '<?xml version="1.0"?><usage/>', 'unreadable_reply'],
		[403, '{"error":"<html>"}', 'forbidden'],
		[429, PAGE, 'rate_limited'],
		[302, PAGE, 'redirected'],
	])('is not seen in HTTP %i with %j', async (statusCode, body, kind) => {
		const { request } = createHost(async () => ({ statusCode, headers: {}, body }));
		const error = await request(call).catch((reason: Error) => reason);
		expect(error).toMatchObject({ kind });
		expect((error as Error).message).not.toContain('web page');
	});
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
		expect(await request(call)).toMatchObject({ json: { ok: true } });
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
		['at that moment', 5000, 'budget_exhausted', 1],
		['just before it', 4999, 'budget_exhausted', 1],
		['too late for a retry', 4501, 'budget_exhausted', 1],
		['early enough for a retry', 4500, 'budget_exhausted', 2],
		['three times', 400, 'no_reply', 3],
	])('turns a timeout %s (after %d ms) into %s', async (_, ms, kind, count) => {
		const { request, sent } = createHost(async (_options, pass) => {
			pass(ms);
			throw Object.assign(new Error('timeout'), { code: 'ECONNABORTED' });
		}, 5000);
		await expect(request(call)).rejects.toMatchObject({ kind });
		expect(sent).toHaveLength(count);
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

test.each<[string | undefined, number | null]>([
	['Thu, 01 Jan 2026 00:00:00 GMT', Date.UTC(2026, 0, 1)],
	[undefined, null],
	['', null],
	['0', null],
	['5', null],
	['2026-01-01', null],
	['Thu, 99 Jan 2026 00:00:00 GMT', null],
])('reads the Date %j of a reply as %j', async (date, repliedAt) => {
	const { request } = createTransport([reply(200, {}, date === undefined ? {} : { date })]);
	expect(await request(call)).toEqual({ json: {}, repliedAt });
});
