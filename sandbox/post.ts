import { drawCurve, type Curve, type Shape } from './growth';
import type { Platform } from './links';
import { randomStream } from './random';

/** A video on its platform, shared by all trackings of its link. */
export interface Post {
	title: string;
	creator: string;
	description: string;
	curve: Curve;
	/** Time of posting, ms since the epoch. */
	postedAt: number;
}

const CREATORS = [
	'mara.cooks',
	'northbound',
	'studio_lena',
	'tinytoolshed',
	'ravi.runs',
	'pixelpier',
];
const SUBJECTS = [
	'a 10-minute ramen',
	'our new studio',
	'the quietest keyboard',
	'a winter hike',
	'one-pan pasta',
	'an old radio',
];
const ANGLES = ['Trying', 'The truth about', 'How we made', 'Everything wrong with', 'A day with'];

/**
 * Generates the video behind a link, which depends only on the seed and the link.
 * @param seenAt time of its first tracking, ms: the video is posted 0.5 to 6 of the vendor's hours before
 */
export function imaginePost(
	seed: number,
	link: string,
	platform: Platform,
	seenAt: number,
	hourMs: number,
	shape?: Shape,
): Post {
	const random = randomStream(seed, 'post', link);
	const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? '';
	const subject = pick(SUBJECTS);
	const title = `${pick(ANGLES)} ${subject}`;
	return {
		title,
		creator: pick(CREATORS),
		description: `${title}. More about ${subject} in the comments.`,
		curve: drawCurve(platform, random, shape),
		postedAt: seenAt - Math.round((0.5 + random() * 5.5) * hourMs),
	};
}
