import { createTransport, reply } from '../support/transport';

const GET = { method: 'GET', path: '/usage', subject: 'usage' } as const;
const POST = { method: 'POST', path: '/videos/track', subject: 'a link', body: {} } as const;

const redirect = (status: number, location: string) => reply(status, {}, { location });
const OK = reply(200, { ok: true });

describe('a redirect to the www. twin', () => {
	test.each([301, 302, 307, 308])(
		'is followed once after a %i, with the method',
		async (status) => {
			const { request, calls, sent } = createTransport([
				redirect(status, 'https://www.api.test/v1/videos/track'),
				OK,
			]);
			expect(await request(POST)).toMatchObject({ json: { ok: true } });
			expect(calls()).toEqual([
				'POST https://api.test/v1/videos/track',
				'POST https://www.api.test/v1/videos/track',
			]);
			expect(sent).toEqual([
				expect.objectContaining({ disableFollowRedirect: true, body: {} }),
				expect.objectContaining({ disableFollowRedirect: true, body: {} }),
			]);
		},
	);

	test('is followed from www. too, and later calls go to the twin at once', async () => {
		const { request, calls } = createTransport(
			[redirect(308, '//api.test/v1/usage'), OK],
			'https://www.api.test/v1/',
		);
		await request(GET);
		await request(GET);
		expect(calls()).toEqual([
			'GET https://www.api.test/v1/usage',
			'GET https://api.test/v1/usage',
			'GET https://api.test/v1/usage',
		]);
	});

	test('is not followed a second time', async () => {
		const { request, calls } = createTransport([
			redirect(301, 'https://www.api.test/v1/usage'),
			redirect(301, 'https://api.test/v1/usage'),
		]);
		await expect(request(GET)).rejects.toMatchObject({ kind: 'redirected' });
		expect(calls()).toHaveLength(2);
	});
});

describe('any other redirect', () => {
	test.each([
		['another host', 'https://evil.test/v1/usage'],
		['a host with www. inside', 'https://api.www.test/v1/usage'],
		['the same host', 'https://api.test/v1/usage'],
		['another path', 'https://www.api.test/v1/login'],
		['another scheme', 'http://www.api.test/v1/usage'],
		['another port', 'https://www.api.test:8443/v1/usage'],
		['no address', 'https://'],
	])('to %s is not followed', async (_, location) => {
		const { request, calls } = createTransport([redirect(302, location), OK]);
		await expect(request(GET)).rejects.toMatchObject({
			kind: 'redirected',
			statusCode: 302,
			message: expect.stringMatching(/^ContentStats redirected the request for usage to /),
			description: expect.stringMatching(/^The redirect was not followed/),
		});
		expect(calls()).toHaveLength(1);
	});

	test('without a location names no host', async () => {
		const { request } = createTransport([reply(302)]);
		await expect(request(GET)).rejects.toMatchObject({
			message: expect.stringMatching(/to another URL$/),
		});
	});

	test.each([
		['GET', 303, 'redirected'],
		['POST', 303, 'unreadable_reply'],
		['POST', 302, 'redirected'],
		['GET', 300, 'redirected'],
		['GET', 399, 'redirected'],
	] as const)('of a %s with %i is %s', async (method, status, kind) => {
		const { request } = createTransport([redirect(status, 'https://evil.test/')]);
		await expect(request({ ...POST, method })).rejects.toMatchObject({ kind });
	});
});
