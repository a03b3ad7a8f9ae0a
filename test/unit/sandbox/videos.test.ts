import type { SandboxVideo, SnapshotFields } from '../../../sandbox';
import { closeAll, INSTAGRAM, open, TIKTOK, type Opened } from './sandboxFixture';

afterEach(closeAll);

const hour = (n: number) =>
	new Date(Date.parse('2024-01-29T10:00:00Z') + n * 3_600_000).toISOString();

/** Seeds a video and takes its snapshots at hours 1, 2, … `hours`. */
async function openVideo(hours: number, options = {}): Promise<Opened & { video: SandboxVideo }> {
	const opened = await open(options);
	const video = opened.sandbox.seedVideo({ video_link: TIKTOK });
	opened.clock.advance({ hours });
	return { ...opened, video };
}

async function fetchSnapshots({
	http,
	video,
}: Opened & { video: SandboxVideo }): Promise<SnapshotFields[]> {
	return (await http.get(`/videos/${video.id}`)).data.snapshots;
}

const times = (snapshots: SnapshotFields[]) => snapshots.map((snapshot) => snapshot.snapshot_time);

describe('seedVideo', () => {
	it('creates a tracking with its past snapshots and the given status', async () => {
		const { sandbox, http, clock } = await open();
		const video = sandbox.seedVideo({
			video_link: INSTAGRAM,
			duration_days: 2,
			started: hour(-5),
			status: 'cancelled',
		});
		clock.advance({ hours: 3 });

		expect((await http.get(`/videos/${video.id}`)).data).toMatchObject({
			platform: 'instagram',
			status: 'cancelled',
			monitoring_started: hour(-5),
			monitoring_duration_days: 2,
			days_remaining: 0,
		});
		expect(times(video.snapshots)).toEqual([-4, -3, -2, -1, 0].map(hour));
		expect(video.snapshots).toEqual((await http.get(`/videos/${video.id}`)).data.snapshots);
	});

	it('needs an explicit platform if the link is of none', async () => {
		const { sandbox } = await open();
		const video_link = 'https://example.org/1';
		expect(() => sandbox.seedVideo({ video_link })).toThrow('Unsupported platform');
		expect(sandbox.seedVideo({ video_link, platform: 'youtube' }).platform).toBe('youtube');
	});
});

describe('a late snapshot', () => {
	it('appears late by the hours given to late()', async () => {
		const { video, clock, ...opened } = await openVideo(1);
		const all = { video, clock, ...opened };
		video.late(1.5);
		clock.advance({ hours: 2, minutes: 29 });
		expect(times(await fetchSnapshots(all))).toEqual([hour(1)]);
		clock.advance({ minutes: 1 });
		expect(times(await fetchSnapshots(all))).toEqual([hour(1), hour(2)]);
		expect(opened.sandbox.ledger).toHaveLength(3);
	});

	it('appears at releaseSnapshots() if it was deferred', async () => {
		const all = await openVideo(1);
		all.video.deferSnapshots();
		all.clock.advance({ hours: 3 });
		expect(await fetchSnapshots(all)).toHaveLength(1);
		all.video.releaseSnapshots();
		expect(times(await fetchSnapshots(all))).toEqual([1, 2, 3, 4].map(hour));
		all.clock.advance({ hours: 1 });
		expect(await fetchSnapshots(all)).toHaveLength(5);
	});

	it('appears out of order, after a random delay that depends only on the seed', async () => {
		const arrivals = async (seed: number) => {
			const all = await openVideo(0, { seed, lateness: { maxMs: 3 * 3_600_000 } });
			const seen: unknown[] = [];
			for (let minute = 0; minute < 12 * 60; minute += 20) {
				all.clock.advance({ minutes: 20 });
				const now = times(await fetchSnapshots(all));
				seen.push(...now.filter((time) => !seen.includes(time)));
			}
			return seen;
		};
		const first = await arrivals(1);

		expect(await arrivals(1)).toEqual(first);
		expect(await arrivals(2)).not.toEqual(first);
		expect([...first].sort()).not.toEqual(first);
	});
});

it('shuffles snapshots in an order that depends only on the seed', async () => {
	const all = await openVideo(12);
	const sorted = times(await fetchSnapshots(all));
	all.video.shuffle();
	const shuffled = times(await fetchSnapshots(all));

	expect(shuffled).not.toEqual(sorted);
	expect([...shuffled].sort()).toEqual(sorted);
	expect(times(await fetchSnapshots(all))).toEqual(shuffled);
	all.video.shuffle(2);
	expect(times(await fetchSnapshots(all))).not.toEqual(shuffled);
});

