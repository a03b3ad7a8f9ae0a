import { ContentStatsError } from '../api/errors';
import { describeIdentity } from '../model/links';
import { describeUnusable, type Unusable } from '../model/unusable';
import { listFirst } from '../utils/format';
import { DAY_MS } from '../utils/time';
import type { WatchedVideo } from './state';

/** The most videos that a report names. */
const MAX_IDS = 10;
/** The most links that an error names. */
const MAX_LINKS = 3;

/** Returns the state of a video that could not be fetched at `now` (Unix milliseconds). */
export const withFailure = (video: WatchedVideo, now: number): WatchedVideo => ({
	...video,
	failing: { since: video.failing?.since ?? now, lastTriedAt: now },
});

/** Builds the error of an API that works, but knows none of the watched videos. */
export const allVideosUnknown = (count: number): ContentStatsError =>
	new ContentStatsError('not_found', {
		message: `${count === 1 ? 'The watched video was not' : `None of the ${count} watched videos was`} found`,
		description:
			'The credential may be for another account. In that case, no video was deleted. If the videos are gone for good, replace the trigger node with a duplicate and publish: it starts over according to Start From',
	});

/** Builds the error of selected links that are not tracked. @param identities at least one. */
export const linksNotTracked = (identities: string[]): ContentStatsError =>
	new ContentStatsError('not_found', {
		message: `No tracking found for ${listFirst(identities.map(describeIdentity), MAX_LINKS)}`,
		description:
			'Track the video first with the ContentStats node, or check that the credential is for the right account. If you just tracked it, try again in a minute. If you entered a short link, paste the full link instead',
	});

/** Builds the error that reports values which cannot be used, once for each field. */
export const unusableReport = (unusable: Unusable[]): ContentStatsError =>
	new ContentStatsError('unreadable_reply', {
		message: describeUnusable(unusable),
		description:
			'This is reported once per field. If the value should be there, the API may have changed: update this node or report the issue',
	});

/** A failed call for something other than a video: the list, or the balance. */
export interface FailedCall {
	/** What messages call it. */
	subject: string;
	error: ContentStatsError;
	/** When it last succeeded, in Unix milliseconds. */
	lastSuccessAt: number;
}

/**
 * Builds the error that reports what has been failing for a day, at most once a day.
 *
 * @param videos the state after the poll.
 * @param failed why videos failed in this poll.
 * @param failedCalls what else failed in this poll.
 * @param reportedAt when it was last reported, in Unix milliseconds.
 * @param outage why no video could be fetched now; reported if nothing has been failing for a day.
 * @returns null if there is nothing to report.
 */
export function dailyReport(
	videos: Record<string, WatchedVideo>,
	failed: ReadonlyMap<string, ContentStatsError>,
	failedCalls: FailedCall[],
	reportedAt: number | undefined,
	now: number,
	outage: ContentStatsError | null = null,
): ContentStatsError | null {
	if (reportedAt !== undefined && now >= reportedAt && now - reportedAt < DAY_MS) return null;
	const isADayAgo = (since: number | undefined) => since !== undefined && now - since >= DAY_MS;
	const videosDown = [...failed].filter(([id]) => isADayAgo(videos[id]?.failing?.since));
	const callsDown = failedCalls.filter(({ lastSuccessAt }) => isADayAgo(lastSuccessAt));
	const error = videosDown[0]?.[1] ?? callsDown[0]?.error;
	if (!error) return outage;
	const ids = videosDown.map(([id]) => id);
	const subjects = [
		...(ids.length > 0
			? [`${ids.length === 1 ? 'video' : 'videos'} ${listFirst(ids, MAX_IDS)}`]
			: []),
		...callsDown.map(({ subject }) => subject),
	];
	return new ContentStatsError(error.kind, {
		message: `No data from ${subjects.join(' and ')} for 24 hours. ${error.message}`,
		description: `${error.description}. Everything else is unaffected. This is reported at most once a day`,
		statusCode: error.statusCode,
	});
}
