import { toEpochMs } from '../utils/time';
import type { Client, VideoFilters } from './client';
import { ContentStatsError, isCommon } from './errors';
import { entryKeyOf, isFinal, PLATFORMS, STATUSES, type Video, type VideoList } from './schemas';

/** A part of the list that cannot be narrowed any further; null: of any platform, of any status. */
export interface Slice {
	platform: string | null;
	status: string | null;
}

const sliceOf = ({ platform, status }: VideoFilters): Slice => ({
	platform: platform ?? null,
	status: status ?? null,
});

/** Formats slices: `tiktok, monitoring; youtube, paused`. */
export const formatSlices = (slices: Slice[]): string =>
	slices
		.map(({ platform, status }) => `${platform ?? 'any platform'}, ${status ?? 'any status'}`)
		.join('; ');

export interface Listing {
	videos: Video[];
	/** The entries without a readable id. One that is in several replies is counted in each. */
	unidentified: VideoList['unidentified'];
	/** Slices that hold as many videos as the API shows, and perhaps more. Empty: nothing seems to be missing. */
	fullSlices: Slice[];
	/** How many requests it took. */
	requests: number;
	/** When the API last replied, by its own clock, in Unix milliseconds; null if it does not say. */
	repliedAt: number | null;
}

/**
 * Whether a reply names more videos than it holds.
 *
 * @param widerTotal what the reply to a wider part named: the same number again says nothing of this part,
 * since an API may count the whole account in every reply.
 */
const namesMore = (
	{ videos, unidentified, total }: VideoList,
	widerTotal: number | null = null,
): boolean => total !== null && total !== widerTotal && total > videos.length + unidentified.length;

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

/** Keeps each entry once, newest first: the API promises no order. */
const uniqueNewestFirst = (videos: Video[]): Video[] =>
	[...new Map(videos.map((video) => [entryKeyOf(video), video])).values()].sort(byNewest);

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

/**
 * Returns the listing of a part that the API does not list, since it does not know the platform or status
 * that it has sent itself: some of its videos may be hidden.
 *
 * @throws the error, if it is any other.
 */
function hiddenPart({ platform, status }: VideoFilters, error: unknown): Listing {
	const isOdd = !isKnown(platform, PLATFORMS) || !isKnown(status, STATUSES);
	if (!isOdd || !(error instanceof ContentStatsError) || isCommon(error)) throw error;
	const fullSlices = [sliceOf({ platform, status })];
	return { videos: [], unidentified: [], fullSlices, requests: 1, repliedAt: null };
}

/** Returns the slice of a reply to both filters: of any status, if the API does not heed that filter. */
const narrowestSlice = ({ videos }: VideoList, platform: string, status: string): Slice => ({
	platform,
	status: videos.every((video) => video.status === status) ? status : null,
});

/** Returns the slices that narrowing cannot reach: no filter selects what has no readable value. */
function unreachableSlices(
	{ videos, unidentified }: VideoList,
	{ platform, status }: VideoFilters,
): Slice[] {
	const key = platform ? 'status' : 'platform';
	const areAllReachable =
		(platform !== undefined || unidentified.every((entry) => entry.platform !== null)) &&
		videos.every((video) => video[key] !== null);
	return areAllReachable ? [] : [sliceOf({ platform, status })];
}

/**
 * Lists all videos that match, newest first. The API shows 100 and has no paging, so a full reply is
 * asked for again per platform, and then per status.
 *
 * @param widerTotal as for `namesMore`.
 * @throws ContentStatsError
 */
export async function listAll(
	client: Client,
	filters: VideoFilters,
	widerTotal: number | null = null,
): Promise<Listing> {
	const list = await client.list(filters);
	const { unidentified, total, repliedAt } = list;
	const videos = uniqueNewestFirst(list.videos);
	const listing = { videos, unidentified, fullSlices: [] as Slice[], requests: 1, repliedAt };
	if (!list.isFull && !namesMore(list, widerTotal)) return listing;
	const { platform, status } = filters;
	if (platform && status)
		return { ...listing, fullSlices: [narrowestSlice(list, platform, status)] };
	listing.fullSlices = unreachableSlices(list, filters);

	const listings = await Promise.all(
		narrow(filters, videos).map((part) =>
			listAll(client, part, total).catch((error) => hiddenPart(part, error)),
		),
	);
	const all = mergeListings([listing, ...listings]);
	const isMissing =
		all.fullSlices.length === 0 && namesMore({ ...list, videos: all.videos }, widerTotal);
	return isMissing ? { ...all, fullSlices: [sliceOf(filters)] } : all;
}

