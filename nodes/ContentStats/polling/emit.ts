import { createRecord } from '../utils/record';
import { advanceCursor } from './cursor';
import type { SnapshotDiff, VideoDiff } from './diff';
import type { EventItem } from './events';
import { rememberJudged } from './judge';
import type { InstantsById, WatchedVideo } from './state';

/** The items that a poll emits for its videos, and the state of the videos after it. */
export interface Emission {
	snapshotItems: EventItem[];
	statusItems: EventItem[];
	/** Those of the snapshot items that a replay repeats as they were. */
	judgedItems: EventItem[];
	/** When the emitted snapshots were taken, by video. */
	instants: InstantsById;
	/** The ids of the videos that leave something for the next poll. */
	backlog: Set<string>;
	/** The new state of the watched videos, by id. */
	videos: Record<string, WatchedVideo>;
}

type Entry = SnapshotDiff & { id: string };

function oldestFirst(a: Entry, b: Entry): number {
	if (a.instant !== b.instant) return a.instant - b.instant;
	return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}

const entriesOf = (diffs: VideoDiff[]): Entry[] =>
	diffs
		.flatMap(({ id, snapshots }) => snapshots.map((snapshot) => ({ ...snapshot, id })))
		.sort(oldestFirst);

/** Takes entries with at most `maxItems` items together; at least one entry if any item is allowed. */
function takeUpTo(entries: Entry[], maxItems: number): Entry[] {
	if (maxItems <= 0) return [];
	let count = 0;
	const end = entries.findIndex(({ items }, index) => {
		count += items.length;
		return count > maxItems && index > 0;
	});
	return end === -1 ? entries : entries.slice(0, end);
}

/** Drops the snapshots that this poll cannot emit, since `maxItems` items are older. */
export function pruneDiffs(diffs: VideoDiff[], maxItems: number): VideoDiff[] {
	const last = takeUpTo(entriesOf(diffs), maxItems).at(-1);
	if (!last) return diffs;
	return diffs.map((diff) => {
		const snapshots = diff.snapshots.filter(
			({ instant }) => oldestFirst({ ...last, id: diff.id, instant }, last) <= 0,
		);
		const hasMore = diff.hasMore || snapshots.length < diff.snapshots.length;
		return { ...diff, snapshots, hasMore };
	});
}

/**
 * Chooses what a poll emits: at most `maxItems` items, snapshots oldest first, then the events of
 * statuses. A video that leaves something is due again at once.
 *
 * @param stateOf the state of a video before; undefined if it is not watched.
 */
export function emit(
	diffs: VideoDiff[],
	stateOf: (id: string) => WatchedVideo | undefined,
	maxItems: number,
): Emission {
	const chosen = takeUpTo(entriesOf(diffs), maxItems);
	const instants: InstantsById = createRecord();
	for (const { id, instant } of chosen) (instants[id] ??= []).push(instant);
	const snapshotItems = chosen.flatMap(({ items }) => items);
	const judgedById: Record<string, EventItem[]> = createRecord();
	for (const { id, judged } of chosen) (judgedById[id] ??= []).push(...judged);

	const statusItems: EventItem[] = [];
	const backlog = new Set<string>();
	const videos: Emission['videos'] = createRecord();
	for (const { id, repliedAt, after, snapshots: all, hasMore, status } of diffs) {
		const before = stateOf(id);
		const emitted = instants[id] ?? [];
		const count = snapshotItems.length + statusItems.length;
		const hasRoom =
			status.length === 0 || (maxItems > 0 && count === 0) || count + status.length <= maxItems;
		const areSnapshotsLeft = hasMore || emitted.length < all.length;
		const isFullyEmitted = !areSnapshotsLeft && hasRoom;
		if (isFullyEmitted) statusItems.push(...status);
		else backlog.add(id);
		if (!before) continue;
		const until = areSnapshotsLeft ? Math.min(repliedAt, emitted.at(-1) ?? -Infinity) : repliedAt;
		const { newest, seen, ahead } = advanceCursor(after, emitted, until);
		// The events of its status follow its last snapshot: until then the status stays as it was.
		const {
			failing: _failing,
			ahead: _ahead,
			spikedAt: _spikedAt,
			isSlow: _isSlow,
			slowed: _slowed,
			...rest
		} = isFullyEmitted || status.length === 0 ? after : before;
		videos[id] = {
			...rest,
			newest,
			seen,
			...(ahead && { ahead }),
			...rememberJudged(after, judgedById[id] ?? [], newest),
			...(!isFullyEmitted && { lastFetchedAt: after.lastFetchedAt, isDue: true }),
		};
	}
	const judgedItems = Object.values(judgedById).flat();
	return { snapshotItems, statusItems, judgedItems, instants, backlog, videos };
}
