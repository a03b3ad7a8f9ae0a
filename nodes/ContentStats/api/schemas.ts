import { z } from 'zod';

import { toEpochMs } from '../utils/time';
import { type ErrorBody, unreadableReply } from './errors';

/** The platforms that ContentStats tracks, by their names in the API. */
export const PLATFORMS = ['tiktok', 'youtube', 'instagram', 'twitter'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** The documented statuses of a tracking. */
export const STATUSES = ['monitoring', 'paused', 'completed', 'cancelled', 'error'] as const;

/** The metrics of a snapshot, in the order of their columns. */
export const METRICS = ['views', 'likes', 'comments', 'shares', 'saves'] as const;
export type Metric = (typeof METRICS)[number];

/*
 * If the documentation gives two forms, both are accepted; fields that the API adds are kept.
 * Platform and status are open strings, so that a value the vendor adds later reaches the user.
 * Nothing is transformed, since users can ask for the API's object as it came.
 */

/** Built at first use: it takes zod a while, and n8n loads every node at each start. */
function buildSchemas() {
	const text = z.string().min(1);
	const timestamp = z
		.string()
		.refine((value) => !Number.isNaN(toEpochMs(value)), 'Expected an ISO-8601 date and time');
	const count = z.union([
		z.string().regex(/^\d*$/, 'Expected digits'),
		z.number().int().nonnegative(),
	]);
	const snapshot = z
		.object({
			snapshot_time: timestamp,
			views: count.nullish(),
			likes: count.nullish(),
			comments: count.nullish(),
			shares: count.nullish(),
			saves: count.nullish(),
		})
		.passthrough();
	const video = z
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
	return {
		snapshot,
		video,
		videoWithSnapshots: video.extend({
			is_deleted: z.boolean().nullish(),
			// Up to 720 entries: only those that are used are validated (model/history).
			snapshots: z.custom((value) => value == null || Array.isArray(value), 'Expected a list'),
		}),
		videoList: z.object({ videos: z.array(video) }).passthrough(),
		tracked: video.extend({ estimated_cost: z.number().nullish() }),
		stopped: z
			.object({
				success: z.literal(true),
				id: text,
				job_id: z.string().nullish(),
				video_link: z.string().nullish(),
				previous_status: z.string().nullish(),
				new_status: text,
			})
			.passthrough(),
		usage: z
			.object({
				balance_usd: z.number(),
				uncharged_usage_usd: z.number(),
				total_snapshots: z.number().nullish(),
				active_videos: z.number(),
				total_charged_usd: z.number().nullish(),
				estimated_snapshots_remaining: z.number().nullish(),
				cost_per_snapshot: z.number().positive(),
			})
			.passthrough(),
		errorBody: z.object({
			error: z.string(),
			details: z
				.array(z.object({ field: z.string().catch('request'), message: z.string() }))
				.optional()
				.catch(undefined),
			balance: z.number().optional().catch(undefined),
			estimated_cost: z.number().optional().catch(undefined),
			required: z.number().optional().catch(undefined),
		}),
	};
}

type Schemas = ReturnType<typeof buildSchemas>;
let built: Schemas | undefined;
const schemas = (): Schemas => (built ??= buildSchemas());

export type Snapshot = z.infer<Schemas['snapshot']>;
/** A video as the list has it: without snapshots. */
export type Video = z.infer<Schemas['video']>;
export type VideoWithSnapshots = Video & {
	is_deleted?: boolean | null;
	snapshots?: unknown[] | null;
};
/** The reply to a new tracking; `estimated_cost` in USD. */
export type Tracked = z.infer<Schemas['tracked']>;
export type Stopped = z.infer<Schemas['stopped']>;
/** Amounts in USD; `balance_usd - uncharged_usage_usd` is available. */
export type Usage = z.infer<Schemas['usage']>;

const pathOf = (issue: z.ZodIssue): string =>
	issue.path.reduce<string>(
		(path, part) =>
			typeof part === 'number' ? `${path}[${part}]` : path ? `${path}.${part}` : part,
		'',
	);

/**
 * Builds a reader that validates a reply and returns the very object it was given.
 *
 * @throws ContentStatsError `unreadable_reply`, naming the first field that cannot be understood.
 */
const reader =
	<T>(name: keyof Schemas) =>
	(json: unknown, subject: string, path: Array<string | number> = []): T => {
		const result = schemas()[name].safeParse(json, { path });
		if (result.success) return json as T;
		const issue = result.error.issues[0]!;
		throw unreadableReply(subject, `${pathOf(issue) || 'the reply'}: ${issue.message}`);
	};

export const readVideoList = reader<{ videos: Video[] }>('videoList');
export const readTracked = reader<Tracked>('tracked');
export const readStopped = reader<Stopped>('stopped');
export const readUsage = reader<Usage>('usage');
export const readSnapshot = reader<Snapshot>('snapshot');
const readVideoEnvelope = reader<VideoWithSnapshots>('videoWithSnapshots');

/**
 * Validates a video, but not its snapshots (model/history does): zod takes half the time of JSON.parse, and twice the memory,
 * to pass 720 of them through.
 *
 * @throws ContentStatsError `unreadable_reply`, naming the first field that cannot be understood.
 */
export function readVideo(json: unknown, subject: string): VideoWithSnapshots {
	const { snapshots } = Object(json) as { snapshots?: unknown };
	const isList = Array.isArray(snapshots);
	readVideoEnvelope(isList ? { ...(json as object), snapshots: [] } : json, subject);
	return json as VideoWithSnapshots;
}

/** Reads the documented parts of an error reply; undefined if it is anything else, such as HTML. */
export const readErrorBody = (json: unknown): ErrorBody | undefined =>
	schemas().errorBody.safeParse(json).data;
