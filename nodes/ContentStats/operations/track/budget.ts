import { type ContentStatsError, invalidInput } from '../../api/errors';
import { HOURS_PER_DAY } from '../../model/money';
import { createExpiringEntries } from '../../utils/expiring';
import { formatBalance, formatCost, formatPrice, roundUsd, truncate } from '../../utils/format';
import { HOUR_MS } from '../../utils/time';

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

/** What the runs of this process hold back, by account. */
const heldByAccount = new Map<string, Map<Budget, () => number>>();

/**
 * What the tries of an execution have spent so far, and the highest price that was announced to them, in
 * USD: by account and execution.
 */
const earlierTries = createExpiringEntries<{ spent: number; perDay: number }>(HOUR_MS);

/**
 * Creates the budget of a run.
 *
 * @param costPerSnapshot the price that usage names, in USD.
 * @param execution names an execution that n8n may try again; null: it does not.
 */
export function createBudget(
	account: string,
	{ maxTotalCost = Infinity, availableUsd = Infinity }: SpendingLimits,
	costPerSnapshot: number,
	execution: string | null = null,
): Budget {
	const expectedPerDay = costPerSnapshot * HOURS_PER_DAY;
	const earlier = execution === null ? undefined : earlierTries.of(account).get(execution);
	const spentBefore = earlier?.spent ?? 0;
	let perDay = Math.max(expectedPerDay, earlier?.perDay ?? 0);
	let dearest: Purchase | null = null;
	let hasReply = false;
	let planned = 0;
	let aside = 0;
	let spent = 0;
	let expected = 0;

	const heldByOthers = (): number => {
		const held = [...(heldByAccount.get(account) ?? [])].filter(([other]) => other !== budget);
		return roundUsd(held.reduce((sum, [, amount]) => sum + amount(), 0));
	};

	function passedCap(totalCost: number): PassedLimit | null {
		if (roundUsd(spentBefore + totalCost) <= maxTotalCost && maxTotalCost > 0) return null;
		const before =
			spentBefore > 0 ? `, of which this execution has spent ${formatCost(spentBefore)}` : '';
		return {
			limit: `Max Total Cost allows ${formatBalance(maxTotalCost)}${before}`,
			advice: 'Track fewer videos or days, or raise Max Total Cost',
		};
	}

	function passedBalance(totalCost: number): PassedLimit | null {
		const held = heldByOthers();
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
			? `ContentStats quoted ${formatPrice(perDay / HOURS_PER_DAY)} per snapshot for “${truncate(dearest.url)}” instead of ${formatPrice(costPerSnapshot)}`
			: `the next video costs ${formatCost(cost)}`;
		return invalidInput(
			`Stopped to stay within budget: ${reason}, and ${limit}`,
			`The remaining videos were not tracked. ${advice}`,
		);
	}

	const priceOf = (days: number): number => roundUsd(days * perDay);

	const budget: Budget = {
		check: (totalCost) => passedCap(totalCost) ?? passedBalance(totalCost),
		reserve(totalCost) {
			planned = totalCost;
			const held = heldByAccount.get(account) ?? new Map<Budget, () => number>();
			held.set(budget, () => Math.max(totalCost, roundUsd(spent + aside)));
			heldByAccount.set(account, held);
		},
		release() {
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
				perDay = cost / purchase.days;
				dearest = purchase;
			}
			if (execution === null) return;
			earlierTries.set(account, execution, { spent: roundUsd(spentBefore + spent), perDay });
		},
		giveBack(amountPutAside) {
			aside -= amountPutAside;
		},
		describeExcess: () =>
			dearest && roundUsd(spent) > roundUsd(expected)
				? `ContentStats quoted ${formatCost(spent)} instead of the expected ${formatCost(expected)}. Check the charges in your ContentStats account`
				: null,
	};
	return budget;
}
