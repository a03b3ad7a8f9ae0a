import { manualClock, startSandbox } from '../../../sandbox';
import { client, closeAll, open, TIKTOK } from './sandboxFixture';

afterEach(closeAll);

describe('ManualClock', () => {
	it('advances by the sum of the given parts, and can be set to a time', () => {
		const clock = manualClock('2024-01-01T00:00:00Z');
		clock.advance({ hours: 1, minutes: 2, seconds: 3, ms: 4 });
		expect(new Date(clock.now()).toISOString()).toBe('2024-01-01T01:02:03.004Z');
		clock.set('2024-02-01T00:00:00Z');
		expect(clock.now()).toBe(Date.UTC(2024, 1, 1));
		clock.set(Date.UTC(2024, 1, 2));
		expect(clock.now()).toBe(Date.UTC(2024, 1, 2));
	});

	it('refuses to move backwards or to an invalid time', () => {
		const clock = manualClock();
		expect(() => clock.advance({ ms: -1 })).toThrow('only runs forward');
		expect(() => clock.set('2020-01-01')).toThrow('only runs forward');
		expect(() => clock.set('noon')).toThrow('Not a time: noon');
		expect(() => clock.advance({ hours: NaN })).toThrow('Not a time');
		expect(() => manualClock('never')).toThrow('Not a time: never');
	});
});

it('takes every snapshot due within a clock jump at its due time', async () => {
	const { sandbox, clock } = await open();
	const video = sandbox.seedVideo({ video_link: TIKTOK });
	clock.advance({ hours: 5 });
	clock.advance({ minutes: 59 });

	expect(video.snapshots.map((snapshot) => snapshot.snapshot_time)).toEqual(
		[11, 12, 13, 14, 15].map((hour) => `2024-01-29T${hour}:00:00.000Z`),
	);
});

it('takes 24 snapshots per day of tracking at any snapshot interval', async () => {
	const { http, track, clock } = await open({
		snapshotIntervalMs: 20_000,
		firstSnapshotDelayMs: 20_000,
	});
	const id = await track(TIKTOK, 1);
	clock.advance({ seconds: 20 * 12 });
	expect((await http.get(`/videos/${id}`)).data.days_remaining).toBe(0.5);
	clock.advance({ seconds: 20 * 12 });
	const { data } = await http.get(`/videos/${id}`);

	expect([data.status, data.snapshots.length]).toEqual(['completed', 24]);
	expect(data.snapshots[23].snapshot_time).toBe('2024-01-29T10:08:00.000Z');
});

it("grows a video equally in each of the vendor's hours, at any snapshot interval", async () => {
	const views = async (snapshotIntervalMs: number) => {
		const { sandbox, clock } = await open({ snapshotIntervalMs, firstSnapshotDelayMs: 0 });
		const video = sandbox.seedVideo({ video_link: TIKTOK });
		clock.advance({ ms: 20 * snapshotIntervalMs });
		return video.snapshots.map((snapshot) => Number(snapshot.views));
	};
	const [slow, fast] = [await views(3_600_000), await views(36_000)];

	expect(fast).toHaveLength(slow.length);
	for (const [index, value] of slow.entries()) expect((fast[index] ?? 0) / value).toBeCloseTo(1, 2);
});

it('runs in real time without a manual clock', async () => {
	const sandbox = await startSandbox({
		plan: 'enterprise',
		snapshotIntervalMs: 20,
		firstSnapshotDelayMs: 0,
	});
	try {
		const http = client(sandbox, sandbox.liveKey);
		const before = Date.now();
		const { data } = await http.post('/videos/track', { video_link: TIKTOK, duration_days: 1 });
		const created = Date.parse(data.created_at);
		expect(created).toBeGreaterThanOrEqual(before);
		expect(created).toBeLessThanOrEqual(Date.now());

		let video;
		do video = (await http.get(`/videos/${data.id}`)).data;
		while (video.status === 'monitoring');
		const times = video.snapshots.map((snapshot: { snapshot_time: string }) =>
			Date.parse(snapshot.snapshot_time),
		);
		expect(times).toEqual(Array.from({ length: 24 }, (_, n) => created + n * 20));
		expect(times[23]).toBeLessThanOrEqual(Date.now());
		expect(sandbox.ledger).toHaveLength(25);
	} finally {
		await sandbox.close();
	}
});
