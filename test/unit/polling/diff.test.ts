import { readVideo, type VideoWithSnapshots } from '../../../nodes/ContentStats/api/schemas';
import { advanceCursor, EMPTY_CURSOR } from '../../../nodes/ContentStats/polling/cursor';
import { type EventName, EVENTS } from '../../../nodes/ContentStats/polling/events';
import { NEW_VIDEO, UNSEEDED_VIDEO } from '../../../nodes/ContentStats/polling/reconcile';
import type { PollSettings } from '../../../nodes/ContentStats/polling/parameters';
import { diffVideo } from '../../../nodes/ContentStats/polling/diff';
import type { WatchedVideo } from '../../../nodes/ContentStats/polling/state';
import { at, deepFreeze, iso, settingsOf, snapshot, video, watched } from '../support/fakeClient';

const NOW = at(100);
const HOUR_MS = 3_600_000;

/** Diffs a fetched video; `keys` are the event keys of all its items. */
function runDiff(
	remembered: WatchedVideo,
	found: VideoWithSnapshots,
	settings: Partial<PollSettings> = {},
	replayed: number[] = [],
) {
	const diff = diffVideo(
		deepFreeze(remembered),
		deepFreeze(readVideo(found, 'it', NOW)),
		NOW,
		replayed.map(at),
		settingsOf(settings),
	);
	const items = [...diff.snapshots.flatMap((entry) => entry.items), ...diff.status];
	const hours = diff.snapshots.map(({ instant }) => (instant - at(0)) / HOUR_MS);
	return { ...diff, items, hours, keys: items.map(({ event_key }) => event_key) };
}
const keysAt = (...hours: number[]) => hours.map((hour) => `a:${iso(hour)}`);

