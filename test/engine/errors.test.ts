import { createTimedFixture } from './support/time';

import { TIKTOK, video } from './support/fixture';
import { createPoller, runAction } from '../../harness/engine';
import { errorWith } from './support/hostVersion';

const GET = { operation: 'get', output: 'latest', ...video('id', 'cm5abc123def') };
const ALWAYS = { times: Infinity } as const;
const HTML = '<html><body><h1>502 Bad Gateway</h1></body></html>';

describe('an action', () => {
	test.each([
		[
			400,
			{
				error: 'Invalid request',
				details: [{ field: 'video_link', message: 'Invalid URL format' }],
			},
			'ContentStats rejected video cm5abc123def: video_link: Invalid URL format',
			/^Check the parameters and try again$/,
		],
		[
			401,
			{ error: 'API key required' },
			'ContentStats rejected the API key',
			/^Paste a current key .+ cs_live_ or cs_test_/,
		],
		[
			402,
			{ error: 'Insufficient balance', balance: 0.5, estimated_cost: 2.52, required: 2.02 },
			'Not enough ContentStats balance for video cm5abc123def: $2.52 required, $0.50 available, $2.02 short',
			/A rejected request costs nothing\. Top up/,
		],
		[
			418,
			{ error: 'I am a teapot' },
			'ContentStats returned an error for video cm5abc123def: HTTP 418 (I am a teapot)',
			/Check the base URL/,
		],
		[
			502,
			HTML,
			'Received a web page instead of a ContentStats response for video cm5abc123def: HTTP 502',
			/^A proxy, a login page or a bot check may be in the way/,
		],
	])('says what to do about HTTP %i with body %j', async (status, body, message, description) => {
		const { credential, sandbox } = await createTimedFixture();
		const contentType = typeof body === 'string' ? 'text/html' : 'application/json';
		sandbox.faults.add({ kind: 'status', status, body, contentType, ...ALWAYS });
		const { error } = await runAction(credential, GET);
		expect(error?.message).toBe(message);
		expect(error?.description).toMatch(description);
		expect(error?.httpCode).toBe(String(status));
		expect(error?.context.itemIndex).toBe(0);
	});

	test('reports the rate limit after the tenth 429', async () => {
		const { credential, sandbox, calls } = await createTimedFixture();
		sandbox.faults.add({ kind: 'rate_limited', resetInSeconds: 0, ...ALWAYS });
		const { error } = await runAction(credential, GET);
		expect(error?.message).toBe('ContentStats rate limit exceeded for video cm5abc123def');
		expect(error?.description).toContain(
			'The Free plan allows 60 requests per minute, Pro allows 300',
		);
		expect(calls()).toHaveLength(10);
	});

	test.each([
		['with rate-limit headers', {}],
		['without rate-limit headers', { headers: false }],
	])('retries after a 429 %s and returns the item', async (_, form) => {
		const { credential, sandbox, calls } = await createTimedFixture();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK, started: '2025-12-31T00:00:00Z' });
		sandbox.faults.add({ kind: 'rate_limited', resetInSeconds: 1, ...form });
		const { items } = await runAction(credential, { ...GET, ...video('id', id) });
		expect(items).toHaveLength(1);
		expect(calls()).toHaveLength(2);
	});

	test.each([
		['is text', { body: 'Welcome', contentType: 'text/plain' }, 'it is not JSON'],
		[
			'has snapshots that are not a list',
			{ body: '{"id":"ID","video_link":"l","platform":"p","status":"s","snapshots":{}}' },
			'snapshots: Expected a list',
		],
	])('rejects a 200 reply that %s', async (_, body, problem) => {
		const { credential, sandbox } = await createTimedFixture();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK });
		const text = body.body.replace('"ID"', JSON.stringify(id));
		sandbox.faults.add({ kind: 'body', ...body, body: text, ...ALWAYS });
		const { items, error } = await runAction(credential, { ...GET, ...video('id', id) });
		expect(items).toEqual([]);
		expect(error?.message).toMatch(
			/^ContentStats returned an unexpected response for video \w+ \(/,
		);
		expect(error?.message).toContain(`(${problem})`);
		expect(error?.description).toContain('None of it was used');
	});

	test('reports a dropped connection after three attempts', async () => {
		const { credential, sandbox, calls } = await createTimedFixture();
		sandbox.faults.add({ kind: 'drop', when: 'before_commit', ...ALWAYS });
		const { error } = await runAction(credential, GET);
		expect(error?.message).toBe('No response from ContentStats for video cm5abc123def');
		expect(error?.description).toMatch(/Try again later \(E\w+\)/);
		expect(calls()).toHaveLength(3);
	});

	test.each([
		['nothing listens at the port', 'http://127.0.0.1:9/api/v1'],
		['the host does not exist', 'http://contentstats.invalid/api/v1'],
	])('says that nothing was sent if %s', async (_, baseUrl) => {
		const { error } = await runAction({ apiKey: 'cs_live_x', baseUrl }, GET);
		expect(error?.message).toBe("Couldn't reach ContentStats for video cm5abc123def");
		expect(error?.description).toMatch(
			/^No request was sent\. Check the base URL in the ContentStats credential/,
		);
	});

	test.each([['not a url'], ['ftp://contentstats.io'], ['https://u:p@contentstats.io']])(
		'refuses %j as the base URL',
		async (baseUrl) => {
			const { error } = await runAction({ apiKey: 'cs_live_x', baseUrl }, GET);
			expect(error?.message).toBe(
				'The base URL in the ContentStats credential is not a valid http(s) URL',
			);
		},
	);

	test('points to the base URL, not to a deleted video, if the base URL has a wrong path', async () => {
		const { credential } = await createTimedFixture();
		const baseUrl = credential.baseUrl.replace('/api/v1', '/api/v2');
		const { error } = await runAction({ ...credential, baseUrl }, { operation: 'usage' });
		expect(error?.message).toBe('ContentStats returned an error for usage: HTTP 404 (Not found)');
		expect(error?.description).toMatch(/^Check the base URL/);
	});

	test('keeps its own message if it contains the letters of an error code, such as EPERM', async () => {
		const { credential } = await createTimedFixture();
		const link = 'https://www.tiktok.com/@theperman/photo/1';
		const { error } = await runAction(credential, { videoUrls: link });
		expect(error?.message).toContain('@theperman');
		const other = await runAction(credential, { operation: 'get', ...video('id', 'eperm-enoent') });
		expect(other.error?.message).toContain('eperm-enoent');
	});
});

