import type { Platform } from '../sandbox';

const FORMS: Record<Platform, (number: number) => string> = {
	tiktok: (number) => `https://www.tiktok.com/@a/video/${7_000_000_000 + number}`,
	youtube: (number) => `https://www.youtube.com/watch?v=a${number}`,
	instagram: (number) => `https://www.instagram.com/p/a${number}/`,
	twitter: (number) => `https://twitter.com/a/status/${7_000_000_000 + number}`,
};

/** The link of the `number`-th video of a platform. */
export const linkOf = (platform: Platform, number: number): string => FORMS[platform](number);
