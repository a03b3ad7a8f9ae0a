import type { ContentStatsError } from '../../../nodes/ContentStats/api/errors';
import type { Listing } from '../../../nodes/ContentStats/api/listing';
import { reducePoll, type PollFindings } from '../../../nodes/ContentStats/polling/reduce';
import type { EventItem, EventName } from '../../../nodes/ContentStats/polling/events';
import { NO_REPLAY } from '../../../nodes/ContentStats/polling/replay';
import { NEW_VIDEO, UNSEEDED_VIDEO } from '../../../nodes/ContentStats/polling/reconcile';
import type { PollSettings } from '../../../nodes/ContentStats/polling/parameters';
import type { VideoDiff } from '../../../nodes/ContentStats/polling/diff';
import {
	type PollState,
	STATE_VERSION,
	type WatchedVideo,
} from '../../../nodes/ContentStats/polling/state';
import { parseSelectedVideos } from '../../../nodes/ContentStats/polling/parameters';
import type { Watch } from '../../../nodes/ContentStats/polling/watch';
import { createRecord } from '../../../nodes/ContentStats/utils/record';
import {
	at,
	deepFreeze,
	httpError,
	iso,
	settingsOf,
	usageOf,
	video,
	watched,
} from '../support/fakeClient';

const OWNER = { api: 'https://contentstats.io/api/v1', nodeId: 'node' };
const NOW = at(100);
const ALL: Watch = { kind: 'all' };

const stateOf = (fields: Partial<PollState> = {}): PollState => ({
	version: STATE_VERSION,
	...OWNER,
	watch: ALL,
	seededUntil: at(1),
	lastListing: { listedAt: at(99), requests: 1, newestCreatedAt: at(1) },
	videos: {},
	...fields,
});
const listingOf = (...ids: string[]): Listing => ({
	videos: ids.map((id) => video(id)),
	unidentified: [],
	fullSlices: [],
	requests: 1,
	repliedAt: null,
});
const errors = (status: number, ...ids: string[]) =>
	new Map(ids.map((id): [string, ContentStatsError] => [id, httpError(status, `video ${id}`)]));

/** Builds the findings of a poll of these videos; each of its `diffs` was fetched. */
function findingsOf(
	videos: Record<string, WatchedVideo>,
	{
		watch = ALL,
		missing = [],
		failed = [],
		...fields
	}: Partial<Omit<PollFindings, 'fetchResult' | 'watchlist'>> & {
		watch?: Watch;
		missing?: string[];
		failed?: string[];
	} = {},
): PollFindings {
	const { seededUntil, lastListing } = stateOf();
	const diffs = fields.diffs ?? [];
	return {
		watchlist: { watch, videos, seededUntil, lastListing },
		listing: null,
		usage: null,
		fetchResult: {
			fetched: new Set(diffs.map(({ id }) => id)),
			failed: errors(500, ...failed),
			missing: errors(404, ...missing),
			stoppedBy: null,
		},
		diffs,
		otherPlatformIds: new Set(),
		failedCalls: [],
		replay: NO_REPLAY,
		...fields,
	};
}

function reduced(
	findings: PollFindings,
	{
		state = stateOf({ videos: findings.watchlist.videos }),
		rejectsUnknownIds = false,
		...settings
	}: Partial<PollSettings> & { state?: PollState | null; rejectsUnknownIds?: boolean } = {},
) {
	const context = { now: NOW, processId: 'p1', owner: OWNER, account: 'a', rejectsUnknownIds };
	const result = reducePoll(deepFreeze(state), deepFreeze(findings), settingsOf(settings), context);
	return {
		...result,
		keys: result.items.map(({ event_key }) => event_key),
		videos: result.state!.videos,
	};
}

const a = watched([1, 2, 3], { lastFetchedAt: at(99) });
const b = watched([2, 3, 4], { lastFetchedAt: at(99) });
/** Builds a diff without changes, except for `fields`. */
const diffOf = (id: string, fields: Partial<VideoDiff> = {}): VideoDiff => ({
	id,
	repliedAt: Infinity,
	after: { ...a, lastFetchedAt: NOW },
	snapshots: [],
	hasMore: false,
	status: [],
	unusable: [],
	...fields,
});
const LOST = { lastFetchedAt: NOW, isDeleted: true as const, endedAt: NOW };

