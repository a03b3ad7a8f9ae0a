import { STATUSES, type Video } from '../api/schemas';
import { toIsoUtc } from '../utils/time';

const FINAL_STATUSES = new Set(['completed', 'cancelled']);
const ENDED_STATUSES = new Set([...FINAL_STATUSES, 'error']);

/** Returns a status if it is documented; null for any other text, which says nothing of a change. */
export const knownStatus = (status: string | null): string | null =>
	STATUSES.find((known) => known === status) ?? null;

/** Whether a tracking with this status takes no snapshots any more. */
export const hasEnded = (status: string | null): boolean => ENDED_STATUSES.has(status ?? '');

/** Whether a tracking with this status never resumes; one in error may. */
export const isFinal = (status: string | null): boolean => FINAL_STATUSES.has(status ?? '');

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
	days_remaining: video.days_remaining ?? null,
	created_at: video.created_at ? toIsoUtc(video.created_at) : null,
});
