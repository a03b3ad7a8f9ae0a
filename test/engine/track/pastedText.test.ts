import { createTimedFixture } from '../support/time';

import { type Credential, runAction } from '../../../harness/engine';
import type { Fault } from '../../../sandbox';
import { TIKTOK, TWITTER, video, YOUTUBE } from '../support/fixture';
import { createTriggerFixture, snapshotKeys } from '../support/triggerFixture';

const SHARE_TEXT =
	"Check out made.up's video! #TikTok https://vm.tiktok.com/ZSmade-Up1/ This post is shared via TikTok Lite. Download TikTok Lite to enjoy more posts: https://www.tiktok.com/tiktoklite";
const MARKDOWN = `# This week\n\n1. [First](${TIKTOK})\n2. [Second](${YOUTUBE})\n`;
const CSV = `url,title,views\n${TIKTOK},"A title, with a comma",1200\n${YOUTUBE},Another,7\n`;

const outcomesOf = (items: Array<Record<string, unknown>>) => items.map(({ outcome }) => outcome);

describe('Track', () => {
	test.each([
		['Markdown', MARKDOWN, 2, 'This week First Second'],
		['a CSV', CSV, 2, 'url title views A title with a comma 1200 Another 7'],
		['a share text', SHARE_TEXT, 1, 'Check out made.up'],
		['a chat', `[10:31] Anna: ${TIKTOK}\n[10:32] Bob: 👍 ${YOUTUBE}!`, 2, '10:31 Anna: 10:32 Bob:'],
	])(
		'takes the links out of %s, and quotes what it left out',
		async (_, videoUrls, count, words) => {
			const { credential, posts } = await createTimedFixture();
			const { items, hints } = await runAction(credential, { videoUrls });
			expect(outcomesOf(items)).toEqual(Array(count).fill('tracked'));
			expect(posts()).toHaveLength(count);
			const links = count === 1 ? '1 link' : `${count} links`;
			expect(hints[1]!.message).toContain(
				`Found ${links} in the text. Ignored “${words.slice(0, 60)}`,
			);
			expect(hints[1]!.message.length).toBeLessThan(160);
		},
	);

	it('says nothing of list marks, quotes and separators', async () => {
		const { credential } = await createTimedFixture();
		const videoUrls = `1. "${TIKTOK}";\n- <${YOUTUBE}>\n• ${TWITTER}`;
		const { items, hints } = await runAction(credential, { videoUrls });
		expect(items).toHaveLength(3);
		expect(hints).toHaveLength(1);
	});

	it('refuses an item with text but no link, in one line that quotes the text', async () => {
		const { credential, posts } = await createTimedFixture();
		const videoUrls = '={{ $json.text }}';
		const items = [{ text: TIKTOK }, { text: 'Please track my newest video' }];
		const { error } = await runAction(credential, { videoUrls }, { items });
		expect(error!.message).toBe(
			"1 of 2 links can't be tracked. First: “Please track my newest video”",
		);
		expect(error!.description).toMatch(/^There is no link in this text\./);
		expect(posts()).toEqual([]);
	});

	it('counts links, not words, and refuses the whole batch', async () => {
		const { credential, posts } = await createTimedFixture();
		const videoUrls = `Here: ${TIKTOK} and https://vimeo.com/1 or ${YOUTUBE}, also tiktok.com/@profile`;
		const { error } = await runAction(credential, { videoUrls });
		expect(error!.message).toBe("2 of 4 links can't be tracked. First: “https://vimeo.com/1”");
		expect(posts()).toEqual([]);
	});

	it('tracks one short code once, whatever its host', async () => {
		const { credential, posts } = await createTimedFixture();
		const videoUrls = [
			'vm.tiktok.com/ZS-made1',
			'vt.tiktok.com/ZS-made1/',
			'tiktok.com/t/ZS-made1',
		];
		const { items } = await runAction(credential, { videoUrls: videoUrls.join('\n') });
		expect(outcomesOf(items)).toEqual(['tracked', 'duplicate', 'duplicate']);
		expect(posts()).toHaveLength(1);
	});

	it('remembers what a short link leads to, and does not pay again', async () => {
		const { credential, posts } = await createTimedFixture({ resolvesShortLinks: true });
		const short = 'https://vm.tiktok.com/ZSmadeUp2/';
		const first = await runAction(credential, { videoUrls: short });
		const { video_link, video_id, message } = first.items[0]!;
		expect(message).toBe(`The short link leads to ${String(video_link)}`);
		const again = await runAction(credential, { videoUrls: `${short} ${String(video_link)}` });
		expect(outcomesOf(again.items)).toEqual(['already_tracked', 'duplicate']);
		expect(posts()).toHaveLength(1);
		const got = await runAction(credential, {
			operation: 'get',
			output: 'video',
			...video('url', short),
		});
		expect(got.items[0]!.id).toBe(video_id);
	});
});

