import { HOUR_MS } from '../utils/time';

/**
 * How far one video was emitted, or skipped as Start From says. Everything in it comes from the
 * API and nothing from the clock of n8n, so that a poll that is late, early or repeated changes nothing.
 * All instants are Unix milliseconds.
 */
export interface Cursor {
	/** The newest of these snapshots, except for `ahead`; null before the first. */
	newest: number | null;
	/**
	 * The snapshots of the day before the newest, as the gaps between them, newest first: each
	 * as its difference from an hour in base 36, with its sign. n8n writes the state whole, as one JSON
	 * column, so it is kept short.
	 */
	seen: string;
	/** Emitted snapshots that are far ahead of their reply. Time will reach them. */
	ahead?: number[];
}

/** How far a snapshot may be ahead of its reply and still count as the newest. */
const AHEAD_TOLERANCE_MS = 3 * HOUR_MS;

/** How far behind the newest a snapshot that shows late is still emitted. */
export const LOOKBACK_MS = 24 * HOUR_MS;
const MAX_REMEMBERED = 48;

/** The cursor of a video of which nothing was emitted. */
export const EMPTY_CURSOR: Cursor = { newest: null, seen: '' };

/** Encodes gaps (milliseconds) as `gapsOf` reads them. */
export const encodeGaps = (gaps: number[]): string =>
	gaps
		.map((gap) => gap - HOUR_MS)
		.map((more) => (more < 0 ? more.toString(36) : `+${more.toString(36)}`))
		.join('');

/** Returns the value of a digit in base 36; negative for a sign. */
const digitAt = (text: string, place: number): number => {
	const code = text.charCodeAt(place);
	return code <= 57 ? code - 48 : code - 87;
};

/**
 * Decodes the gaps between the remembered instants of a cursor, in milliseconds, newest first. Every video
 * is decoded at every poll: to create no text for each gap makes it four times as fast.
 */
export function gapsOf({ seen }: Cursor): number[] {
	const gaps: number[] = [];
	for (let place = 0; place < seen.length;) {
		const sign = seen[place] === '-' ? -1 : 1;
		let more = 0;
		for (place += 1; place < seen.length && digitAt(seen, place) >= 0; place += 1)
			more = more * 36 + digitAt(seen, place);
		gaps.push(HOUR_MS + sign * more);
	}
	return gaps;
}

/** Decodes the remembered instants of a cursor, newest first. */
function rememberedInstants(cursor: Cursor): number[] {
	if (cursor.newest === null) return [];
	const instants = [cursor.newest];
	for (const gap of gapsOf(cursor)) instants.push(instants.at(-1)! - gap);
	return instants;
}

/**
 * Returns the snapshots that are still to be emitted: newer ones, and late ones within 24 hours of
 * the newest. If the cursor is full, none older than its oldest counts as late, so that nothing is
 * emitted twice.
 */
export function freshInstants(cursor: Cursor, instants: number[]): number[] {
	const remembered = rememberedInstants(cursor);
	const seen = new Set([...remembered, ...(cursor.ahead ?? [])]);
	const isFull = remembered.length >= MAX_REMEMBERED;
	const earliest = isFull ? remembered.at(-1)! : (cursor.newest ?? -Infinity) - LOOKBACK_MS;
	return instants.filter((instant) => instant > earliest && !seen.has(instant));
}

/** Whether a snapshot is far ahead of its reply: it tells nothing of when others come. */
export const isAhead = (instant: number, repliedAt: number): boolean =>
	instant > repliedAt + AHEAD_TOLERANCE_MS;

/**
 * Returns the cursor after `emitted` was emitted too. Its newest snapshot never becomes an older one.
 *
 * @param until when the API sent the snapshots, in Unix milliseconds by its own clock; earlier if some are
 * still to be emitted. One that is far ahead of it must not make those that follow look old.
 */
export function advanceCursor(cursor: Cursor, emitted: number[], until = Infinity): Cursor {
	const { ahead: aheadBefore = [] } = cursor;
	if (emitted.length === 0 && aheadBefore.length === 0) return cursor;
	const all = [...new Set([...rememberedInstants(cursor), ...aheadBefore, ...emitted])];
	all.sort((a, b) => b - a);
	const known = cursor.newest ?? -Infinity;
	const ahead = all.filter((instant) => instant > known && isAhead(instant, until));
	const reached = all.slice(ahead.length);
	const newest = reached[0] ?? null;
	const kept = reached
		.filter((instant) => instant >= newest! - LOOKBACK_MS)
		.slice(0, MAX_REMEMBERED);
	return {
		newest,
		seen: encodeGaps(kept.slice(1).map((instant, index) => kept[index]! - instant)),
		...(ahead.length > 0 && { ahead }),
	};
}
