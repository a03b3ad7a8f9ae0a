import { isDeepStrictEqual } from 'node:util';

import type { IDataObject, INodeParameters } from 'n8n-workflow';

import type { Api, Told, Video } from './api';
import { type GrowthMemory, judgeGrowth } from './growthOracle';
import { HOUR_MS, MINUTE_MS } from './clock';
import type { Schedule } from './schedule';

/** The videos that the trigger watches. */
export interface Watched {
	parameters: INodeParameters;
	ids: string[] | null;
	has: (video: Video) => boolean;
}

/** The oracle's record of a watched video. */
interface Member {
	/** Instants that Start From skipped at the seed; null until the video is seeded. */
	seed: Set<number> | null;
	/** Whether those may be emitted nevertheless. */
	isSeedFree?: true;
	/** Instants emitted since the seed, each with the start of the poll that emitted it. */
	emitted: Array<{ at: number; begun: number }>;
	growth?: GrowthMemory;
	/** The trigger may have forgotten its growth, or not. */
	isGrowthUnsure?: true;
}

/**
 * The oracle's model of the trigger's state. It is never mutated, because it is rolled back together
 * with that state if n8n does not save it.
 */
export interface Memory {
	watched: Watched | null;
	/** The time of the newest list that the trigger received. */
	listed: number;
	/** When the trigger last received a list while it was seeding, and the time that the list is of. */
	seeded: { at: number; listed: number };
	members: Map<string, Member>;
	/** Keys of all emitted snapshots and events of growth, with the time on n8n's clock. */
	log: Array<{ key: string; n8nAt: number }>;
}

export const noMemory: Memory = {
	watched: null,
	listed: -Infinity,
	seeded: { at: -Infinity, listed: -Infinity },
	members: new Map(),
	log: [],
};

/** A poll as seen from outside the trigger. */
export interface Polled {
	begun: number;
	/** When it ended, on n8n's clock. */
	n8nAt: number;
	watched: Watched;
	told: Told;
	items: IDataObject[];
}

const toBeSeeded: Member = { seed: null, emitted: [] };
const fromItsStart: Member = { seed: new Set(), emitted: [] };
const fromEither: Member = { ...toBeSeeded, isSeedFree: true };
const REPLAYED_MS = 10 * MINUTE_MS;
const LATE_WINDOW_MS = 24 * HOUR_MS;
const MOST_REMEMBERED = 48;
/** More than the clocks differ, and than the trigger waits until it fetches a video again. */
const AHEAD_MS = 10 * HOUR_MS;

/** Judges emitted items by the API's content and n8n's actions alone, not by the trigger's code. */
export class Oracle {
	/** How often each snapshot reached the workflow, by key. */
	private readonly delivered = new Map<string, number>();
	/** How many duplicates of each snapshot are allowed, by key. */
	private readonly repeats = new Map<string, number>();
	/** How often each video was added to the watched ones, by id. */
	private readonly added = new Map<string, number>();
	/** Keys of snapshots lost in a crash. */
	private readonly lost = new Set<string>();
	/** Keys that a replay after a restart may emit, even if their video is no longer watched. */
	private readonly replayed = new Set<string>();

	constructor(
		private readonly schedule: Schedule,
		private readonly api: Api,
	) {}