describe('a poll by n8n’s durable scheduler', () => {
	test.each([
		[
			{ kind: 'status', status: 401, body: { error: 'API key required' } },
			{ cause: 'credential-invalid' },
		],
		[{ kind: 'status', status: 503, body: HTML }, { cause: 'temporarily-unavailable' }],
		[{ kind: 'drop', when: 'before_commit' }, { cause: 'temporarily-unavailable' }],
		[
			{ kind: 'rate_limited', resetInSeconds: 0 },
			{ cause: 'rate-limited', retryAfterMs: expect.any(Number) },
		],
	] as const)('tells n8n the cause of failure after %j', async (fault, failure) => {
		const { credential, sandbox } = await createTimedFixture();
		sandbox.faults.add({ ...fault, ...ALWAYS });
		// The durable scheduler sets a budget for each poll. Such a poll never activates the workflow.
		const error = await createPoller(credential, {}, {}, { budgetMs: 36_000 })
			.poll()
			.catch((thrown: unknown) => thrown);
		expect(error).toMatchObject(errorWith(failure));
	});
});

describe('a GET', () => {
	test.each([
		['a 500', { kind: 'status', status: 500, body: {} }],
		['a dropped connection', { kind: 'drop', when: 'before_commit' }],
		['a truncated body', { kind: 'body', truncate_at: 10 }],
	] as const)('is retried after %s', async (_, fault) => {
		const { credential, sandbox, calls } = await createTimedFixture();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK, started: '2025-12-31T00:00:00Z' });
		sandbox.faults.add({ ...fault, times: 2 });
		const { items } = await runAction(credential, { ...GET, ...video('id', id) });
		expect(items).toHaveLength(1);
		expect(calls()).toHaveLength(3);
	});

	test('is not retried after a 401', async () => {
		const { credential, sandbox, calls } = await createTimedFixture();
		sandbox.faults.add({ kind: 'status', status: 401, body: { error: 'x' }, ...ALWAYS });
		await runAction(credential, GET);
		expect(calls()).toHaveLength(1);
	});
});
