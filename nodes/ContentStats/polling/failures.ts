import { ContentStatsError, invalidInput } from '../api/errors';
import type { WatchedVideo } from './state';

const DAY_MS = 24 * 3_600_000;

/** What is remembered of a video after it could not be fetched at `at`. */
export const afterFailure = (video: WatchedVideo, at: number): WatchedVideo => ({
	...video,
	failing: { since: video.failing?.since ?? at, tried: at },
});

/** The error where an API that works knows none of the watched videos. */
export const allUnknown = (count: number): ContentStatsError =>
	invalidInput(
		`ContentStats knows none of the ${count} watched videos`,
		'The credential may be of another account: then nothing was deleted. If they are gone for good, put a duplicate of the trigger node in its place and publish: it starts anew, as Start From says',
	);

/** Something other than a video that could not be asked for. */
export interface Late {
	/** In words. */
	what: string;
	error: ContentStatsError;
	/** When it was last there, in Unix milliseconds. */
	since: number;
}

/**
 * The error that tells of what has been failing for a day, at most once a day; null where there is
 * nothing to tell.
 *
 * @param videos what is remembered after the poll.
 * @param failed why videos failed in this poll.
 * @param late what else failed in this poll.
 * @param reported when it was told last, in Unix milliseconds.
 */
export function dailyReport(
	videos: Record<string, WatchedVideo>,
	failed: ReadonlyMap<string, ContentStatsError>,
	late: Late[],
	reported: number | undefined,
	now: number,
): ContentStatsError | null {
	if (reported !== undefined && now >= reported && now - reported < DAY_MS) return null;
	const isLong = (since: number | undefined) => since !== undefined && now - since >= DAY_MS;
	const long = [...failed].filter(([id]) => isLong(videos[id]?.failing?.since));
	const longLate = late.filter(({ since }) => isLong(since));
	const error = long[0]?.[1] ?? longLate[0]?.error;
	if (!error) return null;
	const ids = long.map(([id]) => id);
	const what = [
		...(ids.length > 0 ? [`${ids.length === 1 ? 'video' : 'videos'} ${ids.join(', ')}`] : []),
		...longLate.map(({ what: name }) => name),
	];
	return new ContentStatsError(error.kind, {
		message: `Nothing has come of ${what.join(' and ')} for a day. ${error.message}`,
		description: `${error.description}. Nothing else is held back, and this is told at most once a day`,
		statusCode: error.statusCode,
	});
}
