/** Rounds USD to a ten-thousandth: sums of floating-point cents drift in their last digits. */
export const roundUsd = (amount: number): number => Number(amount.toFixed(4));

/** Formats USD: `$2.52`. Fractions of a cent are kept. */
export function formatUsd(amount: number): string {
	const isWholeCents = Math.abs(Number(amount.toFixed(2)) - amount) < 1e-9;
	const size = Math.abs(amount);
	return `${amount < 0 ? '-' : ''}$${isWholeCents ? size.toFixed(2) : String(roundUsd(size))}`;
}

/** Formats a count with its noun: `1 link`, `2 links`. */
export const pluralize = (count: number, noun: string): string =>
	`${count} ${noun}${count === 1 ? '' : 's'}`;

/** Lists the first entries, each cut to a length that a message can show: `a, b, c and 2 more`. */
export function listFirst(entries: string[], max: number): string {
	const more = entries.length - max;
	const shown = entries.slice(0, max).map((entry) => truncate(entry, 60));
	return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Cuts text to a length that a message can show. */
export const truncate = (text: string, maxLength = 120): string =>
	text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
