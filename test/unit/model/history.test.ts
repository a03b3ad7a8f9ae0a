import type { Snapshot } from '../../../nodes/ContentStats/api/schemas';
import { datedSnapshots, readHistory, unusableOf } from '../../../nodes/ContentStats/model/history';
import { at, iso, SNAPSHOT, snapshot, video, without } from '../support/fakeClient';

describe('readHistory', () => {
	const read = (...snapshots: unknown[]) => readHistory(video('a', { snapshots }));

	test.each<[string, object]>([
		['a snapshot as in the API reference', SNAPSHOT],
		[
			'a snapshot as in the quickstart',
			without(SNAPSHOT, 'id', 'snapshot_id', 'saves', 'provider'),
		],
		['metrics sent as numbers', { ...SNAPSHOT, views: 1250000, likes: 0 }],
		['null, missing and empty metrics', { ...SNAPSHOT, views: null, shares: undefined, saves: '' }],
		['a count past 2^53', { ...SNAPSHOT, views: '9007199254740993' }],
		['a time without a zone', { ...SNAPSHOT, snapshot_time: '2024-01-29T10:00:00' }],
	])('finds nothing unusable in %s', (_, entry) => {
		const { rows, unusable } = read(entry);
		expect(rows).toHaveLength(1);
		expect(unusable).toEqual([]);
	});

	test.each([
		['an empty list', []],
		['null', null],
		['undefined', undefined],
	])('returns no rows if the field is %s', (_, snapshots) => {
		expect(readHistory(video('a', { snapshots }))).toEqual({
			rows: [],
			instants: [],
			unusable: [],
		});
	});

	test.each<[string, string, unknown]>([
		['an abbreviated count', 'views', '1.2M'],
		['a count with commas', 'views', '1,250,000'],
		['words', 'views', 'N/A'],
		['a fraction', 'likes', 12.5],
		['a fraction as text', 'likes', '1.5'],
		['a hidden count', 'likes', -1],
		['a hidden count as text', 'likes', '-1'],
		['a boolean', 'saves', false],
		['a list', 'comments', []],
		['infinity', 'shares', Infinity],
		['digits of another script', 'shares', '１２'],
	])('reads %s as null, and every other metric', (_, metric, value) => {
		const { rows, unusable } = read(snapshot(0), snapshot(1, { [metric]: value }));
		const { rows: asNull } = read(snapshot(0), snapshot(1, { [metric]: null }));
		expect(rows).toEqual(asNull);
		expect(unusable).toEqual([metric]);
	});

	test.each<[string, unknown]>([
		['without a time', without(SNAPSHOT, 'snapshot_time')],
		['with a time in words', { ...SNAPSHOT, snapshot_time: 'noon' }],
		['on a day that does not exist', { ...SNAPSHOT, snapshot_time: '2024-02-30T10:00:00Z' }],
		['with a numeric time', { ...SNAPSHOT, snapshot_time: 1706522400 }],
		['that is null', null],
		['that is text', 'snapshot'],
	])('leaves out a snapshot %s, and no other', (_, entry) => {
		const { rows, unusable } = read(snapshot(0), entry, snapshot(1));
		expect(rows).toEqual(read(snapshot(0), snapshot(1)).rows);
		expect(unusable).toEqual(['snapshot_time']);
	});

	it('returns rows oldest first, each instant once', () => {
		const spelledOtherwise = { ...snapshot(1), snapshot_time: iso(1).replace('.000Z', '') };
		const { rows } = read(snapshot(2), snapshot(0), snapshot(1), spelledOtherwise, snapshot(0));
		expect(rows.map(({ snapshot_time }) => snapshot_time)).toEqual([iso(0), iso(1), iso(2)]);
	});
});

it('unusableOf names each field once', () => {
	const odd = [snapshot(0, { likes: -1 }), snapshot(1, { likes: 'x', saves: {} })] as Snapshot[];
	expect(unusableOf(odd, true)).toEqual(['snapshot_time', 'likes', 'saves']);
});

describe('datedSnapshots', () => {
	const instants = (snapshots: unknown[], from?: number) =>
		datedSnapshots(video('a', { snapshots }), from).dated.map(({ instant }) => instant);

	it('returns snapshots oldest first, keeping the first entry of each instant', () => {
		const source = video('a', {
			snapshots: [
				snapshot(12),
				snapshot(2),
				{ snapshot_time: iso(2).replace('Z', '+00:00') },
				snapshot(0),
			],
		});
		const [hour12, hour2, , hour0] = source.snapshots as Snapshot[];
		expect(datedSnapshots(source)).toEqual({
			dated: [
				{ instant: at(0), snapshot: hour0 },
				{ instant: at(2), snapshot: hour2 },
				{ instant: at(12), snapshot: hour12 },
			],
			isAnyUndated: false,
		});
	});

	const FIVE = [3, 0, 4, 1, 2].map((hours) => snapshot(hours));

	test.each<[string, number, number[]]>([
		['every snapshot, given the first instant', at(0), [0, 1, 2, 3, 4]],
		['the snapshots from an instant on, with the one before it', at(2), [1, 2, 3, 4]],
		['the snapshots from a time between two on, with the one before it', at(2.5), [2, 3, 4]],
		['only the newest, given a time after all', at(9), [4]],
		['only the newest, given Infinity', Infinity, [4]],
		['every snapshot, given -Infinity', -Infinity, [0, 1, 2, 3, 4]],
		['every snapshot, given a time out of range', 1e300, [0, 1, 2, 3, 4]],
	])('returns %s', (_, from, hours) => {
		expect(instants(FIVE, from)).toEqual(hours.map(at));
	});

	it.each(['2026-01-04T23:59:60.000Z', '9999-99-99T99:99:99.999Z'])(
		'finds the newest beside %s, which is no time',
		(snapshot_time) => {
			expect(instants([...FIVE, { snapshot_time }], Infinity)).toContain(at(4));
		},
	);

	test.each<[unknown]>([[{ toString: 1 }], [{ toString: null, valueOf: null }]])(
		'leaves out a snapshot whose time is %j',
		(snapshot_time) => {
			expect(instants([...FIVE, { snapshot_time }])).toHaveLength(5);
		},
	);

	it('keeps every snapshot whose time is spelled differently from the API’s', () => {
		const times = [iso(0), iso(1).replace('.000Z', 'Z'), iso(2).replace('Z', '+00:00'), iso(8)];
		const snapshots = times.map((snapshot_time) => ({ snapshot_time }));
		expect(instants(snapshots, at(8))).toEqual([0, 1, 2, 8].map(at));
	});
});