describe('a 404', () => {
	const events: EventName[] = ['video.deleted'];
	const NAMED = parseSelectedVideos('a');

	test.each<[string, Watch, Listing | null]>([
		['of a selected id', NAMED, null],
		['of a video that the list does not show', ALL, listingOf('b')],
	])('%s emits video.deleted once and watches the video for one more day', (_, watch, listing) => {
		const { keys, videos } = reduced(findingsOf({ a }, { watch, listing, missing: ['a'] }), {
			events,
		});
		expect(keys).toEqual(['a:deleted']);
		expect(videos).toEqual({ a: { ...a, ...LOST } });

		const again = findingsOf(
			{ a: { ...a, ...LOST, endedAt: at(98) } },
			{ watch, listing, missing: ['a'] },
		);
		const second = reduced(again, { events });
		expect(second.keys).toEqual([]);
		expect(second.videos.a).toEqual({ ...a, ...LOST, endedAt: at(98) });
	});

	it('is remembered even if video.deleted is not chosen', () => {
		const { keys, videos } = reduced(findingsOf({ a }, { watch: NAMED, missing: ['a'] }));
		expect(keys).toEqual([]);
		expect(videos).toEqual({ a: { ...a, ...LOST } });
	});

	it('a day after the first stops watching the video', () => {
		const lost = { ...a, ...LOST, endedAt: at(76) };
		expect(reduced(findingsOf({ a: lost }, { watch: NAMED, missing: ['a'] })).videos).toEqual({});
	});

	it('of a superseded video emits video.deleted', () => {
		const superseded: WatchedVideo = { ...a, isDue: true, isSuperseded: true };
		const watch = parseSelectedVideos('b https://x.com/u/status/12');
		const findings = findingsOf(
			{ a: superseded, b },
			{ watch, listing: listingOf(), missing: ['a'] },
		);
		const { keys, videos } = reduced(findings, { events });
		expect(keys).toEqual(['a:deleted']);
		const { isDue: _, ...rest } = superseded;
		expect(videos).toEqual({ a: { ...rest, ...LOST }, b });
	});

	it('without a list emits nothing, and makes the list due at the next poll', () => {
		const { keys, videos, state } = reduced(findingsOf({ a }, { missing: ['a'] }), { events });
		expect(keys).toEqual([]);
		expect(videos).toEqual({ a });
		expect(state!.lastListing).toEqual({ ...stateOf().lastListing, isDue: true });
	});

	it('of a video that the list shows counts as a failure', () => {
		const findings = findingsOf(
			{ a, b },
			{ listing: listingOf('a', 'b'), missing: ['a'], diffs: [diffOf('b')] },
		);
		const { keys, videos, problems } = reduced(findings, { events });
		expect(keys).toEqual([]);
		expect(videos.a).toEqual({ ...a, failing: { since: NOW, lastTriedAt: NOW } });
		expect(problems).toMatchObject([{ kind: 'not_found' }]);
	});

	it('of an unknown selected id fails the poll if unknown ids are rejected, and else counts as a failure', () => {
		const findings = findingsOf(
			{ a, typo: UNSEEDED_VIDEO },
			{ watch: parseSelectedVideos('a typo'), missing: ['typo'], diffs: [diffOf('a')] },
		);
		expect(() => reduced(findings, { rejectsUnknownIds: true })).toThrow(
			expect.objectContaining({ kind: 'not_found', message: expect.stringMatching(/Video typo/) }),
		);
		const { videos, keys } = reduced(findings, { events });
		expect(keys).toEqual([]);
		expect(videos.typo).toEqual({ ...UNSEEDED_VIDEO, failing: { since: NOW, lastTriedAt: NOW } });
	});

	test.each<[string, Record<string, WatchedVideo>, Watch, Partial<PollFindings>, boolean]>([
		['both', { a, b }, parseSelectedVideos('a b'), {}, true],
		['one of two', { a, b }, parseSelectedVideos('a b'), { diffs: [diffOf('b')] }, false],
		['one, with the other not due', { a, b }, parseSelectedVideos('a b'), {}, false],
		['a single one', { a }, NAMED, {}, false],
		['both, but not selected by id', { a, b }, ALL, { listing: listingOf('c') }, false],
	])(
		'blames the account only if all of several selected ids are unknown: %s',
		(what, videos, watch, fields, isThrown) => {
			const missing = what.startsWith('one') ? ['a'] : Object.keys(videos);
			const findings = findingsOf(videos, { watch, missing, ...fields });
			const error = expect.objectContaining({ message: expect.stringMatching(/None of the 2 /) });
			if (isThrown) expect(() => reduced(findings)).toThrow(error);
			else expect(reduced(findings).videos.a).toMatchObject({ isDeleted: true });
		},
	);

	test('of every selected id emits nothing if each is known to be deleted', () => {
		const lost = { ...LOST, lastFetchedAt: at(98), endedAt: at(98) };
		const videos = { a: { ...a, ...lost }, b: { ...b, ...lost } };
		const findings = findingsOf(videos, { watch: parseSelectedVideos('a b'), missing: ['a', 'b'] });
		expect(reduced(findings, { events }).keys).toEqual([]);
	});
});

