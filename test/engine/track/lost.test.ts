import { keepInStep } from '../support/time';

import type { Fault, SandboxOptions } from '../../../sandbox';
import { createFixture, TIKTOK, TWITTER, YOUTUBE } from '../support/fixture';
import { runAction } from '../../../harness/engine';
import { waitByTheClock } from '../support/patience';

const POST = { method: 'POST' };
const NEVER_COMMITTED: Fault = { kind: 'drop', when: 'before_commit', match: POST };
const COMMITTED: Fault = { kind: 'drop', when: 'after_commit', match: POST };

async function createAccount(options?: SandboxOptions) {
	const fixture = await createFixture(options);
	keepInStep(fixture.clock);
	waitByTheClock(fixture.clock, 1000);
	const track = async (videoUrls: string, ifAlreadyTracked = 'return') => {
		const options = { ifAlreadyTracked };
		const { items, error } = await runAction(fixture.credential, { videoUrls, options });
		if (error) throw error;
		return items;
	};
	return { ...fixture, track };
}

const outcomes = (items: Array<Record<string, unknown>>) => items.map(({ outcome }) => outcome);

describe('a link whose fate is unknown', () => {
	it('is not sent again for ten minutes, and then once', async () => {
		const { sandbox, clock, posts, track } = await createAccount();
		sandbox.faults.add(NEVER_COMMITTED);
		const [first] = await track(TIKTOK);
		expect(first).toMatchObject({ outcome: 'unknown', estimated_cost: 2.52 });
		expect(first!.message).toMatch(/not sent again before 00:11 UTC\. Run this again then/);

		clock.advance({ minutes: 9 });
		const [again] = await track(TIKTOK);
		expect(again).toMatchObject({ outcome: 'unknown', estimated_cost: 0, video_id: null });
		expect(again!.message).toMatch(/^An earlier run .*not sent again before 00:11 UTC/);
		expect(posts()).toHaveLength(1);

		clock.advance({ minutes: 1 });
		expect(outcomes(await track(TIKTOK))).toEqual(['tracked']);
		expect(outcomes(await track(TIKTOK))).toEqual(['already_tracked']);
		expect(posts()).toHaveLength(2);
	});

	it('is found when its request takes effect after the look-up', async () => {
		const { sandbox, clock, posts, track } = await createAccount();
		sandbox.faults.add({ kind: 'late_commit', afterMs: 120_000, match: POST });
		expect(outcomes(await track(TIKTOK))).toEqual(['unknown']);
		clock.advance({ minutes: 1 });
		expect(outcomes(await track(TIKTOK))).toEqual(['unknown']);
		clock.advance({ minutes: 1 });
		const [found] = await track(TIKTOK);
		expect(found).toMatchObject({ outcome: 'recovered', estimated_cost: 0 });
		expect(posts()).toHaveLength(1);
		expect(sandbox.videos.size).toBe(1);
	});

	it('does not hold up the others of its batch', async () => {
		const { sandbox, posts, track } = await createAccount();
		sandbox.faults.add(NEVER_COMMITTED);
		await track(TIKTOK);
		expect(outcomes(await track(`${TIKTOK} ${YOUTUBE}`))).toEqual(['unknown', 'tracked']);
		expect(posts()).toHaveLength(2);
	});

	it('with Track Again is found once, and only then tracked again', async () => {
		const { sandbox, clock, posts, track } = await createAccount();
		sandbox.seedVideo({ video_link: TIKTOK });
		clock.advance({ seconds: 1 });
		sandbox.faults.add({ kind: 'late_commit', afterMs: 60_000, match: POST });
		expect(outcomes(await track(TIKTOK, 'trackAgain'))).toEqual(['unknown']);
		expect(outcomes(await track(TIKTOK, 'trackAgain'))).toEqual(['unknown']);
		clock.advance({ minutes: 1 });
		const [found] = await track(TIKTOK, 'trackAgain');
		expect(found).toMatchObject({ outcome: 'recovered', estimated_cost: 0 });
		expect(posts()).toHaveLength(1);
		expect(outcomes(await track(TIKTOK, 'trackAgain'))).toEqual(['tracked']);
		expect(sandbox.videos.size).toBe(3);
	});

	it('is not forgotten where another run meets an earlier tracking of it', async () => {
		const { sandbox, clock, posts, track } = await createAccount();
		sandbox.seedVideo({ video_link: TIKTOK });
		clock.advance({ seconds: 1 });
		sandbox.faults.add({ kind: 'late_commit', afterMs: 120_000, match: POST });
		expect(outcomes(await track(TIKTOK, 'trackAgain'))).toEqual(['unknown']);
		expect(outcomes(await track(TIKTOK))).toEqual(['already_tracked']);
		expect(outcomes(await track(TIKTOK, 'trackAgain'))).toEqual(['unknown']);
		expect(posts()).toHaveLength(1);
	});

	it('is told of until it was told, also where a run ends early', async () => {
		const { sandbox, clock, posts, track } = await createAccount();
		sandbox.faults.add({ kind: 'late_commit', afterMs: 60_000, match: POST });
		await track(TIKTOK, 'trackAgain');
		clock.advance({ minutes: 2 });
		sandbox.faults.add({ kind: 'status', status: 400, body: {}, match: POST });
		await expect(track(`${TIKTOK} ${YOUTUBE}`, 'trackAgain')).rejects.toMatchObject({
			message: expect.stringMatching(/1 of 2 links tracked/),
		});
		const again = await track(`${TIKTOK} ${YOUTUBE}`, 'trackAgain');
		expect(outcomes(again)).toEqual(['recovered', 'tracked']);
		expect(posts()).toHaveLength(3);
	});

	it('is recovered, not refused, where what is tracked already is', async () => {
		const { sandbox, clock, track } = await createAccount();
		sandbox.faults.add({ kind: 'late_commit', afterMs: 60_000, match: POST });
		await track(TIKTOK, 'fail');
		clock.advance({ minutes: 2 });
		expect(outcomes(await track(TIKTOK, 'fail'))).toEqual(['recovered']);
	});

	it('is named where a batch ends early, and its copies cost nothing', async () => {
		const { credential, sandbox } = await createAccount();
		sandbox.faults.add(NEVER_COMMITTED);
		const { items } = await runAction(credential, { videoUrls: `${TIKTOK} ${TIKTOK}` });
		expect(items.map(({ outcome, estimated_cost }) => [outcome, estimated_cost])).toEqual([
			['unknown', 2.52],
			['unknown', 0],
		]);
		sandbox.faults.add({ kind: 'status', status: 400, body: {}, match: POST });
		const { error } = await runAction(credential, { videoUrls: `${TIKTOK} ${YOUTUBE}` });
		expect(error?.description).toContain(`Unknown, it may or may not run: ${TIKTOK}.`);
	});

	it('is known by its account, however the base URL is spelled', async () => {
		const { credential, sandbox, posts } = await createAccount();
		sandbox.faults.add(NEVER_COMMITTED);
		await runAction(credential, { videoUrls: TIKTOK });
		const spelled = { ...credential, baseUrl: ` ${credential.baseUrl}// ` };
		const { items } = await runAction(spelled, { videoUrls: TIKTOK });
		expect(outcomes(items)).toEqual(['unknown']);
		expect(posts()).toHaveLength(1);
	});

	it('in a dry run stays as it is', async () => {
		const { credential, sandbox, clock, track } = await createAccount();
		sandbox.faults.add({ kind: 'late_commit', afterMs: 60_000, match: POST });
		await track(TIKTOK, 'trackAgain');
		clock.advance({ minutes: 2 });
		const options = { ifAlreadyTracked: 'trackAgain', dryRun: true };
		const { items } = await runAction(credential, { videoUrls: TIKTOK, options });
		expect(outcomes(items)).toEqual(['recovered']);
		expect(outcomes(await track(TIKTOK, 'trackAgain'))).toEqual(['recovered']);
	});
});

