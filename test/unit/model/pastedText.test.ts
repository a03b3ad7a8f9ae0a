import fc from 'fast-check';

import { MAX_LINK_LENGTH } from '../../../nodes/ContentStats/model/links';
import { linksOf, readPastedText } from '../../../nodes/ContentStats/model/pastedText';

// A machine that is busy for a moment must not look like quadratic work, which fails every time.
jest.retryTimes(3);

/** Returns the identities of the links in text, or why they are refused. */
const read = (value: unknown): string[] =>
	linksOf(readPastedText(value)).map(({ parsed }) =>
		parsed.ok ? parsed.link.identity : `refused: ${parsed.reason}`,
	);
const partsOf = (text: string, ...kinds: string[]): string[] =>
	readPastedText(text)
		.filter(({ kind }) => kinds.includes(kind))
		.map((part) => part.text);

const TIKTOK = 'https://www.tiktok.com/@user/video/7234567890123456789';
const YOUTUBE = 'https://youtu.be/dQw4w9WgXcQ';

// test/corpus holds the links that texts contain. These tests cover what else becomes of a text.
describe('readPastedText', () => {
	test.each<[unknown, number]>([
		[`${TIKTOK}\n${YOUTUBE}`, 2],
		[[TIKTOK, YOUTUBE], 2],
		[[[TIKTOK], [` ${YOUTUBE},${YOUTUBE} `]], 3],
		[['', null, undefined], 0],
		[[], 0],
		[null, 0],
		[undefined, 0],
	])('reads %j', (value, count) => {
		expect(readPastedText(value)).toHaveLength(count);
	});

	test.each([[7], [true], [{ url: 'a' }], [['a', 7]], [['a', { url: 'b' }]]])(
		'refuses %j',
		(value) => {
			expect(() => readPastedText(value)).toThrow(/^Links must be text or a list of text, not /);
		},
	);

	test.each([
		['Look: this, please', ['Look:', 'this', 'please']],
		[`1. ${YOUTUBE}\n- ${TIKTOK}\n• x`, ['x']],
		['cm5abc cm5def', ['cm5abc', 'cm5def']],
		['\'cm5abc\', "cm5def"', ["'cm5abc'", 'cm5def']],
		['<a href="/x" class="y">z</a>', ['z', '/x']],
		['— 👍 ... ()', []],
	])('leaves the words of %j as they are', (text, words) => {
		expect(partsOf(text, 'word')).toEqual(words);
	});

	test.each([
		[`[My video](${YOUTUBE}) and [another](${TIKTOK})`, ['My video', 'another']],
		[`<${YOUTUBE}|My video>`, ['My video']],
		[`<a href="${YOUTUBE}">My video</a>`, ['My video']],
		[`[${YOUTUBE}](${YOUTUBE})`, []],
	])('tells the texts of the links in %j from words', (text, labels) => {
		expect(partsOf(text, 'label')).toEqual(labels);
	});

	test.each([
		[`[${YOUTUBE}](see below)`, ['youtube:dQw4w9WgXcQ']],
		[`<@U123|${YOUTUBE}>`, ['youtube:dQw4w9WgXcQ']],
		[`<a class="x">${YOUTUBE}</a>`, ['youtube:dQw4w9WgXcQ']],
	])('reads the link in %j, since nothing else is one', (text, identities) => {
		expect(read(text)).toEqual(identities);
	});

	test.each([
		[
			`https://www.instagram.com/share/reel/BAmade/`,
			/only redirects to another page\. Open it in a browser/,
		],
		[`https://lite.tiktok.com/t/ZMabc/`, /only redirects to another page/],
		[`https://www.google.com/url?q=${YOUTUBE}`, /only redirects to another page/],
		[
			`https://l.facebook.com/l.php?u=${encodeURIComponent(YOUTUBE)}`,
			/only redirects to another page/,
		],
		[`${TIKTOK}?u=${YOUTUBE}`, /also points to another video/],
		[`[${YOUTUBE}](${TIKTOK})`, /text of this link points to another video/],
		[`${TIKTOK}…`, /cut short/],
		['https://www.tiktok.com/@a/video/72345678 90123456789', /seems to be split in two/],
		[`${YOUTUBE}?x=${'x'.repeat(2000)}`, /longer than 2000 characters/],
	])('says why it refuses %j', (text, reason) => {
		expect(read(text)).toEqual([expect.stringMatching(reason)]);
	});

	const A = 'https://youtu.be/AAAAAAAAAAA';
	const B = 'https://youtu.be/BBBBBBBBBBB';
	const BOTH = ['youtube:AAAAAAAAAAA', 'youtube:BBBBBBBBBBB'];

	test.each([
		`<Alice said ${A}> ${B}`,
		`<b ${A} > ${B}`,
		`"<a href=""${A}"">x</a>","${B}"`,
		`<a href="${A}>text</a> ${B}`,
		`<div data-links="[&quot;${A}&quot;,&quot;${B}&quot;]"></div>`,
		`${A}?igsh=Mz==${B}`,
	])('loses neither video of %j', (text) => {
		expect(read(text)).toEqual(BOTH);
	});

	test.each([
		...[`${B}🔥`, `動画${B}です`, `__${B}__`, `${B}\\nfoo`, `${B}…`].map(
			(label) => `[${label}](${A})`,
		),
		`[https://youtu.be:443/BBBBBBBBBBB](${A})`,
		`[https://www.instagram.com/share/reel/BA](${A})`,
		`${A}?text=${B}+foo`,
		`${A}?x=${B}%F0%9F%94%A5`,
		`${A}?x=youtu.be/BBBBBBBBBBB/foo`,
		`${A}?url=youtu.be/BBBBBBBBBBB.html`,
		`${A}#youtu.be/BBBBBBBBBBB__`,
		`${A}?text=youtu.be%252525252FBBBBBBBBBBB`,
		`${encodeURIComponent(B)} ${A}`,
	])('refuses %j, which names another video', (text) => {
		expect(read(text)).toContainEqual(expect.stringMatching(/^refused/));
	});

	const CUT = 'https://www.tiktok.com/@u/video/7234567890';
	test.each([
		...[
			'\n123456789. Thanks',
			' 123456789!',
			'\n123456789です',
			'\n(123456789)',
			'🔥123456789.',
		].map((rest) => CUT + rest),
		`> ${CUT}\n> 123456789`,
		`${CUT}\\n123456789`,
		'https://vm.tiktok.com/ZMab\ncdefg/.',
		'https://www.instagram.com/reel/Cab\ncdefghi?igsh=abc',
	])('takes no part of a link for another video: %j', (text) => {
		expect(read(text)).toEqual([expect.stringMatching(/seems to be split in two/)]);
	});

	test.each([
		['https://x.com/a/status/1234567890123456789/video/1\t1500', 'twitter:1234567890123456789'],
		['press@youtube.com: https://youtu.be/AAAAAAAAAAA', 'youtube:AAAAAAAAAAA'],
		['bob@x.com? https://youtu.be/AAAAAAAAAAA', 'youtube:AAAAAAAAAAA'],
		['Is it Next.js? https://youtu.be/AAAAAAAAAAA', 'youtube:AAAAAAAAAAA'],
		[
			'https://x.com/a/status/1790000000000000001?ref_url=https%3A%2F%2Fwww.vox.com%2F2024',
			'twitter:1790000000000000001',
		],
		[`${A}?referer_url=www.netflix.com%2Ftudum`, 'youtube:AAAAAAAAAAA'],
		[`Data: 27/11/2026\nLink: ${A}\nTel: +49 30 123456`, 'youtube:AAAAAAAAAAA'],
		[`{data:[{url:"${A}"}]}`, 'youtube:AAAAAAAAAAA'],
		[
			`<a href="${CUT}12345678">tiktok.com/@user/video/72345…</a>`.replace('@u/', '@user/'),
			'tiktok:723456789012345678',
		],
		[`[https://youtu.be/AAAA...](${A})`, 'youtube:AAAAAAAAAAA'],
		[`[www.instagram.com/anna](https://www.instagram.com/p/CabcdefghIj/)`, 'instagram:CabcdefghIj'],
		[
			`<!DOCTYPE html "http://www.w3.org/x"><html xmlns="http://www.w3.org/1999/xhtml"><p>${A}</p>`,
			'youtube:AAAAAAAAAAA',
		],
		['video_https://www.instagram.com/p/CabcdefghI_', 'instagram:CabcdefghI_'],
	])('reads %j', (text, identity) => {
		expect(read(text)).toEqual([identity]);
	});

	it('refuses values that cannot be quoted, and lists that hold themselves', () => {
		const circular: Record<string, unknown> = {};
		circular.it = circular;
		for (const value of [10n, circular])
			expect(() => readPastedText(value)).toThrow(/^Links must be text/);
		const list: unknown[] = [A];
		list.push(list);
		expect(read(list)).toEqual(['youtube:AAAAAAAAAAA']);
	});

	it('reads more than 100,000 links, and lists nested as deep', () => {
		expect(readPastedText(`${YOUTUBE}\n`.repeat(150_000))).toHaveLength(150_000);
		let nested: unknown = YOUTUBE;
		for (let depth = 0; depth < 150_000; depth += 1) nested = [nested];
		expect(read(nested)).toEqual(['youtube:dQw4w9WgXcQ']);
	});
});

