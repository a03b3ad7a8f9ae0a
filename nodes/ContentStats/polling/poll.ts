import type { IDataObject } from 'n8n-workflow';

import { createdAt } from '../api/listing';
import { readSnapshots, snapshotInstants, type VideoWithSnapshots } from '../api/schemas';
import { growthSince } from '../model/growth';
import { type Row, toRow } from '../model/snapshots';
import type { Collected } from './collect';
import { advanceCursor, type Cursor, freshInstants, startCursor } from './cursor';
import { type EventItem, type EventName, eventsOf } from './events';
import { type PollState, STATE_VERSION } from './state';

export interface PollSettings {
	events: EventName[];
	startFrom: 'new' | 'latest' | 'beginning';
	simplify: boolean;
	includeGrowth: boolean;
	maxItemsPerPoll: number;
	replayAfterRestart: boolean;
	baseUrl: string;
	/** What is watched, as text that changes when it does. */
	scope: string;
}

/** The moment of a poll: Unix milliseconds, and an id that each start of n8n makes anew. */
export interface Moment {
	now: number;
	process: string;
}

interface Candidate {
	video: VideoWithSnapshots;
	/** All instants of the video, ascending. */
	instants: number[];
	instant: number;
	isFirst: boolean;
}

const REPLAY_MS = 10 * 60_000;

/** What a video that was not known before owes: nothing, its newest snapshot, or all of them. */
function seedCursor(startFrom: PollSettings['startFrom'], instants: number[]): Cursor {
	if (startFrom === 'beginning') return startCursor;
	return advanceCursor(startCursor, startFrom === 'latest' ? instants.slice(0, -1) : instants);
}

/** After a restart: what n8n may have lost of what it was handed in the last ten minutes. */
function toReplay(state: PollState | null, settings: PollSettings, moment: Moment) {
	const isRestart = state?.process !== undefined && state.process !== moment.process;
	if (!settings.replayAfterRestart || !isRestart) return new Map<string, Set<number>>();
	const replay = new Map<string, Set<number>>();
	for (const [, videos] of state.recent ?? [])
		for (const [id, instants] of Object.entries(videos))
			replay.set(id, new Set([...(replay.get(id) ?? []), ...instants]));
	return replay;
}

/** The handovers of the ten minutes before, and with, the latest one. */
function rememberHandover(
	state: PollState | null,
	handedOver: Map<string, Candidate[]>,
	{ now }: Moment,
): NonNullable<PollState['recent']> {
	const before = state?.recent ?? [];
	if (handedOver.size === 0) return before;
	const instants = [...handedOver].map(([id, group]) => [id, group.map(({ instant }) => instant)]);
	return [...before.filter(([at]) => at > now - REPLAY_MS), [now, Object.fromEntries(instants)]];
}

function groupBy<T, K>(entries: T[], keyOf: (entry: T) => K): Map<K, T[]> {
	const groups = new Map<K, T[]>();
	for (const entry of entries) {
		const group = groups.get(keyOf(entry));
		if (group) group.push(entry);
		else groups.set(keyOf(entry), [entry]);
	}
	return groups;
}

/** The rows of a video's chosen snapshots and of those before them, by instant. */
function rowsByInstant(video: VideoWithSnapshots, candidates: Candidate[]): Map<number, Row> {
	const wanted = new Set(
		candidates.flatMap(({ instants, instant }) => [instant, instantBefore(instants, instant)]),
	);
	const snapshots = readSnapshots(video, (instant) => wanted.has(instant));
	const rows = snapshots.map((snapshot) => toRow(video, snapshot));
	return new Map(rows.map((row) => [Date.parse(row.snapshot_time), row]));
}

const instantBefore = (instants: number[], instant: number): number =>
	instants[instants.indexOf(instant) - 1] ?? NaN;

function toItems(chosen: Candidate[], settings: PollSettings): EventItem[] {
	const rows = new Map(
		[...groupBy(chosen, ({ video }) => video)].map(([video, group]) => [
			video,
			rowsByInstant(video, group),
		]),
	);
	return chosen.flatMap(({ video, instants, instant, isFirst }) => {
		const row = rows.get(video)!.get(instant)!;
		const previous = rows.get(video)!.get(instantBefore(instants, instant));
		return eventsOf(settings.events, row, isFirst, extrasOf(video, row, previous, settings));
	});
}

