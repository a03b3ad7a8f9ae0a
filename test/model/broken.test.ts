import fc from 'fast-check';

import { HOUR_MS } from './clock';
import { type CursorModule, loadTrigger } from './n8n';
import { schedules } from './schedule';
import { ScheduleRunner } from './scheduleRunner';

type Break = (cursor: CursorModule) => Partial<CursorModule>;

const MISSING = /is missing$/;
const TOO_MUCH = /was emitted 2 times$|is of before the seed$/;

const BROKEN: Array<[string, RegExp, Break]> = [
	[
		'takes nothing that is older than the newest',
		MISSING,
		() => ({
			freshInstants: ({ newest }, instants) => instants.filter((at) => at > (newest ?? 0)),
		}),
	],
	[
		'forgets all but the newest',
		TOO_MUCH,
		({ advanceCursor }) => ({
			advanceCursor: (cursor, handedOver) => ({
				...advanceCursor(cursor, handedOver),
				seen: '',
			}),
		}),
	],
	[
		'takes what is a day old once more',
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
		'looks back an hour less than a day',
		MISSING,
		({ freshInstants, LOOKBACK_MS }) => ({
			freshInstants: (cursor, instants) => {
				const earliest = (cursor.newest ?? 0) - LOOKBACK_MS + HOUR_MS;
				return freshInstants(cursor, instants).filter((at) => at > earliest);
			},
		}),
	],
	[
		'remembers one too few',
		TOO_MUCH,
		({ advanceCursor }) => ({
			advanceCursor: (cursor, handedOver) => {
				const after = advanceCursor(cursor, handedOver);
				return { ...after, seen: after.seen.replace(/[+-][0-9a-z]+$/, '') };
			},
		}),
	],
];

test.each(BROKEN)(
	'a cursor that %s is found',
	async (_, complaint, breakCursor) => {
		const triggers = [loadTrigger(breakCursor), loadTrigger(breakCursor)];
		const property = fc.asyncProperty(
			schedules,
			async (schedule) => await new ScheduleRunner(schedule, triggers).run(),
		);
		const { errorInstance } = await fc.check(property, {
			seed: 1,
			numRuns: 300,
			endOnFailure: true,
		});
		expect((errorInstance as Error | null)?.message).toMatch(complaint);
	},
	5 * 60_000,
);