describe('the snapshots to emit', () => {
	test.each<[string, WatchedVideo, number[], number[]]>([
		['all of a new video, oldest first', NEW_VIDEO, [3, 1, 2], [1, 2, 3]],
		['the newer and late ones of a known video', watched([1, 3]), [3, 2, 1, 4, 4], [2, 4]],
		['none if nothing is new', watched([1, 2]), [2, 1], []],
		['none if the video has none', watched([1, 2]), [], []],
	])('are %s', (_, remembered, available, hours) => {
		expect(runDiff(remembered, video('a', { hours: available }))).toMatchObject({
			hours,
			hasMore: false,
		});
	});

	test.each<[number, number[], boolean]>([
		[2, [1, 2], true],
		[3, [1, 2, 4], false],
	])('are limited to the oldest %p by Max Items Per Poll', (maxItemsPerPoll, hours, hasMore) => {
		const found = video('a', { hours: [4, 2, 1] });
		expect(runDiff(NEW_VIDEO, found, { maxItemsPerPoll })).toMatchObject({ hours, hasMore });
	});

	it('include replayed snapshots, oldest first', () => {
		const found = video('a', { hours: [1, 2, 3, 4, 5] });
		expect(runDiff(watched([1, 2, 3, 4]), found, {}, [2, 3, 9]).keys).toEqual(keysAt(2, 3, 5));
	});

	test.each<[string, Record<string, unknown>, number[]]>([
		['snapshot_time', { snapshot_time: 'noon' }, [3]],
		['views', { views: 'many' }, [2, 3]],
	])('are all that can be read if a %s is odd, and name it', (field, fields, hours) => {
		const found = video('a', { snapshots: [snapshot(1), snapshot(2, fields), snapshot(3)] });
		const { keys, unusable, items } = runDiff(watched([1]), found);
		expect(keys).toEqual(keysAt(...hours));
		expect(unusable).toEqual([field]);
		if (field === 'views') expect(items[0]).toMatchObject({ views: null, likes: 100 });
	});

	it('do not name a field of a snapshot that was emitted before', () => {
		const found = video('a', { snapshots: [snapshot(1, { views: 'many' }), snapshot(2)] });
		const { keys, unusable } = runDiff(watched([1]), found);
		expect([keys, unusable]).toEqual([keysAt(2), []]);
	});

	it('count no odd value, and no value at an odd time, as one that passed a milestone', () => {
		const odd = { views: '-5M' };
		const undated = { views: '999999', snapshot_time: 'noon' };
		const found = video('a', {
			snapshots: [
				snapshot(0, { views: '1' }),
				snapshot(1, odd),
				snapshot(1, undated),
				snapshot(2, { views: '5000' }),
			],
		});
		const settings = { events: ['milestone.reached' as const], milestones: [5000] };
		expect(runDiff(watched([1]), found, settings).keys).toEqual(['a:milestone:views:5000']);
	});

	it.each(['new', 'latest'] as const)(
		'are none of the history if Start From is %s and a snapshot is ahead',
		(startFrom) => {
			const hours = [...Array(40).keys()].map((hour) => hour + 61);
			const found = video('a', { hours: [...hours, 122] });
			const seeded = runDiff(UNSEEDED_VIDEO, found, { startFrom });
			const cursor = advanceCursor(
				seeded.after,
				seeded.snapshots.map(({ instant }) => instant),
				NOW,
			);
			expect(cursor).toMatchObject({ newest: at(100), ahead: [at(122)] });
			const next = video('a', { hours: [...hours, 101, 122] });
			expect(runDiff({ ...seeded.after, ...cursor }, next, { startFrom }).hours).toEqual([101]);
		},
	);

	it.each(['new', 'latest'] as const)(
		'are none yet if Start From is %s and no time of a first reply can be used',
		(startFrom) => {
			const entry = snapshot(1, { snapshot_time: 5 });
			const odd = video('a', { snapshots: Array(8).fill(entry) });
			expect(() => runDiff(UNSEEDED_VIDEO, odd, { startFrom })).toThrow(/none of its snapshots/);
			expect(runDiff(UNSEEDED_VIDEO, video('a'), { startFrom }).hours).toEqual([]);
		},
	);

	it('carry the newest row that is not ahead with a pause', () => {
		const paused = video('a', { hours: [99, 100, 122], status: 'paused' });
		const settings = { events: ['tracking.paused' as const] };
		const { items } = runDiff(watched([99, 100]), paused, settings);
		expect(items).toMatchObject([
			{ event_key: `a:paused:${iso(100)}`, snapshot_time: iso(100), snapshot_key: `a:${iso(100)}` },
		]);
	});

	it('tell a deletion once, even if the next reply does not say', () => {
		const settings = { events: [...EVENTS] };
		const odd = video('a', { hours: [1], is_deleted: null });
		const { keys, after } = runDiff(watched([1], { isDeleted: true }), odd, settings);
		expect([keys, after.isDeleted]).toEqual([[], true]);
	});

	it('do not teach a schedule when they are ahead', () => {
		const remembered = watched([96, 97, 98, 99], { lastFetchedAt: at(99) });
		const { after } = runDiff(remembered, video('a', { hours: [99, 100, 115] }));
		const { after: plain } = runDiff(remembered, video('a', { hours: [99, 100] }));
		expect(after.latenessMs).toBe(plain.latenessMs);
	});

	it('tell no change of a status that cannot be read', () => {
		const found = video('a', { hours: [1], status: null });
		const events = [...EVENTS];
		const paused = runDiff(watched([1], { status: 'paused' }), found, { events });
		expect([paused.keys, paused.after.status]).toEqual([[], 'paused']);
		const unseeded = runDiff(UNSEEDED_VIDEO, found, { events });
		expect([unseeded.keys, unseeded.after.status]).toEqual([[], undefined]);
	});
});

