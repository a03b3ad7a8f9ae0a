import { type Platform, PLATFORMS, type Video, type VideoList } from '../api/schemas';
import { trimInvisible } from '../utils/format';

/** A link to one video, or a short link of which only the platform is known. */
export interface VideoLink {
	platform: Platform;
	/**
	 * `<platform>:<id>`, the same for every spelling of a link; `<platform>:short/<code>` for a short
	 * link, whose video only the network can tell.
	 */
	identity: string;
	/** The documented spelling of the link. The API is sent this one. */
	url: string;
}

export type ParsedLink = { ok: true; link: VideoLink } | { ok: false; reason: string };

const SUPPORTED =
	'Paste the link of a single TikTok, YouTube, Instagram or X/Twitter video, such as https://www.tiktok.com/@user/video/7234567890123456789';

/** The longest link that is looked at, in characters. */
export const MAX_LINK_LENGTH = 2000;

/** Refuses a link. @param advice what to do; by default, what to paste. */
export const refuse = (reason: string, advice = SUPPORTED): ParsedLink => ({
	ok: false,
	reason: `${reason}. ${advice}`,
});
const accept = (platform: Platform, id: string, url: string): ParsedLink => ({
	ok: true,
	link: { platform, identity: `${platform}:${id}`, url },
});

interface LinkForm {
	hosts: RegExp;
	path: RegExp;
	read: (match: RegExpExecArray, url: URL) => ParsedLink;
}

/** Platforms as messages and lists name them. */
const PLATFORM_LABELS: Record<Platform, string> = {
	tiktok: 'TikTok',
	youtube: 'YouTube',
	instagram: 'Instagram',
	twitter: 'X',
};

/** The hosts below which the videos of each platform, or pages about them, are found. */
const PLATFORM_HOSTS: Record<Platform, RegExp> = {
	tiktok: /(?:^|\.)tiktok\.com$/,
	youtube: /(?:^|\.)(?:youtube\.com|youtube-nocookie\.com|youtu\.be)$/,
	instagram: /(?:^|\.)instagram\.com$/,
	twitter: /(?:^|\.)(?:twitter|x)\.com$/,
};

const TIKTOK = /^(www\.|m\.)?tiktok\.com$/;
const YOUTUBE = /^(www\.|m\.|music\.)?youtube\.com$/;
const INSTAGRAM = /^(www\.|m\.)?instagram\.com$/;
const TWITTER = /^(www\.|m\.|mobile\.)?(twitter|x)\.com$/;
const YOUTUBE_ID = /^[\w-]{11}$/;

const tiktok = (id: string, documented = `m.tiktok.com/v/${id}.html`): ParsedLink =>
	accept('tiktok', id, `https://${documented}`);

/** TikTok's short hosts share their codes. */
const tiktokShort = (code: string, documented: string): ParsedLink =>
	accept('tiktok', `short/${code}`, `https://${documented}/`);

/** Pages of many videos, with names as long as a video id. */
const YOUTUBE_PLAYERS = new Set(['videoseries', 'live_stream']);

function youtube(ids: string[]): ParsedLink {
	const [id = '', ...others] = new Set(ids);
	if (others.length > 0) return refuse('This YouTube link points to several videos');
	if (!YOUTUBE_ID.test(id))
		return refuse("The YouTube video ID in this link isn't 11 characters long");
	if (YOUTUBE_PLAYERS.has(id)) return refuse('This YouTube link opens a player for several videos');
	return accept('youtube', id, `https://www.youtube.com/watch?v=${id}`);
}

