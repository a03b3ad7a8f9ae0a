import {
	describeIdentity,
	identityOfStored,
	labelOfPlatform,
	newestByIdentity,
	parseVideoLink,
	unidentifiedPlatformsOf,
} from '../../../nodes/ContentStats/model/links';
import type { Platform, VideoList } from '../../../nodes/ContentStats/api/schemas';
import { video } from '../support/fakeClient';

const read = (text: string) => {
	const parsed = parseVideoLink(text);
	if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`);
	return parsed.link;
};
const refusal = (text: string): string => {
	const parsed = parseVideoLink(text);
	if (parsed.ok) throw new Error(`${text} was accepted as ${JSON.stringify(parsed.link)}`);
	return parsed.reason;
};

const TIKTOK = '7234567890123456789';
const YOUTUBE = 'dQw4w9WgXcQ';
const SHORT_YOUTUBE_PATHS = ['shorts', 'live', 'embed', 'v'];

describe('parseVideoLink', () => {
	test.each([
		`https://www.tiktok.com/@user/video/${TIKTOK}`,
		`http://www.tiktok.com/@user/video/${TIKTOK}`,
		`https://tiktok.com/@user/video/${TIKTOK}/`,
		`https://www.tiktok.com/@us.er-_1/video/${TIKTOK}?is_from_webapp=1&sender_device=pc#comments`,
		`https://m.tiktok.com/v/${TIKTOK}.html`,
		`https://m.tiktok.com/v/${TIKTOK}.html?u_code=abc`,
		`www.tiktok.com/@user/video/${TIKTOK}`,
		`  https://www.tiktok.com/@user/video/${TIKTOK}\n`,
		`HTTPS://WWW.TikTok.COM/@user/video/${TIKTOK}`,
		`https://www.tiktok.com/%40user/video/${TIKTOK}`,
		`\u200e https://www.tiktok.com/@user/video/${TIKTOK}\u200b`,
		`https://www.tiktok.com/@user/video/${TIKTOK}?u=https://example.com`,
	])('returns one identity for every TikTok spelling: %s', (text) => {
		expect(read(text)).toMatchObject({ platform: 'tiktok', identity: `tiktok:${TIKTOK}` });
	});

	test.each([
		`https://www.youtube.com/watch?v=${YOUTUBE}`,
		`https://youtube.com/watch?v=${YOUTUBE}&t=42s`,
		`https://www.youtube.com/watch?app=desktop&v=${YOUTUBE}`,
		`https://www.youtube.com/watch?list=PLabc&v=${YOUTUBE}&index=3`,
		`https://m.youtube.com/watch?v=${YOUTUBE}`,
		`https://youtu.be/${YOUTUBE}`,
		`https://youtu.be/${YOUTUBE}?si=abc&t=10`,
		`youtu.be/${YOUTUBE}`,
		...SHORT_YOUTUBE_PATHS.map(
			(path) => `https://www.youtube.com/${path}/${YOUTUBE}?feature=share`,
		),
		`https://m.youtube.com/shorts/${YOUTUBE}`,
	])('returns one identity for every YouTube spelling: %s', (text) => {
		expect(read(text)).toEqual({
			platform: 'youtube',
			identity: `youtube:${YOUTUBE}`,
			url: `https://www.youtube.com/watch?v=${YOUTUBE}`,
		});
	});

	test.each([
		'https://www.instagram.com/p/Cx_Yz-123Ab/',
		'https://instagram.com/p/Cx_Yz-123Ab',
		'https://www.instagram.com/reel/Cx_Yz-123Ab/?igsh=abc==',
		'https://www.instagram.com/reels/Cx_Yz-123Ab/',
		'https://www.instagram.com/tv/Cx_Yz-123Ab/',
		'https://m.instagram.com/p/Cx_Yz-123Ab/?utm_source=ig_web_copy_link',
		'https://www.instagram.com/some.user/reel/Cx_Yz-123Ab/',
		'instagram.com/reel/Cx_Yz-123Ab',
	])('returns one identity for every Instagram spelling: %s', (text) => {
		expect(read(text)).toEqual({
			platform: 'instagram',
			identity: 'instagram:Cx_Yz-123Ab',
			url: 'https://www.instagram.com/p/Cx_Yz-123Ab/',
		});
	});

	test.each([
		'https://twitter.com/user_1/status/1234567890123456789',
		'https://www.twitter.com/user_1/status/1234567890123456789/',
		'https://x.com/user_1/status/1234567890123456789?s=20',
		'https://mobile.twitter.com/user_1/status/1234567890123456789',
		'https://x.com/user_1/status/1234567890123456789/video/1',
		'https://x.com/user_1/status/1234567890123456789/photo/2',
		'https://x.com/i/status/1234567890123456789',
		'https://twitter.com/i/web/status/1234567890123456789',
		'x.com/user_1/status/1234567890123456789?t=abc&s=19',
	])('returns one identity for every Twitter spelling: %s', (text) => {
		expect(read(text)).toMatchObject({
			platform: 'twitter',
			identity: 'twitter:1234567890123456789',
		});
	});
});

