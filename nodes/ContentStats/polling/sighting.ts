import type { IDataObject } from 'n8n-workflow';

import {
	type DatedSnapshot,
	datedSnapshots,
	readSnapshotAt,
	type VideoWithSnapshots,
} from '../api/schemas';
import { growthSince } from '../model/growth';
import { type Metric, type Row, toEpochMs, toMetric, toRow } from '../model/snapshots';
import { advanceCursor, type Cursor, freshInstants, LATE_WINDOW_MS, startCursor } from './cursor';
import { type EventItem, snapshotItems, statusItems } from './events';
import { passedMarks } from './milestones';
import { afterFetch } from './schedule';
import type { PollSettings } from './settings';
import type { WatchedVideo } from './state';

/** What one look at a video brings. */
export interface Sighting {
	id: string;
	/** What is remembered once all of this has gone out, but for the cursor. */
	after: WatchedVideo;
	/** The snapshots to hand over, oldest first, and the items they make. */
	snapshots: Array<{ instant: number; items: EventItem[] }>;
	/** There are more than these. */
	hasMore: boolean;
	/** What happened to the video itself; it comes after its snapshots. */
	status: EventItem[];
}

/** What a video that was not watched before owes: nothing, its newest snapshot, or all of them. */
function seedCursor(startFrom: PollSettings['startFrom'], instants: number[]): Cursor {
	if (startFrom === 'beginning') return startCursor;
	return advanceCursor(startCursor, startFrom === 'latest' ? instants.slice(0, -1) : instants);
}

/** What the options add to a row: its growth, and the API's object of the video without snapshots. */
function extrasOf(
	video: VideoWithSnapshots,
	{ includeGrowth, simplify }: PollSettings,
	row?: Row,
	previous?: Row,
): IDataObject {
	const { snapshots: _, ...metadata } = video;
	return {
		...(includeGrowth && row ? growthSince(row, previous) : {}),
		...(simplify ? {} : { video: metadata }),
	};
}

/** The highest value of a metric by which of its snapshots are counted; null without any. */
function highest(
	video: VideoWithSnapshots,
	metric: Metric,
	isCounted: (instant: number) => boolean,
): number | null {
	let high: number | null = null;
	for (const entry of video.snapshots ?? []) {
		const snapshot = entry as Record<string, string | number | null | undefined>;
		const metricValue = toMetric(snapshot[metric]);
		const value = metricValue === null ? null : Number(metricValue);
		if (value === null || (high !== null && value <= high)) continue;
		if (isCounted(toEpochMs(String(snapshot.snapshot_time)))) high = value;
	}
	return high;
}

/**
 * The first of the snapshots to hand over, as many as fit into a poll, with their items. Only they
 * are parsed in full.
 *
 * @param dated with the one before each that is wanted.
 * @param wanted their instants, ascending.
 */
function snapshotsOf(
	video: VideoWithSnapshots,
	dated: DatedSnapshot[],
	wanted: number[],
	isFirst: (instant: number) => boolean,
	settings: PollSettings,
): Sighting['snapshots'] {
	const { milestoneMetric: metric, milestones, events, includeGrowth, maxItemsPerPoll } = settings;
	const chosen = new Set(wanted.slice(0, maxItemsPerPoll));
	const isWanted = new Set(wanted);
	const isMarked = events.includes('milestone.reached') && chosen.size > 0;
	let high = isMarked ? highest(video, metric, (instant) => !isWanted.has(instant)) : null;
	const rowAt = (place: number): Row | undefined =>
		dated[place] && toRow(video, readSnapshotAt(video, dated[place]));
	return dated.flatMap(({ instant }, place) => {
		if (!chosen.has(instant)) return [];
		const row = rowAt(place)!;
		const value = row[metric] === null ? null : Number(row[metric]);
		const marks = isMarked && value !== null ? passedMarks(milestones, high, value) : [];
		if (value !== null) high = Math.max(high ?? value, value);
		const facts = { isFirst: isFirst(instant), metric, marks };
		const extras = extrasOf(video, settings, row, includeGrowth ? rowAt(place - 1) : undefined);
		return [{ instant, items: snapshotItems(events, row, facts, extras) }];
	});
}

/** The snapshots that may matter: all at first, later those that are new, late, or owed. */
function relevantSnapshots(
	{ seed, newest }: WatchedVideo,
	video: VideoWithSnapshots,
	owed: number[],
	{ startFrom }: PollSettings,
): DatedSnapshot[] {
	const isAllNew = seed ? startFrom === 'beginning' : newest === null;
	if (isAllNew) return datedSnapshots(video);
	const known = seed ? datedSnapshots(video, Infinity).at(-1)?.instant : newest;
	return datedSnapshots(video, Math.min((known ?? Infinity) - LATE_WINDOW_MS, ...owed));
}

/**
 * What a fetched video brings, compared with what is remembered of it.
 *
 * @param at when it was fetched, by the clock of n8n.
 * @param owed instants that are to go out again after a restart.
 * @param usual the usual cadence of the watched videos, null where it is not known.
 * @throws ContentStatsError `unreadable_reply` where what is to be handed over cannot be understood.
 */
export function sight(
	remembered: WatchedVideo,
	video: VideoWithSnapshots,
	at: number,
	owed: number[],
	usual: number | null,
	settings: PollSettings,
): Sighting {
	const dated = relevantSnapshots(remembered, video, owed, settings);
	const instants = dated.map(({ instant }) => instant);
	const { seed, failing: _failing, wait: _wait, more: _more, ...kept } = remembered;
	const known = seed ? { ...kept, ...seedCursor(settings.startFrom, instants) } : kept;
	const fresh = freshInstants(known, instants);
	const isFresh = new Set(fresh);
	const isOwed = new Set(owed);
	const wanted = instants.filter((instant) => isFresh.has(instant) || isOwed.has(instant));
	const isFirst = (instant: number) =>
		instant === instants[0] && (known.newest === null || isOwed.has(instant));

	const is_deleted = video.is_deleted === true;
	const before = seed
		? { status: video.status, is_deleted }
		: { status: known.status ?? 'monitoring', is_deleted: known.is_deleted ?? false };
	const latest = instants.at(-1);
	const lastSnapshotTime = latest === undefined ? null : new Date(latest).toISOString();
	const { status: _status, is_deleted: _deleted, ended: _ended, ...rest } = known;
	return {
		id: video.id,
		after: {
			...rest,
			...afterFetch(remembered, seed ? instants : fresh, video, at, usual),
			...(video.status !== 'monitoring' && { status: video.status }),
			...(is_deleted && { is_deleted }),
		},
		snapshots: snapshotsOf(video, dated, wanted, isFirst, settings),
		hasMore: wanted.length > settings.maxItemsPerPoll,
		status: statusItems(before, video, lastSnapshotTime, extrasOf(video, settings)).filter(
			({ event }) => settings.events.includes(event),
		),
	};
}
