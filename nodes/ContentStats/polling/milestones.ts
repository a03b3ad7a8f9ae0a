import { invalidInput } from '../api/errors';

const EXPONENTS: Record<string, number> = { '': 0, k: 3, m: 6, b: 9 };

const invalidMilestone = (text: string, hint: string) =>
	invalidInput(
		`“${text}” is not a milestone`,
		`${hint}Write whole numbers, with k for thousands, M for millions and B for billions, separated by commas: 10k, 100k, 1.5M`,
	);

function parseMark(text: string): number {
	const match = /^(\d+|\d+\.\d+(?=[kmb]))([kmb]?)$/i.exec(text);
	// Not a product: 4.1 times a million is not a whole number.
	const mark = match ? Number(`${match[1]}e${EXPONENTS[match[2]!.toLowerCase()]}`) : NaN;
	if (Number.isSafeInteger(mark) && mark > 0) return mark;
	throw invalidMilestone(text, '');
}

/** One number whose thousands are grouped, or two numbers: `10,000`, `2 500`, also with narrow blanks. */
const GROUPED = /(?<!\d)\d+(?:[,\u0020\u00a0\u2009\u202f]\d{3})+(?!\d)[kmb]?/i;

/** One number with a decimal comma, or two numbers: `1,5M`. */
const DECIMAL_COMMA = /(?<!\d)\d+,\d{1,3}(?!\d)[kmb]?/i;

/** @throws ContentStatsError `invalid_input` if a number may as well be two. */
function throwIfAmbiguous(text: string): void {
	const [grouped] = GROUPED.exec(text) ?? [];
	if (grouped)
		throw invalidMilestone(grouped, `Write ${grouped} as ${grouped.replace(/[^\dkmb]/gi, '')}. `);
	const [decimal] = DECIMAL_COMMA.exec(text) ?? [];
	if (decimal)
		throw invalidMilestone(
			decimal,
			`Write ${decimal} as ${decimal.replace(',', '.')} if it is one number, or with a blank after the comma if it is two. `,
		);
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
		'No milestones were entered',
		'Enter the marks at which Milestone Reached starts the workflow, such as 10k, 100k, 1M',
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
