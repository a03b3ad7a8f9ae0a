import { advanceCursor, startCursor } from '../../../nodes/ContentStats/polling/cursor';
import type { EventItem } from '../../../nodes/ContentStats/polling/events';
import { handOver, prune } from '../../../nodes/ContentStats/polling/handOver';
import type { Sighting } from '../../../nodes/ContentStats/polling/sighting';
import type { WatchedVideo } from '../../../nodes/ContentStats/polling/state';
import { at, deepFreeze, watched } from '../world';

const item = (event_key: string): EventItem => ({ event: 'snapshot.created', event_key });
const ENDED: EventItem = { event: 'tracking.ended', event_key: 'ended' };
const DELETED: EventItem = { event: 'video.deleted', event_key: 'deleted' };

/** A look at a video that found snapshots at these hours, each of which makes one item. */
const sighting = (id: string, hours: number[], fields: Partial<Sighting> = {}): Sighting => ({
	id,
	after: watched([], { checked: at(50) }),
	snapshots: hours.map((hour) => ({ instant: at(hour), items: [item(`${id}${hour}`)] })),
	hasMore: false,
	status: [],
	...fields,
});
const BEFORE = watched([0], { checked: at(40), failing: { since: at(30), tried: at(31) } });

const handOverAll = (
	sightings: Sighting[],
	most = 1000,
	remembered: (id: string) => WatchedVideo | undefined = () => BEFORE,
) => {
	const out = handOver(deepFreeze(sightings), remembered, most);
	const items = [...out.snapshotItems, ...out.statusItems];
	return { ...out, keys: items.map(({ event_key }) => event_key), left: [...out.leftOver] };
};

const many = [sighting('b', [1, 3]), sighting('a', [3, 2]), sighting('c', [5])];

describe('what goes out', () => {
	it('is oldest first over all videos, and the same in whatever order they came', () => {
		const keys = ['b1', 'a2', 'a3', 'b3', 'c5'];
		expect(handOverAll(many).keys).toEqual(keys);
		expect(handOverAll([...many].reverse()).keys).toEqual(keys);
	});

	test.each<[number, string[], string[]]>([
		[1, ['b1'], ['b', 'a', 'c']],
		[2, ['b1', 'a2'], ['b', 'a', 'c']],
		[3, ['b1', 'a2', 'a3'], ['b', 'c']],
		[4, ['b1', 'a2', 'a3', 'b3'], ['c']],
		[5, ['b1', 'a2', 'a3', 'b3', 'c5'], []],
		[6, ['b1', 'a2', 'a3', 'b3', 'c5'], []],
	])('is at most %p items, the oldest', (most, keys, left) => {
		expect(handOverAll(many, most)).toMatchObject({ keys, left });
	});

	it('keeps the items of a snapshot together', () => {
		const snapshots = [
			{ instant: at(1), items: [item('a1')] },
			{ instant: at(2), items: [item('a2'), item('a2 too')] },
		];
		const sightings = [sighting('a', [], { snapshots })];
		expect(handOverAll(sightings, 2).keys).toEqual(['a1']);
		expect(handOverAll(sightings, 3).keys).toEqual(['a1', 'a2', 'a2 too']);
	});

	it('is one snapshot at least, however many items it makes', () => {
		const snapshots = [{ instant: at(1), items: [item('a1'), item('a1 too')] }];
		expect(handOverAll([sighting('a', [], { snapshots })], 1).keys).toEqual(['a1', 'a1 too']);
	});

	it('passes over snapshots of which nothing was asked for', () => {
		const snapshots = [1, 2].map((hour) => ({ instant: at(hour), items: [] }));
		const out = handOverAll([sighting('a', [], { snapshots }), sighting('b', [3])], 1);
		expect(out.keys).toEqual(['b3']);
		expect(out.snapshots).toEqual({ a: [at(1), at(2)], b: [at(3)] });
	});

	it('is told by its instants', () => {
		expect(handOverAll(many, 3).snapshots).toEqual({ b: [at(1)], a: [at(2), at(3)] });
	});
});

