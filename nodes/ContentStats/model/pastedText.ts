import { invalidInput } from '../api/errors';
import { trimCharacters, trimInvisible, truncate } from '../utils/format';
import { isPlatformHost, MAX_LINK_LENGTH, type ParsedLink, parseVideoLink, refuse } from './links';

/** A part of pasted text. */
export type PastedPart =
	/** A link without what stands around it; refused if it only looks like one. */
	| { kind: 'link'; text: string; parsed: ParsedLink }
	/** Text that looks like no link, without blanks. */
	| { kind: 'word'; text: string }
	/** The text of a link in Markdown, Slack or HTML. */
	| { kind: 'label'; text: string };

/** A link, as it was pasted. */
export type PastedLink = Extract<PastedPart, { kind: 'link' }>;

/** The escapes of HTML that stand for a character of ASCII, or for a no-break space. */
const HTML_ESCAPE = /&(?:(amp|lt|gt|quot|apos|nbsp)|#(\d{2,3})|#x([\da-f]{2}));/gi;
const HTML_NAMES: ReadonlyMap<string, string> = new Map([
	['amp', '&'],
	['lt', '<'],
	['gt', '>'],
	['quot', '"'],
	['apos', "'"],
	['nbsp', ' '],
]);
/** The escapes of JSON that stand for a character of ASCII, without the written line breaks. */
const JSON_ESCAPE = /\\{1,4}(?:(["/])|u00([0-7][\da-f]))/gi;

/** A number, hyphen, asterisk or plus sign in front of an entry of a list. */
const LIST_MARK = /^[ \t]*(?:\d{1,4}[.):]|[-*+])[ \t]/gm;

/**
 * A label in front of the link that it belongs to (Markdown), a link with its label behind it (Slack),
 * or a link's attributes and its label (HTML). Each part excludes the character that begins it, so that
 * no text is read twice.
 */
const LABELLED =
	/\[(?<markdown>[^\][]*)\]\(|<(?<target>[^<>|\s]+)\|(?<slack>[^<>]*)>|<a\s(?<attributes>[^<>]*)>(?<html>[^<>]*)<\/a\s*>/gi;

/** A tag of HTML. `<https://…>` and `<name@host>` are none. */
const TAG = /<\/?[a-z]+\d?(?:[\s/][^<>]*)?>/gi;
/** It names the standard of the page, at an address. */
const DOCTYPE = /<!doctype[^<>]*>/gi;

/** A run without whitespace, blank-looking letters, brackets and separators. */
const PIECE =
	/[^\s\u2800\u3164\uFFA0\u115F\u1160,;|<>"`()[\]{}^\p{Pi}\p{Pf}\u201E\u201A\u301D-\u301F\u3001\uFF0C\uFF1B\u3008-\u3011\u3014-\u301B\uFF08\uFF09\uFF3B\uFF3D\uFF5B\uFF5D]+/gu;

const SCHEME = /https?:[\\/]{2}/i;
const SCHEMES = new RegExp(SCHEME, 'gi');

/**
 * Text that ends a link: symbols and punctuation outside of ASCII, and letters written without blanks. A
 * dash or a broken character does not: it stands for a part of the link.
 */
const TEXT_BEHIND =
	/(?![\0-\x7F\p{Pd}\p{Pc}\u2212\uFFFD])[\p{P}\p{S}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

const BEHIND_LINK = /[.,:!?'*~&\p{Cf}\p{Cc}]/u;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

/** In the share text of TikTok Lite, behind the link of the video. */
const APP_LINK = /^https:\/\/www\.tiktok\.com\/tiktoklite\/?$/;

const WORD = /[\w-]/;

const hasLetterOrDigit = (text: string): boolean => LETTER_OR_DIGIT.test(text);

const unescape = (text: string): string =>
	text
		.replace(HTML_ESCAPE, (escape, name?: string, decimal?: string, hex?: string) => {
			if (name !== undefined) return HTML_NAMES.get(name.toLowerCase()) ?? escape;
			const code = decimal === undefined ? parseInt(hex!, 16) : Number(decimal);
			return code < 128 || code === 160 ? String.fromCharCode(code) : escape;
		})
		.replace(JSON_ESCAPE, (_, character?: string, hex?: string) =>
			character === undefined ? String.fromCharCode(parseInt(hex!, 16)) : character,
		);

/** Returns what may be a link in a tag, or in text that looks like one. */
const linksOfTag = (tag: string): string =>
	tag
		.replace(/^<\/?[a-z]+\d?|\/?>$|\bxmlns(?::\w+)?=(?:"[^"]*"|'[^']*')/gi, ' ')
		.split(/[\s"']+/)
		.filter((value) => value.includes('/'))
		.join(' ');

/** The letters, digits and dots that a host may hold; a browser reads `。` and its kin as dots. */
const HOST = /[\p{L}\p{N}.%\u3002\uFF0E\uFF61-]+/gu;
const SCHEME_OF_BROWSERS =
	/^(?:https?:|(?:javascript|data|mailto|tel|sms|file|blob|about|intent|view-source):.)/i;
const TOP_LEVEL_DOMAIN = /\.(?:[a-z]{2,}|xn--[a-z\d-]+)\.?$/;

/** @param behind the text behind the host. */
function isHost(host: string, behind: string): boolean {
	if (!/[.\u3002\uFF0E\uFF61]|%2e/i.test(host) || !URL.canParse(`https://${host}`)) return false;
	const { hostname } = new URL(`https://${host}`);
	return (
		isPlatformHost(hostname) ||
		(/^(?:[\\/]|[?#]\w)/.test(behind) && TOP_LEVEL_DOMAIN.test(hostname))
	);
}

/** Finds where a link without `https://`, or with another scheme, begins in text; -1 if there is none. */
function findLinkWithoutScheme(text: string): number {
	const start = text.search(LETTER_OR_DIGIT);
	if (start === -1) return -1;
	const isEscaped = text.includes('%') && /:\/\/|[\w-]\.\w+\/./.test(unescapePercent(text));
	if (isEscaped || text.includes('://') || SCHEME_OF_BROWSERS.test(text.slice(start))) return start;
	for (const { 0: host, index } of text.matchAll(HOST)) {
		const behind = text.slice(index + host.length);
		const before = text.charAt(index - 1);
		if (before === '@' && !/^(?::\d+)?[\\/]/.test(behind)) continue;
		// What stands before these belongs to the address, which is another one then.
		if (isHost(host, behind)) return /[@\\/]/.test(before) ? Math.min(start, index) : index;
	}
	return -1;
}

/** Returns the length of the link that begins a text. What follows it begins anew. */
function linkLength(text: string): number {
	const [beginning] = /^(?:https?:)?[\\/]*[^\\/?#]*/i.exec(text)!;
	let end = beginning.length;
	let isQuery = false;
	let isFragment = false;
	for (const { index: schemeAt } of text.matchAll(SCHEMES)) {
		if (schemeAt < end) continue;
		const part = text.slice(end, schemeAt);
		const wordsAt = part.search(TEXT_BEHIND);
		if (wordsAt !== -1) return end + wordsAt;
		isFragment ||= part.includes('#');
		isQuery ||= part.includes('?');
		// A link inside the path is no other link: it makes the whole unreadable.
		if (!isQuery && !isFragment) return text.length;
		if (isFragment || !/[?&][^=&?#]*=$/.test(part)) return schemeAt;
		end = schemeAt;
	}
	const wordsAt = text.slice(end).search(TEXT_BEHIND);
	return wordsAt === -1 ? text.length : end + wordsAt;
}

/** A place where a video of a platform is named, perhaps without a scheme. */
const MENTION =
	/(?:(?:www|m|vm|vt|t|music|mobile)\.)?(?:tiktok\.com|youtu\.be|youtube\.com|youtube-nocookie\.com|instagram\.com|twitter\.com|(?<![\p{L}\p{N}-])x\.com)(?::\d{1,5})?[\\/]/giu;
const MAX_MENTIONS = 10;
const MAX_MENTION_LENGTH = 300;
/** How often text is unescaped that may have been escaped again and again. */
const MAX_ESCAPES = 10;
/** The start page of a platform, or a profile: no video. */
const PAGE =
	/^(?:[^\\/]*[\\/](?:@[\w.-]*)?|(?:(?:www|m|mobile)\.)?(?:instagram|twitter|x)\.com[\\/][\w.]*)[\\/]?$/;

function unescapePercent(text: string): string {
	let plain = text;
	for (let round = 0; round < MAX_ESCAPES && plain.includes('%'); round += 1)
		plain = plain.replace(/%([0-7][\da-f])/gi, (_, hex: string) =>
			String.fromCharCode(parseInt(hex, 16)),
		);
	return plain;
}

const withoutScheme = (link: string): string => link.replace(/^https?:\/\/(?:www\.)?/i, '');

/** Whether text, escaped or not, names another video than a link with this identity. */
function namesAnother(text: string, link: string, identity: string): boolean {
	const plain = unescapePercent(text);
	let mentions = 0;
	for (const { index } of plain.matchAll(MENTION)) {
		mentions += 1;
		if (mentions > MAX_MENTIONS) return true;
		const [mention = ''] = plain.slice(index, index + MAX_MENTION_LENGTH).match(PIECE) ?? [];
		// Web sites shorten the text of a link.
		const [shortened] = /^[^…]*(?=…)|^.*?(?=\.{2,3}$)/.exec(mention) ?? [];
		if (shortened && withoutScheme(link).startsWith(withoutScheme(`https://${shortened}`)))
			continue;
		// The next parameter may be one of the mentioned link, or of the link around it.
		const identities = [mention, mention.slice(0, mention.search(/[&+%\\]|$/))].map((candidate) => {
			const parsed = parseVideoLink(trimBehind(candidate.slice(0, linkLength(candidate))));
			return parsed.ok ? parsed.link.identity : null;
		});
		// What cannot be read may be another, unless it is plainly a page.
		const isThis = identities.every((found) => found === null || found === identity);
		if (!isThis || (!identities.includes(identity) && !PAGE.test(trimBehind(mention)))) return true;
	}
	return false;
}

const trimBehind = (text: string): string =>
	trimCharacters(text, (character) => BEHIND_LINK.test(character));

/** Reads a link. @param before the text in front of it; @param behind the text behind it. */
function readLink(before: string, pasted: string, behind: string): PastedPart {
	// Marks of bold and italic text come in pairs, and a code may end in an underscore.
	const underscores = /(?<![\p{L}\p{N}_])_{1,3}$/u.exec(before.slice(-8))?.[0].length ?? 0;
	let text = trimBehind(pasted);
	for (let count = 0; count < underscores && text.endsWith('_'); count += 1)
		text = trimBehind(text.slice(0, -1));
	if (APP_LINK.test(text)) return { kind: 'word', text };
	const isCutShort = behind.startsWith('…') || pasted.endsWith('..');
	if (isCutShort) return { kind: 'link', text, parsed: refuse('The link was cut short') };
	const parsed = parseVideoLink(text);
	const dropped = /[?#].*/s.exec(text)?.[0] ?? '';
	if (parsed.ok && namesAnother(dropped, text, parsed.link.identity))
		return { kind: 'link', text, parsed: refuse('This link also points to another video') };
	return { kind: 'link', text, parsed };
}

const wordsOf = (text: string): PastedPart[] =>
	hasLetterOrDigit(text) ? [{ kind: 'word', text }] : [];

/** Reads text without blanks and separators: mostly a word or a link, but links may run together. */
function readPiece(piece: string): PastedPart[] {
	if (piece.length > MAX_LINK_LENGTH)
		return [{ kind: 'link', text: truncate(piece), parsed: parseVideoLink(piece) }];
	const parts: PastedPart[] = [];
	for (let rest = trimInvisible(piece); rest !== '';) {
		const schemeAt = rest.search(SCHEME);
		const head = schemeAt === -1 ? rest : rest.slice(0, schemeAt);
		const hostAt = findLinkWithoutScheme(head);
		const start = hostAt === -1 ? schemeAt : hostAt;
		if (start === -1) return parts.concat(wordsOf(rest));
		const before = rest.slice(0, start);
		const length = linkLength(rest.slice(start));
		const pasted = rest.slice(start, start + length);
		rest = rest.slice(start + length);
		const link = readLink(before, pasted, rest);
		if (link.kind === 'link' && isCutInTwo(link, rest))
			link.parsed = refuse('The link seems to be split in two');
		parts.push(...wordsOf(before), link);
	}
	return parts;
}

/** Written line breaks and tabs; a browser reads the backslashes of an address as slashes. */
const splitWrittenBreaks = (piece: string): string[] =>
	/^(?:https?:\\|\\\\[\w-]+\.)/i.test(piece) ? [piece] : piece.split(/\\{1,4}[nrt]/);

/** The digits of an id, or the shortest code, that a platform gives to a video. */
const MIN_ID_LENGTH = new Map([
	['tiktok', 19],
	['twitter', 18],
]);
const MAX_ID_LENGTH = 20;
const MIN_CODE_LENGTH = 8;

/** Whether a blank or a symbol seems to have cut a link in two. @param next what follows it. */
function isCutInTwo({ text, parsed }: PastedLink, next: string): boolean {
	if (!parsed.ok) return false;
	const { identity, platform } = parsed.link;
	const code = identity.split(/[:/]/).at(-1)!;
	if (!text.endsWith(code)) return false;
	const rest = next.slice(Math.max(0, next.search(WORD)));
	const [digits = ''] = /^\d{1,20}(?![\w-])/.exec(rest) ?? [];
	if (digits && MIN_ID_LENGTH.has(platform))
		return (
			code.length < MIN_ID_LENGTH.get(platform)! && code.length + digits.length <= MAX_ID_LENGTH
		);
	const goesOn = /^[\w-]{1,50}(?:\/(?![\w-])|\?\w+=|\/https?:)/;
	return code.length < MIN_CODE_LENGTH && goesOn.test(rest);
}

/** Reads text whose labels have been taken out. */
function readPlain(text: string): PastedPart[] {
	const plain = text.replace(DOCTYPE, ' ').replace(TAG, (tag) => ` ${linksOfTag(tag)} `);
	const parts: PastedPart[] = [];
	let end = 0;
	for (const { 0: run, index } of plain.matchAll(PIECE)) {
		// A quoted e-mail has a `>` at the beginning of each line.
		const isBehindBlank = /^[\s>(]*$/.test(plain.slice(end, index));
		end = index + run.length;
		for (const [place, piece] of splitWrittenBreaks(run).entries()) {
			const last = parts.at(-1);
			const mayGoOn = last?.kind === 'link' && (place > 0 || isBehindBlank);
			if (mayGoOn && isCutInTwo(last, piece))
				last.parsed = refuse('The link seems to be split in two');
			append(parts, readPiece(piece));
		}
	}
	return parts;
}

/** Reads a link together with its label, which is left out only if the link is one. */
function readLabelled(text: string, label: string): PastedPart[] {
	const parts = readPlain(text);
	const [first] = parts;
	if (first?.kind !== 'link') return append(readPlain(label), parts);
	const { parsed } = first;
	if (parsed.ok && namesAnother(label, first.text, parsed.link.identity))
		first.parsed = refuse('The text of this link points to another video');
	const labelParts = readPlain(label);
	const isText = labelParts.some(({ kind }) => kind !== 'link');
	return isText ? append([{ kind: 'label', text: label }], parts) : parts;
}

/** Appends entries one by one: more than about 100,000 do not fit into a call. */
function append<T>(list: T[], added: T[]): T[] {
	for (const entry of added) list.push(entry);
	return list;
}

function readText(pasted: string): PastedPart[] {
	const text = unescape(pasted).replace(LIST_MARK, ' ');
	const parts: PastedPart[] = [];
	let start = 0;
	let label: string | undefined;
	const read = (part: string) =>
		append(parts, label === undefined ? readPlain(part) : readLabelled(part, label));
	for (const { 0: match, index, groups } of text.matchAll(LABELLED)) {
		read(text.slice(start, index));
		start = index + match.length;
		const { markdown, target, slack, attributes, html } = groups!;
		label = markdown;
		if (markdown !== undefined) continue;
		const link = target ?? linksOfTag(attributes!);
		append(parts, readLabelled(link, slack ?? html!));
	}
	read(text.slice(start));
	return parts;
}

/** Quotes a value that is no text. Not all can be JSON. */
function describe(value: unknown): string {
	try {
		return truncate(String(JSON.stringify(value)));
	} catch {
		return typeof value;
	}
}

/** Returns all texts of a value that is text or a list of text, however deep. */
function textsOf(value: unknown, advice: string): string[] {
	const texts: string[] = [];
	const stack = [value];
	const seen = new Set<unknown>();
	while (stack.length > 0) {
		const next = stack.pop();
		if (Array.isArray(next) && !seen.has(next)) {
			seen.add(next);
			append(stack, next.toReversed());
		} else if (Array.isArray(next)) continue;
		else if (typeof next === 'string') texts.push(next);
		else if (next !== null && next !== undefined)
			throw invalidInput(`Links must be text or a list of text, not ${describe(next)}`, advice);
	}
	return texts;
}

/** Selects the links. */
export const linksOf = (parts: PastedPart[]): PastedLink[] =>
	parts.filter((part): part is PastedLink => part.kind === 'link');

/**
 * Reads links as people paste them: in lists, sheets, chats, Markdown, HTML, JSON and share texts. It
 * takes time that is linear in the length of the text. test/corpus/README.md states the rules.
 *
 * @param advice what to do if the value is neither text nor a list of text.
 * @returns the parts in the order of the text, without separators and marks.
 * @throws ContentStatsError `invalid_input` with that advice.
 */
export const readPastedText = (
	value: unknown,
	advice = 'Drag in the field that contains the link itself, such as {{ $json.url }}',
): PastedPart[] => textsOf(value, advice).flatMap((text) => readText(text));
