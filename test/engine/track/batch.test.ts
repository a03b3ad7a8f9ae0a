import type { IDataObject } from 'n8n-workflow';

import {
	createFixture,
	INSTAGRAM,
	ONE_OF_EACH,
	START,
	TIKTOK,
	TWITTER,
	YOUTUBE,
} from '../support/fixture';
import { runAction, startAction } from '../../../harness/engine';

const COLUMNS = [
	'input_link',
	'outcome',
	'video_id',
	'job_id',
	'video_link',
	'platform',
	'status',
	'monitoring_duration_days',
	'days_remaining',
	'estimated_cost',
	'created_at',
	'message',
];

const outcomes = (items: Array<Record<string, unknown>>) => items.map(({ outcome }) => outcome);

describe('tracking a batch', () => {
	test('one item per link, in input order, with the same columns', async () => {
		const { credential, posts, sandbox } = await createFixture();
		const { items, hints, full } = await runAction(credential, {
			videoUrls: ONE_OF_EACH.join('\n'),
			durationDays: 2,
		});
		expect(items.map((item) => Object.keys(item))).toEqual(ONE_OF_EACH.map(() => COLUMNS));
		expect(items.map(({ input_link }) => input_link)).toEqual(ONE_OF_EACH);
		expect(items[0]).toEqual({
			input_link: TIKTOK,
			outcome: 'tracked',
			video_id: expect.stringMatching(/^\w+$/),
			job_id: expect.stringMatching(/^job_\w+$/),
			video_link: TIKTOK,
			platform: 'tiktok',
			status: 'monitoring',
			monitoring_duration_days: 2,
			days_remaining: 2,
			estimated_cost: 0.72,
			created_at: START,
			message: null,
		});
		expect(items.map(({ platform }) => platform)).toEqual([
			'tiktok',
			'youtube',
			'instagram',
			'twitter',
		]);
		expect(full.map(({ pairedItem }) => pairedItem)).toEqual(ONE_OF_EACH.map(() => ({ item: 0 })));
		expect(posts()).toHaveLength(4);
		expect(sandbox.ledger.filter(({ kind }) => kind === 'track')).toHaveLength(4);
		expect(hints).toEqual([
			expect.objectContaining({
				message: 'Of 4 links: 4 tracked. Estimated cost: $2.88',
				location: 'outputPane',
			}),
		]);
	});

	test.each([
		['line breaks', `${TIKTOK}\n${YOUTUBE}\r\n`],
		['commas and spaces', `${TIKTOK}, ${YOUTUBE}  ,`],
		['an array by expression', `={{ ["${TIKTOK}", "${YOUTUBE}"] }}`],
		['an array of lists', `={{ [["${TIKTOK}"], "${YOUTUBE} "] }}`],
	])('links separated by %s', async (_, videoUrls) => {
		const { credential } = await createFixture();
		const { items, error } = await runAction(credential, { videoUrls });
		expect(error).toBeUndefined();
		expect(items.map(({ video_link }) => video_link)).toEqual([TIKTOK, YOUTUBE]);
	});

	test('links and days from input items, paired with them', async () => {
		const { credential, sandbox } = await createFixture();
		const { items, full } = await runAction(
			credential,
			{ videoUrls: '={{ $json.link }}', durationDays: '={{ $json.days }}' },
			{
				items: [
					{ link: TIKTOK, days: 1 },
					{ link: `${YOUTUBE} ${TWITTER}`, days: '30' },
				],
			},
		);
		expect(items.map((item) => item.monitoring_duration_days)).toEqual([1, 30, 30]);
		expect(full.map(({ pairedItem }) => pairedItem)).toEqual([
			{ item: 0 },
			{ item: 1 },
			{ item: 1 },
		]);
		expect(sandbox.requests.filter(({ method }) => method === 'POST')).toHaveLength(3);
	});

	test('only documented spellings reach the API', async () => {
		const { credential, sandbox } = await createFixture();
		await runAction(credential, {
			videoUrls: 'youtu.be/dQw4w9WgXcQ?si=x https://x.com/nasa/status/1790000000000000001?s=20',
		});
		const sent = sandbox.requests.filter(({ method }) => method === 'POST').map(({ body }) => body);
		expect(sent).toEqual([
			{ video_link: YOUTUBE, duration_days: 7 },
			{ video_link: TWITTER, duration_days: 7 },
		]);
	});
});

