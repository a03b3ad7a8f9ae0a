import { z } from 'zod';

import { DAY_MS, isPlainTime, toEpochMs, toPlainTime } from '../utils/time';
import { type ErrorBody, unreadableReply } from './errors';

/** The platforms that ContentStats tracks, by their names in the API. */
export const PLATFORMS = ['tiktok', 'youtube', 'instagram', 'twitter'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** The documented statuses of a tracking. */
export const STATUSES = ['monitoring', 'paused', 'completed', 'cancelled', 'error'] as const;
/** The longest duration of a tracking, in days. */
export const MAX_DURATION_DAYS = 30;

/** The statuses that never change again. */
const FINAL_STATUSES = new Set<string | null>(['completed', 'cancelled']);

/** Whether a tracking with this status never resumes; one in error may. */
export const isFinal = (status: string | null): boolean => FINAL_STATUSES.has(status);

/** The metrics of a snapshot, in the order of their columns. */
export const METRICS = ['views', 'likes', 'comments', 'shares', 'saves'] as const;
export type Metric = (typeof METRICS)[number];

/** The most that a time may be ahead of its reply. The API's clock makes both. */
const MAX_AHEAD_MS = DAY_MS;
/** Times that order trackings: one in the year 2099 would make all that follow look old. */
const TIMES_OF_START = ['created_at', 'monitoring_started'] as const;

/** A snapshot as it came: only those that are used are read, by model/history. */
export type Snapshot = { snapshot_time: string } & Record<string, unknown>;

/*
 * If the documentation gives two forms, both are accepted; fields that the API adds are kept.
 * Platform and status are open strings, so that a value the vendor adds later reaches the user.
 * Nothing is transformed, since users can ask for the API's object as it came.
 */

/**
 * Built at first use: it takes zod a while, and n8n loads every node at each start. Without refinements:
 * for each, zod 3 makes an object with a getter, whose hidden class keeps the whole reply in memory until V8
 * collects all of its garbage. Its result of a failure is such an object, too: there it can't be helped.
 */
function buildSchemas() {
	const text = z.string().min(1);
	// Null once a reader has found that the value cannot be used.
	const textOrUnusable = text as z.ZodType<string | null>;
	const amount = z.number().finite();
	const amountOrUnusable = amount as z.ZodType<number | null>;
	const video = z.object({
		id: text,
		job_id: z.string().nullish(),
		video_link: textOrUnusable,
		platform: textOrUnusable,
		status: textOrUnusable,
		monitoring_started: z.string().nullish(),
		monitoring_duration_days: amount.nullish(),
		days_remaining: amount.nullish(),
		current_metadata: z
			.object({ title: z.string().nullish(), creator: z.string().nullish() })
			.nullish(),
		created_at: z.string().nullish(),
	});
	return {
		video,
		videoWithSnapshots: video.extend({
			is_deleted: z.boolean().nullish(),
			// Checked by readVideo: zod would take half the time of JSON.parse, and twice the memory, to pass
			// up to 720 entries through.
			snapshots: z.unknown(),
		}),
		videoList: z.object({ videos: z.array(z.unknown()) }),
		tracked: video.extend({ estimated_cost: amount.nonnegative().nullish() }),
		stopped: z.object({
			success: z.literal(true),
			id: text,
			job_id: z.string().nullish(),
			video_link: z.string().nullish(),
			previous_status: z.string().nullish(),
			new_status: text,
		}),
		usage: z.object({
			balance_usd: amount,
			uncharged_usage_usd: amount,
			total_snapshots: amount.nullish(),
			active_videos: amountOrUnusable,
			total_charged_usd: amount.nullish(),
			estimated_snapshots_remaining: amount.nullish(),
			cost_per_snapshot: amount.positive() as z.ZodType<number | null>,
		}),
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
export interface VideoList {
	videos: Video[];
	/** The entries without a readable id; of them only the platform is told, if it can be read. */
	unidentified: Array<{ platform: string | null }>;
	/** Whether the reply may lack some: it holds as many entries as it may, or says or shows that there are more. */
	isFull: boolean;
	/** The number of videos that the reply names; null if it names none. */
	total: number | null;
	/** When the API replied, by its own clock, in Unix milliseconds; null if it does not say. */
	repliedAt: number | null;
}

type Path = Array<string | number>;

const formatPath = (path: Path): string =>
	path.reduce<string>(
		(text, part) =>
			typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${part}` : part,
		'',
	);

interface Reading {
	/** The object as the API sent it. */
	json: object;
	/** Names of the fields whose values cannot be used. */
	unusable: string[];
}

/** By the object that replaces it. */
const readings = new WeakMap<object, Reading>();

/** By the video that was read. */
const replyTimes = new WeakMap<object, number>();

/** Returns when the API sent a video, by its own clock, in Unix milliseconds; undefined if it does not say. */
export const repliedAtOf = (video: object): number | undefined => replyTimes.get(video);

/** Returns the object that the API sent, without any change. */
export const asSent = (read: object): object => readings.get(read)?.json ?? read;

/** Returns the names of the fields that were read as null, or left out, since they cannot be used. */
export const unusableFields = (read: object): string[] => readings.get(read)?.unusable ?? [];

/** Copies the objects along a path, and sets its end to null. */
function withNullAt<T extends object>(container: T, [key, ...rest]: Path): T {
	const inner: unknown = container[key as keyof T];
	return { ...container, [key!]: rest.length === 0 ? null : withNullAt(inner as object, rest) };
}

/**
 * Builds a reader of a reply. A field that cannot be understood is null, so that one odd value silences
 * nothing else: `unusableFields` names it. A reply in which nothing is odd is returned as it came.
 *
 * @param essential the fields without which the reply is of no use.
 * @throws ContentStatsError `unreadable_reply`, naming the first essential field that cannot be understood.
 */
const reader =
	<T extends object>(name: keyof Schemas, ...essential: string[]) =>
	(json: unknown, subject: string): T => {
		const result = schemas()[name].safeParse(json);
		if (result.success) return json as T;
		const { issues } = result.error;
		const fatal = issues.find(
			({ path }) => path.length === 0 || essential.includes(String(path[0])),
		);
		if (fatal)
			throw unreadableReply(
				subject,
				`${formatPath(fatal.path) || 'the response'}: ${fatal.message}`,
			);
		let read = json as T;
		for (const { path } of issues) read = withNullAt(read, path);
		const unusable = [...new Set(issues.map(({ path }) => formatPath(path)))];
		readings.set(read, { json: json as object, unusable });
		return read;
	};

export const readStopped = reader<Stopped>('stopped', 'success', 'id', 'new_status');
export const readUsage = reader<Usage>('usage', 'balance_usd', 'uncharged_usage_usd');
/** An amount in text: with thousands and decimals as in English, or with a decimal comma. */
const AMOUNT = /(?:\d{1,3}(?:,\d{3})+|\d{1,12})(?:[.,]\d{1,30})?/;

/** Returns what a reply announces that a tracking costs, in USD, also in text; null if it does not say. */
export function announcedCost(tracked: Tracked): number | null {
	const { estimated_cost } = asSent(tracked) as { estimated_cost?: unknown };
	if (typeof estimated_cost !== 'string') return tracked.estimated_cost ?? null;
	const [amount] = AMOUNT.exec(estimated_cost.slice(0, 100)) ?? [];
	if (amount === undefined) return null;
	return Number(amount.replace(/,(?=\d{3}(?:\D|$))/g, '').replace(',', '.'));
}

const readListEnvelope = reader<{ videos: unknown[]; limit?: unknown; total?: unknown }>(
	'videoList',
	'videos',
);
const readListed = reader<Video>('video', 'id');
const readVideoEnvelope = reader<VideoWithSnapshots>('videoWithSnapshots', 'id');

/** Identifies an entry of the list. An id with two links is two entries: either may be the one that costs money. */
export const entryKeyOf = ({ id, video_link }: Video): string => `${id} ${video_link}`;

const latestOf = (repliedAt: number | null): number =>
	repliedAt === null ? Infinity : repliedAt + MAX_AHEAD_MS;

/** Sets the times of a start to null that are no times, or after `latest` (Unix milliseconds). */
function withoutOddStarts<T extends Video>(video: T, latest = Infinity): T {
	const odd = TIMES_OF_START.filter((field) => {
		const time = video[field];
		return typeof time === 'string' && !(toEpochMs(time) <= latest);
	});
	if (odd.length === 0) return video;
	const read = { ...video, ...Object.fromEntries(odd.map((field) => [field, null])) };
	readings.set(read, { json: asSent(video), unusable: [...unusableFields(video), ...odd] });
	return read;
}

const readTrackedEnvelope = reader<Tracked>('tracked', 'id');

/**
 * Reads the reply to a new tracking.
 *
 * @throws ContentStatsError `unreadable_reply` if it has no id.
 */
export const readTracked = (json: unknown, subject: string): Tracked =>
	withoutOddStarts(readTrackedEnvelope(json, subject));

/** Reads a count of at least 1, also one that is given as text; null if it is none. */
function readCount(value: unknown): number | null {
	const count = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
	return typeof count === 'number' && Number.isInteger(count) && count > 0 ? count : null;
}

const MORE = /^(?:has_?more|has_?next(?:_?page)?)$/i;
const CURSOR =
	/^(?:(?:next|end)_?)?cursor$|^next(?:_?(?:page|token|page_?token|url|link|offset))?$/i;
const PAGES = /^(?:(?:total_?|last_?)pages?|pages|page_?count)$/i;
/** Objects that say it in the place of the reply. */
const PAGING = ['pagination', 'paging', 'page_info', 'pageInfo', 'meta', 'links'];

/** Whether a reply says that there are more entries, in one of the ways in which APIs say so. */
function saysMore(reply: object): boolean {
	const nested = PAGING.map((name) => Object(reply[name as keyof object]) as object);
	const fields = [reply, ...nested].flatMap((object) => Object.entries(object) as unknown[][]);
	const valuesOf = (name: RegExp) =>
		fields.filter(([key]) => name.test(String(key))).map(([, value]) => value);
	const answers = valuesOf(MORE).filter((value) => /^(?:true|false|0|1)$/.test(String(value)));
	if (answers.length > 0) return answers.some((value) => /true|1/.test(String(value)));
	return valuesOf(CURSOR).some(Boolean) || valuesOf(PAGES).some((value) => readCount(value)! > 1);
}

/**
 * Reads a list. The API promises neither to keep the limit that it was asked for, nor a paging that is not
 * documented.
 *
 * @param limit the limit that it was asked for.
 * @param repliedAt as for `readVideo`.
 * @throws ContentStatsError `unreadable_reply` if it is none.
 */
export function readVideoList(
	json: unknown,
	subject: string,
	{ limit = Infinity, repliedAt = null }: { limit?: number; repliedAt?: number | null } = {},
): VideoList {
	const envelope = readListEnvelope(json, subject);
	const entries = envelope.videos;
	const ownLimit = Math.min(readCount(envelope.limit) ?? limit, limit);
	const list: VideoList = {
		videos: [],
		unidentified: [],
		// Behind an empty reply there is nothing more, whatever it says.
		isFull: entries.length > 0 && (entries.length >= ownLimit || saysMore(envelope)),
		total: readCount(envelope.total),
		repliedAt,
	};
	const seen = new Set<string>();
	for (const entry of entries) {
		const { id, platform } = Object(entry) as { id?: unknown; platform?: unknown };
		if (typeof id === 'string' && id !== '') {
			const video = withoutOddStarts(readListed(entry, subject), latestOf(repliedAt));
			const key = entryKeyOf(video);
			// One that is listed twice stands in the place of another.
			if (seen.has(key)) list.isFull = true;
			seen.add(key);
			list.videos.push(video);
		} else list.unidentified.push({ platform: typeof platform === 'string' ? platform : null });
	}
	return list;
}

/** Leaves out the snapshots whose time is after `latest` (Unix milliseconds). */
function withoutLaterThan(video: VideoWithSnapshots, latest: number): VideoWithSnapshots {
	const latestText = toPlainTime(latest);
	const isLater = (entry: unknown): boolean => {
		const time = (entry as Partial<Snapshot> | null)?.snapshot_time;
		if (isPlainTime(time) && time <= latestText) return false;
		return typeof time === 'string' && toEpochMs(time) > latest;
	};
	if (!video.snapshots?.some(isLater)) return video;
	const read = { ...video, snapshots: video.snapshots.filter((entry) => !isLater(entry)) };
	const unusable = [...unusableFields(video), 'snapshot_time (more than 24 hours ahead)'];
	readings.set(read, { json: asSent(video), unusable });
	return read;
}

/**
 * Reads a video, but not its snapshots (model/history does). Snapshots more than 24 hours ahead of the
 * reply are held back: a single one in the year 2099 would hide all that follow.
 *
 * @param repliedAt when the API replied, by its own clock, in Unix milliseconds; null: nothing is held back.
 * @throws ContentStatsError `unreadable_reply` if it has no id, or snapshots that are no list.
 */
export function readVideo(
	json: unknown,
	subject: string,
	repliedAt: number | null = null,
): VideoWithSnapshots {
	const video = readVideoEnvelope(json, subject);
	if (video.snapshots != null && !Array.isArray(video.snapshots))
		throw unreadableReply(subject, 'snapshots: Expected a list');
	const latest = latestOf(repliedAt);
	const read = withoutLaterThan(withoutOddStarts(video, latest), latest);
	if (repliedAt !== null) replyTimes.set(read, repliedAt);
	return read;
}

/** Reads the documented parts of an error reply; undefined if it is anything else, such as HTML. */
export const readErrorBody = (json: unknown): ErrorBody | undefined =>
	schemas().errorBody.safeParse(json).data;
