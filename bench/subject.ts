import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import useOwnN8nFolder from '../test/setup/n8nFolder';
import removeN8nFolder from '../test/setup/removeN8nFolder';
import type { Api } from './api';

/** One kind of work on all videos of the API. */
export type Work = (api: Api) => Promise<{
	/** One round of it. @throws Error where it did not do all of it: its figure would mean nothing. */
	run: () => Promise<void>;
	/** Lets go of what is kept from one round to the next. */
	forget?: () => void;
}>;

/** What one round of it took. */
export interface Cost {
	cpuMs: number;
	/** The most memory of the process above what it had before its first round, in MB. */
	peakMb: number;
	/** How much of the memory is what the work keeps from one round to the next. */
	stateMb: number;
}

const MB = 1024 * 1024;

/** Keeps the clock of this process at an instant of the API's, from which it goes on. */
function setClock(now: number): void {
	const start = performance.now();
	Date.now = () => Math.round(now + performance.now() - start);
}

function heapMb(): number {
	gc!();
	return process.memoryUsage().heapUsed / MB;
}

/** The first round warms up and lets the poll learn; the second is measured, an hour later. */
async function main() {
	await useOwnN8nFolder();
	const [name, path] = process.argv.slice(2) as [string, string];
	const api = JSON.parse(readFileSync(path, 'utf8')) as Api;
	setClock(api.now);
	const { default: create } = (await import(join(__dirname, 'work', name))) as { default: Work };
	const { run, forget } = await create(api);
	gc!();
	const idleMb = process.memoryUsage.rss() / MB;
	await run();
	process.send!('warm');
	const [now] = (await once(process, 'message')) as [number];
	setClock(now);
	const before = process.cpuUsage();
	await run();
	const { user, system } = process.cpuUsage(before);
	// The kernel keeps the highest, in kB.
	const peakMb = process.resourceUsage().maxRSS / 1024 - idleMb;
	const withStateMb = heapMb();
	forget?.();
	const stateMb = withStateMb - heapMb();
	process.send!({ cpuMs: (user + system) / 1000, peakMb, stateMb } satisfies Cost);
	await removeN8nFolder();
	process.disconnect();
}

void main();
