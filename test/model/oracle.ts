import type { IDataObject, INodeParameters } from 'n8n-workflow';

import type { Api, Told, Video } from './api';
import { HOUR_MS, MINUTE_MS } from './clock';
import type { Schedule } from './schedule';

/** What is watched, as far as the oracle tells it. */
export interface Watched {
	parameters: INodeParameters;
	ids: string[] | null;
	has: (video: Video) => boolean;
}

/** A video that is watched. */
interface Member {
	/** The snapshots that showed when it was seeded; null where that is still to come. */
	seed: Set<number> | null;
	/** What was handed over since, and when the poll that did began. */
	handed: Array<{ at: number; begun: number }>;
}

/**
 * What the trigger may know: goes back with its state where n8n does not keep that. Nothing in it is
 * changed, so that one of before can be gone back to.
 */
export interface Memory {
	watched: Watched | null;
	/** When the list was read last. */
	listed: number;
	members: Map<string, Member>;
	/** All that was handed over, by the clock of n8n. */
	log: Array<{ key: string; n8nAt: number }>;
}

export const noMemory: Memory = { watched: null, listed: -Infinity, members: new Map(), log: [] };

/** A poll as it looks from outside. */
export interface Polled {
	begun: number;
	/** When it ended by the clock of n8n. */
	n8nAt: number;
	watched: Watched;
	told: Told;
	items: IDataObject[];
}

const toBeSeeded: Member = { seed: null, handed: [] };
const fromItsStart: Member = { seed: new Set(), handed: [] };
const REPLAYED_MS = 10 * MINUTE_MS;
const LATE_WINDOW_MS = 24 * HOUR_MS;
const MOST_REMEMBERED = 48;

/** What is emitted is told from what the API held, and from what n8n did: the oracle knows no code. */
export class Oracle {
	/** How often each snapshot came to the workflow. */
	private readonly delivered = new Map<string, number>();
	/** How often more than once each may come. */
	private readonly repeats = new Map<string, number>();
	/** What went down in a crash. */
	private readonly lost = new Set<string>();
	/** What may be emitted whatever is watched, since n8n was started again. */
	private readonly replayed = new Set<string>();

	constructor(
		private readonly schedule: Schedule,
		private readonly api: Api,
	) {}

	/** What is remembered after a poll. @throws where it emitted what it must not. */
	learn(memory: Memory, { begun, n8nAt, watched, told, items }: Polled): Memory {
		const before = memory.watched;
		// That a video is of another platform shows when it is fetched: until then it may be kept.
		const isKept = (id: string) => !watched.ids && !told.shown.has(id);
		const members = new Map(
			[...memory.members].filter(([id]) => watched.has(this.video(id)) || isKept(id)),
		);
		const add = (video: Video, member: Member) => {
			// Start From says anew what of it is emitted.
			const isAgain = this.schedule.startFrom !== 'new';
			if (isAgain) for (const { at } of video.taken) this.mayRepeat(keyOf(video.id, at));
			members.set(video.id, member);
		};
		for (const video of this.api.videos) {
			const isNamed = watched.ids?.includes(video.id) ?? false;
			const wasNamed = before?.ids?.includes(video.id) ?? false;
			const known = members.get(video.id);
			// The trigger forgets what has ended: named again it may be as if it were added.
			if (isNamed && !wasNamed && (!known || video.isFinal)) add(video, known ?? toBeSeeded);
		}
		for (const video of told.list?.videos ?? []) {
			if (members.has(video.id) || !watched.has(video)) continue;
			const isNew = before?.has(video) && video.createdAt > memory.listed;
			if (isNew) members.set(video.id, fromItsStart);
			else if (!video.isFinal) add(video, toBeSeeded);
		}
		for (const [id, shown] of told.shown) {
			const member = members.get(id);
			if (member?.seed === null) members.set(id, { ...member, seed: this.seedOf(shown) });
		}

		const created = items.filter(({ event }) => event === 'snapshot.created');
		const keys = created.map(({ event_key }) => String(event_key));
		for (const { video_id, snapshot_time, event_key } of created) {
			const id = String(video_id);
			const at = Date.parse(String(snapshot_time));
			const key = keyOf(id, at);
			const member = members.get(id);
			check(event_key === key, `${event_key} is the key of ${key}`);
			check(
				this.video(id).shown.some((snapshot) => snapshot.at === at),
				`${key} is made up`,
			);
			const isOurs = watched.has(this.video(id)) && member?.seed && !member.seed.has(at);
			check(isOurs || this.replayed.has(key), `${key} was emitted, but is of before the seed`);
			if (member) members.set(id, { ...member, handed: [...member.handed, { at, begun }] });
		}
		const times = created.map(({ snapshot_time }) => String(snapshot_time));
		check(String([...times].sort()) === String(times), `${keys} are not oldest first`);
		const isCounted = !this.schedule.isAllEvents && !this.schedule.replayAfterRestart;
		const most = isCounted ? this.schedule.maxItemsPerPoll : Infinity;
		check(items.length <= most, `${items.length} items are too many for one poll`);
		const log = [...memory.log, ...keys.map((key) => ({ key, n8nAt }))];
		return { watched, listed: told.list?.at ?? memory.listed, members, log };
	}