describe('never paying twice', () => {
	test('the same batch again: no POST, and the existing trackings', async () => {
		const { credential, posts } = await createFixture();
		const parameters = { videoUrls: ONE_OF_EACH.join('\n') };
		const first = await runAction(credential, parameters);
		const again = await runAction(credential, parameters);
		expect(posts()).toHaveLength(4);
		expect(outcomes(again.items)).toEqual(Array(4).fill('already_tracked'));
		expect(again.items.map(({ video_id }) => video_id)).toEqual(
			first.items.map(({ video_id }) => video_id),
		);
		expect(again.items.map(({ estimated_cost }) => estimated_cost)).toEqual([0, 0, 0, 0]);
	});

	test('the same video in other spellings, earlier in the batch', async () => {
		const { credential, posts } = await createFixture();
		const { items } = await runAction(credential, {
			videoUrls: `${YOUTUBE} https://youtu.be/dQw4w9WgXcQ https://m.youtube.com/shorts/dQw4w9WgXcQ`,
		});
		expect(outcomes(items)).toEqual(['tracked', 'duplicate', 'duplicate']);
		expect(new Set(items.map(({ video_id }) => video_id)).size).toBe(1);
		expect(items[1]!.message).toBe(`The same video as ${YOUTUBE}, earlier in this batch`);
		expect(posts()).toHaveLength(1);
	});

	test('a paused tracking counts as tracked; a completed one does not', async () => {
		const { credential, sandbox, posts } = await createFixture();
		sandbox.seedVideo({ video_link: TIKTOK, status: 'paused' });
		sandbox.seedVideo({ video_link: YOUTUBE, status: 'completed' });
		const { items } = await runAction(credential, { videoUrls: `${TIKTOK} ${YOUTUBE}` });
		expect(outcomes(items)).toEqual(['already_tracked', 'tracked']);
		expect(posts()).toHaveLength(1);
	});

	test('two executions at once with the same links: one POST each', async () => {
		const { credential, posts } = await createFixture();
		const parameters = { videoUrls: ONE_OF_EACH.join(' ') };
		const runs = await Promise.all([1, 2, 3].map(() => runAction(credential, parameters)));
		expect(posts()).toHaveLength(4);
		expect(runs.flatMap(({ items }) => outcomes(items)).sort()).toEqual([
			...Array(8).fill('already_tracked'),
			...Array(4).fill('tracked'),
		]);
	});

	test('If Already Tracked: Track Again', async () => {
		const { credential, sandbox, posts } = await createFixture();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK });
		const { items } = await runAction(credential, {
			videoUrls: TIKTOK,
			options: { ifAlreadyTracked: 'trackAgain' },
		});
		expect(outcomes(items)).toEqual(['tracked']);
		expect(items[0]!.video_id).not.toBe(id);
		expect(posts()).toHaveLength(1);
	});

	test('If Already Tracked: Fail', async () => {
		const { credential, sandbox, posts } = await createFixture();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK });
		const { error } = await runAction(credential, {
			videoUrls: `${YOUTUBE} ${TIKTOK}`,
			options: { ifAlreadyTracked: 'fail' },
		});
		expect(error?.message).toBe(`Cannot track “${TIKTOK}”, of 2 links`);
		expect(error?.description).toContain(`already tracked as ${id}`);
		expect(posts()).toHaveLength(0);
	});

	test('an answer lost after the commit is found again, not sent again', async () => {
		const { credential, sandbox, posts } = await createFixture();
		sandbox.faults.add({ kind: 'drop', when: 'after_commit', match: { method: 'POST' } });
		const { items, error } = await runAction(credential, { videoUrls: TIKTOK });
		expect(error).toBeUndefined();
		expect(outcomes(items)).toEqual(['recovered']);
		expect(items[0]).toMatchObject({ status: 'monitoring', estimated_cost: 2.52 });
		expect(sandbox.videos.has(String(items[0]!.video_id))).toBe(true);
		expect(posts()).toHaveLength(1);
	});

	test.each([
		['a dropped connection', { kind: 'drop', when: 'before_commit' }],
		['a 500', { kind: 'status', status: 500, body: { error: 'Internal server error' } }],
		[
			'an HTML 502',
			{ kind: 'status', status: 502, body: '<html>Bad Gateway</html>', contentType: 'text/html' },
		],
	] as const)('%s whose fate stays unknown is said, not repeated', async (_, fault) => {
		const { credential, sandbox, posts } = await createFixture();
		sandbox.faults.add({ ...fault, match: { method: 'POST' } });
		const { items, hints } = await runAction(credential, { videoUrls: TIKTOK });
		expect(outcomes(items)).toEqual(['unknown']);
		expect(items[0]).toMatchObject({ video_id: null, estimated_cost: 2.52 });
		expect(items[0]!.message).toContain('it may or may not run');
		expect(hints).toEqual([expect.objectContaining({ type: 'warning' })]);
		expect(posts()).toHaveLength(1);
	});

	test('an earlier tracking is not taken for the one whose answer was lost', async () => {
		const { credential, sandbox, posts } = await createFixture();
		sandbox.seedVideo({ video_link: TIKTOK });
		sandbox.faults.add({ kind: 'drop', when: 'before_commit', match: { method: 'POST' } });
		const options = { ifAlreadyTracked: 'trackAgain' };
		const { items } = await runAction(credential, { videoUrls: TIKTOK, options });
		expect(outcomes(items)).toEqual(['unknown']);
		expect(items[0]!.message).toContain('Look for it with List');
		expect(items[0]!.message).not.toContain('run this again');
		expect(posts()).toHaveLength(1);
	});

	test.each([
		['truncated', { kind: 'body', truncate_at: 20 }],
		['empty', { kind: 'body', body: '' }],
		['of another shape', { kind: 'body', body: '{"ok":true}' }],
	] as const)('an answer that is %s is looked up', async (_, fault) => {
		const { credential, sandbox, posts } = await createFixture();
		sandbox.faults.add({ ...fault, match: { method: 'POST' } });
		const { items } = await runAction(credential, { videoUrls: TIKTOK });
		expect(outcomes(items)).toEqual(['recovered']);
		expect(posts()).toHaveLength(1);
	});

	test('a 429 certainly did nothing: it is waited out and sent again', async () => {
		const { credential, sandbox, posts } = await createFixture();
		sandbox.faults.add({ kind: 'rate_limited', resetInSeconds: 1, match: { method: 'POST' } });
		const { items } = await runAction(credential, { videoUrls: TIKTOK });
		expect(outcomes(items)).toEqual(['tracked']);
		expect(posts()).toHaveLength(2);
		expect(sandbox.ledger.filter(({ kind }) => kind === 'track')).toHaveLength(1);
	});
});

