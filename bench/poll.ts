import { DAY_MINUTES, requestsADay } from './day';
import type { Figure, Report } from './figures';
import { inTurn, measure } from './measure';
import type { Shares } from './profile';
import type { Held } from './subject';

const MANY_SNAPSHOTS = { videos: 1000, snapshots: 718 };
/** Few enough snapshots that ten times the videos fit into the memory of the sandbox. */
const FEW_SNAPSHOTS = { videos: 1000, snapshots: 100 };
const MANY_VIDEOS = { videos: 10_000, snapshots: 100 };

const POLL = 'a poll of 1,000 videos with 718 snapshots, one new each';
const HELPER = "n8n's request helper, JSON.parse";
const WORKS = {
	axios: 'axios with keep-alive, JSON.parse',
	axiosAmongTexts: 'the same axios in a process with 100,000 other texts',
	axiosInN8n: 'the same axios in a process with n8n-core',
	helper: HELPER,
	poll: POLL,
	pollAllEvents: 'the same poll with every event, of which none slows',
};
type WorkName = keyof typeof WORKS;

/** Measures rows 1, 2 and 8: a poll against its floors, its CPU time by owner of the code, and every event. */
export async function measurePolls(rounds: number): Promise<Report> {
	const works = Object.keys(WORKS) as WorkName[];
	const costs = await inTurn('cost', works, rounds, MANY_SNAPSHOTS);
	const cpu = (work: WorkName) => costs[work].map(({ cpuMs }) => cpuMs);
	const peak = (work: WorkName) => costs[work].map(({ peakMb }) => peakMb);
	const one = { row: 1, what: `${POLL}: CPU`, unit: 'ms', ours: cpu('poll') };
	const two = { row: 2, what: `${POLL}: peak memory above idle`, unit: 'MB', ours: peak('poll') };
	const cpuOf = (work: WorkName) => ({ ...one, against: WORKS[work], theirs: cpu(work) });
	const peakOf = (work: WorkName) => ({ ...two, against: WORKS[work], theirs: peak(work) });
	const shares: Record<string, Shares> = {};
	const allocations: Record<string, Shares> = {};
	for (const work of works) {
		shares[WORKS[work]] = await measure('shares', work, MANY_SNAPSHOTS);
		allocations[WORKS[work]] = await measure('allocations', work, MANY_SNAPSHOTS);
	}
	return {
		figures: [
			{ ...cpuOf('axios'), target: 1.25 },
			cpuOf('axiosAmongTexts'),
			cpuOf('axiosInN8n'),
			cpuOf('helper'),
			{ ...peakOf('axios'), target: 1.15 },
			peakOf('axiosInN8n'),
			peakOf('helper'),
			{
				row: 8,
				what: `${WORKS.pollAllEvents}: CPU`,
				unit: 'ms',
				ours: cpu('pollAllEvents'),
				against: POLL,
				theirs: cpu('poll'),
				target: 1.1,
			},
		],
		shares,
		allocations,
	};
}

/** Measures row 2: the memory of a poll of ten times as many videos. */
export async function measureManyVideos(rounds: number): Promise<Report> {
	const few = await inTurn('cost', ['poll', 'helper'], rounds, FEW_SNAPSHOTS);
	const many = await inTurn('cost', ['poll', 'helper'], rounds, MANY_VIDEOS);
	const fewHeld = (await inTurn('held', ['poll'], rounds, FEW_SNAPSHOTS)).poll;
	const manyHeld = (await inTurn('held', ['poll'], rounds, MANY_VIDEOS)).poll;
	const what = 'a poll of 10,000 videos with 100 snapshots';
	const against = 'the same for 1,000 videos';
	const common = { row: 2, unit: 'MB', against };
	const peaks = (all: typeof few, work: 'poll' | 'helper') => all[work].map(({ peakMb }) => peakMb);
	const held: Array<[what: string, part: keyof Held]> = [
		['memory held, without items and state', 'ownMb'],
		['memory held by returned items', 'itemsMb'],
		['memory held by the state', 'stateMb'],
	];
	return {
		figures: [
			{
				...common,
				what: `${what}: the peak of 1,000 videos plus additional memory held, without items and state`,
				ours: manyHeld.map(
					({ ownMb }, round) => peaks(few, 'poll')[round]! + ownMb - fewHeld[round]!.ownMb,
				),
				theirs: peaks(few, 'poll'),
				target: 1.1,
			},
			...held.map(([part, key]): Figure => ({
				...common,
				what: `${what}: ${part}`,
				ours: manyHeld.map((one) => one[key]),
				theirs: fewHeld.map((one) => one[key]),
			})),
			{
				...common,
				what: `${what}: measured peak, including garbage that V8 has not collected`,
				ours: peaks(many, 'poll'),
				theirs: peaks(few, 'poll'),
			},
			{
				...common,
				what: `${HELPER}, for 10,000 videos with 100 snapshots: peak`,
				ours: peaks(many, 'helper'),
				theirs: peaks(few, 'helper'),
			},
		],
	};
}

const POLL_MINUTES = 5;
const POLLS_A_DAY = DAY_MINUTES / POLL_MINUTES;

/** Measures row 3: a poll against a workflow of nodes that come with n8n. */
export async function measureBuiltIn(rounds: number): Promise<Report> {
	const costs = await inTurn('cost', ['builtInNodes', 'poll'], rounds, MANY_SNAPSHOTS);
	const against = 'HTTP Request, Split Out, Remove Duplicates';
	return {
		figures: [
			{
				row: 3,
				what: `${POLL}: CPU`,
				unit: 'ms',
				ours: costs.poll.map(({ cpuMs }) => cpuMs),
				against,
				theirs: costs.builtInNodes.map(({ cpuMs }) => cpuMs),
				target: 0.5,
			},
			{
				row: 3,
				what: `requests a day for a video, polled every ${POLL_MINUTES} minutes`,
				unit: '',
				ours: [await requestsADay(POLL_MINUTES)],
				against: `${against}: one at each poll`,
				theirs: [POLLS_A_DAY],
				target: 0.1,
			},
		],
	};
}
