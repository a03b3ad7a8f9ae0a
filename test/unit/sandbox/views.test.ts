import type { Fault } from '../../../sandbox';
import { closeAll, INSTAGRAM, open, TIKTOK, YOUTUBE } from './sandboxFixture';

afterEach(closeAll);

interface Entry {
	id: string;
	status: string;
	video_link: string;
}

describe('a lag fault', () => {
	const lag = (ms: number, more: Partial<Fault> = {}) =>
		({ kind: 'lag', ms, times: 'always', match: { method: 'GET' }, ...more }) as Fault;

	it('answers as of `ms` ago: without later trackings and changes of a status', async () => {
		const { sandbox, http, clock, track } = await open();
		const early = await track();
		clock.advance({ seconds: 5 });
		const late = await track(YOUTUBE);
		await http.post(`/videos/${early}/stop`);
		sandbox.faults.add(lag(3000));
		const read = async () => ({
			list: (await http.get('/videos')).data.videos.map(({ id, status }: Entry) => [id, status]),
			monitoring: (await http.get('/videos?status=monitoring')).data.total,
			active: (await http.get('/usage')).data.active_videos,
			late: (await http.get(`/videos/${late}`)).status,
			early: (await http.get(`/videos/${early}`)).data.status,
		});
		expect(await read()).toEqual({
			list: [[early, 'monitoring']],
			monitoring: 1,
			active: 1,
			late: 404,
			early: 'monitoring',
		});
		clock.advance({ seconds: 3 });
		expect(await read()).toEqual({
			list: [
				[late, 'monitoring'],
				[early, 'completed'],
			],
			monitoring: 1,
			active: 1,
			late: 200,
			early: 'completed',
		});
	});

	it('flips between what is there and what was', async () => {
		const { sandbox, http, clock, track } = await open();
		await track();
		clock.advance({ seconds: 1 });
		sandbox.faults.add(lag(2000, { flips: true }));
		const totals = new Set<number>();
		for (let n = 0; n < 30; n++) totals.add((await http.get('/videos')).data.total);
		expect([...totals].sort()).toEqual([0, 1]);
	});
});

describe('a short_page fault', () => {
	test.each([
		['limit', { total: 2, limit: 2 }],
		['has_more', { total: 2, limit: 50, has_more: true }],
		['cursor', { total: 2, limit: 50, next_cursor: expect.any(String) }],
		['total', { total: 3, limit: 50 }],
		['nothing', { total: 2, limit: 50 }],
	] as const)('cuts the list and tells it by %s', async (tells, rest) => {
		const { sandbox, http, track } = await open();
		for (const link of [TIKTOK, YOUTUBE, INSTAGRAM]) await track(link);
		sandbox.faults.add({ kind: 'short_page', limit: 2, tells });
		const { videos, ...told } = (await http.get('/videos')).data;
		expect(videos).toHaveLength(2);
		expect(told).toEqual(rest);
	});

	it('says that there are no more if it cuts nothing', async () => {
		const { sandbox, http, track } = await open();
		await track();
		sandbox.faults.add({ kind: 'short_page', limit: 2, tells: 'has_more' });
		expect((await http.get('/videos')).data).toMatchObject({ total: 1, has_more: false });
	});

	it('leaves an error as it is', async () => {
		const { sandbox, http } = await open();
		sandbox.faults.add({ kind: 'short_page', limit: 2 });
		expect((await http.get('/videos?limit=0')).status).toBe(400);
	});
});

it('a repeat_entry fault shows the first entry in the place of the last', async () => {
	const { sandbox, http, track } = await open();
	for (const link of [TIKTOK, YOUTUBE, INSTAGRAM]) await track(link);
	sandbox.faults.add({ kind: 'repeat_entry' });
	const { videos } = (await http.get('/videos')).data as { videos: Entry[] };
	expect(videos.map(({ video_link }) => video_link)).toEqual([INSTAGRAM, YOUTUBE, INSTAGRAM]);
});

it('an ignore_filters fault lists as if the filters were not there', async () => {
	const { sandbox, http, track } = await open();
	await track();
	await http.post(`/videos/${await track(YOUTUBE)}/stop`);
	const path = '/videos?status=monitoring&platform=tiktok';
	const counts = [];
	for (const filters of [['status'], ['platform'], ['platform', 'status']] as const) {
		sandbox.faults.add({ kind: 'ignore_filters', filters: [...filters] });
		counts.push((await http.get(path)).data.total);
	}
	expect(counts).toEqual([1, 1, 2]);
	expect((await http.get(path)).data.total).toBe(1);
});

it('a price fault announces another price', async () => {
	const { sandbox, http } = await open();
	sandbox.faults.add({ kind: 'price', factor: 10 });
	const body = { video_link: TIKTOK, duration_days: 1 };
	expect((await http.post('/videos/track', body)).data.estimated_cost).toBe(3.6);
});

it('lists a status of a new name, and knows it as a filter', async () => {
	const { sandbox, http, track } = await open();
	const id = await track();
	expect((await http.get('/videos?status=queued')).status).toBe(400);
	sandbox.videos.get(id)!.setStatus('queued');
	expect((await http.get('/videos?status=queued')).data.videos).toMatchObject([
		{ id, status: 'queued' },
	]);
	expect((await http.get('/videos?status=monitoring')).data.total).toBe(0);
});
