import { toEpochMs } from '../utils/time';
import { type Client, LIST_LIMIT, type VideoFilters } from './client';
import { ContentStatsError, type ErrorKind } from './errors';
import { PLATFORMS, STATUSES, type Video, type VideoList } from './schemas';

/** A part of the list that cannot be narrowed any further; null: of any platform, of any status. */
export interface Slice {
	platform: string | null;
	status: string | null;
}

/** Formats slices: `tiktok, monitoring; youtube, paused`. */
export const formatSlices = (slices: Slice[]): string =>
	slices
		.map(({ platform, status }) => `${platform ?? 'any platform'}, ${status ?? 'any status'}`)
		.join('; ');

export interface Listing {
	videos: Video[];
	/** The entries without a readable id. One that is in several replies is counted in each. */
	unidentified: VideoList['unidentified'];
	/** Slices that hold as many videos as the API shows, and perhaps more. Empty: nothing is missing. */
	fullSlices: Slice[];
	/** How many requests it took. */
	requests: number;
	/** When the API last replied, by its own clock, in Unix milliseconds; null if it does not say. */
	repliedAt: number | null;
}

const isFull = ({ videos, unidentified }: VideoList): boolean =>
	videos.length + unidentified.length >= LIST_LIMIT;

/**
 * Narrows a part of the list by platform, then by status: to every value that is known or was seen,
 * since the vendor may add some.
 */
function narrow(filters: VideoFilters, seen: Video[]): VideoFilters[] {
	const valuesOf = (known: readonly string[], of: (video: Video) => string | null) => [
		...new Set([...known, ...seen.flatMap((video) => of(video) ?? [])]),
	];
	if (!filters.platform)
		return valuesOf(PLATFORMS, (video) => video.platform).map((platform) => ({
			...filters,
			platform,
		}));
	return valuesOf(STATUSES, (video) => video.status).map((status) => ({ ...filters, status }));
}

/**
 * Keeps each video once, newest first: the API promises no order. An id with two links is kept twice,
 * since either may be the one that costs money.
 */
const uniqueNewestFirst = (videos: Video[]): Video[] =>
	[...new Map(videos.map((video) => [`${video.id} ${video.video_link}`, video])).values()].sort(
		byNewest,
	);

const uniqueSlices = (slices: Slice[]): Slice[] => [
	...new Map(slices.map((slice) => [formatSlices([slice]), slice])).values(),
];

/** Merges listings into one. */
export const mergeListings = (listings: Listing[]): Listing => ({
	videos: uniqueNewestFirst(listings.flatMap(({ videos }) => videos)),
	unidentified: listings.flatMap(({ unidentified }) => unidentified),
	fullSlices: uniqueSlices(listings.flatMap(({ fullSlices }) => fullSlices)),
	requests: listings.reduce((sum, { requests }) => sum + requests, 0),
	repliedAt: listings.reduce<number | null>(latestReply, null),
});

const latestReply = (latest: number | null, { repliedAt }: Pick<Listing, 'repliedAt'>) =>
	repliedAt === null ? latest : Math.max(latest ?? repliedAt, repliedAt);

const isKnown = (value: string | undefined, known: readonly string[]): boolean =>
	value === undefined || known.includes(value);

/** Errors that concern every part of the list alike. */
const COMMON_KINDS = new Set<ErrorKind>([
	'invalid_key',
	'redirected',
	'rate_limited',
	'budget_exhausted',
	'cancelled',
	'web_page',
	'unreachable',
]);

/**
 * Returns the listing of a part that the API does not list, since it does not know the platform or status
 * that it has sent itself: some of its videos may be hidden.
 *
 * @throws the error, if it is any other.
 */
function hiddenPart({ platform, status }: VideoFilters, error: unknown): Listing {
	const isOdd = !isKnown(platform, PLATFORMS) || !isKnown(status, STATUSES);
	if (!isOdd || !(error instanceof ContentStatsError) || COMMON_KINDS.has(error.kind)) throw error;
	const slice = { platform: platform ?? null, status: status ?? null };
	return { videos: [], unidentified: [], fullSlices: [slice], requests: 1, repliedAt: null };
}

/** Returns the slices that narrowing cannot reach: no filter selects what has no readable value. */
function unreachableSlices(
	{ videos, unidentified }: VideoList,
	{ platform, status }: VideoFilters,
): Slice[] {
	const key = platform ? 'status' : 'platform';
	const areAllReachable =
		(platform !== undefined || unidentified.every((entry) => entry.platform !== null)) &&
		videos.every((video) => video[key] !== null);
	return areAllReachable ? [] : [{ platform: platform ?? null, status: status ?? null }];
}

/**
 * Lists all videos that match, newest first. The API shows 100 and has no paging, so a full reply is
 * asked for again per platform, and then per status.
 *
 * @throws ContentStatsError
 */
export async function listAll(client: Client, filters: VideoFilters): Promise<Listing> {
	const list = await client.list(filters);
	const videos = uniqueNewestFirst(list.videos);
	if (!isFull(list)) return { ...list, videos, fullSlices: [], requests: 1 };
	const listing = { ...list, videos, fullSlices: unreachableSlices(list, filters), requests: 1 };
	const { platform, status } = filters;
	if (platform && status) return { ...listing, fullSlices: [{ platform, status }] };
	const parts = narrow(filters, listing.videos);

	const listings = await Promise.all(
		parts.map((part) => listAll(client, part).catch((error) => hiddenPart(part, error))),
	);
	return mergeListings([listing, ...listings]);
}

/**
 * Lists the trackings that cost money: those that monitor, and those that will once there is credit
 * again. One request follows the other, so that a tracking that pauses or resumes meanwhile is in
 * one of the replies.
 *
 * @throws ContentStatsError
 */
export async function listRunning(client: Client, filters: VideoFilters = {}): Promise<Listing> {
	const listings: Listing[] = [];
	for (const status of ['paused', 'monitoring', 'paused'])
		listings.push(await listAll(client, { ...filters, status }));
	return mergeListings(listings);
}

/** Some of the listed videos may have ended before they were counted, but not many. */
const MIN_ACTIVE_SHARE = 0.9;

/**
 * Returns the full slices of the running videos that hide some. A full slice hides nothing if no
 * more videos are active than were listed.
 */
export function hiddenSlices(
	{ videos, fullSlices }: Listing,
	activeVideos: number | null,
): Slice[] {
	const monitoring = new Set(
		videos.filter(({ status }) => status === 'monitoring').map(({ id }) => id),
	).size;
	const areAllListed =
		activeVideos !== null &&
		Number.isInteger(activeVideos) &&
		activeVideos >= MIN_ACTIVE_SHARE * monitoring &&
		monitoring >= activeVideos;
	return fullSlices.filter(({ status }) => status !== 'monitoring' || !areAllListed);
}

/**
 * Returns when a tracking was created, in Unix milliseconds; 0 if the API does not say. It says so twice,
 * and one that is too early would make the tracking look old.
 */
export const createdAt = ({ created_at, monitoring_started }: Video): number =>
	Math.max(...[created_at, monitoring_started].map((time) => (time ? toEpochMs(time) : 0)));

/** Compares videos by when their tracking was created, newest first. */
export const byNewest = (a: Video, b: Video): number => createdAt(b) - createdAt(a);
