import type { ContentStatsError } from '../../../nodes/ContentStats/api/errors';
import type { Listing } from '../../../nodes/ContentStats/api/listing';
import { conclude, type Learnt } from '../../../nodes/ContentStats/polling/conclude';
import type { EventItem, EventName } from '../../../nodes/ContentStats/polling/events';
import { nothingOwed } from '../../../nodes/ContentStats/polling/replay';
import { fromItsStart, toBeSeeded } from '../../../nodes/ContentStats/polling/rewatch';
import type { PollSettings } from '../../../nodes/ContentStats/polling/settings';
import type { Sighting } from '../../../nodes/ContentStats/polling/sighting';
import {
	type PollState,
	STATE_VERSION,
	type WatchedVideo,
} from '../../../nodes/ContentStats/polling/state';
import { readSelected, type Watch } from '../../../nodes/ContentStats/polling/watch';
import { at, deepFreeze, httpError, iso, settingsOf, usageOf, video, watched } from '../world';

const BASE = 'https://contentstats.io/api/v1';
const NOW = at(100);
const ALL: Watch = { kind: 'all' };

const stateOf = (fields: Partial<PollState> = {}): PollState => ({
	version: STATE_VERSION,
	base_url: BASE,
	watch: ALL,
	seeded_until: at(1),
	listed: { at: at(99), requests: 1, until: at(1) },
	videos: {},
	...fields,
});
const listingOf = (...ids: string[]): Listing => ({
	videos: ids.map((id) => video(id)),
	fullSlices: [],
	requests: 1,
});
const errors = (status: number, ...ids: string[]) =>
	new Map(ids.map((id): [string, ContentStatsError] => [id, httpError(status, `video ${id}`)]));

/** What a poll has learnt of these videos; `sightings` are what was answered. */
function learntOf(
	videos: Record<string, WatchedVideo>,
	{
		watch = ALL,
		missing = [],
		failed = [],
		...fields
	}: Partial<Omit<Learnt, 'answers' | 'watching'>> & {
		watch?: Watch;
		missing?: string[];
		failed?: string[];
	} = {},
): Learnt {
	const { seeded_until, listed } = stateOf();
	const sightings = fields.sightings ?? [];
	return {
		watching: { watch, videos, seeded_until, listed },
		listing: null,
		usage: null,
		answers: {
			answered: new Set(sightings.map(({ id }) => id)),
			failed: errors(500, ...failed),
			missing: errors(404, ...missing),
			refusal: null,
		},
		sightings,
		elsewhere: new Set(),
		late: [],
		owed: nothingOwed,
		...fields,
	};
}

function concluded(
	learnt: Learnt,
	{
		state = stateOf({ videos: learnt.watching.videos }),
		mayRefuse = false,
		...settings
	}: Partial<PollSettings> & { state?: PollState | null; mayRefuse?: boolean } = {},
) {
	const moment = { now: NOW, process: 'p1', baseUrl: BASE, mayRefuse };
	const result = conclude(deepFreeze(state), deepFreeze(learnt), settingsOf(settings), moment);
	return {
		...result,
		keys: result.items.map(({ event_key }) => event_key),
		videos: result.state!.videos,
	};
}

const a = watched([1, 2, 3], { checked: at(99) });
const b = watched([2, 3, 4], { checked: at(99) });
/** A look at a video that found nothing unless more is told. */
const sighting = (id: string, fields: Partial<Sighting> = {}): Sighting => ({
	id,
	after: { ...a, checked: NOW },
	snapshots: [],
	hasMore: false,
	status: [],
	...fields,
});
const LOST = { checked: NOW, is_deleted: true as const, ended: NOW };

