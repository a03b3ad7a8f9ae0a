import { stripVTControlCharacters } from 'node:util';

/** Removes all that could control the terminal from a text that comes from outside. Line breaks stay. */
export const plainText = (text: string): string =>
	stripVTControlCharacters(text).replace(/(?![\n\t])\p{Cc}|\p{Cf}/gu, '');
