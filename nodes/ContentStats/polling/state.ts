import { z } from 'zod';

import { invalidInput } from '../api/errors';
import { createRecord } from '../utils/record';
import type { Watch } from './watch';

/** Raised when the form of the state changes. */
export const STATE_VERSION = 1;

/** Unix milliseconds for `…At`, by the clock of n8n; instants of snapshots are by the clock of the API. */
const milliseconds = z.number().int();

const cursorSchema = z.object({
	newest: milliseconds.nullable(),
	seen: z.string().regex(/^([+-][0-9a-z]+)*$/),
	ahead: z.array(milliseconds).optional(),
});

const watchedVideoSchema = cursorSchema.extend({
	/** Start From is still to be applied. */
	needsSeed: z.literal(true).optional(),
	/** 0 before the first fetch. */
	lastFetchedAt: milliseconds,
	/** How long after its time a snapshot usually shows; learned. */
	latenessMs: milliseconds,
	/** To be fetched with the next poll, whatever its schedule says. */
	isDue: z.literal(true).optional(),
	/** Its link means a newer tracking: it is fetched once more, and forgotten a day later. */
	isSuperseded: z.literal(true).optional(),
	/** The wait before the next fetch, as long as there is no snapshot. */
	retryDelayMs: milliseconds.optional(),
	/** Absent: monitoring. */
	status: z.string().optional(),
	isDeleted: z.literal(true).optional(),
	/** When the end was first seen: the video is watched a day longer. */
	endedAt: milliseconds.optional(),
	/** The snapshot at which its growth last spiked; absent a day later. */
	spikedAt: milliseconds.optional(),
	/** Whether its growth had slowed when it was first judged; absent as long as that was not judged. */
	isSlow: z.boolean().optional(),
	/** `growth.slowed` was emitted, once and for all. */
	slowed: z.literal(true).optional(),
	failing: z.object({ since: milliseconds, lastTriedAt: milliseconds }).optional(),
});

const watchSchema: z.ZodType<Watch> = z.union([
	z.object({ kind: z.literal('all'), platform: z.string().optional() }),
	z.object({
		kind: z.literal('selected'),
		ids: z.array(z.string()),
		identities: z.array(z.string()),
	}),
]);

/**
 * A record by video id, stored as a list of pairs: an id is text from outside, and n8n copies an object
 * key by key, which loses one called `__proto__`.
 */
const byVideoId = <T extends z.ZodTypeAny>(value: T) => z.array(z.tuple([z.string(), value]));

/** Emitted snapshots by video, and the emitted items that are no snapshot. */
const emissionSchema = z.object({
	snapshots: byVideoId(z.array(milliseconds)),
	items: z.array(z.record(z.unknown())),
});

const stateSchema = z.object({
	version: z.literal(STATE_VERSION),
	/** The API whose ids these are, whatever the spelling of its base URL. */
	api: z.string(),
	/** A hash of the base URL and the API key with which its videos were last found. */
	account: z.string().optional(),
	/** n8n keeps states by the names of nodes: another node may come by a name. */
	nodeId: z.string(),
	/** If it changes, the videos that are added are seeded by Start From, so that they do not flood. */
	watch: watchSchema,
	/** When the newest video of the last seeding was created, by the clock of the API. */
	seededUntil: z.number(),
	lastListing: z
		.object({
			listedAt: milliseconds,
			/** To be asked for again with the next poll. */
			isDue: z.literal(true).optional(),
			requests: z.number(),
			/** When the newest video ever listed was created, by the clock of the API. */
			newestCreatedAt: z.number(),
			/** The API showed only a part of the list, or a part of it could not be read. */
			isTruncated: z.literal(true).optional(),
		})
		.optional(),
	/** Every watched video, by id. */
	videos: byVideoId(watchedVideoSchema),
	/** The settings by which `isSlow` was judged: by others it means nothing. */
	slowedBy: z.string().optional(),
	/** The last check of the balance; `lowSince` is ISO-8601 UTC. */
	balance: z.object({ checkedAt: milliseconds, lowSince: z.string().nullable() }).optional(),
	/** When videos and calls that keep failing were last reported. */
	reportedAt: milliseconds.optional(),
	/** The fields of which it was told that values of them cannot be used. */
	unusableFields: z.array(z.string()).optional(),
	/** The process that wrote the state: another one means that n8n was restarted. */
	processId: z.string().optional(),
	/** What was emitted in the last ten minutes. */
	recentEmissions: z.array(emissionSchema.extend({ emittedAt: milliseconds })).optional(),
	/** What a restart still has to emit again. */
	replay: emissionSchema.optional(),
});