test.each([
	[`http://tiktok.com/@user/video/${TIKTOK}?x=1`, `https://www.tiktok.com/@user/video/${TIKTOK}`],
	[`https://m.tiktok.com/v/${TIKTOK}.html?x=1`, `https://m.tiktok.com/v/${TIKTOK}.html`],
	['vm.tiktok.com/ZMabc123', 'https://vm.tiktok.com/ZMabc123/'],
	['https://tiktok.com/t/ZTabc123?x=1', 'https://www.tiktok.com/t/ZTabc123/'],
	['https://x.com/user/status/12?s=20', 'https://twitter.com/user/status/12'],
])('parseVideoLink rewrites %s as the documented %s', (text, url) => {
	expect(read(text).url).toBe(url);
});

test.each([
	[
		'https://www.tiktok.com/@a/video/9007199254740993',
		'https://www.tiktok.com/@a/video/9007199254740992',
	],
	['https://x.com/a/status/9007199254740993', 'https://x.com/a/status/9007199254740992'],
	['https://youtu.be/dQw4w9WgXcQ', 'https://youtu.be/dQw4w9WgXcq'],
	['https://www.instagram.com/p/Abc/', 'https://www.instagram.com/p/abc/'],
	['https://vm.tiktok.com/ZMabc/', 'https://vm.tiktok.com/zmabc/'],
	['https://x.com/a/status/7234567890', 'https://www.tiktok.com/@a/video/7234567890'],
])('the identities of %s and %s differ', (one, other) => {
	expect(read(one).identity).not.toBe(read(other).identity);
});

describe('a short link', () => {
	test.each([
		'https://vm.tiktok.com/ZSab-c123/',
		'https://vt.tiktok.com/ZSab-c123/',
		'https://www.tiktok.com/t/ZSab-c123/',
	])('such as %s is known by its code, since only the network knows its video', (text) => {
		const identity = 'tiktok:short/ZSab-c123';
		expect(read(text)).toEqual({ platform: 'tiktok', identity, url: text });
	});

	test.each([
		['https://vm.tiktok.com/ZMabc123/', 'vm.tiktok.com/ZMabc123'],
		['https://vm.tiktok.com/ZMabc123/', 'http://vm.tiktok.com/ZMabc123?k=1'],
		['https://www.tiktok.com/t/ZTabc123/', 'https://tiktok.com/t/ZTabc123'],
	])('such as %s has the same identity when spelled %s', (one, other) => {
		expect(read(one).identity).toBe(read(other).identity);
	});
});

