import {
	createFixture,
	INSTAGRAM,
	ONE_OF_EACH,
	START,
	TIKTOK,
	video,
	VIDEO,
	YOUTUBE,
} from './support/fixture';
import { getVideos, runAction, searchVideos } from '../../harness/engine';
import { linkOf } from '../../harness/links';
import { PLATFORMS } from '../../sandbox';

const LATEST = ['snapshot_time', 'views', 'likes', 'comments', 'shares', 'saves'];

const tiktok = (number: number) => `https://www.tiktok.com/@user/video/${7_000_000 + number}`;
const youtube = (number: number) =>
	`https://www.youtube.com/watch?v=${String(number).padStart(11, 'a')}`;

describe('List', () => {
	test.each([
		['an empty account', {}, 'No videos yet. Track one first'],
		['filters that match nothing', { platform: 'youtube' }, 'No videos match the filters'],
	])('says what to do about %s', async (_, filters, message) => {
		const { credential, sandbox } = await createFixture();
		if ('platform' in filters) sandbox.seedVideo({ video_link: TIKTOK });
		const { items, hints } = await runAction(credential, { operation: 'list', filters });
		expect(items).toEqual([]);
		expect(hints.map((hint) => hint.message)).toEqual([message]);
	});

	test('returns one item per video, newest first', async () => {
		const { credential, sandbox, clock, calls } = await createFixture();
		for (const video_link of ONE_OF_EACH) {
			sandbox.seedVideo({ video_link });
			clock.advance({ minutes: 1 });
		}
		const { items } = await runAction(credential, { operation: 'list' });
		expect(items.map(({ video_link }) => video_link)).toEqual([...ONE_OF_EACH].reverse());
		expect(items.map((item) => Object.keys(item))).toEqual(items.map(() => VIDEO));
		expect(items.at(-1)).toMatchObject({
			platform: 'tiktok',
			status: 'monitoring',
			monitoring_started: START,
			monitoring_duration_days: 7,
			days_remaining: 7,
			created_at: START,
		});
		expect(calls()).toEqual(['GET /videos?limit=50']);
	});

	test('filters by platform and status', async () => {
		const { credential, sandbox, calls } = await createFixture();
		sandbox.seedVideo({ video_link: TIKTOK });
		sandbox.seedVideo({ video_link: tiktok(1), status: 'completed' });
		sandbox.seedVideo({ video_link: YOUTUBE, status: 'completed' });
		const { items } = await runAction(credential, {
			operation: 'list',
			filters: { platform: 'tiktok', status: 'completed' },
		});
		expect(items.map(({ video_link }) => video_link)).toEqual([tiktok(1)]);
		expect(calls()).toEqual(['GET /videos?platform=tiktok&status=completed&limit=50']);
	});

	test('understands filters and switches that an expression returns as text', async () => {
		const { credential, sandbox, calls } = await createFixture();
		sandbox.seedVideo({ video_link: TIKTOK });
		sandbox.seedVideo({ video_link: 'https://x.com/a/status/1' });
		const { items } = await runAction(credential, {
			operation: 'list',
			returnAll: '={{ "false" }}',
			limit: '={{ "5" }}',
			simplify: '={{ "True" }}',
			filters: { platform: '={{ "X" }}', status: '={{ "Monitoring" }}' },
			options: { includeLatestSnapshot: '={{ "false" }}' },
		});
		expect(items.map((item) => Object.keys(item))).toEqual([VIDEO]);
		expect(calls()).toEqual(['GET /videos?platform=twitter&status=monitoring&limit=5']);
	});

	test.each([
		[
			{ filters: { platform: '={{ "vimeo" }}' } },
			'Platform must be All, tiktok, youtube, instagram or',
		],
		[
			{ filters: { status: '={{ "running" }}' } },
			'Status must be All, monitoring, paused, completed,',
		],
		[{ filters: { status: '={{ $json.misspelt }}' } }, 'Status must be All, monitoring, paused,'],
		[{ returnAll: '={{ "no" }}' }, 'Return All must be true or false, not “no”'],
		[{ simplify: '={{ 0 }}' }, 'Simplify must be true or false, not “0”'],
		[
			{ options: { includeLatestSnapshot: '={{ "on" }}' } },
			'Include Latest Snapshot must be true or false, not “on”',
		],
	])('refuses %j without a request', async (parameters, message) => {
		const { credential, calls } = await createFixture();
		const { error } = await runAction(credential, { operation: 'list', ...parameters });
		expect(error?.message).toContain(message);
		expect(calls()).toEqual([]);
	});

	test('returns no more videos than Limit allows', async () => {
		const { credential, sandbox } = await createFixture();
		for (let number = 0; number < 5; number += 1) sandbox.seedVideo({ video_link: tiktok(number) });
		const { items } = await runAction(credential, { operation: 'list', limit: 2 });
		expect(items).toHaveLength(2);
	});

	test.each([
		[130, 120, 120, 0],
		[130, 140, 130, 0],
		[101, 150, 100, 1],
	])(
		'of %i videos with Limit %i returns %i, with %i warnings',
		async (count, limit, length, warnings) => {
			const { credential, sandbox } = await createFixture();
			const isHidden = warnings > 0;
			for (let number = 0; number < count; number += 1)
				sandbox.seedVideo({
					video_link: linkOf(isHidden ? 'tiktok' : PLATFORMS[number % 4]!, number),
				});
			const { items, hints } = await runAction(credential, { operation: 'list', limit });
			expect(items).toHaveLength(length);
			expect(hints.filter(({ type }) => type === 'warning')).toHaveLength(warnings);
		},
	);

	test.each([[0], [2.5], ['={{ "x" }}']])('refuses Limit %p without a request', async (limit) => {
		const { credential, calls } = await createFixture();
		const { error } = await runAction(credential, { operation: 'list', limit });
		expect(error?.message).toMatch(/Limit|limit/);
		expect(calls()).toEqual([]);
	});

	test('lists each platform separately with Return All if the first reply is full', async () => {
		const { credential, sandbox, calls } = await createFixture();
		for (let number = 0; number < 80; number += 1) {
			sandbox.seedVideo({ video_link: tiktok(number) });
			sandbox.seedVideo({ video_link: youtube(number) });
		}
		const { items, hints } = await runAction(credential, { operation: 'list', returnAll: true });
		expect(new Set(items.map(({ video_id }) => video_id)).size).toBe(160);
		expect(items).toHaveLength(160);
		expect(hints).toEqual([]);
		expect(calls().slice(1).sort()).toEqual(
			['instagram', 'tiktok', 'twitter', 'youtube'].map(
				(platform) => `GET /videos?platform=${platform}&limit=100`,
			),
		);
	});

	test('warns about a platform and status of which older videos may be missing', async () => {
		const { credential, sandbox } = await createFixture();
		for (let number = 0; number < 130; number += 1) {
			sandbox.seedVideo({ video_link: tiktok(number) });
			if (number < 20)
				sandbox.seedVideo({ video_link: tiktok(1000 + number), status: 'completed' });
		}
		const { items, hints } = await runAction(credential, { operation: 'list', returnAll: true });
		expect(items).toHaveLength(120);
		expect(hints).toEqual([
			expect.objectContaining({
				type: 'warning',
				message: expect.stringContaining('Some may be missing: tiktok, monitoring'),
			}),
		]);
	});

	test('filters again where the API ignores the filters', async () => {
		const { credential, sandbox } = await createFixture();
		sandbox.seedVideo({ video_link: tiktok(1) });
		sandbox.seedVideo({ video_link: tiktok(2), status: 'completed' });
		sandbox.seedVideo({ video_link: youtube(3) });
		const match = { path: '/videos' };
		sandbox.faults.add({ kind: 'ignore_filters', filters: ['status', 'platform'], match });
		const filters = { platform: 'tiktok', status: 'monitoring' };
		const { items } = await runAction(credential, { operation: 'list', filters });
		expect(items.map(({ video_link }) => video_link)).toEqual([tiktok(1)]);
	});

	test.each([80, 100, 120])('lists %d videos though a reply holds 30', async (limit) => {
		const { credential, sandbox } = await createFixture();
		for (let number = 0; number < 30; number += 1) {
			for (const [status, base] of Object.entries({ monitoring: 0, completed: 1000, error: 2000 }))
				sandbox.seedVideo({ video_link: tiktok(base + number), status });
			sandbox.seedVideo({ video_link: youtube(number) });
		}
		const match = { path: '/videos' };
		sandbox.faults.add({ kind: 'short_page', limit: 30, match, times: 'always' });
		const { items } = await runAction(credential, { operation: 'list', limit });
		expect(new Set(items.map(({ video_id }) => video_id)).size).toBe(limit);
	});

	test('returns the API’s object unchanged with Simplify off', async () => {
		const { credential, sandbox } = await createFixture();
		const seeded = sandbox.seedVideo({ video_link: TIKTOK });
		const { items } = await runAction(credential, { operation: 'list', simplify: false });
		expect(items).toEqual([JSON.parse(JSON.stringify(seeded.inList()))]);
	});

	test('adds the newest snapshot with Include Latest Snapshot', async () => {
		const { credential, sandbox, clock } = await createFixture({ firstSnapshotDelayMs: 0 });
		sandbox.seedVideo({ video_link: INSTAGRAM });
		clock.advance({ hours: 2 });
		const options = { includeLatestSnapshot: true };
		const { items } = await runAction(credential, { operation: 'list', options });
		expect(Object.keys(items[0]!)).toEqual([...VIDEO, ...LATEST]);
		expect(items[0]).toMatchObject({
			snapshot_time: '2026-01-01T02:00:00.000Z',
			views: null,
			likes: expect.any(Number),
		});
		const raw = await runAction(credential, { operation: 'list', options, simplify: false });
		expect(raw.items[0]!.latest_snapshot).toMatchObject({
			snapshot_time: '2026-01-01T02:00:00.000Z',
			likes: expect.stringMatching(/^\d+$/),
		});
	});

	test('adds null metrics with Include Latest Snapshot for a video deleted meanwhile', async () => {
		const { credential, sandbox } = await createFixture({ firstSnapshotDelayMs: 0 });
		sandbox.seedVideo({ video_link: TIKTOK });
		const { id } = sandbox.seedVideo({ video_link: YOUTUBE });
		const match = { path: `/videos/${id}` };
		sandbox.faults.add({ kind: 'status', status: 404, body: { error: 'Video not found' }, match });
		const options = { includeLatestSnapshot: true };
		const { items } = await runAction(credential, { operation: 'list', options });
		const views = Object.fromEntries(items.map((item) => [item.platform, item.views]));
		expect(views).toEqual({ tiktok: expect.any(Number), youtube: null });
	});

	test('adds null metrics with Include Latest Snapshot for a video without snapshots', async () => {
		const { credential, sandbox } = await createFixture();
		sandbox.seedVideo({ video_link: TIKTOK });
		const options = { includeLatestSnapshot: true };
		const { items } = await runAction(credential, { operation: 'list', options });
		expect(items[0]).toMatchObject(Object.fromEntries(LATEST.map((name) => [name, null])));
	});
});

