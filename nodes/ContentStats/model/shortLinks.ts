import { parseVideoLink, type VideoLink } from './links';

/** The identities of the videos that short links led to in this process, the least recently learned first. */
const resolved = new Map<string, string>();
const MAX_RESOLVED = 10_000;

/** An account knows what its own API has told, and no other: a test server may answer anything. */
const keyOf = (account: string, { identity }: VideoLink): string => `${account} ${identity}`;

/** Whether only the network can tell the video of a link. */
export const isShort = ({ identity }: VideoLink): boolean => identity.includes(':short/');

/**
 * Returns what a link is known by: its own identity, and that of the video to which a short link is known
 * to lead. The API promises neither that it stores a short link as it was sent, nor that it does not.
 */
export function identitiesOf(account: string, link: VideoLink): string[] {
	const video = resolved.get(keyOf(account, link));
	return video === undefined ? [link.identity] : [link.identity, video];
}

/** Returns the first value that a map has for one of the keys. */
export const firstOf = <T>(map: ReadonlyMap<string, T>, keys: string[]): T | undefined =>
	map.get(keys.find((key) => map.has(key)) ?? '');

/**
 * Remembers which video a short link leads to, so that it is known when it is tracked again.
 *
 * @param videoLink the link of the tracking, as the API has answered it.
 * @returns whether the API has resolved the short link.
 */
export function rememberShortLink(
	account: string,
	link: VideoLink,
	videoLink: string | null,
): boolean {
	const video = isShort(link) && videoLink !== null ? parseVideoLink(videoLink) : null;
	if (!video?.ok || isShort(video.link) || video.link.platform !== link.platform) return false;
	const key = keyOf(account, link);
	resolved.delete(key);
	resolved.set(key, video.link.identity);
	const [oldest] = resolved.keys();
	if (resolved.size > MAX_RESOLVED) resolved.delete(oldest!);
	return true;
}
