import { METRICS, type Snapshot, type VideoWithSnapshots } from '../api/schemas';
import { isPlainTime, toEpochMs, toPlainTime } from '../utils/time';
import { isMetric, type Row, toRow } from './snapshots';

/*
 * A reply holds up to 720 snapshots in no promised order. Their times are read first, and only the
 * snapshots that will be used are read in full.
 */

/** A snapshot of which only the time was read. */
export interface DatedSnapshot {
	/** Unix milliseconds. */
	instant: number;
	snapshot: Snapshot;
}

export interface DatedSnapshots {
	/** Oldest first, each instant once. */
	dated: DatedSnapshot[];
	/** Whether a snapshot was left out, since its time cannot be read. */
	isAnyUndated: boolean;
}

const timeOf = (entry: unknown): unknown =>
	(entry as { snapshot_time?: unknown } | null)?.snapshot_time;

/**
 * Lists the snapshots of a video. One whose time cannot be read is left out: it hides no other.
 *
 * @param from Unix milliseconds: earlier snapshots are left out, except for the newest of them. To
 * read the times of all 720 takes longer than everything else that is done to a reply.
 */
export function datedSnapshots(video: VideoWithSnapshots, from = -Infinity): DatedSnapshots {
	const fromText = toPlainTime(from);
	const dated: DatedSnapshot[] = [];
	let isAnyUndated = false;
	let newestBefore = '';
	let before: unknown;
	const add = (entry: unknown) => {
		const time = timeOf(entry);
		const instant = typeof time === 'string' ? toEpochMs(time) : NaN;
		if (Number.isNaN(instant)) isAnyUndated = true;
		else dated.push({ instant, snapshot: entry as Snapshot });
	};
	for (const entry of video.snapshots ?? []) {
		const time = timeOf(entry);
		if (!isPlainTime(time) || time >= fromText) add(entry);
		else if (time > newestBefore) {
			newestBefore = time;
			before = entry;
		}
	}
	// If the newest of the earlier ones has no real time, another of them is the newest.
	if (before !== undefined && Number.isNaN(toEpochMs(newestBefore))) return datedSnapshots(video);
	if (before !== undefined) add(before);
	dated.sort((a, b) => a.instant - b.instant);
	return {
		dated: dated.filter(({ instant }, place) => instant !== dated[place - 1]?.instant),
		isAnyUndated,
	};
}

/** Returns when the first snapshot of a video was taken, in Unix milliseconds; undefined without any. */
export function firstInstantOf(video: VideoWithSnapshots): number | undefined {
	let first = '~';
	let isAnyOther = false;
	for (const entry of video.snapshots ?? []) {
		const time = timeOf(entry);
		if (!isPlainTime(time)) isAnyOther = true;
		else if (time < first) first = time;
	}
	const instant = isAnyOther ? NaN : toEpochMs(first);
	return Number.isNaN(instant) ? datedSnapshots(video).dated[0]?.instant : instant;
}

/** Finds the newest snapshot of a video; undefined without any. */
export const newestSnapshot = (video: VideoWithSnapshots): DatedSnapshot | undefined =>
	datedSnapshots(video, Infinity).dated.at(-1);

/** Names the fields of snapshots that cannot be used: their metrics are null, or they are left out. */
export function unusableOf(snapshots: Snapshot[], isAnyUndated: boolean): string[] {
	const metrics = METRICS.filter((metric) => snapshots.some((one) => !isMetric(one[metric])));
	return [...(isAnyUndated ? ['snapshot_time'] : []), ...metrics];
}

// Spelled out: a function for each row of a reply would be more garbage than the rows.
const hasUnknownMetric = ({ views, likes, comments, shares, saves }: Row): boolean =>
	views === null || likes === null || comments === null || shares === null || saves === null;

/** Rows of snapshots, oldest first and each instant once. */
export interface History {
	rows: Row[];
	/** When the snapshot of each row was taken, in Unix milliseconds. */
	instants: number[];
}

/** Reads all snapshots of a video. @returns also the names of the fields that cannot be used. */
export function readHistory(video: VideoWithSnapshots): History & { unusable: string[] } {
	const { dated, isAnyUndated } = datedSnapshots(video);
	const snapshots = dated.map(({ snapshot }) => snapshot);
	const rows = snapshots.map((snapshot) => toRow(video, snapshot));
	// A metric that was read needs no second look.
	const incomplete = snapshots.filter((_, place) => hasUnknownMetric(rows[place]!));
	return {
		rows,
		instants: dated.map(({ instant }) => instant),
		unusable: unusableOf(incomplete, isAnyUndated),
	};
}
