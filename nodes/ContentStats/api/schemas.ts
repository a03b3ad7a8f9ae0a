import { z } from 'zod';

import { inOrder, toEpochMs } from '../model/snapshots';
import { unreadableReply } from './errors';

/*
 * What the API documents in two ways is accepted in both; fields it may add are kept. Platform and
 * status stay open strings, so that a value the vendor adds later reaches the user as it is.
 * Nothing is transformed here: `output: video` hands on the API's object as it came.
 */

const text = z.string().min(1);
const timestamp = z
	.string()
	.refine((value) => !Number.isNaN(toEpochMs(value)), 'Expected an ISO-8601 date and time');
const count = z.union([
	z.string().regex(/^\d*$/, 'Expected digits'),
	z.number().int().nonnegative(),
]);

const snapshotSchema = z
	.object({
		snapshot_time: timestamp,
		views: count.nullish(),
		likes: count.nullish(),
		comments: count.nullish(),
		shares: count.nullish(),
		saves: count.nullish(),
	})
	.passthrough();
export type Snapshot = z.infer<typeof snapshotSchema>;

const videoSchema = z
	.object({
		id: text,
		job_id: z.string().nullish(),
		video_link: text,
		platform: text,
		status: text,
		monitoring_started: timestamp.nullish(),
		monitoring_duration_days: z.number().nullish(),
		days_remaining: z.number().nullish(),
		current_metadata: z
			.object({ title: z.string().nullish(), creator: z.string().nullish() })
			.passthrough()
			.nullish(),
		created_at: timestamp.nullish(),
	})
	.passthrough();
/** A video as in the list: no snapshots. */
export type Video = z.infer<typeof videoSchema>;

const videoWithSnapshotsSchema = videoSchema.extend({
	is_deleted: z.boolean().nullish(),
	// Up to 720 entries, of which `readSnapshots` parses only those that are used.
	snapshots: z.custom((value) => value == null || Array.isArray(value), 'Expected a list'),
});
export type VideoWithSnapshots = Video & {
	is_deleted?: boolean | null;
	snapshots?: unknown[] | null;
};

const trackedSchema = videoSchema.extend({ estimated_cost: z.number().nullish() });
/** The answer to a new tracking; costs are in USD. */
export type Tracked = z.infer<typeof trackedSchema>;

const stoppedSchema = z
	.object({
		success: z.literal(true),
		id: text,
		job_id: z.string().nullish(),
		video_link: z.string().nullish(),
		previous_status: z.string().nullish(),
		new_status: text,
	})
	.passthrough();
export type Stopped = z.infer<typeof stoppedSchema>;

const usageSchema = z
	.object({
		balance_usd: z.number(),
		uncharged_usage_usd: z.number(),
		total_snapshots: z.number().nullish(),
		active_videos: z.number(),
		total_charged_usd: z.number().nullish(),
		estimated_snapshots_remaining: z.number().nullish(),
		cost_per_snapshot: z.number().positive(),
	})
	.passthrough();
/** Amounts in USD; `balance_usd - uncharged_usage_usd` is what can be spent. */
export type Usage = z.infer<typeof usageSchema>;

const listSchema = z.object({ videos: z.array(videoSchema) }).passthrough();

const errorBodySchema = z.object({
	error: z.string(),
	details: z
		.array(z.object({ field: z.string().catch('request'), message: z.string() }))
		.optional()
		.catch(undefined),
	balance: z.number().optional().catch(undefined),
	estimated_cost: z.number().optional().catch(undefined),
	required: z.number().optional().catch(undefined),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

const pathOf = (issue: z.ZodIssue): string =>
	issue.path.reduce<string>(
		(path, part) =>
			typeof part === 'number' ? `${path}[${part}]` : path ? `${path}.${part}` : part,
		'',
	);

/**
 * A check that hands on the very object it was given, or refuses it.
 *
 * @throws ContentStatsError `unreadable_reply`, naming the first field that cannot be understood.
 */
const reader =
	<T>(schema: z.ZodTypeAny) =>
	(json: unknown, what: string, path: Array<string | number> = []): T => {
		const result = schema.safeParse(json, { path });
		if (result.success) return json as T;
		const issue = result.error.issues[0]!;
		throw unreadableReply(what, `${pathOf(issue) || 'the reply'}: ${issue.message}`);
	};

export const readVideoList = reader<{ videos: Video[] }>(listSchema);
export const readVideo = reader<VideoWithSnapshots>(videoWithSnapshotsSchema);
export const readTracked = reader<Tracked>(trackedSchema);
export const readStopped = reader<Stopped>(stoppedSchema);
export const readUsage = reader<Usage>(usageSchema);
const readSnapshot = reader<Snapshot>(snapshotSchema);

const instantOf = (entry: unknown): number =>
	toEpochMs(String((entry as { snapshot_time?: unknown } | null)?.snapshot_time));

/**
 * The snapshots of a video, oldest first and each instant once.
 *
 * @param isWanted which instants (Unix milliseconds) to parse in full; the others are left out.
 * Parsing all 720 with zod takes longer than everything else that is done to a reply.
 * @throws ContentStatsError `unreadable_reply`, naming the entry and its field.
 */
export function readSnapshots(
	video: VideoWithSnapshots,
	isWanted: (instant: number) => boolean = () => true,
): Snapshot[] {
	const wanted = (video.snapshots ?? []).flatMap((entry, index) => {
		const instant = instantOf(entry);
		const isLeftOut = !Number.isNaN(instant) && !isWanted(instant);
		return isLeftOut ? [] : [readSnapshot(entry, `video ${video.id}`, ['snapshots', index])];
	});
	return inOrder(wanted);
}

/** The instants (Unix milliseconds) of all snapshots of a video, ascending, each once. */
export function snapshotInstants(video: VideoWithSnapshots): number[] {
	const instants = (video.snapshots ?? []).map(instantOf);
	const unreadable = instants.findIndex(Number.isNaN);
	if (unreadable !== -1)
		readSnapshot(video.snapshots![unreadable], `video ${video.id}`, ['snapshots', unreadable]);
	return [...new Set(instants)].sort((a, b) => a - b);
}

/** The documented parts of an error's body; undefined where it is something else, such as HTML. */
export const readErrorBody = (json: unknown): ErrorBody | undefined =>
	errorBodySchema.safeParse(json).data;
