import { z } from 'zod';

import { type Row, toEpochMs, toRow } from '../model/snapshots';
import { unreadableReply } from './errors';

/*
 * What the API documents in two ways is accepted in both; fields it may add are kept. Platform and
 * status stay open strings, so that a value the vendor adds later reaches the user as it is.
 * Nothing is transformed here: `output: video` hands on the API's object as it came.
 */

/** Built at first use: zod takes its time to, and n8n loads every node at each of its starts. */
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
			// Up to 720 entries, of which only those that are used are parsed.
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
/** A video as in the list: no snapshots. */
export type Video = z.infer<Schemas['video']>;
export type VideoWithSnapshots = Video & {
	is_deleted?: boolean | null;
	snapshots?: unknown[] | null;
};
/** The answer to a new tracking; costs are in USD. */
export type Tracked = z.infer<Schemas['tracked']>;
export type Stopped = z.infer<Schemas['stopped']>;
/** Amounts in USD; `balance_usd - uncharged_usage_usd` is what can be spent. */
export type Usage = z.infer<Schemas['usage']>;
export type ErrorBody = z.infer<Schemas['errorBody']>;

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
	<T>(name: keyof Schemas) =>
	(json: unknown, what: string, path: Array<string | number> = []): T => {
		const result = schemas()[name].safeParse(json, { path });
		if (result.success) return json as T;
		const issue = result.error.issues[0]!;
		throw unreadableReply(what, `${pathOf(issue) || 'the reply'}: ${issue.message}`);
	};

export const readVideoList = reader<{ videos: Video[] }>('videoList');
const readVideoEnvelope = reader<VideoWithSnapshots>('videoWithSnapshots');

export const readTracked = reader<Tracked>('tracked');
export const readStopped = reader<Stopped>('stopped');
export const readUsage = reader<Usage>('usage');
const readSnapshot = reader<Snapshot>('snapshot');

/**
 * A video whose snapshots were not looked at yet. Their list is kept from zod: to hand 720 of them
 * through it takes half the time of parsing the JSON, and twice the memory.
 *
 * @throws ContentStatsError `unreadable_reply`, naming the first field that cannot be understood.
 */
export function readVideo(json: unknown, what: string): VideoWithSnapshots {
	const { snapshots } = Object(json) as { snapshots?: unknown };
	const isList = Array.isArray(snapshots);
	readVideoEnvelope(isList ? { ...(json as object), snapshots: [] } : json, what);
	return json as VideoWithSnapshots;
}

/** A snapshot by its place in the reply; of what is in it only its time was read. */
export interface DatedSnapshot {
	/** Unix milliseconds */
	instant: number;
	index: number;
}

const timeOf = (entry: unknown): unknown =>
	(entry as { snapshot_time?: unknown } | null)?.snapshot_time;

/** A time as the API spells it: text of that kind sorts by time. */
const isPlainTime = (time: unknown): time is string =>
	typeof time === 'string' && time.length === 24 && time[10] === 'T' && time[23] === 'Z';

/** What plain times before an instant (Unix milliseconds) are less than. */
function plainTime(instant: number): string {
	if (instant === Infinity) return '~';
	return Math.abs(instant) <= 8.64e15 ? new Date(instant).toISOString() : '';
}

const isPlainCount = (value: unknown): boolean =>
	value === null || value === undefined || (typeof value === 'string' && /^\d*$/.test(value));

/** Whether counts are as the API documents them: what nearly all are, told in a tenth of zod's time. */
const arePlainCounts = ({ views, likes, comments, shares, saves }: Snapshot): boolean =>
	isPlainCount(views) &&
	isPlainCount(likes) &&
	isPlainCount(comments) &&
	isPlainCount(shares) &&
	isPlainCount(saves);

/**
 * A snapshot whose time was read, in full.
 *
 * @throws ContentStatsError `unreadable_reply`, naming the entry and its field.
 */
export function readSnapshotAt(
	video: VideoWithSnapshots,
	{ index }: Pick<DatedSnapshot, 'index'>,
): Snapshot {
	const entry = video.snapshots![index] as Snapshot;
	if (isPlainTime(timeOf(entry)) && arePlainCounts(entry)) return entry;
	return readSnapshot(entry, `video ${video.id}`, ['snapshots', index]);
}

function dated(video: VideoWithSnapshots, index: number): DatedSnapshot {
	const entry = video.snapshots![index];
	const instant = toEpochMs(String(timeOf(entry)));
	if (Number.isNaN(instant)) readSnapshot(entry, `video ${video.id}`, ['snapshots', index]);
	return { instant, index };
}

/**
 * The snapshots of a video, oldest first and each instant once: the API promises no order.
 *
 * @param from leaves out those before it (Unix milliseconds) but for the newest of them. Most of up to
 * 720 lie there, and to read their times takes longer than all else that is done to a reply.
 * @throws ContentStatsError `unreadable_reply`, naming the entry whose time cannot be read.
 */
export function datedSnapshots(video: VideoWithSnapshots, from = -Infinity): DatedSnapshot[] {
	const fromText = plainTime(from);
	const found: DatedSnapshot[] = [];
	let newestBefore = '';
	let before = -1;
	(video.snapshots ?? []).forEach((entry, index) => {
		const time = timeOf(entry);
		if (!isPlainTime(time) || time >= fromText) return void found.push(dated(video, index));
		if (time <= newestBefore) return;
		newestBefore = time;
		before = index;
	});
	if (before !== -1) found.push(dated(video, before));
	return found
		.sort((a, b) => a.instant - b.instant || a.index - b.index)
		.filter(({ instant }, place, all) => instant !== all[place - 1]?.instant);
}

/**
 * All snapshots of a video as rows, oldest first and each instant once.
 *
 * @throws ContentStatsError `unreadable_reply`, naming the entry and its field.
 */
export const readRows = (video: VideoWithSnapshots): Row[] =>
	datedSnapshots(video).map((snapshot) => toRow(video, readSnapshotAt(video, snapshot)));

/** The documented parts of an error's body; undefined where it is something else, such as HTML. */
export const readErrorBody = (json: unknown): ErrorBody | undefined =>
	schemas().errorBody.safeParse(json).data;
