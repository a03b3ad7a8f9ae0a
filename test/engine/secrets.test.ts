import { createTimedFixture } from './support/time';

import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';

import { TIKTOK, video, YOUTUBE } from './support/fixture';
import { createPoller, runAction, searchVideos, testCredential } from '../../harness/engine';

const everything = (value: unknown): string =>
	inspect(value, { depth: 20, maxStringLength: null, maxArrayLength: null, showHidden: true });

describe('an id that could reach another endpoint', () => {
	test.each(['../usage', ''])(
		'is refused by Get and Stop, and no request is sent: %j',
		async (id) => {
			const { credential, calls } = await createTimedFixture();
			for (const operation of ['get', 'stop']) {
				const { error, items } = await runAction(
					credential,
					{ operation, ...video('id', '={{ $json.id }}') },
					{ items: [{ id }] },
				);
				expect(items).toEqual([]);
				expect(error?.message).toMatch(/is not a video ID|No video selected/);
			}
			expect(calls()).toEqual([]);
		},
	);

	test('is refused by the trigger, and no request is sent', async () => {
		const { credential, calls } = await createTimedFixture();
		const poller = createPoller(credential, { watch: 'selected', videos: 'cm5abc ../usage' });
		await expect(poller.poll()).rejects.toThrow('“../usage” is not a video ID or link');
		expect(calls()).toEqual([]);
	});
});

describe('a redirect to another host', () => {
	const statuses = [301, 302, 303, 307, 308] as const;
	const NOT_FOLLOWED = {
		message: expect.stringMatching(
			/^ContentStats redirected the request for .+ to 127\.0\.0\.1:\d+/,
		),
		description: expect.stringMatching(
			/^The redirect was not followed, to keep the API key safe\. Check the base URL/,
		),
	};

	test.each(statuses)('with status %i is not followed, so no key leaks', async (status) => {
		const { sandbox: elsewhere } = await createTimedFixture();
		const { credential, sandbox, calls } = await createTimedFixture();
		const location = elsewhere.baseUrl;
		sandbox.faults.add({
			kind: 'redirect',
			status,
			location: `${location}/usage`,
			times: Infinity,
		});
		const usage = await runAction(credential, { operation: 'usage' });
		expect(usage.error).toMatchObject(NOT_FOLLOWED);
		const tracked = await runAction(credential, { videoUrls: TIKTOK });
		expect(tracked.error).toMatchObject(NOT_FOLLOWED);
		const poller = createPoller(credential, {});
		expect(await poller.poll()).toBeNull();
		expect(poller.errors).toEqual([expect.objectContaining(NOT_FOLLOWED)]);
		await expect(searchVideos(credential)).rejects.toMatchObject(NOT_FOLLOWED);
		expect(calls().filter((call) => call.startsWith('POST'))).toEqual([]);
		sandbox.clear();
		const otherName = location.replace('127.0.0.1', 'localhost');
		sandbox.faults.add({ kind: 'redirect', status, location: `${otherName}/usage` });
		const { message } = await testCredential(credential);
		expect(message).toMatch(
			/^ContentStats redirected the request for usage to localhost:\d+\. The redirect/,
		);
		expect(elsewhere.requests).toEqual([]);
	});

	test.each(statuses)('with status %i costs nothing if it answers Track', async (status) => {
		const { sandbox: elsewhere } = await createTimedFixture();
		const { credential, sandbox, posts } = await createTimedFixture();
		sandbox.faults.add({
			kind: 'redirect',
			status,
			location: `${elsewhere.baseUrl}/videos/track`,
			match: { method: 'POST' },
			times: Infinity,
		});
		const { error, items } = await runAction(credential, { videoUrls: TIKTOK });
		if (error) expect(error).toMatchObject(NOT_FOLLOWED);
		else expect(items).toEqual([expect.objectContaining({ message: NOT_FOLLOWED.message })]);
		expect(posts()).toEqual(['POST /videos/track']);
		expect(elsewhere.requests).toEqual([]);
		expect(sandbox.ledger).toEqual([]);
	});
});

