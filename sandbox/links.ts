import { randomStream } from './random';

/** The platforms that the vendor supports. */
export const PLATFORMS = ['tiktok', 'youtube', 'instagram', 'twitter'] as const;
export type Platform = (typeof PLATFORMS)[number];

interface LinkForm {
	platform: Platform;
	host: RegExp;
	/** Tested against path and query. */
	path: RegExp;
}

const FORMS: readonly LinkForm[] = [
	{ platform: 'tiktok', host: /^v[mt]\.tiktok\.com$/, path: /^\/[\w-]+\/?(\?|$)/ },
	{
		platform: 'tiktok',
		host: /^((www|m)\.)?tiktok\.com$/,
		path: /^\/(@[\w.-]+\/video\/\d+|t\/[\w-]+|v\/\d+(\.html)?)\/?(\?|$)/,
	},
	{ platform: 'youtube', host: /^(www\.)?youtu\.be$/, path: /^\/[\w-]+\/?(\?|$)/ },
	{
		platform: 'youtube',
		host: /^((www|m|music)\.)?youtube\.com$/,
		path: /^\/(watch\/?\?(.*&)?v=[\w-]+|(shorts|live|embed)\/[\w-]+)/,
	},
	{
		platform: 'instagram',
		host: /^((www|m)\.)?instagram\.com$/,
		path: /^\/(p|reels?|tv)\/[\w-]+\/?(\?|$)/,
	},
	{
		platform: 'twitter',
		host: /^((www|mobile|m)\.)?(twitter|x)\.com$/,
		path: /^\/\w+\/status\/\d+/,
	},
];

/** The platform of a video link, or the reason why the link is refused. */
export type LinkReading = { platform: Platform } | { problem: string };

/** Reads the platform from a video link, without the network. */
export function readLink(link: string): LinkReading {
	if (!URL.canParse(link)) return { problem: 'Invalid URL format' };

	const url = new URL(link);
	if (!/^https?:$/.test(url.protocol)) return { problem: 'Invalid URL format' };

	const ofHost = FORMS.filter((form) => form.host.test(url.hostname));
	if (ofHost.length === 0) {
		return { problem: `Unsupported platform: use one of ${PLATFORMS.join(', ')}` };
	}

	const form = ofHost.find(({ path }) => path.test(url.pathname + url.search));
	return form ? { platform: form.platform } : { problem: 'URL does not point to a single video' };
}

const SHORT_LINK = /^https?:\/\/(?:v[mt]\.tiktok\.com|(?:(?:www|m)\.)?tiktok\.com\/t)\/([\w-]+)/i;

/** Returns the link of the video that a short link leads to, the same for each code; any other link as it is. */
export function resolveShortLink(link: string): string {
	const code = SHORT_LINK.exec(link)?.[1];
	if (code === undefined) return link;
	const random = randomStream('short link', code);
	const id = Array.from({ length: 19 }, () => 1 + Math.floor(9 * random())).join('');
	return `https://www.tiktok.com/@resolved/video/${id}`;
}