describe('parseVideoLink with an invalid link', () => {
	const NO_SINGLE_VIDEO = /doesn't point to a single video: .*profile, playlist, hashtag or search/;

	test.each([
		['https://www.tiktok.com/@user', NO_SINGLE_VIDEO],
		['https://www.tiktok.com/@user/live', NO_SINGLE_VIDEO],
		['https://www.tiktok.com/tag/dance', NO_SINGLE_VIDEO],
		['https://www.tiktok.com/search?q=dance', NO_SINGLE_VIDEO],
		['https://www.tiktok.com/@user/video/', NO_SINGLE_VIDEO],
		['https://www.tiktok.com/@user/video/12ab', NO_SINGLE_VIDEO],
		['https://vm.tiktok.com/', NO_SINGLE_VIDEO],
		['https://www.youtube.com/@channel', NO_SINGLE_VIDEO],
		['https://www.youtube.com/playlist?list=PLabc', NO_SINGLE_VIDEO],
		['https://www.youtube.com/hashtag/dance', NO_SINGLE_VIDEO],
		['https://www.youtube.com/results?search_query=dance', NO_SINGLE_VIDEO],
		['https://www.instagram.com/user/', NO_SINGLE_VIDEO],
		['https://www.instagram.com/explore/tags/dance/', NO_SINGLE_VIDEO],
		['https://www.instagram.com/stories/user/123/', NO_SINGLE_VIDEO],
		['https://www.instagram.com/reels/audio/123/', NO_SINGLE_VIDEO],
		['https://x.com/user', NO_SINGLE_VIDEO],
		['https://x.com/search?q=dance', NO_SINGLE_VIDEO],
		['https://x.com/hashtag/dance', NO_SINGLE_VIDEO],
		['https://x.com/user/status/', NO_SINGLE_VIDEO],

		['https://www.youtube.com/watch?v=tooShort', /11 characters/],
		['https://www.youtube.com/watch?v=muchTooLongForAnId', /11 characters/],
		['https://youtu.be/dQw4w9WgXc!', /11 characters/],
		['https://www.youtube.com/watch?list=PLabc', /11 characters/],
		[`https://www.youtube.com/watch?v=${YOUTUBE}&v=aaaaaaaaaaa`, /several videos/],
		['https://www.youtube.com/embed/videoseries?list=PLabc', /player/],
		['https://www.youtube.com/embed/live_stream?channel=UCabc', /player/],
		['https://www.tiktok.com/@user/video/723456789012345678901', NO_SINGLE_VIDEO],

		['https://vimeo.com/123', /doesn't support videos on vimeo\.com/],
		['https://www.facebook.com/watch?v=dQw4w9WgXcQ', /on www\.facebook\.com/],
		[`https://tiktok.com.evil.example/@user/video/${TIKTOK}`, /on tiktok\.com\.evil\.example/],
		[`https://www.tiktok.com.evil.example/@user/video/${TIKTOK}`, /evil\.example/],
		[`https://eviltiktok.com/@user/video/${TIKTOK}`, /on eviltiktok\.com/],
		[`https://evil.tiktok.com/@user/video/${TIKTOK}`, /on evil\.tiktok\.com/],
		[`https://www-tiktok.com/@user/video/${TIKTOK}`, /on www-tiktok\.com/],
		[`https://tiktokxcom/@user/video/${TIKTOK}`, /on tiktokxcom/],
		[`https://tıktok.com/@user/video/${TIKTOK}`, /on xn--/],
		[`https://evil.example/tiktok.com/@user/video/${TIKTOK}`, /on evil\.example/],
		[`https://evil.example\\@www.tiktok.com/@user/video/${TIKTOK}`, /on evil\.example/],
		['https://netflix.com/user/status/12', /on netflix\.com/],
		[`https://myyoutu.be/${YOUTUBE}`, /on myyoutu\.be/],

		[`https://www.tiktok.com:8443/@user/video/${TIKTOK}`, /port/],
		[`www.tiktok.com:8443/@user/video/${TIKTOK}`, /port/],
		[`https://user@www.tiktok.com/@user/video/${TIKTOK}`, /user name or password/],
		[`https://user:word@www.tiktok.com/@user/video/${TIKTOK}`, /user name or password/],
		[`https://www.tiktok.com@evil.example/@user/video/${TIKTOK}`, /user name or password/],

		['javascript:alert(1)', /https:\/\/, not javascript:/],
		[`ftp://www.tiktok.com/@user/video/${TIKTOK}`, /https:\/\/, not ftp:/],
		['mailto:user@tiktok.com', /https:\/\/, not mailto:/],
		['file:///etc/passwd', /https:\/\/, not file:/],
		['data:text/html,x', /https:\/\/, not data:/],

		[`Look: https://www.tiktok.com/@user/video/${TIKTOK}`, /text around/],
		[`https://www.tiktok.com/@user/video/${TIKTOK} so good`, /text around/],
		[`https://youtu.be/${YOUTUBE}\nhttps://youtu.be/${YOUTUBE}`, /text around/],
		[`<https://www.tiktok.com/@user/video/${TIKTOK}>`, /text around/],
		[`"https://www.tiktok.com/@user/video/${TIKTOK}"`, /text around/],
		[`see:https://www.tiktok.com/@user/video/${TIKTOK}`, /text around/],
		[`https://www.tiktok.com/@user/video/72345\u200b67890`, /invisible/],
		['https://', /not a link/],

		['', /empty/],
		[' \n\t', /empty/],
	])('refuses %j and says why', (text, reason) => {
		expect(refusal(text)).toMatch(reason);
	});

	test.each([
		['https://www.tiktok.com/@user', 'TikTok'],
		['https://m.youtube.com/playlist?list=PLabc', 'YouTube'],
		['https://youtube-nocookie.com/x', 'YouTube'],
		['https://www.instagram.com/user/', 'Instagram'],
		['https://mobile.twitter.com/user', 'X'],
	])('names the platform of %s', (text, platform) => {
		expect(refusal(text)).toContain(`This ${platform} link doesn't point to a single video`);
	});

	it('ends the reason with an example of a valid link', () => {
		expect(refusal('https://vimeo.com/1')).toMatch(
			/Paste the link of a single .*https:\/\/www\.tiktok/,
		);
	});
});

test.each([
	['https://x.com/a/status/12', 'twitter:12'],
	['https://m.tiktok.com/v/12.html', 'tiktok:12'],
	['https://vm.tiktok.com/ZMabc', 'tiktok:short/ZMabc'],
	['https://some.new.platform/v/1', 'https://some.new.platform/v/1'],
])('identityOfStored turns %s into %s', (stored, identity) => {
	expect(identityOfStored(stored)).toBe(identity);
});

test.each([
	['tiktok:7234567890', 'TikTok video 7234567890'],
	['tiktok:short/ZMabc', 'TikTok short link ZMabc'],
	['twitter:12', 'X video 12'],
])('describeIdentity turns %s into %s', (identity, description) => {
	expect(describeIdentity(identity)).toBe(description);
});

test.each([
	['tiktok', 'TikTok'],
	[' Twitter', 'X'],
	['new.platform', 'new.platform'],
	[null, null],
])('labelOfPlatform turns %j into %j', (value, label) => {
	expect(labelOfPlatform(value)).toBe(label);
});

test('newestByIdentity keeps the first tracking of each video, whatever the spelling of its link', () => {
	const tracking = (id: string, video_link: string) => ({ id, video_link });
	const newest = newestByIdentity([
		tracking('b', 'https://m.tiktok.com/v/12.html'),
		tracking('y', 'https://youtu.be/dQw4w9WgXcQ'),
		tracking('a', 'https://www.tiktok.com/@user/video/12'),
	]);
	expect([...newest].map(([identity, { id }]) => [identity, id])).toEqual([
		['tiktok:12', 'b'],
		['youtube:dQw4w9WgXcQ', 'y'],
	]);
});

test.each([
	['http://youtu.be/dQw4w9WgXcQ/http://youtu.be/dQw4w9WgXc0', /text around the link/],
	['seehttp://youtu.be/dQw4w9WgXcQ', /text around the link/],
	['https://:secret@youtu.be/dQw4w9WgXcQ', /user name or password/],
	['https://name@youtu.be/dQw4w9WgXcQ', /user name or password/],
	['x-https:youtu.be/dQw4w9WgXcQ', /text around the link|must begin with https/],
	['mailto:a@youtu.be', /must begin with https:\/\/, not mailto:/],
])('the link %s is refused', (link, reason) => {
	expect(parseVideoLink(link)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
});

test.each<[string, Pick<VideoList, 'videos' | 'unidentified'>, Array<Platform | null>]>([
	['nothing odd', { videos: [video('a')], unidentified: [] }, []],
	[
		'videos without a link',
		{
			videos: [
				video('a', { video_link: null, platform: 'TikTok' }),
				video('b', { video_link: null, platform: null }),
			],
			unidentified: [],
		},
		['tiktok', null],
	],
	[
		'videos whose link is other text, except of a platform of the future',
		{
			videos: [
				video('a', { video_link: 'N/A' }),
				video('b', { video_link: 'https://threads.net/t/1', platform: 'threads' }),
			],
			unidentified: [],
		},
		['tiktok'],
	],
	[
		'entries without an id',
		{ videos: [], unidentified: [{ platform: 'youtube' }, { platform: 'constructor' }] },
		['youtube', null],
	],
])('unidentifiedPlatformsOf reads the platforms of %s', (_, listing, platforms) => {
	expect([...unidentifiedPlatformsOf(listing)]).toEqual(platforms);
});