describe('refusing before spending', () => {
	const batch = { videoUrls: ONE_OF_EACH.join(' '), durationDays: 7 };

	test('a balance that does not cover the batch', async () => {
		const { credential, posts } = await createFixture({ balanceUsd: 3 });
		const { error } = await runAction(credential, batch);
		expect(error?.message).toBe(
			'Tracking 4 videos costs $10.08, but your ContentStats account has $3.00 left to spend',
		);
		expect(error?.description).toContain('Nothing was tracked or charged');
		expect(posts()).toHaveLength(0);
	});

	test('Check Balance switched off lets the API decide', async () => {
		const { credential, posts } = await createFixture({ balanceUsd: 2 });
		const { error } = await runAction(credential, { ...batch, options: { checkBalance: false } });
		expect(error?.message).toMatch(/^Not enough ContentStats balance for https:.+: \$2\.52 needed/);
		expect(error?.message).toMatch(/\(\d of 4 links tracked before that\)$/);
		expect(error?.description).toContain('Running this again is safe');
		expect(posts().length).toBeGreaterThan(0);
	});

	test('a test key is not held against a balance', async () => {
		const { credential, sandbox, posts } = await createFixture({ balanceUsd: 0 });
		const { items } = await runAction({ ...credential, apiKey: sandbox.testKey }, batch);
		expect(outcomes(items)).toEqual(Array(4).fill('tracked'));
		expect(posts()).toHaveLength(4);
	});

	test.each([
		[10.07, 'Tracking 4 videos costs $10.08, but Max Total Cost allows $10.07'],
		[0, 'Tracking 4 videos costs $10.08, but Max Total Cost allows $0.00'],
		['', 'Max Total Cost must be an amount in USD from 0 up, not “”'],
		['={{ $json.misspelt }}', 'Max Total Cost must be an amount in USD from 0 up, not empty'],
		[-1, 'Max Total Cost must be an amount in USD from 0 up, not “-1”'],
	])('Max Total Cost %p', async (maxTotalCost, message) => {
		const { credential, posts } = await createFixture();
		const { error } = await runAction(credential, { ...batch, options: { maxTotalCost } });
		expect(error?.message).toBe(message);
		expect(posts()).toHaveLength(0);
	});

	test.each([
		['ifAlreadyTracked', 'If Already Tracked must be return, trackAgain or fail, not'],
		['dryRun', 'Dry Run must be true or false, not'],
		['checkBalance', 'Check Balance must be true or false, not'],
	])('%s given by an expression as what it is not', async (name, message) => {
		const { credential, sandbox, posts } = await createFixture();
		sandbox.seedVideo({ video_link: TIKTOK });
		for (const value of ['null', '""', '"Return"', '1', '$json.misspelt']) {
			const options = { [name]: `={{ ${value} }}` };
			const { error } = await runAction(credential, { videoUrls: TIKTOK, options });
			expect(error?.message).toContain(message);
		}
		expect(posts()).toEqual([]);
	});

	test.each(['true', 'TRUE', true])('Dry Run given as %p, as sheets do', async (value) => {
		const { credential, posts } = await createFixture();
		const { items } = await runAction(
			credential,
			{ videoUrls: TIKTOK, options: { dryRun: '={{ $json.dry }}' } },
			{ items: [{ dry: value }] },
		);
		expect(outcomes(items)).toEqual(['would_track']);
		expect(posts()).toEqual([]);
	});

	test('links that are no text', async () => {
		const { credential, calls } = await createFixture();
		const { error } = await runAction(credential, { videoUrls: '={{ [{ url: "x" }] }}' });
		expect(error?.message).toBe('Links must be text or a list of text, not {"url":"x"}');
		expect(error?.description).toContain('Drag in the field');
		expect(calls()).toEqual([]);
	});

	test('Max Total Cost is for all items together, the lowest where they differ', async () => {
		const { credential, posts } = await createFixture();
		const { error } = await runAction(
			credential,
			{ videoUrls: '={{ $json.link }}', options: { maxTotalCost: '={{ $json.cap }}' } },
			{
				items: [
					{ link: TIKTOK, cap: 100 },
					{ link: YOUTUBE, cap: 5 },
				],
			},
		);
		expect(error?.message).toBe('Tracking 2 videos costs $5.04, but Max Total Cost allows $5.00');
		expect(posts()).toHaveLength(0);
	});

	test('Max Total Cost that is just enough', async () => {
		const { credential, posts } = await createFixture();
		const { items } = await runAction(credential, { ...batch, options: { maxTotalCost: 10.08 } });
		expect(outcomes(items)).toEqual(Array(4).fill('tracked'));
		expect(posts()).toHaveLength(4);
	});

	test('Dry Run returns the plan', async () => {
		const { credential, sandbox, posts } = await createFixture();
		sandbox.seedVideo({ video_link: TIKTOK });
		const { items, hints } = await runAction(credential, { ...batch, options: { dryRun: true } });
		expect(outcomes(items)).toEqual([
			'already_tracked',
			'would_track',
			'would_track',
			'would_track',
		]);
		expect(items[1]).toMatchObject({ video_id: null, estimated_cost: 2.52 });
		expect(hints.map(({ message }) => message)).toEqual([
			'Of 4 links: 1 already tracked, 3 would be tracked. Estimated cost: $7.56',
		]);
		expect(posts()).toHaveLength(0);
	});

	test('Dry Run over the budget says so', async () => {
		const { credential, posts } = await createFixture({ balanceUsd: 1 });
		const { items, hints } = await runAction(credential, { ...batch, options: { dryRun: true } });
		expect(outcomes(items)).toEqual(Array(4).fill('would_track'));
		expect(hints.map(({ message }) => message)).toContain(
			'This batch would be refused: Tracking 4 videos costs $10.08, but your ContentStats account has $1.00 left to spend',
		);
		expect(posts()).toHaveLength(0);
	});

	test('a hint where what is already running will use up the balance', async () => {
		const { credential, sandbox } = await createFixture({ balanceUsd: 12 });
		sandbox.seedVideo({ video_link: INSTAGRAM, duration_days: 30 });
		const { hints } = await runAction(credential, { videoUrls: TIKTOK });
		expect(hints[0]).toMatchObject({
			type: 'warning',
			message:
				'What is already running will cost $10.80 more, this batch $2.52, and $12.00 is left to spend: tracking will pause when it is used up',
		});
	});

	test.each([
		['a profile', 'https://www.tiktok.com/@nasa', 'it may be a profile'],
		['another host', 'https://vimeo.com/1', 'does not track videos on vimeo.com'],
		['no link', 'hello', 'does not track videos on hello'],
	])('one bad link among good ones: %s', async (_, link, reason) => {
		const { credential, calls } = await createFixture();
		const { error } = await runAction(credential, { videoUrls: `${TIKTOK}\n${link}` });
		expect(error?.message).toBe(`Cannot track “${link}”, of 2 links`);
		expect(error?.description).toContain(reason);
		expect(error?.description).toContain('Nothing was tracked or charged');
		expect(calls()).toEqual([]);
	});

	test.each([[0], [31], [1.5], ['x'], ['']])('Duration (Days) %p', async (durationDays) => {
		const { credential, calls } = await createFixture();
		const { error } = await runAction(credential, { videoUrls: TIKTOK, durationDays });
		expect(error?.message).toBe(
			`Duration (Days) must be a whole number from 1 to 30, not “${durationDays}”`,
		);
		expect(calls()).toEqual([]);
	});

	test.each([['={{ "" }}'], ['={{ [] }}'], [' \n , ']])('no links: %j', async (videoUrls) => {
		const { credential, calls } = await createFixture();
		const { error } = await runAction(credential, { videoUrls });
		expect(error?.message).toBe('No video links were given');
		expect(calls()).toEqual([]);
	});
});

