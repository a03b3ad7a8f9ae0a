import type { VideoWithSnapshots } from '../../../nodes/ContentStats/api/schemas';
import { advanceCursor, EMPTY_CURSOR } from '../../../nodes/ContentStats/polling/cursor';
import type { EventName } from '../../../nodes/ContentStats/polling/events';
import { NEW_VIDEO, UNSEEDED_VIDEO } from '../../../nodes/ContentStats/polling/reconcile';
import type { PollSettings } from '../../../nodes/ContentStats/polling/parameters';
import { diffVideo } from '../../../nodes/ContentStats/polling/diff';
import type { WatchedVideo } from '../../../nodes/ContentStats/polling/state';
import { at, deepFreeze, iso, settingsOf, snapshot, video, watched } from '../support/fakeClient';

const NOW = at(100);
const HOUR_MS = 3_600_000;

/** What a look at a video brings; `keys` are those of all its items. */
function look(
	remembered: WatchedVideo,
	found: VideoWithSnapshots,
	settings: Partial<PollSettings> = {},
	replayed: number[] = [],
) {
	const diff = diffVideo(
		deepFreeze(remembered),
		deepFreeze(found),
		NOW,
		replayed.map(at),
		settingsOf(settings),
	);
	const items = [...diff.snapshots.flatMap((entry) => entry.items), ...diff.status];
	const hours = diff.snapshots.map(({ instant }) => (instant - at(0)) / HOUR_MS);
	return { ...diff, items, hours, keys: items.map(({ event_key }) => event_key) };
}
const keysAt = (...hours: number[]) => hours.map((hour) => `a:${iso(hour)}`);

describe('the snapshots to hand over', () => {
	test.each<[string, WatchedVideo, number[], number[]]>([
		['all, oldest first, of a new video', NEW_VIDEO, [3, 1, 2], [1, 2, 3]],
		['those that are missing, of a known one', watched([1, 3]), [3, 2, 1, 4, 4], [2, 4]],
		['none where nothing is new', watched([1, 2]), [2, 1], []],
		['none where there is none', watched([1, 2]), [], []],
	])('are %s', (_, remembered, there, hours) => {
		expect(look(remembered, video('a', { hours: there }))).toMatchObject({ hours, hasMore: false });
	});

	test.each<[number, number[], boolean]>([
		[2, [1, 2], true],
		[3, [1, 2, 4], false],
	])('are the oldest %p where a poll may emit no more', (maxItemsPerPoll, hours, hasMore) => {
		const found = video('a', { hours: [4, 2, 1] });
		expect(look(NEW_VIDEO, found, { maxItemsPerPoll })).toMatchObject({ hours, hasMore });
	});

	it('are those that are replayed too, in one order', () => {
		const found = video('a', { hours: [1, 2, 3, 4, 5] });
		expect(look(watched([1, 2, 3, 4]), found, {}, [2, 3, 9]).keys).toEqual(keysAt(2, 3, 5));
	});

	test.each([
		['a time', { snapshot_time: 'noon' }, /video a.*snapshots\[1\]\.snapshot_time/],
		['a metric', { views: 'many' }, /video a.*snapshots\[1\]\.views/],
	])('cannot be told where %s cannot be read', (_, fields, path) => {
		const broken = video('a', { snapshots: [snapshot(1), snapshot(2, fields)] });
		expect(() => look(watched([1]), broken)).toThrow(
			expect.objectContaining({
				kind: 'unreadable_reply',
				message: expect.stringMatching(path),
			}),
		);
	});

	it('do not mind what cannot be read of those that went out', () => {
		const found = video('a', { snapshots: [snapshot(1, { views: 'many' }), snapshot(2)] });
		expect(look(watched([1]), found).keys).toEqual(keysAt(2));
	});
});

describe('a video that is seeded', () => {
	const found = video('a', { hours: [1, 2, 3] });
	const seedWith = (startFrom: PollSettings['startFrom'], there = found) =>
		look(UNSEEDED_VIDEO, there, { startFrom, events: ['snapshot.created', 'tracking.started'] });

	// Until its cursor tells a cadence, it has a delay too.
	const retryDelayMs = 60_000;
	test.each<[PollSettings['startFrom'], string[], number[], Partial<WatchedVideo>]>([
		['new', [], [1, 2, 3], {}],
		['latest', keysAt(3), [1, 2], { retryDelayMs }],
		['beginning', ['a:started', ...keysAt(1, 2, 3)], [], { retryDelayMs }],
	])('from %s', (startFrom, keys, seen, delay) => {
		const diff = seedWith(startFrom);
		expect(diff.keys).toEqual(keys);
		expect(diff.after).toEqual({
			...advanceCursor(EMPTY_CURSOR, seen.map(at)),
			lastFetchedAt: NOW,
			latenessMs: 0,
			...delay,
		});
	});

	it('from latest is one snapshot, however close the others are', () => {
		const hours = Array.from({ length: 100 }, (_, n) => n / 60);
		expect(seedWith('latest', video('a', { hours })).keys).toEqual(keysAt(99 / 60));
	});

	test.each(['paused', 'completed', 'error'])('while it is %s owes no event of that', (status) => {
		const events: EventName[] = ['tracking.paused', 'tracking.ended', 'video.deleted'];
		const { keys, after } = look(UNSEEDED_VIDEO, video('a', { status, is_deleted: true }), {
			events,
		});
		expect(keys).toEqual([]);
		expect(after).toMatchObject({ status, isDeleted: true });
	});
});

