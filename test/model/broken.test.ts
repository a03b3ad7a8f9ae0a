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
		'drops every snapshot older than the newest one',
		MISSING,
		() => ({
			freshInstants: ({ newest }, instants) => instants.filter((at) => at > (newest ?? 0)),
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

test.each(BROKEN)(
	'detects a cursor that %s',
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
