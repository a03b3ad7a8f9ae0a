import type { Usage, Video } from '../api/schemas';

const HOURS_PER_DAY = 24;

/** What can be spent, in USD: the balance less what was used but not charged yet. */
export const availableUsd = (usage: Usage): number =>
	roundUsd(usage.balance_usd - usage.uncharged_usage_usd);

/** What tracking a video for `days` costs in USD: one snapshot an hour. */
export const costUsd = (days: number, costPerSnapshot: number): number =>
	roundUsd(days * HOURS_PER_DAY * costPerSnapshot);

/** What the videos will still cost in USD; null where one does not say how long it runs. */
export function committedUsd(videos: Video[], costPerSnapshot: number): number | null {
	const days = videos.map((video) => video.days_remaining ?? null);
	if (days.includes(null)) return null;
	return costUsd(
		days.reduce<number>((sum, next) => sum + next!, 0),
		costPerSnapshot,
	);
}

/** How long what is available lasts for the active videos, in days; null without any. */
export function estimatedDaysRemaining(usage: Usage): number | null {
	if (usage.active_videos === 0) return null;
	const dailyUsd = usage.active_videos * HOURS_PER_DAY * usage.cost_per_snapshot;
	return Number((Math.max(0, availableUsd(usage)) / dailyUsd).toFixed(2));
}

/** Sums of floating-point cents drift in the last digits; a ten-thousandth of a dollar is exact enough. */
export const roundUsd = (amount: number): number => Number(amount.toFixed(4));

/** An amount as users read it: `$2.52`; fractions of a cent are shown as far as they go. */
export function formatUsd(amount: number): string {
	const isWholeCents = Math.abs(Number(amount.toFixed(2)) - amount) < 1e-9;
	const size = Math.abs(amount);
	return `${amount < 0 ? '-' : ''}$${isWholeCents ? size.toFixed(2) : String(roundUsd(size))}`;
}
