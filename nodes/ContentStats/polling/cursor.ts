/**
 * How far one video has been handed over. Everything in it comes from the data, nothing from the
 * clock, so that a poll that is late, early or repeated changes nothing. All instants are Unix
 * milliseconds.
 */
export interface Cursor {
	/** The newest snapshot handed over; null before the first. */
	newest: number | null;
	/**
	 * The snapshots handed over in the day before the newest, as the gaps between them, newest first,
	 * in base 36: state is one JSON column that n8n writes whole, so it is kept short.
	 */
	seen: string;
}

/** How far behind the newest a late snapshot may come and still be handed over. */
export const LATE_WINDOW_MS = 24 * 3_600_000;
const MOST_REMEMBERED = 48;

export const startCursor: Cursor = { newest: null, seen: '' };

function encode(newestFirst: number[]): string {
	return newestFirst
		.slice(1)
		.map((instant, index) => (newestFirst[index]! - instant).toString(36))
		.join(' ');
}

/** The remembered instants of a cursor, newest first. */
function remembered({ newest, seen }: Cursor): number[] {
	if (newest === null) return [];
	const instants = [newest];
	for (const gap of seen === '' ? [] : seen.split(' '))
		instants.push(instants.at(-1)! - parseInt(gap, 36));
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
	const kept = all.filter((instant) => instant >= newest - LATE_WINDOW_MS);
	return { newest, seen: encode(kept.slice(0, MOST_REMEMBERED)) };
}