	/**
	 * Returns the memory after a poll.
	 *
	 * @throws Error if the poll emitted a wrong item
	 */
	learn(memory: Memory, { begun, n8nAt, watched, told, items }: Polled): Memory {
		const before = memory.watched;
		// Only a fetch shows that a video is on another platform. Until then the trigger may keep it.
		const isKept = (id: string) => !watched.ids && !told.shown.has(id);
		const members = new Map(
			[...memory.members].filter(([id]) => watched.has(this.video(id)) || isKept(id)),
		);
		const set = (id: string, member: Member) => {
			members.set(id, member);
			this.added.set(id, (this.added.get(id) ?? 0) + 1);
		};
		const add = (video: Video, member: Member) => {
			// Start From applies to an added video again, which may emit its snapshots a second time.
			const mayEmitAgain = this.schedule.startFrom !== 'new';
			if (mayEmitAgain) for (const { at } of video.taken) this.mayRepeat(keyOf(video.id, at));
			set(video.id, member);
		};
		for (const video of this.api.videos) {
			const isNamed = watched.ids?.includes(video.id) ?? false;
			const wasNamed = before?.ids?.includes(video.id) ?? false;
			const known = members.get(video.id);
			// The trigger forgets ended videos, so one that is selected again may count as added.
			if (isNamed && !wasNamed && (!known || video.isFinal))
				add(video, { ...(known ?? toBeSeeded), isGrowthUnsure: true });
		}
		const isSeeding = !isDeepStrictEqual(before?.parameters, watched.parameters);
		for (const video of told.list?.videos ?? []) {
			if (members.has(video.id) || !watched.has(video)) continue;
			const isNew = before?.has(video) && video.createdAt > memory.listed;
			const wasFinal = video.endedAt !== null && video.endedAt <= told.list!.at;
			// The list of the seeding was too old to show it.
			const { at, listed } = memory.seeded;
			const wasHidden = !isSeeding && listed < video.createdAt && video.createdAt <= at;
			if (wasHidden) set(video.id, fromEither);
			else if (isNew) set(video.id, fromItsStart);
			else if (!wasFinal) add(video, toBeSeeded);
		}
		for (const [id, shown] of told.shown) {
			const member = members.get(id);
			if (member?.seed === null) members.set(id, { ...member, seed: this.seedOf(shown) });
		}

		const unchanged = new Map(members);
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
			const isBeforeSeed = member?.seed?.has(at) && !member.isSeedFree;
			const isExpected = watched.has(this.video(id)) && member?.seed && !isBeforeSeed;
			check(isExpected || this.replayed.has(key), `${key} was emitted, but is of before the seed`);
			if (member) members.set(id, { ...member, emitted: [...member.emitted, { at, begun }] });
		}
		this.checkGrowth(unchanged, members, told, items);
		const times = created.map(({ snapshot_time }) => String(snapshot_time));
		check(String([...times].sort()) === String(times), `${keys} are not oldest first`);
		const isCounted = !this.schedule.isAllEvents && !this.schedule.replayAfterRestart;
		const most = isCounted ? this.schedule.maxItemsPerPoll : Infinity;
		check(items.length <= most, `${items.length} items are too many for one poll`);
		const growthKeys = items.filter(isGrowth).map(({ event_key }) => String(event_key));
		const log = [...memory.log, ...[...keys, ...growthKeys].map((key) => ({ key, n8nAt }))];
		const listed = Math.max(memory.listed, told.list?.at ?? -Infinity);
		const seeded = isSeeding && told.list ? { at: begun, listed: told.list.at } : memory.seeded;
		return { watched, listed, seeded, members, log };
	}

	/** Records that the workflow was started with the items of a poll. */
	deliver(items: IDataObject[]): void {
		for (const { event, event_key } of items) {
			const key = String(event_key);
			if (event !== 'snapshot.created' && !isGrowth({ event })) continue;
			const count = (this.delivered.get(key) ?? 0) + 1;
			this.delivered.set(key, count);
			// A video that is added again may slow, or spike, again.
			const again = isGrowth({ event }) ? (this.added.get(idOf(key)) ?? 1) - 1 : 0;
			const most = 1 + (this.repeats.get(key) ?? 0) + again;
			check(count <= most, `${key} was emitted ${count} times`);
		}
	}

	/** Records the items of a crash after the state was saved and before the workflow was started. */
	lose(items: IDataObject[]): void {
		if (this.schedule.replayAfterRestart) return;
		for (const { event_key } of items) this.lost.add(String(event_key));
	}

	/** Records the items of a crash after the workflow was started and before the state was saved. */
	forget(items: IDataObject[]): void {
		for (const { event_key } of items) this.mayRepeat(String(event_key));
	}

	/** Records that another n8n process continues with `memory`, and allows its replay. */
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
	 * Checks that the workflow received every snapshot of the watched videos.
	 *
	 * @param reach returns the Unix milliseconds at which the latest required snapshot of a video
	 * appeared in the API
	 * @throws Error naming a missing snapshot
	 */
	checkComplete(memory: Memory, watched: Watched, reach: (video: Video) => number): void {
		for (const video of this.api.videos) {
			// A gone video can no longer be fetched, so none of its snapshots is required.
			if (video.isGone || !watched.has(video)) continue;
			const member = memory.members.get(video.id);
			// A video that ended before the trigger could list it is never watched.
			if (!member && video.isFinal) continue;
			if (!member?.seed) throw new Error(`${video.id} was never fetched`);
			for (const { at, appears } of video.taken) {
				const key = keyOf(video.id, at);
				const isRequired = !member.seed.has(at) && appears <= reach(video);
				const isExcused = this.lost.has(key) || isTooLate(member, at, appears);
				if (isRequired && !isExcused) check(this.delivered.has(key), `${key} is missing`);
			}
		}
	}

	/**
	 * Checks the events of growth of a poll, and records what is remembered of them.
	 *
	 * @param before the members before its items.
	 * @throws Error naming an event that is wrong or missing
	 */
	private checkGrowth(
		before: Map<string, Member>,
		members: Map<string, Member>,
		told: Told,
		items: IDataObject[],
	): void {
		if (!this.schedule.isAllEvents) return;
		for (const [id, { seed, emitted, growth = {}, isSeedFree, isGrowthUnsure }] of before) {
			const shown = told.shown.get(id);
			if (!shown || !seed) continue;
			const ofVideo = items.filter(({ video_id }) => video_id === id);
			const created = ofVideo.filter(({ event }) => event === 'snapshot.created');
			const known = [...seed, ...emitted.map(({ at }) => at)];
			const instants = created.map(({ snapshot_time }) => Date.parse(String(snapshot_time)));
			const video = this.video(id);
			const { keys, after } = judgeGrowth(video, growth, shown, instants, known);
			members.set(id, { ...members.get(id)!, growth: after });
			const found = ofVideo.filter(isGrowth).map(({ event_key }) => String(event_key));
			if (isSeedFree || isGrowthUnsure || video.plan.odd || this.hasOldDates) continue;
			const unexpected = found.filter((key) => !keys.includes(key) && !this.replayed.has(key));
			check(unexpected.length === 0, `${unexpected[0]} is wrong`);
			const missing = keys.find((key) => !found.includes(key));
			check(missing === undefined, `${missing} is not emitted`);
		}
	}

	/** Whether a reply may come with a Date of the past, by which new snapshots are ahead. */
	private get hasOldDates(): boolean {
		return this.schedule.steps.some(
			(step) => step.do === 'trouble' && Object(step.trouble.harm).hoursBehind !== undefined,
		);
	}

	private mayRepeat(key: string): void {
		this.repeats.set(key, (this.repeats.get(key) ?? 0) + 1);
	}

	private video(id: string): Video {
		return this.api.videos.find((video) => video.id === id)!;
	}

	/** Returns the instants that Start From skips, of those shown when a video is seeded. */
	private seedOf(shown: Set<number>): Set<number> {
		const { startFrom } = this.schedule;
		if (startFrom === 'beginning') return new Set();
		const latest = startFrom === 'latest' ? Math.max(...shown) : NaN;
		return new Set([...shown].filter((at) => at !== latest));
	}
}

