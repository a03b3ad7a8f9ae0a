import type { SandboxVideo } from '../../sandbox';

export const METRICS = ['views', 'likes', 'comments', 'shares', 'saves'] as const;

/** The rows that a video's snapshots make, as the trigger emits them: there digits are text, here numbers. */
export function rowsTaken({ id, platform, video_link, snapshots }: SandboxVideo) {
	return snapshots.map((snapshot) => {
		const snapshot_time = String(snapshot.snapshot_time);
		const snapshot_key = `${id}:${snapshot_time}`;
		const metrics = METRICS.map((name) => [
			name,
			snapshot[name] == null ? null : Number(snapshot[name]),
		]);
		return {
			event: 'snapshot.created',
			event_key: snapshot_key,
			snapshot_key,
			video_id: id,
			platform,
			video_link,
			snapshot_time,
			...(Object.fromEntries(metrics) as Record<(typeof METRICS)[number], number | null>),
		};
	});
}
