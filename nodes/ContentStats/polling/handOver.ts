import { advanceCursor } from './cursor';
import type { EventItem } from './events';
import type { InstantsById } from './replay';
import type { Sighting } from './sighting';
import type { WatchedVideo } from './state';

/** What goes out of a poll, and what is remembered of the videos it comes from. */
export interface HandedOver {
	snapshotItems: EventItem[];
	statusItems: EventItem[];
	/** The snapshots that went out. */
	snapshots: InstantsById;
	/** The ids of the videos of which something is left for the next poll. */
	leftOver: Set<string>;
	/** What is remembered of the watched ones next, by id. */
	videos: Record<string, WatchedVideo>;
}

type Entry = Sighting['snapshots'][number] & { id: string };

function oldestFirst(a: Entry, b: Entry): number {
	if (a.instant !== b.instant) return a.instant - b.instant;
	return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}

const entriesOf = (sightings: Sighting[]): Entry[] =>
	sightings
		.flatMap(({ id, snapshots }) => snapshots.map((snapshot) => ({ ...snapshot, id })))
		.sort(oldestFirst);

/** As many entries as make at most `most` items; where there is any room, one at least. */
function bounded(entries: Entry[], most: number): Entry[] {
	if (most <= 0) return [];
	let count = 0;
	const end = entries.findIndex(({ items }, index) => {
		count += items.length;
		return count > most && index > 0;
	});
	return end === -1 ? entries : entries.slice(0, end);
}

/**
 * The same sightings without the snapshots that cannot go out in this poll, since `most` items are
 * older.
 */
export function prune(sightings: Sighting[], most: number): Sighting[] {
	const last = bounded(entriesOf(sightings), most).at(-1);
	if (!last) return sightings;
	return sightings.map((sighting) => {
		const snapshots = sighting.snapshots.filter(
			({ instant }) => oldestFirst({ ...last, id: sighting.id, instant }, last) <= 0,
		);
		const hasMore = sighting.hasMore || snapshots.length < sighting.snapshots.length;
		return { ...sighting, snapshots, hasMore };
	});
}

/**
 * What goes out of some sightings: at most `most` items, snapshots oldest first, then what happened
 * to the videos. What is left makes its video due again at once.
 *
 * @param remembered what was remembered of each video; undefined of one that is not watched.
 */
export function handOver(
	sightings: Sighting[],
	remembered: (id: string) => WatchedVideo | undefined,
	most: number,
): HandedOver {
	const chosen = bounded(entriesOf(sightings), most);
	const snapshots: InstantsById = {};
	for (const { id, instant } of chosen) (snapshots[id] ??= []).push(instant);
	const snapshotItems = chosen.flatMap(({ items }) => items);

	const statusItems: EventItem[] = [];
	const leftOver = new Set<string>();
	const videos: HandedOver['videos'] = {};
	for (const { id, after, snapshots: all, hasMore, status } of sightings) {
		const before = remembered(id);
		const out = snapshots[id] ?? [];
		const count = snapshotItems.length + statusItems.length;
		const isRoom =
			status.length === 0 || (most > 0 && count === 0) || count + status.length <= most;
		const isDone = !hasMore && out.length === all.length && isRoom;
		if (isDone) statusItems.push(...status);
		else leftOver.add(id);
		if (!before) continue;
		const { newest, seen } = advanceCursor(after, out);
		// What happened to it is told after its last snapshot: until then it is as it was.
		const { failing: _, ...rest } = isDone || status.length === 0 ? after : before;
		videos[id] = {
			...rest,
			newest,
			seen,
			...(!isDone && { checked: after.checked, more: true }),
		};
	}
	return { snapshotItems, statusItems, snapshots, leftOver, videos };
}
