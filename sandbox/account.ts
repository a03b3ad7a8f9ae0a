/** Money is counted in whole millionths of a dollar, so that sums stay exact. */
type Micros = number;

const MICROS_PER_USD = 1_000_000;

/** What one snapshot costs, in USD. */
const COST_PER_SNAPSHOT = 0.015;
export const SNAPSHOTS_PER_DAY = 24;

const SNAPSHOT_COST: Micros = toMicros(COST_PER_SNAPSHOT);

/** After so many snapshots of an account what is uncharged is taken from the balance. */
const SNAPSHOTS_PER_SETTLEMENT = 10;

interface LedgerBase {
	/** ms since the epoch. */
	at: number;
	video_id: string;
	job_id: string;
	amount_usd: number;
}

/** A snapshot that was charged. */
export interface SnapshotCharge extends LedgerBase {
	kind: 'snapshot';
	/** ISO-8601 UTC. */
	snapshot_time: string;
}

/** A tracking that was accepted; it costs nothing itself. */
interface TrackEntry extends LedgerBase {
	kind: 'track';
	video_link: string;
	duration_days: number;
	estimated_cost: number;
}

export type LedgerEntry = SnapshotCharge | TrackEntry;

/** An organisation's money. */
export interface Account {
	balance: Micros;
	uncharged: Micros;
	charged: Micros;
	unsettledSnapshots: number;
	/** Every snapshot taken, free ones too. */
	totalSnapshots: number;
	ledger: LedgerEntry[];
}

/** A new account. @param balanceUsd USD */
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

/** What `days` of tracking cost, in USD. */
export function trackingCost(days: number): number {
	return toUsd(days * SNAPSHOTS_PER_DAY * SNAPSHOT_COST);
}

/** What can still be spent, in USD: the balance less what is collected but not yet charged. */
export function spendableUsd(account: Account): number {
	return toUsd(account.balance - account.uncharged);
}

/** Whether one more snapshot can be paid. */
export function canPay(account: Account): boolean {
	return account.balance - account.uncharged >= SNAPSHOT_COST;
}

/** Puts one snapshot on the bill. */
export function chargeSnapshot(
	account: Account,
	of: Pick<SnapshotCharge, 'at' | 'video_id' | 'job_id' | 'snapshot_time'>,
): void {
	account.ledger.push({ ...of, kind: 'snapshot', amount_usd: COST_PER_SNAPSHOT });
	account.uncharged += SNAPSHOT_COST;
	account.unsettledSnapshots++;
	if (account.unsettledSnapshots >= SNAPSHOTS_PER_SETTLEMENT) settle(account);
}

/** Takes what is uncharged from the balance. */
export function settle(account: Account): void {
	account.balance -= account.uncharged;
	account.charged += account.uncharged;
	account.uncharged = 0;
	account.unsettledSnapshots = 0;
}

/** The account as `GET /usage` states it. @param activeVideos videos being monitored */
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

/** USD as whole millionths. Throws RangeError when it is no finite number. */
export function toMicros(usd: number): Micros {
	if (!Number.isFinite(usd)) throw new RangeError(`Not an amount in USD: ${usd}.`);
	return Math.round(usd * MICROS_PER_USD);
}

/** Whole millionths as USD. */
export function toUsd(micros: Micros): number {
	return micros / MICROS_PER_USD;
}
