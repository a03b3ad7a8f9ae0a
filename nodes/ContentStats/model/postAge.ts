import { roundHundredths } from '../utils/format';
import { HOUR_MS } from '../utils/time';
import { parseVideoLink } from './links';
import { isShort } from './shortLinks';
import { instantOf, type Row } from './snapshots';

/** The columns of the age of a post, in their order. */
export const POST_AGE_COLUMNS = ['post_key', 'posted_at', 'hours_since_posted'] as const;

export type PostAge = {
	/** `<platform>:<id>`, the same for every tracking of a post. */
	post_key: string | null;
	/** ISO-8601 in UTC with milliseconds. */
	posted_at: string | null;
	/** At the time of the snapshot, to two decimals. */
	hours_since_posted: number | null;
};

/** The post that a link leads to, as far as the link tells. */
export interface Post {
	/** null for a short link, and for a link that can't be read. */
	key: string | null;
	/** Unix milliseconds; null if the link doesn't tell. */
	postedAt: number | null;
}

export const UNKNOWN_POST: Post = { key: null, postedAt: null };

const BASE_64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Instagram's codes are the bits of an id, six to a character. */
const fromBase64 = (code: string): bigint =>
	[...code].reduce((bits, character) => bits * 64n + BigInt(BASE_64.indexOf(character)), 0n);

/*
 * The ids of three platforms begin with the time at which they were made, seconds before their post shows.
 * TikTok: dfir.blog/tiktok-timestamps. X: its Snowflake. Instagram: "Sharding & IDs at Instagram". YouTube's
 * ids are random.
 */
const READERS = new Map<string, { since: number; read: (id: string) => bigint }>([
	['tiktok', { since: Date.UTC(2016, 8, 1), read: (id) => (BigInt(id) >> 32n) * 1000n }],
	[
		'twitter',
		// Older ids are counters.
		{ since: Date.UTC(2010, 10, 5), read: (id) => (BigInt(id) >> 22n) + 1_288_834_974_657n },
	],
	[
		'instagram',
		{ since: Date.UTC(2010, 9, 6), read: (id) => (fromBase64(id) >> 23n) + 1_314_220_021_721n },
	],
]);

/** Private posts have longer codes, old posts shorter ones. Neither contains the time in the same way. */
const INSTAGRAM_CODE_LENGTH = 11;

/**
 * Reads from its link which post a video is, and when it was posted.
 *
 * @param link as the API has stored it.
 * @param firstSeenAt when it was there for certain, in Unix milliseconds: a time after that is no time of a post.
 */
export function postOf(link: string | null, firstSeenAt: number): Post {
	const parsed = link === null ? null : parseVideoLink(link);
	if (!parsed?.ok || isShort(parsed.link)) return UNKNOWN_POST;
	const { identity: key, platform } = parsed.link;
	const id = key.slice(platform.length + 1);
	const reader = READERS.get(platform);
	const isReadable = platform !== 'instagram' || id.length === INSTAGRAM_CODE_LENGTH;
	if (!reader || !isReadable) return { key, postedAt: null };
	const postedAt = Number(reader.read(id));
	const isPlausible = postedAt >= reader.since && postedAt <= firstSeenAt;
	return { key, postedAt: isPlausible ? postedAt : null };
}

/** Builds the columns of the age of a post. @param row its snapshot; undefined without any. */
export function postAgeOf({ key, postedAt }: Post, row: Row | undefined): PostAge {
	const age = row && postedAt !== null ? (instantOf(row) - postedAt) / HOUR_MS : null;
	return {
		post_key: key,
		posted_at: postedAt === null ? null : new Date(postedAt).toISOString(),
		hours_since_posted: age === null ? null : roundHundredths(age),
	};
}
