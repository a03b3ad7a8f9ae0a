/** Rounds USD to a ten-thousandth: sums of floating-point cents drift in their last digits. */
export const roundUsd = (amount: number): number => Number(amount.toFixed(4));

/** Rounds a number to two decimals. */
export const roundHundredths = (value: number): number => Number(value.toFixed(2));

/** Rounds days to a hundredth, which is a quarter of an hour; null if they are unknown. */
export const roundDays = (days: number | null | undefined): number | null =>
	typeof days === 'number' ? roundHundredths(days) : null;

/** Formats whole cents as USD: `$2.52`. */
const formatCents = (cents: number): string =>
	`${cents < 0 ? '-' : ''}$${(Math.abs(cents) / 100).toFixed(2)}`;

/** Formats a cost in USD, rounded up to a cent: `$2.52`. Beside a balance it never looks covered if it is not. */
export const formatCost = (amount: number): string =>
	formatCents(Math.ceil(roundUsd(amount * 100)));

/** Formats what can be spent in USD, rounded down to a cent: `$2.51`. */
export const formatBalance = (amount: number): string =>
	formatCents(Math.floor(roundUsd(amount * 100)));

/** Formats the price of a snapshot in USD, with three decimals, or six if it has more: `$0.015`. */
export const formatPrice = (amount: number): string => {
	const price = amount.toFixed(6);
	return `$${price.endsWith('000') ? price.slice(0, -3) : price}`;
};

/** Formats a count with its noun: `1 link`, `2 links`. */
export const pluralize = (count: number, noun: string): string =>
	`${count} ${noun}${count === 1 ? '' : 's'}`;

/** Makes the first letter of text a capital one. */
export const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Lists the first entries, each cut to a length that a message can show: `a, b, c and 2 more`. */
export function listFirst(entries: string[], max: number, maxLength = 60): string {
	const more = entries.length - max;
	const shown = entries.slice(0, max).map((entry) => truncate(entry, maxLength));
	return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Cuts text to a length that a message can show. */
export const truncate = (text: string, maxLength = 120): string =>
	text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;

/** Removes slashes at the end of text, in linear time. */
export function trimTrailingSlashes(text: string): string {
	let end = text.length;
	while (text.charAt(end - 1) === '/') end -= 1;
	return text.slice(0, end);
}

/** Removes the characters at both ends of text for which `isTrimmed` holds, in linear time. */
export function trimCharacters(text: string, isTrimmed: (character: string) => boolean): string {
	const characters = [...text];
	const isKept = (character: string) => !isTrimmed(character);
	const first = characters.findIndex(isKept);
	return first === -1 ? '' : characters.slice(first, characters.findLastIndex(isKept) + 1).join('');
}

const INVISIBLE = /[\s\p{Cf}\p{Cc}]/u;

/**
 * Removes whitespace and invisible characters (Unicode categories Cf and Cc) around text, in linear time: an
 * expression such as `\s+$` would take quadratic time.
 */
export const trimInvisible = (text: string): string =>
	trimCharacters(text, (character) => INVISIBLE.test(character));
