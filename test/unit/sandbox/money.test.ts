import { closeAll, open, TIKTOK, YOUTUBE } from './sandboxFixture';
import type { Sandbox } from '../../../sandbox';

afterEach(closeAll);

const charges = (sandbox: Sandbox) => sandbox.ledger.filter((entry) => entry.kind === 'snapshot');

it('records every accepted tracking and every charge in the ledger', async () => {
	const { sandbox, track, clock } = await open();
	const id = await track();
	clock.advance({ hours: 2 });
	const { job_id } = sandbox.videos.get(id)!;

	expect(sandbox.ledger).toEqual([
		{
			kind: 'track',
			at: Date.parse('2024-01-29T10:00:00Z'),
			video_id: id,
			job_id,
			video_link: TIKTOK,
			duration_days: 7,
			estimated_cost: 2.52,
			amount_usd: 0,
		},
		...['11', '12'].map((hour) => ({
			kind: 'snapshot',
			at: Date.parse(`2024-01-29T${hour}:00:00Z`),
			video_id: id,
			job_id,
			snapshot_time: `2024-01-29T${hour}:00:00.000Z`,
			amount_usd: 0.015,
		})),
	]);
});

it('settles uncharged usage every ten snapshots', async () => {
	const { http, track, clock } = await open();
	await track();
	clock.advance({ hours: 9 });
	expect((await http.get('/usage')).data).toMatchObject({
		balance_usd: 5,
		uncharged_usage_usd: 0.135,
		total_charged_usd: 0,
	});

	clock.advance({ hours: 2 });
	expect((await http.get('/usage')).data).toMatchObject({
		balance_usd: 4.85,
		uncharged_usage_usd: 0.015,
		total_charged_usd: 0.15,
		total_snapshots: 11,
	});
});

it('charges exactly the estimated cost for a complete tracking', async () => {
	const { sandbox, http, track, clock } = await open({ balanceUsd: 2.52 });
	const id = await track();
	clock.advance({ hours: 1000 });

	expect(charges(sandbox)).toHaveLength(168);
	expect(sandbox.videos.get(id)?.status).toBe('completed');
	expect((await http.get('/usage')).data).toMatchObject({
		balance_usd: 0,
		uncharged_usage_usd: 0,
		total_charged_usd: 2.52,
		estimated_snapshots_remaining: 0,
	});
});

it('answers 402 with the available balance, less uncharged usage, and the missing amount', async () => {
	const { http, sandbox, track, clock } = await open({ balanceUsd: 0.5 });
	await track(TIKTOK, 1);
	clock.advance({ hours: 4 });
	const reply = await http.post('/videos/track', { video_link: YOUTUBE, duration_days: 7 });

	expect(reply.status).toBe(402);
	expect(reply.data).toEqual({
		error: 'Insufficient balance',
		balance: 0.44,
		estimated_cost: 2.52,
		required: 2.08,
	});
	expect(sandbox.videos.size).toBe(1);
});

it('accepts a tracking that costs exactly the available balance', async () => {
	const { track } = await open({ balanceUsd: 0.36 });
	await track(TIKTOK, 1);
});

it('pauses every tracking at the snapshot that uses up the balance', async () => {
	const { http, sandbox, clock } = await open({ balanceUsd: 0.075 });
	const videos = [TIKTOK, YOUTUBE].map((video_link) => sandbox.seedVideo({ video_link }));
	const [first, second] = videos.map((video) => video.id);
	clock.advance({ hours: 48 });

	expect(
		charges(sandbox).map((entry) => [entry.video_id, new Date(entry.at).getUTCHours()]),
	).toEqual([
		[first, 11],
		[second, 11],
		[first, 12],
		[second, 12],
		[first, 13],
	]);
	expect(videos.map((video) => video.status)).toEqual(['paused', 'paused']);
	expect((await http.get(`/videos/${second}`)).data).toMatchObject({
		status: 'paused',
		days_remaining: 166 / 24,
		last_updated: '2024-01-29T13:00:00.000Z',
	});
	expect((await http.get('/usage')).data).toMatchObject({
		balance_usd: 0,
		uncharged_usage_usd: 0,
		total_charged_usd: 0.075,
		active_videos: 0,
	});
});

it('pauses a tracking if the balance is below the price of a snapshot', async () => {
	const { sandbox, clock } = await open({ balanceUsd: 0.04 });
	sandbox.seedVideo({ video_link: TIKTOK });
	clock.advance({ hours: 5 });

	expect(charges(sandbox)).toHaveLength(2);
	expect(sandbox.balance.usd).toBe(0.01);
});