describe('the list of the Video field', () => {
	test('offers names, links and ids, newest first', async () => {
		const { credential, sandbox, clock } = await createFixture();
		const first = sandbox.seedVideo({ video_link: TIKTOK });
		clock.advance({ minutes: 1 });
		const second = sandbox.seedVideo({ video_link: YOUTUBE, status: 'completed' });
		const { results } = await searchVideos(credential);
		expect(results).toEqual([
			{
				name: expect.stringMatching(/^.+ — .+ \(YouTube, completed\)$/),
				value: second.id,
				url: YOUTUBE,
			},
			{
				name: expect.stringMatching(/^.+ — .+ \(TikTok\)$/),
				value: first.id,
				url: TIKTOK,
			},
		]);
	});

	test('searches title, creator, link and id, ignoring case', async () => {
		const { credential, sandbox } = await createFixture();
		const tracked = sandbox.seedVideo({ video_link: TIKTOK });
		tracked.override({ current_metadata: { title: 'Apollo 11 LAUNCH', creator: 'nasa' } });
		sandbox.seedVideo({ video_link: YOUTUBE });
		for (const typed of ['apollo', 'NASA', '7234567890', tracked.id])
			expect((await searchVideos(credential, typed)).results.map(({ value }) => value)).toEqual([
				tracked.id,
			]);
		expect((await searchVideos(credential, 'nothing like it')).results).toEqual([]);
	});

	test('shows the link of a video without title and creator', async () => {
		const { credential, sandbox } = await createFixture();
		sandbox.seedVideo({ video_link: TIKTOK }).override({ current_metadata: null });
		const { results } = await searchVideos(credential);
		expect(results[0]!.name).toBe(`${TIKTOK} (TikTok)`);
	});

	test('says what to do first in an empty account, in both nodes', async () => {
		const { credential } = await createFixture();
		const first = { name: expect.stringMatching(/^No videos yet\. Track one first/), value: '' };
		expect(await searchVideos(credential)).toEqual({ results: [first] });
		expect(await searchVideos(credential, 'typed')).toEqual({ results: [first] });
		expect(await getVideos(credential)).toEqual([first]);
	});

	test('shows odd titles on one short line', async () => {
		const { credential, sandbox } = await createFixture();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK });
		const title = `A\u0000B\u202e${'x'.repeat(20_000)}`;
		sandbox.videos.get(id)!.override({ current_metadata: { title, creator: ' \u0007' } });
		const { results } = await searchVideos(credential);
		expect(results[0]!.name).toMatch(/^ABx{118}… \(TikTok\)$/);
	});

	test('is offered by the trigger, too', async () => {
		const { credential, sandbox } = await createFixture();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK });
		expect(await getVideos(credential)).toEqual([
			{ name: expect.stringMatching(/^.+ — .+ \(TikTok\)$/), value: id, description: TIKTOK },
		]);
		await expect(getVideos({ ...credential, apiKey: 'wrong' })).rejects.toThrow(
			'ContentStats rejected the API key',
		);
	});

	test('rejects with a clear message for an invalid API key', async () => {
		const { credential } = await createFixture();
		await expect(searchVideos({ ...credential, apiKey: 'wrong' })).rejects.toThrow(
			'ContentStats rejected the API key',
		);
	});
});

