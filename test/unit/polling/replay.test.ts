import { ContentStatsError } from '../../../nodes/ContentStats/api/errors';
import type { Answers } from '../../../nodes/ContentStats/polling/collect';
import type { EventItem } from '../../../nodes/ContentStats/polling/events';
import type { HandedOver } from '../../../nodes/ContentStats/polling/handOver';
import {
	type InstantsById,
	nothingOwed,
	owedReplay,
	recentHandovers,
	stillOwed,
} from '../../../nodes/ContentStats/polling/replay';
import { type PollState, STATE_VERSION } from '../../../nodes/ContentStats/polling/state';
import { at, deepFreeze, httpError } from '../world';

const MINUTE = 1 / 60;
const ended: EventItem = { event: 'tracking.ended', event_key: 'a:ended' };
const deleted: EventItem = { event: 'video.deleted', event_key: 'b:deleted' };
const low: EventItem = { event: 'balance.low', event_key: 'balance.low:x' };

const stateOf = (fields: Partial<PollState> = {}): PollState =>
	deepFreeze({
		version: STATE_VERSION,
		base_url: 'https://contentstats.io/api/v1',
		watch: { kind: 'all' },
		seeded_until: 0,
		videos: {},
		process: 'p1',
		...fields,
	});
const handover = (hour: number, snapshots: InstantsById, items: EventItem[] = []) => ({
	at: at(hour),
	snapshots,
	items,
});

describe('owedReplay', () => {
	const recent = [
		handover(5, { a: [at(1), at(2)] }, [ended]),
		handover(5.1, { a: [at(2), at(3)], b: [at(1)] }, [deleted]),
	];
	const all = { snapshots: { a: [at(1), at(2), at(3)], b: [at(1)] }, items: [ended, deleted] };

	test.each<[string, PollState | null, object]>([
		['before the first poll', null, nothingOwed],
		['in the same process', stateOf({ recent }), nothingOwed],
		[
			'in another process, all that was handed over lately',
			stateOf({ recent, process: 'p0' }),
			all,
		],
		['in another process with nothing handed over', stateOf({ process: 'p0' }), nothingOwed],
		[
			'where it was not asked for in the process before',
			stateOf({ recent, process: undefined }),
			nothingOwed,
		],
		[
			'what earlier polls still owe, in the same process',
			stateOf({ recent, replay: { snapshots: { c: [at(9)] }, items: [low] } }),
			{ snapshots: { c: [at(9)] }, items: [low] },
		],
		[
			'what earlier polls still owe, each once, in another process',
			stateOf({
				recent,
				process: 'p0',
				replay: { snapshots: { a: [at(0), at(1)], c: [at(9)] }, items: [low] },
			}),
			{
				snapshots: { a: [at(0), at(1), at(2), at(3)], b: [at(1)], c: [at(9)] },
				items: [low, ended, deleted],
			},
		],
	])('%s', (_, state, owed) => {
		expect(owedReplay(state, 'p1')).toEqual(owed);
	});
});

describe('recentHandovers', () => {
	const before = [9.9 * MINUTE, 5 * MINUTE, 0].map((ago) => handover(10 - ago, { a: [at(1)] }));
	const tooOld = [handover(10 - 10.1 * MINUTE, { a: [at(0)] })];

	it('are those of the ten minutes before the latest one, and that one', () => {
		const state = stateOf({ recent: [...tooOld, ...before] });
		expect(recentHandovers(state, { b: [at(2)] }, [], at(10))).toEqual([
			...before,
			handover(10, { b: [at(2)] }),
		]);
	});

	it('stay as they are where nothing is handed over, however long', () => {
		const recent = [...tooOld, ...before];
		expect(recentHandovers(stateOf({ recent }), {}, [], at(500))).toEqual(recent);
	});

	it('count an item that is no snapshot', () => {
		expect(recentHandovers(null, {}, [ended], at(10))).toEqual([handover(10, {}, [ended])]);
	});
});

describe('stillOwed', () => {
	const owed: InstantsById = deepFreeze({ a: [at(1), at(2), at(3)] });
	const answersOf = (fields: Partial<Answers> = {}): Answers => ({
		answered: new Set(),
		failed: new Map(),
		missing: new Map(),
		refusal: null,
		...fields,
	});
	const outOf = (fields: Partial<HandedOver> = {}): HandedOver => ({
		snapshotItems: [],
		statusItems: [],
		snapshots: {},
		leftOver: new Set(),
		videos: {},
		...fields,
	});
	const error = httpError(500, 'video a');
	const outOfTime = new ContentStatsError('out_of_time', { message: '', description: '' });

	test.each<[string, Partial<Answers>, Partial<HandedOver>, InstantsById]>([
		['not reached', { refusal: outOfTime }, {}, owed],
		['failed', { failed: new Map([['a', error]]) }, {}, owed],
		['gone', { missing: new Map([['a', httpError(404, 'video a')]]) }, {}, {}],
		['handed over', { answered: new Set(['a']) }, { snapshots: owed }, {}],
		['read to its end, where some are not there any more', { answered: new Set(['a']) }, {}, {}],
		[
			'handed over in part',
			{ answered: new Set(['a']) },
			{ snapshots: { a: [at(1), at(9)] }, leftOver: new Set(['a']) },
			{ a: [at(2), at(3)] },
		],
		[
			'handed over, while others of it are left',
			{ answered: new Set(['a']) },
			{ snapshots: owed, leftOver: new Set(['a']) },
			{},
		],
	])('of a video that was %s', (_, answers, out, rest) => {
		const all = { snapshots: owed, items: [] };
		expect(stillOwed(all, 0, answersOf(answers), outOf(out)).snapshots).toEqual(rest);
	});

	it('is of other items what did not go out', () => {
		const all = { snapshots: {}, items: [low, ended, deleted] };
		expect(stillOwed(all, 2, answersOf(), outOf()).items).toEqual([deleted]);
	});
});
