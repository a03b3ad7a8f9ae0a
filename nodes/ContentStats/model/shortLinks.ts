import { type ParsedLink, parseVideoLink, type VideoLink } from './links';

/** What short links led to, in this process: identities by identity, the least recently learned first. */
const resolved = new Map<string, string>();
const MAX_RESOLVED = 10_000;

/** Whether only the network can tell the video of a link. */
const isShort = ({ identity }: VideoLink): boolean => identity.includes(':short/');

/** Gives a short link the identity of the video that it is known to lead to. */
export function resolveShortLink(parsed: ParsedLink): ParsedLink {
	if (!parsed.ok) return parsed;
	const identity = resolved.get(parsed.link.identity);
	return identity === undefined ? parsed : { ok: true, link: { ...parsed.link, identity } };
}

/**
 * Remembers which video a short link leads to, so that it is known when it is tracked again.
 *
 * @param videoLink the link of the tracking, as the API has stored it.
 * @returns whether the API has resolved the short link.
 */
export function rememberShortLink(link: VideoLink, videoLink: string | null): boolean {
	const video = isShort(link) && videoLink !== null ? parseVideoLink(videoLink) : null;
	if (!video?.ok || isShort(video.link)) return false;
	resolved.delete(link.identity);
	resolved.set(link.identity, video.link.identity);
	const [oldest] = resolved.keys();
	if (resolved.size > MAX_RESOLVED) resolved.delete(oldest!);
	return true;
}
