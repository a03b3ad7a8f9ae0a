import { BudgetExhaustedError } from '../../../nodes/ContentStats/api/errors';
import type { FetchResult } from '../../../nodes/ContentStats/polling/fetch';
import type { EventItem } from '../../../nodes/ContentStats/polling/events';
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
		baseUrl: 'https://contentstats.io/api/v1',
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
		['before the first poll', null, NO_REPLAY],
		['in the same process', stateOf({ recentEmissions: emissions }), NO_REPLAY],
		[
			'in another process, everything emitted lately',
			stateOf({ recentEmissions: emissions, processId: 'p0' }),
			all,
		],
		['in another process with nothing emitted', stateOf({ processId: 'p0' }), NO_REPLAY],
		[
			'where it was not asked for in the process before',
			stateOf({ recentEmissions: emissions, processId: undefined }),
			NO_REPLAY,
		],
		[
			'what earlier polls left, in the same process',
			stateOf({ recentEmissions: emissions, replay: { snapshots: { c: [at(9)] }, items: [low] } }),
			{ snapshots: { c: [at(9)] }, items: [low] },
		],
		[
			'what earlier polls left, each once, in another process',
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
		expect(dueReplay(state, 'p1')).toEqual(replay);
	});
});

describe('recentEmissions', () => {
	const before = [9.9 * MINUTE, 5 * MINUTE, 0].map((ago) => emission(10 - ago, { a: [at(1)] }));
	const tooOld = [emission(10 - 10.1 * MINUTE, { a: [at(0)] })];

	it('are those of the ten minutes before the latest one, and that one', () => {
		const state = stateOf({ recentEmissions: [...tooOld, ...before] });
		expect(recentEmissions(state, { b: [at(2)] }, [], at(10))).toEqual([
			...before,
			emission(10, { b: [at(2)] }),
		]);
	});

	it('stay as they are if nothing is emitted, however long', () => {
		const all = [...tooOld, ...before];
		expect(recentEmissions(stateOf({ recentEmissions: all }), {}, [], at(500))).toEqual(all);
	});

	it('count an item that is no snapshot', () => {
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
		instants: {},
		backlog: new Set(),
		videos: {},
		...fields,
	});
	const error = httpError(500, 'video a');
	const outOfTime = new BudgetExhaustedError('video a', false);

	test.each<[string, Partial<FetchResult>, Partial<Emission>, InstantsById]>([
		['not reached', { stoppedBy: outOfTime }, {}, instants],
		['failed', { failed: new Map([['a', error]]) }, {}, instants],
		['gone', { missing: new Map([['a', httpError(404, 'video a')]]) }, {}, {}],
		['emitted', { fetched: new Set(['a']) }, { instants: instants }, {}],
		['read to its end, where some are not there any more', { fetched: new Set(['a']) }, {}, {}],
		[
			'emitted in part',
			{ fetched: new Set(['a']) },
			{ instants: { a: [at(1), at(9)] }, backlog: new Set(['a']) },
			{ a: [at(2), at(3)] },
		],
		[
			'emitted, while others of it are left',
			{ fetched: new Set(['a']) },
			{ instants: instants, backlog: new Set(['a']) },
			{},
		],
	])('of a video that was %s', (_, result, emitted, rest) => {
		const all = { snapshots: instants, items: [] };
		expect(remainingReplay(all, 0, resultOf(result), emissionOf(emitted)).snapshots).toEqual(rest);
	});

	it('is of other items what did not go out', () => {
		const all = { snapshots: {}, items: [low, ended, deleted] };
		expect(remainingReplay(all, 2, resultOf(), emissionOf()).items).toEqual([deleted]);
	});
});
