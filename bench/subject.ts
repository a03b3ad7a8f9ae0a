import { once } from 'node:events';
import { join } from 'node:path';

import useOwnN8nFolder from '../test/setup/n8nFolder';
import type { Api } from './api';

/** One kind of work on all videos of the API, done again and again. */
export type Work = (api: Api) => Promise<() => Promise<unknown>>;

/** What one round of it took. */
export interface Cost {
	cpuMs: number;
	/** The most memory of the process above what it had before its first round, in MB. */
	peakMb: number;
	/** What the work itself gives. */
	result: unknown;
}

const MB = 1024 * 1024;
const SAMPLE_EVERY_MS = 20;

/** Keeps the clock of this process at an instant of the API's, from which it goes on. */
function setClock(now: number): void {
	const start = performance.now();
	Date.now = () => Math.round(now + performance.now() - start);
}

function watchMemory() {
	gc!();
	const idle = process.memoryUsage.rss();
	let peak = idle;
	const sample = () => (peak = Math.max(peak, process.memoryUsage.rss()));
	const timer = setInterval(sample, SAMPLE_EVERY_MS);
	return () => {
		sample();
		clearInterval(timer);
		return (peak - idle) / MB;
	};
}

/** The first round warms up and lets the poll learn; the second is measured, an hour later. */
async function main() {
	const removeFolder = await useOwnN8nFolder();
	const [name, path] = process.argv.slice(2) as [string, string];
	const { readFileSync } = await import('node:fs');
	const api = JSON.parse(readFileSync(path, 'utf8')) as Api;
	setClock(api.now);
	const { default: create } = (await import(join(__dirname, 'work', name))) as { default: Work };
	const run = await create(api);
	const peakMb = watchMemory();
	await run();
	process.send!('warm');
	const [now] = (await once(process, 'message')) as [number];
	setClock(now);
	const before = process.cpuUsage();
	const result = await run();
	const { user, system } = process.cpuUsage(before);
	process.send!({ cpuMs: (user + system) / 1000, peakMb: peakMb(), result } satisfies Cost);
	removeFolder();
	process.disconnect();
}

void main();
