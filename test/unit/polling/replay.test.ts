import { BudgetExhaustedError } from '../../../nodes/ContentStats/api/errors';
import type { FetchResult } from '../../../nodes/ContentStats/polling/fetch';
import { type EventItem, EVENTS } from '../../../nodes/ContentStats/polling/events';
import type { Emission } from '../../../nodes/ContentStats/polling/emit';
import {
	NO_REPLAY,
	dueReplay,
	recentEmissions,
	remainingReplay,
} from '../../../nodes/ContentStats/polling/replay';
import {
	type InstantsById,
	type PollState,
	STATE_VERSION,
} from '../../../nodes/ContentStats/polling/state';
import { at, deepFreeze, httpError } from '../support/fakeClient';

const MINUTE = 1 / 60;
const ended: EventItem = { event: 'tracking.ended', event_key: 'a:ended' };
const deleted: EventItem = { event: 'video.deleted', event_key: 'b:deleted' };
const low: EventItem = { event: 'balance.low', event_key: 'balance.low:x' };

const stateOf = (fields: Partial<PollState> = {}): PollState =>
	deepFreeze({
		version: STATE_VERSION,
		api: 'https://contentstats.io/api/v1',
		nodeId: 'node',
		watch: { kind: 'all' },
		seededUntil: 0,
		videos: {},
		processId: 'p1',
		...fields,
	});
const emission = (hour: number, snapshots: InstantsById, items: EventItem[] = []) => ({
	emittedAt: at(hour),
	snapshots,
	items,
});

describe('dueReplay', () => {
	const emissions = [
		emission(5, { a: [at(1), at(2)] }, [ended]),
		emission(5.1, { a: [at(2), at(3)], b: [at(1)] }, [deleted]),
	];
	const all = { snapshots: { a: [at(1), at(2), at(3)], b: [at(1)] }, items: [ended, deleted] };

	test.each<[string, PollState | null, object]>([
		['returns nothing before the first poll', null, NO_REPLAY],
		['returns nothing in the same process', stateOf({ recentEmissions: emissions }), NO_REPLAY],
		[
			'returns each recent emission once after a restart',
			stateOf({ recentEmissions: emissions, processId: 'p0' }),
			all,
		],
		[
			'returns nothing after a restart without recent emissions',
			stateOf({ processId: 'p0' }),
			NO_REPLAY,
		],
		[
			'returns nothing if the option was off before the restart',
			stateOf({ recentEmissions: emissions, processId: undefined }),
			NO_REPLAY,
		],
		[
			'returns the rest of an earlier replay in the same process',
			stateOf({ recentEmissions: emissions, replay: { snapshots: { c: [at(9)] }, items: [low] } }),
			{ snapshots: { c: [at(9)] }, items: [low] },
		],
		[
			'merges the rest of an earlier replay with recent emissions after a restart',
			stateOf({
				recentEmissions: emissions,
				processId: 'p0',
				replay: { snapshots: { a: [at(0), at(1)], c: [at(9)] }, items: [low] },
			}),
			{
				snapshots: { a: [at(0), at(1), at(2), at(3)], b: [at(1)], c: [at(9)] },
				items: [low, ended, deleted],
			},
		],
	])('%s', (_, state, replay) => {
		expect(dueReplay(state, 'p1', [...EVENTS])).toEqual(replay);
	});

	it('leaves out items of events that are no longer chosen', () => {
		const state = stateOf({ recentEmissions: emissions, processId: 'p0' });
		expect(dueReplay(state, 'p1', ['video.deleted']).items).toEqual([deleted]);
	});
});

describe('recentEmissions', () => {
	const before = [9.9 * MINUTE, 5 * MINUTE, 0].map((ago) => emission(10 - ago, { a: [at(1)] }));
	const tooOld = [emission(10 - 10.1 * MINUTE, { a: [at(0)] })];

	it('returns the new emission and the emissions of the ten minutes before it', () => {
		const state = stateOf({ recentEmissions: [...tooOld, ...before] });
		expect(recentEmissions(state, { b: [at(2)] }, [], at(10))).toEqual([
			...before,
			emission(10, { b: [at(2)] }),
		]);
	});

	it('returns the earlier emissions unchanged if nothing is emitted, however old they are', () => {
		const all = [...tooOld, ...before];
		expect(recentEmissions(stateOf({ recentEmissions: all }), {}, [], at(500))).toEqual(all);
	});

	it('includes an emission without snapshots', () => {
		expect(recentEmissions(null, {}, [ended], at(10))).toEqual([emission(10, {}, [ended])]);
	});
});

describe('remainingReplay', () => {
	const instants: InstantsById = deepFreeze({ a: [at(1), at(2), at(3)] });
	const resultOf = (fields: Partial<FetchResult> = {}): FetchResult => ({
		fetched: new Set(),
		failed: new Map(),
		missing: new Map(),
		stoppedBy: null,
		...fields,
	});
	const emissionOf = (fields: Partial<Emission> = {}): Emission => ({
		snapshotItems: [],
		statusItems: [],
		judgedItems: [],
		instants: {},
		backlog: new Set(),
		videos: {},
		...fields,
	});
	const error = httpError(500, 'video a');
	const outOfTime = new BudgetExhaustedError('video a', false);

	test.each<[string, Partial<FetchResult>, Partial<Emission>, InstantsById]>([
		['was not fetched', { stoppedBy: outOfTime }, {}, instants],
		['failed', { failed: new Map([['a', error]]) }, {}, instants],
		['is missing', { missing: new Map([['a', httpError(404, 'video a')]]) }, {}, {}],
		['was fully emitted', { fetched: new Set(['a']) }, { instants: instants }, {}],
		['was fetched, but no longer has the snapshots', { fetched: new Set(['a']) }, {}, {}],
		[
			'was emitted in part',
			{ fetched: new Set(['a']) },
			{ instants: { a: [at(1), at(9)] }, backlog: new Set(['a']) },
			{ a: [at(2), at(3)] },
		],
		[
			'was emitted, but leaves other snapshots as backlog',
			{ fetched: new Set(['a']) },
			{ instants: instants, backlog: new Set(['a']) },
			{},
		],
	])('returns the snapshots still to be emitted of a video that %s', (_, result, emitted, rest) => {
		const all = { snapshots: instants, items: [] };
		expect(remainingReplay(all, 0, resultOf(result), emissionOf(emitted)).snapshots).toEqual(rest);
	});

	it('returns the other items that were not emitted', () => {
		const all = { snapshots: {}, items: [low, ended, deleted] };
		expect(remainingReplay(all, 2, resultOf(), emissionOf()).items).toEqual([deleted]);
	});
});
