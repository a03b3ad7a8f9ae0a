import { init } from 'echarts';

/** One line of the plot. */
export interface Curve {
	name: string;
	points: Array<{ videos: number; delayMinutes: number; isSaturated: boolean }>;
}

const COLOURS = ['#0f766e', '#2563eb', '#d97706', '#7c3aed', '#db2777'];
const DELAY_TICKS = [3, 5, 10, 15, 30, 60, 120];

const thousands = (value: number): string => value.toLocaleString('en-US');

/**
 * Draws the delay against the number of videos, on logarithmic axes, as SVG. A cross is a saturated point.
 *
 * @param latencyMs the API's latency that the curves assume
 */
export function draw(curves: Curve[], latencyMs: number): string {
	const chart = init(null, null, { renderer: 'svg', ssr: true, width: 1040, height: 600 });
	chart.setOption({
		animation: false,
		backgroundColor: '#ffffff',
		title: {
			text: 'Simulated delay from a snapshot to its row: 95 % take no longer',
			subtext:
				`Latency of the API: ${latencyMs} ms. Lines with the same delays cover one another.\n` +
				'Dot: it keeps up. Cross: a limit is met, and the delay is that of the first 3 hours.',
			left: 80,
			top: 10,
			textStyle: { fontSize: 16 },
			subtextStyle: { lineHeight: 17 },
		},
		legend: {
			data: curves.map(({ name }, index) => ({ name, itemStyle: { color: COLOURS[index] } })),
			icon: 'roundRect',
			orient: 'vertical',
			left: 750,
			top: 'middle',
			itemGap: 16,
			textStyle: { fontSize: 13 },
		},
		grid: { left: 80, right: 330, top: 90, bottom: 60 },
		xAxis: {
			type: 'log',
			name: 'Videos, each with a snapshot an hour',
			nameLocation: 'middle',
			nameGap: 32,
			min: 'dataMin',
			max: 'dataMax',
			axisLabel: { formatter: thousands },
		},
		yAxis: {
			type: 'log',
			name: 'Delay, minutes',
			nameLocation: 'middle',
			nameGap: 48,
			min: DELAY_TICKS[0],
			max: DELAY_TICKS.at(-1),
			axisTick: { customValues: DELAY_TICKS },
			axisLabel: { formatter: thousands, customValues: DELAY_TICKS },
		},
		series: curves.map(({ name, points }, index) => ({
			name,
			type: 'line' as const,
			color: COLOURS[index],
			data: points.map(({ videos, delayMinutes, isSaturated }) => ({
				value: [videos, delayMinutes],
				symbol: isSaturated ? CROSS : 'circle',
				symbolSize: isSaturated ? 12 : 7,
			})),
		})),
	});
	const svg = chart.renderToSVGString();
	chart.dispose();
	return `${svg}\n`;
}

const CROSS = 'path://M0,1 L1,0 L5,4 L9,0 L10,1 L6,5 L10,9 L9,10 L5,6 L1,10 L0,9 L4,5 Z';
