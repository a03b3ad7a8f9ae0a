import type { PollState } from './state';

/** The moment of a poll: Unix milliseconds, and an id that each start of n8n makes anew. */
export interface Moment {
	now: number;
	process: string;
}

/** Instants (Unix milliseconds) by video id. */
export type InstantsById = Record<string, number[]>;

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
 */
export function owedReplay(state: PollState | null, { process }: Moment): InstantsById {
	const isRestart = state?.process !== undefined && state.process !== process;
	const recent = isRestart ? (state.recent ?? []).map(([, instants]) => instants) : [];
	return merge(state?.replay ?? {}, ...recent);
}

/** The handovers of the ten minutes before the latest one, and that one. */
export function recentHandovers(
	state: PollState | null,
	handedOver: InstantsById,
	{ now }: Moment,
): NonNullable<PollState['recent']> {
	const before = state?.recent ?? [];
	if (Object.keys(handedOver).length === 0) return before;
	return [...before.filter(([at]) => at > now - REPLAY_MS), [now, handedOver]];
}

/** What is still owed of `owed` after a poll that fetched `instantsById` and dropped `gone`. */
export function stillOwed(
	owed: InstantsById,
	instantsById: ReadonlyMap<string, number[]>,
	handedOver: InstantsById,
	gone: string[],
): InstantsById {
	const rest = Object.entries(owed).map(([id, instants]): [string, number[]] => {
		const there = instantsById.get(id) ?? instants;
		const done = handedOver[id] ?? [];
		return [id, instants.filter((instant) => there.includes(instant) && !done.includes(instant))];
	});
	return Object.fromEntries(
		rest.filter(([id, instants]) => instants.length > 0 && !gone.includes(id)),
	);
}
