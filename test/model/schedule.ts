import fc from 'fast-check';

import type { Trouble, VideoPlan } from './api';

/** The videos to watch; `ids` are indexes modulo the number of videos. */
export type WatchPlan = 'all' | 'tiktok' | 'youtube' | { ids: number[] };

export type Step =
	/** Time passes without a poll. */
	| { do: 'wait'; minutes: number }
	/** n8n's clock is set to `ahead` minutes ahead of the API's, `after` seconds from now: perhaps during a poll. */
	| { do: 'set clock'; ahead: number; after: number; latencies: number[] }
	| { do: 'poll'; every: number; times: number }
	| { do: 'two polls at once'; latencies: number[] }
	/** n8n restarts, or only activates the workflow again. */
	| { do: 'restart'; from: 'last poll' | 'last saved'; isNewProcess: boolean }
	/** The user publishes the workflow. n8n discards the result of a poll that is running. */
	| { do: 'publish'; watch: WatchPlan | null; whilePolling: number[] | null }
	| { do: 'crash'; after: 'saving' | 'running' }
	| { do: 'trouble'; trouble: Trouble }
	/** A run of another workflow begins, and sends so many requests beside the next polls. */
	| { do: 'run'; requests: number }
	/** Lists are as old as `minutes` says, in turn. */
	| { do: 'lag'; minutes: number[] }
	| { do: 'slow'; budgetMs: number; latencies: number[] }
	| { do: 'track'; video: VideoPlan }
	| { do: 'status'; of: number; is: 'paused' | 'monitoring' | 'error' | 'completed' | 'cancelled' }
	| { do: 'lose'; of: number; as: 'gone' | 'deleted' };

/** The lowest rate limit, in requests per minute. */
export const MIN_LIMIT = 2;

export interface Schedule {
	startFrom: 'new' | 'latest' | 'beginning';
	maxItemsPerPoll: number;
	replayAfterRestart: boolean;
	/** Whether all events are selected; snapshots only if not. */
	isAllEvents: boolean;
	/** Rate limit, in requests per minute. */
	limit: number;
	/** Whether the reset of one window wavers by a second, since the time left is rounded. */
	isResetRounded: boolean;
	/** Requests in each window that others with the same API key send. */
	others: number;
	/** The time of each poll in milliseconds. */
	budgetMs: number;
	/** What a second workflow watches, in the same process and with the same API key; null: there is none. */
	rival: WatchPlan | null;
	/** Videos that are tracked before the workflow is published, and for how many hours. */
	tracked: Array<{ hours: number; video: VideoPlan }>;
	watch: WatchPlan;
	/** Entries of the list that are no videos. */
	oddEntries: unknown[];
	steps: Step[];
}

type Weighted<T> = Array<[number, fc.Arbitrary<T>]>;

/** Picks one of the arbitraries by weight, and shrinks towards the first. */
const mostly = <T>(...choices: Weighted<T>): fc.Arbitrary<T> =>
	fc.oneof(
		{ withCrossShrink: true },
		...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })),
	);

const between = (min: number, max: number) => fc.integer({ min, max });
const few = <T>(arbitrary: fc.Arbitrary<T>, maxLength = 4) =>
	fc.array(arbitrary, { minLength: 1, maxLength });

const late = mostly(
	[12, fc.constant(0)],
	[2, between(1, 59)],
	[3, between(1, 23).map((hours) => hours * 60)],
	[1, fc.constantFrom(24 * 60, 30 * 60)],
);

const oddCount = fc.constantFrom<unknown>(-1, '-1', '1.2M', 'N/A', 12.5, false, [], {});
const notText = fc.constantFrom<unknown>(7, true, [], {});
const notTime = fc.constantFrom<unknown>('soon', 1767225600, '2026-01-01 00:00:00', [], '');
const undated = fc.constantFrom<unknown>(null, 'x', {}, { snapshot_time: 'noon', views: '9' });
const ids = fc.constantFrom('constructor', '__proto__', 'toString', 'hasOwnProperty');
const oddFields = fc.record(
	{
		job_id: notText,
		days_remaining: fc.constantFrom<unknown>('5.5', false, {}),
		monitoring_duration_days: notText,
		created_at: notTime,
		current_metadata: fc.constantFrom<unknown>([], 'x', { title: 7, creator: [] }),
	},
	{ requiredKeys: [] },
) as fc.Arbitrary<Record<string, unknown>>;
const odd = fc.record({
	id: fc.option(ids),
	fields: oddFields,
	count: oddCount,
	aheadHours: between(20, 90),
	undated,
});

const videoPlan: fc.Arbitrary<VideoPlan> = fc.record({
	platform: fc.constantFrom('tiktok', 'youtube'),
	link: between(0, 2),
	firstMinutes: between(0, 60),
	growths: few(
		mostly(
			[6, fc.constantFrom(100, 150)],
			[2, fc.constantFrom(0, 1, -50)],
			[1, between(300, 2000)],
		),
		30,
	),
	cadenceMinutes: mostly([9, fc.constant(60)], [1, fc.constantFrom(20, 120)]),
	lateMinutes: few(late, 6),
	order: fc.constantFrom('oldest first', 'newest first', 'mixed'),
	isRepeated: fc.boolean(),
	resumesAtOnce: fc.boolean(),
	odd: mostly<VideoPlan['odd']>([2, fc.constant(null)], [1, odd]),
});

