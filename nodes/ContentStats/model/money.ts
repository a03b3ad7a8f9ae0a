import type { Usage, Video } from '../api/schemas';
import { roundDays, roundUsd } from '../utils/format';
import { isActive } from './videos';

/** Snapshots are taken, and charged, every hour. */
export const HOURS_PER_DAY = 24;
/** The documented price of a snapshot. The API tells the real one with the balance alone. */
const PRICE_USD = 0.015;
/** Twenty-fourths of a day may come out a little below the whole hours that they are. */
const ROUNDING_ERROR = 1e-9;

/** Returns how many snapshots a tracking will still take; null if its remaining days are unknown. */
export const remainingSnapshots = (days: number | null | undefined): number | null =>
	typeof days === 'number' && Number.isSafeInteger(Math.floor(days * HOURS_PER_DAY))
		? Math.max(0, Math.floor(days * HOURS_PER_DAY + ROUNDING_ERROR))
		: null;

/** Returns the cost of snapshots at the documented price, in USD. */
export const snapshotsUsd = (count: number): number => roundUsd(count * PRICE_USD);

/** Returns the available USD: the balance less usage that is not charged yet. */
export const availableUsd = (usage: Usage): number =>
	roundUsd(usage.balance_usd - usage.uncharged_usage_usd);

/** Returns the cost of tracking a video for `days`, in USD: one snapshot an hour. */
export const costUsd = (days: number, costPerSnapshot: number): number =>
	roundUsd(days * HOURS_PER_DAY * costPerSnapshot);

/**
 * Returns what the videos will still cost, in USD; null if one does not say how long it runs, or if the
 * price is unknown.
 */
export function committedUsd(videos: Video[], costPerSnapshot: number | null): number | null {
	// Of one that may not go on only what the API says of it counts.
	const days = videos.map(
		({ days_remaining, status }) => days_remaining ?? (isActive(status) ? null : 0),
	);
	if (costPerSnapshot === null || days.includes(null)) return null;
	return costUsd(
		days.reduce<number>((sum, next) => sum + next!, 0),
		costPerSnapshot,
	);
}

/**
 * Returns how many days the available USD last for the active videos; null without any, or if their
 * number or the price is unknown.
 */
export function estimatedDaysRemaining(usage: Usage): number | null {
	const { active_videos, cost_per_snapshot } = usage;
	if (!active_videos || cost_per_snapshot === null) return null;
	const dailyUsd = active_videos * HOURS_PER_DAY * cost_per_snapshot;
	return roundDays(Math.max(0, availableUsd(usage)) / dailyUsd);
}