describe('a failure', () => {
	it('leaves the state of its video as it was, while the others go on', () => {
		const found = diffOf('b', { after: { ...b, lastFetchedAt: NOW } });
		const findings = findingsOf({ a, b }, { failed: ['a'], diffs: [found] });
		const { videos, problems } = reduced(findings);
		expect(videos).toEqual({
			a: { ...a, failing: { since: NOW, lastTriedAt: NOW } },
			b: { ...b, lastFetchedAt: NOW },
		});
		expect(problems).toMatchObject([{ kind: 'server_error' }]);
	});

	const failing = { since: at(50), lastTriedAt: at(98) };
	test.each<[string, Record<string, WatchedVideo>, VideoDiff[], boolean]>([
		['it is the only video', { a }, [], true],
		['another video was failing before', { a, b: { ...b, failing } }, [], true],
		['another video was not due', { a, b }, [], false],
		['another video was fetched again', { a, b: { ...b, failing } }, [diffOf('b')], false],
		['the other video has ended', { a, b: { ...b, endedAt: at(99) } }, [], true],
		['the failing video itself has ended', { a: { ...a, endedAt: at(99) } }, [], false],
		['the failing video itself is superseded', { a: { ...a, isSuperseded: true } }, [], false],
	])('fails the poll only if every running video is failing: %s', (_, videos, diffs, isThrown) => {
		const findings = findingsOf(videos, { failed: ['a'], diffs });
		const error = expect.objectContaining({ kind: 'server_error' });
		if (isThrown) expect(() => reduced(findings)).toThrow(error);
		else expect(reduced(findings).problems).toEqual([error]);
	});

	it('that lasts a day is reported, and the time of the report is remembered', () => {
		const findings = findingsOf({ a: { ...a, failing }, b }, { failed: ['a'] });
		const { report, state } = reduced(findings);
		expect(report).toMatchObject({ message: expect.stringMatching(/video a for 24 hours/) });
		expect(state!.reportedAt).toBe(NOW);

		const reportedBefore = stateOf({ reportedAt: at(90) });
		const second = reduced(findings, { state: reportedBefore });
		expect(second.report).toBeNull();
		expect(second.state!.reportedAt).toBe(at(90));
	});

	test.each<[string, number, boolean]>([
		['a day ago', 76, true],
		['an hour ago', 99, false],
	])('of the list is reported only after a day: last listed %s', (_, listed, isReported) => {
		const error = httpError(503, 'the list of videos');
		const failedCalls = [{ subject: 'the list of videos', error, lastSuccessAt: at(listed) }];
		const findings = findingsOf({ a }, { failedCalls, diffs: [diffOf('a')] });
		const { report, problems } = reduced(findings, {});
		expect(report !== null).toBe(isReported);
		expect(problems).toEqual([error]);
	});
});

