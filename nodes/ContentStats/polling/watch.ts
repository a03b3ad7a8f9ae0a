import { invalidInput } from '../api/errors';
import { byNewest, type Listing } from '../api/listing';
import type { Video } from '../api/schemas';
import {
	identityOf,
	identityOfStored,
	newestByIdentity,
	parseVideoLink,
	PLATFORMS,
	splitLinks,
} from '../model/links';

/** What a trigger watches: all videos, perhaps of one platform, or those chosen. */
export type Watch =
	{ kind: 'all'; platform?: string } | { kind: 'selected'; ids: string[]; identities: string[] };

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

/** Whether two choices are the same; they are plain JSON with sorted lists. */
export const isSameWatch = (a: Watch, b: Watch): boolean => JSON.stringify(a) === JSON.stringify(b);

const platformOf = (identity: string) =>
	PLATFORMS.find((platform) => identity.startsWith(`${platform}:`));

/** The videos that were chosen by their ids, so that the list is not needed to find them. */
export const namedIds = (watch: Watch): ReadonlySet<string> =>
	new Set(watch.kind === 'selected' ? watch.ids : []);

/** The parts of the list in which the watched videos are found; none where all are named by id. */
export function listFilters(watch: Watch): Array<{ platform?: string }> {
	if (watch.kind === 'all') return [watch.platform ? { platform: watch.platform } : {}];
	const platforms = new Set(watch.identities.map(platformOf));
	// A short link does not tell its platform by its identity: then all are asked for at once.
	if (platforms.has(undefined)) return [{}];
	return [...platforms].map((platform) => ({ platform: platform! }));
}

/** The videos of a listing that are watched: of a link, its newest tracking. */
export function watchedIn(watch: Watch, { videos }: Listing): Video[] {
	if (watch.kind === 'all') return videos.filter((video) => covers(watch, video));
	const newest = newestByIdentity([...videos].sort(byNewest));
	return watch.identities.flatMap((identity) => newest.get(identity) ?? []);
}

/** Whether a choice takes in a video, also one that is not the newest tracking of its link. */
export function covers(watch: Watch, video: Video): boolean {
	if (watch.kind === 'all') return !watch.platform || watch.platform === video.platform;
	return (
		watch.ids.includes(video.id) || watch.identities.includes(identityOfStored(video.video_link))
	);
}