/** Usage need not count these, so only a list of them shows whether any are hidden. */
const UNCOUNTED_STATUSES = ['paused', 'error'];

/** The last one finds what has paused since it was asked for. */
const MORE_STATUSES = ['monitoring', 'paused'];

/** Lists a part as far as one reply shows it. */
async function listPage(client: Client, filters: VideoFilters): Promise<Listing & VideoList> {
	const list = await client.list(filters);
	return { ...list, fullSlices: [], requests: 1 };
}

const addedStatuses = (listings: Listing[]): string[] => {
	const named = listings.flatMap(({ videos }) => videos.flatMap(({ status }) => status ?? []));
	return [...new Set(named)].filter((status) => !isKnown(status, STATUSES));
};

export interface RunningListing extends Listing {
	/** The ids of trackings that have ended for good, as far as the replies show them. */
	endedIds: ReadonlySet<string>;
	/** Whether each status and each platform was asked for. */
	isThorough: boolean;
}

/**
 * Lists the trackings that have not ended for good, whatever the vendor calls their status: all together,
 * and those that usage does not count by themselves. If they are too many for one reply, each status is
 * asked for, and each platform for the statuses that it may show.
 *
 * @param isThorough whether that is done in any case.
 * @throws ContentStatsError
 */
export async function listRunning(
	client: Client,
	filters: VideoFilters = {},
	isThorough = false,
): Promise<RunningListing> {
	const first = await listPage(client, filters);
	const listings: Listing[] = [first];
	async function add(statuses: string[]): Promise<void> {
		for (const status of statuses) {
			const part = { ...filters, status };
			const listing = listAll(client, part, first.total);
			listings.push(await listing.catch((error) => hiddenPart(part, error)));
		}
	}
	await add(UNCOUNTED_STATUSES);
	const asksForEach = isThorough || first.isFull || namesMore(first);
	if (asksForEach) {
		const platforms = filters.platform ? [] : PLATFORMS;
		const pages = platforms.map((platform) => listPage(client, { ...filters, platform }));
		listings.push(...(await Promise.all(pages)));
		await add(MORE_STATUSES);
		await add(addedStatuses(listings));
	}
	const merged = mergeListings(listings);
	const videos = merged.videos.filter(({ status }) => !isFinal(status));
	const ended = merged.videos.filter(({ status }) => isFinal(status));
	const endedIds = new Set(ended.map(({ id }) => id));
	return { ...merged, videos, endedIds, isThorough: asksForEach };
}

/** Some of the listed videos may have ended before they were counted, but not many. */
const MIN_ACTIVE_SHARE = 0.9;

const ANY_SLICE: Slice = { platform: null, status: null };

/**
 * Returns the slices of the running videos that hide some. A full slice hides nothing if no more videos
 * are active than were listed; if more are, the list hides some even if no slice is full.
 *
 * @param activeVideos what usage says; null: nothing. It may count those that are paused or in error: if no
 * request has found any others, they explain a higher count.
 */
export function hiddenSlices(
	{ videos, unidentified, fullSlices, isThorough }: RunningListing,
	activeVideos: number | null,
): Slice[] {
	if (activeVideos === null || !Number.isInteger(activeVideos)) return fullSlices;
	const countOf = (isCounted: (status: string) => boolean) =>
		new Set(videos.filter(({ status }) => isCounted(status ?? '')).map(({ id }) => id)).size;
	const isAnyFull = fullSlices.some(mayHoldActive);
	const explainsAll = isThorough && !isAnyFull;
	const listed = countOf((status) => explainsAll || !UNCOUNTED_STATUSES.includes(status));
	if (activeVideos > listed + unidentified.length) return isAnyFull ? fullSlices : [ANY_SLICE];
	const monitoring = countOf((status) => status === 'monitoring');
	const areAllListed = activeVideos >= MIN_ACTIVE_SHARE * monitoring;
	return areAllListed ? fullSlices.filter((slice) => !mayHoldActive(slice)) : fullSlices;
}

/** Whether a slice may hold videos that usage counts as active. */
const mayHoldActive = ({ status }: Slice): boolean => status !== 'paused';

/**
 * Returns when a tracking was created, in Unix milliseconds; 0 if the API does not say. It says so twice,
 * and one that is too early would make the tracking look old.
 */
export const createdAt = ({ created_at, monitoring_started }: Video): number =>
	Math.max(...[created_at, monitoring_started].map((time) => (time ? toEpochMs(time) : 0)));

/** Compares videos by when their tracking was created, newest first. */
export const byNewest = (a: Video, b: Video): number => createdAt(b) - createdAt(a);
