/**
 * How far one video has been handed over. Everything in it comes from the data, nothing from the
 * clock, so that a poll that is late, early or repeated changes nothing. All instants are Unix
 * milliseconds.
 */
export interface Cursor {
	/** The newest snapshot handed over; null before the first. */
	newest: number | null;
	/**
	 * The snapshots handed over in the day before the newest, as the gaps between them, newest first:
	 * each as what it is longer (+) or shorter (-) than an hour, in base 36. State is one JSON column
	 * that n8n writes whole, so it is kept short.
	 */
	seen: string;
}

const HOUR_MS = 3_600_000;

/** How far behind the newest a late snapshot may come and still be handed over. */
export const LATE_WINDOW_MS = 24 * HOUR_MS;
const MOST_REMEMBERED = 48;

export const startCursor: Cursor = { newest: null, seen: '' };

/** Gaps in milliseconds as the text that `gapsOf` reads. */
export const encodeGaps = (gaps: number[]): string =>
	gaps
		.map((gap) => gap - HOUR_MS)
		.map((more) => (more < 0 ? more.toString(36) : `+${more.toString(36)}`))
		.join('');

/** The gaps between the remembered instants of a cursor, in milliseconds, newest first. */
export const gapsOf = ({ seen }: Cursor): number[] =>
	(seen.match(/[+-][0-9a-z]+/g) ?? []).map((more) => HOUR_MS + parseInt(more, 36));

/** The remembered instants of a cursor, newest first. */
function remembered(cursor: Cursor): number[] {
	if (cursor.newest === null) return [];
	const instants = [cursor.newest];
	for (const gap of gapsOf(cursor)) instants.push(instants.at(-1)! - gap);
	return instants;
}

/**
 * Which snapshots are still to be handed over: newer ones, and late ones within 24 hours of the
 * newest. Where more were taken than are remembered, none older than the oldest remembered counts as
 * late, so that nothing is handed over twice.
 */
export function freshInstants(cursor: Cursor, instants: number[]): number[] {
	if (cursor.newest === null) return instants;
	const { newest } = cursor;
	const known = remembered(cursor);
	const isFull = known.length >= MOST_REMEMBERED;
	const earliest = isFull ? known.at(-1)! : newest - LATE_WINDOW_MS;
	const seen = new Set(known);
	return instants.filter((instant) => instant > earliest && !seen.has(instant));
}

/** The cursor after `handedOver` went out as well. */
export function advanceCursor(cursor: Cursor, handedOver: number[]): Cursor {
	if (handedOver.length === 0) return cursor;
	const all = [...new Set([...remembered(cursor), ...handedOver])].sort((a, b) => b - a);
	const newest = all[0]!;
	const kept = all
		.filter((instant) => instant >= newest - LATE_WINDOW_MS)
		.slice(0, MOST_REMEMBERED);
	return {
		newest,
		seen: encodeGaps(kept.slice(1).map((instant, index) => kept[index]! - instant)),
	};
}
