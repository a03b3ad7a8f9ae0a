import { parseSelectedVideos } from '../../../nodes/ContentStats/polling/parameters';

describe('parseSelectedVideos', () => {
	test.each<[unknown, string[], string[]]>([
		['cm5abc123def', ['cm5abc123def'], []],
		['b,a\nb', ['a', 'b'], []],
		[['b', 'a'], ['a', 'b'], []],
		['https://youtu.be/dQw4w9WgXcQ', [], ['youtube:dQw4w9WgXcQ']],
		[
			'https://youtu.be/dQw4w9WgXcQ https://www.youtube.com/watch?v=dQw4w9WgXcQ',
			[],
			['youtube:dQw4w9WgXcQ'],
		],
		['https://x.com/u/status/9 https://x.com/u/status/12', [], ['twitter:12', 'twitter:9']],
		['https://vm.tiktok.com/ZMabc', [], ['https://vm.tiktok.com/ZMabc/']],
		['a https://x.com/u/status/12', ['a'], ['twitter:12']],
	])('parses %j', (value, ids, identities) => {
		expect(parseSelectedVideos(value)).toEqual({ kind: 'selected', ids, identities });
	});

	test.each([
		['https://vimeo.com/1', /“https:\/\/vimeo\.com\/1” is neither/, /vimeo\.com/],
		['a ../usage', /“\.\.\/usage” is neither/, /Paste/],
		['a/b?c', /“a\/b\?c” is neither/, /Paste/],
		['', /No videos were chosen/, /All Videos/],
		[' , \n', /No videos were chosen/, /All Videos/],
		[[], /No videos were chosen/, /All Videos/],
		[undefined, /No videos were chosen/, /All Videos/],
	])('refuses %j', (value, message, description) => {
		expect(() => parseSelectedVideos(value)).toThrow(
			expect.objectContaining({
				kind: 'invalid_input',
				message: expect.stringMatching(message),
				description: expect.stringMatching(description),
			}),
		);
	});
});
