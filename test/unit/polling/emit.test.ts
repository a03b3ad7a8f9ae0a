import { advanceCursor, EMPTY_CURSOR } from '../../../nodes/ContentStats/polling/cursor';
import type { EventItem } from '../../../nodes/ContentStats/polling/events';
import { emit, pruneDiffs } from '../../../nodes/ContentStats/polling/emit';
import type { VideoDiff } from '../../../nodes/ContentStats/polling/diff';
import type { WatchedVideo } from '../../../nodes/ContentStats/polling/state';
import { at, deepFreeze, watched } from '../support/fakeClient';

const item = (event_key: string): EventItem => ({ event: 'snapshot.created', event_key });
const ENDED: EventItem = { event: 'tracking.ended', event_key: 'ended' };
const DELETED: EventItem = { event: 'video.deleted', event_key: 'deleted' };

/** Builds the diff of a video with snapshots at these hours, one item each. */
const diffOf = (id: string, hours: number[], fields: Partial<VideoDiff> = {}): VideoDiff => ({
	id,
	repliedAt: Infinity,
	after: watched([], { lastFetchedAt: at(50) }),
	snapshots: hours.map((hour) => ({
		instant: at(hour),
		items: [item(`${id}${hour}`)],
		judged: [],
	})),
	hasMore: false,
	status: [],
	unusable: [],
	...fields,
});
const BEFORE = watched([0], {
	lastFetchedAt: at(40),
	failing: { since: at(30), lastTriedAt: at(31) },
});

const emitAll = (
	diffs: VideoDiff[],
	maxItems = 1000,
	remembered: (id: string) => WatchedVideo | undefined = () => BEFORE,
) => {
	const emission = emit(deepFreeze(diffs), remembered, maxItems);
	const items = [...emission.snapshotItems, ...emission.statusItems];
	return {
		...emission,
		keys: items.map(({ event_key }) => event_key),
		backlogIds: [...emission.backlog],
	};
};

const many = [diffOf('b', [1, 3]), diffOf('a', [3, 2]), diffOf('c', [5])];

describe('emit', () => {
	it('returns snapshots oldest first, whatever the order of the videos', () => {
		const keys = ['b1', 'a2', 'a3', 'b3', 'c5'];
		expect(emitAll(many).keys).toEqual(keys);
		expect(emitAll([...many].reverse()).keys).toEqual(keys);
	});

	test.each<[number, string[], string[]]>([
		[1, ['b1'], ['b', 'a', 'c']],
		[2, ['b1', 'a2'], ['b', 'a', 'c']],
		[3, ['b1', 'a2', 'a3'], ['b', 'c']],
		[4, ['b1', 'a2', 'a3', 'b3'], ['c']],
		[5, ['b1', 'a2', 'a3', 'b3', 'c5'], []],
		[6, ['b1', 'a2', 'a3', 'b3', 'c5'], []],
	])('returns at most the oldest %p items, and a backlog', (maxItems, keys, backlogIds) => {
		expect(emitAll(many, maxItems)).toMatchObject({ keys, backlogIds });
	});

	it('keeps the items of a snapshot together', () => {
		const snapshots = [
			{ instant: at(1), items: [item('a1')], judged: [] },
			{ instant: at(2), items: [item('a2'), item('a2 too')], judged: [] },
		];
		const diffs = [diffOf('a', [], { snapshots })];
		expect(emitAll(diffs, 2).keys).toEqual(['a1']);
		expect(emitAll(diffs, 3).keys).toEqual(['a1', 'a2', 'a2 too']);
	});

	it('returns at least one snapshot, however many items it has', () => {
		const snapshots = [{ instant: at(1), items: [item('a1'), item('a1 too')], judged: [] }];
		const { keys, backlogIds } = emitAll([diffOf('a', [], { snapshots })], 1);
		expect(keys).toEqual(['a1', 'a1 too']);
		expect(backlogIds).toEqual([]);
	});

	it('counts snapshots without items as emitted', () => {
		const snapshots = [1, 2].map((hour) => ({ instant: at(hour), items: [], judged: [] }));
		const emission = emitAll([diffOf('a', [], { snapshots }), diffOf('b', [3])], 1);
		expect(emission.keys).toEqual(['b3']);
		expect(emission.instants).toEqual({ a: [at(1), at(2)], b: [at(3)] });
	});

	it('returns the instants of the emitted snapshots by video', () => {
		expect(emitAll(many, 3).instants).toEqual({ b: [at(1)], a: [at(2), at(3)] });
	});
});

