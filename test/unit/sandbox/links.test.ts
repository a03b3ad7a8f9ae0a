import { readLink, resolveShortLink } from '../../../sandbox/links';

describe('readLink', () => {
	it.each([
		['https://www.tiktok.com/@a.b-c_d/video/7234567890', 'tiktok'],
		['https://www.tiktok.com/@a/video/7234567890?is_from_webapp=1', 'tiktok'],
		['https://vm.tiktok.com/ZM8-abc/', 'tiktok'],
		['https://www.tiktok.com/t/ZT8abc/', 'tiktok'],
		['https://m.tiktok.com/v/7234567890.html', 'tiktok'],
		['https://www.youtube.com/watch?v=dQw4w9WgXcQ', 'youtube'],
		['https://m.youtube.com/watch?app=desktop&v=dQw4w9WgXcQ&t=10s', 'youtube'],
		['https://youtu.be/dQw4w9WgXcQ?si=x', 'youtube'],
		['https://youtube.com/shorts/dQw4w9WgXcQ', 'youtube'],
		['https://www.instagram.com/p/Cx_-1/', 'instagram'],
		['https://www.instagram.com/reel/Cx1/?igsh=abc', 'instagram'],
		['https://instagram.com/reels/Cx1', 'instagram'],
		['https://www.instagram.com/tv/Cx1/', 'instagram'],
		['https://twitter.com/a_b/status/123', 'twitter'],
		['https://x.com/a_b/status/123?s=20', 'twitter'],
		['https://mobile.twitter.com/a_b/status/123', 'twitter'],
		['HTTPS://WWW.YouTube.com/watch?v=dQw4w9WgXcQ', 'youtube'],
	])('recognises %s as a link of %s', (link, platform) => {
		expect(readLink(link)).toEqual({ platform });
	});

	it.each([
		['', /Invalid URL/],
		['www.tiktok.com/@a/video/1', /Invalid URL/],
		['ftp://www.tiktok.com/@a/video/1', /Invalid URL/],
		['https://vimeo.com/1', /Unsupported platform/],
		['https://nottiktok.com/@a/video/1', /Unsupported platform/],
		['https://tiktok.com.example.org/@a/video/1', /Unsupported platform/],
		['https://www.tiktok.com/@a', /single video/],
		['https://vm.tiktok.com/', /single video/],
		['https://www.youtube.com/@channel', /single video/],
		['https://www.youtube.com/watch?list=abc', /single video/],
		['https://www.instagram.com/lena/', /single video/],
		['https://x.com/lena', /single video/],
	])('refuses "%s" and names the problem', (link, problem) => {
		expect(readLink(link)).toEqual({ problem: expect.stringMatching(problem) });
	});
});

test('resolveShortLink leads each code to one video, whatever the host', () => {
	const codes = [
		'vm.tiktok.com/a-1/',
		'vt.tiktok.com/a-1',
		'www.tiktok.com/t/a-1/?x=1',
		'vm.tiktok.com/b/',
	];
	const [one, two, three, other] = codes.map((rest) => resolveShortLink(`https://${rest}`));
	expect(readLink(one!)).toEqual({ platform: 'tiktok' });
	expect([two, three]).toEqual([one, one]);
	expect(other).not.toBe(one);
	expect(resolveShortLink(one!)).toBe(one);
});
