import { createTimedFixture } from '../support/time';

import type { IDataObject } from 'n8n-workflow';

import { ONE_OF_EACH, TIKTOK } from '../support/fixture';
import { type RunOptions, runAction } from '../../../harness/engine';
import { waitByTheClock } from '../support/patience';

const POST = { method: 'POST' };
const CONTINUE = { onError: 'continueRegularOutput' } as const;

/** Tracks one video with an item for each choice of If Already Tracked. */
async function createAccount() {
	const fixture = await createTimedFixture();
	waitByTheClock(fixture.clock);
	const trackAs = async (...choices: string[]) => {
		const { items } = await runAction(
			fixture.credential,
			{
				videoUrls: TIKTOK,
				options: { ifAlreadyTracked: '={{ $json.choice }}' },
			},
			{ items: choices.map((choice) => ({ choice })), ...CONTINUE },
		);
		return items;
	};
	return { ...fixture, trackAs };
}

const outcomes = (items: IDataObject[]) => items.map(({ outcome }) => outcome);

describe('items that differ in If Already Tracked', () => {
	test.each([
		[['fail', 'return'], ['failed', 'already_tracked'], 0],
		[['return', 'fail'], ['already_tracked', 'failed'], 0],
		[['return', 'trackAgain'], ['already_tracked', 'tracked'], 1],
		[['trackAgain', 'return'], ['tracked', 'already_tracked'], 1],
		[['trackAgain', 'trackAgain'], ['tracked', 'duplicate'], 1],
		[['fail', 'fail', 'return', 'return'], ['failed', 'failed', 'already_tracked', 'duplicate'], 0],
	])('get what they ask for, if the video is tracked: %j', async (choices, expected, tracked) => {
		const { sandbox, posts, trackAs } = await createAccount();
		sandbox.seedVideo({ video_link: TIKTOK });
		expect(outcomes(await trackAs(...choices))).toEqual(expected);
		expect(posts()).toHaveLength(tracked);
	});

	test.each([
		[['fail', 'return'], ['tracked', 'duplicate'], 1],
		[['return', 'fail'], ['tracked', 'duplicate'], 1],
		[['return', 'trackAgain'], ['tracked', 'tracked'], 2],
		[['trackAgain', 'return'], ['tracked', 'duplicate'], 1],
		[['return', 'trackAgain', 'trackAgain'], ['tracked', 'tracked', 'duplicate'], 2],
	])('get what they ask for, if it is not: %j', async (choices, expected, tracked) => {
		const { posts, trackAs } = await createAccount();
		const items = await trackAs(...choices);
		expect(outcomes(items)).toEqual(expected);
		expect(posts()).toHaveLength(tracked);
		const ids = new Set(items.map(({ video_id }) => video_id));
		expect(ids.size).toBe(tracked);
	});

	it('say for how many days the first is tracked, if they ask for others', async () => {
		const { credential } = await createAccount();
		const parameters = { videoUrls: TIKTOK, durationDays: '={{ $json.days }}' };
		const { items } = await runAction(credential, parameters, {
			items: [{ days: 1 }, { days: 30 }],
		});
		expect(items[1]).toMatchObject({ outcome: 'duplicate' });
		expect(items[1]!.message).toMatch(/earlier in this batch, for 1 day$/);
	});

	it('wait for each other: the second is not sent while the first may run', async () => {
		const { sandbox, posts, trackAs } = await createAccount();
		sandbox.faults.add({ kind: 'drop', when: 'before_commit', match: POST });
		expect(outcomes(await trackAs('return', 'trackAgain'))).toEqual(['unknown', 'unknown']);
		expect(posts()).toHaveLength(1);
	});

	it('do not take one tracking for both if answers are lost', async () => {
		const { sandbox, posts, trackAs } = await createAccount();
		sandbox.faults.add({ kind: 'drop', when: 'after_commit', match: POST, times: 2 });
		const items = await trackAs('return', 'trackAgain');
		expect(outcomes(items)).toEqual(['recovered', 'recovered']);
		expect(new Set(items.map(({ video_id }) => video_id)).size).toBe(2);
		expect(posts()).toHaveLength(2);
		expect(sandbox.videos.size).toBe(2);
	});
});

describe('if nothing can be sent and On Error continues, every line has an outcome', () => {
	test.each<[string, object]>([
		['a base URL that is none', { baseUrl: 'contentstats' }],
		['a base URL of another kind', { baseUrl: 'ftp://127.0.0.1/api' }],
		['an empty base URL', { baseUrl: '' }],
		['a server that is not there', { baseUrl: 'http://127.0.0.1:9/api/v1' }],
		['an empty key', { apiKey: '' }],
	])('with %s', async (_, change) => {
		const { credential } = await createTimedFixture();
		const parameters = { videoUrls: '={{ $json.links }}', durationDays: '={{ $json.days }}' };
		const options: RunOptions = {
			items: [
				{ links: ONE_OF_EACH.slice(0, 2).join(' '), days: 1 },
				{ links: 'no link', days: 1 },
				{ links: TIKTOK, days: 99 },
			],
			...CONTINUE,
		};
		const { items, full } = await runAction({ ...credential, ...change }, parameters, options);
		expect(outcomes(items)).toEqual(Array(4).fill('failed'));
		expect(items.map(({ input_link }) => input_link)).toEqual([
			...ONE_OF_EACH.slice(0, 2),
			'no link',
			TIKTOK,
		]);
		expect(full.map(({ pairedItem }) => pairedItem)).toEqual(
			[0, 0, 1, 2].map((item) => ({ item })),
		);
		for (const { message } of items) expect(message).toBeTruthy();
	});
});
