import { type ContentStatsError, invalidInput } from '../../api/errors';
import { HOURS_PER_DAY } from '../../model/money';
import { createExpiringEntries } from '../../utils/expiring';
import { formatBalance, formatCost, formatPrice, roundUsd, truncate } from '../../utils/format';
import { DAY_MS } from '../../utils/time';

/** What a run may spend at most, in USD. */
export interface SpendingLimits {
	/** Undefined: no cap. */
	maxTotalCost?: number;
	/** What the account has left to spend; undefined: the balance is not checked. */
	availableUsd?: number;
}

/** A limit that would be passed. */
interface PassedLimit {
	/** The end of a sentence: `Max Total Cost allows $5.00`. */
	limit: string;
	/** What to do about it. */
	advice: string;
}

/** A video to be tracked, and for how many days. */
interface Purchase {
	url: string;
	days: number;
}

/** What a run has spent and may still spend, at the prices that the API announces. Amounts in USD. */
export interface Budget {
	/** Checks the cost of a plan. @returns the limit that it would pass; null if it passes none. */
	check(totalCost: number): PassedLimit | null;
	/** Holds the cost of a plan against the balance that other runs of the account see, until `release`. */
	reserve(totalCost: number): void;
	release(): void;
	/**
	 * Whether several videos may be paid for at a time. Only a reply tells what a video costs: until
	 * there is one, and under a cap, each reply is awaited before the next video.
	 */
	allowsConcurrency(): boolean;
	/** The price of tracking a video for `days`: the highest so far. */
	priceOf(days: number): number;
	/** Puts aside what a purchase costs at the highest price so far. @throws ContentStatsError if that is too much. */
	putAside(purchase: Purchase): number;
	/**
	 * Takes a purchase from what was put aside for it.
	 *
	 * @param cost what the reply says that it costs; null without a reply.
	 */
	spend(purchase: Purchase, amountPutAside: number, cost: number | null): void;
	/** Gives back what was put aside for a purchase that failed. */
	giveBack(amountPutAside: number): void;
	/** Tells how much more was announced than expected; null if it was not. */
	describeExcess(): string | null;
}

/** The USD that each run has spent or holds back. */
type AmountByRun = Map<Budget, () => number>;

const sumOfOthers = (amounts: AmountByRun, budget: Budget): number => {
	const others = [...amounts].filter(([other]) => other !== budget);
	return roundUsd(others.reduce((sum, [, amount]) => sum + amount(), 0));
};

/** What the runs of this process hold back while they spend, by account. */
const heldByAccount = new Map<string, AmountByRun>();

/** What the runs of an execution share: several calls of an AI agent may run at the same time. */
interface Execution {
	amounts: AmountByRun;
	/** The highest price that was announced to them, in USD per day. */
	perDay: number;
}

/** By account and name of the execution. */
const executions = createExpiringEntries<{ execution: Execution }>(DAY_MS);

/** Returns what an execution shares, and remembers it for another day. */
function executionNamed(account: string, name: string | null): Execution {
	const known = name === null ? undefined : executions.of(account).get(name)?.execution;
	const execution = known ?? { amounts: new Map(), perDay: 0 };
	if (name !== null) executions.set(account, name, { execution });
	return execution;
}

/**
 * Creates the budget of a run.
 *
 * @param costPerSnapshot the price that usage names, in USD.
 * @param executionName names an execution of several runs, which share the cap; null: it has one.
 */
export function createBudget(
	account: string,
	{ maxTotalCost = Infinity, availableUsd = Infinity }: SpendingLimits,
	costPerSnapshot: number,
	executionName: string | null = null,
): Budget {
	const expectedPerDay = costPerSnapshot * HOURS_PER_DAY;
	const execution = executionNamed(account, executionName);
	execution.perDay = Math.max(execution.perDay, expectedPerDay);
	let dearest: Purchase | null = null;
	let hasReply = false;
	let planned = 0;
	let aside = 0;
	let spent = 0;
	let expected = 0;

	const amount = (): number => Math.max(planned, roundUsd(spent + aside));

	function passedCap(totalCost: number): PassedLimit | null {
		const used = sumOfOthers(execution.amounts, budget);
		if (roundUsd(used + totalCost) <= maxTotalCost && maxTotalCost > 0) return null;
		const before = used > 0 ? `, of which this execution already uses ${formatCost(used)}` : '';
		return {
			limit: `Max Total Cost allows ${formatBalance(maxTotalCost)}${before}`,
			advice: 'Track fewer videos or days, or raise Max Total Cost',
		};
	}

	function passedBalance(totalCost: number): PassedLimit | null {
		const held = sumOfOthers(heldByAccount.get(account) ?? new Map(), budget);
		if (totalCost <= Math.max(0, roundUsd(availableUsd - held))) return null;
		const others =
			held > 0 ? `, of which other executions are spending ${formatCost(held)} right now` : '';
		return {
			limit: `your ContentStats account has ${formatBalance(availableUsd)} available${others}`,
			advice: 'Track fewer videos or days, or top up your ContentStats account',
		};
	}

	function stopBefore(cost: number, { limit, advice }: PassedLimit): ContentStatsError {
		const reason = dearest
			? `ContentStats quoted ${formatPrice(execution.perDay / HOURS_PER_DAY)} per snapshot for “${truncate(dearest.url)}” instead of ${formatPrice(costPerSnapshot)}`
			: `the next video costs ${formatCost(cost)}`;
		return invalidInput(
			`Stopped to stay within budget: ${reason}, and ${limit}`,
			`The remaining videos were not tracked. ${advice}`,
		);
	}

	const priceOf = (days: number): number => roundUsd(days * execution.perDay);

	const budget: Budget = {
		check: (totalCost) => passedCap(totalCost) ?? passedBalance(totalCost),
		reserve(totalCost) {
			planned = totalCost;
			const held = heldByAccount.get(account) ?? new Map();
			heldByAccount.set(account, held.set(budget, amount));
		},
		release() {
			planned = 0;
			const held = heldByAccount.get(account);
			held?.delete(budget);
			if (held?.size === 0) heldByAccount.delete(account);
		},
		allowsConcurrency: () => hasReply && maxTotalCost === Infinity,
		priceOf,
		putAside({ days }) {
			const cost = priceOf(days);
			const total = roundUsd(spent + aside + cost);
			// The balance was checked for what is planned; other runs may have read another one since.
			const passed = passedCap(total) ?? (total > planned ? passedBalance(total) : null);
			if (passed) throw stopBefore(cost, passed);
			aside += cost;
			return cost;
		},
		spend(purchase, amountPutAside, cost) {
			aside -= amountPutAside;
			spent += cost ?? amountPutAside;
			expected += purchase.days * expectedPerDay;
			hasReply ||= cost !== null;
			if (cost !== null && roundUsd(cost) > priceOf(purchase.days)) {
				execution.perDay = cost / purchase.days;
				dearest = purchase;
			}
		},
		giveBack(amountPutAside) {
			aside -= amountPutAside;
		},
		describeExcess: () =>
			dearest && roundUsd(spent) > roundUsd(expected)
				? `ContentStats quoted ${formatCost(spent)} instead of the expected ${formatCost(expected)}. Check the charges in your ContentStats account`
				: null,
	};
	execution.amounts.set(budget, amount);
	return budget;
}
