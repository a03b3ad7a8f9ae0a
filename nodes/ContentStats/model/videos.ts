import { createdAt } from '../api/listing';
import { isFinal, MAX_DURATION_DAYS, STATUSES, type Video } from '../api/schemas';
import { roundDays } from '../utils/format';
import { DAY_MS, toIsoUtc } from '../utils/time';

/** Returns a status if it is documented; null for any other text, which says nothing of a change. */
export const knownStatus = (status: string | null): string | null =>
	STATUSES.find((known) => known === status) ?? null;

/** Whether a tracking with this status takes no snapshots any more; one in error may resume. */
export const hasEnded = (status: string | null): boolean => isFinal(status) || status === 'error';

/**
 * Returns when a tracking ends by its duration, in Unix milliseconds: the longest one where the API names
 * none; Infinity if it does not say when the tracking was created.
 */
export function plannedEndOf(video: Video): number {
	const created = createdAt(video);
	const days = video.monitoring_duration_days ?? 0;
	const isDuration = days >= 1 && days <= MAX_DURATION_DAYS;
	return created === 0 ? Infinity : created + (isDuration ? days : MAX_DURATION_DAYS) * DAY_MS;
}

/** Whether a status says that a tracking runs, or will once there is credit again. */
export const isActive = (status: string | null): boolean =>
	status === 'monitoring' || status === 'paused';

/**
 * Whether a tracking runs, and may cost money. One in error, or with a status that is not documented, may
 * resume until its duration is over.
 *
 * @param now Unix milliseconds, by the API's clock where it is known.
 */
export const isRunning = (video: Video, now: number): boolean =>
	isActive(video.status) || (!isFinal(video.status) && now < plannedEndOf(video));

/** Reads the title and creator of a video; null as long as the platform has not told them. */
export const titleAndCreatorOf = (video: Video) => ({
	title: video.current_metadata?.title ?? null,
	creator: video.current_metadata?.creator ?? null,
});

/** Builds the item of a tracked video: the columns of List, and of the events of a video. */
export const toVideoItem = (video: Video) => ({
	video_id: video.id,
	job_id: video.job_id ?? null,
	platform: video.platform,
	...titleAndCreatorOf(video),
	video_link: video.video_link,
	status: video.status,
	monitoring_started: video.monitoring_started ? toIsoUtc(video.monitoring_started) : null,
	monitoring_duration_days: video.monitoring_duration_days ?? null,
	days_remaining: roundDays(video.days_remaining),
	created_at: video.created_at ? toIsoUtc(video.created_at) : null,
});
