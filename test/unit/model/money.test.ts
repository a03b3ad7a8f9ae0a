import type { Usage, Video } from '../../../nodes/ContentStats/api/schemas';
import {
	availableUsd,
	committedUsd,
	costUsd,
	estimatedDaysRemaining,
	remainingSnapshots,
	snapshotsUsd,
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
])('%d days at %d USD per snapshot cost %d USD', (days, perSnapshot, cost) => {
	expect(costUsd(days, perSnapshot)).toBe(cost);
});

test.each([
	[12.45, 0.75, 11.7],
	[5, 0, 5],
	[0.3, 0.1, 0.2],
	[0.75, 0.75, 0],
	[0.5, 0.75, -0.25],
])(
	'a balance of %d USD with %d USD uncharged leaves %d USD available',
	(balance, uncharged, available) => {
		const account = usage({ balance_usd: balance, uncharged_usage_usd: uncharged });
		expect(availableUsd(account)).toBe(available);
	},
);

test.each([
	['is 0 without videos', [], 0],
	['counts whole days', [7, 1], 2.88],
	['counts part of a day', [5.5], 1.98],
	['is 0 for a video without days left', [0], 0],
	['adds up a hundred videos of 30 days', Array<number>(100).fill(30), 1080],
	['is null if a video has null for days_remaining', [7, null], null],
	['is null if a video has no days_remaining', [undefined], null],
])('committedUsd %s', (_, days, cost) => {
	expect(committedUsd(remaining(...days), PER_SNAPSHOT)).toBe(cost);
});

test.each([
	['divides the available balance among three videos', usage(), 10.83],
	[
		'is 1 if the balance covers one video for a day',
		usage({ balance_usd: 0.36, uncharged_usage_usd: 0, active_videos: 1 }),
		1,
	],
	['is 0 if nothing is available', usage({ balance_usd: 0, uncharged_usage_usd: 0 }), 0],
	['is 0 if the account is overdrawn', usage({ balance_usd: 0, uncharged_usage_usd: 1 }), 0],
	['is null without active videos', usage({ active_videos: 0 }), null],
])('estimatedDaysRemaining %s', (_, account, days) => {
	expect(estimatedDaysRemaining(account)).toBe(days);
});

test.each([
	[7, 168],
	[2.5, 60],
	[5 / 24, 5],
	[1 / 3, 8],
	[0.04, 0],
	[-1, 0],
	[null, null],
	[undefined, null],
	[1e308, null],
])('remainingSnapshots of %p days are %p', (days, count) => {
	expect(remainingSnapshots(days)).toBe(count);
});

test('snapshotsUsd costs $0.015 for each', () => {
	expect(snapshotsUsd(647)).toBe(9.705);
});