it('looks for all lost answers of a batch at once', async () => {
	const { sandbox, calls, posts, track } = await createAccount();
	sandbox.faults.add({ ...COMMITTED, times: 2 });
	expect(outcomes(await track(`${TIKTOK} ${YOUTUBE}`))).toEqual(['recovered', 'recovered']);
	expect(posts()).toHaveLength(2);
	// The plan, and one look at what is paused, monitored, and paused meanwhile.
	expect(calls().filter((call) => call.startsWith('GET'))).toHaveLength(4 + 3);
});

it('goes on after several lost answers where it finds what they were about', async () => {
	const { sandbox, posts, track } = await createAccount();
	sandbox.faults.add({ ...COMMITTED, times: 12 });
	const links = Array.from({ length: 40 }, (_, n) => `https://x.com/a/status/${n + 1}`);
	const items = await track(links.join(' '));
	expect(outcomes(items).sort()).toEqual([
		...Array(12).fill('recovered'),
		...Array(28).fill('tracked'),
	]);
	expect(posts()).toHaveLength(40);
});

it('looks three times, since an answer may be lost before its tracking shows', async () => {
	const { sandbox, track } = await createAccount();
	sandbox.faults.add({ kind: 'late_commit', afterMs: 35_000, match: POST });
	expect(outcomes(await track(TIKTOK))).toEqual(['recovered']);
	expect(sandbox.videos.size).toBe(1);
});