/** Every form of a video link: the API's "URL formats", and the forms that users paste. */
const FORMS: LinkForm[] = [
	{
		hosts: TIKTOK,
		path: /^\/(?:@|%40)([\w.-]*)\/video\/(\d{1,20})\/?$/,
		read: ([, user, id]) =>
			user ? tiktok(id!, `www.tiktok.com/@${user}/video/${id}`) : tiktok(id!),
	},
	{
		hosts: TIKTOK,
		path: /^\/v\/(\d{1,20})(?:\.html)?\/?$/,
		read: ([, id]) => tiktok(id!),
	},
	{
		hosts: TIKTOK,
		path: /^\/t\/([\w-]+)\/?$/,
		read: ([, code]) => tiktokShort(code!, `www.tiktok.com/t/${code}`),
	},
	{
		hosts: /^(vm|vt)\.tiktok\.com$/,
		path: /^\/([\w-]+)\/?$/,
		read: ([, code], { host }) => tiktokShort(code!, `${host}/${code}`),
	},
	{
		hosts: /^t\.tiktok\.com$/,
		path: /^\/i18n\/share\/video\/(\d{1,20})\/?$/,
		read: ([, id]) => tiktok(id!),
	},
	{
		hosts: YOUTUBE,
		path: /^\/watch\/?$/,
		read: (_, { searchParams }) => youtube(searchParams.getAll('v')),
	},
	{
		hosts: YOUTUBE,
		path: /^\/(?:shorts|live|embed|v)\/([^/]+)\/?$/,
		read: ([, id]) => youtube([id!]),
	},
	{
		hosts: /^(www\.)?youtube-nocookie\.com$/,
		path: /^\/embed\/([^/]+)\/?$/,
		read: ([, id]) => youtube([id!]),
	},
	{ hosts: /^youtu\.be$/, path: /^\/([^/]+)\/?$/, read: ([, id]) => youtube([id!]) },
	{
		hosts: INSTAGRAM,
		path: /^\/(?:(?!(?:share|explore|stories)\/)[\w.]+\/)?(?:p|reel|reels|tv)\/([\w-]+)\/?$/,
		read: ([, code]) => accept('instagram', code!, `https://www.instagram.com/p/${code}/`),
	},
	{
		hosts: TWITTER,
		path: /^\/(?:(\w+)|i\/web)\/status\/(\d{1,20})(?:\/(?:video|photo)\/\d+)?\/?$/,
		read: ([, user, id]) =>
			accept('twitter', id!, `https://twitter.com/${user ?? 'i'}/status/${id}`),
	},
];

