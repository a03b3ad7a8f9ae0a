import { manualClock, startSandbox } from '../sandbox';
import { trackingIds } from '../sandbox/video';
import { NO_LIMIT } from './noLimit';

/** The sandbox with its videos, in a process of its own. All times are ms since the epoch. */
export interface Api {
	baseUrl: string;
	apiKey: string;
	now: number;
	videoIds: string[];
}

export interface ApiOptions {
	videos: number;
	/** Snapshots of each video before the next hour adds one more; at most 718. */
	snapshots: number;
}

const SEED = 1;
const HOUR_MS = 3_600_000;

async function main() {
	const { videos, snapshots } = JSON.parse(process.argv[2]!) as ApiOptions;
	const clock = manualClock(Math.floor(Date.now() / HOUR_MS) * HOUR_MS);
	const sandbox = await startSandbox({
		clock,
		seed: SEED,
		plan: NO_LIMIT,
		balanceUsd: 1_000_000,
		firstSnapshotDelayMs: 0,
	});
	// The newest snapshot is a minute old, and the next one is due in 59 minutes.
	const started = clock.now() - (snapshots - 1) * HOUR_MS - 60_000;
	for (let number = 0; number < videos; number += 1)
		sandbox.seedVideo({
			video_link: `https://www.tiktok.com/@bench/video/${7_000_000_000 + number}`,
			duration_days: 30,
			started,
		});
	process.on('message', () => {
		clock.advance({ ms: HOUR_MS });
		sandbox.clear();
		process.send!(clock.now());
	});
	process.send!({
		baseUrl: sandbox.baseUrl,
		apiKey: sandbox.liveKey,
		now: clock.now(),
		videoIds: Array.from({ length: videos }, (_, index) => trackingIds(SEED, index + 1).id),
	} satisfies Api);
}

void main();
