import {
	parseBoolean,
	parseChoice,
	parsePlatform,
	parseUsd,
	parseWholeNumber,
} from '../../../nodes/ContentStats/model/parameterValues';

const FIELD = { name: 'Field', advice: 'Correct it' };
const refusal = (expected: string, shown: string) =>
	expect.objectContaining({
		kind: 'invalid_input',
		message: `Field must be ${expected}, not ${shown}`,
		description: 'Correct it',
	});

/** Values that no parameter can mean, with how a message shows them. */
const ODD: Array<[unknown, string]> = [
	[undefined, 'empty'],
	[null, 'empty'],
	['', '“”'],
	[{}, '“{}”'],
	[[], '“[]”'],
	[['true'], '“["true"]”'],
	[[5], '“[5]”'],
	[NaN, '“NaN”'],
	['x'.repeat(500), `“${'x'.repeat(120)}…”`],
];

describe('parseBoolean', () => {
	test.each<[unknown, boolean]>([
		[true, true],
		[false, false],
		['true', true],
		['false', false],
		[' FALSE\n', false],
	])('parses %j', (value, expected) => {
		expect(parseBoolean(value, FIELD)).toBe(expected);
	});

	test.each([...ODD, [1, '“1”'], [0, '“0”'], ['yes', '“yes”'], ['1', '“1”']])(
		'refuses %j',
		(value, shown) => {
			expect(() => parseBoolean(value, FIELD)).toThrow(refusal('true or false', shown));
		},
	);
});

describe('parseWholeNumber', () => {
	test.each<[unknown, number]>([
		[1, 1],
		['50', 50],
		[' 7 ', 7],
		['7.0', 7],
	])('parses %j', (value, expected) => {
		expect(parseWholeNumber(value, FIELD)).toBe(expected);
	});

	test.each([
		...ODD,
		[true, '“true”'],
		[0, '“0”'],
		['-1', '“-1”'],
		[1.5, '“1.5”'],
		['0x10', '“0x10”'],
		['1e3', '“1e3”'],
		['1,000', '“1,000”'],
		[Infinity, '“Infinity”'],
		[2 ** 60, '“1152921504606847000”'],
	])('refuses %j', (value, shown) => {
		expect(() => parseWholeNumber(value, FIELD)).toThrow(
			refusal('a whole number of at least 1', shown),
		);
	});

	it('names its bounds', () => {
		expect(() => parseWholeNumber(31, FIELD, 30)).toThrow(
			refusal('a whole number from 1 to 30', '“31”'),
		);
	});
});

describe('parseUsd', () => {
	test.each<[unknown, number]>([
		[0, 0],
		[2.5, 2.5],
		[' 2.50 ', 2.5],
		['.5', 0.5],
		['5.', 5],
		['+5', 5],
	])('parses %j', (value, expected) => {
		expect(parseUsd(value, FIELD)).toBe(expected);
	});

	test.each([
		...ODD,
		[false, '“false”'],
		[-0.01, '“-0.01”'],
		['2,50', '“2,50”'],
		['$5', '“$5”'],
		[Infinity, '“Infinity”'],
	])('refuses %j', (value, shown) => {
		expect(() => parseUsd(value, FIELD)).toThrow(refusal('an amount in USD of at least 0', shown));
	});
});

describe('parseChoice', () => {
	const CHOICES = ['one', 'TwoWords', 'three'] as const;

	test.each([
		['one', 'one'],
		[' ONE ', 'one'],
		['twowords', 'TwoWords'],
		['2', 'TwoWords'],
	])('parses %j', (value, expected) => {
		expect(parseChoice(value, CHOICES, FIELD, new Map([['2', 'TwoWords']]))).toBe(expected);
	});

	test.each([...ODD, ['four', '“four”'], ['constructor', '“constructor”'], [1, '“1”']])(
		'refuses %j, and names the choices',
		(value, shown) => {
			expect(() => parseChoice(value, CHOICES, FIELD)).toThrow(
				refusal('one, TwoWords or three', shown),
			);
		},
	);
});

it('names All among the platforms', () => {
	expect(() => parsePlatform(null)).toThrow(
		expect.objectContaining({
			message: 'Platform must be All, tiktok, youtube, instagram or twitter, not empty',
		}),
	);
});

it('reads a long text in linear time', () => {
	expect(() => parseUsd(`${'9'.repeat(1_000_000)}x`, FIELD)).toThrow();
});

test.each([
	['', ''],
	['All', ''],
	['TikTok', 'tiktok'],
	['X', 'twitter'],
	['X / Twitter', 'twitter'],
	['x/twitter', 'twitter'],
	['twitter', 'twitter'],
])('parsePlatform parses %j', (value, platform) => {
	expect(parsePlatform(value)).toBe(platform);
});