it('resumes the remaining snapshots at the old minute of the hour once credit is added', async () => {
	const { http, sandbox, clock } = await open({ balanceUsd: 0.03 });
	const video = sandbox.seedVideo({ video_link: TIKTOK, duration_days: 1 });
	clock.advance({ hours: 10, minutes: 30 });
	expect(video.status).toBe('paused');

	sandbox.balance.add(1);
	expect(video.status).toBe('monitoring');
	clock.advance({ hours: 100 });

	const { data } = await http.get(`/videos/${video.id}`);
	const hours = data.snapshots.map(
		(snapshot: { snapshot_time: string }) =>
			(Date.parse(snapshot.snapshot_time) - Date.parse('2024-01-29T10:00:00Z')) / 3_600_000,
	);
	expect(hours).toEqual([1, 2, ...Array.from({ length: 22 }, (_, n) => 11 + n)]);
	expect(data.status).toBe('completed');
	expect((await http.get('/usage')).data).toMatchObject({
		balance_usd: 0.7,
		uncharged_usage_usd: 0.03,
		total_charged_usd: 0.33,
	});
});

it('keeps a tracking paused until the added credit covers a snapshot', async () => {
	const { sandbox, clock } = await open({ balanceUsd: 0.015 });
	const video = sandbox.seedVideo({ video_link: TIKTOK });
	clock.advance({ hours: 2, minutes: 30 });
	sandbox.balance.add(0.01);
	expect(video.status).toBe('paused');
	sandbox.balance.add(0.005);
	expect(video.status).toBe('monitoring');
});

it('pauses a tracking if the balance is set to 0, and refuses NaN as a balance', async () => {
	const { sandbox, clock } = await open();
	const video = sandbox.seedVideo({ video_link: TIKTOK });
	sandbox.balance.set(0);
	clock.advance({ hours: 3 });

	expect([video.status, charges(sandbox).length]).toEqual(['paused', 0]);
	expect(() => sandbox.balance.set(NaN)).toThrow('Not an amount in USD');
});

it('charges nothing for a test key, and never pauses its trackings', async () => {
	const { as, sandbox, clock } = await open({ balanceUsd: 0 });
	const test = as(sandbox.testKey);
	const reply = await test.post('/videos/track', { video_link: TIKTOK, duration_days: 7 });
	clock.advance({ hours: 5 });

	expect(reply.status).toBe(201);
	expect((await test.get(`/videos/${reply.data.id}`)).data).toMatchObject({ status: 'monitoring' });
	expect((await test.get('/usage')).data).toMatchObject({ total_snapshots: 5, balance_usd: 0 });
	expect(charges(sandbox)).toEqual([]);
});

it('charges nothing for failed snapshots and deleted videos', async () => {
	const { sandbox, clock } = await open();
	const failing = sandbox.seedVideo({ video_link: TIKTOK, duration_days: 1 });
	const deleted = sandbox.seedVideo({ video_link: YOUTUBE, duration_days: 1 });
	failing.failSnapshots(20);
	deleted.delete();
	clock.advance({ hours: 24 });

	expect(charges(sandbox).map((entry) => entry.video_id)).toEqual(Array(4).fill(failing.id));
	expect([failing, deleted].map((video) => [video.status, video.snapshots_taken])).toEqual([
		['completed', 4],
		['completed', 0],
	]);
});

it("charges another organisation's trackings to that organisation only", async () => {
	const { as, sandbox, clock } = await open({ balanceUsd: 1 });
	const other = as(sandbox.otherOrgKey);
	await other.post('/videos/track', { video_link: TIKTOK, duration_days: 1 });
	clock.advance({ hours: 30 });

	expect((await other.get('/usage')).data).toMatchObject({ total_snapshots: 24 });
	expect([sandbox.ledger, sandbox.balance.usd]).toEqual([[], 1]);
});

it('charges nothing for the past snapshots of a seeded video', async () => {
	const { sandbox, http } = await open();
	const video = sandbox.seedVideo({
		video_link: TIKTOK,
		duration_days: 30,
		started: '2023-12-30T10:00:00Z',
	});

	expect([video.status, video.snapshots.length]).toEqual(['completed', 720]);
	expect(sandbox.ledger).toEqual([]);
	expect((await http.get('/usage')).data).toMatchObject({ balance_usd: 5, total_snapshots: 720 });
});
