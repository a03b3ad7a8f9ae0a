import { linkOf } from '../../harness/links';
import { PLATFORMS, startSandbox } from '../../sandbox';
import { NO_LIMIT } from '../noLimit';

/*
 * The sandbox in real time, in a process of its own: its CPU time is not n8n's. The parent process seeds
 * videos, sets the latency, and asks for the requests so far.
 */

/** Videos to seed. */
export interface Seed {
	/** When the next snapshot of each video is due, in Unix milliseconds. */
	nextAt: number[];
	/** Snapshots that each video has by then. */
	snapshots: number;
}

export type ApiMessage =
	| { kind: 'seed'; seed: Seed }
	| { kind: 'latency'; ms: number }
	/** Answered with the arrival of each request since the last such message, in Unix milliseconds. */
	| { kind: 'requests' };

export interface ApiAddress {
	baseUrl: string;
	liveKey: string;
}

const HOUR_MS = 3_600_000;

async function main(): Promise<void> {
	const sandbox = await startSandbox({
		plan: NO_LIMIT,
		balanceUsd: 1_000_000,
		firstSnapshotDelayMs: 0,
	});
	const answer = (message: ApiMessage): unknown => {
		if (message.kind === 'seed') return message.seed.nextAt.map((at) => seed(at, message.seed));
		if (message.kind === 'latency') {
			sandbox.faults.clear();
			if (message.ms > 0) sandbox.faults.add({ kind: 'latency', ms: message.ms, times: Infinity });
			return null;
		}
		return sandbox.requests.splice(0).map(({ at }) => at);
	};
	const seed = (nextAt: number, { snapshots }: Seed): string => {
		const number = sandbox.videos.size;
		return sandbox.seedVideo({
			video_link: linkOf(PLATFORMS[number % PLATFORMS.length]!, number),
			duration_days: 30,
			started: nextAt - snapshots * HOUR_MS,
		}).id;
	};
	process.on('message', (message: ApiMessage) => process.send!(answer(message)));
	process.once('disconnect', () => process.exit());
	process.send!({ baseUrl: sandbox.baseUrl, liveKey: sandbox.liveKey } satisfies ApiAddress);
}

void main();