describe('the balance', () => {
	const events: EventName[] = ['balance.low'];
	const check = (available: number, before?: PollState['balance']) => {
		const findings = findingsOf({}, { usage: usageOf(available) });
		const { keys, state } = reduced(findings, { events, state: stateOf({ balance: before }) });
		return { keys, balance: state!.balance };
	};
	const low = (since: number) => ({ checkedAt: NOW, lowSince: iso(since) });
	const ENOUGH = { checkedAt: NOW, lowSince: null };

	test.each<[string, number, PollState['balance'], string[], PollState['balance']]>([
		['emits nothing at the threshold', 5, undefined, [], ENOUGH],
		[
			'emits balance.low if it is low at the first check',
			4.99,
			undefined,
			[`balance.low:${iso(100)}`],
			low(100),
		],
		[
			'emits balance.low if it has fallen below the threshold',
			4,
			{ checkedAt: at(99), lowSince: null },
			[`balance.low:${iso(100)}`],
			low(100),
		],
		['emits nothing if it is still low', 3, { checkedAt: at(99), lowSince: iso(98) }, [], low(98)],
		['forgets the fall once it has risen', 6, { checkedAt: at(99), lowSince: iso(98) }, [], ENOUGH],
	])('%s', (_, available, before, keys, balance) => {
		expect(check(available, before)).toEqual({ keys, balance });
	});

	it('keeps its state if it was not checked', () => {
		const balance = { checkedAt: at(99), lowSince: iso(98) };
		expect(reduced(findingsOf({}), { state: stateOf({ balance }) }).state!.balance).toEqual(
			balance,
		);
	});
});

describe('the items of a poll', () => {
	const events: EventName[] = [
		'snapshot.created',
		'tracking.ended',
		'video.deleted',
		'balance.low',
	];
	const item = (event_key: string): EventItem => ({ event: 'snapshot.created', event_key });
	const busy = (fields: Partial<PollFindings> = {}) =>
		findingsOf(
			{ a, b, c: a },
			{
				listing: listingOf('a', 'b'),
				missing: ['c'],
				usage: usageOf(1),
				diffs: [
					diffOf('a', { status: [item('a ended')] }),
					diffOf('b', {
						snapshots: [7, 8].map((hour) => ({
							instant: at(hour),
							items: [item(`b${hour}`)],
							judged: [],
						})),
					}),
				],
				...fields,
			},
		);

	it('are snapshots, then status events, then deletions, then the balance', () => {
		expect(reduced(busy(), { events }).keys).toEqual([
			'b7',
			'b8',
			'a ended',
			'c:deleted',
			`balance.low:${iso(100)}`,
		]);
	});

	it('reserve room for deletions and the balance', () => {
		const { keys, videos } = reduced(busy(), { events, maxItemsPerPoll: 3 });
		expect(keys).toEqual(['b7', 'c:deleted', `balance.low:${iso(100)}`]);
		expect([videos.a!.isDue, videos.b!.isDue]).toEqual([true, true]);
	});

	it('are a deletion rather than a snapshot if only one item is allowed', () => {
		const { keys, state } = reduced(busy(), { events, maxItemsPerPoll: 1 });
		expect(keys).toEqual(['c:deleted']);
		expect(state!.videos).toMatchObject({ b: { isDue: true } });
	});

	const replay = { snapshots: { b: [at(7)] }, items: [item('z ended')] };

	it('reserve room for a replay', () => {
		const { keys } = reduced(busy({ replay }), { events, maxItemsPerPoll: 4 });
		expect([...keys].sort()).toEqual(['b7', `balance.low:${iso(100)}`, 'c:deleted', 'z ended']);
	});

	it('include at most Max Items Per Poll replayed items, and keep the rest for the next poll', () => {
		const items = [item('x'), item('y'), item('z')];
		const { keys, state } = reduced(busy({ replay: { snapshots: {}, items } }), {
			events,
			maxItemsPerPoll: 2,
			replayAfterRestart: true,
		});
		expect(keys).toEqual(['x', 'y']);
		expect(state!.replay!.items).toEqual([item('z')]);
	});

	it('include the replay after a restart, and are remembered for the next restart', () => {
		const { keys, state } = reduced(busy({ replay }), { events, replayAfterRestart: true });
		expect(keys).toContain('z ended');
		expect(state).toMatchObject({
			processId: 'p1',
			recentEmissions: [{ emittedAt: NOW, snapshots: { b: [at(7), at(8)] } }],
			replay: {},
		});
		const otherKeys = state!.recentEmissions![0]!.items.map(({ event_key }) => event_key);
		expect(otherKeys).toEqual(['z ended', 'a ended', 'c:deleted', `balance.low:${iso(100)}`]);
	});

	it('are not remembered for a replay by default', () => {
		const { state } = reduced(busy(), { events });
		expect(state).not.toHaveProperty('recentEmissions');
		expect(state).not.toHaveProperty('processId');
	});

	test('start with snapshots even if there is a replay', () => {
		expect(
			reduced(busy({ replay }), { events, replayAfterRestart: true }).keys.slice(0, 2),
		).toEqual(['b7', 'b8']);
	});

	test('never exceed Max Items Per Poll, even if all are deletions', () => {
		const findings = findingsOf(
			{ a, b, c: a, d: a },
			{ listing: listingOf(), missing: ['a', 'b', 'c', 'd'] },
		);
		expect(reduced(findings, { events, maxItemsPerPoll: 2 }).keys).toHaveLength(2);
	});
});

