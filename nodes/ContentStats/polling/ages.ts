import { invalidInput } from '../api/errors';
import { type Metric, METRICS } from '../api/schemas';
import { MAX_GAP_HOURS } from '../model/counts';
import { instantOf, type MetricValue, type Row } from '../model/snapshots';
import { truncate } from '../utils/format';
import { HOUR_MS } from '../utils/time';

const HOURS: Record<string, number> = { h: 1, d: 24 };
/** A century: a longer age is a mistake. */
const MAX_AGE_HOURS = 100 * 366 * 24;

function parseAge(text: string): number {
	const match = /^(\d{1,9})([hd])$/i.exec(text);
	const hours = match ? Number(match[1]) * HOURS[match[2]!.toLowerCase()]! : NaN;
	if (hours >= 1 && hours <= MAX_AGE_HOURS) return hours;
	const isBare = /^[1-9]\d{0,4}$/.test(text);
	throw invalidInput(
		`“${truncate(text)}” is not an age`,
		`${isBare ? `Enter “${text}h” for hours, or “${text}d” for days. ` : ''}Separate ages with commas, and use h for hours and d for days: 24h, 48h, 7d`,
	);
}

/**
 * Parses ages of posts such as `24h, 48h, 7d` to hours: ascending, each once.
 *
 * @throws ContentStatsError `invalid_input`, naming what is no age.
 */
export function parseAges(value: unknown): number[] {
	const text = Array.isArray(value) ? value.join(', ') : String(value ?? '');
	const ages = text
		.split(/[\s,;]+/)
		.filter((piece) => piece !== '')
		.map(parseAge);
	if (ages.length > 0) return [...new Set(ages)].sort((a, b) => a - b);
	throw invalidInput('No ages provided', 'Enter at least one age of a post, such as 24h, 48h, 7d');
}

/** The columns of a row's metrics at an age. */
type MetricsAtAge = Record<`${Metric}_at_age`, number | null>;

/** Estimates a metric between two snapshots, as a whole number; null unless both are numbers. */
function between(before: MetricValue, after: MetricValue, share: number): number | null {
	if (typeof before !== 'number' || typeof after !== 'number') return null;
	return Math.round(before + share * (after - before));
}

/** What is known of a post when it reached an age. */
export type AgeReached = { age_hours: number } & MetricsAtAge;

/**
 * Finds the ages that a post reaches with a snapshot, and its metrics then: on the line from the snapshot
 * before, if that is at most six hours older.
 *
 * @param ages hours, ascending.
 * @param postedAt Unix milliseconds.
 * @param emittedUntil the newest snapshot emitted before, in Unix milliseconds: ages until then are over.
 */
export function findAges(
	ages: number[],
	postedAt: number,
	previous: Row,
	row: Row,
	emittedUntil: number,
): AgeReached[] {
	const [from, to] = [instantOf(previous), instantOf(row)];
	if (to - from > MAX_GAP_HOURS * HOUR_MS) return [];
	return ages.flatMap((age_hours): AgeReached[] => {
		const reachedAt = postedAt + age_hours * HOUR_MS;
		if (reachedAt <= Math.max(from, emittedUntil) || reachedAt > to) return [];
		const share = (reachedAt - from) / (to - from);
		const metrics = METRICS.map((metric) => [
			`${metric}_at_age`,
			between(previous[metric], row[metric], share),
		]);
		return [{ age_hours, ...(Object.fromEntries(metrics) as MetricsAtAge) }];
	});
}
