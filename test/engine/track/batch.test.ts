import { createTimedFixture } from '../support/time';

import type { IDataObject } from 'n8n-workflow';

import { INSTAGRAM, ONE_OF_EACH, START, TIKTOK, TWITTER, YOUTUBE } from '../support/fixture';
import { runAction } from '../../../harness/engine';

const COLUMNS = [
	'input_link',
	'outcome',
	'message',
	'video_id',
	'platform',
	'video_link',
	'status',
	'monitoring_duration_days',
	'days_remaining',
	'estimated_cost',
	'created_at',
	'job_id',
];

const outcomes = (items: Array<Record<string, unknown>>) => items.map(({ outcome }) => outcome);

describe('Track', () => {
	test('returns one item per link, in input order, with the same columns', async () => {
		const { credential, posts, sandbox } = await createTimedFixture();
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
				message: '4 of 4 links tracked. Estimated cost: $2.88',
				location: 'outputPane',
			}),
		]);
	});

	test.each([
		['lines of text', `${TIKTOK}\n${YOUTUBE}\r\n`],
		['text with commas and spaces', `${TIKTOK}, ${YOUTUBE}  ,`],
		['an array', `={{ ["${TIKTOK}", "${YOUTUBE}"] }}`],
		['a nested array', `={{ [["${TIKTOK}"], "${YOUTUBE} "] }}`],
	])('reads links from %s', async (_, videoUrls) => {
		const { credential } = await createTimedFixture();
		const { items, error } = await runAction(credential, { videoUrls });
		expect(error).toBeUndefined();
		expect(items.map(({ video_link }) => video_link)).toEqual([TIKTOK, YOUTUBE]);
	});

	test('reads links and days from each input item and pairs the results with it', async () => {
		const { credential, sandbox } = await createTimedFixture();
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

	test('sends only documented link spellings to the API', async () => {
		const { credential, sandbox } = await createTimedFixture();
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

describe('Track when a video could be paid twice', () => {
	test('returns the existing trackings and sends no POST when a batch is run again', async () => {
		const { credential, posts } = await createTimedFixture();
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

	test('marks other spellings of a video in the batch as duplicates', async () => {
		const { credential, posts } = await createTimedFixture();
		const { items } = await runAction(credential, {
			videoUrls: `${YOUTUBE} https://youtu.be/dQw4w9WgXcQ https://m.youtube.com/shorts/dQw4w9WgXcQ`,
		});
		expect(outcomes(items)).toEqual(['tracked', 'duplicate', 'duplicate']);
		expect(new Set(items.map(({ video_id }) => video_id)).size).toBe(1);
		expect(items[1]!.message).toBe(`Same video as ${YOUTUBE}, earlier in this batch`);
		expect(posts()).toHaveLength(1);
	});

	test('counts a paused video as tracked, but not a completed one', async () => {
		const { credential, sandbox, posts } = await createTimedFixture();
		sandbox.seedVideo({ video_link: TIKTOK, status: 'paused' });
		sandbox.seedVideo({ video_link: YOUTUBE, status: 'completed' });
		const { items } = await runAction(credential, { videoUrls: `${TIKTOK} ${YOUTUBE}` });
		expect(outcomes(items)).toEqual(['already_tracked', 'tracked']);
		expect(posts()).toHaveLength(1);
	});

	test('sends one POST per link when three executions run at once', async () => {
		const { credential, posts } = await createTimedFixture();
		const parameters = { videoUrls: ONE_OF_EACH.join(' ') };
		const runs = await Promise.all([1, 2, 3].map(() => runAction(credential, parameters)));
		expect(posts()).toHaveLength(4);
		expect(runs.flatMap(({ items }) => outcomes(items)).sort()).toEqual([
			...Array(8).fill('already_tracked'),
			...Array(4).fill('tracked'),
		]);
	});

	test('tracks a tracked video again with If Already Tracked set to Track Again', async () => {
		const { credential, sandbox, posts } = await createTimedFixture();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK });
		const { items } = await runAction(credential, {
			videoUrls: TIKTOK,
			options: { ifAlreadyTracked: 'trackAgain' },
		});
		expect(outcomes(items)).toEqual(['tracked']);
		expect(items[0]!.video_id).not.toBe(id);
		expect(posts()).toHaveLength(1);
	});

	test('refuses a tracked video with If Already Tracked set to Fail', async () => {
		const { credential, sandbox, posts } = await createTimedFixture();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK });
		const { error } = await runAction(credential, {
			videoUrls: `${YOUTUBE} ${TIKTOK}`,
			options: { ifAlreadyTracked: 'fail' },
		});
		expect(error?.message).toBe(`1 of 2 links can't be tracked. First: “${TIKTOK}”`);
		expect(error?.description).toContain(`already tracked as ${id}`);
		expect(posts()).toHaveLength(0);
	});

	test('looks up a tracking whose answer was lost instead of sending the POST again', async () => {
		const { credential, sandbox, posts } = await createTimedFixture();
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
	] as const)('reports unknown after %s instead of sending a second POST', async (_, fault) => {
		const { credential, sandbox, posts } = await createTimedFixture();
		sandbox.faults.add({ ...fault, match: { method: 'POST' } });
		const { items, hints } = await runAction(credential, { videoUrls: TIKTOK });
		expect(outcomes(items)).toEqual(['unknown']);
		expect(items[0]).toMatchObject({ video_id: null, estimated_cost: 2.52 });
		expect(items[0]!.message).toContain('it may or may not be active');
		expect(hints).toEqual([expect.objectContaining({ type: 'warning' })]);
		expect(posts()).toHaveLength(1);
	});

	test('does not take an earlier tracking for the one whose answer was lost', async () => {
		const { credential, sandbox, posts } = await createTimedFixture();
		sandbox.seedVideo({ video_link: TIKTOK });
		sandbox.faults.add({ kind: 'drop', when: 'before_commit', match: { method: 'POST' } });
		const options = { ifAlreadyTracked: 'trackAgain' };
		const { items } = await runAction(credential, { videoUrls: TIKTOK, options });
		expect(outcomes(items)).toEqual(['unknown']);
		expect(items[0]!.message).toContain('check List before you track it again');
		expect(items[0]!.message).not.toMatch(/run this again/i);
		expect(posts()).toHaveLength(1);
	});

	test.each([
		['truncated', { kind: 'body', truncate_at: 20 }],
		['empty', { kind: 'body', body: '' }],
		['of another shape', { kind: 'body', body: '{"ok":true}' }],
	] as const)('looks up the tracking if the answer is %s', async (_, fault) => {
		const { credential, sandbox, posts } = await createTimedFixture();
		sandbox.faults.add({ ...fault, match: { method: 'POST' } });
		const { items } = await runAction(credential, { videoUrls: TIKTOK });
		expect(outcomes(items)).toEqual(['recovered']);
		expect(posts()).toHaveLength(1);
	});

	test('sends the POST again after a 429, which certainly did nothing', async () => {
		const { credential, sandbox, posts } = await createTimedFixture();
		sandbox.faults.add({ kind: 'rate_limited', resetInSeconds: 1, match: { method: 'POST' } });
		const { items } = await runAction(credential, { videoUrls: TIKTOK });
		expect(outcomes(items)).toEqual(['tracked']);
		expect(posts()).toHaveLength(2);
		expect(sandbox.ledger.filter(({ kind }) => kind === 'track')).toHaveLength(1);
	});
});

describe('Track before it spends anything', () => {
	const batch = { videoUrls: ONE_OF_EACH.join(' '), durationDays: 7 };

	test('refuses a batch that costs more than the available balance', async () => {
		const { credential, posts } = await createTimedFixture({ balanceUsd: 3 });
		const { error } = await runAction(credential, batch);
		expect(error?.message).toBe(
			'Tracking 4 videos costs $10.08, but your ContentStats account has $3.00 available',
		);
		expect(error?.description).toContain('Nothing was tracked or charged');
		expect(posts()).toHaveLength(0);
	});

	test('lets the API decide with Check Balance switched off', async () => {
		const { credential, posts } = await createTimedFixture({ balanceUsd: 2 });
		const { error } = await runAction(credential, { ...batch, options: { checkBalance: false } });
		expect(error?.message).toMatch(
			/^Not enough ContentStats balance for https:.+: \$2\.52 required/,
		);
		expect(error?.message).toMatch(/\(\d of 4 links tracked\)$/);
		expect(error?.description).toContain('Running this again is safe');
		expect(posts().length).toBeGreaterThan(0);
	});

	test('skips the balance check for a test key, also if it was pasted with blanks', async () => {
		const { credential, sandbox, posts } = await createTimedFixture({ balanceUsd: 0 });
		const { items, hints } = await runAction(
			{ ...credential, apiKey: `\t${sandbox.testKey} \n` },
			batch,
		);
		expect(hints[0]!.message).toMatch(
			/Estimated cost: \$[\d.]+, but a test key is charged nothing$/,
		);
		expect(outcomes(items)).toEqual(Array(4).fill('tracked'));
		expect(posts()).toHaveLength(4);
	});

	test.each([
		[10.07, 'Tracking 4 videos costs $10.08, but Max Total Cost allows $10.07'],
		[0, 'Tracking 4 videos costs $10.08, but Max Total Cost allows $0.00'],
		['', 'Max Total Cost must be an amount in USD of at least 0, not “”'],
		['={{ $json.misspelt }}', 'Max Total Cost must be an amount in USD of at least 0, not empty'],
		[-1, 'Max Total Cost must be an amount in USD of at least 0, not “-1”'],
	])('refuses the batch with Max Total Cost %p', async (maxTotalCost, message) => {
		const { credential, posts } = await createTimedFixture();
		const { error } = await runAction(credential, { ...batch, options: { maxTotalCost } });
		expect(error?.message).toBe(message);
		expect(posts()).toHaveLength(0);
	});

	test.each([
		['ifAlreadyTracked', 'If Already Tracked must be return, trackAgain or fail, not'],
		['dryRun', 'Dry Run must be true or false, not'],
		['checkBalance', 'Check Balance must be true or false, not'],
	])('refuses invalid values of %s from an expression', async (name, message) => {
		const { credential, sandbox, posts } = await createTimedFixture();
		sandbox.seedVideo({ video_link: TIKTOK });
		for (const value of ['null', '""', '"Again"', '1', '$json.misspelt']) {
			const options = { [name]: `={{ ${value} }}` };
			const { error } = await runAction(credential, { videoUrls: TIKTOK, options });
			expect(error?.message).toContain(message);
		}
		expect(posts()).toEqual([]);
	});

	test.each(['true', 'TRUE', true])('accepts %p from a sheet as Dry Run', async (value) => {
		const { credential, posts } = await createTimedFixture();
		const { items } = await runAction(
			credential,
			{ videoUrls: TIKTOK, options: { dryRun: '={{ $json.dry }}' } },
			{ items: [{ dry: value }] },
		);
		expect(outcomes(items)).toEqual(['would_track']);
		expect(posts()).toEqual([]);
	});

	test.each([
		['={{ $json.urls }}', [{ id: 1, url: TIKTOK }], '{{ $json.urls.map((item) => item.url) }}'],
		['={{$json.video}}', { 'video link': TIKTOK }, '{{ $json.video["video link"] }}'],
		['={{ $json.rows }}', [{ note: `More: ${YOUTUBE}`, link: TIKTOK }, { link: 7 }], '.link) }}'],
		['={{ $json["rows"] }}', [{ ['__proto__ ']: TIKTOK, a: 1 }], '["__proto__ "]) }}'],
	])('offers the expression that takes the links out of %s', async (videoUrls, value, fitting) => {
		const { credential, calls } = await createTimedFixture();
		const items = [{ urls: value, video: value, rows: value }] as IDataObject[];
		const { error } = await runAction(credential, { videoUrls }, { items });
		expect(error?.message).toMatch(/^Links must be text or a list of text, not \{/);
		expect(error?.description).toMatch(/^Use this expression instead: \{\{ \$json[.[]/);
		expect(error?.description).toContain(fitting);
		expect(calls()).toEqual([]);
	});

	test.each([
		['a link inside a text', '={{ $json.rows }}', [{ note: `More: ${YOUTUBE}` }]],
		['no link', '={{ $json.rows }}', [{ url: 'x' }]],
		['a fallback', '={{ $json.rows ?? [] }}', [{ url: TIKTOK }]],
		['an alternative', '={{ $json.rows || $json.video }}', [{ url: TIKTOK }]],
		['a condition', '={{ true ? $json.rows : [] }}', [{ url: TIKTOK }]],
		['a comment', '={{ $json.rows // all\n }}', [{ url: TIKTOK }]],
		['a field with braces', '={{ $json.rows }}', [{ 'a}}': TIKTOK }]],
		['a field that n8n refuses', '={{ $json.rows }}', [{ constructor: TIKTOK }]],
		['text among objects', '={{ $json.rows }}', [TIKTOK, { url: TIKTOK }]],
	])('offers no expression for %s', async (_, videoUrls, rows) => {
		const { credential, calls } = await createTimedFixture();
		const items = [{ rows }] as unknown as IDataObject[];
		const { error } = await runAction(credential, { videoUrls }, { items });
		expect(error?.message).toMatch(/^Links must be text or a list of text, not \{/);
		expect(error?.description).toMatch(/^Drag in the field that contains the link itself/);
		expect(calls()).toEqual([]);
	});

	test('refuses links that are not text', async () => {
		const { credential, calls } = await createTimedFixture();
		const { error } = await runAction(credential, { videoUrls: '={{ [{ url: "x" }] }}' });
		expect(error?.message).toBe('Links must be text or a list of text, not {"url":"x"}');
		expect(error?.description).toContain('Drag in the field');
		expect(calls()).toEqual([]);
	});

	test('applies the lowest Max Total Cost of the items to the whole batch', async () => {
		const { credential, posts } = await createTimedFixture();
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

	test('accepts a batch that costs exactly Max Total Cost', async () => {
		const { credential, posts } = await createTimedFixture();
		const { items } = await runAction(credential, { ...batch, options: { maxTotalCost: 10.08 } });
		expect(outcomes(items)).toEqual(Array(4).fill('tracked'));
		expect(posts()).toHaveLength(4);
	});

	test('returns the plan and sends no POST with Dry Run', async () => {
		const { credential, sandbox, posts } = await createTimedFixture();
		sandbox.seedVideo({ video_link: TIKTOK });
		const { items, hints } = await runAction(credential, { ...batch, options: { dryRun: true } });
		expect(outcomes(items)).toEqual([
			'already_tracked',
			'would_track',
			'would_track',
			'would_track',
		]);
		expect(items[1]).toMatchObject({
			message: 'Would cost $2.52 for 7 days. Dry run: nothing was tracked or charged',
			video_id: null,
			platform: 'youtube',
			video_link: YOUTUBE,
			status: null,
			monitoring_duration_days: 7,
			estimated_cost: 2.52,
		});
		expect(hints.map(({ message }) => message)).toEqual([
			'3 of 4 links would be tracked, 1 already tracked. Estimated cost: $7.56',
		]);
		expect(posts()).toHaveLength(0);
	});

	test('warns with Dry Run that the balance does not cover the batch', async () => {
		const { credential, posts } = await createTimedFixture({ balanceUsd: 1 });
		const { items, hints } = await runAction(credential, { ...batch, options: { dryRun: true } });
		expect(outcomes(items)).toEqual(Array(4).fill('would_track'));
		expect(hints.map(({ message }) => message)).toContain(
			'This batch would be rejected: Tracking 4 videos costs $10.08, but your ContentStats account has $1.00 available',
		);
		expect(posts()).toHaveLength(0);
	});

	test('warns if running trackings and the batch together will use up the balance', async () => {
		const { credential, sandbox } = await createTimedFixture({ balanceUsd: 12 });
		sandbox.seedVideo({ video_link: INSTAGRAM, duration_days: 30 });
		const { hints } = await runAction(credential, { videoUrls: TIKTOK });
		expect(hints[0]).toMatchObject({
			type: 'warning',
			message:
				'$12.00 is available, but active videos will cost another $10.80 and this batch $2.52. Tracking pauses when the balance runs out',
		});
	});

	test('prices a batch by what the API says a snapshot costs', async () => {
		const { credential, sandbox } = await createTimedFixture();
		sandbox.faults.add({
			kind: 'map',
			map: (json) => ({ ...json, cost_per_snapshot: 0.03 }),
			match: { path: '/usage' },
			times: Infinity,
		});
		const { items } = await runAction(credential, { videoUrls: TIKTOK, options: { dryRun: true } });
		expect(items).toEqual([expect.objectContaining({ estimated_cost: 5.04 })]);
	});

	test('refuses the whole batch for one bad link', async () => {
		const link = 'https://vimeo.com/1';
		const { credential, calls } = await createTimedFixture();
		const { error } = await runAction(credential, { videoUrls: `${TIKTOK}\n${link}` });
		expect(error?.message).toBe(`1 of 2 links can't be tracked. First: “${link}”`);
		expect(error?.description).toContain("doesn't support videos on vimeo.com");
		expect(error?.description).toContain('Nothing was tracked or charged');
		expect(calls()).toEqual([]);
	});

	test.each([[0], [31], [1.5], ['x'], ['']])('refuses Duration (Days) %p', async (durationDays) => {
		const { credential, calls } = await createTimedFixture();
		const { error } = await runAction(credential, { videoUrls: TIKTOK, durationDays });
		expect(error?.message).toBe(
			`Duration (Days) must be a whole number from 1 to 30, not “${durationDays}”`,
		);
		expect(calls()).toEqual([]);
	});

	test.each([['={{ "" }}'], ['={{ [] }}'], [' \n , ']])('refuses empty %j', async (videoUrls) => {
		const { credential, calls } = await createTimedFixture();
		const { error } = await runAction(credential, { videoUrls });
		expect(error?.message).toBe('No video links provided');
		expect(calls()).toEqual([]);
	});
});

describe('Track with options that differ between items', () => {
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
	])('spends nothing with Dry Run %p and %p', async (one, other) => {
		const { credential, posts } = await createTimedFixture();
		const { parameters, more } = two('dryRun', one, other);
		const { items } = await runAction(credential, parameters, more);
		expect(outcomes(items)).toEqual(['would_track', 'would_track']);
		expect(posts()).toEqual([]);
	});

	test.each([
		[true, false],
		[false, true],
	])('checks the balance with Check Balance %p and %p', async (one, other) => {
		const { credential, posts } = await createTimedFixture({ balanceUsd: 3 });
		const { parameters, more } = two('checkBalance', one, other);
		const { error } = await runAction(credential, parameters, more);
		expect(error?.message).toContain('has $3.00 available');
		expect(posts()).toEqual([]);
	});
});

describe('Track with Retry On Fail', () => {
	const batch = { videoUrls: `https://vimeo.com/1 ${TIKTOK}` };

	test('refuses Track Again before anything is spent', async () => {
		const { credential, calls } = await createTimedFixture();
		const { error } = await runAction(
			credential,
			{ videoUrls: TIKTOK, options: { ifAlreadyTracked: 'trackAgain' } },
			{ retryOnFail: true },
		);
		expect(error?.message).toMatch(/^Track Again can't be combined with Retry On Fail: /);
		expect(calls()).toEqual([]);
	});

	test('tracks each video once although another link fails', async () => {
		const { credential, posts } = await createTimedFixture();
		await runAction(credential, batch, { retryOnFail: true, onError: 'continueErrorOutput' });
		expect(posts()).toHaveLength(1);
	});
});

describe('Track after an error', () => {
	test.each([
		['an invalid key', 401, {}],
		['a used-up balance', 402, { error: 'Insufficient balance' }],
	])('ends the batch for %s, since no other link can succeed', async (_, status, body) => {
		const { credential, sandbox, posts } = await createTimedFixture();
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

	test('returns a failed item with the reason for every link if an option is invalid', async () => {
		const { credential, posts } = await createTimedFixture();
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

	test('returns an outcome for each link, and a reason if it failed', async () => {
		const { credential, sandbox, posts } = await createTimedFixture();
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
		expect(items[1]!.message).toContain("doesn't support videos on vimeo.com");
		const refused = items.find(({ outcome }, index) => outcome === 'failed' && index !== 1)!;
		expect(refused.message).toContain('video_link: Video is private');
		expect(Object.keys(refused)).toEqual(COLUMNS);
		expect(posts()).toHaveLength(2);
	});

	test('sends failed links to the error output if the node has one', async () => {
		const { credential } = await createTimedFixture();
		const { items, errorItems } = await runAction(
			credential,
			{ videoUrls: `${TIKTOK} https://vimeo.com/1` },
			{ onError: 'continueErrorOutput' },
		);
		expect(outcomes(items)).toEqual(['tracked']);
		expect(errorItems).toEqual([
			{
				error: expect.stringContaining("doesn't support videos on vimeo.com"),
				message: 'Not tracked: https://vimeo.com/1',
			},
		]);
	});

	test('fails every link with the reason if the balance does not cover the batch', async () => {
		const { credential, posts } = await createTimedFixture({ balanceUsd: 3 });
		const { items } = await runAction(
			credential,
			{ videoUrls: `${TIKTOK} ${YOUTUBE}` },
			{ onError: 'continueRegularOutput' },
		);
		expect(outcomes(items)).toEqual(['failed', 'failed']);
		expect(items[0]!.message).toContain('costs $5.04, but your ContentStats account has $3.00');
		expect(posts()).toHaveLength(0);
	});

	test('fails every link with the reason if no plan can be made', async () => {
		const { credential, sandbox, posts } = await createTimedFixture();
		const { items } = await runAction(
			{ ...credential, apiKey: 'cs_live_wrong' },
			{ videoUrls: `${TIKTOK} ${YOUTUBE}` },
			{ onError: 'continueRegularOutput' },
		);
		expect(outcomes(items)).toEqual(['failed', 'failed']);
		expect(items[0]!.message).toContain('rejected the API key');
		expect(posts()).toHaveLength(0);
		expect(sandbox.ledger).toHaveLength(0);
	});

	test('fails a duplicate if the API refuses the link that it repeats', async () => {
		const { credential, sandbox } = await createTimedFixture();
		sandbox.faults.add({ kind: 'status', status: 400, body: {}, match: { method: 'POST' } });
		const { items, errorItems } = await runAction(
			credential,
			{ videoUrls: `${TIKTOK} ${TIKTOK}` },
			{ onError: 'continueErrorOutput' },
		);
		expect(items).toEqual([]);
		expect(errorItems).toHaveLength(2);
	});

	test('aborts the batch if the API stops answering', async () => {
		const { credential, sandbox, posts } = await createTimedFixture();
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
		expect(items.at(-1)!.message).toMatch(/^Not attempted: /);
	});

	test.each([undefined, 'continueRegularOutput'] as const)(
		'skips blank items, and says how many (On Error: %s)',
		async (onError) => {
			const { credential } = await createTimedFixture();
			const blank = ['', ' \n', null, undefined, [], '\u200b', ['', null]];
			const links = [...blank, TIKTOK, '', YOUTUBE];
			const { items, full, hints } = await runAction(
				credential,
				{ videoUrls: '={{ $json.link }}' },
				{ items: links.map((link) => ({ link })) as IDataObject[], onError },
			);
			expect(outcomes(items)).toEqual(['tracked', 'tracked']);
			expect(full.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 7 }, { item: 9 }]);
			expect(hints.map(({ message }) => message)).toEqual([
				expect.stringMatching(/^2 of 2 links tracked/),
				'Skipped 8 blank items',
			]);
		},
	);

	test.each([
		['maxTotalCost', '={{ $json.cap }}', { cap: '' }, { cap: 50 }],
		['dryRun', '={{ $json.dry }}', {}, { dry: false }],
		['checkBalance', '={{ $json.check }}', { check: ' ' }, { check: true }],
	])('is not failed by a blank %s of a blank item', async (option, value, blank, filled) => {
		const { credential } = await createTimedFixture();
		const { items, error } = await runAction(
			credential,
			{ videoUrls: '={{ $json.link }}', options: { [option]: value } },
			{
				items: [
					{ link: '', ...blank },
					{ link: TIKTOK, ...filled },
				] as IDataObject[],
			},
		);
		expect(error?.message).toBeUndefined();
		expect(outcomes(items)).toEqual(['tracked']);
	});

	test('is held to the cap of a blank item', async () => {
		const { credential, posts } = await createTimedFixture();
		const { error } = await runAction(
			credential,
			{ videoUrls: '={{ $json.link }}', options: { maxTotalCost: '={{ $json.cap }}' } },
			{
				items: [
					{ link: '', cap: 1 },
					{ link: TIKTOK, cap: 50 },
				],
			},
		);
		expect(error?.message).toContain('Max Total Cost allows $1.00');
		expect(posts()).toEqual([]);
	});

	test('fails each item if all are blank', async () => {
		const { credential, posts } = await createTimedFixture();
		const { items } = await runAction(
			credential,
			{ videoUrls: '={{ $json.link }}' },
			{ items: [{ link: '' }, { link: null }], onError: 'continueRegularOutput' },
		);
		const message = 'No video links provided. Paste at least one link into Video URLs';
		expect(items.map((item) => [item.outcome, item.message])).toEqual([
			['failed', message],
			['failed', message],
		]);
		expect(posts()).toEqual([]);
	});

	test('says in its error how many links were tracked and that a rerun is safe', async () => {
		const { credential, sandbox, posts } = await createTimedFixture();
		sandbox.faults.add({
			kind: 'status',
			status: 400,
			body: { error: 'Invalid request' },
			match: { method: 'POST' },
			after: 3,
		});
		const parameters = { videoUrls: ONE_OF_EACH.join(' ') };
		const { error } = await runAction(credential, parameters);
		expect(error?.message).toMatch(/^ContentStats rejected https:.+\(3 of 4 links tracked\)$/);
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
	['trackAgain', 'running this again tracks these videos and charges for them once more'],
	['fail', 'set If Already Tracked to Return Existing'],
])('Track set to %s does not call a rerun safe', async (ifAlreadyTracked, advice) => {
	const { credential, sandbox } = await createTimedFixture();
	sandbox.faults.add({
		kind: 'status',
		status: 400,
		body: {},
		match: { method: 'POST' },
		after: 1,
	});
	const options = { ifAlreadyTracked };
	const { error } = await runAction(credential, { videoUrls: `${TIKTOK} ${YOUTUBE}`, options });
	expect(error?.message).toContain('(1 of 2 links tracked)');
	expect(error?.description).toContain(`Tracked: ${TIKTOK}.`);
	expect(error?.description).toContain(advice);
	expect(error?.description).not.toContain('safe');
});
