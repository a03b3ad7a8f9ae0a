import { createTimedFixture } from '../support/time';

import type { IDataObject } from 'n8n-workflow';

import type { Fault, SandboxOptions } from '../../../sandbox';
import { runAction } from '../../../harness/engine';

const POST = { method: 'POST' };
const price = (factor: number, after = 0): Fault => ({
	kind: 'price',
	factor,
	after,
	match: POST,
	times: 'always',
});
const LINKS = Array.from({ length: 10 }, (_, n) => `https://x.com/a/status/${n + 1}`);

async function createAccount(options?: SandboxOptions) {
	const fixture = await createTimedFixture(options);
	const track = async (
		links: string[],
		nodeOptions: IDataObject = {},
		onError: 'continueRegularOutput' | 'stopWorkflow' = 'continueRegularOutput',
	) =>
		await runAction(
			fixture.credential,
			{ videoUrls: links.join(' '), durationDays: 1, options: nodeOptions as never },
			{ onError },
		);
	return { ...fixture, track };
}

const outcomes = (items: IDataObject[]) => items.map(({ outcome }) => outcome);
const totalOf = (items: IDataObject[]) =>
	items.reduce((sum, { estimated_cost }) => sum + Number(estimated_cost), 0);
const times = <T>(count: number, value: T): T[] => Array(count).fill(value);

describe('if the API announces ten times the price of its usage, Track', () => {
	it('stops at Max Total Cost after the first reply, and says so for each link', async () => {
		const { sandbox, posts, track } = await createAccount();
		sandbox.faults.add(price(10));
		const { items, hints } = await track(LINKS, { maxTotalCost: 5 });
		expect(outcomes(items)).toEqual(['tracked', ...times(9, 'failed')]);
		expect(items[0]!.estimated_cost).toBe(3.6);
		expect(items[5]!.message).toBe(
			'Not attempted: Stopped to stay within budget: ContentStats quoted $0.150 per snapshot for “https://twitter.com/a/status/1” instead of $0.015, and Max Total Cost allows $5.00',
		);
		expect(posts()).toHaveLength(1);
		expect(hints.map(({ message }) => message)).toContain(
			'ContentStats quoted $3.60 instead of the expected $0.36. Check the charges in your ContentStats account',
		);
	});

	it('fails the node with what was tracked, if On Error stops', async () => {
		const { sandbox, posts, track } = await createAccount();
		sandbox.faults.add(price(10));
		const { error } = await track(LINKS, { maxTotalCost: 5 }, 'stopWorkflow');
		expect(error).toMatchObject({
			message: expect.stringMatching(/^Stopped to stay within budget.*\(1 of 10 links tracked\)$/),
			description: expect.stringMatching(/raise Max Total Cost.*Running this again is safe/),
		});
		expect(posts()).toHaveLength(1);
	});

	it('stops at the balance', async () => {
		const { sandbox, posts, track } = await createAccount({ balanceUsd: 20 });
		sandbox.faults.add(price(10));
		const { items } = await track(LINKS);
		expect(outcomes(items)).toEqual([...times(5, 'tracked'), ...times(5, 'failed')]);
		expect(items[9]!.message).toMatch(/account has \$20\.00 available/);
		expect(posts()).toHaveLength(5);
	});

	it('goes on where neither limits it, and says so', async () => {
		const { sandbox, track } = await createAccount({ balanceUsd: 20 });
		sandbox.faults.add(price(10));
		const { items, hints } = await track(LINKS, { checkBalance: false });
		expect(outcomes(items)).toEqual(times(10, 'tracked'));
		expect(hints.map(({ message }) => message).join()).toContain('quoted $36.00');
	});
});

test.each([1, 2, 3, 5, 8])(
	'a price that rises after %d replies passes Max Total Cost by one reply at most',
	async (after) => {
		const { sandbox, track } = await createAccount();
		sandbox.faults.add(price(7, after));
		const { items } = await track(LINKS, { maxTotalCost: 4 });
		const tracked = items.filter(({ outcome }) => outcome === 'tracked');
		expect(tracked.length).toBeGreaterThanOrEqual(after);
		expect(totalOf(tracked.slice(0, -1))).toBeLessThanOrEqual(4);
		expect(totalOf(tracked) - 2.52).toBeLessThanOrEqual(4);
	},
);

test.each<[unknown, string]>([
	['3.60', 'failed'],
	['3.5999999999999996', 'failed'],
	['$3.60', 'failed'],
	['3,60 USD', 'failed'],
	['0.36', 'tracked'],
	['free', 'tracked'],
	[null, 'tracked'],
])('an announced cost of %j makes the second link %s', async (value, outcome) => {
	const { sandbox, track } = await createAccount();
	sandbox.faults.add({ kind: 'set', path: ['estimated_cost'], value, match: POST });
	const { items } = await track(LINKS.slice(0, 2), { maxTotalCost: 3.7 });
	expect(outcomes(items)).toEqual(['tracked', outcome]);
});