describe.each(['get', 'stop'])('%s by URL', (operation) => {
	const run = async (text: string) => {
		const fixture = await createTimedFixture();
		fixture.sandbox.seedVideo({ video_link: TIKTOK, started: '2025-12-31T00:00:00Z' });
		const outcome = await runAction(fixture.credential, {
			operation,
			...(operation === 'get' && { output: 'latest' }),
			...video('url', text),
		});
		return { ...outcome, posts: fixture.posts() };
	};

	test.each([`<${TIKTOK}>`, `[My video](${TIKTOK})`, `Look: ${TIKTOK}.`])(
		'takes the link of %j',
		async (text) => {
			expect((await run(text)).items).toHaveLength(1);
		},
	);

	test.each([
		[`${TIKTOK} ${YOUTUBE}`, /contains 2 links/],
		['my video', /is not a video link/],
		[`${TIKTOK}?u=${YOUTUBE}`, /is not a video link/],
	])('refuses %j', async (text, message) => {
		const { error, posts } = await run(text);
		expect(error!.message).toMatch(message);
		expect(posts).toEqual([]);
	});
});

describe("the trigger's Videos", () => {
	it('reads separators and wrappers around links and ids', async () => {
		const { sandbox, watch } = await createTriggerFixture();
		const [one, two, three] = [TIKTOK, YOUTUBE, TWITTER].map((video_link) =>
			sandbox.seedVideo({ video_link }),
		);
		const videos = `1. [First](${TIKTOK});<${YOUTUBE}|Second>\n- "${three!.id}"`;
		const trigger = watch({ watch: 'selected', videos, startFrom: 'beginning' });
		await trigger.run({ hours: 2 });
		expect([...trigger.keys].sort()).toEqual(snapshotKeys(one!, two!, three!).sort());
	});

	test.each(['Look: these', 'my video!', `${TIKTOK} (new) & more.`, 'https://vimeo.com/1', 'a.b'])(
		'refuses %j',
		async (videos) => {
			const { watch } = await createTriggerFixture();
			const trigger = watch({ watch: 'selected', videos });
			await expect(trigger.poll()).rejects.toThrow(/is not a video ID or link|can't be watched/);
		},
	);
});

describe('a short link', () => {
	const SHORT = 'https://vm.tiktok.com/ZSshort01/';
	const trackings = async (credential: Credential, videoUrls = SHORT) =>
		outcomesOf((await runAction(credential, { videoUrls })).items);
	const answer = (value: string): Fault => ({
		kind: 'set',
		path: ['video_link'],
		value,
		match: { method: 'POST', path: '/videos/track' },
		times: Infinity,
	});

	it('that the API answers as a long link, and lists as it was sent, is paid once', async () => {
		const { credential, posts, sandbox } = await createTimedFixture();
		sandbox.faults.add(answer('https://www.tiktok.com/@a/video/7234567890123450001'));
		const runs = [];
		for (let run = 0; run < 3; run += 1) runs.push(await trackings(credential));
		expect(runs).toEqual([['tracked'], ['already_tracked'], ['already_tracked']]);
		expect(posts()).toHaveLength(1);
		const got = await runAction(credential, {
			operation: 'get',
			output: 'video',
			...video('url', SHORT),
		});
		expect(got.items).toHaveLength(1);
	});

	it('means to one account what its own API says', async () => {
		const other = await createTimedFixture();
		other.sandbox.faults.add(answer(TIKTOK));
		expect(await trackings(other.credential, `${SHORT} https://vm.tiktok.com/ZSshort02/`)).toEqual([
			'tracked',
			'tracked',
		]);
		const { credential, posts, sandbox } = await createTimedFixture();
		sandbox.seedVideo({ video_link: TIKTOK });
		const links = `${SHORT} https://vm.tiktok.com/ZSshort02/`;
		expect(await trackings(credential, links)).toEqual(['tracked', 'tracked']);
		expect(posts()).toHaveLength(2);
	});

	it('that is answered as a link of another platform is known as it was sent', async () => {
		const { credential, posts, sandbox } = await createTimedFixture();
		sandbox.seedVideo({ video_link: YOUTUBE });
		sandbox.faults.add(answer(YOUTUBE));
		const links = 'https://vm.tiktok.com/ZSshort03/';
		expect(await trackings(credential, links)).toEqual(['tracked']);
		expect(await trackings(credential, links)).toEqual(['already_tracked']);
		expect(posts()).toHaveLength(1);
	});

	it('is not stopped as another video, as long as the list holds it', async () => {
		const { credential, sandbox } = await createTimedFixture();
		const another = sandbox.seedVideo({ video_link: TIKTOK, started: '2025-12-31T00:00:00Z' });
		sandbox.faults.add(answer(TIKTOK));
		await trackings(credential);
		const { items } = await runAction(credential, { operation: 'stop', ...video('url', SHORT) });
		expect(items[0]!.video_id).not.toBe(another.id);
		expect(another.status).toBe('monitoring');
	});

	it('is paid once by two runs at once, of which one learns what it leads to', async () => {
		const { credential, posts } = await createTimedFixture({ resolvesShortLinks: true });
		const runs = await Promise.all([trackings(credential), trackings(credential)]);
		expect(runs.flat().sort()).toEqual(['already_tracked', 'tracked']);
		expect(posts()).toHaveLength(1);
	});
});

test.each([
	'https://www.tiktokv.com/share/video/7234567890123456789/',
	'https://vt.tiktokv.com/ZS1/',
])(
	'a running TikTok video whose link is %s may be any, so that nothing is paid',
	async (video_link) => {
		const { credential, posts, sandbox } = await createTimedFixture();
		sandbox
			.seedVideo({ video_link: TIKTOK, started: '2025-12-31T00:00:00Z' })
			.override({ video_link });
		const { error } = await runAction(credential, { videoUrls: TIKTOK });
		expect(error!.description).toMatch(/without a readable ID or link/);
		expect(posts()).toEqual([]);
	},
);
