import { passedMarks, parseMilestones } from '../../../nodes/ContentStats/polling/milestones';

describe('parseMilestones', () => {
	test.each<[unknown, number[]]>([
		['10k, 100k, 1M', [10_000, 100_000, 1_000_000]],
		['10K 100k;1m\n2B', [10_000, 100_000, 1_000_000, 2_000_000_000]],
		['1M, 10k', [10_000, 1_000_000]],
		['1000, 1k, 1.0k', [1000]],
		['1.5k', [1500]],
		['0.25M', [250_000]],
		['1', [1]],
		['1, 2, 3', [1, 2, 3]],
		['500 2000', [500, 2000]],
		['100,1.5M', [100, 1_500_000]],
		['1.5k,2.5M', [1500, 2_500_000]],
		['500\n100', [100, 500]],
		[
			[500, 250],
			[250, 500],
		],
		['100, 2000', [100, 2000]],
		['10,1000', [10, 1000]],
		[' , 7 ,, ', [7]],
		[500, [500]],
		[
			[10, '2k'],
			[10, 2000],
		],
	])('parses %j', (value, marks) => {
		expect(parseMilestones(value)).toEqual(marks);
	});

	test.each([
		['4.1M', 4_100_000],
		['1.005k', 1005],
		['8.3B', 8_300_000_000],
	])('parses %j exactly, although a multiplication would not give a whole number', (text, mark) => {
		expect(parseMilestones(text)).toEqual([mark]);
	});

	test.each<[unknown, string]>([
		['ten', 'ten'],
		['10k, many', 'many'],
		['0', '0'],
		['-5', '-5'],
		['1.5', '1.5'],
		['1.0001k', '1.0001k'],
		['.5k', '.5k'],
		['10 k', 'k'],
		['1e3', '1e3'],
		['10T', '10T'],
		['9007199254740993', '9007199254740993'],
		[{}, '[object'],
	])('rejects %j and names the invalid part', (value, named) => {
		expect(() => parseMilestones(value)).toThrow(
			expect.objectContaining({
				kind: 'invalid_input',
				message: `“${named}” is not a milestone`,
				description: expect.stringMatching(/^Separate milestones with commas.*10k, 100k, 1\.5M$/),
			}),
		);
	});

	test.each([
		['10,000', '10,000', '“10000” or “10k”'],
		['5k, 1,000,000', '1,000,000', '“1000000” or “1M”'],
		['2 000', '2 000', '“2000” or “2k”'],
		['1,000,000,000,000', '1,000,000,000,000', '“1000000000000” or “1000B”'],
		['100,500', '100,500', '“100500” if it is one number, or “100, 500” if there are several'],
		['2 500', '2 500', '“2500” if it is one number, or “2, 500” if there are several'],
		['2\u00a0500', '2\u00a0500', '“2500” if it is one number, or “2, 500” if there are several'],
		['2\u2007500', '2\u2007500', '“2500” if it is one number, or “2, 500” if there are several'],
		[
			'1k, 2\u202f500k',
			'2\u202f500k',
			'“2500k” if it is one number, or “2, 500k” if there are several',
		],
		['1,5M', '1,5M', '“1.5M” if it is one number, or “1, 5M” if there are several'],
		['5k,1,5M', '1,5M', '“1.5M” if it is one number, or “1, 5M” if there are several'],
		['1,0M', '1,0M', '“1.0M”'],
		['0,500M', '0,500M', '“0.500M”'],
		['0,005k', '0,005k', '“0.005k”'],
		[
			'1,250M',
			'1,250M',
			'“1250M” or “1.250M” if it is one number, or “1, 250M” if there are several',
		],
		['10,20', '10,20', '“10, 20” if there are several'],
		['0,000', '0,000', null],
	])(
		'rejects %j, which may mean several milestones, and says how to write it',
		(text, found, how) => {
			expect(() => parseMilestones(text)).toThrow(
				expect.objectContaining({
					message: `“${found}” is not a milestone`,
					description: expect.stringMatching(
						new RegExp(`^${how === null ? '' : `Enter ${how}\\. `}Separate milestones`),
					),
				}),
			);
		},
	);

	it('reads a long text in linear time', () => {
		expect(() => parseMilestones('1'.repeat(1_000_000))).toThrow();
	});

	test.each(['', ' , ', [], undefined, null])('rejects %j as empty', (value) => {
		expect(() => parseMilestones(value)).toThrow(
			expect.objectContaining({ kind: 'invalid_input', message: 'No milestones provided' }),
		);
	});
});

test.each<[before: number | null, value: number, passed: number[]]>([
	[9, 9, []],
	[9, 10, [10]],
	[9, 11, [10]],
	[10, 11, []],
	[9, 1000, [10, 100, 1000]],
	[10, 1000, [100, 1000]],
	[500, 50, []],
	[0, 9, []],
	[null, 5000, []],
])('passedMarks from %p to %p returns %j of 10, 100 and 1000', (before, value, passed) => {
	expect(passedMarks([10, 100, 1000], before, value)).toEqual(passed);
});
