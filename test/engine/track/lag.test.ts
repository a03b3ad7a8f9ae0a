import { createTimedFixture } from '../support/time';

import type { Fault } from '../../../sandbox';
import { ONE_OF_EACH, TIKTOK, video, YOUTUBE } from '../support/fixture';
import { runAction } from '../../../harness/engine';
import { waitByTheClock } from '../support/patience';

const GET = { method: 'GET' };
const POST = { method: 'POST' };
const LIST = { path: '/videos' };
const LINKS = [...ONE_OF_EACH, 'https://vm.tiktok.com/ZMabc/'];

const lag = (ms: number, flips = false, match: Fault['match'] = GET): Fault => ({
	kind: 'lag',
	ms,
	flips,
	match,
	times: 'always',
});

async function createAccount() {
	const fixture = await createTimedFixture();
	waitByTheClock(fixture.clock);
	const { credential } = fixture;
	const run = async (parameters: Parameters<typeof runAction>[1]) => {
		const { items, error } = await runAction(credential, parameters);
		if (error) throw error;
		return items;
	};
	const track = async (videoUrls: string, options = {}) => await run({ videoUrls, options });
	const stop = async (id: unknown) => await run({ operation: 'stop', ...video('id', String(id)) });
	return { ...fixture, run, track, stop };
}

const outcomes = (items: Array<Record<string, unknown>>) => items.map(({ outcome }) => outcome);
const repeat = <T>(count: number, value: T): T[] => Array(count).fill(value);

describe('while the list lags, Track', () => {
	test.each([
		['by half a second', lag(500)],
		['by three seconds', lag(3_000)],
		['by three seconds, without the usage', lag(3_000, false, LIST)],
		['by five minutes', lag(300_000)],
		['and flips back', lag(3_000, true)],
	])('pays once for a batch that runs ten times: %s', async (_, fault) => {
		const { sandbox, clock, posts, track } = await createAccount();
		sandbox.faults.add(fault);
		expect(outcomes(await track(LINKS.join(' ')))).toEqual(repeat(5, 'tracked'));
		for (let again = 0; again < 9; again++) {
			clock.advance({ ms: 300 });
			expect(outcomes(await track(LINKS.join(' ')))).toEqual(repeat(5, 'already_tracked'));
		}
		expect(posts()).toHaveLength(5);
	});

	it('pays once for two batches at the same time', async () => {
		const { sandbox, posts, track } = await createAccount();
		sandbox.faults.add(lag(3_000));
		const batch = ONE_OF_EACH.slice(0, 3).join(' ');
		const runs = await Promise.all([track(batch), track(batch)]);
		expect(runs.flatMap(outcomes).sort()).toEqual([
			...repeat(3, 'already_tracked'),
			...repeat(3, 'tracked'),
		]);
		expect(posts()).toHaveLength(3);
	});

	it('pays once for what n8n tries three times because of a private video', async () => {
		const { sandbox, credential, posts } = await createAccount();
		sandbox.faults.add(lag(3_000));
		const [link] = LINKS.slice(-1);
		sandbox.faults.add({ kind: 'status', status: 400, match: POST, after: 3, times: 'always' });
		const { error } = await runAction(
			credential,
			{ videoUrls: [...ONE_OF_EACH.slice(0, 3), link].join(' ') },
			{ retryOnFail: true },
		);
		expect(error).toBeDefined();
		expect(sandbox.videos.size).toBe(3);
		expect(posts()).toHaveLength(3 + 3);
	});

	it('pays once for a tracking that was recovered, and then is not listed', async () => {
		const { sandbox, clock, posts, track } = await createAccount();
		sandbox.faults.add({ kind: 'drop', when: 'after_commit', match: POST });
		expect(outcomes(await track(TIKTOK))).toEqual(['recovered']);
		sandbox.faults.add(lag(60_000));
		expect(outcomes(await track(TIKTOK))).toEqual(['already_tracked']);

		// A later run that recovers it.
		sandbox.faults.clear();
		sandbox.faults.add({ kind: 'late_commit', afterMs: 60_000, match: POST });
		expect(outcomes(await track(YOUTUBE))).toEqual(['unknown']);
		clock.advance({ minutes: 1 });
		expect(outcomes(await track(YOUTUBE))).toEqual(['recovered']);
		sandbox.faults.add(lag(120_000));
		expect(outcomes(await track(YOUTUBE))).toEqual(['already_tracked']);
		expect(posts()).toHaveLength(2);
	});

	it('does not pay for what another program has tracked, once it was listed', async () => {
		const { sandbox, clock, posts, track } = await createAccount();
		sandbox.seedVideo({ video_link: TIKTOK });
		clock.advance({ ms: 100 });
		expect(outcomes(await track(TIKTOK))).toEqual(['already_tracked']);
		sandbox.faults.add(lag(3_000));
		expect(outcomes(await track(TIKTOK))).toEqual(['already_tracked']);
		expect(posts()).toHaveLength(0);
	});

	it('waits for a list that is behind the usage, and finds what another program has tracked', async () => {
		const { sandbox, posts, track } = await createAccount();
		sandbox.seedVideo({ video_link: TIKTOK });
		sandbox.faults.add(lag(2_500, false, LIST));
		expect(outcomes(await track(`${TIKTOK} ${YOUTUBE}`))).toEqual(['already_tracked', 'tracked']);
		expect(posts()).toHaveLength(1);
	});

	it('takes no earlier tracking for a lost one', async () => {
		const { sandbox, posts, track } = await createAccount();
		const [first] = await track(TIKTOK);
		sandbox.faults.add(lag(500, false, LIST));
		sandbox.faults.add({ kind: 'drop', when: 'before_commit', match: POST });
		const [again] = await track(TIKTOK, { ifAlreadyTracked: 'trackAgain' });
		expect(again!.outcome).toBe('unknown');
		expect(again!.video_id).not.toBe(first!.video_id);
		expect(posts()).toHaveLength(2);
	});
});

