import { createTransport, NOW, reply, socketError } from '../support/transport';

const GET = { method: 'GET', path: '/usage', subject: 'usage' } as const;
const POST = { method: 'POST', path: '/videos/track', subject: 'a link', body: {} } as const;
const OK = reply(200, { ok: true });

describe('a request', () => {
	test.each<[string, Parameters<typeof createTransport>[0][number]]>([
		['a 500', reply(500)],
		['a 503', reply(503)],
		['a 408', reply(408)],
		['a lost connection', socketError('ECONNRESET')],
		['a reply that is no JSON', { statusCode: 200, headers: {}, body: '<html>' }],
	])(
		'is tried three times after %s if it is a GET, and once if it is a POST',
		async (_, answer) => {
			const get = createTransport([answer]);
			await expect(get.request(GET)).rejects.toThrow();
			expect(get.calls()).toHaveLength(3);
			expect(get.sleeps).toEqual([500, 1000]);

			const post = createTransport([answer, OK]);
			await expect(post.request(POST)).rejects.toThrow();
			expect(post.calls()).toHaveLength(1);
		},
	);

	test.each([
		['503', { statusCode: 503, headers: { 'retry-after': '7' }, body: '{}' }],
		['503 with a web page', { statusCode: 503, headers: { 'retry-after': '7' }, body: '<html>' }],
	])('waits for Retry-After after a %s if it is short', async (_, answer) => {
		const { request, sleeps } = createTransport([answer, OK]);
		expect(await request(GET)).toMatchObject({ json: { ok: true } });
		expect(sleeps).toEqual([7000]);

		const late = { ...answer, headers: { 'retry-after': '11' } };
		const long = createTransport([late]);
		await expect(long.request(GET)).rejects.toMatchObject({ retryAfterMs: 11_000 });
		expect(long.sleeps).toEqual([]);
	});

	test.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'])(
		'is repeated after %s, also if it is a POST: nothing was sent',
		async (code) => {
			const { request, calls } = createTransport([socketError(code), socketError(code), OK]);
			expect(await request(POST)).toMatchObject({ json: { ok: true } });
			expect(calls()).toHaveLength(3);
			const down = createTransport([socketError(code)]);
			await expect(down.request(POST)).rejects.toMatchObject({ kind: 'unreachable' });
			expect(down.calls()).toHaveLength(3);
		},
	);

	test.each([400, 401, 402, 403, 404, 409, 422])(
		'is sent once if it ends in a %i',
		async (status) => {
			for (const call of [GET, POST]) {
				const { request, calls } = createTransport([reply(status), OK]);
				await expect(request(call)).rejects.toMatchObject({ statusCode: status });
				expect(calls()).toHaveLength(1);
			}
		},
	);

	test.each([GET, POST])('waits out nine 429s and is given up at the tenth: %j', async (call) => {
		const limited = reply(429, { reset: NOW / 1000 });
		const patient = createTransport([...Array<typeof limited>(9).fill(limited), OK]);
		expect(await patient.request(call)).toMatchObject({ json: { ok: true } });
		expect(patient.sleeps).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);

		const refused = createTransport([limited]);
		await expect(refused.request(call)).rejects.toMatchObject({ kind: 'rate_limited' });
		expect(refused.calls()).toHaveLength(10);
	});

	test.each([200, 201, 299])('succeeds with a %i', async (status) => {
		const { request } = createTransport([reply(status, { ok: true })]);
		expect(await request(POST)).toMatchObject({ json: { ok: true } });
	});

	test.each([199, 304])('does not succeed with a %i', async (status) => {
		const { request } = createTransport([reply(status, { ok: true })]);
		await expect(request(POST)).rejects.toMatchObject({ statusCode: status });
	});

	test('asks n8n for the text of every reply, whatever its status', async () => {
		const { request, sent } = createTransport([OK]);
		await request({ ...GET, query: { limit: 5 } });
		expect(sent).toEqual([
			expect.objectContaining({
				qs: { limit: 5 },
				headers: { Accept: 'application/json' },
				encoding: 'text',
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				disableFollowRedirect: true,
				timeout: 30_000,
			}),
		]);
	});
});

describe('the base URL', () => {
	test.each([
		['https://api.test/v1', 'https://api.test/v1/usage'],
		['https://api.test/v1/', 'https://api.test/v1/usage'],
		['https://api.test/v1///', 'https://api.test/v1/usage'],
		[' https://api.test/v1 ', 'https://api.test/v1/usage'],
		['http://127.0.0.1:4010/api/v1', 'http://127.0.0.1:4010/api/v1/usage'],
		['https://api.test', 'https://api.test/usage'],
	])('“%s” leads to %s', async (baseUrl, url) => {
		const { request, sent } = createTransport([OK], baseUrl);
		await request(GET);
		expect(sent[0]!.url).toBe(url);
	});

	test.each([
		'',
		'contentstats.io/api/v1',
		'ftp://api.test/v1',
		'https://user@api.test/v1',
		'https://api.test/v1?key=1',
		'https://api.test/v1#top',
		'xhttps://api.test/v1',
	])('“%s” is refused', (baseUrl) => {
		expect(() => createTransport([OK], baseUrl)).toThrow(
			expect.objectContaining({
				kind: 'invalid_credential',
				message: expect.stringMatching(/base URL/),
			}),
		);
	});
});

describe('a request that the user stops', () => {
	const cancelled = expect.objectContaining({
		kind: 'cancelled',
		message: expect.stringMatching(/canceled before the request for a link/),
	});

	test('is not sent if it was stopped before', async () => {
		const stop = new AbortController();
		stop.abort();
		const { request, calls } = createTransport([OK], undefined, stop);
		await expect(request(POST)).rejects.toEqual(cancelled);
		expect(calls()).toEqual([]);
	});

	test('is not repeated if it is stopped between two attempts', async () => {
		const answers = [socketError('ECONNREFUSED'), OK];
		const { request, calls } = createTransport(answers, undefined, new AbortController());
		await expect(request(POST)).rejects.toEqual(cancelled);
		expect(calls()).toHaveLength(1);
	});
});
