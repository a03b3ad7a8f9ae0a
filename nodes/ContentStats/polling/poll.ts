import type { IDataObject } from 'n8n-workflow';

import { ContentStatsError } from '../api/errors';
import { createdAt } from '../api/listing';
import { readSnapshots, snapshotInstants, type VideoWithSnapshots } from '../api/schemas';
import { growthSince } from '../model/growth';
import { type Row, toRow } from '../model/snapshots';
import type { Collected } from './collect';
import { advanceCursor, type Cursor, freshInstants, startCursor } from './cursor';
import { createCursors } from './cursors';
import { type EventItem, type EventName, eventsOf } from './events';
import { type InstantsById, type Moment, owedReplay, recentHandovers, stillOwed } from './replay';
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

interface Candidate {
	video: VideoWithSnapshots;
	/** All instants of the video, ascending; `index` is that of the snapshot. */
	instants: number[];
	index: number;
	instant: number;
	isFirst: boolean;
}

/** What a video that was not known before owes: nothing, its newest snapshot, or all of them. */
function seedCursor(startFrom: PollSettings['startFrom'], instants: number[]): Cursor {
	if (startFrom === 'beginning') return startCursor;
	return advanceCursor(startCursor, startFrom === 'latest' ? instants.slice(0, -1) : instants);
}

/** The ids whose videos a poll must fetch, whether or not they are listed. */
export const watchedIds = (state: PollState | null, settings: PollSettings, moment: Moment) =>
	new Set([...Object.keys(state?.videos ?? {}), ...Object.keys(owed(state, settings, moment))]);

const owed = (state: PollState | null, settings: PollSettings, moment: Moment): InstantsById =>
	settings.replayAfterRestart ? owedReplay(state, moment) : {};

