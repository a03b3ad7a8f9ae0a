import { Command, InvalidArgumentError } from 'commander';
import { Table } from 'console-table-printer';

import useOwnN8nFolder from '../test/setup/n8nFolder';
import { type BatchRun, LINKS, measureBatch } from './batch';

// Colour codes would end up in files that the output is sent to.
const PLAIN = { shouldDisableColors: true };

const { runs, json } = new Command('npm run bench --')
	.description(
		'Measures the package against what a user would do otherwise, on the sandbox: a batch of 300 links ' +
			'at 60 requests a minute, in a clock that runs 20 times as fast as real time.',
	)
	.option('--runs <number>', 'how often each way is run, in turn', wholeNumber, 5)
	.option('--json', 'print every run as JSON')
	.parse()
	.opts<{ runs: number; json?: true }>();

main().then(
	() => process.exit(0),
	(error: Error) => {
		console.error(`The benchmark failed: ${error.message}`);
		process.exit(1);
	},
);

async function main() {
	const removeFolder = await useOwnN8nFolder();
	const results = await measureBatch(runs).finally(removeFolder);
	if (json) return console.log(JSON.stringify(Object.fromEntries(results), null, 2));
	const table = new Table({
		title: `300 links at 60 requests a minute, ${runs} runs each`,
		...PLAIN,
	});
	for (const [way, all] of results) {
		const spread = (of: (run: BatchRun) => number, digits = 0) => spreadOf(all.map(of), digits);
		table.addRow({
			way,
			tracked: spread(({ tracked }) => tracked),
			requests: spread(({ requests }) => requests),
			'answered 429': spread(({ refused }) => refused),
			minutes: spread(({ minutes }) => minutes, 2),
			// Who loses links is done early.
			'of what the limit makes necessary': all.every(({ tracked }) => tracked === LINKS)
				? spread(({ minutes, necessary }) => minutes / necessary, 3)
				: '–',
		});
	}
	table.printTable();
}

/** The median, with the least and the most where they differ. */
function spreadOf(values: number[], digits: number): string {
	const sorted = [...values].sort((a, b) => a - b).map((value) => value.toFixed(digits));
	const [least, most] = [sorted[0]!, sorted.at(-1)!];
	const median = sorted[Math.floor(sorted.length / 2)]!;
	return least === most ? median : `${median} (${least} to ${most})`;
}

function wholeNumber(text: string): number {
	const number = Number(text);
	if (Number.isInteger(number) && number > 0) return number;
	throw new InvalidArgumentError('It must be a whole number from 1 up.');
}
