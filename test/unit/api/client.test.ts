import { createClient } from '../../../nodes/ContentStats/api/client';
import type { Client } from '../../../nodes/ContentStats/api/client';
import { video } from '../support/fakeClient';
import { createTransport, reply } from '../support/transport';

const USAGE = {
	balance_usd: 5,
	uncharged_usage_usd: 1,
	active_videos: 2,
	cost_per_snapshot: 0.015,
};
const STOPPED = { success: true, id: 'a', new_status: 'completed' };
const LINK = 'https://youtu.be/dQw4w9WgXcQ';

function clientOver(...answers: Parameters<typeof createTransport>[0]) {
	const transport = createTransport(answers);
	return { ...transport, client: createClient(transport.request) };
}

describe('the client', () => {
	test.each<[string, (client: Client) => Promise<unknown>, unknown, object]>([
		[
			'track',
			(client) => client.track(LINK, 7),
			video('a'),
			{
				method: 'POST',
				url: 'https://api.test/v1/videos/track',
				body: { video_link: LINK, duration_days: 7 },
			},
		],
		[
			'get',
			(client) => client.get('a-B_1'),
			{ ...video('a'), id: 'a-B_1' },
			{ url: 'https://api.test/v1/videos/a-B_1' },
		],
		[
			'stop',
			(client) => client.stop('a'),
			STOPPED,
			{ method: 'POST', url: 'https://api.test/v1/videos/a/stop' },
		],
		['usage', (client) => client.usage(), USAGE, { url: 'https://api.test/v1/usage' }],
	])('sends %s once and returns the reply as it came', async (_, call, body, options) => {
		const { client, sent } = clientOver(reply(200, body));
		expect(await call(client)).toEqual(body);
		expect(sent).toEqual([expect.objectContaining({ method: 'GET', ...options })]);
	});

	test.each<[string, (client: Client) => Promise<unknown>, unknown]>([
		['get', (client) => client.get('b'), video('a')],
		['stop', (client) => client.stop('b'), STOPPED],
	])('refuses a reply to %s that is about another video', async (_, call, body) => {
		const { client, sent } = clientOver(reply(200, body));
		await expect(call(client)).rejects.toMatchObject({
			kind: 'unreadable_reply',
			message:
				'ContentStats returned an unexpected response for video b (it describes another video)',
		});
		expect(sent).toHaveLength(1);
	});

	test.each([
		[{}, undefined, { limit: 100 }],
		[
			{ platform: 'tiktok', status: 'paused' },
			7,
			{ platform: 'tiktok', status: 'paused', limit: 7 },
		],
	])('lists the videos of %j with limit %p', async (filters, limit, qs) => {
		const { client, sent } = clientOver(reply(200, { videos: [video('a')], total: 1 }));
		expect(await client.list(filters, limit)).toEqual({
			videos: [video('a')],
			unidentified: [],
			isFull: false,
			total: 1,
			repliedAt: null,
		});
		expect(sent).toEqual([
			expect.objectContaining({ method: 'GET', url: 'https://api.test/v1/videos', qs }),
		]);
	});

	test.each<[string, (client: Client) => Promise<unknown>, RegExp]>([
		['track', (client) => client.track(LINK, 7), /youtu\.be\/dQw4w9WgXcQ/],
		['list', (client) => client.list({}), /the list of videos/],
		['get', (client) => client.get('a'), /video a\b/],
		['stop', (client) => client.stop('a'), /video a\b/],
		['usage', (client) => client.usage(), /for usage\b/],
	])('names its subject if the reply to %s is unreadable', async (_, call, subject) => {
		const { client } = clientOver(reply(200, []));
		await expect(call(client)).rejects.toMatchObject({
			kind: 'unreadable_reply',
			message: expect.stringMatching(subject),
		});
	});

	test.each<[string, (client: Client) => Promise<unknown>, number, RegExp]>([
		['track', (client) => client.track(LINK, 7), 400, /public.*costs nothing/],
		[
			'get',
			(client) => client.get('a'),
			404,
			/another account.*Check the ID or choose the video from the list/,
		],
		[
			'stop',
			(client) => client.stop('a'),
			404,
			/another account.*Check the ID or choose the video from the list/,
		],
		['stop', (client) => client.stop('a'), 400, /ended already/],
	])('says what to do if %s is refused', async (_, call, status, advice) => {
		const { client } = clientOver(reply(status, { error: 'No' }));
		await expect(call(client)).rejects.toMatchObject({
			description: expect.stringMatching(advice),
		});
	});

	test.each([
		['', /No video selected/],
		['..', /“\.\.” is not a video ID/],
		['a/../usage', /is not a video ID/],
		['a b', /is not a video ID/],
		['a?x=1', /is not a video ID/],
		['é', /is not a video ID/],
		['x/'.repeat(200), /“(x\/){40}” is not a video ID/],
	])('sends nothing for the id %j', async (id, message) => {
		const { client, sent } = clientOver(reply(200, video('a')));
		for (const call of [() => client.get(id), () => client.stop(id)])
			await expect(call()).rejects.toMatchObject({
				kind: 'invalid_input',
				message: expect.stringMatching(message),
				description: expect.stringMatching(/choose By URL$/),
			});
		expect(sent).toEqual([]);
	});
});