describe('any links', () => {
	const ofLength = (length: number, characters: string) =>
		fc.string({ unit: fc.constantFrom(...characters), minLength: length, maxLength: length });
	const CODE = 'abcXYZ019_-';
	const link = fc.oneof(
		ofLength(19, '123456789').map((id) => [
			`https://www.tiktok.com/@a.b/video/${id}`,
			`tiktok:${id}`,
		]),
		ofLength(11, CODE).map((id) => [`https://youtu.be/${id}?si=x`, `youtube:${id}`]),
		ofLength(11, CODE).map((id) => [`https://www.youtube.com/watch?v=${id}&t=5`, `youtube:${id}`]),
		ofLength(11, CODE).map((id) => [`https://www.instagram.com/reel/${id}/`, `instagram:${id}`]),
		ofLength(19, '123456789').map((id) => [`https://x.com/a/status/${id}?s=20`, `twitter:${id}`]),
		ofLength(9, CODE).map((id) => [`https://vm.tiktok.com/${id}/`, `tiktok:short/${id}`]),
	);
	const separator = fc.constantFrom(
		...['\n', '\r\n', ' ', '\t', ',', ', ', ';', '|', '、', '，', '<br>', '\\n', '\\r\\n', ' / '],
		...[
			'\u00a0',
			'\u3000',
			'\n\n',
			' and ',
			' 👍 ',
			' → ',
			'</li><li>',
			'","',
			'\n> ',
			'\n- ',
			'\n2. ',
		],
	);
	const wrapper = fc.constantFrom<(link: string) => string>(
		(text) => text,
		(text) => `"${text}"`,
		(text) => `'${text}'`,
		(text) => `“${text}”`,
		(text) => `«${text}»`,
		(text) => `(${text})`,
		(text) => `[${text}]`,
		(text) => `<${text}>`,
		(text) => `**${text}**`,
		(text) => `\`${text}\``,
		(text) => `[Video](${text})`,
		(text) => `<${text}|Video>`,
		(text) => `<a href="${text}">Video</a>`,
		(text) => `{"url": "${text}"}`,
		(text) => `{"url": "${text.replaceAll('/', '\\/').replaceAll('&', '\\u0026')}"}`,
		(text) => `Look: ${text}.`,
		(text) => `${text}を見て`,
		(text) => `• ${text}`,
		(text) => `\u2068${text}\u2069`,
	);

	it('come out of any separators and wrappers, in their order', () => {
		const pasted = fc.array(fc.tuple(link, separator, wrapper), { minLength: 1, maxLength: 8 });
		fc.assert(
			fc.property(pasted, (entries) => {
				const text = entries
					.map(([[url], before, wrap], place) => (place > 0 ? before : '') + wrap(url!))
					.join('');
				expect(read(text)).toEqual(entries.map(([[, identity]]) => identity));
			}),
			{ numRuns: 3000, seed: 17 },
		);
	});

	it('never vanish if they run together behind a query', () => {
		fc.assert(
			fc.property(fc.array(link, { minLength: 2, maxLength: 6 }), (links) => {
				const text = links.map(([url]) => (url!.includes('?') ? url : `${url}?x`)).join('');
				expect(read(text)).toEqual(links.map(([, identity]) => identity));
			}),
			{ numRuns: 500, seed: 17 },
		);
	});
});

