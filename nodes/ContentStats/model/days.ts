import type { History } from './history';
import { instantOf, type Row } from './snapshots';

/** The columns that rows by day add: the day before all others, the rest after them. */
export type Day = {
	/** `2026-01-31`, in the time zone of the workflow. */
	day: string;
	/** Whether the day is over, or the tracking: then its row changes only if a snapshot arrives late. */
	is_complete: boolean;
	/** `<video_id>:<day>`: a `snapshot_key` changes within the day. */
	day_key: string;
};

/**
 * Creates what tells the day of an instant (Unix milliseconds) as `YYYY-MM-DD`.
 *
 * @param timezone an IANA name, such as `Europe/Berlin`.
 * @throws RangeError if there is no such time zone.
 */
export function createDayOf(timezone: string): (instant: number) => string {
	const format = new Intl.DateTimeFormat('en-US', {
		timeZone: timezone,
		calendar: 'gregory',
		numberingSystem: 'latn',
		year: 'numeric',
		month: '2-digit',
		day: '2-digit',
	});
	return (instant) => {
		const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, value]));
		return `${parts.get('year')!.padStart(4, '0')}-${parts.get('month')}-${parts.get('day')}`;
	};
}

/** Chooses the last row of each day. */
export function lastOfEachDay(
	{ rows, instants }: History,
	dayOf: (instant: number) => string,
): History {
	const last = new Map(instants.map((instant, place) => [dayOf(instant), place]));
	const places = [...last.values()];
	return {
		rows: places.map((place) => rows[place]!),
		instants: places.map((place) => instants[place]!),
	};
}

/**
 * Adds its day to the row of a day.
 *
 * @param now Unix milliseconds.
 * @param hasEnded whether the tracking takes no snapshots any more.
 */
export function withDay<T extends Row>(
	row: T,
	dayOf: (instant: number) => string,
	now: number,
	hasEnded: boolean,
): T & Day {
	const day = dayOf(instantOf(row));
	return {
		day,
		...row,
		is_complete: hasEnded || day < dayOf(now),
		day_key: `${row.video_id}:${day}`,
	};
}