describe('options that differ from item to item: the most careful holds', () => {
	const two = (field: string, one: unknown, other: unknown) => ({
		parameters: { videoUrls: '={{ $json.link }}', options: { [field]: '={{ $json.value }}' } },
		more: {
			items: [
				{ link: TIKTOK, value: one },
				{ link: YOUTUBE, value: other },
			] as IDataObject[],
		},
	});

	test.each([
		[true, false],
		[false, true],
	])('Dry Run %p and %p spends nothing', async (one, other) => {
		const { credential, posts } = await createFixture();
		const { parameters, more } = two('dryRun', one, other);
		const { items } = await runAction(credential, parameters, more);
		expect(outcomes(items)).toEqual(['would_track', 'would_track']);
		expect(posts()).toEqual([]);
	});

	test.each([
		[true, false],
		[false, true],
	])('Check Balance %p and %p checks it', async (one, other) => {
		const { credential, posts } = await createFixture({ balanceUsd: 3 });
		const { parameters, more } = two('checkBalance', one, other);
		const { error } = await runAction(credential, parameters, more);
		expect(error?.message).toContain('has $3.00 left to spend');
		expect(posts()).toEqual([]);
	});
});

describe('Retry On Fail', () => {
	const batch = { videoUrls: `https://vimeo.com/1 ${TIKTOK}` };

	test('with Track Again is refused before anything is spent', async () => {
		const { credential, calls } = await createFixture();
		const { error } = await runAction(
			credential,
			{ videoUrls: TIKTOK, options: { ifAlreadyTracked: 'trackAgain' } },
			{ retryOnFail: true },
		);
		expect(error?.message).toMatch(/^Track Again and Retry On Fail do not go together/);
		expect(calls()).toEqual([]);
	});

	test('of what is tracked once tracks nothing twice', async () => {
		const { credential, posts } = await createFixture();
		await runAction(credential, batch, { retryOnFail: true, onError: 'continueErrorOutput' });
		expect(posts()).toHaveLength(1);
	});
});