it('repeats a snapshot, with or without changes, uncharged', async () => {
	const all = await openVideo(2);
	all.video.repeatSnapshot();
	all.video.repeatSnapshot(0, { id: 'snap_again', views: '7' });
	const snapshots = await fetchSnapshots(all);

	expect(snapshots[2]).toEqual(snapshots[1]);
	expect(snapshots[3]).toEqual({ ...snapshots[0], id: 'snap_again', views: '7' });
	expect(() => all.video.repeatSnapshot(9)).toThrow(/no snapshot at 9/);
	expect(all.sandbox.ledger).toHaveLength(2);
});

it('leaves the fields given to dropField() out of every snapshot', async () => {
	const all = await openVideo(1);
	await fetchSnapshots(all);
	all.video.dropField('id', 'snapshot_id', 'saves', 'provider');

	expect(Object.keys((await fetchSnapshots(all))[0] ?? {})).toEqual([
		'snapshot_time',
		'views',
		'likes',
		'comments',
		'shares',
	]);
});

it('adds snapshots with any values at any time', async () => {
	const all = await openVideo(3);
	all.video.addSnapshot({ snapshot_time: hour(1.5) });
	all.video.addSnapshot({ views: '12345678901234567890' });
	all.video.addSnapshot({ snapshot_time: 'yesterday', likes: -1 });
	const snapshots = await fetchSnapshots(all);
	const views = snapshots.map((snapshot) => Number(snapshot.views));

	expect(times(snapshots)).toEqual([hour(1), hour(2), hour(3), hour(1.5), hour(3), 'yesterday']);
	expect(views[3]).toBeGreaterThan(views[0] ?? NaN);
	expect(views[3]).toBeLessThan(views[1] ?? NaN);
	expect(snapshots[4]).toMatchObject({ views: '12345678901234567890' });
	expect(snapshots[5]).toMatchObject({ likes: -1 });
	expect(new Set(snapshots.map((snapshot) => snapshot.id)).size).toBe(6);
});

it('overrides and removes fields of a video in list and GET', async () => {
	const { video, http } = await openVideo(1);
	video.override({ current_metadata: { title: null }, days_remaining: 'soon', job_id: undefined });
	const { data } = await http.get(`/videos/${video.id}`);
	const listed = (await http.get('/videos')).data.videos[0];

	for (const reply of [data, listed]) {
		expect(reply).toMatchObject({ days_remaining: 'soon' });
		expect(reply.current_metadata).toMatchObject({ title: null, creator: expect.any(String) });
		expect(reply).not.toHaveProperty('job_id');
	}
	expect(data.snapshots).toHaveLength(1);

	video.override({ current_metadata: null, snapshots: 'none' });
	expect((await http.get(`/videos/${video.id}`)).data).toMatchObject({
		current_metadata: null,
		snapshots: 'none',
	});
});

it('flags a deleted video with is_deleted and takes no more snapshots of it', async () => {
	const all = await openVideo(2);
	all.video.delete();
	all.clock.advance({ hours: 5 });
	const { data } = await all.http.get(`/videos/${all.video.id}`);

	expect([data.is_deleted, data.status, data.snapshots.length]).toEqual([true, 'monitoring', 2]);
	expect((await all.http.get('/videos')).data.total).toBe(1);
});

it('treats a video deleted as not_found as unknown to every endpoint', async () => {
	const { video, http } = await openVideo(2);
	video.delete('not_found');

	expect((await http.get(`/videos/${video.id}`)).status).toBe(404);
	expect((await http.post(`/videos/${video.id}/stop`)).status).toBe(404);
	expect((await http.get('/videos')).data.total).toBe(0);
});

it('takes snapshots only in the status monitoring, and resumes them when it is set again', async () => {
	const all = await openVideo(1);
	for (const status of ['paused', 'error', 'cancelled', 'completed'] as const) {
		all.video.setStatus(status);
		all.clock.advance({ hours: 2 });
		expect((await all.http.get(`/videos/${all.video.id}`)).data).toMatchObject({ status });
		expect(await fetchSnapshots(all)).toHaveLength(1);
	}
	all.clock.advance({ minutes: 30 });
	all.video.setStatus('monitoring');
	all.clock.advance({ hours: 1 });
	expect(times(await fetchSnapshots(all))).toEqual([hour(1), hour(10)]);
});
