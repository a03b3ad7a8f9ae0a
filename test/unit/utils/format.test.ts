import {
	formatBalance,
	formatCost,
	formatPrice,
	listFirst,
	roundDays,
	roundUsd,
} from '../../../nodes/ContentStats/utils/format';

test.each([
	[0.1 + 0.2, 0.3],
	[2.52 * 3, 7.56],
	[
		Array<number>(100)
			.fill(10.8)
			.reduce((sum, cost) => sum + cost),
		1080,
	],
	[0.015, 0.015],
])('roundUsd rounds %d to exactly %d', (amount, rounded) => {
	expect(roundUsd(amount)).toBe(rounded);
});

test.each([
	[2.52, '$2.52', '$2.52'],
	[0, '$0.00', '$0.00'],
	[0.1 + 0.2, '$0.30', '$0.30'],
	[0.015, '$0.02', '$0.01'],
	[2.515, '$2.52', '$2.51'],
	[42.795, '$42.80', '$42.79'],
	[12.4567, '$12.46', '$12.45'],
	[-0.265, '-$0.26', '-$0.27'],
	[1e6, '$1000000.00', '$1000000.00'],
])('%d is the cost %s and the balance %s', (amount, cost, balance) => {
	expect(formatCost(amount)).toBe(cost);
	expect(formatBalance(amount)).toBe(balance);
});

test.each([
	[6.958333333333333, 6.96],
	[7, 7],
	[0, 0],
	[null, null],
	[undefined, null],
])('roundDays rounds %p to %p', (days, rounded) => {
	expect(roundDays(days)).toBe(rounded);
});

test.each([
	[0.015, '$0.015'],
	[0.36 / 24, '$0.015'],
	[0.02, '$0.020'],
	[0.0152, '$0.015200'],
	[0.015015, '$0.015015'],
])('formatPrice formats %d as %s', (amount, text) => {
	expect(formatPrice(amount)).toBe(text);
});

test.each<[string[], string]>([
	[[], ''],
	[['a'], 'a'],
	[['a', 'b', 'c'], 'a, b, c'],
	[['a', 'b', 'c', 'd', 'e'], 'a, b, c and 2 more'],
	[['x'.repeat(1000)], `${'x'.repeat(60)}…`],
])('listFirst lists %j', (entries, text) => {
	expect(listFirst(entries, 3)).toBe(text);
});
