import { runAction } from '../../harness/engine';
import { createFixture, ONE_OF_EACH, TIKTOK } from './support/fixture';

const linksOf = (count: number, from = 0) =>
	Array.from({ length: count }, (_, n) => `https://x.com/a/status/${from + n + 1}`).join('\n');
const OVER_CAP = /^Tracking \d videos? costs .+, but Max Total Cost allows \$5\.00/;

describe('Track as a tool of an AI agent', () => {
	test('spends at most 5 USD in all calls of an execution', async () => {
		const { credential, sandbox } = await createFixture({ balanceUsd: 100 });
		const call = async (videoUrls: string, executionId: string) =>
			await runAction(credential, { videoUrls }, { asTool: true, executionId });
		expect((await call(linksOf(1), 'e1')).error).toBeUndefined();
		const second = await call(linksOf(1, 1), 'e1');
		expect(second.error?.message).toMatch(OVER_CAP);
		expect(second.error?.message).toContain('of which this execution already uses $2.52');
		expect(sandbox.videos.size).toBe(1);
		expect((await call(linksOf(1, 1), 'e2')).error).toBeUndefined();
		expect(sandbox.videos.size).toBe(2);
	});

	test('spends at most 5 USD in calls that run at the same time', async () => {
		const { credential, sandbox } = await createFixture({ balanceUsd: 100 });
		const calls = await Promise.all(
			[0, 1, 2].map(async (n) => {
				const parameters = { videoUrls: linksOf(1, n) };
				return await runAction(credential, parameters, { asTool: true, executionId: 'e' });
			}),
		);
		expect(sandbox.videos.size).toBe(1);
		for (const { error } of calls)
			if (error) expect(error.message).toContain('Max Total Cost allows $5.00');
	});

	test('counts what an answer that was lost may have spent', async () => {
		const { credential, sandbox } = await createFixture({ balanceUsd: 100 });
		const post = { method: 'POST' } as const;
		sandbox.faults.add({ kind: 'drop', when: 'before_commit', match: post });
		const options = { asTool: true, onError: 'continueRegularOutput' } as const;
		const first = await runAction(credential, { videoUrls: linksOf(1) }, options);
		expect(first.items).toMatchObject([{ outcome: 'unknown' }]);
		const second = await runAction(credential, { videoUrls: linksOf(1, 1) }, options);
		expect(second.items[0]!.message).toContain('already uses $2.52');
		expect(sandbox.videos.size).toBe(0);
	});

	test('spends at most 5 USD in each call without an execution', async () => {
		const { credential, sandbox } = await createFixture({ balanceUsd: 100 });
		const call = async (videoUrls: string) =>
			await runAction(credential, { videoUrls }, { asTool: true, executionId: '' });
		expect((await call(linksOf(2))).error?.message).toMatch(OVER_CAP);
		expect((await call(linksOf(1))).error).toBeUndefined();
		expect((await call(linksOf(1, 1))).error).toBeUndefined();
		expect(sandbox.videos.size).toBe(2);
	});

	test.each([
		['a higher cap', 12, 4],
		['a cap of 0', 0, 0],
	])('heeds %s', async (_, maxTotalCost, count) => {
		const { credential, sandbox } = await createFixture({ balanceUsd: 100 });
		const parameters = { videoUrls: linksOf(4), options: { maxTotalCost } };
		await runAction(credential, parameters, { asTool: true });
		expect(sandbox.videos.size).toBe(count);
	});

	test('pays nothing for a video that is tracked, even if the cap is spent', async () => {
		const { credential, sandbox } = await createFixture({ balanceUsd: 100 });
		sandbox.seedVideo({ video_link: TIKTOK });
		const parameters = { videoUrls: TIKTOK, options: { maxTotalCost: 0 } };
		const { items } = await runAction(credential, parameters, { asTool: true });
		expect(items).toMatchObject([{ outcome: 'already_tracked', estimated_cost: 0 }]);
		expect(sandbox.ledger.filter(({ kind }) => kind === 'track')).toEqual([]);
	});

	test('has no cap with a test key, which is charged nothing', async () => {
		const { credential, sandbox } = await createFixture();
		// An invisible character is pasted along.
		const withTestKey = { ...credential, apiKey: `\u200b${sandbox.testKey}` };
		const { error } = await runAction(withTestKey, { videoUrls: linksOf(3) }, { asTool: true });
		expect(error).toBeUndefined();
	});

	test('says in a dry run that the batch would be rejected', async () => {
		const { credential } = await createFixture({ balanceUsd: 100 });
		const parameters = { videoUrls: linksOf(2), options: { dryRun: true } };
		const { items } = await runAction(credential, parameters, { asTool: true });
		for (const { outcome, message } of items) {
			expect(outcome).toBe('would_track');
			expect(message).toBe(
				'Would be rejected: Tracking 2 videos costs $5.04, but Max Total Cost allows $5.00. Dry run: nothing was tracked or charged',
			);
		}
	});

	test('has no cap outside of an agent', async () => {
		const { credential } = await createFixture({ balanceUsd: 100 });
		const { error } = await runAction(credential, { videoUrls: ONE_OF_EACH.join(' ') });
		expect(error).toBeUndefined();
	});
});

test('the answers of a tool are short: no nulls, no id twice', async () => {
	const { credential, sandbox, clock } = await createFixture({ balanceUsd: 100 });
	const { id } = sandbox.seedVideo({ video_link: TIKTOK });
	clock.advance({ hours: 3 });
	const videoId = { __rl: true, mode: 'id', value: id };
	const calls = [
		{ operation: 'track', videoUrls: TIKTOK },
		{ operation: 'get', videoId, output: 'latest', options: { includeGrowth: true } },
		{ operation: 'get', videoId, output: 'summary' },
		{ operation: 'list' },
		{ operation: 'usage' },
		{ operation: 'stop', videoId },
	];
	for (const parameters of calls) {
		const { items } = await runAction(credential, parameters, { asTool: true });
		expect(items).toHaveLength(1);
		expect(Object.values(items[0]!)).not.toContain(null);
		if (parameters.operation !== 'usage') expect(items[0]!.video_id).toBe(id);
		expect(JSON.stringify(items).split(id)).toHaveLength(parameters.operation === 'usage' ? 1 : 2);
	}
});
