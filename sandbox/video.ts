import { SNAPSHOTS_PER_DAY } from './account';
import { toMs } from './clock';
import { METRICS, metricsAt } from './growth';
import type { Platform } from './links';
import type { Post } from './post';
import { randomStream, token } from './random';

export const STATUSES = ['monitoring', 'completed', 'paused', 'error', 'cancelled'] as const;
/** A documented status, or one that the vendor may add. */
export type VideoStatus = (typeof STATUSES)[number] | (string & {});

/** The organisation of the live and the test key, and a second one whose videos it cannot access. */
export type Organisation = 'own' | 'other';

/** A snapshot in a reply. Metrics are digits or null; fields that a test sets may be anything. */
export type SnapshotFields = Record<string, unknown> & { snapshot_time?: unknown };

/** The parts of the world that a video uses. */
export interface VideoWorld {
	seed: number;
	/** The vendor's "hour", in ms. */
	hourMs: number;
	/** Whether a resumed tracking takes a snapshot at once; else at its old minute. */
	resumesAtOnce: boolean;
	/** Maximum random delay until a snapshot appears, in ms; 0: at once. */
	maxLatenessMs: number;
	now(): number;
	/** Takes every snapshot that is due. */
	catchUp(): void;
	/** Announces that a snapshot is due at `at` (ms), which may be before all others. */
	expectSnapshot(at: number): void;
}

export interface Tracking {
	id: string;
	jobId: string;
	/** Position in the order of creation, from 1. */
	sequence: number;
	organisation: Organisation;
	/** Whether it was tracked with a test key, and is not charged. */
	free: boolean;
	link: string;
	platform: Platform;
	durationDays: number;
	/** ms since the epoch. */
	startedAt: number;
	firstDelayMs: number;
	post: Post;
}

interface Entry {
	/** Time from which replies show it, ms; Infinity while deferred. */
	visibleAt: number;
	/** Returns its fields as they are before `dropField`. */
	fields: () => SnapshotFields;
}

/** One tracking, with controls to make it misbehave. */
export class SandboxVideo {
	status: VideoStatus = 'monitoring';
	/** Whether it was deleted on its platform, so that every further snapshot fails. */
	isDeleted = false;
	/** Whether GET, list and stop treat the id as unknown. */
	isGone = false;
	/** Due time of the next snapshot, ms. */
	nextDue: number;

	private readonly entries: Entry[] = [];
	private readonly total: number;
	private attempts = 0;
	private taken = 0;
	private failuresAhead = 0;
	private lateMs = 0;
	private holding = false;
	private shuffleSeed: number | undefined;
	private readonly dropped = new Set<string>();
	private overrides: Record<string, unknown> = {};
	private changedAt: number;
	private readonly statusChanges: Array<{ at: number; status: VideoStatus }> = [];
	private cache: { json: string; until: number } | undefined;

	constructor(
		private readonly world: VideoWorld,
		private readonly tracking: Tracking,
	) {
		this.total = tracking.durationDays * SNAPSHOTS_PER_DAY;
		this.nextDue = tracking.startedAt + tracking.firstDelayMs;
		this.changedAt = tracking.startedAt;
	}

	get id() {
		return this.tracking.id;
	}
	get job_id() {
		return this.tracking.jobId;
	}
	get sequence() {
		return this.tracking.sequence;
	}
	get organisation() {
		return this.tracking.organisation;
	}
	get free() {
		return this.tracking.free;
	}
	get video_link() {
		return this.tracking.link;
	}
	get platform() {
		return this.tracking.platform;
	}
	get monitoring_duration_days() {
		return this.tracking.durationDays;
	}
	/** ms since the epoch. */
	get startedAt() {
		return this.tracking.startedAt;
	}
	/** Remaining snapshots, in days of 24; 0 once the tracking has ended. */
	get days_remaining() {
		const running = this.status === 'monitoring' || this.status === 'paused';
		return running ? this.remaining / SNAPSHOTS_PER_DAY : 0;
	}
	/** Number of attempts left. */
	get remaining() {
		return this.total - this.attempts;
	}
	/** Number of snapshots taken by the schedule so far. */
	get snapshots_taken() {
		return this.taken;
	}
	/** The snapshots that GET would return now. */
	get snapshots(): SnapshotFields[] {
		this.world.catchUp();
		return this.visible().map((entry) => this.show(entry));
	}

