import { stripVTControlCharacters } from 'node:util';

/** Removes all that could control the terminal from a text that comes from outside. Line breaks stay. */
export const plainText = (text: string): string =>
	stripVTControlCharacters(text).replace(/(?![\n\t])\p{Cc}|\p{Cf}/gu, '');

const dollars = new Intl.NumberFormat('en-US', {
	style: 'currency',
	currency: 'USD',
	maximumFractionDigits: 3,
});

/** Formats an amount in USD: `$2.52`, `$0.015`. */
export const formatUsd = (amount: number): string => dollars.format(amount);
