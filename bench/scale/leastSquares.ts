/**
 * Solves `rows × x = values` for the `x` with the least squares of errors, by the normal equations. Costs
 * cannot be negative: one that would be is taken for zero.
 */
export function solveCosts(rows: number[][], values: number[]): number[] {
	const width = rows[0]!.length;
	let used = Array.from({ length: width }, (_, column) => column);
	for (;;) {
		const part = solve(
			rows.map((row) => used.map((column) => row[column]!)),
			values,
		);
		if (part.some(Number.isNaN)) throw new Error('The measurement shows too few polls');
		if (part.every((cost) => cost >= 0)) {
			const costs = new Array<number>(width).fill(0);
			for (const [place, column] of used.entries()) costs[column] = part[place]!;
			return costs;
		}
		const least = part.indexOf(Math.min(...part));
		used = used.filter((_, place) => place !== least);
	}
}

function solve(rows: number[][], values: number[]): number[] {
	const width = rows[0]!.length;
	const sum = (of: (row: number[], index: number) => number) =>
		rows.reduce((total, row, index) => total + of(row, index), 0);
	const matrix = Array.from({ length: width }, (_, a) => [
		...Array.from({ length: width }, (_, b) => sum((row) => row[a]! * row[b]!)),
		sum((row, index) => row[a]! * values[index]!),
	]);
	for (let pivot = 0; pivot < width; pivot += 1) {
		const best = matrix
			.slice(pivot)
			.reduce((a, b) => (Math.abs(b[pivot]!) > Math.abs(a[pivot]!) ? b : a));
		matrix.splice(matrix.indexOf(best), 1, matrix[pivot]!);
		matrix[pivot] = best;
		for (const row of matrix) {
			if (row === best) continue;
			const factor = row[pivot]! / best[pivot]!;
			for (let column = pivot; column <= width; column += 1) row[column]! -= factor * best[column]!;
		}
	}
	return matrix.map((row, index) => row[width]! / row[index]!);
}