	/**
	 * Makes the attempt that is due and schedules the next one.
	 * @returns whether a snapshot was taken, which the caller charges
	 */
	takeDue(): boolean {
		const time = this.nextDue;
		const failed = this.isDeleted || this.failuresAhead > 0;
		if (this.failuresAhead > 0) this.failuresAhead--;
		this.attempts++;
		this.nextDue += this.world.hourMs;
		if (this.remaining === 0) this.end('completed', time);
		if (failed) return false;

		const number = ++this.taken;
		this.changedAt = Math.max(this.changedAt, time);
		this.cache = undefined;
		this.entries.push({
			visibleAt: this.holding ? Infinity : time + this.lateMs + this.randomLateness(),
			fields: once(() => this.snapshotAt(time, String(number).padStart(3, '0'))),
		});
		return true;
	}

	pause(at: number): void {
		this.end('paused', at);
	}

	/**
	 * Resumes at the old minute of the hour, or at once. The hours of the pause are skipped, so the remaining
	 * snapshots are taken that much later.
	 */
	resume(at: number): void {
		this.end('monitoring', at);
		const missed = Math.ceil((at - this.nextDue) / this.world.hourMs);
		if (missed > 0)
			this.nextDue = this.world.resumesAtOnce ? at : this.nextDue + missed * this.world.hourMs;
		this.world.expectSnapshot(this.nextDue);
	}

	end(status: VideoStatus, at: number): void {
		this.status = status;
		this.statusChanges.push({ at, status });
		this.changedAt = Math.max(this.changedAt, at);
	}

	/** Sets the status from now on; `monitoring` resumes the remaining snapshots. */
	setStatus(status: VideoStatus): void {
		this.world.catchUp();
		if (status === 'monitoring') this.resume(this.world.now());
		else this.end(status, this.world.now());
	}

	/**
	 * Deletes the video: GET sets `is_deleted`, and every further snapshot fails, uncharged; the
	 * status stays. `not_found`: every endpoint also treats the id as unknown.
	 */
	delete(as: 'flag' | 'not_found' = 'flag'): void {
		this.world.catchUp();
		this.isDeleted = true;
		this.isGone = as === 'not_found';
		this.changedAt = Math.max(this.changedAt, this.world.now());
	}

	/** Lets the next `count` attempts fail: no snapshot, no charge. */
	failSnapshots(count: number): void {
		this.world.catchUp();
		this.failuresAhead += count;
	}

	/** Delays the appearance of snapshots taken from now on. @param hours the vendor's hours */
	late(hours: number): void {
		this.world.catchUp();
		this.lateMs = hours * this.world.hourMs;
	}

	/** Hides snapshots taken (and charged) from now on, until `releaseSnapshots()`. */
	deferSnapshots(): void {
		this.world.catchUp();
		this.holding = true;
	}

	/** Shows all deferred and late snapshots, and ends `deferSnapshots()` and `late()`. */
	releaseSnapshots(): void {
		this.world.catchUp();
		this.holding = false;
		this.lateMs = 0;
		const now = this.world.now();
		for (const entry of this.entries) entry.visibleAt = Math.min(entry.visibleAt, now);
		this.cache = undefined;
	}

	/** Shuffles the snapshots in replies from now on, always in the same order for a `seed`. */
	shuffle(seed = 1): void {
		this.shuffleSeed = seed;
		this.cache = undefined;
	}

	/** Adds a copy of a visible snapshot at the end, uncharged. @param at its index, as in Array.at */
	repeatSnapshot(at = -1, changes: SnapshotFields = {}): void {
		const original = this.snapshots.at(at);
		if (!original) throw new RangeError(`Video ${this.id} has no snapshot at ${at} to repeat.`);
		this.insert({ ...original, ...changes });
	}

	/**
	 * Adds a snapshot at the end, uncharged. Missing fields get the values of a regular snapshot at
	 * `snapshot_time` (default now); given values are used as they are, even invalid ones.
	 */
	addSnapshot(fields: SnapshotFields = {}): void {
		this.world.catchUp();
		const given = fields.snapshot_time;
		const at = typeof given === 'string' || typeof given === 'number' ? given : this.world.now();
		const time = Number.isNaN(new Date(at).getTime()) ? this.world.now() : toMs(at);
		const regular = this.snapshotAt(time, `x${this.entries.length + 1}`);
		this.insert({ ...regular, ...fields });
	}

	/** Omits fields from every snapshot. The vendor's quickstart lacks id, snapshot_id, saves and provider. */
	dropField(...names: string[]): void {
		for (const name of names) this.dropped.add(name);
		this.cache = undefined;
	}

	/**
	 * Overrides fields of the video in list and GET with any value; `undefined` removes a field.
	 * A `current_metadata` object overrides single fields of the metadata.
	 */
	override(fields: Record<string, unknown>): void {
		this.overrides = { ...this.overrides, ...fields };
	}

	/** Whether it was tracked before a time, ms since the epoch. */
	isThere(asOf = Infinity): boolean {
		return this.startedAt <= asOf;
	}

