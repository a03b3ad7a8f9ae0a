import { createRecord } from '../utils/record';
import { MINUTE_MS } from '../utils/time';
import type { Emission } from './emit';
import type { EventItem, EventName } from './events';
import type { FetchResult } from './fetch';
import type { InstantsById, PollState } from './state';

/** What is to be emitted again after a restart. */
export interface Replay {
	snapshots: InstantsById;
	/** Items that are no snapshot, as they were emitted. */
	items: EventItem[];
}

export const NO_REPLAY: Replay = { snapshots: createRecord(), items: [] };

const REPLAY_WINDOW_MS = 10 * MINUTE_MS;

function merge(...all: InstantsById[]): InstantsById {
	const merged: InstantsById = createRecord();
	for (const [id, instants] of all.flatMap(Object.entries<number[]>))
		merged[id] = [...new Set([...(merged[id] ?? []), ...instants])];
	return merged;
}

/**
 * Returns what is to be emitted again: after a restart, everything emitted in the ten minutes before
 * the last emission, since n8n may have lost it in a crash; and what earlier polls left of a replay.
 *
 * @param processId an id that each start of n8n makes anew.
 * @param events the chosen ones: others may have been when they were emitted.
 */
export function dueReplay(state: PollState | null, processId: string, events: EventName[]): Replay {
	const isRestart = state?.processId !== undefined && state.processId !== processId;
	const recent = isRestart ? (state.recentEmissions ?? []) : [];
	const all = [...(state?.replay ? [state.replay] : []), ...recent];
	return {
		snapshots: merge(...all.map(({ snapshots }) => snapshots)),
		items: all
			.flatMap(({ items }) => items as EventItem[])
			.filter(({ event }) => events.includes(event)),
	};
}

/** Adds an emission at `now` to the recent ones; only those of the ten minutes before it are kept. */
export function recentEmissions(
	state: PollState | null,
	snapshots: InstantsById,
	items: EventItem[],
	now: number,
): NonNullable<PollState['recentEmissions']> {
	const before = state?.recentEmissions ?? [];
	if (Object.keys(snapshots).length === 0 && items.length === 0) return before;
	return [
		...before.filter(({ emittedAt }) => emittedAt > now - REPLAY_WINDOW_MS),
		{ emittedAt: now, snapshots, items },
	];
}

/**
 * Returns what a poll leaves of a replay: videos that were not fetched, and snapshots and items that
 * were not emitted.
 *
 * @param itemCount how many of the items that are no snapshot were emitted.
 */
export function remainingReplay(
	replay: Replay,
	itemCount: number,
	{ fetched, missing }: FetchResult,
	{ backlog, instants: emittedInstants }: Emission,
): Replay {
	const rest = Object.entries(replay.snapshots).map(([id, instants]): [string, number[]] => {
		// A snapshot that a fetched video no longer has cannot be emitted again.
		if (missing.has(id) || (fetched.has(id) && !backlog.has(id))) return [id, []];
		const emitted = new Set(emittedInstants[id]);
		return [id, instants.filter((instant) => !emitted.has(instant))];
	});
	return {
		snapshots: createRecord(rest.filter(([, instants]) => instants.length > 0)),
		items: replay.items.slice(itemCount),
	};
}