describe('tracking.started', () => {
	const settings = { events: ['tracking.started'] as EventName[] };
	const STARTED = ['a:started'];

	test.each<[string, WatchedVideo, number[], number[], string[]]>([
		['is the first snapshot', NEW_VIDEO, [2, 1], [], STARTED],
		['is not what comes after', watched([1]), [1, 2], [], []],
		['is not a late snapshot before the first', watched([5]), [4, 5], [], []],
		['comes again if it is replayed', watched([1, 2]), [1, 2], [1, 2], STARTED],
		['does not come again if others are replayed', watched([1, 2]), [1, 2], [2], []],
	])('%s', (_, remembered, there, replayed, keys) => {
		expect(look(remembered, video('a', { hours: there }), settings, replayed).keys).toEqual(keys);
	});

	it('is the first snapshot only, of the parts in which a history goes out', () => {
		const found = video('a', { hours: [1, 2, 3] });
		const most = { ...settings, maxItemsPerPoll: 2 };
		expect(look(NEW_VIDEO, found, most).items).toMatchObject([{ snapshot_time: iso(1) }]);
		expect(look(watched([1, 2]), found, most).keys).toEqual([]);
	});
});

describe('milestone.reached', () => {
	const settings: Partial<PollSettings> = {
		events: ['milestone.reached'],
		milestones: [10, 100, 1000],
	};
	/** A video with these views, hour by hour. */
	const viewed = (...views: Array<number | string | null>) =>
		video('a', {
			snapshots: views.map((count, hour) => snapshot(hour, { views: count })),
		});
	const marksOf = (
		remembered: WatchedVideo,
		found: VideoWithSnapshots,
		more: Partial<PollSettings> = {},
		replayed: number[] = [],
	) =>
		look(remembered, found, { ...settings, ...more }, replayed).items.map(
			({ milestone, snapshot_time }) =>
				`${String(milestone)} at ${(Date.parse(String(snapshot_time)) - at(0)) / HOUR_MS}`,
		);

	test.each<[string, WatchedVideo, VideoWithSnapshots, string[]]>([
		['the first snapshot at a mark', watched([0]), viewed(9, 10, 11), ['10 at 1']],
		['the first above it', watched([0]), viewed('9', '11'), ['10 at 1']],
		['several marks at once', watched([0]), viewed(9, 1000), ['10 at 1', '100 at 1', '1000 at 1']],
		['marks one after the other', watched([0]), viewed(9, 50, 100), ['10 at 1', '100 at 2']],
		['none that was passed before', watched([0, 1]), viewed(9, 10, 50), []],
		['none that the first snapshot had passed', NEW_VIDEO, viewed(50, 60), []],
		['those in a history', NEW_VIDEO, viewed(9, 50, 200), ['10 at 1', '100 at 2']],
		['none again after the count fell', watched([0, 1, 2]), viewed(9, 20, 8, 12), []],
		['none again in one poll either', watched([0]), viewed(9, 20, 8, 12), ['10 at 1']],
		['none where the count is not known', watched([0]), viewed(9, null, null), []],
		['marks after gaps in what is known', watched([0, 1]), viewed(9, null, 12), ['10 at 2']],
		['none without a known count before', watched([0]), viewed(null, 12), []],
		[
			'those of counts too large for a number',
			watched([0]),
			viewed(900, '9007199254740993'),
			['1000 at 1'],
		],
	])('is of %s', (_, remembered, found, marks) => {
		expect(marksOf(remembered, found)).toEqual(marks);
	});

	it('comes once for a late snapshot that had passed it as well', () => {
		const found = viewed(9, 12, 15);
		expect(marksOf(watched([0, 2]), found)).toEqual([]);
	});

	it('is of the metric that was chosen', () => {
		const found = video('a', {
			snapshots: [90, 110].map((likes, hour) => snapshot(hour, { likes, views: 5 })),
		});
		expect(marksOf(watched([0]), found, { milestoneMetric: 'likes' })).toEqual(['100 at 1']);
	});

	test.each([1, 2, 3, 4])('is lost in no history that goes out %p at a time', (maxItemsPerPoll) => {
		const found = viewed(1, 9, 15, 99, 100, 1500);
		const marks: string[] = [];
		for (let seen = 0; seen < 6; seen += maxItemsPerPoll) {
			const out = Array.from({ length: seen }, (_, hour) => hour);
			const remembered = seen === 0 ? NEW_VIDEO : watched(out);
			marks.push(...marksOf(remembered, found, { maxItemsPerPoll }));
		}
		expect(marks).toEqual(['10 at 2', '100 at 4', '1000 at 5']);
	});

	it('comes again with a snapshot that is replayed', () => {
		expect(marksOf(watched([0, 1, 2]), viewed(9, 15, 150), {}, [1])).toEqual([]);
		expect(marksOf(watched([0, 1, 2]), viewed(9, 15, 150), {}, [1, 2])).toEqual([
			'10 at 1',
			'100 at 2',
		]);
	});
});

