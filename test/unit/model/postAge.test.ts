import { postAgeOf, postOf } from '../../../nodes/ContentStats/model/postAge';
import { toRow } from '../../../nodes/ContentStats/model/snapshots';
import { SNAPSHOT, video } from '../support/fakeClient';

const NEVER = Infinity;
const tiktok = (id: string) => `https://www.tiktok.com/@user/video/${id}`;
const tweet = (id: string) => `https://twitter.com/user/status/${id}`;
const instagram = (code: string) => `https://www.instagram.com/p/${code}/`;

/**
 * Public posts with the second at which their platform says they were posted, as given in the tests of yt-dlp
 * (extractor/tiktok.py, twitter.py and instagram.py).
 */
const PUBLISHED: Array<[string, number]> = [
	[tiktok('6742501081818877190'), 1_569_860_870],
	[tiktok('6748451240264420610'), 1_571_246_252],
	[tiktok('6982497745948921092'), 1_625_739_481],
	[tiktok('7059698374567611694'), 1_643_714_123],
	[tiktok('7170520270497680683'), 1_669_516_858],
	[tiktok('7253412088251534594'), 1_688_816_612],
	[tweet('560070183650213889'), 1_422_366_112],
	[tweet('1087791357756956680'), 1_548_184_644],
	[tweet('1577855540407197696'), 1_665_025_050],
	[tweet('2001950365332455490'), 1_766_137_136],
	[instagram('BkfuX9UB-eK'), 1_530_032_919],
	[instagram('Chunk8-jurw'), 1_661_529_231],
];

describe('postOf', () => {
	test.each(PUBLISHED)('reads when %s was posted, up to two minutes early', (link, second) => {
		const early = second - postOf(link, NEVER).postedAt! / 1000;
		expect(early).toBeGreaterThanOrEqual(-1);
		expect(early).toBeLessThan(120);
	});

	test.each<[string, number]>([
		// (1 << 32) / 2^32 s after the day on which it counts begins: 2016-09-01T00:00:01Z is 1472688001 s.
		[tiktok(String(1_472_688_001n << 32n)), 1_472_688_001_000],
		[tweet(String((1_700_000_000_000n - 1_288_834_974_657n) << 22n)), 1_700_000_000_000],
		// A: 0, B: 1. The bits above the 23rd of B followed by ten A are 1 << 60 >> 23 = 2^37 ms.
		[instagram('BAAAAAAAAAA'), 1_314_220_021_721 + 2 ** 37],
	])('reads %s as %d ms', (link, postedAt) => {
		expect(postOf(link, NEVER).postedAt).toBe(postedAt);
	});

	test.each<[string, string | null, string | null]>([
		['the example id of a guide', tiktok('7234567890'), 'tiktok:7234567890'],
		[
			'an id from before TikTok',
			tiktok(String(1_472_600_000n << 32n)),
			'tiktok:6324768840089600000',
		],
		['an id that is a counter', tweet('29700859247'), 'twitter:29700859247'],
		[
			'an id of the day before 2010-11-05',
			tweet(String((1_288_900_000_000n - 1_288_834_974_657n) << 22n)),
			'twitter:272736056246272',
		],
		['an old code of Instagram', instagram('aye83DjauH'), 'instagram:aye83DjauH'],
		['a code of a private post', instagram('BAAAAAAAAAAA'), 'instagram:BAAAAAAAAAAA'],
		['YouTube', 'https://youtu.be/dQw4w9WgXcQ', 'youtube:dQw4w9WgXcQ'],
		['a short link', 'https://vm.tiktok.com/ZMabc/', null],
		['a link to no video', 'mailto:user', null],
		['no link', null, null],
	])('tells no time of %s', (_, link, key) => {
		expect(postOf(link, NEVER)).toEqual({ key, postedAt: null });
	});

	test.each([
		[1_569_860_866_000, 1_569_860_866_000],
		[1_569_860_865_999, null],
	])('tells no time after the first snapshot at %d', (firstSeenAt, postedAt) => {
		const [link] = PUBLISHED[0]!;
		expect(postOf(link, firstSeenAt).postedAt).toBe(postedAt);
	});

	test('has one key for every spelling and tracking of a link', () => {
		const spellings = [
			'https://x.com/a/status/12345',
			'https://mobile.twitter.com/b/status/12345?s=20',
		];
		for (const link of spellings) expect(postOf(link, NEVER).key).toBe('twitter:12345');
	});
});

describe('postAgeOf', () => {
	const row = toRow(video('a'), SNAPSHOT);
	const postedAt = Date.parse('2024-01-28T08:45:00.000Z');

	test('gives the hours from the post to the snapshot', () => {
		expect(postAgeOf({ key: 'tiktok:1', postedAt }, row)).toEqual({
			post_key: 'tiktok:1',
			posted_at: '2024-01-28T08:45:00.000Z',
			hours_since_posted: 25.25,
		});
	});

	test.each([
		['without a snapshot', postedAt, undefined, '2024-01-28T08:45:00.000Z'],
		['without a known time', null, row, null],
	])('gives no hours %s', (_, posted, given, posted_at) => {
		expect(postAgeOf({ key: 'tiktok:1', postedAt: posted }, given)).toEqual({
			post_key: 'tiktok:1',
			posted_at,
			hours_since_posted: null,
		});
	});
});