describe('the Stop operation', () => {
	test('ends a tracking', async () => {
		const { credential, sandbox, posts } = await createFixture();
		const tracked = sandbox.seedVideo({ video_link: TIKTOK });
		const { items } = await runAction(credential, { operation: 'stop', ...video('url', TIKTOK) });
		expect(items).toEqual([
			{
				video_id: tracked.id,
				job_id: tracked.job_id,
				video_link: TIKTOK,
				previous_status: 'monitoring',
				new_status: 'completed',
			},
		]);
		expect(tracked.status).toBe('completed');
		expect(posts()).toEqual([`POST /videos/${tracked.id}/stop`]);
	});

	test('explains the API’s refusal to stop a tracking that has already ended', async () => {
		const { credential, sandbox } = await createFixture();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK, status: 'completed' });
		const { error } = await runAction(credential, { operation: 'stop', ...video('id', id) });
		expect(error?.message).toMatch(new RegExp(`^ContentStats rejected video ${id}`));
		expect(error?.description).toMatch(/^It may have ended already/);
	});

	test('resolves a link to the tracking that still runs', async () => {
		const { credential, sandbox, clock } = await createFixture();
		const running = sandbox.seedVideo({ video_link: TIKTOK, duration_days: 30 });
		clock.advance({ hours: 1 });
		sandbox.seedVideo({ video_link: TIKTOK, status: 'completed' });
		const { items } = await runAction(credential, { operation: 'stop', ...video('url', TIKTOK) });
		expect(items.map(({ video_id }) => video_id)).toEqual([running.id]);
	});
});

