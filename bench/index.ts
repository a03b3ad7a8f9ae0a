import { Command, InvalidArgumentError } from 'commander';
import { Table } from 'console-table-printer';

import useOwnN8nFolder from '../test/setup/n8nFolder';
import removeN8nFolder from '../test/setup/removeN8nFolder';
import { measureBatch } from './batch';
import { type Figure, medianOf, ratiosOf, spreadOf } from './figures';
import { measureGet } from './get';
import { measureLoad } from './load';
import { measurePackage } from './package';
import { measureBuiltIn, measureManyVideos, measurePolls } from './poll';

// Colour codes would end up in files that the output is sent to.
const PLAIN = { shouldDisableColors: true };

/** The batch comes last: it makes the clock of this process run faster. */
const MEASURES: Array<{ name: string; measure: (rounds: number) => Promise<Figure[]> | Figure[] }> =
	[
		{ name: 'package', measure: measurePackage },
		{ name: 'load', measure: measureLoad },
		{ name: 'get', measure: measureGet },
		{ name: 'polls', measure: measurePolls },
		{ name: 'manyVideos', measure: measureManyVideos },
		{ name: 'builtIn', measure: measureBuiltIn },
		{ name: 'batch', measure: measureBatch },
	];
const NAMES = MEASURES.map(({ name }) => name);

const { runs, json, only } = new Command('npm run bench --')
	.description(
		'Measures the package on the sandbox, in turn with a floor (what cannot be done without) or with what a ' +
			'user would do otherwise. Ratios are of runs that follow each other, as median (least to most). ' +
			'All of it takes about half an hour.',
	)
	.option('--runs <number>', 'how often each is run, in turn', wholeNumber, 5)
	.option('--only <names>', `some of ${NAMES.join(',')}`, names, NAMES)
	.option('--json', 'print every run as JSON')
	.parse()
	.opts<{ runs: number; json?: true; only: string[] }>();

main().then(
	() => process.exit(0),
	(error: Error) => {
		console.error(`The benchmark failed: ${error.message}`);
		process.exit(1);
	},
);

async function main() {
	await useOwnN8nFolder();
	const figures: Figure[] = [];
	for (const { name, measure } of MEASURES.filter(({ name }) => only.includes(name))) {
		if (!json) console.log(`Measuring ${name} …`);
		figures.push(...(await measure(runs)));
	}
	await removeN8nFolder();
	figures.sort((a, b) => a.row - b.row);
	if (json) return console.log(JSON.stringify(figures, null, 2));
	const table = new Table({ title: `${runs} runs each`, ...PLAIN });
	for (const figure of figures) {
		const { row, what, unit, ours, against, theirs, target } = figure;
		const ratios = ratiosOf(figure);
		table.addRow({
			'': row,
			what,
			ours: `${spreadOf(ours)} ${unit}`.trim(),
			against: `${against}: ${spreadOf(theirs)} ${unit}`.trim(),
			ratio: spreadOf(ratios),
			'at most': target ?? '',
			reached: target === undefined ? '' : medianOf(ratios) <= target ? 'yes' : 'no',
		});
	}
	table.printTable();
}

function names(text: string): string[] {
	const chosen = text.split(',');
	const wrong = chosen.filter((name) => !NAMES.includes(name));
	if (wrong.length === 0) return chosen;
	throw new InvalidArgumentError(`Choose of ${NAMES.join(', ')}.`);
}

function wholeNumber(text: string): number {
	const number = Number(text);
	if (Number.isInteger(number) && number > 0) return number;
	throw new InvalidArgumentError('It must be a whole number from 1 up.');
}
