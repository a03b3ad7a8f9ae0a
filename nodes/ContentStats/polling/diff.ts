import type { IDataObject } from 'n8n-workflow';

import { unreadableReply } from '../api/errors';
import { createdAt } from '../api/listing';
import {
	asSent,
	type Metric,
	repliedAtOf,
	type Snapshot,
	unusableFields,
	type VideoWithSnapshots,
} from '../api/schemas';
import { MAX_GAP_HOURS } from '../model/counts';
import { growthSince } from '../model/growth';
import {
	type DatedSnapshot,
	type DatedSnapshots,
	datedSnapshots,
	firstInstantOf,
	newestSnapshot,
	unusableOf,
} from '../model/history';
import { type Post, postAgeOf, postOf, UNKNOWN_POST } from '../model/postAge';
import { type Row, rowWithoutSnapshot, toMetric, toRow } from '../model/snapshots';
import { knownStatus } from '../model/videos';
import { DAY_MS, HOUR_MS, toEpochMs } from '../utils/time';
import {
	advanceCursor,
	type Cursor,
	EMPTY_CURSOR,
	freshInstants,
	isAhead,
	LOOKBACK_MS,
} from './cursor';
import { type EventItem, buildSnapshotItems, buildStatusItems } from './events';
import { createJudge, type Judge, mayStillSlow } from './judge';
import { passedMarks } from './milestones';
import type { PollSettings } from './parameters';
import { scheduleAfterFetch } from './schedule';
import type { WatchedVideo } from './state';

/** How far n8n's clock may be behind the API's, where a reply does not say when it was sent. */
const MAX_CLOCK_SKEW_MS = DAY_MS;

/** How far behind the newest the growth begins by which a spike is judged. */
const BASELINE_MS = DAY_MS + MAX_GAP_HOURS * HOUR_MS;

/** A snapshot to emit. */
export interface SnapshotDiff {
	/** Unix milliseconds. */
	instant: number;
	items: EventItem[];
	/** Those of its items that depend on what was emitted before: a replay repeats them as they were. */
	judged: EventItem[];
}

/** What a fetched video brings, compared with its state. */
export interface VideoDiff {
	id: string;
	/** When the API sent it, at the latest, in Unix milliseconds by its own clock. */
	repliedAt: number;
	/** Its state once everything here is emitted, except for the cursor. */
	after: WatchedVideo;
	/** The snapshots to emit, oldest first, with their items. */
	snapshots: SnapshotDiff[];
	/** Whether further snapshots follow these. */
	hasMore: boolean;
	/** The events of its status; they follow its snapshots. */
	status: EventItem[];
	/** The fields of the video and of the snapshots to emit that cannot be used. */
	unusable: string[];
}

/** Returns the cursor of a video that existed before it was watched. */
function seedCursor(
	startFrom: PollSettings['startFrom'],
	instants: number[],
	repliedAt: number,
): Cursor {
	if (startFrom === 'beginning') return EMPTY_CURSOR;
	const skipped = startFrom === 'latest' ? instants.slice(0, -1) : instants;
	return advanceCursor(EMPTY_CURSOR, skipped, repliedAt);
}

/** Reads from its link which post a video is, if an option or an event needs it. */
function readPost(video: VideoWithSnapshots, { includePostAge, ages }: PollSettings): Post {
	if (!includePostAge && ages.length === 0) return UNKNOWN_POST;
	return postOf(video.video_link, firstInstantOf(video) ?? createdAt(video));
}

/** Builds what is added to a row. */
type Extras = (row?: Row, previous?: Row) => IDataObject;

/**
 * Creates what builds the additions to a row: the status, and by the options the growth, the age of the post
 * and the API's object without snapshots.
 *
 * @param status its last status that could be read.
 */
function createExtras(
	video: VideoWithSnapshots,
	status: string,
	post: Post,
	{ includeGrowth, includePostAge, simplify }: PollSettings,
): Extras {
	const { snapshots: _, ...metadata } = asSent(video) as VideoWithSnapshots;
	return (row, previous) => ({
		// An upsert by video must not blank the status.
		status: video.status ?? status,
		...(includeGrowth && row ? growthSince(row, previous) : {}),
		...(includePostAge ? postAgeOf(post, row) : {}),
		...(simplify ? {} : { video: metadata }),
	});
}