describe('a 404', () => {
	const events: EventName[] = ['video.deleted'];
	const NAMED = readSelected('a');

	test.each<[string, Watch, Listing | null]>([
		['of a chosen id', NAMED, null],
		['that the list does not show', ALL, listingOf('b')],
	])('%s is a deletion: told once, and watched a day longer', (_, watch, listing) => {
		const { keys, videos } = concluded(learntOf({ a }, { watch, listing, missing: ['a'] }), {
			events,
		});
		expect(keys).toEqual(['a:deleted']);
		expect(videos).toEqual({ a: { ...a, ...LOST } });

		const again = learntOf(
			{ a: { ...a, ...LOST, ended: at(98) } },
			{ watch, listing, missing: ['a'] },
		);
		const second = concluded(again, { events });
		expect(second.keys).toEqual([]);
		expect(second.videos.a).toEqual({ ...a, ...LOST, ended: at(98) });
	});

	it('is remembered although nobody asked for deletions', () => {
		const { keys, videos } = concluded(learntOf({ a }, { watch: NAMED, missing: ['a'] }));
		expect(keys).toEqual([]);
		expect(videos).toEqual({ a: { ...a, ...LOST } });
	});

	it('a day after the first ends the watch', () => {
		const lost = { ...a, ...LOST, ended: at(76) };
		expect(concluded(learntOf({ a: lost }, { watch: NAMED, missing: ['a'] })).videos).toEqual({});
	});

	it('without a list says nothing yet: the list is asked with the next poll', () => {
		const { keys, videos, state } = concluded(learntOf({ a }, { missing: ['a'] }), { events });
		expect(keys).toEqual([]);
		expect(videos).toEqual({ a });
		expect(state!.listed).toEqual({ ...stateOf().listed, at: 0 });
	});

	it('of a video that the list shows is a failure', () => {
		const learnt = learntOf(
			{ a, b },
			{ listing: listingOf('a', 'b'), missing: ['a'], sightings: [sighting('b')] },
		);
		const { keys, videos, problems } = concluded(learnt, { events });
		expect(keys).toEqual([]);
		expect(videos.a).toEqual({ ...a, failing: { since: NOW, tried: NOW } });
		expect(problems).toMatchObject([{ kind: 'not_found' }]);
	});

	it('of a chosen id that never was there refuses the poll, where that may be', () => {
		const learnt = learntOf(
			{ a, typo: toBeSeeded },
			{ watch: readSelected('a typo'), missing: ['typo'], sightings: [sighting('a')] },
		);
		expect(() => concluded(learnt, { mayRefuse: true })).toThrow(
			expect.objectContaining({ kind: 'not_found', message: expect.stringMatching(/video typo/) }),
		);
		const { videos, keys } = concluded(learnt, { events });
		expect(keys).toEqual([]);
		expect(videos.typo).toEqual({ ...toBeSeeded, failing: { since: NOW, tried: NOW } });
	});

	test.each<[string, Record<string, WatchedVideo>, Watch, Partial<Learnt>, boolean]>([
		['all that were chosen', { a, b }, readSelected('a b'), {}, true],
		['one of them', { a, b }, readSelected('a b'), { sightings: [sighting('b')] }, false],
		['one that was not due with it', { a, b }, readSelected('a b'), {}, false],
		['the only one', { a }, NAMED, {}, false],
		['all that the list showed', { a, b }, ALL, { listing: listingOf('c') }, false],
	])('may be that of another account: %s', (what, videos, watch, fields, isThrown) => {
		const missing = what.startsWith('one') ? ['a'] : Object.keys(videos);
		const learnt = learntOf(videos, { watch, missing, ...fields });
		const error = expect.objectContaining({ message: expect.stringMatching(/none of the 2/) });
		if (isThrown) expect(() => concluded(learnt)).toThrow(error);
		else expect(concluded(learnt).videos.a).toMatchObject({ is_deleted: true });
	});

	test('of all that were chosen is no news where each is known to be deleted', () => {
		const lost = { ...LOST, checked: at(98), ended: at(98) };
		const videos = { a: { ...a, ...lost }, b: { ...b, ...lost } };
		const learnt = learntOf(videos, { watch: readSelected('a b'), missing: ['a', 'b'] });
		expect(concluded(learnt, { events }).keys).toEqual([]);
	});
});