describe('a lost answer', () => {
	const drop: Fault = { kind: 'drop', when: 'before_commit', match: POST };

	it('is not found in an old tracking in error, whose duration is over', async () => {
		const { sandbox, clock, track } = await createAccount();
		sandbox.seedVideo({ video_link: TIKTOK }).setStatus('error');
		clock.advance({ hours: 24 * 40 });
		sandbox.faults.add(drop);
		expect(outcomes(await track(TIKTOK))).toEqual(['unknown']);
	});

	it('is not found in a tracking that was stopped, and that the list still shows', async () => {
		const { sandbox, clock, track, stop } = await createAccount();
		const [first] = await track(TIKTOK);
		clock.advance({ minutes: 20 });
		await stop(first!.video_id);
		sandbox.faults.add(lag(60_000, false, LIST));
		sandbox.faults.add(drop);
		expect(outcomes(await track(TIKTOK))).toEqual(['unknown']);
	});

	it('is not found in an older tracking that was not listed before', async () => {
		const { sandbox, clock, track } = await createAccount();
		const old = sandbox.seedVideo({ video_link: TIKTOK });
		old.setStatus('paused');
		clock.advance({ hours: 48 });
		let lists = 0;
		sandbox.faults.add({
			kind: 'map',
			match: LIST,
			times: 'always',
			map: (json: object) => ((lists += 1) <= 3 ? { ...json, videos: [], total: 0 } : json),
		});
		sandbox.faults.add(drop);
		expect(outcomes(await track(TIKTOK))).toEqual(['unknown']);
	});
});

