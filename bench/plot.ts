import { init } from 'echarts';

import { medianOf, type Plot } from './figures';

const COLUMNS = 2;
const WIDTH = 520;
const HEIGHT = 340;
const MARGIN = { left: 70, right: 30, top: 70, bottom: 55 };
const COLOURS = ['#0f766e', '#9ca3af'];

/** Plots side by side as SVG: lines through the medians, and a dot for each run. Both axes are logarithmic. */
export function draw(plots: Plot[]): string {
	const rows = Math.ceil(plots.length / COLUMNS);
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
	const axis = { type: 'log' as const, nameLocation: 'middle' as const };
	chart.setOption({
		animation: false,
		backgroundColor: '#ffffff',
		title: plots.map(({ title }, index) => ({
			text: title,
			left: placeOf(index).left,
			top: placeOf(index).top - 50,
			textStyle: { fontSize: 15 },
		})),
		grid: plots.map((_, index) => placeOf(index)),
		xAxis: plots.map(({ x, curves }, gridIndex) => ({
			...axis,
			gridIndex,
			name: x,
			nameGap: 28,
			min: curves[0]!.points[0]!.x,
			max: curves[0]!.points.at(-1)!.x,
		})),
		yAxis: plots.map(({ y }, gridIndex) => ({ ...axis, gridIndex, name: y, nameGap: 48 })),
		series: plots.flatMap(({ curves }, index) =>
			curves.flatMap(({ name, points }, place) => [
				{
					name,
					type: 'line' as const,
					xAxisIndex: index,
					yAxisIndex: index,
					color: COLOURS[place],
					symbolSize: 7,
					endLabel: { show: true, formatter: name, align: 'right' as const, offset: [0, -12] },
					data: points.map(({ x, values }) => [x, medianOf(values)]),
				},
				{
					type: 'scatter' as const,
					xAxisIndex: index,
					yAxisIndex: index,
					color: COLOURS[place],
					symbolSize: 4,
					itemStyle: { opacity: 0.5 },
					data: points.flatMap(({ x, values }) => values.map((value) => [x, value])),
				},
			]),
		),
	});
	const svg = chart.renderToSVGString();
	chart.dispose();
	return `${svg}\n`;
}
