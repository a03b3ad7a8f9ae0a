import { drawCurve, type Curve } from './growth';
import type { Platform } from './links';
import { randomStream } from './random';

/** A video on its platform, whoever tracks it. */
export interface Post {
	title: string;
	creator: string;
	description: string;
	curve: Curve;
	/** When it was posted, ms since the epoch. */
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

/** The video behind a link: always the same for a seed. It was up to 6 hours old at `seenAt` (ms). */
export function imaginePost(
	seed: number,
	link: string,
	platform: Platform,
	seenAt: number,
	hourMs: number,
): Post {
	const random = randomStream(seed, 'post', link);
	const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? '';
	const subject = pick(SUBJECTS);
	const title = `${pick(ANGLES)} ${subject}`;
	return {
		title,
		creator: pick(CREATORS),
		description: `${title}. More about ${subject} in the comments.`,
		curve: drawCurve(platform, random),
		postedAt: seenAt - Math.round((0.5 + random() * 5.5) * hourMs),
	};
}