describe('the result of a poll', () => {
	it('has a state with the watched videos, the base URL and the version', () => {
		const { state } = reduced(findingsOf({ a }, { diffs: [diffOf('a')] }));
		expect(state).toEqual({
			...stateOf(),
			account: 'a',
			videos: { a: { ...a, lastFetchedAt: NOW } },
		});
	});

	it('has a state without videos of another platform and videos that ended a day ago', () => {
		const over = { ...a, endedAt: at(76), lastFetchedAt: at(99) };
		const after = { ...over, lastFetchedAt: NOW };
		const findings = findingsOf(
			{ a, over, n: NEW_VIDEO },
			{
				otherPlatformIds: new Set(['a']),
				diffs: [diffOf('over', { after })],
				listing: listingOf(),
			},
		);
		expect(Object.keys(reduced(findings).videos)).toEqual(['n']);
	});

	it('keeps a video that seems to be of another platform, as long as no list lacked it', () => {
		const otherPlatformIds = new Set(['a']);
		expect(reduced(findingsOf({ a }, { otherPlatformIds })).videos).toEqual({ a });
		const due: WatchedVideo = { ...a, isDue: true };
		expect(reduced(findingsOf({ a: due }, { otherPlatformIds })).videos).toEqual({});
	});

	it('names the full slices of the list', () => {
		const listing = {
			...listingOf('a'),
			fullSlices: [{ platform: 'tiktok', status: 'monitoring' }],
		};
		const { fullSlices } = reduced(findingsOf({ a }, { listing }));
		expect(fullSlices).toEqual([{ platform: 'tiktok', status: 'monitoring' }]);
	});
});

describe('what cannot be used', () => {
	const findings = (...unusable: string[]) =>
		findingsOf({ a }, { diffs: [diffOf('a', { unusable })], listing: listingOf('a') });

	it('is reported once for each field', () => {
		const first = reduced(findings('likes', 'platform'));
		expect(first.unusable).toEqual([{ subject: 'video a', fields: ['likes', 'platform'] }]);
		expect(first.report).toMatchObject({
			kind: 'unreadable_reply',
			message: expect.stringMatching(/likes of video a; platform of video a/),
		});
		const second = reduced(findings('likes', 'saves'), { state: first.state });
		expect(second.unusable).toEqual([{ subject: 'video a', fields: ['saves'] }]);
		const third = reduced(findings('likes', 'saves'), { state: second.state });
		expect([third.unusable, third.report]).toEqual([[], null]);
	});

	it('includes entries of the list without an id', () => {
		const listing = { ...listingOf('a'), unidentified: [{ platform: null }] };
		const { report } = reduced(findingsOf({ a }, { listing, diffs: [diffOf('a')] }));
		expect(report).toMatchObject({ message: expect.stringMatching(/id of the list/) });
	});

	it('waits for the next poll if something else is reported', () => {
		const failing = watched([1], { failing: { since: at(70), lastTriedAt: at(99) } });
		const both = (unusable: string[]) =>
			findingsOf({ a, b: failing }, { diffs: [diffOf('a', { unusable })], failed: ['b'] });
		const first = reduced(both(['likes']));
		expect(first.report!.message).toMatch(/video b for 24 hours/);
		const second = reduced(both(['likes']), { state: first.state });
		expect(second.report!.message).toMatch(/likes of video a/);
	});
});

test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
	'keeps a video with the id %s like any other',
	(id) => {
		const videos = createRecord([
			['a', a],
			[id, b],
		]);
		const diffs = [diffOf(id, { after: { ...b, lastFetchedAt: NOW } })];
		const result = reduced(findingsOf(videos, { diffs, failed: ['a'] }));
		expect(Object.keys(result.videos)).toEqual(['a', id]);
		expect(Object.entries(result.videos)[1]![1]).toMatchObject({ lastFetchedAt: NOW });
		const gone = reduced(findingsOf(createRecord(), { missing: [id] }));
		expect(Object.keys(gone.videos)).toEqual([]);
	},
);
