import { createGate } from '../../../nodes/ContentStats/api/gate';
import {
	createRequest,
	type HttpReply,
	readRateWindow,
} from '../../../nodes/ContentStats/api/request';

// What a request does over HTTP is tested in test/engine; here, what only its host can do to it.

const NOW = Date.UTC(2026, 0, 1);
const call = { method: 'GET', path: '/usage', what: 'usage' } as const;

/** A request at a standing clock, and the waits it asked for, in milliseconds. */
function createHost(send: () => Promise<HttpReply>) {
	const waits: number[] = [];
	let time = NOW;
	const host = {
		now: () => time,
		sleep: async (ms: number) => {
			waits.push(ms);
			time += ms;
		},
	};
	const baseUrl = 'https://contentstats.io/api/v1';
	return { waits, request: createRequest({ send, baseUrl, gate: createGate(host), ...host }) };
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
	expect(readRateWindow(done, NOW)).toBeNull();
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