const GROWTH_EVENTS = new Set<unknown>(['growth.spiked', 'growth.slowed', 'age.reached']);
const isGrowth = ({ event }: IDataObject): boolean => GROWTH_EVENTS.has(event);

const idOf = (key: string): string => key.slice(0, key.indexOf(':'));
const keyOf = (id: string, at: number): string => `${id}:${new Date(at).toISOString()}`;

function check(holds: boolean, otherwise: string): void {
	if (!holds) throw new Error(otherwise);
}

/**
 * Whether the trigger may skip a snapshot as too late: it is a day older than the newest one known
 * when it appeared, or older than all that a cursor remembers.
 */
function isTooLate({ seed, emitted }: Member, at: number, appears: number): boolean {
	const before = emitted.filter(({ begun }) => begun < appears);
	const all = [...(seed ?? []), ...before.map((other) => other.at)];
	// One that is far ahead makes no other late until time reaches it.
	const known = new Set(all.filter((other) => other <= appears + AHEAD_MS));
	const newestFirst = [...known].sort((a, b) => b - a);
	const newest = newestFirst[0] ?? -Infinity;
	const last = newestFirst[MOST_REMEMBERED - 1] ?? -Infinity;
	return at <= Math.max(newest - LATE_WINDOW_MS, last);
}
