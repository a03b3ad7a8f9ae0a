import { runAction, testCredential } from '../../harness/engine';
import type { Fault } from '../../sandbox';
import { createTimedFixture } from './support/time';

describe('the credential test passes', () => {
	test('with a live or a test key, and sends only the free GET /usage', async () => {
		const { credential, sandbox, calls } = await createTimedFixture();
		for (const apiKey of [sandbox.liveKey, sandbox.testKey])
			expect(await testCredential({ ...credential, apiKey })).toEqual({
				status: 'OK',
				message: 'Connection successful',
			});
		expect(calls()).toEqual(['GET /usage', 'GET /usage']);
	});

	test('with a key that was pasted with blanks and line breaks', async () => {
		const { credential, calls } = await createTimedFixture();
		const pasted = { ...credential, apiKey: ` ${credential.apiKey}\r\n` };
		expect(await testCredential(pasted)).toMatchObject({ status: 'OK' });
		const { error } = await runAction(pasted, { operation: 'usage' });
		expect(error).toBeUndefined();
		expect(calls()).toContain('GET /usage');
	});

	test.each<[string, (baseUrl: string) => string]>([
		['blanks and line breaks around it', (baseUrl) => `\n ${baseUrl}\t`],
		['a slash at its end', (baseUrl) => `${baseUrl}/`],
		['slashes and a blank', (baseUrl) => ` ${baseUrl}// `],
		['an invisible character', (baseUrl) => `\u200b${baseUrl}\u200b`],
		['upper case', (baseUrl) => baseUrl.replace('http://127.0.0.1', 'HTTP://LocalHost')],
	])('with a base URL that has %s, and so do the nodes', async (_, spell) => {
		const { credential, calls } = await createTimedFixture();
		const spelled = { ...credential, baseUrl: spell(credential.baseUrl) };
		expect(await testCredential(spelled)).toMatchObject({ status: 'OK' });
		const { error } = await runAction(spelled, { operation: 'usage' });
		expect(error).toBeUndefined();
		expect(calls().filter((call) => call === 'GET /usage')).toHaveLength(2);
	});

	test('after a second, if the API was busy', async () => {
		const { credential, sandbox } = await createTimedFixture();
		sandbox.faults.add({ kind: 'status', status: 503, body: 'busy' });
		expect(await testCredential(credential)).toMatchObject({ status: 'OK' });
	});
});

describe('the credential test fails', () => {
	test.each<[string, Fault, RegExp]>([
		[
			'an HTTP error',
			{ kind: 'status', status: 500, body: { error: 'Oops' } },
			/^ContentStats returned an error for usage: HTTP 500 \(Oops\)\. ContentStats has a problem\. Try again later$/,
		],
		[
			'a wrong path',
			{ kind: 'status', status: 404, body: { error: 'Not found' } },
			/: HTTP 404 \(Not found\)\. Check the base URL in the ContentStats credential: https:\/\/contentstats/,
		],
		[
			'a login page',
			{ kind: 'body', body: '<!doctype html><title>Sign in</title>' },
			/^Received a web page instead of a ContentStats response for usage: “Sign in”, HTTP 200\. A proxy/,
		],
		[
			'another API',
			{ kind: 'body', body: '{"hello":"world"}' },
			/^ContentStats returned an unexpected response for usage/,
		],
		[
			'a lost connection',
			{ kind: 'drop', when: 'before_commit' },
			/^No response from ContentStats for usage\. The connection was lost or too slow\. Try again later \(ECONNRESET\)$/,
		],
	])('for %s, and says what to do', async (_, fault, message) => {
		const { credential, sandbox } = await createTimedFixture();
		sandbox.faults.add({ ...fault, times: Infinity });
		const result = await testCredential(credential);
		expect(result).toEqual({ status: 'Error', message: expect.stringMatching(message) });
	});

	test('for a server without HTTPS, and names the base URL', async () => {
		const { credential } = await createTimedFixture();
		const baseUrl = credential.baseUrl.replace('http://', '');
		const { message } = await testCredential({ ...credential, baseUrl });
		expect(message).toMatch(
			/^No response from ContentStats for usage\. No secure connection was possible\. Check the base URL/,
		);
	});

	test('for a reply that does not end, within its time', async () => {
		const { credential, sandbox, calls } = await createTimedFixture();
		sandbox.faults.add({ kind: 'latency', ms: 3_000, times: Infinity });
		const { timeout } = AbortSignal;
		const timeouts: number[] = [];
		jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
			timeouts.push(ms);
			return timeout.call(AbortSignal, ms / 100);
		});
		const result = await testCredential(credential);
		jest.restoreAllMocks();
		expect(result.message).toMatch(/^No response from ContentStats/);
		expect(timeouts).toContain(10_000);
		expect(calls()).toHaveLength(3);
	});

	test('for a rate limit that is used up, without waiting for its reset', async () => {
		const { credential, sandbox, calls } = await createTimedFixture();
		sandbox.faults.add({ kind: 'rate_limited', resetInSeconds: 60, times: Infinity });
		const first = await testCredential(credential);
		expect(first.message).toMatch(
			/^ContentStats rate limit exceeded for usage\. Try again in a minute/,
		);
		const second = await testCredential(credential);
		expect(second).toEqual({
			status: 'Error',
			message: 'Other executions use up the rate limit of this API key. Try again in a minute',
		});
		expect(calls()).toHaveLength(1);
	});

	test.each([
		[
			'a wrong key',
			{ apiKey: 'cs_live_bad' },
			/^ContentStats rejected the API key\. Paste a current key/,
		],
		['no key', { apiKey: '' }, /^ContentStats rejected the API key\. Paste a current key/],
		[
			'no server',
			{ baseUrl: 'http://127.0.0.1:1/api/v1' },
			/^Couldn't reach ContentStats for usage\. No request was sent\. Check the base URL .+ \(ECONNREFUSED\)$/,
		],
		[
			'an unknown host',
			{ baseUrl: 'https://contentstats.invalid/api/v1' },
			/^Couldn't reach ContentStats for usage\. No request was sent\. .+ \((?:ENOTFOUND|EAI_AGAIN)\)$/,
		],
		[
			'an unknown host without a scheme',
			{ baseUrl: 'contentstats.invalid/api/v1' },
			/^Couldn't reach ContentStats for usage\. No request was sent/,
		],
		[
			'a text',
			{ baseUrl: 'not a url' },
			/^The base URL in the ContentStats credential is not a valid http\(s\) URL\. Open the credential/,
		],
	])('for %s, and says what to do', async (_, wrong, message) => {
		const { credential } = await createTimedFixture();
		const result = await testCredential({ ...credential, ...wrong });
		expect(result).toEqual({ status: 'Error', message: expect.stringMatching(message) });
	});
});
