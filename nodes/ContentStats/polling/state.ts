import { z } from 'zod';

import { invalidInput } from '../api/errors';
import { encodeGaps } from './cursor';
import type { Watch } from './watch';

/** Raised when the form of the state changes. */
export const STATE_VERSION = 2;

/** All instants and durations are Unix milliseconds. */
const instant = z.number().int();

const cursorSchema = z.object({
	newest: instant.nullable(),
	seen: z.string().regex(/^([+-][0-9a-z]+)*$/),
});

const watchedVideoSchema = cursorSchema.extend({
	/** Start From is still to be applied. */
	seed: z.literal(true).optional(),
	/** When it was last fetched, by the clock of n8n; 0 makes it due at once. */
	checked: instant,
	/** How long after its time a snapshot is usually there; learnt. */
	late: instant,
	/** Something of it is left for the next poll. */
	more: z.literal(true).optional(),
	/** How long to wait until it is asked again, while its cadence is not known. */
	wait: instant.optional(),
	/** Absent: monitoring. */
	status: z.string().optional(),
	is_deleted: z.literal(true).optional(),
	/** When it was first seen to be over: it is watched a day longer. */
	ended: instant.optional(),
	failing: z.object({ since: instant, tried: instant }).optional(),
});

const watchSchema: z.ZodType<Watch> = z.union([
	z.object({ kind: z.literal('all'), platform: z.string().optional() }),
	z.object({
		kind: z.literal('selected'),
		ids: z.array(z.string()),
		identities: z.array(z.string()),
	}),
]);

/** The instants of the snapshots of each video, and items that are no snapshot. */
const handoverSchema = z.object({
	snapshots: z.record(z.array(instant)),
	items: z.array(z.record(z.unknown())),
});

const stateSchema = z.object({
	version: z.literal(STATE_VERSION),
	base_url: z.string(),
	/** What is watched; where it changes, what is added is seeded by Start From and does not flood. */
	watch: watchSchema,
	/** When the newest video of the last seeding was created. */
	seeded_until: z.number(),
	/**
	 * The last listing: when, how many requests it took, when the newest video seen in a list was
	 * created, and whether the API showed only a part of it.
	 */
	listed: z
		.object({
			at: instant,
			requests: z.number(),
			until: z.number(),
			is_cut: z.literal(true).optional(),
		})
		.optional(),
	/** Every watched video by id. */
	videos: z.record(watchedVideoSchema),
	/** The last look at the balance, and since when it is low (ISO-8601 UTC). */
	balance: z.object({ checked: instant, low_since: z.string().nullable() }).optional(),
	/** When videos that keep failing were last reported. */
	reported: instant.optional(),
	/** The process that wrote this: another one means that n8n was restarted. */
	process: z.string().optional(),
	/** What was handed over lately, and when. */
	recent: z.array(handoverSchema.extend({ at: instant })).optional(),
	/** What is still to be emitted again after a restart. */
	replay: handoverSchema.optional(),
});

/** What is remembered of a watched video. */
export type WatchedVideo = z.infer<typeof watchedVideoSchema>;

/** What the trigger remembers between polls: plain JSON in n8n's static data of the node. */
export type PollState = z.infer<typeof stateSchema>;

const cursorOfVersion1Schema = z.object({
	newest: instant.nullable(),
	/** Gaps in base 36, separated by spaces. */
	seen: z.string().regex(/^([0-9a-z]+( [0-9a-z]+)*)?$/),
});

const version1Schema = z.object({
	version: z.literal(1),
	base_url: z.string(),
	scope: z.string().regex(/^(all|selected)\b/),
	newest_tracking: z.number(),
	videos: z.record(cursorOfVersion1Schema.nullable()),
});

function watchOfVersion1(scope: string): Watch {
	const [kind, ...rest] = scope.split(' ');
	if (kind === 'all') return { kind, ...(rest[0] ? { platform: rest[0] } : {}) };
	const isIdentity = (entry: string) => entry.includes(':');
	return {
		kind: 'selected',
		ids: rest.filter((entry) => !isIdentity(entry)),
		identities: rest.filter(isIdentity),
	};
}

/** Version 1 had no schedule: every video was fetched with every poll. Cursors go on as they are. */
function fromVersion1(stored: unknown): PollState | null {
	const old = version1Schema.safeParse(stored).data;
	if (!old) return null;
	const toVideo = (cursor: z.infer<typeof cursorOfVersion1Schema> | null): WatchedVideo => {
		if (!cursor) return { newest: null, seen: '', seed: true, checked: 0, late: 0 };
		const gaps = cursor.seen.split(' ').filter((gap) => gap !== '');
		const seen = encodeGaps(gaps.map((gap) => parseInt(gap, 36)));
		return { newest: cursor.newest, seen, checked: 0, late: 0 };
	};
	const videos = Object.entries(old.videos).map(([id, cursor]) => [id, toVideo(cursor)] as const);
	return {
		version: STATE_VERSION,
		base_url: old.base_url,
		watch: watchOfVersion1(old.scope),
		seeded_until: old.newest_tracking,
		videos: Object.fromEntries(videos),
	};
}

/**
 * The state of an earlier poll; null where there is none, or one of another base URL, which is another
 * world: its ids mean other videos.
 *
 * @throws ContentStatsError `invalid_input` where it is not ours to read: going on would flood or lose.
 */
export function readState(stored: unknown, baseUrl: string): PollState | null {
	if (stored === undefined || stored === null) return null;
	const state = stateSchema.safeParse(stored).data ?? fromVersion1(stored);
	if (state) return state.base_url === baseUrl ? state : null;
	const found = (stored as { version?: unknown }).version;
	const isNewer = typeof found === 'number' && found > STATE_VERSION;
	throw invalidInput(
		isNewer
			? `This trigger was last run by a newer version of the ContentStats node (state ${found}, this one reads ${STATE_VERSION})`
			: 'What this trigger remembers of its last poll cannot be read',
		`${isNewer ? 'Update n8n-nodes-contentstats' : 'Restore the workflow from a backup'}, or put a duplicate of the trigger node in its place and publish: it starts anew, as Start From says`,
	);
}