describe('Stop by the link of a tracking', () => {
	test.each(['completed', 'cancelled'] as const)('that is %s says so', async (status) => {
		const { credential, sandbox, posts } = await createFixture();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK, status });
		const { error } = await runAction(credential, { operation: 'stop', ...video('url', TIKTOK) });
		expect(error?.message).toBe(
			`The latest listed tracking of ${TIKTOK} has already ended (${status})`,
		);
		expect(error?.description).toBe(
			`Nothing more is charged for video ${id}. If another tracking of the link is active, choose it by its ID`,
		);
		expect(posts()).toEqual([]);
	});

	test('that was stopped a moment ago says so, though the list lags', async () => {
		const { credential, sandbox, clock, posts } = await createFixture();
		sandbox.seedVideo({ video_link: TIKTOK });
		clock.advance({ hours: 1 });
		const match = { method: 'GET', path_pattern: '/videos' };
		sandbox.faults.add({ kind: 'lag', ms: 60_000, match, times: Infinity });
		const stop = async () =>
			await runAction(credential, { operation: 'stop', ...video('url', TIKTOK) });
		await stop();
		const { error } = await stop();
		expect(error?.message).toBe(
			`The latest listed tracking of ${TIKTOK} has already ended (stopped)`,
		);
		expect(posts()).toHaveLength(1);
	});

	test('that the list may hide does not say that it has ended', async () => {
		const { credential, sandbox, clock } = await createFixture({ plan: 'enterprise' });
		sandbox.seedVideo({ video_link: TIKTOK });
		clock.advance({ minutes: 20 });
		for (let number = 0; number < 120; number += 1)
			sandbox.seedVideo({ video_link: tiktok(number) });
		sandbox.seedVideo({ video_link: TIKTOK, status: 'completed' });
		const { error } = await runAction(credential, { operation: 'stop', ...video('url', TIKTOK) });
		expect(error?.message).toBe(`No tracking found for ${TIKTOK}`);
		expect(error?.description).toContain('only the latest 100 videos per platform and status');
	});

	test('that the list may hold without a readable link does not say that it has ended', async () => {
		const { credential, sandbox, clock } = await createFixture();
		sandbox.seedVideo({ video_link: TIKTOK }).override({ video_link: null });
		clock.advance({ minutes: 20 });
		sandbox.seedVideo({ video_link: TIKTOK, status: 'completed' });
		const { error } = await runAction(credential, { operation: 'stop', ...video('url', TIKTOK) });
		expect(error?.message).toBe(`No tracking found for ${TIKTOK}`);
		expect(error?.description).toContain('without a readable ID or link: choose it by its ID');
	});

	test('that was never started says what to do', async () => {
		const { credential } = await createFixture();
		const { error } = await runAction(credential, { operation: 'stop', ...video('url', TIKTOK) });
		expect(error?.message).toBe(`No tracking found for ${TIKTOK}`);
		expect(error?.description).toMatch(
			/^There is nothing to stop. Check the link, and that the credential is for the right account/,
		);
	});
});

