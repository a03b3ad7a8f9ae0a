import fc from 'fast-check';

import { HOUR_MS } from './clock';
import { type Break, loadPackages } from './n8n';
import { schedules } from './schedule';
import { ScheduleRunner } from './scheduleRunner';

const MISSING = /is missing$/;
const NO_PROGRESS = /makes no progress$|took longer than/;
const TOO_MUCH = /was emitted 2 times$|is of before the seed$/;

const WRONG_GROWTH = /:(spiked|age|slowed)\S* (is wrong|is not emitted|was emitted 2 times)$/;

const CURSORS: Array<[string, RegExp, Break<'polling/cursor'>['by']]> = [
	[
		'drops every snapshot older than the newest one',
		MISSING,
		({ freshInstants }) => ({
			freshInstants: (cursor, instants) =>
				freshInstants(cursor, instants).filter((at) => at > (cursor.newest ?? 0)),
		}),
	],
	[
		'remembers only the newest snapshot',
		TOO_MUCH,
		({ advanceCursor }) => ({
			advanceCursor: (cursor, emitted) => ({
				...advanceCursor(cursor, emitted),
				seen: '',
			}),
		}),
	],
	[
		'emits a snapshot again once it is exactly a day old',
		TOO_MUCH,
		({ freshInstants, LOOKBACK_MS }) => ({
			freshInstants: (cursor, instants) => {
				const fresh = new Set(freshInstants(cursor, instants));
				const dayOld = (cursor.newest ?? 0) - LOOKBACK_MS;
				return instants.filter((at) => at === dayOld || fresh.has(at));
			},
		}),
	],
	[
		'looks back 23 hours instead of 24',
		MISSING,
		({ freshInstants, LOOKBACK_MS }) => ({
			freshInstants: (cursor, instants) => {
				const earliest = (cursor.newest ?? 0) - LOOKBACK_MS + HOUR_MS;
				return freshInstants(cursor, instants).filter((at) => at > earliest);
			},
		}),
	],
	[
		'takes a snapshot that is far ahead for the newest one',
		MISSING,
		({ advanceCursor }) => ({
			advanceCursor: (cursor, emitted) => advanceCursor(cursor, emitted),
		}),
	],
	[
		'remembers one snapshot too few',
		TOO_MUCH,
		({ advanceCursor }) => ({
			advanceCursor: (cursor, emitted) => {
				const after = advanceCursor(cursor, emitted);
				return { ...after, seen: after.seen.replace(/[+-][0-9a-z]+$/, '') };
			},
		}),
	],
];

const BROKEN: Array<[string, RegExp, Break]> = [
	...CURSORS.map(([what, complaint, by]): [string, RegExp, Break] => [
		`a cursor that ${what}`,
		complaint,
		{ of: 'polling/cursor', by },
	]),
	[
		'a list that makes the trigger forget the videos that it lacks',
		/is missing$|was emitted 2 times$/,
		{
			of: 'polling/reconcile',
			by: ({ reconcile }) => ({
				reconcile: (state, watch, listing, now) => {
					const after = reconcile(state, watch, listing, now);
					const listed = new Set(listing?.videos.map(({ id }) => id));
					const isForgotten = (id: string) => watch.kind === 'all' && listing && !listed.has(id);
					const kept = Object.entries(after.videos).filter(([id]) => !isForgotten(id));
					return { ...after, videos: Object.fromEntries(kept) };
				},
			}),
		},
	],
	[
		'a judge of growth that judges late snapshots',
		WRONG_GROWTH,
		{
			of: 'polling/judge',
			by: ({ createJudge }) => ({
				createJudge: (video, known, ...rest) =>
					createJudge(video, { ...known, newest: null }, ...rest),
			}),
		},
	],
	[
		'a judge of growth that forgets the last spike',
		WRONG_GROWTH,
		{
			of: 'polling/judge',
			by: ({ rememberJudged }) => ({
				rememberJudged: (...given) => ({ ...rememberJudged(...given), spikedAt: undefined }),
			}),
		},
	],
	[
		'a judge of growth that tells of what had slowed before',
		WRONG_GROWTH,
		{
			of: 'polling/judge',
			by: ({ createJudge }) => ({
				createJudge: (video, known, ...rest) =>
					createJudge(video, { ...known, isSlow: known.isSlow ?? false }, ...rest),
			}),
		},
	],
	[
		'spikes that are compared with one interval too few',
		WRONG_GROWTH,
		{
			of: 'polling/spikes',
			by: ({ findSpike }) => ({
				findSpike: (counts, place, ...rest) =>
					findSpike(counts.slice(Math.max(0, place - 7), place + 1), Math.min(place, 7), ...rest),
			}),
		},
	],
	[
		'windows that are an hour too long',
		WRONG_GROWTH,
		{
			of: 'polling/slowdowns',
			by: ({ findSlowdown }) => ({
				findSlowdown: (counts, settings) =>
					findSlowdown(counts, { ...settings, slowedHours: settings.slowedHours + 1 }),
			}),
		},
	],
	[
		'ages that are reached an hour late',
		WRONG_GROWTH,
		{
			of: 'polling/ages',
			by: ({ findAges }) => ({
				findAges: (ages, postedAt, ...rest) => findAges(ages, postedAt + HOUR_MS, ...rest),
			}),
		},
	],
	[
		'waits that go by a clock that may be set back',
		NO_PROGRESS,
		{ of: 'utils/time', by: () => ({ monotonicNow: () => Date.now() }) },
	],
	[
		'a rate limiter that sends the requests of all owners in turn',
		NO_PROGRESS,
		{
			of: 'api/rateLimiter',
			by: ({ rateLimiterFor }) => ({
				rateLimiterFor: (account, hostClock) => {
					const rateLimiter = rateLimiterFor(account, hostClock);
					return {
						...rateLimiter,
						run: async (send, subject, options) =>
							await rateLimiter.run(send, subject, { ...options, owner: '' }),
					};
				},
			}),
		},
	],
];

test.each(BROKEN)(
	'detects %s',
	async (_, complaint, broken) => {
		const packages = loadPackages(broken);
		const property = fc.asyncProperty(
			schedules,
			async (schedule) => await new ScheduleRunner(schedule, packages).run(),
		);
		const { errorInstance } = await fc.check(property, {
			seed: 1,
			numRuns: 5_000,
			endOnFailure: true,
		});
		expect((errorInstance as Error | null)?.message).toMatch(complaint);
	},
	5 * 60_000,
);