/** The state of a watched video. */
export type WatchedVideo = z.infer<typeof watchedVideoSchema>;

/** The state as plain JSON in n8n's static data of the node. */
export type StoredState = z.infer<typeof stateSchema>;

type StoredEmission = z.infer<typeof emissionSchema>;
type Read<T extends StoredEmission> = Omit<T, 'snapshots'> & { snapshots: InstantsById };
type RecentEmission = NonNullable<StoredState['recentEmissions']>[number];

/** The trigger's state between polls. */
export type PollState = Omit<StoredState, 'videos' | 'recentEmissions' | 'replay'> & {
	videos: Record<string, WatchedVideo>;
	recentEmissions?: Array<Read<RecentEmission>>;
	replay?: Read<StoredEmission>;
};

/** Whose state it is. */
export type StateOwner = Pick<PollState, 'api' | 'nodeId'>;

/** Instants (Unix milliseconds) by video id. */
export type InstantsById = Record<string, number[]>;

const toStoredEmission = <T extends { snapshots: InstantsById }>(emission: T) => ({
	...emission,
	snapshots: Object.entries(emission.snapshots),
});

const fromStoredEmission = <T extends StoredEmission>(emission: T) => ({
	...emission,
	snapshots: createRecord(emission.snapshots),
});

/** Converts a state to the JSON that `readState` reads. */
export const toStored = ({ videos, recentEmissions, replay, ...rest }: PollState): StoredState => ({
	...rest,
	videos: Object.entries(videos),
	...(recentEmissions && { recentEmissions: recentEmissions.map(toStoredEmission) }),
	...(replay && { replay: toStoredEmission(replay) }),
});

// Not by zod, whose transformations keep the whole state in memory as refinements do (api/schemas).
const fromStored = ({ videos, recentEmissions, replay, ...rest }: StoredState): PollState => ({
	...rest,
	videos: createRecord(videos),
	...(recentEmissions && { recentEmissions: recentEmissions.map(fromStoredEmission) }),
	...(replay && { replay: fromStoredEmission(replay) }),
});

/**
 * Reads the state of the previous poll.
 *
 * @returns null if there is none, if it is of another node, or if it is of another API: there its ids
 * name other videos.
 * @throws ContentStatsError `invalid_input` if it cannot be read: to go on would flood or lose items.
 */
export function readState(stored: unknown, { api, nodeId }: StateOwner): PollState | null {
	if (stored === undefined || stored === null) return null;
	const { nodeId: ownerId } = stored as { nodeId?: unknown };
	if (typeof ownerId === 'string' && ownerId !== nodeId) return null;
	const state = stateSchema.safeParse(stored).data;
	if (state) return state.api === api ? fromStored(state) : null;
	const found = (stored as { version?: unknown }).version;
	const isNewer = typeof found === 'number' && found > STATE_VERSION;
	throw invalidInput(
		isNewer
			? `This trigger was last run by a newer version of the ContentStats node (state ${found}, this version reads ${STATE_VERSION})`
			: "The saved state of this trigger can't be read",
		`${isNewer ? 'Update n8n-nodes-contentstats' : 'Restore the workflow from a backup'}, or replace the trigger node with a duplicate and publish: it starts over according to Start From`,
	);
}
