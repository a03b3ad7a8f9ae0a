import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { createMonotonicClock, toEpochMs, toIsoUtc } from '../../../nodes/ContentStats/utils/time';

describe('a timestamp', () => {
	test.each([
		['2024-01-29T10:00:00.000Z', '2024-01-29T10:00:00.000Z'],
		['2024-01-29T10:00:00Z', '2024-01-29T10:00:00.000Z'],
		['2024-01-29T10:00Z', '2024-01-29T10:00:00.000Z'],
		['2024-01-29T10:00:00.5Z', '2024-01-29T10:00:00.500Z'],
		['2024-01-29T10:00:00.123456Z', '2024-01-29T10:00:00.123Z'],
		['2024-01-29T10:00:00', '2024-01-29T10:00:00.000Z'],
		['2024-01-29T10:00:00.250', '2024-01-29T10:00:00.250Z'],
		['2024-01-29T10:00:00+02:00', '2024-01-29T08:00:00.000Z'],
		['2024-01-29T10:00:00.000-05:30', '2024-01-29T15:30:00.000Z'],
		['2024-01-01T00:30:00+01:00', '2023-12-31T23:30:00.000Z'],
		['2024-02-29T10:00:00Z', '2024-02-29T10:00:00.000Z'],
		['2024-02-29T10:00:00.000Z', '2024-02-29T10:00:00.000Z'],
		['2024-04-30T23:59:59.999Z', '2024-04-30T23:59:59.999Z'],
		['2024-12-31T10:00:00.000Z', '2024-12-31T10:00:00.000Z'],
		['0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
		['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
	])('of %s is read as %s', (timestamp, utc) => {
		expect(toIsoUtc(timestamp)).toBe(utc);
		expect(toEpochMs(timestamp)).toBe(Date.parse(utc));
	});

	it('without a zone is read as UTC, whatever the zone of the machine', () => {
		const module = join(__dirname, '../../../nodes/ContentStats/utils/time.ts');
		const script = `process.stdout.write(require(${JSON.stringify(module)}).toIsoUtc('2024-07-01T10:00:00'))`;
		const utc = execFileSync(process.execPath, ['--import', 'tsx', '-e', script], {
			cwd: join(__dirname, '../../..'),
			env: { ...process.env, TZ: 'America/New_York' },
		});
		expect(utc.toString()).toBe('2024-07-01T10:00:00.000Z');
	});

	test.each([
		'',
		'yesterday',
		'2024-01-29',
		'1706522400000',
		'29.01.2024 10:00',
		'2024-13-01T10:00:00Z',
		'2024-01-32T10:00:00Z',
		'2024-01-29T25:00:00Z',
		'2024-01-29T10:61:00Z',
		'2024-02-30T10:00:00Z',
		'2023-02-29T10:00:00Z',
		'2024-04-31T10:00:00',
		'2024-04-31T10:00:00.000Z',
		'2024-11-31T10:00:00.000Z',
		'2024-02-30T10:00:00.000Z',
		'2023-02-29T10:00:00.000Z',
		'2024-02-30T10:00:00+02:00',
		'2024-01-29T10:00:00Zulu',
		'0000-01-01T00:00:00+01:00',
		'9999-12-31T23:30:00-01:00',
	])('of %j is invalid and read as NaN', (timestamp) => {
		expect(toEpochMs(timestamp)).toBeNaN();
	});
});

test.each<[string, Array<[wall: number, elapsed: number]>, number[]]>([
	[
		'goes on where the clock is set back',
		[
			[1000, 0],
			[1500, 500],
			[500, 700],
			[600, 800],
		],
		[1000, 1500, 1700, 1800],
	],
	[
		'goes with the clock where the process stood still',
		[
			[1000, 0],
			[61_000, 0],
			[61_500, 500],
		],
		[1000, 61_000, 61_500],
	],
	[
		'goes with a clock that is set forward and back',
		[
			[1000, 0],
			[9000, 100],
			[1200, 200],
		],
		[1000, 9000, 9100],
	],
	[
		'takes no notice of readings a moment apart',
		[
			[1000, 0],
			[1004, 0],
			[1000, 4],
			[1010, 10],
		],
		[1000, 1000, 1004, 1010],
	],
])('a monotonic clock %s', (_, readings, expected) => {
	let [reading] = readings;
	const now = createMonotonicClock(
		() => reading![0],
		() => reading![1],
	);
	expect(readings.map((next) => ((reading = next), now()))).toEqual(expected);
});
