import { findAges, parseAges } from '../../../nodes/ContentStats/polling/ages';
import { toRow } from '../../../nodes/ContentStats/model/snapshots';
import { at, snapshot, video } from '../support/fakeClient';

describe('parseAges', () => {
	test.each<[unknown, number[]]>([
		['24h, 48h, 7d', [24, 48, 168]],
		['7d 1D;24H', [24, 168]],
		['\n48h\n', [48]],
		[
			['1h', '2d'],
			[1, 48],
		],
		['30d', [720]],
	])('parses %j', (value, hours) => {
		expect(parseAges(value)).toEqual(hours);
	});

	test.each<[unknown, RegExp, RegExp]>([
		['', /No ages provided/, /such as 24h, 48h, 7d/],
		[undefined, /No ages provided/, /such as/],
		[' , ', /No ages provided/, /such as/],
		['24', /“24” is not an age/, /Enter “24h” for hours, or “24d” for days\. /],
		['24h, soon', /“soon” is not an age/, /^Separate ages with commas/],
		['0h', /“0h” is not an age/, /^Separate/],
		['-1h', /“-1h” is not an age/, /^Separate/],
		['1.5d', /“1\.5d” is not an age/, /^Separate/],
		['1 day', /“1” is not an age/, /Enter “1h” for hours/],
		['999999999d', /“999999999d” is not an age/, /^Separate/],
		[{}, /“\[object” is not an age/, /^Separate/],
		['9'.repeat(100_000), /^“9{120}…” is not an age$/, /^Separate/],
	])('refuses %j', (value, message, description) => {
		expect(() => parseAges(value)).toThrow(
			expect.objectContaining({
				kind: 'invalid_input',
				message: expect.stringMatching(message),
				description: expect.stringMatching(description),
			}),
		);
	});
});

describe('findAges', () => {
	const row = (hours: number, counts: Record<string, unknown> = {}) =>
		toRow(video('a'), snapshot(hours, counts));
	const find = (
		from: number,
		to: number,
		{ ages = [24], emittedUntil = -Infinity, before = {}, after = {} } = {},
	) => findAges(ages, at(0), row(from, before), row(to, after), emittedUntil);

	test('gives the metrics on the line between the snapshots, in whole numbers', () => {
		// Posted at 0 h. A quarter of the way from 23.5 h to 25.5 h, views rise from 1000 to 1401.
		const before = { views: '1000', likes: '10', comments: '7', shares: null, saves: '5' };
		const after = { views: '1401', likes: '20', comments: '3', shares: '9', saves: '1.2k' };
		expect(find(23.5, 25.5, { before, after })).toEqual([
			{
				age_hours: 24,
				views_at_age: 1100,
				likes_at_age: 13,
				comments_at_age: 6,
				shares_at_age: null,
				saves_at_age: null,
			},
		]);
	});

	test.each<[string, number, number, number[]]>([
		['at the very age', 23, 24, [24]],
		['after it', 23.9, 24.1, [24]],
		['of which the one before is at the age', 24, 25, []],
		['before it', 22, 23.99, []],
		['six hours apart', 20, 26, [24]],
		['more than six hours apart', 20, 26.01, []],
	])('counts snapshots %s', (_, from, to, ages) => {
		expect(find(from, to).map(({ age_hours }) => age_hours)).toEqual(ages);
	});

	test('finds several ages at once, ascending', () => {
		const found = find(23, 26, { ages: [23, 24, 25, 26, 27] });
		expect(found.map(({ age_hours }) => age_hours)).toEqual([24, 25, 26]);
	});

	test.each([
		[23.5, [24]],
		[24, []],
		[24.5, []],
	])('leaves out what was over at a snapshot emitted at %p hours', (hours, ages) => {
		const found = find(23, 25, { emittedUntil: at(hours) });
		expect(found.map(({ age_hours }) => age_hours)).toEqual(ages);
	});
});