describe('a redirect to the www. twin of the base URL’s host', () => {
	/** Resolves api.test and its subdomains to 127.0.0.1: one sandbox answers for a host and its twin. */
	function resolveLocally() {
		const lookup = dns.lookup;
		jest
			.spyOn(dns, 'lookup')
			.mockImplementation(((host: string, ...rest: never[]) =>
				(lookup as (...args: unknown[]) => void)(
					host.endsWith('api.test') ? '127.0.0.1' : host,
					...rest,
				)) as typeof lookup);
	}
	afterEach(() => jest.restoreAllMocks());

	const named = (baseUrl: string, host: string) => baseUrl.replace('127.0.0.1', host);

	test.each([
		[301, 'api.test', 'www.api.test'],
		[302, 'www.api.test', 'api.test'],
		[307, 'api.test', 'www.api.test'],
		[308, 'api.test', 'www.api.test'],
	] as const)('with %i from %s to %s is followed once, as a POST', async (status, from, to) => {
		resolveLocally();
		const { credential, sandbox, posts } = await createTimedFixture();
		sandbox.faults.add({
			kind: 'redirect',
			status,
			location: `${named(sandbox.baseUrl, to)}/videos/track`,
			match: { method: 'POST' },
		});
		const { items, error } = await runAction(
			{ ...credential, baseUrl: named(credential.baseUrl, from) },
			{ videoUrls: TIKTOK },
		);
		expect(error).toBeUndefined();
		expect(items).toEqual([expect.objectContaining({ outcome: 'tracked' })]);
		expect(posts()).toEqual(['POST /videos/track', 'POST /videos/track']);
		const hosts = sandbox.requests
			.slice(-2)
			.map(({ headers }) => String(headers.host).split(':')[0]);
		expect(hosts).toEqual([from, to]);
		expect(sandbox.ledger.filter(({ kind }) => kind === 'track')).toHaveLength(1);
	});

	test('is followed by the credential test', async () => {
		resolveLocally();
		const { credential, sandbox, calls } = await createTimedFixture();
		const location = `${named(sandbox.baseUrl, 'www.api.test')}/usage`;
		sandbox.faults.add({ kind: 'redirect', status: 301, location });
		const { status } = await testCredential({
			...credential,
			baseUrl: named(credential.baseUrl, 'api.test'),
		});
		expect(status).toBe('OK');
		expect(calls()).toEqual(['GET /usage', 'GET /usage']);
	});

	test('is not followed by a second hop', async () => {
		resolveLocally();
		const { credential, sandbox, calls } = await createTimedFixture();
		const back = (host: string) => `${named(sandbox.baseUrl, host)}/usage`;
		const match = { path: '/usage' };
		sandbox.faults.add({ kind: 'redirect', status: 308, location: back('www.api.test'), match });
		sandbox.faults.add({ kind: 'redirect', status: 308, location: back('api.test'), match });
		const { error } = await runAction(
			{ ...credential, baseUrl: named(credential.baseUrl, 'api.test') },
			{ operation: 'usage' },
		);
		expect(error?.message).toMatch(/^ContentStats redirected the request for usage to api\.test:/);
		expect(error?.description).toMatch(/^The redirect was not followed/);
		expect(calls().filter((call) => call === 'GET /usage')).toHaveLength(2);
	});

	test('is not followed if it leads to another path', async () => {
		resolveLocally();
		const { credential, sandbox } = await createTimedFixture();
		const location = `${named(sandbox.baseUrl, 'www.api.test')}/login`;
		sandbox.faults.add({ kind: 'redirect', status: 302, location, match: { path: '/usage' } });
		const { error } = await runAction(
			{ ...credential, baseUrl: named(credential.baseUrl, 'api.test') },
			{ operation: 'usage' },
		);
		expect(error?.message).toContain('redirected the request for usage to www.api.test');
		expect(error?.description).toMatch(/^The redirect was not followed/);
	});
});

describe('the API key', () => {
	test.each([
		['a success', undefined],
		['a 401', { kind: 'status', status: 401, body: { error: 'API key required' } }],
		['a 400', { kind: 'status', status: 400, body: { error: 'Invalid request' } }],
		['a 500', { kind: 'status', status: 500, body: 'x' }],
		['a dropped connection', { kind: 'drop', when: 'before_commit' }],
		['an unreadable reply', { kind: 'body', body: '<html>' }],
		['a redirect', { kind: 'redirect', status: 302, location: 'http://example.test/' }],
	] as const)('is in no output, error, hint, state or log after %s', async (_, fault) => {
		const { credential, sandbox, clock } = await createTimedFixture();
		const { id } = sandbox.seedVideo({ video_link: YOUTUBE });
		clock.advance({ hours: 3 });
		if (fault) sandbox.faults.add({ ...fault, times: Infinity });
		const poller = createPoller(credential, { startFrom: 'beginning', simplify: false });
		const seen = await Promise.all([
			runAction(credential, { videoUrls: TIKTOK }),
			runAction(credential, { operation: 'get', ...video('id', id) }),
			runAction(credential, { operation: 'list', simplify: false }),
			runAction(credential, { operation: 'stop', ...video('id', id) }),
			runAction(credential, { operation: 'usage' }),
			runAction(
				credential,
				{ videoUrls: TIKTOK, operation: 'track' },
				{ onError: 'continueRegularOutput' },
			),
			searchVideos(credential).catch((error: unknown) => error),
			testCredential(credential),
			poller.poll().catch((error: unknown) => error),
			poller.poll('manual').catch((error: unknown) => error),
		]);
		const log = readFileSync(process.env.N8N_LOG_FILE_LOCATION!, 'utf8');
		expect(everything(seen)).toContain(fault ? 'ContentStats' : 'snapshot_key');
		expect(log).toContain('Start executing node');
		for (const text of [everything(seen), everything(poller.staticData), log])
			expect(text).not.toContain(credential.apiKey);
	});
});

test('an API key of any form is redacted from an error that quotes it', async () => {
	const { credential, sandbox } = await createTimedFixture();
	const apiKey = 'another-services-secret';
	const body = { error: `Unknown key ${apiKey}` };
	sandbox.faults.add({ kind: 'status', status: 401, body, times: Infinity });
	const { error } = await runAction({ ...credential, apiKey }, { operation: 'usage' });
	expect(error?.message).toContain('Unknown key (the API key)');
	expect(everything(error)).not.toContain(apiKey);
});
