import type { Client } from '../api/client';
import { ContentStatsError, invalidInput } from '../api/errors';
import { byNewest, listAll, listRunning } from '../api/listing';
import type { Video, VideoWithSnapshots } from '../api/schemas';
import { forEachAtOnce } from '../api/wait';
import {
	identityOf,
	newestByIdentity,
	parseVideoLink,
	PLATFORMS,
	splitLinks,
} from '../model/links';

/** What a trigger watches: all running videos, perhaps of one platform, or those chosen. */
export type Watch =
	{ kind: 'all'; platform?: string } | { kind: 'selected'; ids: string[]; identities: string[] };

/** What one poll has learnt. */
export interface Collected {
	/** The videos watched when the poll began. */
	known: Set<string>;
	videos: VideoWithSnapshots[];
	/** Not watched any more: deleted, or no longer chosen. */
	gone: string[];
	/** Fetched for the last time: no snapshot will follow. */
	ended: string[];
	failed: Map<string, ContentStatsError>;
	/** Parts of the list that hold more than the API shows. */
	fullSlices: string[];
}

/**
 * Reads the chosen videos of the trigger: ids or links, split as the links of Track are.
 *
 * @throws ContentStatsError `invalid_input`, naming what is neither.
 */
export function readSelected(value: unknown): Extract<Watch, { kind: 'selected' }> {
	const ids = new Set<string>();
	const identities = new Set<string>();
	for (const piece of splitLinks(value)) {
		const parsed = parseVideoLink(piece);
		if (parsed.ok) identities.add(identityOf(parsed.link));
		else if (/^[\w-]+$/.test(piece)) ids.add(piece);
		else throw invalidInput(`“${piece}” is neither the id nor the link of a video`, parsed.reason);
	}
	if (ids.size + identities.size === 0)
		throw invalidInput(
			'No videos were chosen to watch',
			'Paste the ids or links of tracked videos, or set Watch to All Videos',
		);
	return { kind: 'selected', ids: [...ids].sort(), identities: [...identities].sort() };
}

/** What is watched, as text that changes when it does. */
export const scopeOf = (watch: Watch): string =>
	watch.kind === 'all'
		? `all ${watch.platform ?? ''}`.trim()
		: `selected ${[...watch.ids, ...watch.identities].join(' ')}`;

const platformOf = (identity: string) =>
	PLATFORMS.find((platform) => identity.startsWith(`${platform}:`));

/** What to fetch, newest first, and what a full part of the list may hide. */
interface Watched {
	ids: Set<string>;
	fullSlices: string[];
}

/** The newest tracking of each chosen link; a link that is not tracked (yet) has none. */
async function resolveLinks(client: Client, identities: string[]): Promise<Watched> {
	const platforms = new Set(identities.map(platformOf));
	// A short link does not tell its platform by its identity: then all are asked for at once.
	const filters = platforms.has(undefined)
		? [{}]
		: [...platforms].map((platform) => ({ platform }));
	const listings = await Promise.all(filters.map((filter) => listAll(client, filter)));
	const newest = newestByIdentity(listings.flatMap(({ videos }) => videos).sort(byNewest));
	return {
		ids: new Set(identities.flatMap((identity) => newest.get(identity)?.id ?? [])),
		fullSlices: listings.flatMap(({ fullSlices }) => fullSlices),
	};
}

/** The videos that are watched now, found by their links and in the list. */
export async function findWatched(client: Client, watch: Watch): Promise<Watched> {
	if (watch.kind === 'all') {
		const filters = watch.platform ? { platform: watch.platform } : {};
		const { videos, fullSlices } = await listRunning(client, filters);
		return { ids: new Set(videos.map(({ id }) => id)), fullSlices };
	}
	const { ids, fullSlices } = await resolveLinks(client, watch.identities);
	return { ids: new Set([...watch.ids, ...ids]), fullSlices };
}

/** Final states; a tracking in error may go on. */
const ENDED = new Set(['completed', 'cancelled']);
const hasEnded = (video: Video): boolean => ENDED.has(video.status);

/** Errors that concern every video alike. */
const ENDS_POLL = new Set(['invalid_key', 'invalid_input', 'redirected']);

/**
 * Fetches every watched video with its snapshots. A video that fails is left for the next poll.
 *
 * @param known the ids watched so far.
 * @throws ContentStatsError where nothing can be fetched at all.
 */
export async function collect(
	client: Client,
	watch: Watch,
	known: Set<string>,
): Promise<Collected> {
	const collected: Collected = {
		known,
		videos: [],
		gone: [],
		ended: [],
		failed: new Map(),
		fullSlices: [],
	};
	const { ids, fullSlices } = await findWatched(client, watch);
	collected.fullSlices.push(...fullSlices);
	for (const id of known) {
		// What has left the list is fetched once more: its last snapshots came since the poll before.
		// So is a chosen one where a full part of the list may hide it.
		if (watch.kind === 'all' || fullSlices.length > 0) ids.add(id);
		else if (!ids.has(id)) collected.gone.push(id);
	}

	await forEachAtOnce([...ids], async (id) => {
		const video = await client.get(id).catch((error: unknown) => error);
		if (video instanceof ContentStatsError) {
			if (ENDS_POLL.has(video.kind)) throw video;
			if (video.kind === 'not_found' && known.has(id)) collected.gone.push(id);
			else collected.failed.set(id, video);
			return;
		}
		if (video instanceof Error) throw video;
		sortIn(collected, watch, video as VideoWithSnapshots);
	});

	const firstFailure = [...collected.failed.values()][0];
	if (firstFailure && collected.failed.size === ids.size) throw firstFailure;
	return collected;
}

function sortIn(collected: Collected, watch: Watch, video: VideoWithSnapshots): void {
	const isElsewhere = watch.kind === 'all' && watch.platform && video.platform !== watch.platform;
	if (isElsewhere) return void collected.gone.push(video.id);
	collected.videos.push(video);
	// A chosen video stays watched: its cursor is what keeps its history from coming again.
	if (watch.kind === 'all' && hasEnded(video)) collected.ended.push(video.id);
}
