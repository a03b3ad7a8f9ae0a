import { manualClock, PLATFORMS, startSandbox } from '../sandbox';
import { createPoller, type Poller } from '../harness/engine';
import { linkOf } from '../harness/links';
import { built } from './built';
import { expectCount } from './expect';
import { NO_LIMIT } from './noLimit';

export const DAY_MINUTES = 24 * 60;

/** Videos in a simulated time, with our trigger to poll them. */
interface Simulation {
	poller: Poller;
	advance: (minutes: number) => void;
	/** How many requests there have been. */
	requestCount: () => number;
}

/** Runs `work` on videos of all platforms that were tracked within the last day, each at a second of its own. */
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

/** How many requests our trigger sends in a day for each of a hundred videos. */
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

/** What watching costs while nothing is new. */
export interface Quiet {
	/** CPU of a poll at which no video is due, round by round. */
	cpuMs: number[];
	/** The state as n8n saves it. */
	stateBytes: number;
}

const QUIET_POLLS = 20;

/** What a trigger with so many videos costs between their snapshots. */
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

/** Whether the next poll goes on where the last one reached its most items. */
const hasMore = ({ staticData }: Poller): boolean =>
	JSON.stringify(staticData).includes('"isDue":true');
