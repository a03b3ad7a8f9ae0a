import type { Platform } from '../sandbox';

export const TIKTOK = 'https://www.tiktok.com/@nasa/video/7234567890123456789';
export const YOUTUBE = 'https://www.youtube.com/watch?v=dQw4w9WgXcQ';
export const INSTAGRAM = 'https://www.instagram.com/p/CxYz12AbCdE/';
export const TWITTER = 'https://twitter.com/nasa/status/1790000000000000001';
export const ONE_OF_EACH = [TIKTOK, YOUTUBE, INSTAGRAM, TWITTER];

const FORMS: Record<Platform, (number: number) => string> = {
	tiktok: (number) => `https://www.tiktok.com/@a/video/${7_000_000_000 + number}`,
	youtube: (number) => `https://www.youtube.com/watch?v=a${number}`,
	instagram: (number) => `https://www.instagram.com/p/a${number}/`,
	twitter: (number) => `https://twitter.com/a/status/${7_000_000_000 + number}`,
};

/** Returns the link of the `number`-th video of a platform. */
export const linkOf = (platform: Platform, number: number): string => FORMS[platform](number);
