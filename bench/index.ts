import { Command, InvalidArgumentError } from 'commander';
import { Table } from 'console-table-printer';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { hostVersions } from '../harness/hostVersions';
import removeN8nFolder from '../harness/removeN8nFolder';
import { measureBatch } from './batch';
import { type Figure, medianOf, ratiosOf, type Report, spreadOf } from './figures';
import { measureGet } from './get';
import { measureGrowth } from './growth';
import { measureLoad } from './load';
import { measurePackage } from './package';
import { draw } from './plot';
import { measureBuiltIn, measureManyVideos, measurePolls } from './poll';
import type { Shares } from './profile';
import { useBenchSettings } from './settings';

// Colour codes would end up in files that the output is redirected to.
const PLAIN = { shouldDisableColors: true };
const PLOT = 'docs/images/performance.svg';

/** The batch comes last, since it speeds up the clock of this process for good. */
const MEASURES: Array<{ name: string; measure: (rounds: number) => Promise<Report> | Report }> = [
	{ name: 'package', measure: measurePackage },
	{ name: 'load', measure: measureLoad },
	{ name: 'get', measure: measureGet },
	{ name: 'polls', measure: measurePolls },
	{ name: 'manyVideos', measure: measureManyVideos },
	{ name: 'builtIn', measure: measureBuiltIn },
	{ name: 'growth', measure: measureGrowth },
	{ name: 'batch', measure: measureBatch },
];
const NAMES = MEASURES.map(({ name }) => name);

const { runs, json, only } = new Command('npm run bench --')
	.description(
		'Measures the package against the sandbox. Each figure is measured in turn with a floor (the least work ' +
			'that any solution must do) or with an alternative that a user has. Each ratio compares two runs of the ' +
			'same round, and is shown as the median of all rounds (least to most). ' +
			`A full benchmark takes half an hour and writes ${PLOT}.`,
	)
	.option('--runs <number>', 'number of rounds', wholeNumber, 5)
	.option(
		'--only <names>',
		`parts to measure, separated by commas: ${NAMES.join(',')}`,
		names,
		NAMES,
	)
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
	await useBenchSettings();
	const host = hostVersions(__dirname);
	const reports: Report[] = [];
	for (const { name, measure } of MEASURES.filter(({ name }) => only.includes(name))) {
		if (!json) console.log(`Measuring ${name} …`);
		reports.push(await measure(runs));
	}
	await removeN8nFolder();
	const figures = reports.flatMap(({ figures = [] }) => figures).sort((a, b) => a.row - b.row);
	const shares = reports.flatMap(({ shares = {} }) => Object.entries(shares));
	const allocations = reports.flatMap(({ allocations = {} }) => Object.entries(allocations));
	const plots = reports.flatMap(({ plots = [] }) => plots);
	if (plots.length > 0) writeFileSync(join(__dirname, '..', PLOT), draw(plots));
	if (json)
		return console.log(
			JSON.stringify(
				{
					host,
					figures,
					shares: Object.fromEntries(shares),
					allocations: Object.fromEntries(allocations),
					plots,
				},
				null,
				2,
			),
		);
	printFigures(figures, host);
	for (const [work, shared] of shares) printShares(`CPU time: ${work}`, 'ms', shared);
	for (const [work, shared] of allocations) printShares(`Memory allocated: ${work}`, 'MB', shared);
	for (const { title, x, y, curves } of plots) {
		const table = new Table({ title: `${title}: ${y}`, ...PLAIN });
		for (const { name, points } of curves)
			table.addRow({
				[x]: name,
				...Object.fromEntries(points.map(({ x, values }) => [x, spreadOf(values)])),
			});
		table.printTable();
	}
	if (plots.length > 0) console.log(`Plot written to ${PLOT}`);
}

function printFigures(figures: Figure[], host: string): void {
	const table = new Table({ title: `${host}; rounds: ${runs}`, ...PLAIN });
	for (const figure of figures) {
		const { row, what, unit, ours, against, theirs, target } = figure;
		const ratios = ratiosOf(figure);
		table.addRow({
			'': row,
			what,
			ours: `${spreadOf(ours)} ${unit}`.trim(),
			against: `${against}: ${spreadOf(theirs)} ${unit}`.trim(),
			ratio: spreadOf(ratios),
			'target (at most)': target ?? '',
			met: target === undefined ? '' : medianOf(ratios) <= target ? 'yes' : 'no',
		});
	}
	if (figures.length > 0) table.printTable();
}

function printShares(title: string, unit: string, shares: Shares): void {
	const all = Object.values(shares).reduce((sum, value) => sum + value, 0);
	const table = new Table({ title, ...PLAIN });
	for (const [owner, value] of Object.entries(shares))
		table.addRow({
			'owner of the code': owner,
			[unit]: value >= 10 ? Math.round(value) : value.toFixed(1),
			share: `${Math.round((value / all) * 100)} %`,
		});
	table.printTable();
}

function names(text: string): string[] {
	const chosen = text.split(',');
	const wrong = chosen.filter((name) => !NAMES.includes(name));
	if (wrong.length === 0) return chosen;
	throw new InvalidArgumentError(`Choose from ${NAMES.join(', ')}.`);
}

function wholeNumber(text: string): number {
	const number = Number(text);
	if (Number.isInteger(number) && number > 0) return number;
	throw new InvalidArgumentError('Give a whole number of at least 1.');
}
