import { invalidInput } from '../api/errors';

const SHORT_FORMS = [
	['000000000', 'B'],
	['000000', 'M'],
	['000', 'k'],
] as const;
const EXPONENTS: Record<string, number> = { '': 0, k: 3, m: 6, b: 9 };

const invalidMilestone = (text: string, hint: string) =>
	invalidInput(
		`“${text}” is not a milestone`,
		`${hint}Separate milestones with commas, and use k for thousands, M for millions and B for billions: 10k, 100k, 1.5M`,
	);

function parseMark(text: string): number {
	const match = /^(\d+|\d+\.\d+(?=[kmb]))([kmb]?)$/i.exec(text);
	// Not a product: 4.1 times a million is not a whole number.
	const mark = match ? Number(`${match[1]}e${EXPONENTS[match[2]!.toLowerCase()]}`) : NaN;
	if (Number.isSafeInteger(mark) && mark > 0) return mark;
	throw invalidMilestone(text, '');
}

/** Digits with a single comma or blank between them: one number with its thousands grouped, or several. */
const GROUPED = /(?<![\d.])\d{1,3}(?:[,\p{Zs}]\d{3})+(?![\d.])[kmb]?/iu;

/** Digits with a comma between them: one number with a decimal comma, or two. */
const DECIMAL_COMMA = /(?<![\d.])\d+,\d{1,3}(?![\d.])[kmb]?/i;

/** Quotes a number, and its short form if it has one: `“10000” or “10k”`. */
function spellings(number: string): string {
	const [zeros, suffix] = SHORT_FORMS.find(([end]) => number.endsWith(end)) ?? [];
	if (!zeros) return `“${number}”`;
	return `“${number}” or “${number.slice(0, -zeros.length)}${suffix}”`;
}

/** @throws ContentStatsError `invalid_input` if a number may as well be several, with each way to write it. */
function throwIfAmbiguous(text: string): void {
	const [grouped] = GROUPED.exec(text) ?? [];
	const found = grouped ?? DECIMAL_COMMA.exec(text)?.[0];
	if (found === undefined) return;
	const pieces = found.split(/[,\p{Zs}]/u);
	const whole = pieces.join('');
	const decimal = found.replace(',', '.');
	// A decimal number is a milestone with k, M or B only; 000 is none.
	const asOne = [
		...(grouped && !whole.startsWith('0') ? [spellings(whole)] : []),
		...(/^\d+\.\d+[kmb]$/i.test(decimal) && Number.parseFloat(decimal) > 0 ? [`“${decimal}”`] : []),
	].join(' or ');
	const areMilestones = pieces.every((piece) => Number.parseInt(piece, 10) > 0);
	const ways = [
		...(asOne === '' ? [] : [`${asOne}${areMilestones ? ' if it is one number' : ''}`]),
		...(areMilestones ? [`“${pieces.join(', ')}” if there are several`] : []),
	];
	throw invalidMilestone(found, ways.length > 0 ? `Enter ${ways.join(', or ')}. ` : '');
}

/**
 * Parses milestones such as `10k, 100k, 1M`: ascending, each once.
 *
 * @throws ContentStatsError `invalid_input`, naming what is no milestone, or may be two.
 */
export function parseMilestones(value: unknown): number[] {
	const text = Array.isArray(value) ? value.join(', ') : String(value ?? '');
	throwIfAmbiguous(text);
	const marks = text
		.split(/[\s,;]+/)
		.filter((piece) => piece !== '')
		.map(parseMark);
	if (marks.length > 0) return [...new Set(marks)].sort((a, b) => a - b);
	throw invalidInput(
		'No milestones provided',
		'Enter at least one milestone, such as 10k, 100k, 1M',
	);
}

/**
 * Returns the milestones that a value passes.
 *
 * @param before the highest value before it; null if there is none: then it is not known when a
 * milestone was passed.
 */
export const passedMarks = (marks: number[], before: number | null, value: number): number[] =>
	before === null ? [] : marks.filter((mark) => before < mark && value >= mark);
