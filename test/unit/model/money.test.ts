import type { Usage, Video } from '../../../nodes/ContentStats/api/schemas';
import {
	availableUsd,
	committedUsd,
	costUsd,
	estimatedDaysRemaining,
} from '../../../nodes/ContentStats/model/money';
import { video } from '../support/fakeClient';

const PER_SNAPSHOT = 0.015;

const usage = (fields: Partial<Usage> = {}): Usage => ({
	balance_usd: 12.45,
	uncharged_usage_usd: 0.75,
	active_videos: 3,
	cost_per_snapshot: PER_SNAPSHOT,
	...fields,
});
const remaining = (...days: Array<number | null | undefined>): Video[] =>
	days.map((days_remaining, index) => video(`v${index}`, { days_remaining }));

test.each([
	[1, PER_SNAPSHOT, 0.36],
	[7, PER_SNAPSHOT, 2.52],
	[30, PER_SNAPSHOT, 10.8],
	[30 * 100, PER_SNAPSHOT, 1080],
	[5.5, PER_SNAPSHOT, 1.98],
	[7, 0.01, 1.68],
	[0, PER_SNAPSHOT, 0],
])('%d days at %d a snapshot cost %d', (days, perSnapshot, cost) => {
	expect(costUsd(days, perSnapshot)).toBe(cost);
});

test.each([
	[12.45, 0.75, 11.7],
	[5, 0, 5],
	[0.3, 0.1, 0.2],
	[0.75, 0.75, 0],
	[0.5, 0.75, -0.25],
])('of a balance of %d with %d to be charged %d is available', (balance, uncharged, available) => {
	const account = usage({ balance_usd: balance, uncharged_usage_usd: uncharged });
	expect(availableUsd(account)).toBe(available);
});

test.each([
	['no video', [], 0],
	['whole days', [7, 1], 2.88],
	['part of a day', [5.5], 1.98],
	['a video that is over', [0], 0],
	['a hundred videos of a month', Array<number>(100).fill(30), 1080],
	['a video that does not tell', [7, null], null],
	['a video without the field', [undefined], null],
])('what is committed with %s', (_, days, cost) => {
	expect(committedUsd(remaining(...days), PER_SNAPSHOT)).toBe(cost);
});

test.each([
	['three videos', usage(), 10.83],
	[
		'one video for a day',
		usage({ balance_usd: 0.36, uncharged_usage_usd: 0, active_videos: 1 }),
		1,
	],
	['nothing left', usage({ balance_usd: 0, uncharged_usage_usd: 0 }), 0],
	['less than nothing left', usage({ balance_usd: 0, uncharged_usage_usd: 1 }), 0],
	['no active video', usage({ active_videos: 0 }), null],
])('the days that remain with %s', (_, account, days) => {
	expect(estimatedDaysRemaining(account)).toBe(days);
});