describe('what happened to the video', () => {
	const events: EventName[] = ['tracking.paused', 'tracking.ended', 'video.deleted'];
	const eventsOf = (remembered: WatchedVideo, fields: Partial<VideoWithSnapshots>, more = {}) =>
		look(remembered, video('a', { hours: [1, 2], ...fields }), { events, ...more }).status;

	test.each<[string, Partial<WatchedVideo>, Partial<VideoWithSnapshots>, string[]]>([
		['it runs as before', {}, {}, []],
		['it paused', {}, { status: 'paused' }, [`a:paused:${iso(2)}`]],
		['it is paused as before', { status: 'paused' }, { status: 'paused' }, []],
		['it ended', { status: 'paused' }, { status: 'completed' }, ['a:ended']],
		['it was deleted', {}, { is_deleted: true }, ['a:deleted']],
		['it is deleted as before', { isDeleted: true }, { is_deleted: true }, []],
	])('%s', (_, before, fields, keys) => {
		const status = eventsOf(watched([1, 2], before), fields);
		expect(status.map(({ event_key }) => event_key)).toEqual(keys);
	});

	it('of a new video is told as of one that ran', () => {
		expect(eventsOf(NEW_VIDEO, { status: 'completed' })).toMatchObject([
			{ event: 'tracking.ended', previous_status: 'monitoring' },
		]);
	});

	it('is told where it was asked for only', () => {
		const status = eventsOf(
			watched([1, 2]),
			{ status: 'completed', is_deleted: true },
			{
				events: ['video.deleted'],
			},
		);
		expect(status.map(({ event }) => event)).toEqual(['video.deleted']);
	});
});

describe('what is remembered then', () => {
	test.each<[string, Partial<WatchedVideo>, Partial<VideoWithSnapshots>, Partial<WatchedVideo>]>([
		['nothing of a status that is usual', { status: 'paused' }, {}, {}],
		['another status', {}, { status: 'paused' }, { status: 'paused' }],
		['its end', {}, { status: 'completed' }, { status: 'completed', endedAt: NOW }],
		['that it was deleted', {}, { is_deleted: true }, { isDeleted: true }],
		['nothing of a loss that was none', { isDeleted: true, endedAt: at(99) }, {}, {}],
		[
			'nothing of a failure or a wait',
			{ failing: { since: 1, lastTriedAt: 1 }, retryDelayMs: 7 },
			{},
			{},
		],
	])('%s', (_, before, fields, after) => {
		const remembered = watched([1, 2, 3], before);
		const found = video('a', { hours: [1, 2, 3], ...fields });
		const { after: remembers } = look(remembered, found);
		expect(remembers).toEqual({ ...watched([1, 2, 3]), lastFetchedAt: NOW, ...after });
	});

	it('the lateness that is learned from what is fresh', () => {
		const remembered = watched([97, 98, 99], { latenessMs: HOUR_MS, lastFetchedAt: at(99.9) });
		const { after } = look(remembered, video('a', { hours: [97, 98, 99, 99.5] }));
		expect(after.latenessMs).toBe(HOUR_MS / 2);
	});
});

describe('options', () => {
	const found = video('a', { hours: [1, 2, 4], last_updated: iso(4) });

	it('add the growth since the snapshot before, handed over or not', () => {
		expect(look(watched([1, 2]), found, { includeGrowth: true }).items).toEqual([
			expect.objectContaining({
				event_key: `a:${iso(4)}`,
				hours_since_previous: 2,
				views_delta: 200,
				views_per_hour: 100,
			}),
		]);
	});

	it('add no growth to the first', () => {
		expect(look(NEW_VIDEO, found, { includeGrowth: true }).items[0]).toMatchObject({
			event_key: `a:${iso(1)}`,
			hours_since_previous: null,
			views_delta: null,
		});
	});

	it('add nothing unless they are chosen', () => {
		const [item] = look(watched([1, 2]), found).items;
		expect(Object.keys(item!).at(-1)).toBe('saves');
	});

	it('add the video as the API sends it, without all its snapshots, to each item', () => {
		const ended = { ...found, status: 'completed' };
		const { snapshots: _, ...metadata } = ended;
		const settings: Partial<PollSettings> = {
			simplify: false,
			events: ['snapshot.created', 'tracking.ended'],
		};
		const { items } = look(watched([1, 2]), ended, settings);
		expect(items.map((item) => item.video)).toEqual([metadata, metadata]);
	});
});
