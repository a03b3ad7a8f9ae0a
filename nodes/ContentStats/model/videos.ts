import type { Video } from '../api/schemas';
import { titleOf, toIsoUtc } from './snapshots';

/** A tracked video as users see it: the columns of List, and of what happens to a video. */
export const toVideoItem = (video: Video) => ({
	video_id: video.id,
	job_id: video.job_id ?? null,
	platform: video.platform,
	...titleOf(video),
	video_link: video.video_link,
	status: video.status,
	monitoring_started: video.monitoring_started ? toIsoUtc(video.monitoring_started) : null,
	monitoring_duration_days: video.monitoring_duration_days ?? null,
	days_remaining: video.days_remaining ?? null,
	created_at: video.created_at ? toIsoUtc(video.created_at) : null,
});