describe('what happened to a video', () => {
	test.each<[string, Partial<Sighting>, number, string[], string[]]>([
		['comes after all snapshots', {}, 9, ['a1', 'a4', 'b2', 'ended', 'deleted'], []],
		['comes while it fits', {}, 5, ['a1', 'a4', 'b2', 'ended', 'deleted'], []],
		['waits for the next poll where it does not', {}, 4, ['a1', 'a4', 'b2'], ['a']],
		['waits for the last snapshot of the video', {}, 2, ['a1', 'b2'], ['a']],
		['waits for what is still to be read', { hasMore: true }, 9, ['a1', 'a4', 'b2'], ['a']],
	])('%s', (_, fields, most, keys, left) => {
		const ended = sighting('a', [1, 4], { status: [ENDED, DELETED], ...fields });
		const out = handOverAll([ended, sighting('b', [2])], most);
		expect([...out.keys].sort()).toEqual([...keys].sort());
		expect(out.left).toEqual(left);
		expect(out.statusItems).toEqual(keys.includes('ended') ? [ENDED, DELETED] : []);
	});

	it('goes out where nothing else does, however many items it is', () => {
		const sightings = ['a', 'b'].map((id) => sighting(id, [], { status: [ENDED, DELETED] }));
		const out = handOverAll(sightings, 1);
		expect(out.keys).toEqual(['ended', 'deleted']);
		expect(out.left).toEqual(['b']);
	});
});

describe('what is remembered', () => {
	const after = watched([0], { checked: at(50), late: 5, status: 'completed', ended: at(50) });
	const rememberedAfter = (most: number, fields: Partial<Sighting>) =>
		handOverAll([sighting('a', [1, 2], { after, ...fields })], most).videos.a;
	const { failing: _, ...before } = BEFORE;
	const cursorAfter = (...hours: number[]) => advanceCursor(startCursor, hours.map(at));

	test.each<[string, number, Partial<Sighting>, WatchedVideo]>([
		[
			'is what was found, where all of it went out',
			9,
			{ status: [ENDED] },
			{ ...after, ...cursorAfter(0, 1, 2), checked: at(50) },
		],
		[
			'is due at once, where a part went out',
			1,
			{},
			{ ...after, ...cursorAfter(0, 1), checked: at(50), more: true },
		],
		[
			'is due at once, where there is more',
			9,
			{ hasMore: true },
			{ ...after, ...cursorAfter(0, 1, 2), checked: at(50), more: true },
		],
		[
			'is as it was but for its cursor, where what happened to it is still to be told',
			2,
			{ status: [ENDED] },
			{ ...before, ...cursorAfter(0, 1, 2), checked: at(50), more: true },
		],
	])('%s', (_, most, fields, expected) => {
		expect(rememberedAfter(most, fields)).toEqual(expected);
	});

	it('is nothing of a video that is not watched', () => {
		const out = handOverAll([sighting('a', [1])], 9, () => undefined);
		expect(out.keys).toEqual(['a1']);
		expect(out.videos).toEqual({});
	});
});

describe('prune', () => {
	test.each([1, 2, 3, 4, 5, 9])(
		'changes nothing of what goes out of a poll of %p items, and marks what has more',
		(most) => {
			const pruned = prune(deepFreeze(many), most);
			const out = handOverAll(many, most);
			expect(pruned.flatMap(({ snapshots }) => snapshots)).toHaveLength(out.keys.length);
			expect(handOverAll(pruned, most)).toEqual(out);
		},
	);

	it('keeps what had more before', () => {
		const pruned = prune([sighting('a', [1], { hasMore: true })], 9);
		expect(pruned).toMatchObject([{ hasMore: true }]);
	});

	it('leaves alone what has no snapshots', () => {
		const sightings = [sighting('a', [], { status: [ENDED] })];
		expect(prune(sightings, 1)).toEqual(sightings);
	});
});