describe('going on after an error', () => {
	test.each([
		['an invalid key', 401, {}],
		['a used-up balance', 402, { error: 'Insufficient balance' }],
	])('%s ends the batch: no other link can succeed', async (_, status, body) => {
		const { credential, sandbox, posts } = await createFixture();
		sandbox.faults.add({
			kind: 'status',
			status,
			body,
			match: { method: 'POST' },
			times: Infinity,
		});
		const links = Array.from({ length: 30 }, (_, n) => `https://x.com/a/status/${n + 1}`);
		const { items } = await runAction(
			credential,
			{ videoUrls: links.join(' ') },
			{ onError: 'continueRegularOutput' },
		);
		expect(new Set(outcomes(items))).toEqual(new Set(['failed']));
		expect(posts().length).toBeLessThanOrEqual(8);
	});

	test('an option that cannot be read: every link has its row, and why', async () => {
		const { credential, posts } = await createFixture();
		for (const parameters of [
			{ durationDays: 99 },
			{ options: { maxTotalCost: '' } },
			{ options: { ifAlreadyTracked: 'maybe' } },
		]) {
			const { items } = await runAction(
				credential,
				{ videoUrls: `${TIKTOK} ${YOUTUBE}`, ...parameters },
				{ onError: 'continueRegularOutput' },
			);
			expect(items.map(({ input_link }) => input_link)).toEqual([TIKTOK, YOUTUBE]);
			expect(outcomes(items)).toEqual(['failed', 'failed']);
			expect(items[1]!.message).toContain('Nothing was tracked or charged');
		}
		expect(posts()).toEqual([]);
	});

	test('each link has its own outcome, and what failed its reason', async () => {
		const { credential, sandbox, posts } = await createFixture();
		sandbox.faults.add({
			kind: 'status',
			status: 400,
			body: {
				error: 'Invalid request',
				details: [{ field: 'video_link', message: 'Video is private' }],
			},
			match: { method: 'POST' },
		});
		const { items, error } = await runAction(
			credential,
			{ videoUrls: `${TIKTOK} https://vimeo.com/1 ${YOUTUBE}` },
			{ onError: 'continueRegularOutput' },
		);
		expect(error).toBeUndefined();
		expect(outcomes(items).sort()).toEqual(['failed', 'failed', 'tracked']);
		expect(items[1]!.message).toContain('does not track videos on vimeo.com');
		const refused = items.find(({ outcome }, index) => outcome === 'failed' && index !== 1)!;
		expect(refused.message).toContain('video_link: Video is private');
		expect(Object.keys(refused)).toEqual(COLUMNS);
		expect(posts()).toHaveLength(2);
	});

	test('failed links go to the error output, where there is one', async () => {
		const { credential } = await createFixture();
		const { items, errorItems } = await runAction(
			credential,
			{ videoUrls: `${TIKTOK} https://vimeo.com/1` },
			{ onError: 'continueErrorOutput' },
		);
		expect(outcomes(items)).toEqual(['tracked']);
		expect(errorItems).toEqual([
			{
				error: expect.stringContaining('does not track videos on vimeo.com'),
				message: 'Not tracked: https://vimeo.com/1',
			},
		]);
	});

	test('a batch over the budget: every link says why, nothing is spent', async () => {
		const { credential, posts } = await createFixture({ balanceUsd: 3 });
		const { items } = await runAction(
			credential,
			{ videoUrls: `${TIKTOK} ${YOUTUBE}` },
			{ onError: 'continueRegularOutput' },
		);
		expect(outcomes(items)).toEqual(['failed', 'failed']);
		expect(items[0]!.message).toContain('costs $5.04, but your ContentStats account has $3.00');
		expect(posts()).toHaveLength(0);
	});

	test('a plan that cannot be made: every link says why', async () => {
		const { credential, sandbox, posts } = await createFixture();
		const { items } = await runAction(
			{ ...credential, apiKey: 'cs_live_wrong' },
			{ videoUrls: `${TIKTOK} ${YOUTUBE}` },
			{ onError: 'continueRegularOutput' },
		);
		expect(outcomes(items)).toEqual(['failed', 'failed']);
		expect(items[0]!.message).toContain('does not accept the API key');
		expect(posts()).toHaveLength(0);
		expect(sandbox.ledger).toHaveLength(0);
	});

	test('the copy of a refused link is refused too', async () => {
		const { credential, sandbox } = await createFixture();
		sandbox.faults.add({ kind: 'status', status: 400, body: {}, match: { method: 'POST' } });
		const { items, errorItems } = await runAction(
			credential,
			{ videoUrls: `${TIKTOK} ${TIKTOK}` },
			{ onError: 'continueErrorOutput' },
		);
		expect(items).toEqual([]);
		expect(errorItems).toHaveLength(2);
	});

	test('an API that has stopped answering is not sent the whole batch', async () => {
		const { credential, sandbox, posts } = await createFixture();
		sandbox.faults.add({
			kind: 'status',
			status: 503,
			body: {},
			match: { method: 'POST' },
			times: Infinity,
		});
		const links = Array.from({ length: 30 }, (_, n) => `https://x.com/a/status/${n + 1}`);
		const { items } = await runAction(
			credential,
			{ videoUrls: links.join(' ') },
			{ onError: 'continueRegularOutput' },
		);
		expect(posts().length).toBeLessThanOrEqual(12);
		expect(new Set(outcomes(items))).toEqual(new Set(['unknown', 'failed']));
		expect(items.at(-1)!.message).toMatch(/^Not tried: /);
	});

	test('an item without links does not take the others with it', async () => {
		const { credential } = await createFixture();
		const { items } = await runAction(
			credential,
			{ videoUrls: '={{ $json.link }}' },
			{ items: [{ link: '' }, { link: TIKTOK }], onError: 'continueRegularOutput' },
		);
		expect(outcomes(items)).toEqual(['failed', 'tracked']);
		expect(items[0]!.message).toBe(
			'No video links were given. Paste at least one link into Video URLs',
		);
	});

	test('without it, the error says how many are tracked, and that a rerun is safe', async () => {
		const { credential, sandbox, posts } = await createFixture();
		sandbox.faults.add({
			kind: 'status',
			status: 400,
			body: { error: 'Invalid request' },
			match: { method: 'POST' },
			after: 3,
		});
		const parameters = { videoUrls: ONE_OF_EACH.join(' ') };
		const { error } = await runAction(credential, parameters);
		expect(error?.message).toMatch(
			/^ContentStats refused https:.+\(3 of 4 links tracked before that\)$/,
		);
		expect(error?.description).toContain('Running this again is safe');
		expect(error?.description).not.toContain('Nothing was');
		expect(error?.description).toContain('set On Error to Continue');
		const rerun = await runAction(credential, parameters);
		expect(outcomes(rerun.items).sort()).toEqual([
			'already_tracked',
			'already_tracked',
			'already_tracked',
			'tracked',
		]);
		expect(posts()).toHaveLength(5);
	});
});