describe('a video that fails', () => {
	it('is left as it was; the others go on', () => {
		const found = sighting('b', { after: { ...b, checked: NOW } });
		const learnt = learntOf({ a, b }, { failed: ['a'], sightings: [found] });
		const { videos, problems } = concluded(learnt);
		expect(videos).toEqual({
			a: { ...a, failing: { since: NOW, tried: NOW } },
			b: { ...b, checked: NOW },
		});
		expect(problems).toMatchObject([{ kind: 'server_error' }]);
	});

	const failing = { since: at(50), tried: at(98) };
	test.each<[string, Record<string, WatchedVideo>, Sighting[], boolean]>([
		['the only one', { a }, [], true],
		['one, and another was failing before', { a, b: { ...b, failing } }, [], true],
		['one, and another was not asked', { a, b }, [], false],
		['one, and another was answered', { a, b: { ...b, failing } }, [sighting('b')], false],
		['one, and the others have ended', { a, b: { ...b, ended: at(99) } }, [], true],
		['one that has ended', { a: { ...a, ended: at(99) } }, [], false],
	])('is an error of the poll where no other runs: %s', (_, videos, sightings, isThrown) => {
		const learnt = learntOf(videos, { failed: ['a'], sightings });
		const error = expect.objectContaining({ kind: 'server_error' });
		if (isThrown) expect(() => concluded(learnt)).toThrow(error);
		else expect(concluded(learnt).problems).toEqual([error]);
	});

	it('for a day is reported, and that is remembered', () => {
		const learnt = learntOf({ a: { ...a, failing }, b }, { failed: ['a'] });
		const { report, state } = concluded(learnt);
		expect(report).toMatchObject({ message: expect.stringMatching(/video a for a day/) });
		expect(state!.reported).toBe(NOW);

		const told = stateOf({ reported: at(90) });
		const second = concluded(learnt, { state: told });
		expect(second.report).toBeNull();
		expect(second.state!.reported).toBe(at(90));
	});

	test.each<[string, number, boolean]>([
		['a day ago', 76, true],
		['lately', 99, false],
	])('to be listed is reported where the list came last %s', (_, listed, isTold) => {
		const error = httpError(503, 'the list of videos');
		const late = [{ what: 'the list of videos', error, since: at(listed) }];
		const learnt = learntOf({ a }, { late, sightings: [sighting('a')] });
		const { report, problems } = concluded(learnt, {});
		expect(report !== null).toBe(isTold);
		expect(problems).toEqual([error]);
	});
});

describe('the balance', () => {
	const events: EventName[] = ['balance.low'];
	const look = (available: number, before?: PollState['balance']) => {
		const learnt = learntOf({}, { usage: usageOf(available) });
		const { keys, state } = concluded(learnt, { events, state: stateOf({ balance: before }) });
		return { keys, balance: state!.balance };
	};
	const low = (since: number) => ({ checked: NOW, low_since: iso(since) });
	const ENOUGH = { checked: NOW, low_since: null };

	test.each<[string, number, PollState['balance'], string[], PollState['balance']]>([
		['is enough', 5, undefined, [], ENOUGH],
		['is low at the first look', 4.99, undefined, [`balance.low:${iso(100)}`], low(100)],
		['has fallen', 4, { checked: at(99), low_since: null }, [`balance.low:${iso(100)}`], low(100)],
		['is low as before', 3, { checked: at(99), low_since: iso(98) }, [], low(98)],
		['has risen', 6, { checked: at(99), low_since: iso(98) }, [], ENOUGH],
	])('%s', (_, available, before, keys, balance) => {
		expect(look(available, before)).toEqual({ keys, balance });
	});

	it('that was not looked at stays as it was', () => {
		const balance = { checked: at(99), low_since: iso(98) };
		expect(concluded(learntOf({}), { state: stateOf({ balance }) }).state!.balance).toEqual(
			balance,
		);
	});
});