const which = mostly<number[]>(
	[1, fc.constant([0])],
	[1, fc.uniqueArray(between(0, 5), { minLength: 1, maxLength: 3 })],
);

const watch: fc.Arbitrary<WatchPlan> = mostly<WatchPlan>(
	[4, fc.constant('all')],
	[1, fc.constantFrom('tiktok', 'youtube')],
	[2, which.map((ids) => ({ ids }))],
);

const latencies: fc.Arbitrary<number[]> = few(
	mostly([1, fc.constant(0)], [2, between(1, 3000)], [1, between(3000, 40_000)]),
);

const times = mostly([3, fc.constant(99)], [1, between(1, 3)]);
const refused = between(1, 90).map((refusedSeconds) => ({ refusedSeconds }));
const oldDate = between(1, 20).map((hoursBehind) => ({ hoursBehind }));
const oneHarm = (...harms: Array<Trouble['harm']>) => fc.constantFrom(...harms);
const trouble = mostly<Trouble>(
	[
		4,
		fc.record({
			on: which,
			harm: mostly<Trouble['harm']>([4, oneHarm(503, 403, 404, 'cut', 'reset')], [1, oldDate]),
			times,
		}),
	],
	[
		1,
		fc.record({
			on: fc.constant('list' as const),
			harm: mostly<Trouble['harm']>([3, oneHarm(503, 403, 'cut', 'reset')], [1, oldDate]),
			times,
		}),
	],
	[
		3,
		fc.record({
			on: fc.constant('all' as const),
			harm: mostly<Trouble['harm']>([3, oneHarm(503, 401, 'reset')], [2, refused], [1, oldDate]),
			times,
		}),
	],
);

const waitMinutes = mostly(
	[5, between(1, 60)],
	[3, between(61, 8 * 60)],
	[1, between(9 * 60, 30 * 60)],
);

const number = between(0, 5);
const publish = fc.record({
	do: fc.constant('publish' as const),
	watch: fc.option(watch, { nil: null }),
	whilePolling: fc.option(latencies, { nil: null }),
});
const step = mostly<Step>(
	[
		6,
		fc.record({
			do: fc.constant('poll'),
			every: fc.constantFrom(5, 1, 15, 60),
			times: between(1, 6),
		}),
	],
	[4, waitMinutes.map((minutes) => ({ do: 'wait', minutes }))],
	[3, trouble.map((given) => ({ do: 'trouble', trouble: given }))],
	[
		3,
		fc.record({
			do: fc.constant('restart'),
			from: fc.constantFrom('last poll', 'last saved'),
			isNewProcess: fc.boolean(),
		}),
	],
	[
		2,
		fc.constantFrom('saving' as const, 'running' as const).map((after) => ({ do: 'crash', after })),
	],
	[2, videoPlan.map((video) => ({ do: 'track', video }))],
	[
		3,
		fc.record({
			do: fc.constant('status'),
			of: number,
			is: fc.constantFrom('paused', 'monitoring', 'error', 'completed', 'cancelled'),
		}),
	],
	[1, fc.record({ do: fc.constant('lose'), of: number, as: fc.constantFrom('gone', 'deleted') })],
	[1, latencies.map((given) => ({ do: 'two polls at once', latencies: given }))],
	[2, publish],
	[
		2,
		fc.record({
			do: fc.constant('set clock'),
			ahead: between(-120, 120),
			after: mostly([1, fc.constant(0)], [2, between(1, 90)]),
			latencies,
		}),
	],
	[
		2,
		few(mostly([1, fc.constant(0)], [2, between(1, 45)]), 3).map((minutes) => ({
			do: 'lag',
			minutes,
		})),
	],
	[2, between(1, 80).map((requests) => ({ do: 'run', requests }))],
	[
		1,
		fc.record({
			do: fc.constant('slow'),
			budgetMs: between(2000, 20_000),
			latencies,
		}),
	],
);

const biased = fc.record<Schedule>({
	startFrom: mostly([5, fc.constant('new')], [1, fc.constantFrom('latest', 'beginning')]),
	maxItemsPerPoll: mostly([3, fc.constant(1000)], [1, between(1, 5)], [1, between(6, 60)]),
	replayAfterRestart: mostly([3, fc.constant(false)], [1, fc.constant(true)]),
	isAllEvents: fc.boolean(),
	limit: mostly([6, fc.constant(1000)], [1, between(MIN_LIMIT, 10)]),
	isResetRounded: fc.boolean(),
	others: mostly([3, fc.constant(0)], [1, between(1, 9)]),
	budgetMs: mostly([4, fc.constant(300_000)], [1, between(5000, 60_000)]),
	rival: mostly<WatchPlan | null>([3, fc.constant(null)], [1, watch]),
	tracked: fc.array(
		fc.record({ hours: mostly([5, between(0, 3)], [1, between(4, 30)]), video: videoPlan }),
		{ maxLength: 3 },
	),
	watch,
	oddEntries: mostly<unknown[]>(
		[3, fc.constant([])],
		[
			1,
			few(fc.constantFrom<unknown>(null, 'x', {}, [], { id: 7 }, { id: '', platform: 'tiktok' })),
		],
	),
	steps: fc.array(step, { maxLength: 20, size: 'max' }),
});
/** Avoids fast-check's bias towards short lists, because failures take several steps. */
export const schedules: fc.Arbitrary<Schedule> = fc.noBias(biased);
