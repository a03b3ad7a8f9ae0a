/** Money is counted in whole millionths of a dollar, so that sums stay exact. */
type Micros = number;

const MICROS_PER_USD = 1_000_000;

/** Price of one snapshot, in USD. */
const COST_PER_SNAPSHOT = 0.015;
export const SNAPSHOTS_PER_DAY = 24;

const SNAPSHOT_COST: Micros = toMicros(COST_PER_SNAPSHOT);

/** Uncharged usage is settled after this many snapshots of an account. */
const SNAPSHOTS_PER_SETTLEMENT = 10;

interface LedgerBase {
	/** ms since the epoch. */
	at: number;
	video_id: string;
	job_id: string;
	amount_usd: number;
}

/** A charged snapshot. */
export interface SnapshotCharge extends LedgerBase {
	kind: 'snapshot';
	/** ISO-8601 UTC. */
	snapshot_time: string;
}

/** An accepted tracking. It costs nothing itself: only snapshots are charged. */
interface TrackEntry extends LedgerBase {
	kind: 'track';
	video_link: string;
	duration_days: number;
	estimated_cost: number;
}

export type LedgerEntry = SnapshotCharge | TrackEntry;

/** Balance, charges and ledger of an organisation. */
export interface Account {
	balance: Micros;
	uncharged: Micros;
	charged: Micros;
	unsettledSnapshots: number;
	/** All snapshots taken, including free ones. */
	totalSnapshots: number;
	ledger: LedgerEntry[];
}

/** Opens an account. @param balanceUsd starting balance, USD */
export function openAccount(balanceUsd: number): Account {
	return {
		balance: toMicros(balanceUsd),
		uncharged: 0,
		charged: 0,
		unsettledSnapshots: 0,
		totalSnapshots: 0,
		ledger: [],
	};
}

/** Returns the price of `days` of tracking, in USD. */
export function trackingCost(days: number): number {
	return toUsd(days * SNAPSHOTS_PER_DAY * SNAPSHOT_COST);
}

/** Returns the available balance in USD: the balance minus uncharged usage. */
export function spendableUsd(account: Account): number {
	return toUsd(account.balance - account.uncharged);
}

/** Whether the available balance covers one more snapshot. */
export function canPay(account: Account): boolean {
	return account.balance - account.uncharged >= SNAPSHOT_COST;
}

/** Adds a snapshot to the ledger and its price to the uncharged usage; settles if due. */
export function chargeSnapshot(
	account: Account,
	of: Pick<SnapshotCharge, 'at' | 'video_id' | 'job_id' | 'snapshot_time'>,
): void {
	account.ledger.push({ ...of, kind: 'snapshot', amount_usd: COST_PER_SNAPSHOT });
	account.uncharged += SNAPSHOT_COST;
	account.unsettledSnapshots++;
	if (account.unsettledSnapshots >= SNAPSHOTS_PER_SETTLEMENT) settle(account);
}

/** Charges the uncharged usage to the balance. */
export function settle(account: Account): void {
	account.balance -= account.uncharged;
	account.charged += account.uncharged;
	account.uncharged = 0;
	account.unsettledSnapshots = 0;
}

/** Returns the account as in a reply to `GET /usage`. @param activeVideos videos being monitored */
export function usage(account: Account, activeVideos: number) {
	return {
		balance_usd: toUsd(account.balance),
		total_snapshots: account.totalSnapshots,
		active_videos: activeVideos,
		uncharged_usage_usd: toUsd(account.uncharged),
		total_charged_usd: toUsd(account.charged),
		estimated_snapshots_remaining: Math.max(0, Math.floor(account.balance / SNAPSHOT_COST)),
		cost_per_snapshot: COST_PER_SNAPSHOT,
	};
}

/** Converts USD to whole millionths. @throws RangeError if `usd` is not a finite number */
export function toMicros(usd: number): Micros {
	if (!Number.isFinite(usd)) throw new RangeError(`Not an amount in USD: ${usd}.`);
	return Math.round(usd * MICROS_PER_USD);
}

/** Converts whole millionths to USD. */
export function toUsd(micros: Micros): number {
	return micros / MICROS_PER_USD;
}