describe('any text', () => {
	const PIECES = [
		...[
			'https://',
			'http:',
			'www.',
			'youtu.be/',
			'tiktok.com',
			'x.com/',
			'?u=',
			'&',
			'#',
			'%',
			'%2F',
		],
		...[
			'\\',
			'\\n',
			'/',
			'[',
			'](',
			')',
			'<',
			'|',
			'>',
			'<a href="',
			'</a>',
			'"',
			"'",
			'&amp;',
			'&#',
		],
		...[
			'\u200b',
			'\u2068',
			'_',
			'*',
			'.',
			'…',
			'-',
			'1. ',
			'\n',
			' ',
			',',
			';',
			'@',
			'é',
			'見',
			'👍',
		],
		...[
			'\ud800',
			'\udc00',
			'\0',
			'a',
			'7',
			'dQw4w9WgXcQ',
			'javascript:',
			'://',
			'{',
			'}',
			'=',
			'~',
		],
	];
	const anyText = fc.oneof(
		fc.string({ unit: 'binary', maxLength: 300 }),
		fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join('')),
	);

	it('is read without an error, and every link in it is accepted or says why not', () => {
		fc.assert(
			fc.property(anyText, (text) => {
				for (const { parsed } of linksOf(readPastedText(text)))
					expect(parsed.ok ? parsed.link.url : parsed.reason).toMatch(/./);
			}),
			{ numRuns: 5000, seed: 17 },
		);
	});

	/** The least time that `times` runs of `work` take, of several measurements, in milliseconds. */
	function leastMs(times: number, work: () => void): number {
		const measurements = Array.from({ length: 3 }, () => {
			const start = performance.now();
			for (let run = 0; run < times; run += 1) work();
			return performance.now() - start;
		});
		return Math.min(...measurements);
	}

	const MORE = 16;

	test.each([
		...PIECES,
		'https://youtu.be/dQw4w9WgXcQ?x',
		'a.b:',
		'\u200bhttps://youtu.be/',
		'[a](',
		'<a href="x"',
		'x\u200b',
		'&#x',
		'=\u00a0',
	])('of many %j takes time in proportion to its length', (piece) => {
		const many = (length: number) => piece.repeat(Math.ceil(length / piece.length));
		const longestPiece = `${many(MAX_LINK_LENGTH - 10)} `;
		for (const [short, long] of [
			[many(8_000), many(MORE * 8_000)],
			[longestPiece.repeat(3), longestPiece.repeat(3 * MORE)],
		]) {
			const shortMs = leastMs(MORE, () => readPastedText(short));
			const longMs = leastMs(1, () => readPastedText(long));
			// Both are the same length in all. Quadratic work would take 16 times as long in one piece.
			expect(longMs / Math.max(shortMs, 1)).toBeLessThan(10);
		}
	});
});