/** Returns the highest value of a metric among the counted snapshots; null without any. */
function highestValue(
	video: VideoWithSnapshots,
	metric: Metric,
	isCounted: (instant: number) => boolean,
): number | null {
	let highest: number | null = null;
	for (const entry of video.snapshots ?? []) {
		const snapshot = Object(entry) as Partial<Snapshot>;
		const metricValue = toMetric(snapshot[metric]);
		const value = metricValue === null ? null : Number(metricValue);
		if (value === null || (highest !== null && value <= highest)) continue;
		const time = snapshot.snapshot_time;
		if (typeof time === 'string' && isCounted(toEpochMs(time))) highest = value;
	}
	return highest;
}

const rowAt = (video: VideoWithSnapshots, dated: DatedSnapshot[], place: number): Row | undefined =>
	dated[place] && toRow(video, dated[place].snapshot);

/**
 * Builds the items of the first wanted snapshots, as many as fit into a poll. Only these are
 * validated in full.
 *
 * @param dated includes each wanted snapshot's predecessor.
 * @param wanted their instants, ascending.
 */
function snapshotsToEmit(
	video: VideoWithSnapshots,
	dated: DatedSnapshot[],
	wanted: number[],
	isFirst: (instant: number) => boolean,
	judge: Judge['judge'],
	extrasOf: Extras,
	settings: PollSettings,
): SnapshotDiff[] {
	const { milestoneMetric: metric, milestones, events, ages, maxItemsPerPoll } = settings;
	const needsPrevious = settings.includeGrowth || ages.length > 0;
	const chosen = new Set(wanted.slice(0, maxItemsPerPoll));
	const isWanted = new Set(wanted);
	const hasMilestones = events.includes('milestone.reached') && chosen.size > 0;
	let highest = hasMilestones
		? highestValue(video, metric, (instant) => !Number.isNaN(instant) && !isWanted.has(instant))
		: null;
	return dated.flatMap(({ instant }, place) => {
		if (!chosen.has(instant)) return [];
		const row = rowAt(video, dated, place)!;
		const value = row[metric] === null ? null : Number(row[metric]);
		const marks = hasMilestones && value !== null ? passedMarks(milestones, highest, value) : [];
		if (value !== null) highest = Math.max(highest ?? value, value);
		const facts = { isFirst: isFirst(instant), metric, marks };
		const previous = needsPrevious ? rowAt(video, dated, place - 1) : undefined;
		const extras = extrasOf(row, previous);
		const judged = judge(row, previous, extras);
		const items = [...buildSnapshotItems(events, row, facts, extras), ...judged];
		return [{ instant, items, judged }];
	});
}

/** Lists the snapshots that may matter: all at first, later the new, the late and the replayed ones. */
function relevantSnapshots(
	state: WatchedVideo,
	video: VideoWithSnapshots,
	replayed: number[],
	{ startFrom, events }: PollSettings,
	repliedAt: number,
): DatedSnapshots {
	const { needsSeed, newest } = state;
	if (events.includes('growth.slowed') && mayStillSlow(state)) return datedSnapshots(video);
	const areAllNew = needsSeed ? startFrom === 'beginning' : newest === null;
	const newestKnown = (needsSeed ? newestSnapshot(video)?.instant : newest) ?? Infinity;
	// The cursor looks back from the newest that is not ahead, and its time is not known yet.
	const isNewestAhead = needsSeed && newestKnown !== Infinity && isAhead(newestKnown, repliedAt);
	if (areAllNew || isNewestAhead) return datedSnapshots(video);
	const lookback = newestKnown - (events.includes('growth.spiked') ? BASELINE_MS : LOOKBACK_MS);
	return datedSnapshots(
		video,
		replayed.reduce((earliest, instant) => Math.min(earliest, instant), lookback),
	);
}

/** So many snapshots are a history. Fewer unusable ones may come before the first one of a new video. */
const MIN_HISTORY_LENGTH = 8;

