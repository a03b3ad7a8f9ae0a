import type { IDataObject } from 'n8n-workflow';
import { ErrorWithAdvice } from './errors';
import { formatCost } from '../nodes/ContentStats/utils/format';

/** The results of the two templates: every link tracked, and two snapshots of each video. */
export const EXPECTED = { rows: 24, videos: 12, platforms: 4 };

/** Returns one line about the items of Track: how many videos, and their total price. */
export function summaryOfTracked(items: IDataObject[]): string {
	const price = items.reduce((sum, item) => sum + Number(item.estimated_cost), 0);
	return `${items.length} videos tracked. Estimated cost in total: ${formatCost(price)}.`;
}

/** @throws ErrorWithAdvice if Track did not track every link */
export function requireAllTracked(items: IDataObject[]): void {
	const missed = items.filter(({ outcome }) => outcome !== 'tracked');
	const tracked = items.length - missed.length;
	if (tracked === EXPECTED.videos && missed.length === 0) return;
	const reasons = new Set(missed.map(({ message, outcome }) => String(message ?? outcome)));
	throw new ErrorWithAdvice(
		[`${tracked} of ${EXPECTED.videos} videos were tracked.`, ...reasons].join('\n'),
		'See the column "outcome" in the table above.',
	);
}

/** Returns one line about snapshot rows: how many, of how many videos and platforms. */
export function summaryOfRows(rows: IDataObject[]): string {
	const { videos, platforms } = countIn(rows);
	return `${rows.length} rows of ${videos} videos on ${platforms} platforms.`;
}

/** Returns what is missing in the rows, such as `12 of 24 rows`; empty if they are complete. */
export function whatIsMissing(rows: IDataObject[]): string[] {
	const found = countIn(rows);
	return (['rows', 'videos', 'platforms'] as const)
		.filter((what) => found[what] < EXPECTED[what])
		.map((what) => `${found[what]} of ${EXPECTED[what]} ${what}`);
}

function countIn(rows: IDataObject[]): typeof EXPECTED {
	const count = (field: string) => new Set(rows.map((row) => row[field])).size;
	return { rows: rows.length, videos: count('video_id'), platforms: count('platform') };
}
