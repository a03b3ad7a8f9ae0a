import { init } from 'echarts';

import { medianOf, type Plot } from './figures';

const COLUMNS = 2;
const WIDTH = 520;
const HEIGHT = 340;
const MARGIN = { left: 70, right: 30, top: 70, bottom: 55 };
const COLOURS = ['#0f766e', '#9ca3af', '#d97706'];

/**
 * Draws plots side by side as SVG: a line through the medians and a dot for each run.
 * The legend takes the place of one more plot.
 */
export function draw(plots: Plot[]): string {
	const rows = Math.ceil((plots.length + 1) / COLUMNS);
	const names = [...new Set(plots.flatMap(({ curves }) => curves.map(({ name }) => name)))];
	const colourOf = (name: string) => COLOURS[names.indexOf(name)];
	const chart = init(null, null, {
		renderer: 'svg',
		ssr: true,
		width: COLUMNS * WIDTH,
		height: rows * HEIGHT,
	});
	const placeOf = (index: number) => ({
		left: (index % COLUMNS) * WIDTH + MARGIN.left,
		top: Math.floor(index / COLUMNS) * HEIGHT + MARGIN.top,
		width: WIDTH - MARGIN.left - MARGIN.right,
		height: HEIGHT - MARGIN.top - MARGIN.bottom,
	});
	const axisOf = ({ isLogarithmic }: Plot) => ({
		type: isLogarithmic ? ('log' as const) : ('value' as const),
		nameLocation: 'middle' as const,
	});
	const legend = placeOf(plots.length);
	chart.setOption({
		animation: false,
		backgroundColor: '#ffffff',
		title: plots.map(({ title }, index) => ({
			text: title,
			left: placeOf(index).left,
			top: placeOf(index).top - 50,
			textStyle: { fontSize: 15 },
		})),
		legend: {
			data: names.map((name) => ({ name, itemStyle: { color: colourOf(name) } })),
			orient: 'vertical',
			left: legend.left,
			top: legend.top,
			itemGap: 16,
			textStyle: { fontSize: 14 },
		},
		grid: plots.map((_, index) => placeOf(index)),
		xAxis: plots.map((plot, gridIndex) => ({
			...axisOf(plot),
			gridIndex,
			name: plot.x,
			nameGap: 28,
			min: plot.isLogarithmic ? 'dataMin' : 0,
			max: 'dataMax',
		})),
		yAxis: plots.map((plot, gridIndex) => ({
			...axisOf(plot),
			gridIndex,
			name: plot.y,
			nameGap: 48,
		})),
		series: plots.flatMap(({ curves }, index) =>
			curves.flatMap(({ name, points }) => {
				const common = { xAxisIndex: index, yAxisIndex: index, color: colourOf(name) };
				const medians = points.map(({ x, values }) => [x, medianOf(values)]);
				const runs = points.flatMap(({ x, values }) => values.map((value) => [x, value]));
				const faint = { opacity: 0.5 };
				return [
					{ ...common, name, type: 'line' as const, symbolSize: 7, data: medians },
					{ ...common, type: 'scatter' as const, symbolSize: 4, itemStyle: faint, data: runs },
				];
			}),
		),
	});
	const svg = chart.renderToSVGString();
	chart.dispose();
	return `${svg}\n`;
}
