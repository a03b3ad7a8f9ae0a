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

/**
 * Parses milestones such as `10k, 100k, 1M`: ascending, each once.
 *
 * @throws ContentStatsError `invalid_input`, naming what is no milestone; `10,000` is refused, since
 * it may mean two milestones.
 */
export function parseMilestones(value: unknown): number[] {
	const text = Array.isArray(value) ? value.join(' ') : String(value ?? '');
	const grouped = /\d+(?:,\d{3})+(?!\d)/.exec(text);
	if (grouped)
		throw invalidMilestone(
			grouped[0],
			`Write ${grouped[0]} as ${grouped[0].replaceAll(',', '')}. `,
		);
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