function groupById(candidates: Candidate[]): Map<string, Candidate[]> {
	const groups = new Map<string, Candidate[]>();
	for (const candidate of candidates) {
		const group = groups.get(candidate.video.id);
		if (group) group.push(candidate);
		else groups.set(candidate.video.id, [candidate]);
	}
	return groups;
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

/**
 * The items of some snapshots of one video, by instant. Only these snapshots are parsed, and for
 * growth those before them.
 *
 * @throws ContentStatsError where one cannot be understood.
 */
function itemsOf(group: Candidate[], settings: PollSettings): Map<number, EventItem[]> {
	const { video } = group[0]!;
	const before = ({ instants, index }: Candidate) =>
		settings.includeGrowth ? instants[index - 1] : undefined;
	const wanted = new Set(group.flatMap((candidate) => [candidate.instant, before(candidate)]));
	const rows = new Map(
		readSnapshots(video, (instant) => wanted.has(instant))
			.map((snapshot) => toRow(video, snapshot))
			.map((row) => [Date.parse(row.snapshot_time), row]),
	);
	return new Map(
		group.map((candidate) => {
			const { instant, isFirst } = candidate;
			const row = rows.get(instant)!;
			const extras = extrasOf(video, row, rows.get(before(candidate) ?? NaN), settings);
			return [instant, eventsOf(settings.events, row, isFirst, extras)];
		}),
	);
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

function caught<R>(read: () => R): R | Error {
	try {
		return read();
	} catch (error) {
		return error as Error;
	}
}

/** Runs `read` on each; what cannot be understood is left out and named in `unreadable`. */
function readEach<T, R>(
	entries: Iterable<readonly [string, T]>,
	unreadable: Map<string, ContentStatsError>,
	read: (entry: T) => R,
): Map<string, R> {
	const results = new Map<string, R>();
	for (const [id, entry] of entries) {
		const result = caught(() => read(entry));
		if (result instanceof ContentStatsError) unreadable.set(id, result);
		else if (result instanceof Error) throw result;
		else results.set(id, result);
	}
	return results;
}

/**
 * The candidates to emit now, and their items by video and instant. A video that cannot be read is
 * named in `unreadable` and leaves its place to the others.
 */
function choose(
	candidates: Candidate[],
	settings: PollSettings,
	unreadable: Map<string, ContentStatsError>,
) {
	const { events, maxItemsPerPoll } = settings;
	for (;;) {
		const readable = candidates.filter(({ video }) => !unreadable.has(video.id));
		const chosen = bounded(readable, events, maxItemsPerPoll);
		const groups = groupById(chosen);
		const itemsById = readEach(groups, unreadable, (group) => itemsOf(group, settings));
		if (itemsById.size === groups.size) return { chosen, itemsById };
	}
}

interface SeedSettings {
	startFrom: PollSettings['startFrom'];
	/** It was watched when the poll began. */
	wasKnown: boolean;
	/** It is fetched for a replay. */
	isOwed: boolean;
	/** It was tracked after all were seeded. */
	isNew: boolean;
}

/**
 * The cursor of a fetched video; null where an overlapping poll has dropped it, so that it does not
 * come back as new.
 */
function cursorOf(
	instants: number[],
	cursor: Cursor | null | undefined,
	{ startFrom, wasKnown, isOwed, isNew }: SeedSettings,
): Cursor | null {
	if (cursor) return cursor;
	const couldNotBeSeeded = cursor === null;
	if (couldNotBeSeeded) return seedCursor(startFrom, instants);
	// Fetched only for what it owes: its history went out before it was dropped.
	if (isOwed) return seedCursor('new', instants);
	if (wasKnown) return null;
	return isNew ? startCursor : seedCursor(startFrom, instants);
}

/** The snapshots of a video that are to be emitted: fresh ones, and those owed after a restart. */
function candidatesOf(
	video: VideoWithSnapshots,
	instants: number[],
	cursor: Cursor,
	owedInstants: number[],
): Candidate[] {
	const again = new Set(owedInstants);
	const fresh = new Set(freshInstants(cursor, instants));
	return instants.flatMap((instant, index) => {
		if (!fresh.has(instant) && !again.has(instant)) return [];
		const isFirst = index === 0 && (cursor.newest === null || again.has(instant));
		return [{ video, instants, index, instant, isFirst }];
	});
}

/**
 * One poll, without any I/O: what was fetched and what was remembered give what is emitted and what
 * is remembered next. It must run in one go with reading and assigning the state, since another poll
 * may have finished meanwhile; then overlapping polls emit each snapshot once, whichever ends first.
 *
 * @returns `failed`: the videos left for the next poll, and why.
 * @throws ContentStatsError where not one of the videos can be understood.
 */
export function advancePoll(
	state: PollState | null,
	collected: Collected,
	settings: PollSettings,
	moment: Moment,
): { items: EventItem[]; state: PollState; failed: Map<string, ContentStatsError> } {
	const isSeeding = state?.scope !== settings.scope;
	const failed = new Map(collected.failed);
	const replay = owed(state, settings, moment);
	const cursors = createCursors(state);
	const videos = new Map(collected.videos.map((video) => [video.id, video]));
	const instantsById = readEach(videos, failed, snapshotInstants);
	const newest_tracking = Math.max(
		state?.newest_tracking ?? 0,
		...(isSeeding ? collected.videos.map(createdAt) : []),
	);

	const candidates: Candidate[] = [];
	for (const [id, instants] of instantsById) {
		const video = videos.get(id)!;
		const wasKnown = collected.known.has(id);
		// A poll that began after it was dropped sees it again: it is watched again.
		if (!wasKnown) cursors.revive(id);
		const cursor = cursorOf(instants, cursors.get(id), {
			startFrom: settings.startFrom,
			wasKnown,
			isOwed: id in replay,
			isNew: !isSeeding && createdAt(video) > newest_tracking,
		});
		if (!cursor) continue;
		cursors.set(id, cursor);
		candidates.push(...candidatesOf(video, instants, cursor, replay[id] ?? []));
	}
	candidates.sort((a, b) => a.instant - b.instant || a.video.id.localeCompare(b.video.id));
	const { chosen, itemsById } = choose(candidates, settings, failed);
	const firstFailure = [...failed.values()][0];
	if (firstFailure && [...videos.keys()].every((id) => failed.has(id))) throw firstFailure;

	const handedOver: InstantsById = {};
	for (const [id, items] of itemsById) {
		handedOver[id] = [...items.keys()];
		cursors.set(id, advanceCursor(cursors.get(id)!, handedOver[id]));
	}
	// What cannot be read when all are seeded is seeded as soon as it can be.
	if (isSeeding) for (const id of failed.keys()) if (!instantsById.has(id)) cursors.expect(id);
	const isLeftOver = ({ video, instant }: Candidate) => !itemsById.get(video.id)?.has(instant);
	const unfinished = new Set(candidates.filter(isLeftOver).map(({ video }) => video.id));
	for (const id of collected.gone) cursors.drop(id);
	for (const id of collected.ended) if (!unfinished.has(id) && !failed.has(id)) cursors.drop(id);

	return {
		items: chosen.flatMap(({ video, instant }) => itemsById.get(video.id)?.get(instant) ?? []),
		failed,
		state: {
			version: STATE_VERSION,
			base_url: settings.baseUrl,
			scope: settings.scope,
			newest_tracking,
			...cursors.toState(),
			...(settings.replayAfterRestart && {
				process: moment.process,
				recent: recentHandovers(state, handedOver, moment),
				replay: stillOwed(replay, instantsById, handedOver, collected.gone),
			}),
		},
	};
}
