import { createTimedFixture } from '../support/time';

import type { Fault, SandboxOptions } from '../../../sandbox';
import { TIKTOK, TWITTER, YOUTUBE } from '../support/fixture';
import { runAction } from '../../../harness/engine';
import { waitByTheClock } from '../support/patience';

const POST = { method: 'POST' };
const NEVER_COMMITTED: Fault = { kind: 'drop', when: 'before_commit', match: POST };
const COMMITTED: Fault = { kind: 'drop', when: 'after_commit', match: POST };

async function createAccount(options?: SandboxOptions) {
	const fixture = await createTimedFixture(options);
	waitByTheClock(fixture.clock);
	const track = async (videoUrls: string, ifAlreadyTracked = 'return') => {
		const options = { ifAlreadyTracked };
		const { items, error } = await runAction(fixture.credential, { videoUrls, options });
		if (error) throw error;
		return items;
	};
	return { ...fixture, track };
}

const outcomes = (items: Array<Record<string, unknown>>) => items.map(({ outcome }) => outcome);

describe('a link with a pending POST', () => {
	it('is not sent again for ten minutes, and then only once', async () => {
		const { sandbox, clock, posts, track } = await createAccount();
		sandbox.faults.add(NEVER_COMMITTED);
		const [first] = await track(TIKTOK);
		expect(first).toMatchObject({ outcome: 'unknown', estimated_cost: 2.52 });
		expect(first!.message).toMatch(
			/it isn't sent again before 00:11 UTC\. Run this again after that/,
		);

		clock.advance({ minutes: 9 });
		const [again] = await track(TIKTOK);
		expect(again).toMatchObject({ outcome: 'unknown', estimated_cost: 0, video_id: null });
		expect(again!.message).toMatch(
			/^The response to an earlier request was lost.*it isn't sent again before 00:11 UTC/,
		);
		expect(posts()).toHaveLength(1);

		clock.advance({ minutes: 1 });
		expect(outcomes(await track(TIKTOK))).toEqual(['tracked']);
		expect(outcomes(await track(TIKTOK))).toEqual(['already_tracked']);
		expect(posts()).toHaveLength(2);
	});

	it('is recovered by a later run if the POST takes effect after the lookup', async () => {
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

	it('does not hold up the other links of its batch', async () => {
		const { sandbox, posts, track } = await createAccount();
		sandbox.faults.add(NEVER_COMMITTED);
		await track(TIKTOK);
		expect(outcomes(await track(`${TIKTOK} ${YOUTUBE}`))).toEqual(['unknown', 'tracked']);
		expect(posts()).toHaveLength(2);
	});

	it('is recovered once with Track Again, and only then tracked again', async () => {
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

	it('stays pending if another run returns an earlier tracking of it', async () => {
		const { sandbox, clock, posts, track } = await createAccount();
		sandbox.seedVideo({ video_link: TIKTOK });
		clock.advance({ seconds: 1 });
		sandbox.faults.add({ kind: 'late_commit', afterMs: 120_000, match: POST });
		expect(outcomes(await track(TIKTOK, 'trackAgain'))).toEqual(['unknown']);
		expect(outcomes(await track(TIKTOK))).toEqual(['already_tracked']);
		expect(outcomes(await track(TIKTOK, 'trackAgain'))).toEqual(['unknown']);
		expect(posts()).toHaveLength(1);
	});

	it('is recovered by the next run if the run that found it was aborted', async () => {
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

	it('is recovered, not refused, with If Already Tracked set to Fail', async () => {
		const { sandbox, clock, track } = await createAccount();
		sandbox.faults.add({ kind: 'late_commit', afterMs: 60_000, match: POST });
		await track(TIKTOK, 'fail');
		clock.advance({ minutes: 2 });
		expect(outcomes(await track(TIKTOK, 'fail'))).toEqual(['recovered']);
	});

	it('is named in the error of an aborted batch, and its duplicates cost nothing', async () => {
		const { credential, sandbox } = await createAccount();
		sandbox.faults.add(NEVER_COMMITTED);
		const { items } = await runAction(credential, { videoUrls: `${TIKTOK} ${TIKTOK}` });
		expect(items.map(({ outcome, estimated_cost }) => [outcome, estimated_cost])).toEqual([
			['unknown', 2.52],
			['unknown', 0],
		]);
		sandbox.faults.add({ kind: 'status', status: 400, body: {}, match: POST });
		const { error } = await runAction(credential, { videoUrls: `${TIKTOK} ${YOUTUBE}` });
		expect(error?.description).toContain(`Unknown, may or may not be active: ${TIKTOK}.`);
	});

	it('stays pending for its account, however the base URL is spelled', async () => {
		const { credential, sandbox, posts } = await createAccount();
		sandbox.faults.add(NEVER_COMMITTED);
		await runAction(credential, { videoUrls: TIKTOK });
		const spelled = { ...credential, baseUrl: ` ${credential.baseUrl}// ` };
		const { items } = await runAction(spelled, { videoUrls: TIKTOK });
		expect(outcomes(items)).toEqual(['unknown']);
		expect(posts()).toHaveLength(1);
	});

	it('stays pending after a dry run that finds its tracking', async () => {
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

it('looks up all lost answers of a batch with the same requests', async () => {
	const { sandbox, calls, posts, track } = await createAccount();
	sandbox.faults.add({ ...COMMITTED, times: 2 });
	expect(outcomes(await track(`${TIKTOK} ${YOUTUBE}`))).toEqual(['recovered', 'recovered']);
	expect(posts()).toHaveLength(2);
	// Four for the plan, three for the lookup.
	expect(calls().filter((call) => call.startsWith('GET'))).toHaveLength(4 + 3);
});

it('continues the batch after several lost answers if it finds their trackings', async () => {
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

it('looks up a lost answer three times, since its tracking may be listed late', async () => {
	const { sandbox, track } = await createAccount();
	sandbox.faults.add({ kind: 'late_commit', afterMs: 35_000, match: POST });
	expect(outcomes(await track(TIKTOK))).toEqual(['recovered']);
	expect(sandbox.videos.size).toBe(1);
});

it('returns the estimated cost that the API reports', async () => {
	const { sandbox, track } = await createAccount();
	const map = (json: object) => ({ ...json, estimated_cost: 2.1 });
	sandbox.faults.add({ kind: 'map', map, match: POST });
	expect(await track(TIKTOK)).toMatchObject([{ outcome: 'tracked', estimated_cost: 2.1 }]);
});

it('reports unknown after a 303, since the POST may have taken effect', async () => {
	const { sandbox, posts, track } = await createAccount();
	const location = 'https://elsewhere.example/';
	sandbox.faults.add({ kind: 'redirect', status: 303, location, match: POST });
	const [line] = await track(TIKTOK);
	expect(line).toMatchObject({
		outcome: 'unknown',
		message: expect.stringContaining(
			`redirected the request for ${TIKTOK} to elsewhere.example, and no tracking was found yet`,
		),
	});
	expect(posts()).toHaveLength(1);
});

it('looks up a lost answer again if a lookup fails', async () => {
	const { sandbox, posts, track } = await createAccount();
	sandbox.faults.add(COMMITTED);
	const lookupPath = /platform=tiktok/;
	sandbox.faults.add({
		kind: 'status',
		status: 500,
		body: {},
		match: { path: lookupPath },
		times: 4,
	});
	expect(outcomes(await track(TIKTOK))).toEqual(['recovered']);
	expect(posts()).toHaveLength(1);
});

describe('Track in an account with 100 or more running videos', () => {
	const tiktokLinks = (count: number) =>
		Array.from({ length: count }, (_, n) => `https://www.tiktok.com/@a/video/${n + 1}`);

	async function createFull(count: number) {
		const fixture = await createAccount();
		for (const video_link of tiktokLinks(count)) {
			fixture.sandbox.seedVideo({ video_link });
			fixture.clock.advance({ seconds: 1 });
		}
		return fixture;
	}

	it('refuses a link that may be running unlisted, and sends no POST', async () => {
		const { posts, track } = await createFull(101);
		await expect(track(`${TWITTER} ${tiktokLinks(1)[0]}`)).rejects.toMatchObject({
			message: "1 of 2 links can't be tracked. First: “https://www.tiktok.com/@a/video/1”",
			description: expect.stringMatching(/^More TikTok videos are active.*Track Again/),
		});
		expect(posts()).toEqual([]);
	});

	it('returns a listed tracking and tracks a link of another platform', async () => {
		const { posts, track } = await createFull(101);
		expect(outcomes(await track(`${tiktokLinks(101)[100]} ${TWITTER}`))).toEqual([
			'already_tracked',
			'tracked',
		]);
		expect(posts()).toHaveLength(1);
	});

	it('tracks a link that may be running unlisted with Track Again', async () => {
		const { posts, track } = await createFull(101);
		expect(outcomes(await track(TIKTOK, 'trackAgain'))).toEqual(['tracked']);
		expect(posts()).toHaveLength(1);
	});

	it('counts the active videos again, since more may have started meanwhile', async () => {
		const { sandbox, posts, track } = await createFull(100);
		let counted = 0;
		const map = (json: object) => ({ ...json, active_videos: (counted += 1) === 1 ? 100 : 101 });
		sandbox.faults.add({ kind: 'map', map, match: { path: '/usage' }, times: 2 });
		await expect(track(TIKTOK)).rejects.toMatchObject({
			message: expect.stringMatching(/can't be tracked/),
		});
		expect(posts()).toEqual([]);
	});

	it('tracks a new link if the list is full but complete', async () => {
		const { posts, track } = await createFull(100);
		expect(outcomes(await track(TIKTOK))).toEqual(['tracked']);
		expect(posts()).toHaveLength(1);
	});
});