/**
 * Start From cannot be applied to snapshots of which none can be used: once they can, all would be new.
 *
 * @throws ContentStatsError `unreadable_reply`
 */
function assertWithoutSnapshots(video: VideoWithSnapshots, { startFrom }: PollSettings): void {
	const { snapshots } = asSent(video) as VideoWithSnapshots;
	if (startFrom === 'beginning' || (snapshots ?? []).length < MIN_HISTORY_LENGTH) return;
	throw unreadableReply(`video ${video.id}`, 'none of its snapshots has a valid time');
}

/**
 * Compares a fetched video with its state.
 *
 * @param state its state at the previous fetch.
 * @param now when it was fetched, in Unix milliseconds by the clock of n8n.
 * @param replayed the instants to emit again after a restart.
 * @throws ContentStatsError `unreadable_reply` if it cannot be told which snapshots Start From skips.
 */
export function diffVideo(
	state: WatchedVideo,
	video: VideoWithSnapshots,
	now: number,
	replayed: number[],
	settings: PollSettings,
): VideoDiff {
	const repliedAt = repliedAtOf(video) ?? now + MAX_CLOCK_SKEW_MS;
	const { dated, isAnyUndated } = relevantSnapshots(state, video, replayed, settings, repliedAt);
	const instants = dated.map(({ instant }) => instant);
	if (state.needsSeed && instants.length === 0) assertWithoutSnapshots(video, settings);
	const { needsSeed, isDue: _isDue, failing: _failing, retryDelayMs: _delay, ...kept } = state;
	const known = needsSeed
		? { ...kept, ...seedCursor(settings.startFrom, instants, repliedAt) }
		: kept;
	const { newest, seen } = known;
	const fresh = freshInstants(known, instants);
	const isFresh = new Set(fresh);
	// A snapshot that is ahead does not tell when the next one shows.
	const shown = (needsSeed ? instants : fresh).filter((instant) => !isAhead(instant, repliedAt));
	const isReplayed = new Set(replayed);
	const wanted = instants.filter((instant) => isFresh.has(instant) || isReplayed.has(instant));
	const isFirst = (instant: number) =>
		instant === instants[0] && ((known.newest === null && !known.ahead) || isReplayed.has(instant));

	const isDeleted = video.is_deleted ?? known.isDeleted ?? false;
	// A status that cannot be read says nothing of a change.
	const status = knownStatus(video.status) ?? known.status ?? 'monitoring';
	const current = { ...video, status };
	const before = needsSeed
		? { status, isDeleted }
		: { status: known.status ?? 'monitoring', isDeleted: known.isDeleted ?? false };
	const post = readPost(video, settings);
	const newestPlace = instants.findLastIndex((instant) => !isAhead(instant, repliedAt));
	const reached = dated.slice(0, newestPlace + 1);
	const { judge, wasSlow } = createJudge(video, known, reached, post, settings);
	const newestRow = rowAt(video, dated, newestPlace);
	const previousRow = rowAt(video, dated, newestPlace - 1);
	const { status: _status, isDeleted: _deleted, endedAt: _ended, ...rest } = known;
	const extrasOf = createExtras(video, status, post, settings);
	const snapshots = snapshotsToEmit(video, dated, wanted, isFirst, judge, extrasOf, settings);
	const toEmit = new Set(snapshots.map(({ instant }) => instant));
	const used = dated.filter(({ instant }) => toEmit.has(instant));
	return {
		id: video.id,
		repliedAt,
		after: {
			...rest,
			...scheduleAfterFetch({ ...state, newest, seen }, shown, current, now),
			...(status !== 'monitoring' && { status }),
			...(isDeleted && { isDeleted }),
			...(wasSlow !== undefined && { isSlow: wasSlow }),
		},
		snapshots,
		hasMore: wanted.length > settings.maxItemsPerPoll,
		status: buildStatusItems(
			before,
			current,
			newestRow ?? rowWithoutSnapshot(video),
			extrasOf(newestRow, previousRow),
		).filter(({ event }) => settings.events.includes(event)),
		unusable: [
			...unusableFields(video),
			...unusableOf(
				used.map(({ snapshot }) => snapshot),
				isAnyUndated,
			),
		],
	};
}
