import type { IDataObject } from 'n8n-workflow';

import { readSnapshots, snapshotInstants, type VideoWithSnapshots } from '../api/schemas';
import { growthSince } from '../model/growth';
import { type Metric, type Row, toEpochMs, toMetric, toRow } from '../model/snapshots';
import { advanceCursor, type Cursor, freshInstants, startCursor } from './cursor';
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
	const values = (video.snapshots ?? []).flatMap((entry) => {
		const snapshot = entry as Record<string, string | number | null | undefined>;
		const value = toMetric(snapshot[metric]);
		return value !== null && isCounted(toEpochMs(String(snapshot.snapshot_time)))
			? [Number(value)]
			: [];
	});
	return values.length > 0 ? values.reduce((a, b) => Math.max(a, b)) : null;
}

/**
 * The first of the snapshots to hand over, as many as fit into a poll, with their items. Only they
 * are parsed in full.
 *
 * @param wanted their instants, ascending.
 */
function snapshotsOf(
	video: VideoWithSnapshots,
	instants: number[],
	wanted: number[],
	isFirst: (instant: number) => boolean,
	settings: PollSettings,
): Sighting['snapshots'] {
	const { milestoneMetric: metric, milestones, events, includeGrowth } = settings;
	const chosen = wanted.slice(0, settings.maxItemsPerPoll);
	const isWanted = new Set(wanted);
	const before = new Map(instants.map((instant, index) => [instant, instants[index - 1]]));
	const parsed = new Set(
		chosen.flatMap((instant) => [instant, ...(includeGrowth ? [before.get(instant)] : [])]),
	);
	const rows = new Map(
		readSnapshots(video, (instant) => parsed.has(instant))
			.map((snapshot) => toRow(video, snapshot))
			.map((row) => [Date.parse(row.snapshot_time), row]),
	);
	const isMarked = events.includes('milestone.reached') && chosen.length > 0;
	let high = isMarked ? highest(video, metric, (instant) => !isWanted.has(instant)) : null;
	return chosen.map((instant) => {
		const row = rows.get(instant)!;
		const value = row[metric] === null ? null : Number(row[metric]);
		const marks = isMarked && value !== null ? passedMarks(milestones, high, value) : [];
		if (value !== null) high = Math.max(high ?? value, value);
		const facts = { isFirst: isFirst(instant), metric, marks };
		const extras = extrasOf(video, settings, row, rows.get(before.get(instant) ?? NaN));
		return { instant, items: snapshotItems(events, row, facts, extras) };
	});
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
	const instants = snapshotInstants(video);
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
		snapshots: snapshotsOf(video, instants, wanted, isFirst, settings),
		hasMore: wanted.length > settings.maxItemsPerPoll,
		status: statusItems(before, video, lastSnapshotTime, extrasOf(video, settings)).filter(
			({ event }) => settings.events.includes(event),
		),
	};
}
