import type { IDataObject } from 'n8n-workflow';
import type { SandboxVideo } from '../../sandbox';

const METRICS = ['views', 'likes', 'comments', 'shares', 'saves'] as const;

/** Builds the rows that the trigger emits for a video, with the sandbox's text metrics as numbers. */
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

/** Restores the written values: PostgreSQL returns a bigint as text and a time as a Date. */
export function fromPostgres(row: Record<string, unknown>): IDataObject {
	const written = Object.entries(row).map(([name, value]) => {
		if (value instanceof Date) return [name, value.toISOString()];
		const isMetric = (METRICS as readonly string[]).includes(name);
		return [name, isMetric && value !== null ? Number(value) : value];
	});
	return Object.fromEntries(written) as IDataObject;
}
