/** Clocks and a sleep, handed in so that tests control time. All values are milliseconds. */
export interface Clock {
	/** Unix milliseconds. It may be set back or forward at any moment. */
	now: () => number;
	/** Milliseconds since some moment, never fewer than before: for waits and deadlines. */
	monotonicNow: () => number;
	sleep: (ms: number) => Promise<void>;
}

/** Two clocks that are read a moment apart may differ by so much. */
const READING_TOLERANCE_MS = 10;

/**
 * Creates a clock that never goes back. It goes on where a clock is set back, and jumps with it where it is
 * set forward: so does a clock after the machine has slept, while the one of the process stands still.
 *
 * @param now the clock that may be set back or forward.
 * @param elapsed a clock that is never set, and may stand still.
 */
export function createMonotonicClock(now: () => number, elapsed: () => number): () => number {
	let lead = now() - elapsed();
	let offset = lead;
	return () => {
		const time = elapsed();
		const moved = now() - time - lead;
		if (Math.abs(moved) > READING_TOLERANCE_MS) {
			lead += moved;
			offset += Math.max(moved, 0);
		}
		return time + offset;
	};
}

/** Returns the milliseconds that this process has run, without those in which the machine slept. */
export const uptime = (): number => Math.round(performance.now());

/** The monotonic clock of this process. */
export const monotonicNow = createMonotonicClock(() => Date.now(), uptime);

/** Converts a moment of the uptime to Unix milliseconds. */
export const toWallTime = (moment: number): number => Date.now() + moment - uptime();

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/**
 * The spelling that the API documents, on a day that exists in every year: 29 February needs the
 * slow path.
 */
const PLAIN_TIMESTAMP =
	/^[1-9]\d{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

const twoDigits = (text: string, at: number): number =>
	(text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;

/** Parses a plain timestamp in an eighth of the time that Date.parse and a check of its day take. */
const parsePlain = (text: string): number =>
	Date.UTC(
		twoDigits(text, 0) * 100 + twoDigits(text, 2),
		twoDigits(text, 5) - 1,
		twoDigits(text, 8),
		twoDigits(text, 11),
		twoDigits(text, 14),
		twoDigits(text, 17),
		(text.charCodeAt(20) - 48) * 100 + twoDigits(text, 21),
	);

/** Only these have a year of four digits, as `toIsoUtc` needs it to be read again. */
const MIN_INSTANT = Date.parse('0000-01-01T00:00:00.000Z');
const MAX_INSTANT = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Converts an API timestamp to Unix milliseconds; without a zone it is UTC. NaN if it is invalid, or not in
 * the years 0 to 9999 UTC.
 */
export function toEpochMs(timestamp: string): number {
	if (PLAIN_TIMESTAMP.test(timestamp)) return parsePlain(timestamp);
	const match = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/i.exec(
		timestamp,
	);
	if (!match) return NaN;
	const [, day, zone] = match;
	// V8 reads 30 February as 1 March.
	const midnight = Date.parse(`${day}T00:00:00Z`);
	const isRealDay = !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day!);
	const instant = isRealDay ? Date.parse(zone ? timestamp : `${timestamp}Z`) : NaN;
	return instant >= MIN_INSTANT && instant <= MAX_INSTANT ? instant : NaN;
}

/**
 * Converts an API timestamp to ISO-8601 in UTC with milliseconds.
 *
 * @throws RangeError if the timestamp is invalid.
 */
export const toIsoUtc = (timestamp: string): string =>
	PLAIN_TIMESTAMP.test(timestamp) ? timestamp : new Date(toEpochMs(timestamp)).toISOString();

/** Whether a time is spelled as the API does: such text sorts by time. */
export const isPlainTime = (time: unknown): time is string =>
	typeof time === 'string' && time.length === 24 && time[10] === 'T' && time[23] === 'Z';

/** Spells an instant (Unix milliseconds) as plain times are compared with: '~' sorts after, '' before all. */
export function toPlainTime(instant: number): string {
	if (instant === Infinity) return '~';
	return Math.abs(instant) <= 8.64e15 ? new Date(instant).toISOString() : '';
}

/**
 * Formats a time of day, rounded up to the minute: `10:05 UTC`.
 *
 * @param instant Unix milliseconds.
 */
export const formatUtcTime = (instant: number): string =>
	`${new Date(Math.ceil(instant / MINUTE_MS) * MINUTE_MS).toISOString().slice(11, 16)} UTC`;
