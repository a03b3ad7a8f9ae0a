import { PLATFORMS } from '../model/links';
import { toEpochMs } from '../model/snapshots';
import { type Client, LIST_LIMIT, type VideoFilters } from './client';
import type { Video } from './schemas';

const STATUSES = ['monitoring', 'paused', 'completed', 'cancelled', 'error'] as const;

/** A part of the list that is not split any further. */
export interface Slice {
	platform: string;
	status: string;
}

/** Slices in words: `tiktok, monitoring; youtube, paused`. */
export const sliceNames = (slices: Slice[]): string =>
	slices.map(({ platform, status }) => `${platform}, ${status}`).join('; ');

export interface Listing {
	videos: Video[];
	/** Parts of the list that hold as much as the API shows, and perhaps more. Empty: all is here. */
	fullSlices: Slice[];
	/** How many requests it took. */
	requests: number;
}

const isFull = (videos: Video[]): boolean => videos.length >= LIST_LIMIT;

/**
 * The next narrower requests of a part of the list that has no platform or no status, for every
 * value known or seen: the vendor may add platforms and statuses.
 */
function split(filters: VideoFilters, seen: Video[]): VideoFilters[] {
	const valuesOf = (known: readonly string[], of: (video: Video) => string) => [
		...new Set([...known, ...seen.map(of)]),
	];
	if (!filters.platform)
		return valuesOf(PLATFORMS, (video) => video.platform).map((platform) => ({
			...filters,
			platform,
		}));
	return valuesOf(STATUSES, (video) => video.status).map((status) => ({ ...filters, status }));
}

/** Each video once, newest first: the API promises no order. */
const newestFirst = (videos: Video[]): Video[] =>
	[...new Map(videos.map((video) => [video.id, video])).values()].sort(byNewest);

const uniqueSlices = (slices: Slice[]): Slice[] => [
	...new Map(slices.map((slice) => [sliceNames([slice]), slice])).values(),
];

/** Several listings as one. */
export const mergeListings = (listings: Listing[]): Listing => ({
	videos: newestFirst(listings.flatMap(({ videos }) => videos)),
	fullSlices: uniqueSlices(listings.flatMap(({ fullSlices }) => fullSlices)),
	requests: listings.reduce((sum, { requests }) => sum + requests, 0),
});

/**
 * All videos that match, newest first. The API shows 100 and has no paging, so a full reply is asked
 * for again per platform, and then per status, only where that is needed.
 */
export async function listAll(client: Client, filters: VideoFilters): Promise<Listing> {
	const videos = newestFirst(await client.list(filters));
	if (!isFull(videos)) return { videos, fullSlices: [], requests: 1 };
	const { platform, status } = filters;
	if (platform && status) return { videos, fullSlices: [{ platform, status }], requests: 1 };
	const parts = split(filters, videos);

	const listings = await Promise.all(parts.map((part) => listAll(client, part)));
	return mergeListings([{ videos, fullSlices: [], requests: 1 }, ...listings]);
}

/**
 * What costs money: trackings that run, or go on as soon as there is credit again. One after the
 * other, so that one that pauses or goes on meanwhile is seen in one of them.
 */
export async function listRunning(client: Client, filters: VideoFilters = {}): Promise<Listing> {
	const listings: Listing[] = [];
	for (const status of ['paused', 'monitoring', 'paused'])
		listings.push(await listAll(client, { ...filters, status }));
	return mergeListings(listings);
}

/** Slices of the running videos that do hide some: a full one may just be full, if no more are active. */
export function hiddenSlices({ videos, fullSlices }: Listing, activeVideos: number): Slice[] {
	const monitoring = videos.filter(({ status }) => status === 'monitoring').length;
	const areAllSeen = monitoring >= activeVideos;
	return fullSlices.filter(({ status }) => status !== 'monitoring' || !areAllSeen);
}

/** When a tracking was created, in Unix milliseconds; 0 where the API does not say. */
export function createdAt(video: Video): number {
	const timestamp = video.created_at ?? video.monitoring_started;
	return timestamp ? toEpochMs(timestamp) : 0;
}

/** Sorts videos by when their tracking was created, newest first. */
export const byNewest = (a: Video, b: Video): number => createdAt(b) - createdAt(a);