describe('a tracking that only this process knows', () => {
	test.each([
		['ended', { times: 'always', kind: 'set', path: ['status'], value: 'completed' }, 'tracked'],
		['was cancelled', { kind: 'set', path: ['status'], value: 'cancelled' }, 'tracked'],
		['is not there', { kind: 'status', status: 404 }, 'already_tracked'],
		['belongs to another', { kind: 'status', status: 403 }, 'already_tracked'],
		['cannot be read', { kind: 'body', body: 'Oops' }, 'already_tracked'],
		['is in error', { kind: 'status', status: 500, times: 9 }, 'already_tracked'],
	])('and that, when asked for, %s, makes the link %j: %s', async (_, fault, outcome) => {
		const { sandbox, posts, track } = await createAccount();
		const [first] = await track(TIKTOK);
		sandbox.faults.add({
			...fault,
			match: { path: `/videos/${String(first!.video_id)}` },
		} as Fault);
		sandbox.faults.add(lag(60_000));
		expect(outcomes(await track(TIKTOK))).toEqual([outcome]);
		expect(posts()).toHaveLength(outcome === 'tracked' ? 2 : 1);
	});

	it('is not paid again where the API cannot be asked', async () => {
		const { sandbox, posts, track } = await createAccount();
		const [first] = await track(TIKTOK);
		const match = { path: `/videos/${String(first!.video_id)}` };
		sandbox.faults.add({ kind: 'status', status: 401, match, times: 'always' });
		sandbox.faults.add(lag(60_000));
		await expect(track(TIKTOK)).rejects.toMatchObject({
			message: expect.stringMatching(/rejected the API key/),
		});
		expect(posts()).toHaveLength(1);
	});

	it('is forgotten when it is stopped, so that it can be tracked anew', async () => {
		const { sandbox, posts, track, stop } = await createAccount();
		const [first] = await track(TIKTOK);
		sandbox.faults.add(lag(3_000));
		await stop(first!.video_id);
		expect(outcomes(await track(TIKTOK))).toEqual(['tracked']);
		expect(posts().filter((post) => post.endsWith('/track'))).toHaveLength(2);
	});

	it('is known as stopped while the list still shows that it runs', async () => {
		const { sandbox, clock, track, stop } = await createAccount();
		const [first] = await track(TIKTOK);
		clock.advance({ minutes: 20 });
		sandbox.faults.add(lag(3_000));
		await stop(first!.video_id);
		expect(outcomes(await track(TIKTOK))).toEqual(['tracked']);
		clock.advance({ minutes: 20 });
		expect(sandbox.videos.size).toBe(2);
	});

	test.each(['get', 'stop'])('is found by its URL with %s', async (operation) => {
		const { sandbox, track, run } = await createAccount();
		sandbox.faults.add(lag(3_000, false, LIST));
		const [first] = await track(TIKTOK);
		const output = operation === 'get' ? { output: 'video' } : {};
		const [found] = await run({ operation, ...video('url', TIKTOK), ...output });
		expect(found!.video_id ?? found!.id).toBe(first!.video_id);
	});

	it('is known by the link that was sent, whatever the API stores', async () => {
		const { sandbox, posts, track } = await createAccount();
		const [first] = await track(YOUTUBE);
		const other = 'https://www.youtube.com/watch?v=AAAAAAAAAAA';
		sandbox.videos.get(String(first!.video_id))!.override({ video_link: other });
		expect(outcomes(await track(YOUTUBE))).toEqual(['already_tracked']);
		expect(posts()).toHaveLength(1);
	});

	it('is forgotten after ten minutes if the API knows it no more, however often it is asked for', async () => {
		const { sandbox, clock, track } = await createAccount();
		const [first] = await track(TIKTOK);
		const gone = sandbox.videos.get(String(first!.video_id))!;
		gone.setStatus('completed');
		gone.delete('not_found');
		clock.advance({ minutes: 6 });
		expect(outcomes(await track(TIKTOK))).toEqual(['already_tracked']);
		clock.advance({ minutes: 6 });
		expect(outcomes(await track(TIKTOK))).toEqual(['tracked']);
	});

	it('is known again when a second tracking of its link is stopped', async () => {
		const { sandbox, track, stop } = await createAccount();
		sandbox.faults.add(lag(3_000));
		const [first] = await track(TIKTOK);
		const [second] = await track(TIKTOK, { ifAlreadyTracked: 'trackAgain' });
		await stop(second!.video_id);
		const [again] = await track(TIKTOK);
		expect(again).toMatchObject({ outcome: 'already_tracked', video_id: first!.video_id });
	});

	it('keeps no link of a batch from being tracked beside another batch', async () => {
		const { sandbox, posts, track } = await createAccount();
		sandbox.faults.add({ kind: 'latency', ms: 30, match: POST, times: 'always' });
		sandbox.faults.add(lag(3_000, false, LIST));
		const links = Array.from({ length: 60 }, (_, n) => `https://x.com/a/status/${n + 1}`);
		const large = track(links.join(' '));
		while (posts().length < 10) await new Promise((resolve) => setTimeout(resolve, 1));
		expect(outcomes(await track(TIKTOK))).toEqual(['tracked']);
		expect(outcomes(await large)).toEqual(repeat(60, 'tracked'));
	});

	test.each([
		['for all', lag(30_000)],
		['for usage only', lag(30_000, false, { path: '/usage' })],
	])(
		'keeps no link from being tracked after it was stopped, though the API lags %s',
		async (_, fault) => {
			const { sandbox, clock, track, stop } = await createAccount();
			const [first] = await track(YOUTUBE);
			clock.advance({ minutes: 20 });
			sandbox.faults.add(fault);
			await stop(first!.video_id);
			expect(outcomes(await track(`${TIKTOK} ${YOUTUBE}`))).toEqual(['tracked', 'tracked']);
		},
	);

	it('is not remembered for another account', async () => {
		const { sandbox, credential, track } = await createAccount();
		await track(TIKTOK);
		const other = { ...credential, apiKey: sandbox.otherOrgKey };
		const { items } = await runAction(other, { videoUrls: TIKTOK });
		expect(outcomes(items)).toEqual(['tracked']);
	});
});