it('takes a tracking without a cost for as dear as the days that the reply names', async () => {
	const { sandbox, track } = await createAccount();
	const map = ({ estimated_cost: _, ...rest }: IDataObject) => ({
		...rest,
		monitoring_duration_days: 30,
	});
	sandbox.faults.add({ kind: 'map', map, match: POST, times: 'always' });
	const { items } = await track(LINKS, { maxTotalCost: 5 });
	expect(outcomes(items)).toEqual(['tracked', ...times(9, 'failed')]);
});

it('spends no more than Max Total Cost in all tries of Retry On Fail together', async () => {
	const { sandbox, credential, posts } = await createAccount();
	sandbox.faults.add(price(10));
	const parameters = { videoUrls: LINKS.join(' '), durationDays: 1, options: { maxTotalCost: 20 } };
	const { error } = await runAction(credential, parameters, { retryOnFail: true });
	expect(error!.message).toMatch(
		/Max Total Cost allows \$20\.00, of which this execution already uses \$18\.00/,
	);
	expect(posts()).toHaveLength(5);
});

it('lets one odd price hold up no later run', async () => {
	const { sandbox, track } = await createAccount();
	sandbox.faults.add({ kind: 'price', factor: 100_000, match: POST });
	await track(LINKS, { maxTotalCost: 4 });
	const { items } = await track(LINKS, { maxTotalCost: 4 });
	expect(outcomes(items)).toEqual(['already_tracked', ...times(9, 'tracked')]);
});

it('does not stop a batch that was planned because another run has read newer credit', async () => {
	const { sandbox, posts, track } = await createAccount({ balanceUsd: 4 });
	sandbox.faults.add({ kind: 'latency', ms: 20, match: POST, times: 'always' });
	const first = track(LINKS);
	while (posts().length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
	sandbox.balance.add(1000);
	const many = Array.from({ length: 20 }, (_, n) => `https://x.com/a/status/${n + 100}`);
	expect(outcomes((await track(many)).items)).toEqual(times(20, 'tracked'));
	expect(outcomes((await first).items)).toEqual(times(10, 'tracked'));
});

it('counts answers that were lost against Max Total Cost', async () => {
	const { sandbox, track } = await createAccount();
	sandbox.faults.add({ kind: 'drop', when: 'before_commit', match: POST, times: 2 });
	sandbox.faults.add(price(2));
	const { items } = await track(LINKS.slice(0, 5), { maxTotalCost: 2 });
	expect(totalOf(items)).toBeLessThanOrEqual(2);
	expect(outcomes(items).filter((outcome) => outcome === 'failed').length).toBeGreaterThan(0);
});

it('sends the first request of a batch alone', async () => {
	const { sandbox, posts, track } = await createAccount();
	sandbox.faults.add({ kind: 'latency', ms: 150, match: POST });
	const running = track(LINKS);
	while (posts().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
	await new Promise((resolve) => setTimeout(resolve, 75));
	expect(posts()).toHaveLength(1);
	expect(outcomes((await running).items)).toEqual(times(10, 'tracked'));
});

it('spends nothing with a Max Total Cost of 0, at whatever price', async () => {
	const { sandbox, posts, track } = await createAccount();
	const path = ['cost_per_snapshot'];
	sandbox.faults.add({ kind: 'set', path, value: 1e-9, match: { path: '/usage' } });
	const { items } = await track(LINKS, { maxTotalCost: 0 });
	expect(outcomes(items)).toEqual(times(10, 'failed'));
	expect(posts()).toHaveLength(0);
});

describe('two batches of one account at the same time', () => {
	it('are held against the balance together', async () => {
		const { posts, track } = await createAccount({ balanceUsd: 3 });
		const runs = await Promise.all([track(LINKS.slice(0, 5)), track(LINKS.slice(5))]);
		const outcomesOfRuns = runs.map(({ items }) => outcomes(items));
		expect(outcomesOfRuns.sort()).toEqual([times(5, 'failed'), times(5, 'tracked')]);
		const refused = runs.find(({ items }) => items[0]!.outcome === 'failed')!;
		expect(refused.items[0]!.message).toMatch(
			/5 videos costs \$1\.80, but your ContentStats account has \$3\.00 available, of which other executions are spending \$1\.80 right now$/,
		);
		expect(posts()).toHaveLength(5);
	});

	it('are both tracked if the balance covers both', async () => {
		const { track } = await createAccount({ balanceUsd: 4 });
		const runs = await Promise.all([track(LINKS.slice(0, 5)), track(LINKS.slice(5))]);
		expect(runs.flatMap(({ items }) => outcomes(items))).toEqual(times(10, 'tracked'));
	});
});