describe('the status events of a video', () => {
	test.each<[string, Partial<VideoDiff>, number, string[], string[]]>([
		['are emitted with its last snapshot', {}, 9, ['a1', 'a4', 'b2', 'ended', 'deleted'], []],
		['are emitted if they just fit', {}, 5, ['a1', 'a4', 'b2', 'ended', 'deleted'], []],
		['wait for the next poll if they do not fit', {}, 4, ['a1', 'a4', 'b2'], ['a']],
		['wait for its last snapshot', {}, 2, ['a1', 'b2'], ['a']],
		['wait for snapshots that its diff omits', { hasMore: true }, 9, ['a1', 'a4', 'b2'], ['a']],
	])('%s', (_, fields, maxItems, keys, backlogIds) => {
		const ended = diffOf('a', [1, 4], { status: [ENDED, DELETED], ...fields });
		const emission = emitAll([ended, diffOf('b', [2])], maxItems);
		expect([...emission.keys].sort()).toEqual([...keys].sort());
		expect(emission.backlogIds).toEqual(backlogIds);
		expect(emission.statusItems).toEqual(keys.includes('ended') ? [ENDED, DELETED] : []);
	});

	it('are emitted if nothing else is, even beyond the maximum', () => {
		const diffs = ['a', 'b'].map((id) => diffOf(id, [], { status: [ENDED, DELETED] }));
		const emission = emitAll(diffs, 1);
		expect(emission.keys).toEqual(['ended', 'deleted']);
		expect(emission.backlogIds).toEqual(['b']);
	});
});

describe('the new state of a video', () => {
	const after = watched([0], {
		lastFetchedAt: at(50),
		latenessMs: 5,
		status: 'completed',
		endedAt: at(50),
	});
	const stateAfter = (maxItems: number, fields: Partial<VideoDiff>) =>
		emitAll([diffOf('a', [1, 2], { after, ...fields })], maxItems).videos.a;
	const { failing: _, ...before } = BEFORE;
	const cursorAfter = (...hours: number[]) => advanceCursor(EMPTY_CURSOR, hours.map(at));

	test.each<[string, number, Partial<VideoDiff>, WatchedVideo]>([
		[
			'is the state of its diff if everything was emitted',
			9,
			{ status: [ENDED] },
			{ ...after, ...cursorAfter(0, 1, 2), lastFetchedAt: at(50) },
		],
		[
			'is due at once if some snapshots were not emitted',
			1,
			{},
			{ ...after, ...cursorAfter(0, 1), lastFetchedAt: at(50), isDue: true },
		],
		[
			'is due at once if its diff omits snapshots',
			9,
			{ hasMore: true },
			{ ...after, ...cursorAfter(0, 1, 2), lastFetchedAt: at(50), isDue: true },
		],
		[
			'keeps the old status if its status events are still to be emitted',
			2,
			{ status: [ENDED] },
			{ ...before, ...cursorAfter(0, 1, 2), lastFetchedAt: at(50), isDue: true },
		],
	])('%s', (_, maxItems, fields, expected) => {
		expect(stateAfter(maxItems, fields)).toEqual(expected);
	});

	it('is absent for a video that is not watched', () => {
		const emission = emitAll([diffOf('a', [1])], 9, () => undefined);
		expect(emission.keys).toEqual(['a1']);
		expect(emission.videos).toEqual({});
	});
});

describe('pruneDiffs', () => {
	test.each([1, 2, 3, 4, 5, 9])(
		'does not change what a poll of at most %p items emits and leaves as backlog',
		(maxItems) => {
			const pruned = pruneDiffs(deepFreeze(many), maxItems);
			const emission = emitAll(many, maxItems);
			expect(pruned.flatMap(({ snapshots }) => snapshots)).toHaveLength(emission.keys.length);
			expect(emitAll(pruned, maxItems)).toEqual(emission);
		},
	);

	it('keeps hasMore of a diff that loses no snapshot', () => {
		const pruned = pruneDiffs([diffOf('a', [1], { hasMore: true })], 9);
		expect(pruned).toMatchObject([{ hasMore: true }]);
	});

	it('does not change a diff without snapshots', () => {
		const diffs = [diffOf('a', [], { status: [ENDED] })];
		expect(pruneDiffs(diffs, 1)).toEqual(diffs);
	});
});
