import { manualClock, PLATFORMS, startSandbox } from '../sandbox';
import { createPoller } from '../test/engine/support/host';
import type { Figure } from './figures';
import { measure } from './measure';
import type { Cost } from './subject';

const SNAPSHOTS = 718;
const VIDEOS = 1000;
/** Of each video where their number grows: as many fit into the memory of the API. */
const FEW_SNAPSHOTS = 100;
const MANY_VIDEOS = 10_000;

async function inTurn(works: string[], rounds: number, videos: number, snapshots: number) {
	const costs = new Map(works.map((work) => [work, [] as Cost[]]));
	for (let round = 0; round < rounds; round += 1)
		for (const work of works) costs.get(work)!.push(await measure(work, { videos, snapshots }));
	return (work: string, of: (cost: Cost) => number) => costs.get(work)!.map(of);
}

const cpu = ({ cpuMs }: Cost): number => cpuMs;
const peak = ({ peakMb }: Cost): number => peakMb;
const peakWithoutState = ({ peakMb, stateMb }: Cost): number => peakMb - stateMb;

/** Rows 1 and 2: a poll against its floors. */
export async function measurePolls(rounds: number): Promise<Figure[]> {
	const all = await inTurn(['axios', 'helper', 'poll'], rounds, VIDEOS, SNAPSHOTS);
	const against = (row: number, unit: string, of: (cost: Cost) => number, target: number) => {
		const what = `poll of ${VIDEOS} videos with ${SNAPSHOTS} snapshots, one new each: ${unit === 'ms' ? 'CPU' : 'peak memory above idle'}`;
		const ours = all('poll', of);
		return [
			{ row, what, unit, ours, against: 'axios, JSON.parse', theirs: all('axios', of), target },
			{ row, what, unit, ours, against: "n8n's request helper", theirs: all('helper', of) },
		];
	};
	return [...against(1, 'ms', cpu, 1.25), ...against(2, 'MB', peak, 1.15)];
}

/** Row 2: the memory of a poll of ten times as many videos. */
export async function measureManyVideos(rounds: number): Promise<Figure[]> {
	const few = await inTurn(['poll'], rounds, VIDEOS, FEW_SNAPSHOTS);
	const many = await inTurn(['poll'], rounds, MANY_VIDEOS, FEW_SNAPSHOTS);
	return [
		{
			row: 2,
			what: `peak memory of a poll of ${MANY_VIDEOS} videos with ${FEW_SNAPSHOTS} snapshots, state aside`,
			unit: 'MB',
			ours: many('poll', peakWithoutState),
			against: `the same of ${VIDEOS} videos`,
			theirs: few('poll', peakWithoutState),
			target: 1.1,
		},
	];
}

const POLL_MINUTES = 5;
const POLLS_A_DAY = (24 * 60) / POLL_MINUTES;
const SIMULATED = 100;

/** How many requests our trigger sends in a simulated day of 100 videos, polled every 5 minutes. */
async function requestsADay(): Promise<number> {
	const realNow = Date.now;
	const clock = manualClock('2026-01-01T00:00:00.000Z');
	Date.now = () => clock.now();
	const sandbox = await startSandbox({ clock, plan: 'enterprise', balanceUsd: 1000 });
	try {
		for (let number = 0; number < SIMULATED; number += 1) {
			const links = {
				tiktok: `https://www.tiktok.com/@a/video/${7_000_000_000 + number}`,
				youtube: `https://www.youtube.com/watch?v=${10_000_000_000 + number}`,
				instagram: `https://www.instagram.com/p/a${number}/`,
				twitter: `https://twitter.com/a/status/${7_000_000_000 + number}`,
			};
			sandbox.seedVideo({
				video_link: links[PLATFORMS[number % 4]!],
				started: clock.now() - ((number * 37) % (24 * 60)) * 60_000 - number * 613,
			});
		}
		const poller = createPoller({ baseUrl: sandbox.baseUrl, apiKey: sandbox.liveKey }, {});
		await poller.poll();
		const before = sandbox.requests.length;
		for (let poll = 0; poll < POLLS_A_DAY; poll += 1) {
			clock.advance({ minutes: POLL_MINUTES });
			await poller.poll();
		}
		return (sandbox.requests.length - before) / SIMULATED;
	} finally {
		Date.now = realNow;
		await sandbox.close();
	}
}

/** Row 3: the same as a workflow of nodes that come with n8n. */
export async function measureBuiltIn(rounds: number): Promise<Figure[]> {
	const costs = await inTurn(['builtInNodes', 'poll'], rounds, VIDEOS, SNAPSHOTS);
	const against = 'HTTP Request, Split Out, Remove Duplicates';
	return [
		{
			row: 3,
			what: `the same ${VIDEOS} videos: CPU`,
			unit: 'ms',
			ours: costs('poll', cpu),
			against,
			theirs: costs('builtInNodes', cpu),
			target: 0.5,
		},
		{
			row: 3,
			what: `requests a day for a video, polled every ${POLL_MINUTES} minutes`,
			unit: '',
			ours: [await requestsADay()],
			against: `${against}: one at each poll`,
			theirs: [POLLS_A_DAY],
			target: 0.1,
		},
	];
}
