import { advanceCursor, EMPTY_CURSOR } from '../../../nodes/ContentStats/polling/cursor';
import type { EventItem } from '../../../nodes/ContentStats/polling/events';
import { emit, pruneDiffs } from '../../../nodes/ContentStats/polling/emit';
import type { VideoDiff } from '../../../nodes/ContentStats/polling/diff';
import type { WatchedVideo } from '../../../nodes/ContentStats/polling/state';
import { at, deepFreeze, watched } from '../support/fakeClient';

const item = (event_key: string): EventItem => ({ event: 'snapshot.created', event_key });
const ENDED: EventItem = { event: 'tracking.ended', event_key: 'ended' };
const DELETED: EventItem = { event: 'video.deleted', event_key: 'deleted' };

/** Builds the diff of a video with snapshots at these hours, each of which makes one item. */
const diffOf = (id: string, hours: number[], fields: Partial<VideoDiff> = {}): VideoDiff => ({
	id,
	after: watched([], { lastFetchedAt: at(50) }),
	snapshots: hours.map((hour) => ({ instant: at(hour), items: [item(`${id}${hour}`)] })),
	hasMore: false,
	status: [],
	...fields,
});
const BEFORE = watched([0], {
	lastFetchedAt: at(40),
	failing: { since: at(30), lastTriedAt: at(31) },
});

const emitAll = (
	diffs: VideoDiff[],
	most = 1000,
	remembered: (id: string) => WatchedVideo | undefined = () => BEFORE,
) => {
	const out = emit(deepFreeze(diffs), remembered, most);
	const items = [...out.snapshotItems, ...out.statusItems];
	return { ...out, keys: items.map(({ event_key }) => event_key), left: [...out.backlog] };
};

const many = [diffOf('b', [1, 3]), diffOf('a', [3, 2]), diffOf('c', [5])];

describe('what goes out', () => {
	it('is oldest first over all videos, and the same in whatever order they came', () => {
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
	])('is at most %p items, the oldest', (most, keys, left) => {
		expect(emitAll(many, most)).toMatchObject({ keys, left });
	});

	it('keeps the items of a snapshot together', () => {
		const snapshots = [
			{ instant: at(1), items: [item('a1')] },
			{ instant: at(2), items: [item('a2'), item('a2 too')] },
		];
		const diffs = [diffOf('a', [], { snapshots })];
		expect(emitAll(diffs, 2).keys).toEqual(['a1']);
		expect(emitAll(diffs, 3).keys).toEqual(['a1', 'a2', 'a2 too']);
	});

	it('is one snapshot at least, however many items it makes', () => {
		const snapshots = [{ instant: at(1), items: [item('a1'), item('a1 too')] }];
		expect(emitAll([diffOf('a', [], { snapshots })], 1).keys).toEqual(['a1', 'a1 too']);
	});

	it('passes over snapshots of which nothing was asked for', () => {
		const snapshots = [1, 2].map((hour) => ({ instant: at(hour), items: [] }));
		const out = emitAll([diffOf('a', [], { snapshots }), diffOf('b', [3])], 1);
		expect(out.keys).toEqual(['b3']);
		expect(out.instants).toEqual({ a: [at(1), at(2)], b: [at(3)] });
	});

	it('is told by its instants', () => {
		expect(emitAll(many, 3).instants).toEqual({ b: [at(1)], a: [at(2), at(3)] });
	});
});

describe('what happened to a video', () => {
	test.each<[string, Partial<VideoDiff>, number, string[], string[]]>([
		['comes after all snapshots', {}, 9, ['a1', 'a4', 'b2', 'ended', 'deleted'], []],
		['comes while it fits', {}, 5, ['a1', 'a4', 'b2', 'ended', 'deleted'], []],
		['waits for the next poll where it does not', {}, 4, ['a1', 'a4', 'b2'], ['a']],
		['waits for the last snapshot of the video', {}, 2, ['a1', 'b2'], ['a']],
		['waits for what is still to be read', { hasMore: true }, 9, ['a1', 'a4', 'b2'], ['a']],
	])('%s', (_, fields, most, keys, left) => {
		const ended = diffOf('a', [1, 4], { status: [ENDED, DELETED], ...fields });
		const out = emitAll([ended, diffOf('b', [2])], most);
		expect([...out.keys].sort()).toEqual([...keys].sort());
		expect(out.left).toEqual(left);
		expect(out.statusItems).toEqual(keys.includes('ended') ? [ENDED, DELETED] : []);
	});

	it('goes out where nothing else does, however many items it is', () => {
		const diffs = ['a', 'b'].map((id) => diffOf(id, [], { status: [ENDED, DELETED] }));
		const out = emitAll(diffs, 1);
		expect(out.keys).toEqual(['ended', 'deleted']);
		expect(out.left).toEqual(['b']);
	});
});

describe('what is remembered', () => {
	const after = watched([0], {
		lastFetchedAt: at(50),
		latenessMs: 5,
		status: 'completed',
		endedAt: at(50),
	});
	const rememberedAfter = (most: number, fields: Partial<VideoDiff>) =>
		emitAll([diffOf('a', [1, 2], { after, ...fields })], most).videos.a;
	const { failing: _, ...before } = BEFORE;
	const cursorAfter = (...hours: number[]) => advanceCursor(EMPTY_CURSOR, hours.map(at));

	test.each<[string, number, Partial<VideoDiff>, WatchedVideo]>([
		[
			'is what was found, where all of it went out',
			9,
			{ status: [ENDED] },
			{ ...after, ...cursorAfter(0, 1, 2), lastFetchedAt: at(50) },
		],
		[
			'is due at once, where a part went out',
			1,
			{},
			{ ...after, ...cursorAfter(0, 1), lastFetchedAt: at(50), isDue: true },
		],
		[
			'is due at once, where there is more',
			9,
			{ hasMore: true },
			{ ...after, ...cursorAfter(0, 1, 2), lastFetchedAt: at(50), isDue: true },
		],
		[
			'is as it was but for its cursor, where what happened to it is still to be told',
			2,
			{ status: [ENDED] },
			{ ...before, ...cursorAfter(0, 1, 2), lastFetchedAt: at(50), isDue: true },
		],
	])('%s', (_, most, fields, expected) => {
		expect(rememberedAfter(most, fields)).toEqual(expected);
	});

	it('is nothing of a video that is not watched', () => {
		const out = emitAll([diffOf('a', [1])], 9, () => undefined);
		expect(out.keys).toEqual(['a1']);
		expect(out.videos).toEqual({});
	});
});

describe('prune', () => {
	test.each([1, 2, 3, 4, 5, 9])(
		'changes nothing of what goes out of a poll of %p items, and marks what has more',
		(most) => {
			const pruned = pruneDiffs(deepFreeze(many), most);
			const out = emitAll(many, most);
			expect(pruned.flatMap(({ snapshots }) => snapshots)).toHaveLength(out.keys.length);
			expect(emitAll(pruned, most)).toEqual(out);
		},
	);

	it('keeps what had more before', () => {
		const pruned = pruneDiffs([diffOf('a', [1], { hasMore: true })], 9);
		expect(pruned).toMatchObject([{ hasMore: true }]);
	});

	it('leaves alone what has no snapshots', () => {
		const diffs = [diffOf('a', [], { status: [ENDED] })];
		expect(pruneDiffs(diffs, 1)).toEqual(diffs);
	});
});