	/** Returns its status at a time, ms since the epoch. */
	statusAt(asOf = Infinity): VideoStatus {
		if (asOf === Infinity) return this.status;
		return this.statusChanges.findLast(({ at }) => at <= asOf)?.status ?? 'monitoring';
	}

	/** Returns the video as in the list. @param asOf with its status at that time; default now */
	inList(asOf?: number): Record<string, unknown> {
		const { title, creator } = this.tracking.post;
		return this.overridden(this.base({ title, creator }, asOf));
	}

	/** Returns the JSON of the video as in a reply to GET. @param asOf as for `inList` */
	toJson(asOf?: number): string {
		const { title, creator, description } = this.tracking.post;
		const video = this.overridden({
			...this.base({ title, creator, description }, asOf),
			is_deleted: this.isDeleted,
			last_updated: new Date(this.changedAt).toISOString(),
		});
		if ('snapshots' in this.overrides) return JSON.stringify(video);
		return `${JSON.stringify(video).slice(0, -1)},"snapshots":${this.snapshotsJson()}}`;
	}

	private base(metadata: Record<string, string>, asOf?: number) {
		const started = new Date(this.startedAt).toISOString();
		return {
			id: this.id,
			job_id: this.job_id,
			video_link: this.video_link,
			platform: this.platform,
			status: this.statusAt(asOf),
			monitoring_started: started,
			monitoring_duration_days: this.monitoring_duration_days,
			days_remaining: this.days_remaining,
			current_metadata: metadata,
			created_at: started,
		};
	}

	private overridden<T extends { current_metadata: object }>(video: T): Record<string, unknown> {
		const metadata = this.overrides.current_metadata;
		if (typeof metadata !== 'object' || metadata === null) return { ...video, ...this.overrides };
		return {
			...video,
			...this.overrides,
			current_metadata: { ...video.current_metadata, ...metadata },
		};
	}

	/** Returns the JSON of the snapshots, cached until another one appears: there are up to 720. */
	private snapshotsJson(): string {
		const now = this.world.now();
		if (this.cache && now < this.cache.until) return this.cache.json;

		let until = Infinity;
		for (const { visibleAt } of this.entries) {
			if (visibleAt > now) until = Math.min(until, visibleAt);
		}
		const json = JSON.stringify(this.visible().map((entry) => this.show(entry)));
		this.cache = { json, until };
		return json;
	}

	private visible(): Entry[] {
		const now = this.world.now();
		const visible = this.entries.filter((entry) => entry.visibleAt <= now);
		return this.shuffleSeed === undefined ? visible : shuffled(visible, this.shuffleSeed);
	}

	private show(entry: Entry): SnapshotFields {
		const fields = { ...entry.fields() };
		for (const name of this.dropped) delete fields[name];
		return fields;
	}

	private snapshotAt(time: number, label: string): SnapshotFields {
		const { curve, postedAt } = this.tracking.post;
		const metrics = metricsAt(curve, (time - postedAt) / this.world.hourMs);
		const fields: SnapshotFields = {
			id: `snap_${this.id}_${label}`,
			snapshot_id: `ext_${this.job_id.slice('job_'.length)}_${label}`,
			snapshot_time: new Date(time).toISOString(),
		};
		for (const metric of METRICS) fields[metric] = metrics[metric]?.toString() ?? null;
		fields.provider = 'render';
		return fields;
	}

	private insert(raw: SnapshotFields): void {
		this.entries.push({ visibleAt: this.world.now(), fields: () => raw });
		this.changedAt = Math.max(this.changedAt, this.world.now());
		this.cache = undefined;
	}

	private randomLateness(): number {
		const { maxLatenessMs, seed } = this.world;
		if (maxLatenessMs === 0) return 0;
		return Math.round(randomStream(seed, 'late', this.id, this.taken)() * maxLatenessMs);
	}
}

/** Returns the ids of the `sequence`-th tracking of a world. */
export function trackingIds(seed: number, sequence: number): { id: string; jobId: string } {
	return {
		id: `cm5${token(10, seed, 'video', sequence)}`,
		jobId: `job_${token(9, seed, 'job', sequence)}`,
	};
}

/** Returns a function that calls `make` on its first call, and returns the same result from then on. */
function once<T>(make: () => T): () => T {
	let made: { result: T } | undefined;
	return () => (made ??= { result: make() }).result;
}

/** Returns a shuffled copy (Fisher–Yates). */
function shuffled<T>(list: readonly T[], seed: number): T[] {
	const random = randomStream(seed, 'shuffle');
	const copy = [...list];
	for (let last = copy.length - 1; last > 0; last--) {
		const other = Math.floor(random() * (last + 1));
		[copy[last], copy[other]] = [copy[other] as T, copy[last] as T];
	}
	return copy;
}
