import type { ApiOptions } from './api';
import { DAY_MINUTES, measureQuiet, requestsADay } from './day';
import type { Curve, Plot, Report } from './figures';
import { inTurn } from './measure';
import type { Cost } from './subject';

const VIDEOS = [250, 500, 1000, 2000];
const SNAPSHOTS = [24, 168, 336, 718];
const POLL_MINUTES = [1, 5, 15, 60, 360, 1440];
const QUIET_VIDEOS = [1000, 2500, 5000, 10_000];
const OURS = 'ContentStats Trigger';

async function cpuCurves(
	xs: number[],
	rounds: number,
	optionsAt: (x: number) => ApiOptions,
): Promise<Curve[]> {
	const ours: Curve = { name: OURS, points: [] };
	const floor: Curve = { name: 'axios with JSON.parse: the floor', points: [] };
	const cpu = ({ cpuMs }: Cost) => cpuMs;
	for (const x of xs) {
		const { axios, poll } = await inTurn('cost', ['axios', 'poll'], rounds, optionsAt(x));
		ours.points.push({ x, values: poll.map(cpu) });
		floor.points.push({ x, values: axios.map(cpu) });
	}
	return [ours, floor];
}

/** Measures how the cost grows with the number of videos, snapshots and polls. */
export async function measureGrowth(rounds: number): Promise<Report> {
	const videos: Plot = {
		title: 'Videos that are due, 100 snapshots each',
		x: 'videos',
		y: 'CPU of a poll, ms',
		curves: await cpuCurves(VIDEOS, rounds, (x) => ({ videos: x, snapshots: 100 })),
	};
	const snapshots: Plot = {
		title: 'Snapshots, of 500 videos that are due',
		x: 'snapshots of each video',
		y: 'CPU of a poll, ms',
		curves: await cpuCurves(SNAPSHOTS, rounds, (x) => ({ videos: 500, snapshots: x })),
	};
	const ours: Curve = { name: OURS, points: [] };
	for (const x of POLL_MINUTES) ours.points.push({ x, values: [await requestsADay(x)] });
	const eachPoll = POLL_MINUTES.map((x) => ({ x, values: [DAY_MINUTES / x] }));
	const polls: Plot = {
		title: 'Polls',
		isLogarithmic: true,
		x: 'minutes from poll to poll',
		y: 'requests a day for a video',
		curves: [ours, { name: 'a request at each poll', points: eachPoll }],
	};
	const cpu: Curve = { name: OURS, points: [] };
	const state: Curve = { name: OURS, points: [] };
	for (const x of QUIET_VIDEOS) {
		const { cpuMs, stateBytes } = await measureQuiet(x, rounds);
		cpu.points.push({ x, values: cpuMs });
		state.points.push({ x, values: [stateBytes / 1000] });
	}
	const quiet = { title: 'Videos that are not due', x: 'videos', y: 'CPU of a poll, ms' };
	const states = { title: 'State', x: 'videos', y: 'kB in the database of n8n' };
	return {
		plots: [videos, snapshots, polls, { ...quiet, curves: [cpu] }, { ...states, curves: [state] }],
	};
}
