import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import removeN8nFolder from '../harness/removeN8nFolder';
import type { Api } from './api';
import { allocationsOf, profile, type Shares } from './profile';
import { useBenchSettings } from './settings';

/** A work on all videos of the sandbox. */
export type Work = (api: Api) => Promise<{
	/** Runs one round and resolves with its result. @throws Error if it was not done in full */
	run: () => Promise<unknown>;
	/** Releases the state that is kept from one round to the next. */
	forget?: () => void;
}>;

/** Cost of one round. */
export interface Cost {
	cpuMs: number;
	/** Peak memory of the process above its memory before the first round, MB. */
	peakMb: number;
}

/** Memory of one round that cannot be collected, MB. */
export interface Held {
	/** Peak above the memory held before the round, without items and state. */
	ownMb: number;
	/** Memory of the returned items. */
	itemsMb: number;
	/** Memory of the state kept for the next round. */
	stateMb: number;
}

/** The ways to measure a round, by name. */
export interface Views {
	cost: Cost;
	held: Held;
	shares: Shares;
	allocations: Shares;
}

const MB = 1024 * 1024;
/** Often enough to see the memory of a round grow; a collection takes a tenth of it. */
const COLLECT_MS = 250;

/** Sets the clock of this process to the sandbox's time, ms, from which it runs on. */
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
	// maxRSS is the highest value so far, in kB.
	const peakMb = process.resourceUsage().maxRSS / 1024 - idleMb;
	return { cpuMs: (user + system) / 1000, peakMb };
}

async function heldBy({ run, forget }: Round): Promise<Held> {
	const before = heldMb();
	let most = 0;
	const collecting = setInterval(() => (most = Math.max(most, heldMb())), COLLECT_MS);
	const returned: { items?: unknown } = {};
	// In a function of its own: the frame of this one would keep a reference to the items.
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

/** Runs a first round, which warms up and seeds the poll's state, and measures a second one an hour later. */
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
	const measures = {
		cost: () => costOf(round, idleMb),
		held: () => heldBy(round),
		shares: () => profile(round.run),
		allocations: () => allocationsOf(round.run),
	};
	process.send!(await measures[view]());
	await removeN8nFolder();
	process.disconnect();
}

void main();