test.each([
	['trackAgain', 'tracks, and pays for, what was tracked now once more'],
	['fail', 'set If Already Tracked to Return the Existing Tracking'],
])('with %s a rerun is not called safe', async (ifAlreadyTracked, advice) => {
	const { credential, sandbox } = await createFixture();
	sandbox.faults.add({
		kind: 'status',
		status: 400,
		body: {},
		match: { method: 'POST' },
		after: 1,
	});
	const options = { ifAlreadyTracked };
	const { error } = await runAction(credential, { videoUrls: `${TIKTOK} ${YOUTUBE}`, options });
	expect(error?.message).toContain('(1 of 2 links tracked before that)');
	expect(error?.description).toContain(advice);
	expect(error?.description).not.toContain('safe');
});

test('Stop during the plan ends it, and nothing is sent after', async () => {
	const { credential, sandbox, calls, posts } = await createFixture();
	sandbox.faults.add({ kind: 'latency', ms: 300, times: Infinity });
	const { outcome, stop } = startAction(credential, { videoUrls: TIKTOK });
	// The balance and the first of the lists are asked for at once.
	while (calls().length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
	const before = calls().length;
	stop();
	const { run } = await outcome;
	expect(run.status).toBe('canceled');
	await new Promise((resolve) => setTimeout(resolve, 500));
	expect(calls()).toHaveLength(before);
	expect(posts()).toEqual([]);
});

test('Stop ends a wait for the rate window, and nothing more is sent', async () => {
	const { credential, sandbox, posts } = await createFixture();
	sandbox.faults.add({ kind: 'rate_limited', resetInSeconds: 5, match: { method: 'POST' } });
	const { outcome, stop } = startAction(credential, { videoUrls: TIKTOK });
	while (posts().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
	stop();
	const { run } = await outcome;
	expect(run.status).toBe('canceled');
	expect(posts()).toHaveLength(1);
	expect(sandbox.ledger).toHaveLength(0);
});
