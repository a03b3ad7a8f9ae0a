import type { VideoWithSnapshots } from '../../../nodes/ContentStats/api/schemas';
import { datedSnapshots, readSnapshotAt } from '../../../nodes/ContentStats/model/history';
import { at, iso, SNAPSHOT, snapshot, video, without } from '../support/fakeClient';

describe('readSnapshotAt', () => {
	const readSnapshots = (source: VideoWithSnapshots) =>
		datedSnapshots(source).map((entry) => readSnapshotAt(source, entry));

	const withSnapshots = (...snapshots: unknown[]): VideoWithSnapshots => video('a', { snapshots });

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
	])('accepts %s', (_, entry) => {
		expect(readSnapshots(withSnapshots(entry))).toEqual([entry]);
	});

	test.each([
		['an empty list', []],
		['null', null],
		['undefined', undefined],
	])('returns no snapshots if the field is %s', (_, snapshots) => {
		expect(readSnapshots(video('a', { snapshots }))).toEqual([]);
		expect(datedSnapshots(video('a', { snapshots }))).toEqual([]);
	});

	test.each<[string, unknown, string]>([
		['an abbreviated metric', { ...SNAPSHOT, views: '1.2M' }, 'snapshots[1].views'],
		['a metric with commas', { ...SNAPSHOT, views: '1,250,000' }, 'snapshots[1].views'],
		['a fractional count', { ...SNAPSHOT, likes: 1.5 }, 'snapshots[1].likes'],
		['a fractional count as text', { ...SNAPSHOT, likes: '1.5' }, 'snapshots[1].likes'],
		['a negative count', { ...SNAPSHOT, shares: -1 }, 'snapshots[1].shares'],
		['a negative count as text', { ...SNAPSHOT, shares: '-1' }, 'snapshots[1].shares'],
		['a boolean metric', { ...SNAPSHOT, saves: true }, 'snapshots[1].saves'],
		['a missing time', without(SNAPSHOT, 'snapshot_time'), 'snapshots[1].snapshot_time'],
		['a time in words', { ...SNAPSHOT, snapshot_time: 'noon' }, 'snapshots[1].snapshot_time'],
		[
			'a date that does not exist',
			{ ...SNAPSHOT, snapshot_time: '2024-02-30T10:00:00Z' },
			'snapshots[1].snapshot_time',
		],
		['a numeric time', { ...SNAPSHOT, snapshot_time: 1706522400 }, 'snapshots[1].snapshot_time'],
		['a null entry', null, 'snapshots[1]'],
		['an entry that is text', 'snapshot', 'snapshots[1]'],
	])('rejects %s and names its path', (_, entry, path) => {
		const message = expect.stringContaining(`about video a that cannot be understood (${path}: `);
		expect(() => readSnapshots(withSnapshots(snapshot(0), entry))).toThrow(
			expect.objectContaining({ kind: 'unreadable_reply', message }),
		);
	});

	it('returns snapshots oldest first, each instant once', () => {
		const spelledOtherwise = { ...snapshot(1), snapshot_time: iso(1).replace('.000Z', '') };
		const read = readSnapshots(
			withSnapshots(snapshot(2), snapshot(0), snapshot(1), spelledOtherwise, snapshot(0)),
		);
		expect(read.map(({ snapshot_time }) => snapshot_time)).toEqual([iso(0), iso(1), iso(2)]);
	});
});

describe('datedSnapshots', () => {
	const instants = (snapshots: unknown[], from?: number) =>
		datedSnapshots(video('a', { snapshots }), from).map(({ instant }) => instant);

	it('returns snapshots oldest first, keeping the first entry of each instant', () => {
		const source = video('a', {
			snapshots: [
				snapshot(12),
				snapshot(2),
				{ snapshot_time: iso(2).replace('Z', '+00:00') },
				snapshot(0),
			],
		});
		expect(datedSnapshots(source)).toEqual([
			{ instant: at(0), index: 3 },
			{ instant: at(2), index: 1 },
			{ instant: at(12), index: 0 },
		]);
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

	it('keeps every snapshot whose time is spelled differently from the API’s', () => {
		const times = [iso(0), iso(1).replace('.000Z', 'Z'), iso(2).replace('Z', '+00:00'), iso(8)];
		const snapshots = times.map((snapshot_time) => ({ snapshot_time }));
		expect(instants(snapshots, at(8))).toEqual([0, 1, 2, 8].map(at));
	});

	it('validates only the time of a snapshot', () => {
		const broken = { ...snapshot(1), views: 'many' };
		const source = video('a', { snapshots: [snapshot(2), broken] });
		expect(datedSnapshots(source)).toHaveLength(2);
		expect(() => readSnapshotAt(source, { index: 1 })).toThrow(/snapshots\[1\]\.views/);
		expect(readSnapshotAt(source, { index: 0 })).toEqual(snapshot(2));
	});
});