	/** The workflow was started with the items of a poll. */
	deliver(items: IDataObject[]): void {
		for (const { event, event_key } of items) {
			const key = String(event_key);
			if (event !== 'snapshot.created') continue;
			const count = (this.delivered.get(key) ?? 0) + 1;
			this.delivered.set(key, count);
			const most = 1 + (this.repeats.get(key) ?? 0);
			check(count <= most, `${key} was emitted ${count} times`);
		}
	}

	/** n8n crashed when the state was saved, and before the workflow was started with the items. */
	lose(items: IDataObject[]): void {
		if (this.schedule.replayAfterRestart) return;
		for (const { event_key } of items) this.lost.add(String(event_key));
	}

	/** n8n crashed when the workflow had been started with the items, and before the state was saved. */
	forget(items: IDataObject[]): void {
		for (const { event_key } of items) this.mayRepeat(String(event_key));
	}

	/** Another process of n8n goes on with `memory`. */
	begin({ log }: Memory): void {
		if (!this.schedule.replayAfterRestart) return;
		const last = log.at(-1)?.n8nAt ?? 0;
		for (const { key, n8nAt } of log) {
			if (n8nAt <= last - REPLAYED_MS) continue;
			this.mayRepeat(key);
			this.replayed.add(key);
		}
	}

	/**
	 * Nothing of what is watched is missing.
	 *
	 * @param reach what of a video showed by then must have come.
	 */
	checkComplete(memory: Memory, watched: Watched, reach: (video: Video) => number): void {
		for (const video of this.api.videos) {
			// Of what is gone nothing can be told that was not fetched before.
			if (video.isGone || !watched.has(video)) continue;
			const member = memory.members.get(video.id);
			// What had ended before it could be watched is nobody's.
			if (!member && video.isFinal) continue;
			if (!member?.seed) throw new Error(`${video.id} was never fetched`);
			for (const { at, appears } of video.taken) {
				const key = keyOf(video.id, at);
				const isOurs = !member.seed.has(at) && appears <= reach(video);
				const isExcused = this.lost.has(key) || isTooLate(member, at, appears);
				if (isOurs && !isExcused) check(this.delivered.has(key), `${key} is missing`);
			}
		}
	}

	private mayRepeat(key: string): void {
		this.repeats.set(key, (this.repeats.get(key) ?? 0) + 1);
	}

	private video(id: string): Video {
		return this.api.videos.find((video) => video.id === id)!;
	}

	/** What does not count of what showed when a video was seeded. */
	private seedOf(shown: Set<number>): Set<number> {
		const { startFrom } = this.schedule;
		if (startFrom === 'beginning') return new Set();
		const latest = startFrom === 'latest' ? Math.max(...shown) : NaN;
		return new Set([...shown].filter((at) => at !== latest));
	}
}

const keyOf = (id: string, at: number): string => `${id}:${new Date(at).toISOString()}`;

function check(holds: boolean, otherwise: string): void {
	if (!holds) throw new Error(otherwise);
}

/** Whether a snapshot came a day behind the newest one handed over by then, or behind too many. */
function isTooLate({ seed, handed }: Member, at: number, appears: number): boolean {
	const before = handed.filter(({ begun }) => begun < appears);
	const known = new Set([...(seed ?? []), ...before.map((other) => other.at)]);
	const newestFirst = [...known].sort((a, b) => b - a);
	const newest = newestFirst[0] ?? -Infinity;
	const last = newestFirst[MOST_REMEMBERED - 1] ?? -Infinity;
	return at <= Math.max(newest - LATE_WINDOW_MS, last);
}