describe('what is emitted', () => {
	const events: EventName[] = [
		'snapshot.created',
		'tracking.ended',
		'video.deleted',
		'balance.low',
	];
	const item = (event_key: string): EventItem => ({ event: 'snapshot.created', event_key });
	const busy = (fields: Partial<Learnt> = {}) =>
		learntOf(
			{ a, b, c: a },
			{
				listing: listingOf('a', 'b'),
				missing: ['c'],
				usage: usageOf(1),
				sightings: [
					sighting('a', { status: [item('a ended')] }),
					sighting('b', {
						snapshots: [7, 8].map((hour) => ({ instant: at(hour), items: [item(`b${hour}`)] })),
					}),
				],
				...fields,
			},
		);

	it('is snapshots, then what happened to videos, then the balance', () => {
		expect(concluded(busy(), { events }).keys).toEqual([
			'b7',
			'b8',
			'a ended',
			'c:deleted',
			`balance.low:${iso(100)}`,
		]);
	});

	it('leaves room for what is no snapshot', () => {
		const { keys, videos } = concluded(busy(), { events, maxItemsPerPoll: 3 });
		expect(keys).toEqual(['b7', 'c:deleted', `balance.low:${iso(100)}`]);
		expect([videos.a!.more, videos.b!.more]).toEqual([true, true]);
	});

	it('of 1 is what is rare first; the snapshots are left for the next poll', () => {
		const { keys, state } = concluded(busy(), { events, maxItemsPerPoll: 1 });
		expect(keys).toEqual(['c:deleted']);
		expect(state!.videos).toMatchObject({ b: { more: true } });
	});

	const owed = { snapshots: { b: [at(7)] }, items: [item('z ended')] };

	it('leaves room for what is owed', () => {
		const { keys } = concluded(busy({ owed }), { events, maxItemsPerPoll: 4 });
		expect([...keys].sort()).toEqual(['b7', `balance.low:${iso(100)}`, 'c:deleted', 'z ended']);
	});

	it('is what is owed after a restart too, and is remembered for the next', () => {
		const { keys, state } = concluded(busy({ owed }), { events, replayAfterRestart: true });
		expect(keys).toContain('z ended');
		expect(state).toMatchObject({
			process: 'p1',
			recent: [{ at: NOW, snapshots: { b: [at(7), at(8)] } }],
			replay: {},
		});
		const noSnapshots = state!.recent![0]!.items.map(({ event_key }) => event_key);
		expect(noSnapshots).toEqual(['z ended', 'a ended', 'c:deleted', `balance.low:${iso(100)}`]);
	});

	it('is kept for no replay unless that is chosen', () => {
		const { state } = concluded(busy(), { events });
		expect(state).not.toHaveProperty('recent');
		expect(state).not.toHaveProperty('process');
	});

	test('after a restart is snapshots first as well', () => {
		expect(
			concluded(busy({ owed }), { events, replayAfterRestart: true }).keys.slice(0, 2),
		).toEqual(['b7', 'b8']);
	});

	test('is no more than Max Items Per Poll, also of what is no snapshot', () => {
		const learnt = learntOf(
			{ a, b, c: a, d: a },
			{ listing: listingOf(), missing: ['a', 'b', 'c', 'd'] },
		);
		expect(concluded(learnt, { events, maxItemsPerPoll: 2 }).keys).toHaveLength(2);
	});
});

describe('what is remembered', () => {
	it('is what is watched, by its base URL and version', () => {
		const { state } = concluded(learntOf({ a }, { sightings: [sighting('a')] }));
		expect(state).toEqual({ ...stateOf(), videos: { a: { ...a, checked: NOW } } });
	});

	it('is nothing of a video of another platform, or one that ended a day ago', () => {
		const over = { ...a, ended: at(76), checked: at(99) };
		const after = { ...over, checked: NOW };
		const learnt = learntOf(
			{ a, over, n: fromItsStart },
			{ elsewhere: new Set(['a']), sightings: [sighting('over', { after })] },
		);
		expect(Object.keys(concluded(learnt).videos)).toEqual(['n']);
	});

	it('is what of the list is full', () => {
		const listing = {
			...listingOf('a'),
			fullSlices: [{ platform: 'tiktok', status: 'monitoring' }],
		};
		const { fullSlices } = concluded(learntOf({ a }, { listing }));
		expect(fullSlices).toEqual([{ platform: 'tiktok', status: 'monitoring' }]);
	});
});
