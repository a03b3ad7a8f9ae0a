import { type ContentStatsError, invalidInput } from '../../api/errors';
import { HOURS_PER_DAY } from '../../model/money';
import { formatUsd, roundUsd, truncate } from '../../utils/format';

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
	/** Puts aside what a purchase costs at the highest price so far. @throws ContentStatsError if that is too much. */
	putAside(purchase: Purchase): number;
	/**
	 * Takes a purchase from what was put aside for it.
	 *
	 * @param announced what the reply says that it costs; null without a reply.
	 */
	spend(purchase: Purchase, amountPutAside: number, announced: number | null): void;
	/** Gives back what was put aside for a purchase that failed. */
	giveBack(amountPutAside: number): void;
	/** Tells how much more was announced than expected; null if it was not. */
	describeExcess(): string | null;
}

/** What the runs of this process hold back, by account. */
const heldByAccount = new Map<string, Map<Budget, () => number>>();

/**
 * Creates the budget of a run.
 *
 * @param costPerSnapshot the price that usage names, in USD.
 */
export function createBudget(
	account: string,
	{ maxTotalCost = Infinity, availableUsd = Infinity }: SpendingLimits,
	costPerSnapshot: number,
): Budget {
	const expectedPerDay = costPerSnapshot * HOURS_PER_DAY;
	let perDay = expectedPerDay;
	let dearest: Purchase | null = null;
	let hasReply = false;
	let aside = 0;
	let spent = 0;
	let expected = 0;

	const heldByOthers = (): number => {
		const held = [...(heldByAccount.get(account) ?? [])].filter(([other]) => other !== budget);
		return roundUsd(held.reduce((sum, [, amount]) => sum + amount(), 0));
	};

	function check(totalCost: number): PassedLimit | null {
		if (totalCost > maxTotalCost || maxTotalCost === 0)
			return {
				limit: `Max Total Cost allows ${formatUsd(maxTotalCost)}`,
				advice: 'Track fewer videos or days, or raise Max Total Cost',
			};
		const held = heldByOthers();
		if (totalCost <= Math.max(0, roundUsd(availableUsd - held))) return null;
		const others = held > 0 ? `, of which other runs are spending ${formatUsd(held)} just now` : '';
		return {
			limit: `your ContentStats account has ${formatUsd(availableUsd)} left to spend${others}`,
			advice: 'Track fewer videos or days, or add credit in your ContentStats account',
		};
	}

	function stopAt({ limit, advice }: PassedLimit): ContentStatsError {
		const reason = dearest
			? `ContentStats announced ${formatUsd(perDay)} a day for “${truncate(dearest.url)}” instead of ${formatUsd(expectedPerDay)}`
			: `${formatUsd(spent)} are spent`;
		return invalidInput(
			`Stopped to stay within budget: ${reason}, and ${limit}`,
			`The rest was not tracked. ${advice}`,
		);
	}

	const budget: Budget = {
		check,
		reserve(totalCost) {
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
		putAside({ days }) {
			const cost = roundUsd(days * perDay);
			const passed = check(roundUsd(spent + aside + cost));
			if (passed) throw stopAt(passed);
			aside += cost;
			return cost;
		},
		spend(purchase, amountPutAside, announced) {
			aside -= amountPutAside;
			spent += announced ?? amountPutAside;
			expected += purchase.days * expectedPerDay;
			if (announced === null) return;
			hasReply = true;
			if (roundUsd(announced) <= roundUsd(purchase.days * perDay)) return;
			perDay = announced / purchase.days;
			dearest = purchase;
		},
		giveBack(amountPutAside) {
			aside -= amountPutAside;
		},
		describeExcess: () =>
			dearest &&
			`ContentStats announced ${formatUsd(spent)} for what its usage prices at ${formatUsd(expected)}. Check the charges in your ContentStats account`,
	};
	return budget;
}
