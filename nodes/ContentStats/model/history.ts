import { readSnapshot, type Snapshot, type VideoWithSnapshots } from '../api/schemas';
import { toEpochMs } from '../utils/time';
import { type Row, toRow } from './snapshots';

/*
 * A reply holds up to 720 snapshots in no promised order. Their times are read first, and only the
 * snapshots that will be used are validated in full.
 */

/** A snapshot of which only the time was read. */
export interface DatedSnapshot {
	/** Unix milliseconds. */
	instant: number;
	/** Its place in the reply. */
	index: number;
}

const timeOf = (entry: unknown): unknown =>
	(entry as { snapshot_time?: unknown } | null)?.snapshot_time;

/** Whether a time is spelled as the API does: such text sorts by time. */
const isPlainTime = (time: unknown): time is string =>
	typeof time === 'string' && time.length === 24 && time[10] === 'T' && time[23] === 'Z';

/** Spells an instant (Unix milliseconds) as plain times are compared with: '~' sorts after, '' before all. */
function toPlainTime(instant: number): string {
	if (instant === Infinity) return '~';
	return Math.abs(instant) <= 8.64e15 ? new Date(instant).toISOString() : '';
}

const isPlainCount = (value: unknown): boolean =>
	value === null || value === undefined || (typeof value === 'string' && /^\d*$/.test(value));

/** Whether all metrics have the documented form. Nearly all do, and this takes a tenth of zod's time. */
const hasPlainCounts = ({ views, likes, comments, shares, saves }: Snapshot): boolean =>
	isPlainCount(views) &&
	isPlainCount(likes) &&
	isPlainCount(comments) &&
	isPlainCount(shares) &&
	isPlainCount(saves);

/**
 * Reads one snapshot in full.
 *
 * @throws ContentStatsError `unreadable_reply`, naming the entry and its field.
 */
export function readSnapshotAt(
	video: VideoWithSnapshots,
	{ index }: Pick<DatedSnapshot, 'index'>,
): Snapshot {
	const entry = video.snapshots![index] as Snapshot;
	if (isPlainTime(timeOf(entry)) && hasPlainCounts(entry)) return entry;
	return readSnapshot(entry, `video ${video.id}`, ['snapshots', index]);
}

function readDate(video: VideoWithSnapshots, index: number): DatedSnapshot {
	const entry = video.snapshots![index];
	const instant = toEpochMs(String(timeOf(entry)));
	if (Number.isNaN(instant)) readSnapshot(entry, `video ${video.id}`, ['snapshots', index]);
	return { instant, index };
}

/**
 * Lists the snapshots of a video, oldest first and each instant once.
 *
 * @param from Unix milliseconds: earlier snapshots are left out, except for the newest of them. To
 * read the times of all 720 takes longer than everything else that is done to a reply.
 * @throws ContentStatsError `unreadable_reply`, naming the entry whose time cannot be read.
 */
export function datedSnapshots(video: VideoWithSnapshots, from = -Infinity): DatedSnapshot[] {
	const fromText = toPlainTime(from);
	const found: DatedSnapshot[] = [];
	let newestBefore = '';
	let before = -1;
	(video.snapshots ?? []).forEach((entry, index) => {
		const time = timeOf(entry);
		if (!isPlainTime(time) || time >= fromText) return void found.push(readDate(video, index));
		if (time <= newestBefore) return;
		newestBefore = time;
		before = index;
	});
	if (before !== -1) found.push(readDate(video, before));
	return found
		.sort((a, b) => a.instant - b.instant || a.index - b.index)
		.filter(({ instant }, place, all) => instant !== all[place - 1]?.instant);
}

/** Finds the newest snapshot of a video; undefined without any. @throws as `datedSnapshots` does. */
export const newestSnapshot = (video: VideoWithSnapshots): DatedSnapshot | undefined =>
	datedSnapshots(video, Infinity).at(-1);

/**
 * Reads all snapshots of a video as rows, oldest first and each instant once.
 *
 * @throws ContentStatsError `unreadable_reply`, naming the entry and its field.
 */
export const readRows = (video: VideoWithSnapshots): Row[] =>
	datedSnapshots(video).map((snapshot) => toRow(video, readSnapshotAt(video, snapshot)));
