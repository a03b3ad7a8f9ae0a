import { byNewest, type Listing } from '../api/listing';
import type { Video } from '../api/schemas';
import {
	identityOfStored,
	newestByIdentity,
	platformNamed,
	unidentifiedPlatformsOf,
} from '../model/links';

/** The videos that a trigger watches: all of them, all of one platform, or the selected ones. */
export type Watch =
	{ kind: 'all'; platform?: string } | { kind: 'selected'; ids: string[]; identities: string[] };

/** Whether two watches are the same: they are plain JSON with sorted lists. */
export const isSameWatch = (a: Watch, b: Watch): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Returns the videos selected by id: they are found without the list. */
export const selectedIds = (watch: Watch): ReadonlySet<string> =>
	new Set(watch.kind === 'selected' ? watch.ids : []);

/** Returns the parts of the list that contain the watched videos; none if all are selected by id. */
export function listFilters(watch: Watch): Array<{ platform?: string }> {
	if (watch.kind === 'all') return [watch.platform ? { platform: watch.platform } : {}];
	const platforms = new Set(watch.identities.map((identity) => identity.split(':')[0]!));
	return [...platforms].map((platform) => ({ platform }));
}

/** Returns the watched videos of a listing; of a selected link, its newest tracking. */
export function watchedVideos(watch: Watch, { videos }: Pick<Listing, 'videos'>): Video[] {
	if (watch.kind === 'all') return videos.filter((video) => isIncluded(watch, video));
	const newest = newestByIdentity([...videos].sort(byNewest));
	return watch.identities.flatMap((identity) => newest.get(identity) ?? []);
}

/**
 * Returns the identities of the selected links that no listed video has; none if the list may not show all
 * videos.
 */
export function untrackedLinks(watch: Watch, listing: Listing): string[] {
	if (watch.kind === 'all' || listing.fullSlices.length > 0) return [];
	if (unidentifiedPlatformsOf(listing).size > 0) return [];
	const tracked = newestByIdentity(listing.videos);
	return watch.identities.filter((identity) => !tracked.has(identity));
}

/** Whether a watch includes a video, even if it is not the newest tracking of its link. */
export function isIncluded(watch: Watch, video: Video): boolean {
	const { id, video_link } = video;
	if (watch.kind === 'all') {
		// Any other text hides no video: the API has chosen it for the filter.
		const platform = platformNamed(video.platform);
		return !watch.platform || platform === null || platform === watch.platform;
	}
	const isSelectedByLink =
		video_link !== null && watch.identities.includes(identityOfStored(video_link));
	return watch.ids.includes(id) || isSelectedByLink;
}