describe('seeding a video', () => {
	const found = video('a', { hours: [1, 2, 3] });
	const seedWith = (startFrom: PollSettings['startFrom'], fetched = found) =>
		runDiff(UNSEEDED_VIDEO, fetched, {
			startFrom,
			events: ['snapshot.created', 'tracking.started'],
		});

	test.each<[PollSettings['startFrom'], string[], number[]]>([
		['new', [], [1, 2, 3]],
		['latest', keysAt(3), [1, 2]],
		['beginning', ['a:started', ...keysAt(1, 2, 3)], []],
	])('from “%s” emits its snapshots and skips the others', (startFrom, keys, seen) => {
		const diff = seedWith(startFrom);
		expect(diff.keys).toEqual(keys);
		expect(diff.after).toEqual({
			...advanceCursor(EMPTY_CURSOR, seen.map(at)),
			lastFetchedAt: NOW,
			latenessMs: 0,
		});
	});

	it('from “latest” emits one snapshot, however close the others are', () => {
		const hours = Array.from({ length: 100 }, (_, n) => n / 60);
		expect(seedWith('latest', video('a', { hours })).keys).toEqual(keysAt(99 / 60));
	});

	test.each(['paused', 'completed', 'error'])('that is %s emits no status event', (status) => {
		const events: EventName[] = ['tracking.paused', 'tracking.ended', 'video.deleted'];
		const { keys, after } = runDiff(UNSEEDED_VIDEO, video('a', { status, is_deleted: true }), {
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
		['is emitted with the first snapshot', NEW_VIDEO, [2, 1], [], STARTED],
		['is not emitted with a later snapshot', watched([1]), [1, 2], [], []],
		['is not emitted with a late snapshot before the first', watched([5]), [4, 5], [], []],
		['is emitted again if its snapshot is replayed', watched([1, 2]), [1, 2], [1, 2], STARTED],
		['is not emitted again if only others are replayed', watched([1, 2]), [1, 2], [2], []],
	])('%s', (_, remembered, available, replayed, keys) => {
		expect(runDiff(remembered, video('a', { hours: available }), settings, replayed).keys).toEqual(
			keys,
		);
	});

	it('is emitted once if a history is emitted over several polls', () => {
		const found = video('a', { hours: [1, 2, 3] });
		const limited = { ...settings, maxItemsPerPoll: 2 };
		expect(runDiff(NEW_VIDEO, found, limited).items).toMatchObject([{ snapshot_time: iso(1) }]);
		expect(runDiff(watched([1, 2]), found, limited).keys).toEqual([]);
	});
});

describe('milestone.reached', () => {
	const settings: Partial<PollSettings> = {
		events: ['milestone.reached'],
		milestones: [10, 100, 1000],
	};
	/** Builds a video with one snapshot an hour, with these views. */
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
		runDiff(remembered, found, { ...settings, ...more }, replayed).items.map(
			({ milestone, snapshot_time }) =>
				`${String(milestone)} at ${(Date.parse(String(snapshot_time)) - at(0)) / HOUR_MS}`,
		);

	test.each<[string, WatchedVideo, VideoWithSnapshots, string[]]>([
		['the first snapshot at a milestone', watched([0]), viewed(9, 10, 11), ['10 at 1']],
		['the first snapshot above a milestone', watched([0]), viewed('9', '11'), ['10 at 1']],
		[
			'several milestones at once',
			watched([0]),
			viewed(9, 1000),
			['10 at 1', '100 at 1', '1000 at 1'],
		],
		['one milestone after the other', watched([0]), viewed(9, 50, 100), ['10 at 1', '100 at 2']],
		['no milestone passed before', watched([0, 1]), viewed(9, 10, 50), []],
		['no milestone below the first snapshot', NEW_VIDEO, viewed(50, 60), []],
		['milestones within a history', NEW_VIDEO, viewed(9, 50, 200), ['10 at 1', '100 at 2']],
		['no milestone passed before the count fell', watched([0, 1, 2]), viewed(9, 20, 8, 12), []],
		['no milestone twice in one poll', watched([0]), viewed(9, 20, 8, 12), ['10 at 1']],
		['no unknown count', watched([0]), viewed(9, null, null), []],
		['a milestone after an unknown count', watched([0, 1]), viewed(9, null, 12), ['10 at 2']],
		['no count without a known one before', watched([0]), viewed(null, 12), []],
		[
			'a count too large for a number',
			watched([0]),
			viewed(900, '9007199254740993'),
			['1000 at 1'],
		],
	])('is emitted for %s', (_, remembered, found, marks) => {
		expect(marksOf(remembered, found)).toEqual(marks);
	});

	it('is not emitted again for a late snapshot above a passed milestone', () => {
		const found = viewed(9, 12, 15);
		expect(marksOf(watched([0, 2]), found)).toEqual([]);
	});

	it('is emitted for the chosen metric', () => {
		const found = video('a', {
			snapshots: [90, 110].map((likes, hour) => snapshot(hour, { likes, views: 5 })),
		});
		expect(marksOf(watched([0]), found, { milestoneMetric: 'likes' })).toEqual(['100 at 1']);
	});

	test.each([1, 2, 3, 4])('is not lost in a history emitted %p at a time', (maxItemsPerPoll) => {
		const found = viewed(1, 9, 15, 99, 100, 1500);
		const marks: string[] = [];
		for (let seen = 0; seen < 6; seen += maxItemsPerPoll) {
			const emitted = Array.from({ length: seen }, (_, hour) => hour);
			const remembered = seen === 0 ? NEW_VIDEO : watched(emitted);
			marks.push(...marksOf(remembered, found, { maxItemsPerPoll }));
		}
		expect(marks).toEqual(['10 at 2', '100 at 4', '1000 at 5']);
	});

	it('is emitted again if its snapshot and all later ones are replayed', () => {
		expect(marksOf(watched([0, 1, 2]), viewed(9, 15, 150), {}, [1])).toEqual([]);
		expect(marksOf(watched([0, 1, 2]), viewed(9, 15, 150), {}, [1, 2])).toEqual([
			'10 at 1',
			'100 at 2',
		]);
	});
});

describe('the status events of a diff', () => {
	const events: EventName[] = ['tracking.paused', 'tracking.ended', 'video.deleted'];
	const eventsOf = (remembered: WatchedVideo, fields: Partial<VideoWithSnapshots>, more = {}) =>
		runDiff(remembered, video('a', { hours: [1, 2], ...fields }), { events, ...more }).status;

	test.each<[string, Partial<WatchedVideo>, Partial<VideoWithSnapshots>, string[]]>([
		['still monitoring', {}, {}, []],
		['paused', {}, { status: 'paused' }, [`a:paused:${iso(2)}`]],
		['still paused', { status: 'paused' }, { status: 'paused' }, []],
		['ended', { status: 'paused' }, { status: 'completed' }, ['a:ended']],
		['deleted', {}, { is_deleted: true }, ['a:deleted']],
		['still deleted', { isDeleted: true }, { is_deleted: true }, []],
	])('contain only what changed: %s', (_, before, fields, keys) => {
		const status = eventsOf(watched([1, 2], before), fields);
		expect(status.map(({ event_key }) => event_key)).toEqual(keys);
	});

	it('of a new video assume that it was monitoring before', () => {
		expect(eventsOf(NEW_VIDEO, { status: 'completed' })).toMatchObject([
			{ event: 'tracking.ended', previous_status: 'monitoring' },
		]);
	});

	it('are limited to the chosen events', () => {
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

describe('the state after a diff', () => {
	test.each<[string, Partial<WatchedVideo>, Partial<VideoWithSnapshots>, Partial<WatchedVideo>]>([
		['drops the status of a video that is monitoring again', { status: 'paused' }, {}, {}],
		['records a new status', {}, { status: 'paused' }, { status: 'paused' }],
		['records the end', {}, { status: 'completed' }, { status: 'completed', endedAt: NOW }],
		['records a deletion', {}, { is_deleted: true }, { isDeleted: true }],
		[
			'drops the end of a video that came back after a 404',
			{ isDeleted: true, endedAt: at(99) },
			{},
			{},
		],
		[
			'drops a failure and a retry delay',
			{ failing: { since: 1, lastTriedAt: 1 }, retryDelayMs: 7 },
			{},
			{},
		],
	])('%s', (_, before, fields, after) => {
		const remembered = watched([1, 2, 3], before);
		const found = video('a', { hours: [1, 2, 3], ...fields });
		const { after: actual } = runDiff(remembered, found);
		expect(actual).toEqual({ ...watched([1, 2, 3]), lastFetchedAt: NOW, ...after });
	});

	it('records the lateness learned from fresh snapshots', () => {
		const remembered = watched([97, 98, 99], { latenessMs: HOUR_MS, lastFetchedAt: at(99.9) });
		const { after } = runDiff(remembered, video('a', { hours: [97, 98, 99, 99.5] }));
		expect(after.latenessMs).toBe(HOUR_MS / 2);
	});
});

describe('options', () => {
	const found = video('a', { hours: [1, 2, 4], last_updated: iso(4) });

	it('add the growth since the previous snapshot, even if that was emitted earlier', () => {
		expect(runDiff(watched([1, 2]), found, { includeGrowth: true }).items).toEqual([
			expect.objectContaining({
				event_key: `a:${iso(4)}`,
				hours_since_previous: 2,
				views_delta: 200,
				views_per_hour: 100,
			}),
		]);
	});

	it('add no growth to the first snapshot', () => {
		expect(runDiff(NEW_VIDEO, found, { includeGrowth: true }).items[0]).toMatchObject({
			event_key: `a:${iso(1)}`,
			hours_since_previous: null,
			views_delta: null,
		});
	});

	test.each([null, undefined])('add the last status that was readable if it is %p', (status) => {
		const odd = { ...found, status } as unknown as VideoWithSnapshots;
		const [item] = runDiff({ ...watched([1, 2]), status: 'paused' }, odd).items;
		expect(item).toMatchObject({ event: 'snapshot.created', status: 'paused' });
	});

	it('add nothing by default', () => {
		const [item] = runDiff(watched([1, 2]), found).items;
		expect(item).not.toHaveProperty('views_delta');
		expect(item).not.toHaveProperty('video');
	});

	it('add the full API response, without snapshots, to each item', () => {
		const ended = { ...found, status: 'completed' };
		const { snapshots: _, ...metadata } = ended;
		const settings: Partial<PollSettings> = {
			simplify: false,
			events: ['snapshot.created', 'tracking.ended'],
		};
		const { items } = runDiff(watched([1, 2]), ended, settings);
		expect(items.map((item) => item.video)).toEqual([metadata, metadata]);
	});
});
