import type { Answers } from './collect';
import type { EventItem } from './events';
import type { HandedOver } from './handOver';
import type { PollState } from './state';

/** Instants (Unix milliseconds) by video id. */
export type InstantsById = Record<string, number[]>;

/** What is to be emitted again. */
export interface Owed {
	snapshots: InstantsById;
	/** Items that are no snapshot, as they went out. */
	items: EventItem[];
}

export const nothingOwed: Owed = { snapshots: {}, items: [] };

const REPLAY_MS = 10 * 60_000;

function merge(...all: InstantsById[]): InstantsById {
	const merged: InstantsById = {};
	for (const [id, instants] of all.flatMap(Object.entries<number[]>))
		merged[id] = [...new Set([...(merged[id] ?? []), ...instants])];
	return merged;
}

/**
 * What is to be emitted again: after a restart, what was handed over in the ten minutes before the
 * last handover, since n8n may have lost it in a crash; and what earlier polls still owe of that.
 *
 * @param process an id that each start of n8n makes anew.
 */
export function owedReplay(state: PollState | null, process: string): Owed {
	const isRestart = state?.process !== undefined && state.process !== process;
	const recent = isRestart ? (state.recent ?? []) : [];
	const all = [...(state?.replay ? [state.replay] : []), ...recent];
	return {
		snapshots: merge(...all.map(({ snapshots }) => snapshots)),
		items: all.flatMap(({ items }) => items as EventItem[]),
	};
}

/** The handovers of the ten minutes before the latest one, and that one. */
export function recentHandovers(
	state: PollState | null,
	snapshots: InstantsById,
	items: EventItem[],
	now: number,
): NonNullable<PollState['recent']> {
	const before = state?.recent ?? [];
	if (Object.keys(snapshots).length === 0 && items.length === 0) return before;
	return [...before.filter(({ at }) => at > now - REPLAY_MS), { at: now, snapshots, items }];
}

/**
 * What is still owed after a poll: what was not reached, or not handed over yet.
 *
 * @param items how many of the owed items that are no snapshot went out.
 */
export function stillOwed(
	owed: Owed,
	items: number,
	{ answered, missing }: Answers,
	{ leftOver, snapshots }: HandedOver,
): Owed {
	const rest = Object.entries(owed.snapshots).map(([id, instants]): [string, number[]] => {
		// What a video that was read to its end does not hold any more cannot be emitted again.
		if (missing.has(id) || (answered.has(id) && !leftOver.has(id))) return [id, []];
		const done = new Set(snapshots[id]);
		return [id, instants.filter((instant) => !done.has(instant))];
	});
	return {
		snapshots: Object.fromEntries(rest.filter(([, instants]) => instants.length > 0)),
		items: owed.items.slice(items),
	};
}
