import type { Shares } from './profile';

/** A measurement compared with another one, round by round. */
export interface Figure {
	/** Its row in the table of docs/performance.md. */
	row: number;
	what: string;
	unit: string;
	ours: number[];
	against: string;
	theirs: number[];
	/** Maximum ratio of ours to theirs; absent if theirs only shows the host's share. */
	target?: number;
}

/** One line of a plot. Each point is measured several times. */
export interface Curve {
	name: string;
	points: Array<{ x: number; values: number[] }>;
}

export interface Plot {
	title: string;
	x: string;
	y: string;
	/** Set if values differ by powers of ten. */
	isLogarithmic?: true;
	curves: Curve[];
}

/** Results of one part of the benchmark. */
export interface Report {
	figures?: Figure[];
	/** CPU time of each profiled work, ms, by owner of the code. */
	shares?: Record<string, Shares>;
	/** Memory that each profiled work allocates, MB, by owner of the code. */
	allocations?: Record<string, Shares>;
	plots?: Plot[];
}

const sorted = (values: number[]): number[] => [...values].sort((a, b) => a - b);

export const medianOf = (values: number[]): number =>
	sorted(values)[Math.floor(values.length / 2)]!;

/** Returns the ratio of ours to theirs in each round. */
export const ratiosOf = ({ ours, theirs }: Figure): number[] =>
	ours.map((value, round) => value / (theirs[round] ?? theirs[0]!));

const format = (value: number): string =>
	value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3);

/** Formats the median, with the least and the most if they differ. */
export function spreadOf(values: number[]): string {
	const [least, most] = [sorted(values)[0]!, sorted(values).at(-1)!].map(format);
	return least === most
		? format(medianOf(values))
		: `${format(medianOf(values))} (${least} to ${most})`;
}