it('announces what the API says that it costs', async () => {
	const { sandbox, track } = await createAccount();
	const map = (json: object) => ({ ...json, estimated_cost: 2.1 });
	sandbox.faults.add({ kind: 'map', map, match: POST });
	expect(await track(TIKTOK)).toMatchObject([{ outcome: 'tracked', estimated_cost: 2.1 }]);
});

it('takes a 303 for what may have worked', async () => {
	const { sandbox, posts, track } = await createAccount();
	const location = 'https://elsewhere.example/';
	sandbox.faults.add({ kind: 'redirect', status: 303, location, match: POST });
	const [line] = await track(TIKTOK);
	expect(line).toMatchObject({ outcome: 'unknown', message: expect.stringContaining('points to') });
	expect(posts()).toHaveLength(1);
});

it('looks again where a look-up fails', async () => {
	const { sandbox, posts, track } = await createAccount();
	sandbox.faults.add(COMMITTED);
	const isLookUp = /platform=tiktok/;
	sandbox.faults.add({
		kind: 'status',
		status: 500,
		body: {},
		match: { path: isLookUp },
		times: 4,
	});
	expect(outcomes(await track(TIKTOK))).toEqual(['recovered']);
	expect(posts()).toHaveLength(1);
});

describe('where the API shows not all that runs', () => {
	const many = (count: number) =>
		Array.from({ length: count }, (_, n) => `https://www.tiktok.com/@a/video/${n + 1}`);

	async function createFull(count: number) {
		const fixture = await createAccount();
		for (const video_link of many(count)) {
			fixture.sandbox.seedVideo({ video_link });
			fixture.clock.advance({ seconds: 1 });
		}
		return fixture;
	}

	it('refuses a link that may be among the rest, and sends none', async () => {
		const { posts, track } = await createFull(101);
		await expect(track(`${TWITTER} ${many(1)[0]}`)).rejects.toMatchObject({
			message: 'Cannot track “https://www.tiktok.com/@a/video/1”, of 2 links',
			description: expect.stringMatching(/100 that the API shows.*Track Again/),
		});
		expect(posts()).toEqual([]);
	});

	it('knows those that it sees, and tracks those of other platforms', async () => {
		const { posts, track } = await createFull(101);
		expect(outcomes(await track(`${many(101)[100]} ${TWITTER}`))).toEqual([
			'already_tracked',
			'tracked',
		]);
		expect(posts()).toHaveLength(1);
	});

	it('tracks it where that is wanted whatever runs', async () => {
		const { posts, track } = await createFull(101);
		expect(outcomes(await track(TIKTOK, 'trackAgain'))).toEqual(['tracked']);
		expect(posts()).toHaveLength(1);
	});

	it('counts the account again, which may have grown meanwhile', async () => {
		const { sandbox, posts, track } = await createFull(100);
		let counted = 0;
		const map = (json: object) => ({ ...json, active_videos: (counted += 1) === 1 ? 100 : 101 });
		sandbox.faults.add({ kind: 'map', map, match: { path: '/usage' }, times: 2 });
		await expect(track(TIKTOK)).rejects.toMatchObject({
			message: expect.stringMatching(/^Cannot track/),
		});
		expect(posts()).toEqual([]);
	});

	it('is not misled by a list that is just full', async () => {
		const { posts, track } = await createFull(100);
		expect(outcomes(await track(TIKTOK))).toEqual(['tracked']);
		expect(posts()).toHaveLength(1);
	});
});
