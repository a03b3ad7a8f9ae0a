import { manualClock, PLATFORMS, startSandbox } from '../sandbox';
import { createPoller, type Poller } from '../harness/engine';
import { linkOf } from '../harness/links';
import { built } from './built';
import { expectCount } from './expect';
import { NO_LIMIT } from './noLimit';

export const DAY_MINUTES = 24 * 60;

/** Videos in simulated time, and our trigger to poll them. */
interface Simulation {
	poller: Poller;
	advance: (minutes: number) => void;
	/** Returns the number of requests so far. */
	requestCount: () => number;
}

/** Runs `work` on videos of all platforms, each tracked at a different second of the last day. */
async function simulate<T>(
	videos: number,
	work: (simulation: Simulation) => Promise<T>,
): Promise<T> {
	const realNow = Date.now;
	const clock = manualClock('2026-01-01T00:00:00.000Z');
	Date.now = () => clock.now();
	const sandbox = await startSandbox({ clock, plan: NO_LIMIT, balanceUsd: 1_000_000 });
	try {
		const ids = Array.from({ length: videos }, (_, number) => {
			const secondsAgo = (number * 7919) % (DAY_MINUTES * 60);
			return sandbox.seedVideo({
				video_link: linkOf(PLATFORMS[number % 4]!, number),
				started: clock.now() - secondsAgo * 1000,
			}).id;
		});
		const { baseUrl, liveKey: apiKey } = sandbox;
		const parameters = { watch: 'selected', videos: ids.join('\n') };
		const trigger = new built.ContentStatsTrigger();
		const poller = createPoller({ baseUrl, apiKey }, parameters, {}, { trigger });
		await poller.poll();
		return await work({
			poller,
			advance: (minutes) => clock.advance({ minutes }),
			requestCount: () => sandbox.requests.length,
		});
	} finally {
		Date.now = realNow;
		await sandbox.close();
	}
}

/** Returns the requests that our trigger sends per video and day, with a hundred videos. */
export async function requestsADay(pollMinutes: number): Promise<number> {
	const videos = 100;
	return await simulate(videos, async ({ poller, advance, requestCount }) => {
		const before = requestCount();
		for (let minute = 0; minute < DAY_MINUTES; minute += pollMinutes) {
			advance(pollMinutes);
			await poller.poll();
		}
		return (requestCount() - before) / videos;
	});
}

/** Cost of polling while no video is due. */
export interface Quiet {
	/** CPU time of one poll, by round. */
	cpuMs: number[];
	/** Size of the state as n8n saves it. */
	stateBytes: number;
}

const QUIET_POLLS = 20;

/** Measures the cost of a trigger between the snapshots of its videos. */
export async function measureQuiet(videos: number, rounds: number): Promise<Quiet> {
	return await simulate(videos, async ({ poller, advance, requestCount }) => {
		advance(60);
		do await poller.poll();
		while (hasMore(poller));
		const sentBefore = requestCount();
		const cpuMs: number[] = [];
		for (let round = 0; round < rounds; round += 1) {
			const before = process.cpuUsage();
			for (let poll = 0; poll < QUIET_POLLS; poll += 1) await poller.poll();
			const { user, system } = process.cpuUsage(before);
			cpuMs.push((user + system) / 1000 / QUIET_POLLS);
		}
		expectCount('requests while nothing is due', requestCount() - sentBefore, 0);
		return { cpuMs, stateBytes: Buffer.byteLength(JSON.stringify(poller.staticData)) };
	});
}

/** Whether the last poll reached Max Items Per Poll, so that a backlog is left. */
const hasMore = ({ staticData }: Poller): boolean =>
	JSON.stringify(staticData).includes('"isDue":true');
