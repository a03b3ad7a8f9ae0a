import { Table } from 'console-table-printer';
import { init } from 'echarts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Count, growthMetricOf } from '../nodes/ContentStats/model/counts';
import { findSlowdown, type SlowdownSettings } from '../nodes/ContentStats/polling/slowdowns';
import { findSpike, type SpikeSettings } from '../nodes/ContentStats/polling/spikes';
import { drawCurve, metricsAt, type Shape, SHAPES } from '../sandbox/growth';
import { type Platform, PLATFORMS } from '../sandbox/links';
import { randomStream } from '../sandbox/random';

/*
 * Follows 1,000 videos of the sandbox for a month, and counts the events of their growth. Run it with
 * `npm run simulate:growth`. It writes the picture of docs/growth.md.
 */

const PICTURE = 'docs/images/growth.svg';
const VIDEOS_OF_A_KIND = 50;
const HOURS = 720;
const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 0, 1);
const PRICE_USD = 0.015;
const DEFAULTS: SpikeSettings & SlowdownSettings = {
	spikeFactor: 3,
	spikeMinimum: 1000,
	slowedHours: 24,
	slowedPercent: 5,
};

interface Month {
	shape: Shape;
	platform: Platform;
	counts: Count[];
	/** Places of the counts at which the video spiked. */
	spikes: number[];
	/** Place of the count at which its growth had slowed; undefined if it never did. */
	slowed: number | undefined;
}

function follow(platform: Platform, shape: Shape, number: number, settings = DEFAULTS): Month {
	const random = randomStream('month', platform, shape, number);
	const curve = drawCurve(platform, random, shape);
	// Tracking begins half an hour to six hours after the post.
	const ageHours = 0.5 + 5.5 * random();
	const metric = growthMetricOf(platform);
	const counts = Array.from({ length: HOURS }, (_, hour): Count => ({
		instant: START + hour * HOUR_MS,
		value: metricsAt(curve, ageHours + hour)[metric]!,
	}));
	const spikes: number[] = [];
	let slowed: number | undefined;
	for (let place = 0; place < HOURS; place += 1) {
		const spikedAt = spikes.length > 0 ? counts[spikes.at(-1)!]!.instant : undefined;
		if (findSpike(counts, place, spikedAt, settings)) spikes.push(place);
		if (slowed === undefined && findSlowdown(counts.slice(0, place + 1), settings)) slowed = place;
	}
	return { shape, platform, counts, spikes, slowed };
}

const followAll = (settings = DEFAULTS): Month[] =>
	SHAPES.flatMap((shape) =>
		PLATFORMS.flatMap((platform) =>
			Array.from({ length: VIDEOS_OF_A_KIND }, (_, number) =>
				follow(platform, shape, number, settings),
			),
		),
	);

const savedUsd = ({ slowed }: Month): number =>
	slowed === undefined ? 0 : (HOURS - 1 - slowed) * PRICE_USD;

/** Returns what a video that is stopped when its growth slows still gains that month. */
const missed = ({ counts, slowed }: Month): number =>
	slowed === undefined ? 0 : Math.max(0, counts.at(-1)!.value - counts[slowed]!.value);

const sum = (months: Month[], valueOf: (month: Month) => number): number =>
	months.reduce((total, month) => total + valueOf(month), 0);

function rowOf(what: string, months: Month[]) {
	const slowed = months.filter((month) => month.slowed !== undefined);
	const days = slowed.map((month) => month.slowed! / 24).sort((a, b) => a - b);
	const cost = months.length * HOURS * PRICE_USD;
	const final = sum(months, ({ counts }) => counts.at(-1)!.value);
	const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`;
	return {
		videos: what,
		spiked: percent(months.filter(({ spikes }) => spikes.length > 0).length, months.length),
		'spikes per video': (sum(months, ({ spikes }) => spikes.length) / months.length).toFixed(2),
		slowed: percent(slowed.length, months.length),
		'median day': days.length > 0 ? days[Math.floor(days.length / 2)]!.toFixed(1) : '',
		'saved (USD)': sum(months, savedUsd).toFixed(0),
		'of the cost': percent(sum(months, savedUsd), cost),
		'missed of the final count': percent(sum(months, missed), final),
	};
}

function draw({ counts, spikes, slowed }: Month): string {
	const chart = init(null, null, { renderer: 'svg', ssr: true, width: 1040, height: 420 });
	const day = (place: number) => place / 24;
	const growths = counts.map(({ value }, place) => [
		day(place),
		place === 0 ? 0 : value - counts[place - 1]!.value,
	]);
	const mark = (name: string, color: string, place: number) => ({
		name,
		xAxis: day(place),
		lineStyle: { color, width: 2 },
		label: { formatter: `${name}, day ${day(place).toFixed(1)}`, color },
	});
	chart.setOption({
		animation: false,
		backgroundColor: '#ffffff',
		legend: { data: ['Views', 'Views per hour'], top: 10 },
		grid: { left: 80, right: 80, top: 70, bottom: 50 },
		xAxis: { type: 'value', name: 'Days', nameLocation: 'middle', nameGap: 28, min: 0, max: 30 },
		yAxis: [
			{ type: 'value', name: 'Views' },
			{ type: 'value', name: 'Views per hour', splitLine: { show: false } },
		],
		series: [
			{
				name: 'Views',
				type: 'line',
				showSymbol: false,
				color: '#0f766e',
				data: counts.map(({ value }, place) => [day(place), value]),
				markLine: {
					symbol: 'none',
					data: [
						...spikes.map((place) => mark('growth.spiked', '#d97706', place)),
						...(slowed === undefined ? [] : [mark('growth.slowed', '#6b7280', slowed)]),
					],
				},
			},
			{
				name: 'Views per hour',
				type: 'line',
				yAxisIndex: 1,
				showSymbol: false,
				color: '#9ca3af',
				lineStyle: { width: 1 },
				data: growths,
			},
		],
	});
	const svg = chart.renderToSVGString();
	chart.dispose();
	return `${svg}\n`;
}

function main(): void {
	const months = followAll();
	const table = new Table({ title: 'A month of 1,000 videos', shouldDisableColors: true });
	for (const shape of SHAPES)
		table.addRow(
			rowOf(
				shape,
				months.filter((month) => month.shape === shape),
			),
		);
	for (const platform of PLATFORMS)
		table.addRow(
			rowOf(
				platform,
				months.filter((month) => month.platform === platform),
			),
		);
	table.addRow(rowOf('all', months));
	for (const slowedPercent of [1, 2, 10, 20])
		table.addRow(rowOf(`all, ${slowedPercent} %`, followAll({ ...DEFAULTS, slowedPercent })));
	for (const spikeFactor of [2, 5, 10])
		table.addRow(rowOf(`all, factor ${spikeFactor}`, followAll({ ...DEFAULTS, spikeFactor })));
	table.printTable();
	const shown = months.find(
		({ shape, platform, spikes, slowed }) =>
			shape === 'takeoff' && platform === 'tiktok' && spikes.length > 0 && slowed !== undefined,
	);
	writeFileSync(join(__dirname, '..', PICTURE), draw(shown!));
	console.log(`Picture written to ${PICTURE}`);
}

main();
