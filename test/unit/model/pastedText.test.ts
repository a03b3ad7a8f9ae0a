import fc from 'fast-check';

import { MAX_LINK_LENGTH } from '../../../nodes/ContentStats/model/links';
import { linksOf, readPastedText } from '../../../nodes/ContentStats/model/pastedText';

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
		[`https://www.instagram.com/share/reel/BAmade/`, /only leads to a page\. Open it in a browser/],
		[`https://lite.tiktok.com/t/ZMabc/`, /only leads to a page/],
		[`https://www.google.com/url?q=${YOUTUBE}`, /only leads to a page/],
		[`https://l.facebook.com/l.php?u=${encodeURIComponent(YOUTUBE)}`, /only leads to a page/],
		[`${TIKTOK}?u=${YOUTUBE}`, /also names another video/],
		[`[${YOUTUBE}](${TIKTOK})`, /text of this link names another video/],
		[`${TIKTOK}…`, /cut short/],
		['https://www.tiktok.com/@a/video/72345678 90123456789', /cuts this link in two/],
		[`${YOUTUBE}?x=${'x'.repeat(2000)}`, /longer than 2000 characters/],
	])('says why it refuses %j', (text, reason) => {
		expect(read(text)).toEqual([expect.stringMatching(reason)]);
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

	/** The least time that `work` takes, of several runs, in milliseconds. */
	function leastMs(work: () => void): number {
		const times = Array.from({ length: 5 }, () => {
			const start = performance.now();
			work();
			return performance.now() - start;
		});
		return Math.min(...times);
	}

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
		const short = piece.repeat(Math.ceil(40_000 / piece.length));
		const long = piece.repeat(Math.ceil(320_000 / piece.length));
		const spaced = `${piece.repeat(Math.ceil((MAX_LINK_LENGTH - 10) / piece.length))} `;
		readPastedText(short);
		const times = [short, long].map((text) => leastMs(() => readPastedText(text)));
		// Eight times the text; quadratic work would take 64 times as long.
		expect(times[1]! / Math.max(times[0]!, 1)).toBeLessThan(40);
		const pieces = [10, 80].map((count) => spaced.repeat(count));
		const spacedTimes = pieces.map((text) => leastMs(() => readPastedText(text)));
		expect(spacedTimes[1]! / Math.max(spacedTimes[0]!, 1)).toBeLessThan(40);
	});
});
