import {
	type Budget,
	createBudget,
	type SpendingLimits,
} from '../../../../nodes/ContentStats/operations/track/budget';

const PER_SNAPSHOT = 0.015;

/** Creates a budget of an account of its own, unless one is given. */
const budgetOf = (
	limits: SpendingLimits = {},
	account: string = expect.getState().currentTestName!,
	costPerSnapshot = PER_SNAPSHOT,
): Budget => createBudget(account, limits, costPerSnapshot);

/** Pays for a video of `days`. @param announced USD in the reply; null: no reply. */
function buy(budget: Budget, days: number, announced: number | null): number {
	const purchase = { url: `https://x.com/a/status/${days}`, days };
	const cost = budget.putAside(purchase);
	budget.spend(purchase, cost, announced);
	return cost;
}

describe('check', () => {
	test.each<[string, SpendingLimits]>([
		['there are no limits', {}],
		['the cap is just met', { maxTotalCost: 7.56 }],
		['the account has just enough', { availableUsd: 7.56 }],
		['both limits allow it', { maxTotalCost: 100, availableUsd: 100 }],
	])('allows $7.56 if %s', (_, limits) => {
		expect(budgetOf(limits).check(7.56)).toBeNull();
	});

	test.each<[string, SpendingLimits, RegExp]>([
		['the cap is a cent lower', { maxTotalCost: 7.55 }, /^Max Total Cost allows \$7\.55$/],
		['the cap is 0', { maxTotalCost: 0 }, /^Max Total Cost allows \$0\.00$/],
		['the account has a cent less', { availableUsd: 7.55 }, /account has \$7\.55 available$/],
		['the account is empty', { availableUsd: 0 }, /account has \$0\.00/],
		['the account is overdrawn', { availableUsd: -0.25 }, /account has -\$0\.25/],
		['only the cap allows it', { maxTotalCost: 100, availableUsd: 1 }, /account has \$1\.00/],
		['only the account allows it', { maxTotalCost: 1, availableUsd: 100 }, /Max Total Cost/],
	])('refuses $7.56 if %s', (_, limits, limit) => {
		const passed = budgetOf(limits).check(7.56);
		expect(passed?.limit).toMatch(limit);
		expect(passed?.advice).toMatch(
			limit.source.includes('Max Total Cost') ? /raise Max Total Cost$/ : /top up/,
		);
	});

	it('spends nothing with a cap of 0, even at a price that rounds to 0', () => {
		expect(budgetOf({ maxTotalCost: 0 }, 'tiny price', 1e-9).check(0)).not.toBeNull();
	});
});

describe('the price of a video', () => {
	it('is that of usage, until a reply announces a higher one', () => {
		const budget = budgetOf({ maxTotalCost: 20 });
		expect(buy(budget, 10, 3.6)).toBe(3.6);
		expect(buy(budget, 1, 1)).toBe(0.36);
		expect(buy(budget, 2, 0.5)).toBe(2);
		expect(buy(budget, 3, null)).toBe(3);
		expect(budget.describeExcess()).toMatch(/quoted \$8\.10 instead of the expected \$5\.76/);
	});

	it('stops at the cap once it has risen, and says why', () => {
		const budget = budgetOf({ maxTotalCost: 5 });
		expect(buy(budget, 1, 3.6)).toBe(0.36);
		expect(() => buy(budget, 1, 3.6)).toThrow(
			'Stopped to stay within budget: ContentStats quoted $0.150 per snapshot for “https://x.com/a/status/1” instead of $0.015, and Max Total Cost allows $5.00',
		);
	});

	it('stops at the balance once it has risen, and says why', () => {
		const budget = budgetOf({ availableUsd: 5 });
		buy(budget, 1, 3.6);
		expect(() => buy(budget, 1, 3.6)).toThrow(/account has \$5\.00 available$/);
	});

	it('tells of no excess if everything cost what was expected, or less', () => {
		const budget = budgetOf();
		buy(budget, 1, 0.36);
		buy(budget, 7, 1);
		buy(budget, 7, null);
		expect(budget.describeExcess()).toBeNull();
	});

	it('is known of a plan at any price, to the cent', () => {
		for (const price of [0.015, 0.0000123, 1 / 3, 7e-7]) {
			const budget = budgetOf({ maxTotalCost: Number((30 * 24 * price).toFixed(4)) }, 'a', price);
			expect(() => buy(budget, 30, null)).not.toThrow();
		}
	});
});

it('counts what is put aside, and not what is given back', () => {
	const budget = budgetOf({ maxTotalCost: 0.72 });
	const purchase = { url: 'https://x.com/a/status/1', days: 1 };
	const first = budget.putAside(purchase);
	budget.putAside(purchase);
	expect(() => budget.putAside(purchase)).toThrow('Max Total Cost allows $0.72');
	budget.giveBack(first);
	expect(budget.putAside(purchase)).toBe(0.36);
});

describe('allowsConcurrency', () => {
	it('holds once a reply has shown the price', () => {
		const budget = budgetOf();
		expect(budget.allowsConcurrency()).toBe(false);
		buy(budget, 1, null);
		expect(budget.allowsConcurrency()).toBe(false);
		buy(budget, 1, 0.36);
		expect(budget.allowsConcurrency()).toBe(true);
	});

	it('never holds under a cap', () => {
		const budget = budgetOf({ maxTotalCost: 100 });
		buy(budget, 1, 0.36);
		expect(budget.allowsConcurrency()).toBe(false);
	});
});

describe('runs of one account at the same time', () => {
	it('are held against the balance together, until they end', () => {
		const [first, second] = [budgetOf({ availableUsd: 5 }), budgetOf({ availableUsd: 5 })];
		first.reserve(4);
		expect(first.check(4)).toBeNull();
		expect(second.check(1)).toBeNull();
		expect(second.check(1.01)?.limit).toBe(
			'your ContentStats account has $5.00 available, of which other executions are spending $4.00 right now',
		);
		first.release();
		expect(second.check(5)).toBeNull();
	});

	it('count what a run spends above its plan', () => {
		const [first, second] = [budgetOf({ availableUsd: 5 }), budgetOf({ availableUsd: 5 })];
		first.reserve(0.36);
		buy(first, 1, 4.5);
		expect(second.check(0.36)).toBeNull();
		expect(second.check(0.72)).not.toBeNull();
		first.release();
	});

	it('do not count those of another account', () => {
		const other = budgetOf({}, 'another account');
		other.reserve(100);
		expect(budgetOf({ availableUsd: 5 }).check(5)).toBeNull();
		other.release();
	});
});
