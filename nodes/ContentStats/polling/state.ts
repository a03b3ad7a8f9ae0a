import { z } from 'zod';

import { invalidInput } from '../api/errors';

/** Raised when the form of the state changes. */
export const STATE_VERSION = 1;

const cursorSchema = z.object({
	newest: z.number().int().nullable(),
	seen: z.string().regex(/^([0-9a-z]+( [0-9a-z]+)*)?$/),
});

const stateSchema = z.object({
	version: z.literal(STATE_VERSION),
	base_url: z.string(),
	/** What is watched; where it changes, what is added is seeded by `startFrom` and does not flood. */
	scope: z.string(),
	/** When the newest tracking known at the last seeding was created: later ones are new. Unix ms. */
	newest_tracking: z.number(),
	/** A cursor per watched video; null where it is still to be seeded. */
	videos: z.record(cursorSchema.nullable()),
	/**
	 * Cursors of videos that are watched no more, of the last polls, newest first: a poll that began
	 * before they were dropped may end after, and must not take them for new.
	 */
	left: z.array(z.record(cursorSchema)).optional(),
	/** The process that wrote this: another one means that n8n was restarted. */
	process: z.string().optional(),
	/** What was handed over lately: when (Unix ms), and the instants of each video. */
	recent: z.array(z.tuple([z.number(), z.record(z.array(z.number()))])).optional(),
	/** What is still to be emitted again after a restart: the instants of each video. */
	replay: z.record(z.array(z.number())).optional(),
});

/** What the trigger remembers between polls: plain JSON in n8n's static data of the node. */
export type PollState = z.infer<typeof stateSchema>;

/**
 * The state of an earlier poll; null where there is none, or one of another base URL, which is another
 * world: its ids mean other videos.
 *
 * @throws ContentStatsError `invalid_input` where it is not ours to read: going on would flood or lose.
 */
export function readState(stored: unknown, baseUrl: string): PollState | null {
	if (stored === undefined || stored === null) return null;
	const result = stateSchema.safeParse(stored);
	if (result.success) return result.data.base_url === baseUrl ? result.data : null;
	const found = (stored as { version?: unknown }).version;
	const isNewer = typeof found === 'number' && found > STATE_VERSION;
	throw invalidInput(
		isNewer
			? `This trigger was last run by a newer version of the ContentStats node (state ${found}, this one reads ${STATE_VERSION})`
			: 'What this trigger remembers of its last poll cannot be read',
		`${isNewer ? 'Update n8n-nodes-contentstats' : 'Restore the workflow from a backup'}, or rename the trigger node and publish again: it then starts anew, as Start From says`,
	);
}
