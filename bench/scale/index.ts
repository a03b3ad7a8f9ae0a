import { Command, InvalidArgumentError } from 'commander';
import { Table } from 'console-table-printer';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describeError } from '../../demo/errors';
import { stopAllGroups } from '../../demo/processes';
import { CHECKED, type Outcome, play, predict } from './check';
import { openBench } from './deployment';
import { FIGURES } from './figures';
import { measureFigures } from './measure';
import { type Limit, MINUTE_MS, type Result, simulate } from './model';
import { type Curve, draw } from './plot';
import { LATENCY_MS, scenarioOf, TOPOLOGIES, type Topology, VARIANTS, VIDEOS } from './topologies';

// Colour codes would end up in files that the output is redirected to.
const PLAIN = { shouldDisableColors: true };
const PLOT = 'docs/images/scale.svg';
const PLOTTED_VIDEOS = [1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000];

const { check, latency } = new Command('npm run simulate:scale --')
	.description(
		'Simulates how far the trigger scales, and ' +
			`writes ${PLOT}. The figures of bench/scale/figures.ts feed the model.`,
	)
	.option('--latency <ms>', 'time from a request to the reply of the API', milliseconds, LATENCY_MS)
	.option(
		'--check',
		'measure the figures on this machine, play scenarios on a real n8n, and compare them with the model; ' +
			'takes an hour, on Linux',
	)
	.parse()
	.opts<{ check?: true; latency: number }>();

async function simulateAll(): Promise<void> {
	const table = new Table({ title: `API latency: ${latency} ms`, ...PLAIN });
	const curves: Curve[] = [];
	for (const topology of TOPOLOGIES) {
		const results = PLOTTED_VIDEOS.map((videos) => run(topology, videos));
		for (const { videos, result } of results)
			if (VIDEOS.includes(videos)) table.addRow(rowOf(topology, videos, result));
		const points = results.map(({ videos, result }) => ({
			videos,
			delayMinutes: (result.delayMs?.p95 ?? 0) / MINUTE_MS,
			isSaturated: result.isSaturated,
		}));
		curves.push({ name: topology.name, points });
	}
	for (const topology of VARIANTS)
		for (const videos of VIDEOS)
			table.addRow(rowOf(topology, videos, run(topology, videos).result));
	table.printTable();
	writeFileSync(join(__dirname, '..', '..', PLOT), draw(curves, latency));
	console.log(`Plot written to ${PLOT}`);
}

function run(topology: Topology, videos: number): { videos: number; result: Result } {
	const scenario = scenarioOf(topology, videos, latency);
	return { videos, result: simulate(scenario, FIGURES) };
}

const minutes = (ms: number | undefined): string =>
	ms === undefined ? '–' : (ms / MINUTE_MS).toFixed(1);
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const thousands = (value: number): string => Math.round(value).toLocaleString('en-US');

function rowOf(topology: Topology, videos: number, result: Result) {
	const { delayMs, requests, limit, isSaturated, isGrowing, utilization } = result;
	const { durationMs } = scenarioOf(topology, videos, latency);
	const of = (name: Limit) => percent(utilization[name]);
	return {
		topology: topology.name,
		videos: thousands(videos),
		'delay, min (median)': minutes(delayMs?.median),
		'(95 %)': minutes(delayMs?.p95),
		'(max)': minutes(delayMs?.max),
		'requests a minute': thousands((requests / durationMs) * MINUTE_MS),
		'main CPU': of('CPU of the main process'),
		'worker CPU': of('CPU of the workers'),
		'in flight': of('8 requests in flight'),
		items: of('Max Items Per Poll'),
		'keeps up': isGrowing ? 'no' : isSaturated ? 'late' : 'yes',
		'first limit': limit,
	};
}

async function compare(): Promise<void> {
	const bench = await openBench();
	try {
		const figures = await measureFigures(bench);
		console.log(JSON.stringify(figures, null, 2));
		const table = new Table({ title: 'Model against a real n8n', ...PLAIN });
		for (const scenario of CHECKED) {
			const real = await play(scenario, bench);
			for (const row of deviations(scenario.what, predict(scenario, figures), real))
				table.addRow(row);
		}
		table.printTable();
	} finally {
		bench.close();
	}
}

const NAMES: Array<[name: string, key: keyof Outcome, unit: number]> = [
	['delay, median, s', 'medianMs', 1000],
	['delay, 95 %, s', 'p95Ms', 1000],
	['rows', 'rows', 1],
	['requests', 'requests', 1],
	['CPU of the main process, s', 'mainMs', 1000],
	['CPU of the workers, s', 'workersMs', 1000],
];

function deviations(what: string, model: Outcome, real: Outcome) {
	return NAMES.filter(([, key]) => real[key] > 0).map(([name, key, unit]) => ({
		scenario: what,
		figure: name,
		model: (model[key] / unit).toFixed(1),
		real: (real[key] / unit).toFixed(1),
		deviation: `${((model[key] / real[key] - 1) * 100).toFixed(1)} %`,
	}));
}

function milliseconds(text: string): number {
	const value = Number(text);
	if (text !== '' && value >= 0 && value < Infinity) return value;
	throw new InvalidArgumentError('Give a number of milliseconds, such as 100.');
}

(check ? compare() : simulateAll()).then(
	() => process.exit(0),
	async (error: Error) => {
		console.error(describeError(error));
		await stopAllGroups();
		process.exit(1);
	},
);
