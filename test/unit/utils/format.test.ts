import { formatUsd, listFirst, roundUsd } from '../../../nodes/ContentStats/utils/format';

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
	[2.52, '$2.52'],
	[0, '$0.00'],
	[5, '$5.00'],
	[1080, '$1080.00'],
	[0.1 + 0.2, '$0.30'],
	[0.015, '$0.015'],
	[12.4567, '$12.4567'],
])('formatUsd formats %d as %s', (amount, text) => {
	expect(formatUsd(amount)).toBe(text);
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
