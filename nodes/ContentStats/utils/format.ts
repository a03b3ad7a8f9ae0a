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

/** Cuts text to a length that a message can show. */
export const truncate = (text: string, maxLength = 120): string =>
	text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