describe('the Usage operation', () => {
	test('returns one item with the API’s fields and the available and committed USD', async () => {
		const { credential, sandbox, clock } = await createFixture({
			balanceUsd: 10,
			firstSnapshotDelayMs: 0,
		});
		await runAction(credential, { videoUrls: `${TIKTOK} ${YOUTUBE}`, durationDays: 1 });
		clock.advance({ hours: 5 });
		const { items } = await runAction(
			credential,
			{ operation: 'usage' },
			{ items: [{ a: 1 }, { a: 2 }] },
		);
		// 6 of the 24 snapshots of each video were taken: 2 × 18 are still to come, at $0.015.
		expect(items).toEqual([
			{
				balance_usd: expect.any(Number),
				total_snapshots: 12,
				active_videos: 2,
				uncharged_usage_usd: expect.any(Number),
				total_charged_usd: expect.any(Number),
				estimated_snapshots_remaining: expect.any(Number),
				cost_per_snapshot: 0.015,
				available_usd: 9.82,
				committed_usd: 0.54,
				estimated_days_remaining: 13.64,
			},
		]);
		expect(Object.keys(items[0]!).slice(0, 3)).toEqual([
			'available_usd',
			'committed_usd',
			'estimated_days_remaining',
		]);
		const { balance_usd, uncharged_usage_usd } = items[0] as Record<string, number>;
		expect(balance_usd! - uncharged_usage_usd!).toBeCloseTo(9.82, 6);
		expect(sandbox.ledger.filter(({ kind }) => kind === 'snapshot')).toHaveLength(12);
	});

	test('returns no commitment and no days remaining without active videos', async () => {
		const { credential } = await createFixture();
		const { items } = await runAction(credential, { operation: 'usage' });
		expect(items[0]).toMatchObject({
			available_usd: 1000,
			committed_usd: 0,
			estimated_days_remaining: null,
		});
	});

	test('returns null as committed_usd if the API may hide running videos', async () => {
		const { credential, sandbox } = await createFixture();
		for (let number = 0; number < 101; number += 1)
			sandbox.seedVideo({ video_link: tiktok(number) });
		const { items } = await runAction(credential, { operation: 'usage' });
		expect(items[0]!.committed_usd).toBeNull();
	});
});
