import type { Fault } from '../../../sandbox';
import { INSTAGRAM, TIKTOK, TWITTER, YOUTUBE } from '../support/fixture';
import {
	createTriggerFixture,
	expectSameKeys,
	KEPT,
	keysOf,
	snapshotKeys,
	without,
} from '../support/triggerFixture';
import { errorWith } from '../support/hostVersion';

describe.each(KEPT)('with the state %s', (_, keep) => {
	async function withThree() {
		const fixture = await createTriggerFixture();
		const links = [TIKTOK, YOUTUBE, INSTAGRAM];
		const videos = links.map((video_link) => fixture.sandbox.seedVideo({ video_link }));
		const trigger = fixture.watch({}, { keep });
		await trigger.poll();
		const before = snapshotKeys(...videos);
		fixture.advance({ hours: 1, minutes: 5 });
		/** Returns the keys of the snapshots that appeared after publishing. */
		const fresh = () => without(snapshotKeys(...videos), before);
		return { ...fixture, videos, trigger, fresh };
	}

	test.each(['a.b', 'x/../y', 'a:b'])(
		'a listed id %j, which no request can hold, does not hold the other videos back',
		async (id) => {
			const { sandbox, trigger, fresh } = await withThree();
			sandbox.seedVideo({ video_link: TWITTER }).override({ id });
			expectSameKeys(keysOf(await trigger.poll()), fresh());
			await trigger.run({ hours: 1 });
			expectSameKeys(trigger.keys, fresh());
			expect(trigger.sent.join(' ')).not.toContain(id);
		},
	);

	test('a reply about another video fails that video alone', async () => {
		const { sandbox, trigger, videos, fresh } = await withThree();
		sandbox.faults.add({
			kind: 'map',
			match: { path: `/videos/${videos[1]!.id}` },
			times: Infinity,
			map: (json) => ({ ...json, id: videos[0]!.id }),
		});
		const others = fresh().filter((key) => !key.startsWith(`${videos[1]!.id}:`));
		expectSameKeys(keysOf(await trigger.poll()), others);
		sandbox.clear();
		await trigger.run({ minutes: 30 });
		expectSameKeys(trigger.keys, fresh());
	});

	describe('a poll with some failed requests', () => {
		test.each<[string, Fault]>([
			['429 with a reset', { kind: 'rate_limited', resetInSeconds: 30, after: 2 }],
			['429 without headers', { kind: 'rate_limited', headers: false, after: 2 }],
			['429 for the list', { kind: 'rate_limited', resetInSeconds: 5 }],
			['429 several times', { kind: 'rate_limited', resetInSeconds: 9, after: 1, times: 4 }],
			['500 once', { kind: 'status', status: 500, after: 2 }],
			['a truncated reply once', { kind: 'body', truncate_at: 300, after: 2 }],
			['a broken connection once', { kind: 'drop', when: 'before_commit', after: 2 }],
		])('still emits everything after %s', async (_, fault) => {
			const { sandbox, trigger, fresh } = await withThree();
			sandbox.faults.add(fault);
			expectSameKeys(keysOf(await trigger.poll()), fresh());
			await trigger.run({ minutes: 30 });
			expectSameKeys(trigger.keys, fresh());
		});

		test.each<[string, Fault]>([
			['500', { kind: 'status', status: 500 }],
			['a broken connection', { kind: 'drop', when: 'after_commit' }],
			[
				'a reply without snapshots',
				{ kind: 'map', map: ({ snapshots: _snapshots, ...json }) => json },
			],
			['an unreadable snapshot', { kind: 'map', map: (json) => ({ ...json, snapshots: [{}] }) }],
		])(
			'emits the other videos while one fails with %s for hours, and the rest afterwards',
			async (_, fault) => {
				const { sandbox, trigger, videos, fresh } = await withThree();
				const match = { path: `/videos/${videos[1]!.id}` };
				sandbox.faults.add({ ...fault, match, times: Infinity });
				const others = [videos[0]!, videos[2]!];
				expectSameKeys(
					keysOf(await trigger.poll()),
					fresh().filter((key) => others.some(({ id }) => key.startsWith(id))),
				);
				await trigger.run({ hours: 3 });
				expect(keysOf(trigger.items).join()).not.toContain(videos[1]!.id);
				const fetches = trigger.sent.filter((call) => call === `GET ${match.path}`).length;
				expect(fetches).toBeLessThanOrEqual(45);
				sandbox.clear();
				await trigger.run({ hours: 1, minutes: 15 });
				expectSameKeys(trigger.keys, fresh());
			},
		);

		test.each<[string, Fault]>([
			['500', { kind: 'status', status: 500, times: Infinity }],
			['HTML', { kind: 'body', body: '<html></html>', times: Infinity }],
		])('loses nothing while the list answers %s for hours', async (_, fault) => {
			const { sandbox, trigger, videos, fresh } = await withThree();
			sandbox.faults.add({ ...fault, match: { path: '/videos' } });
			await trigger.run({ hours: 2 }, { mayThrow: true });
			videos.push(sandbox.seedVideo({ video_link: 'https://www.tiktok.com/@b/video/77' }));
			await trigger.run({ hours: 1 }, { mayThrow: true });
			sandbox.clear();
			await trigger.run({ hours: 1, minutes: 30 });
			expectSameKeys(trigger.keys, fresh());
		});

		test('leaves the remaining videos to later polls if every further request gets 429', async () => {
			const { sandbox, trigger, fresh } = await withThree();
			const match = { path: /^\/videos\/\w+$/ };
			const fault = { kind: 'rate_limited', resetInSeconds: 90, times: Infinity } as const;
			sandbox.faults.add({ ...fault, match, after: 1 });
			await trigger.run({ minutes: 30 }, { mayThrow: true });
			sandbox.clear();
			await trigger.run({ hours: 1 });
			expectSameKeys(trigger.keys, fresh());
		});
	});

	describe('a poll that fetches no video', () => {
		test.each<[string, Fault, object]>([
			[
				'429 with a reset',
				{ kind: 'rate_limited', resetInSeconds: 50 },
				{ cause: 'rate-limited', retryAfterMs: expect.any(Number) },
			],
			[
				'429 without headers',
				{ kind: 'rate_limited', headers: false },
				{ cause: 'rate-limited', retryAfterMs: expect.any(Number) },
			],
			['500', { kind: 'status', status: 500 }, { cause: 'temporarily-unavailable' }],
			['502', { kind: 'status', status: 502 }, { cause: 'temporarily-unavailable' }],
			['HTML', { kind: 'body', body: '<html></html>' }, { cause: 'temporarily-unavailable' }],
			[
				'broken connections',
				{ kind: 'drop', when: 'before_commit' },
				{ cause: 'temporarily-unavailable' },
			],
		])('reports %s to n8n, and loses nothing', async (_, fault, failure) => {
			const { sandbox, trigger, fresh, advance } = await withThree();
			sandbox.faults.add({ ...fault, times: Infinity });
			await trigger.expectFailure(failure);
			sandbox.clear();
			advance({ minutes: 3 });
			await trigger.run({ hours: 1 });
			expectSameKeys(trigger.keys, fresh());
		});

		test('reports the failure if the list answers but every video fails, and loses nothing', async () => {
			const { sandbox, trigger, fresh } = await withThree();
			const match = { path: /^\/videos\/\w+$/ };
			sandbox.faults.add({ kind: 'status', status: 500, times: Infinity, match });
			await trigger.expectFailure({ cause: 'temporarily-unavailable' });
			sandbox.clear();
			await trigger.run({ hours: 1 });
			expectSameKeys(trigger.keys, fresh());
		});

		test.each([
			['401', { kind: 'status', status: 401 }, { message: /rejected the API key/ }],
			[
				'a redirect to another host',
				{ kind: 'redirect', status: 302, location: 'http://127.0.0.1:9/x' },
				{
					message: /^ContentStats redirected .* to 127\.0\.0\.1:9$/,
					description: /^The redirect was not followed/,
				},
			],
		] as Array<[string, Fault, Record<string, RegExp>]>)(
			'throws at once on %s, and loses nothing',
			async (title, fault, texts) => {
				const { sandbox, trigger, fresh } = await withThree();
				const before = trigger.remembered;
				sandbox.faults.add({ ...fault, times: Infinity });
				const error = await trigger.failure();
				for (const [name, text] of Object.entries(texts))
					expect(error).toHaveProperty(name, expect.stringMatching(text));
				if (title === '401')
					expect(error).toMatchObject(errorWith({ cause: 'credential-invalid' }));
				expect(trigger.remembered).toBe(before);
				sandbox.clear();
				await trigger.run({ hours: 1 });
				expectSameKeys(trigger.keys, fresh());
			},
		);
	});
});
