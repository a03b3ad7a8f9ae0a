import type { Shares } from './profile';

/** Something that was measured beside something else, round by round. */
export interface Figure {
	/** The row of the table in docs/performance.md that it belongs to. */
	row: number;
	what: string;
	unit: string;
	ours: number[];
	against: string;
	theirs: number[];
	/** What the ratio of ours to theirs should be at most; absent where theirs shows the share of the host. */
	target?: number;
}

/** One line of a plot: its points by what x is, each measured several times. */
export interface Curve {
	name: string;
	points: Array<{ x: number; values: number[] }>;
}

export interface Plot {
	title: string;
	x: string;
	y: string;
	/** Where values differ by powers of ten. */
	isLogarithmic?: true;
	curves: Curve[];
}

/** What one part of the benchmark found. */
export interface Report {
	figures?: Figure[];
	/** Whose code the CPU time of a work goes to. */
	shares?: Record<string, Shares>;
	plots?: Plot[];
}

const sorted = (values: number[]): number[] => [...values].sort((a, b) => a - b);

export const medianOf = (values: number[]): number =>
	sorted(values)[Math.floor(values.length / 2)]!;

/** Ours to theirs, round by round. */
export const ratiosOf = ({ ours, theirs }: Figure): number[] =>
	ours.map((value, round) => value / (theirs[round] ?? theirs[0]!));

const shown = (value: number): string =>
	value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3);

/** The median, with the least and the most where they differ. */
export function spreadOf(values: number[]): string {
	const [least, most] = [sorted(values)[0]!, sorted(values).at(-1)!].map(shown);
	return least === most
		? shown(medianOf(values))
		: `${shown(medianOf(values))} (${least} to ${most})`;
}
