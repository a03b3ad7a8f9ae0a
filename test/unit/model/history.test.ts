import type { VideoWithSnapshots } from '../../../nodes/ContentStats/api/schemas';
import { datedSnapshots, readSnapshotAt } from '../../../nodes/ContentStats/model/history';
import { at, iso, snapshot, video } from '../support/fakeClient';

const SNAPSHOT = {
	id: 'snap_001',
	snapshot_id: 'external_snap_123',
	snapshot_time: '2024-01-29T10:00:00.000Z',
	views: '1250000',
	likes: '185000',
	comments: '4200',
	shares: '12500',
	saves: '8900',
	provider: 'render',
};
const without = (object: object, ...names: string[]) =>
	Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

describe('readSnapshotAt', () => {
	const readSnapshots = (source: VideoWithSnapshots) =>
		datedSnapshots(source).map((entry) => readSnapshotAt(source, entry));

	const withSnapshots = (...snapshots: unknown[]): VideoWithSnapshots => video('a', { snapshots });

	test.each<[string, object]>([
		['the reference', SNAPSHOT],
		['the quickstart', without(SNAPSHOT, 'id', 'snapshot_id', 'saves', 'provider')],
		['numbers', { ...SNAPSHOT, views: 1250000, likes: 0 }],
		['unknown metrics', { ...SNAPSHOT, views: null, shares: undefined, saves: '' }],
		['digits past 2^53', { ...SNAPSHOT, views: '9007199254740993' }],
		['no zone', { ...SNAPSHOT, snapshot_time: '2024-01-29T10:00:00' }],
	])('accepts a snapshot as in %s', (_, entry) => {
		expect(readSnapshots(withSnapshots(entry))).toEqual([entry]);
	});

	test.each([
		['no snapshots', []],
		['null', null],
		['undefined', undefined],
	])('has none of %s', (_, snapshots) => {
		expect(readSnapshots(video('a', { snapshots }))).toEqual([]);
		expect(datedSnapshots(video('a', { snapshots }))).toEqual([]);
	});

	test.each<[string, unknown, string]>([
		['a metric in words', { ...SNAPSHOT, views: '1.2M' }, 'snapshots[1].views'],
		['a metric with commas', { ...SNAPSHOT, views: '1,250,000' }, 'snapshots[1].views'],
		['a fraction', { ...SNAPSHOT, likes: 1.5 }, 'snapshots[1].likes'],
		['a fraction as text', { ...SNAPSHOT, likes: '1.5' }, 'snapshots[1].likes'],
		['a negative count', { ...SNAPSHOT, shares: -1 }, 'snapshots[1].shares'],
		['a negative text', { ...SNAPSHOT, shares: '-1' }, 'snapshots[1].shares'],
		['a truth value', { ...SNAPSHOT, saves: true }, 'snapshots[1].saves'],
		['no time', without(SNAPSHOT, 'snapshot_time'), 'snapshots[1].snapshot_time'],
		['a time in words', { ...SNAPSHOT, snapshot_time: 'noon' }, 'snapshots[1].snapshot_time'],
		[
			'no day',
			{ ...SNAPSHOT, snapshot_time: '2024-02-30T10:00:00Z' },
			'snapshots[1].snapshot_time',
		],
		[
			'a number for a time',
			{ ...SNAPSHOT, snapshot_time: 1706522400 },
			'snapshots[1].snapshot_time',
		],
		['null', null, 'snapshots[1]'],
		['text', 'snapshot', 'snapshots[1]'],
	])('refuses %s and names it', (_, entry, path) => {
		const message = expect.stringContaining(`about video a that cannot be understood (${path}: `);
		expect(() => readSnapshots(withSnapshots(snapshot(0), entry))).toThrow(
			expect.objectContaining({ kind: 'unreadable_reply', message }),
		);
	});

	it('gives them oldest first and each instant once', () => {
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

	it('are oldest first and each instant there once, by where it stands first', () => {
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
		['all from the first on', at(0), [0, 1, 2, 3, 4]],
		['from one on, with the one before it', at(2), [1, 2, 3, 4]],
		['from between two on, with the one before', at(2.5), [2, 3, 4]],
		['the newest alone, from after all', at(9), [4]],
		['the newest alone, from the end of time', Infinity, [4]],
		['all, from the beginning of time', -Infinity, [0, 1, 2, 3, 4]],
		['all, from what is no time', 1e300, [0, 1, 2, 3, 4]],
	])('are %s', (_, from, hours) => {
		expect(instants(FIVE, from)).toEqual(hours.map(at));
	});

	it('pass over none that is spelled in another way than the API does', () => {
		const times = [iso(0), iso(1).replace('.000Z', 'Z'), iso(2).replace('Z', '+00:00'), iso(8)];
		const snapshots = times.map((snapshot_time) => ({ snapshot_time }));
		expect(instants(snapshots, at(8))).toEqual([0, 1, 2, 8].map(at));
	});

	it('look at nothing but the time', () => {
		const broken = { ...snapshot(1), views: 'many' };
		const source = video('a', { snapshots: [snapshot(2), broken] });
		expect(datedSnapshots(source)).toHaveLength(2);
		expect(() => readSnapshotAt(source, { index: 1 })).toThrow(/snapshots\[1\]\.views/);
		expect(readSnapshotAt(source, { index: 0 })).toEqual(snapshot(2));
	});

	test.each([null, {}, 'x', { snapshot_time: 7 }, { snapshot_time: '2024-02-30T10:00:00Z' }])(
		'refuse %j and name it',
		(entry) => {
			expect(() => datedSnapshots(video('a', { snapshots: [snapshot(0), entry] }))).toThrow(
				expect.objectContaining({
					kind: 'unreadable_reply',
					message: expect.stringContaining('snapshots[1]'),
				}),
			);
		},
	);
});
