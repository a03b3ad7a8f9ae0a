import type { IDataObject } from 'n8n-workflow';

import { ContentStatsError } from '../api/errors';
import { createdAt } from '../api/listing';
import { readSnapshots, snapshotInstants, type VideoWithSnapshots } from '../api/schemas';
import { growthSince } from '../model/growth';
import { type Row, toRow } from '../model/snapshots';
import type { Collected } from './collect';
import { advanceCursor, type Cursor, freshInstants, startCursor } from './cursor';
import { type EventItem, type EventName, eventsOf } from './events';
import { type InstantsById, type Moment, owedReplay, recentHandovers } from './replay';
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

/** How many polls longer than it is watched the cursor of a video is kept. */
const POLLS_KEPT = 2;

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
	const cursors: PollState['videos'] = { ...state?.videos };
	const left = (state?.left ?? []).map((cursorById) => ({ ...cursorById }));
	const leftWith = (id: string) => left.find((cursorById) => cursorById[id]);

	const videos = new Map(collected.videos.map((video) => [video.id, video]));
	// Seen again by a poll that began after it was dropped: it is watched again, where it stood.
	for (const id of videos.keys()) {
		const cursorById = leftWith(id);
		if (!cursorById || collected.known.has(id)) continue;
		cursors[id] = cursorById[id]!;
		delete cursorById[id];
	}
	const instantsById = readEach(videos, failed, snapshotInstants);
	const newest_tracking = Math.max(
		state?.newest_tracking ?? 0,
		...(isSeeding ? collected.videos.map(createdAt) : []),
	);

	function cursorFor(video: VideoWithSnapshots, instants: number[]): Cursor | null {
		const known = cursors[video.id] ?? leftWith(video.id)?.[video.id];
		if (known) return known;
		// It could not be read when all were seeded.
		if (cursors[video.id] === null) return seedCursor(settings.startFrom, instants);
		// Fetched only for what it owes: its history went out before it was dropped.
		if (replay[video.id]) return seedCursor('new', instants);
		// An overlapping poll has dropped it: it must not come back as new.
		if (collected.known.has(video.id)) return null;
		const isNew = !isSeeding && createdAt(video) >= newest_tracking;
		return isNew ? startCursor : seedCursor(settings.startFrom, instants);
	}
	const assignCursor = (id: string, cursor: Cursor) => {
		(leftWith(id) ?? cursors)[id] = cursor;
	};

	const candidates: Candidate[] = [];
	for (const [id, instants] of instantsById) {
		const video = videos.get(id)!;
		const cursor = cursorFor(video, instants);
		if (!cursor) continue;
		assignCursor(id, cursor);
		const again = new Set(replay[id]);
		const fresh = new Set(freshInstants(cursor, instants));
		instants.forEach((instant, index) => {
			if (!fresh.has(instant) && !again.has(instant)) return;
			const isFirst = index === 0 && (cursor.newest === null || again.has(instant));
			candidates.push({ video, instants, index, instant, isFirst });
		});
	}
	candidates.sort((a, b) => a.instant - b.instant || a.video.id.localeCompare(b.video.id));

	const chosen = bounded(candidates, settings.events, settings.maxItemsPerPoll);
	const itemsById = readEach(groupById(chosen), failed, (group) => itemsOf(group, settings));
	const firstFailure = [...failed.values()][0];
	if (firstFailure && [...videos.keys()].every((id) => failed.has(id))) throw firstFailure;

	const handedOver: InstantsById = {};
	for (const [id, items] of itemsById) {
		handedOver[id] = [...items.keys()];
		assignCursor(id, advanceCursor((leftWith(id) ?? cursors)[id]!, handedOver[id]));
	}

	// A video that could not be read when all were seeded is seeded as soon as it can be.
	if (isSeeding)
		for (const id of failed.keys())
			if (!itemsById.has(id) && !instantsById.has(id)) cursors[id] ??= null;
	const unfinished = new Set(
		candidates
			.filter(({ video, instant }) => !itemsById.get(video.id)?.has(instant))
			.map(({ video }) => video.id),
	);
	const ended = collected.ended.filter((id) => !unfinished.has(id) && !failed.has(id));
	const dropped: Record<string, Cursor> = {};
	for (const id of [...collected.gone, ...ended]) {
		if (cursors[id]) dropped[id] = cursors[id];
		delete cursors[id];
	}
	for (const id of collected.gone) delete replay[id];
	for (const [id, instants] of instantsById) {
		const rest = (replay[id] ?? []).filter(
			(instant) => instants.includes(instant) && !handedOver[id]?.includes(instant),
		);
		if (rest.length > 0) replay[id] = rest;
		else delete replay[id];
	}

	const kept = [dropped, ...left].slice(0, POLLS_KEPT);
	return {
		items: chosen.flatMap(({ video, instant }) => itemsById.get(video.id)?.get(instant) ?? []),
		failed,
		state: {
			version: STATE_VERSION,
			base_url: settings.baseUrl,
			scope: settings.scope,
			newest_tracking,
			videos: cursors,
			...(kept.some((cursorById) => Object.keys(cursorById).length > 0) ? { left: kept } : {}),
			...(settings.replayAfterRestart
				? { process: moment.process, recent: recentHandovers(state, handedOver, moment), replay }
				: {}),
		},
	};
}
