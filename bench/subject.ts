import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import removeN8nFolder from '../harness/removeN8nFolder';
import type { Api } from './api';
import { profile, type Shares } from './profile';
import { useBenchSettings } from './settings';

/** One kind of work on all videos of the API. */
export type Work = (api: Api) => Promise<{
	/** One round of it; resolves with what it returns. @throws Error where it did not do all of it: its figure would mean nothing. */
	run: () => Promise<unknown>;
	/** Lets go of what is kept from one round to the next. */
	forget?: () => void;
}>;

/** What one round takes. */
export interface Cost {
	cpuMs: number;
	/** The most memory of the process above what it had before its first round, in MB. */
	peakMb: number;
}

/** What one round holds that cannot be collected, in MB. */
export interface Held {
	/** The most at any time, above what was held before it, without the other two. */
	ownMb: number;
	/** What it returns. */
	itemsMb: number;
	/** What it keeps for the next round. */
	stateMb: number;
}

/** Each way to look at a round, by its name. */
export interface Views {
	cost: Cost;
	held: Held;
	shares: Shares;
}

const MB = 1024 * 1024;
/** Often enough to see what a round gathers; a collection takes a tenth of it. */
const COLLECT_MS = 250;

/** Keeps the clock of this process at an instant of the API's, from which it goes on. */
function setClock(now: number): void {
	const start = performance.now();
	Date.now = () => Math.round(now + performance.now() - start);
}

function heldMb(): number {
	gc!();
	return process.memoryUsage().heapUsed / MB;
}

type Round = Awaited<ReturnType<Work>>;

async function costOf({ run }: Round, idleMb: number): Promise<Cost> {
	const before = process.cpuUsage();
	await run();
	const { user, system } = process.cpuUsage(before);
	// The kernel keeps the highest, in kB.
	const peakMb = process.resourceUsage().maxRSS / 1024 - idleMb;
	return { cpuMs: (user + system) / 1000, peakMb };
}

async function heldBy({ run, forget }: Round): Promise<Held> {
	const before = heldMb();
	let most = 0;
	const collecting = setInterval(() => (most = Math.max(most, heldMb())), COLLECT_MS);
	const returned: { items?: unknown } = {};
	// In a function of its own, whose frame would hold the items on.
	await (async () => {
		returned.items = await run();
	})();
	clearInterval(collecting);
	const atEnd = heldMb();
	most = Math.max(most, atEnd);
	delete returned.items;
	const withoutItems = heldMb();
	forget?.();
	const stateMb = withoutItems - heldMb();
	const itemsMb = atEnd - withoutItems;
	return { ownMb: most - before - itemsMb - stateMb, itemsMb, stateMb };
}

/** The first round warms up and lets the poll learn; the second is looked at, an hour later. */
async function main() {
	await useBenchSettings();
	const [view, name, path] = process.argv.slice(2) as [keyof Views, string, string];
	const api = JSON.parse(readFileSync(path, 'utf8')) as Api;
	setClock(api.now);
	const { default: create } = (await import(join(__dirname, 'work', name))) as { default: Work };
	const round = await create(api);
	gc!();
	const idleMb = process.memoryUsage.rss() / MB;
	await round.run();
	process.send!('warm');
	const [now] = (await once(process, 'message')) as [number];
	setClock(now);
	const looks = {
		cost: () => costOf(round, idleMb),
		held: () => heldBy(round),
		shares: () => profile(round.run),
	};
	process.send!(await looks[view]());
	await removeN8nFolder();
	process.disconnect();
}

void main();