/** What the options add to a row: its growth, and the API's object of the video without snapshots. */
export function extrasOf(
	video: VideoWithSnapshots,
	row: Row,
	previous: Row | undefined,
	{ includeGrowth, simplify }: PollSettings,
): IDataObject {
	const { snapshots: _, ...metadata } = video;
	return {
		...(includeGrowth ? growthSince(row, previous) : {}),
		...(simplify ? {} : { video: metadata }),
	};
}

/** As many candidates, oldest first, as make at most `most` items; at least one, so that it goes on. */
function bounded(candidates: Candidate[], events: EventName[], most: number): Candidate[] {
	const perSnapshot = (isFirst: boolean) =>
		Number(events.includes('snapshot.created')) +
		Number(isFirst && events.includes('tracking.started'));
	let items = 0;
	const end = candidates.findIndex(({ isFirst }, index) => {
		items += perSnapshot(isFirst);
		return items > most && index > 0;
	});
	return end === -1 ? candidates : candidates.slice(0, end);
}

/**
 * One poll, without any I/O: what was fetched and what was remembered give what is emitted and what
 * is remembered next. It must run in one go with reading and assigning the state, since another poll
 * may have finished meanwhile; then overlapping polls emit each snapshot once, whichever ends first.
 */
export function advancePoll(
	state: PollState | null,
	collected: Collected,
	settings: PollSettings,
	moment: Moment,
): { items: EventItem[]; state: PollState } {
	const isSeeding = state?.scope !== settings.scope;
	// What an overlapping poll has dropped meanwhile has ended: it must not come back as new.
	const isDropped = ({ id }: VideoWithSnapshots) =>
		collected.known.has(id) && state?.videos[id] === undefined;
	const videos = collected.videos.filter((video) => !isDropped(video));
	const newest_tracking = Math.max(
		state?.newest_tracking ?? 0,
		...(isSeeding ? videos.map(createdAt) : []),
	);
	const replay = toReplay(state, settings, moment);
	const cursors: PollState['videos'] = { ...state?.videos };
	const candidates: Candidate[] = [];

	for (const video of videos) {
		const instants = snapshotInstants(video);
		const known = cursors[video.id];
		const isNew = known === undefined && !isSeeding && createdAt(video) >= newest_tracking;
		const cursor = known ?? (isNew ? startCursor : seedCursor(settings.startFrom, instants));
		cursors[video.id] = cursor;

		const again = instants.filter((instant) => replay.get(video.id)?.has(instant));
		for (const instant of new Set([...freshInstants(cursor, instants), ...again])) {
			const isFirst =
				instant === instants[0] && (cursor.newest === null || again.includes(instant));
			candidates.push({ video, instants, instant, isFirst });
		}
	}
	candidates.sort((a, b) => a.instant - b.instant || a.video.id.localeCompare(b.video.id));
	const chosen = bounded(candidates, settings.events, settings.maxItemsPerPoll);
	const handedOver = groupBy(chosen, ({ video }) => video.id);
	for (const [id, group] of handedOver)
		cursors[id] = advanceCursor(
			cursors[id]!,
			group.map(({ instant }) => instant),
		);

	// A video that could not be fetched when all were seeded is seeded as soon as it can be.
	if (isSeeding) for (const id of collected.failed.keys()) cursors[id] ??= null;
	const unfinished = new Set(candidates.slice(chosen.length).map(({ video }) => video.id));
	const ended = collected.ended.filter((id) => !unfinished.has(id));
	for (const id of [...collected.gone, ...ended]) delete cursors[id];

	return {
		items: toItems(chosen, settings),
		state: {
			version: STATE_VERSION,
			base_url: settings.baseUrl,
			scope: settings.scope,
			newest_tracking,
			videos: cursors,
			...(settings.replayAfterRestart
				? { process: moment.process, recent: rememberHandover(state, handedOver, moment) }
				: {}),
		},
	};
}