/** Pages that only lead to a video: where is known to the network alone. */
const REDIRECTORS: Array<{ hosts: RegExp; path: RegExp }> = [
	{ hosts: INSTAGRAM, path: /^\/share\// },
	{ hosts: /^lite\.tiktok\.com$/, path: /^\/t\// },
	{ hosts: YOUTUBE, path: /^\/(?:redirect|attribution_link)\/?$/ },
	{ hosts: /^(www\.)?google\.[a-z.]{2,6}$/, path: /^\/(?:url|amp)\b/ },
	{
		hosts: /^(?:lm?\.(?:facebook|instagram)\.com|t\.co|fb\.watch|bit\.ly|(?:www\.)?tinyurl\.com)$/,
		path: /^/,
	},
	{ hosts: /^((www|m|web)\.)?facebook\.com$/, path: /^\/(?:l\.php|share\/)/ },
];

/** Whether a host name is, or ends in, that of a platform. */
export const isPlatformHost = (hostname: string): boolean => platformOfHost(hostname) !== undefined;

const platformOfHost = (hostname: string): Platform | undefined =>
	PLATFORMS.find((platform) => PLATFORM_HOSTS[platform].test(hostname));

/**
 * Reads a link without the network, in linear time. A missing `https://` is added; tracking parameters
 * and fragments are dropped. Two links have the same `identity` exactly when they name the same video.
 *
 * @returns the link, or the reason it was refused in words for the user, ending in what to do.
 */
export function parseVideoLink(text: string): ParsedLink {
	if (text.length > MAX_LINK_LENGTH)
		return refuse(`The link is longer than ${MAX_LINK_LENGTH} characters`);
	const trimmed = trimInvisible(text);
	if (trimmed === '') return refuse('The link is empty');
	if (/^[<>"'`([{“”‘’«»*|=]|\s|^[^?#]+https?:/i.test(trimmed))
		return refuse('There is text around the link');
	if (/[\p{Cc}\p{Cf}]/u.test(trimmed)) return refuse('There is an invisible character in the link');

	const hasScheme = /^[a-z][a-z\d+.-]*:/i.test(trimmed) && !/^[\w.-]+\.\w+:\d/.test(trimmed);
	const candidate = hasScheme ? trimmed : `https://${trimmed}`;
	if (!URL.canParse(candidate)) return refuse('This is not a link');
	const url = new URL(candidate);

	if (url.protocol !== 'https:' && url.protocol !== 'http:')
		return refuse(`A link must begin with https://, not ${url.protocol}`);
	if (url.username !== '' || url.password !== '')
		return refuse('The link contains a user name or password');
	if (url.port !== '') return refuse('The link contains a port');

	const { hostname, pathname } = url;
	if (REDIRECTORS.some(({ hosts, path }) => hosts.test(hostname) && path.test(pathname)))
		return refuse(
			`This ${hostname} link only redirects to another page`,
			'Open it in a browser and paste the URL of that page',
		);
	const onHost = FORMS.filter(({ hosts }) => hosts.test(hostname));
	for (const form of onHost) {
		const match = form.path.exec(pathname);
		if (match) return form.read(match, url);
	}
	const platform = platformOfHost(hostname);
	if (onHost.length === 0 || !platform)
		return refuse(`ContentStats doesn't support videos on ${hostname}`);
	return refuse(
		`This ${PLATFORM_LABELS[platform]} link doesn't point to a single video: it may be a profile, playlist, hashtag or search page`,
	);
}

/** Finds the newest tracking of each video, by identity. @param newestFirst trackings in that order. */
export function newestByIdentity<T extends { video_link: string | null }>(
	newestFirst: T[],
): Map<string, T> {
	const newest = new Map<string, T>();
	for (const tracking of newestFirst) {
		if (tracking.video_link === null) continue;
		const identity = identityOfStored(tracking.video_link);
		if (!newest.has(identity)) newest.set(identity, tracking);
	}
	return newest;
}

/** Returns the identity of a link that the API has stored, whatever its spelling. */
export function identityOfStored(storedLink: string): string {
	const parsed = parseVideoLink(storedLink);
	return parsed.ok ? parsed.link.identity : storedLink;
}

/** Whether a link is an address on no host of a platform. */
function isElsewhere(link: string): boolean {
	if (!URL.canParse(link)) return false;
	const { protocol, hostname } = new URL(link);
	return /^https?:$/.test(protocol) && !isPlatformHost(hostname);
}

/** Returns the platform that an API's value names, in any case and with blanks; null if none. */
export function platformNamed(value: string | null): Platform | null {
	const name = value?.trim().toLowerCase();
	return PLATFORMS.find((known) => known === (name === 'x' ? 'twitter' : name)) ?? null;
}

/** Returns a platform as people call it: `X` for `twitter`; other text as it is. */
export function labelOfPlatform(value: string | null): string | null {
	const platform = platformNamed(value);
	return platform ? PLATFORM_LABELS[platform] : value;
}

/** Describes a video by the identity of its link: `TikTok video 7234567890`, `TikTok short link ZM8abc`. */
export function describeIdentity(identity: string): string {
	const [platform = '', ...rest] = identity.split(':');
	const id = rest.join(':');
	const what = id.startsWith('short/') ? `short link ${id.slice('short/'.length)}` : `video ${id}`;
	return `${labelOfPlatform(platform)} ${what}`;
}

/** Returns the platforms of a listing's videos whose id or link cannot be read; null if it is unknown. */
export function unidentifiedPlatformsOf({
	videos,
	unidentified,
}: Pick<VideoList, 'videos' | 'unidentified'>): Set<Platform | null> {
	// Other text is no better than no link. A platform that the vendor has added has links of its own.
	const isAdded = ({ platform }: Video) => platform !== null && platformNamed(platform) === null;
	const isUnlinked = (video: Video) =>
		video.video_link === null ||
		(!parseVideoLink(video.video_link).ok && !(isAdded(video) && isElsewhere(video.video_link)));
	const entries = [...unidentified, ...videos.filter(isUnlinked)];
	return new Set(entries.map(({ platform }) => platformNamed(platform)));
}
