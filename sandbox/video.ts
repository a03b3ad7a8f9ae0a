import { SNAPSHOTS_PER_DAY } from './account';
import { toMs } from './clock';
import { METRICS, metricsAt } from './growth';
import type { Platform } from './links';
import type { Post } from './post';
import { randomStream, token } from './random';

export const STATUSES = ['monitoring', 'completed', 'paused', 'error', 'cancelled'] as const;
export type VideoStatus = (typeof STATUSES)[number];

/** The organisation the keys belong to, and a second one whose videos are foreign to it. */
export type Organisation = 'own' | 'other';

/** A snapshot as a reply shows it. Metrics are digits or null; injected ones may be anything. */
export type SnapshotFields = Record<string, unknown> & { snapshot_time?: unknown };

/** What a video needs to know of the world it is in. */
export interface VideoWorld {
	seed: number;
	/** The vendor's "hour", in ms. */
	hourMs: number;
	/** Snapshots appear up to so many ms after their time; 0 for at once. */
	maxLatenessMs: number;
	now(): number;
	/** Takes every snapshot that is due by now. */
	catchUp(): void;
	/** A snapshot is due at a time, ms, that may be earlier than all that were known of. */
	expectSnapshot(at: number): void;
}

export interface Tracking {
	id: string;
	jobId: string;
	/** The order of arrival. */
	sequence: number;
	organisation: Organisation;
	/** Tracked with a test key: costs nothing. */
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
	/** When it shows in replies: ms, Infinity while held back. */
	visibleAt: number;
	/** A snapshot of the schedule, told from its time and number … */
	taken?: { time: number; number: number };
	/** … or one put there by a test. */
	raw?: SnapshotFields;
}

/** One tracking, with controls to make it misbehave. */
export class SandboxVideo {
	status: VideoStatus = 'monitoring';
	/** The platform no longer has it: every further snapshot fails. */
	isDeleted = false;
	/** GET, list and stop act as if the id were unknown. */
	isGone = false;
	/** When the next snapshot is due, ms. */
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
	/** Snapshots still to come, in days of 24; 0 once the tracking has ended. */
	get days_remaining() {
		const running = this.status === 'monitoring' || this.status === 'paused';
		return running ? this.remaining / SNAPSHOTS_PER_DAY : 0;
	}
	/** Attempts still to make. */
	get remaining() {
		return this.total - this.attempts;
	}
	/** How many snapshots the schedule has taken so far. */
	get snapshots_taken() {
		return this.taken;
	}
	/** The snapshots as GET shows them now. */
	get snapshots(): SnapshotFields[] {
		this.world.catchUp();
		return this.visible().map((entry) => this.show(entry));
	}

	/**
	 * Makes the attempt that is due now and plans the next one.
	 * Returns whether a snapshot came of it; the caller charges it.
	 */
	takeDue(): boolean {
		const time = this.nextDue;
		const failed = this.isDeleted || this.failuresAhead > 0;
		if (this.failuresAhead > 0) this.failuresAhead--;
		this.attempts++;
		this.nextDue += this.world.hourMs;
		if (this.remaining === 0) this.end('completed', time);
		if (failed) return false;

		this.taken++;
		this.changedAt = Math.max(this.changedAt, time);
		this.cache = undefined;
		this.entries.push({
			visibleAt: this.holding ? Infinity : time + this.lateMs + this.randomLateness(),
			taken: { time, number: this.taken },
		});
		return true;
	}

	pause(at: number): void {
		this.end('paused', at);
	}

	/** Goes on at its old pace, with the snapshots it still has; hours of the pause are not made up. */
	resume(at: number): void {
		this.end('monitoring', at);
		const missed = Math.ceil((at - this.nextDue) / this.world.hourMs);
		if (missed > 0) this.nextDue += missed * this.world.hourMs;
		this.world.expectSnapshot(this.nextDue);
	}

	end(status: VideoStatus, at: number): void {
		this.status = status;
		this.changedAt = Math.max(this.changedAt, at);
	}

	/** Sets the status from now on; `monitoring` goes on with the remaining snapshots. */
	setStatus(status: VideoStatus): void {
		this.world.catchUp();
		if (status === 'monitoring') this.resume(this.world.now());
		else this.end(status, this.world.now());
	}

	/**
	 * Deletes the video. `flag` (default): GET says `is_deleted`, and every further snapshot fails,
	 * uncharged; the status stays. `not_found`: the API no longer knows the id as well.
	 */
	delete(as: 'flag' | 'not_found' = 'flag'): void {
		this.world.catchUp();
		this.isDeleted = true;
		this.isGone = as === 'not_found';
		this.changedAt = Math.max(this.changedAt, this.world.now());
	}

	/** The next `count` attempts give no snapshot and are not charged. */
	failSnapshots(count: number): void {
		this.world.catchUp();
		this.failuresAhead += count;
	}

	/** Snapshots taken from now on appear so many of the vendor's hours after their time. */
	late(hours: number): void {
		this.world.catchUp();
		this.lateMs = hours * this.world.hourMs;
	}

	/** Snapshots are taken and charged, but appear only after `releaseSnapshots()`. */
	deferSnapshots(): void {
		this.world.catchUp();
		this.holding = true;
	}

	/** Shows what was held back or late, and ends `deferSnapshots()` and `late()`. */
	releaseSnapshots(): void {
		this.world.catchUp();
		this.holding = false;
		this.lateMs = 0;
		const now = this.world.now();
		for (const entry of this.entries) entry.visibleAt = Math.min(entry.visibleAt, now);
		this.cache = undefined;
	}

	/** Replies show the snapshots in a shuffled order, always the same for a `seed`. */
	shuffle(seed = 1): void {
		this.shuffleSeed = seed;
		this.cache = undefined;
	}

	/** Shows a visible snapshot a second time, at the end; `at` counts like Array.at. */
	repeatSnapshot(at = -1, changes: SnapshotFields = {}): void {
		const original = this.snapshots.at(at);
		if (!original) throw new RangeError(`Video ${this.id} has no snapshot at ${at} to repeat.`);
		this.insert({ ...original, ...changes });
	}

	/**
	 * Puts a snapshot at the end, uncharged. What is not given is as the schedule would have it at
	 * `snapshot_time` (default now); any value may be given, wrong ones too.
	 */
	addSnapshot(fields: SnapshotFields = {}): void {
		this.world.catchUp();
		const given = fields.snapshot_time;
		const at = typeof given === 'string' || typeof given === 'number' ? given : this.world.now();
		const time = Number.isNaN(new Date(at).getTime()) ? this.world.now() : toMs(at);
		const regular = this.snapshotAt(time, `x${this.entries.length + 1}`);
		this.insert({ ...regular, ...fields });
	}

	/** Leaves fields out of every snapshot; the quickstart's form lacks id, snapshot_id, saves, provider. */
	dropField(...names: string[]): void {
		for (const name of names) this.dropped.add(name);
		this.cache = undefined;
	}

	/**
	 * Lays raw values over the video in list and GET; `undefined` removes a field.
	 * `current_metadata` given as an object is laid over field by field.
	 */
	override(fields: Record<string, unknown>): void {
		this.overrides = { ...this.overrides, ...fields };
	}

	/** The video as the list shows it. */
	inList(): Record<string, unknown> {
		const { title, creator } = this.tracking.post;
		return this.overridden(this.base({ title, creator }));
	}

	/** The video as GET shows it, serialised. */
	toJson(): string {
		const { title, creator, description } = this.tracking.post;
		const video = this.overridden({
			...this.base({ title, creator, description }),
			is_deleted: this.isDeleted,
			last_updated: new Date(this.changedAt).toISOString(),
		});
		if ('snapshots' in this.overrides) return JSON.stringify(video);
		return `${JSON.stringify(video).slice(0, -1)},"snapshots":${this.snapshotsJson()}}`;
	}

	private base(metadata: Record<string, string>) {
		const started = new Date(this.startedAt).toISOString();
		return {
			id: this.id,
			job_id: this.job_id,
			video_link: this.video_link,
			platform: this.platform,
			status: this.status,
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

	/** Up to 720 snapshots: written once, and again only when another one shows. */
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

	private show({ taken, raw }: Entry): SnapshotFields {
		const fields = taken
			? this.snapshotAt(taken.time, String(taken.number).padStart(3, '0'))
			: { ...raw };
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
		this.entries.push({ visibleAt: this.world.now(), raw });
		this.changedAt = Math.max(this.changedAt, this.world.now());
		this.cache = undefined;
	}

	private randomLateness(): number {
		const { maxLatenessMs, seed } = this.world;
		if (maxLatenessMs === 0) return 0;
		return Math.round(randomStream(seed, 'late', this.id, this.taken)() * maxLatenessMs);
	}
}

/** The ids of the `sequence`-th tracking of a world. */
export function trackingIds(seed: number, sequence: number): { id: string; jobId: string } {
	return {
		id: `cm5${token(10, seed, 'video', sequence)}`,
		jobId: `job_${token(9, seed, 'job', sequence)}`,
	};
}

/** Fisher and Yates's shuffle of a copy. */
function shuffled<T>(list: readonly T[], seed: number): T[] {
	const random = randomStream(seed, 'shuffle');
	const copy = [...list];
	for (let last = copy.length - 1; last > 0; last--) {
		const other = Math.floor(random() * (last + 1));
		[copy[last], copy[other]] = [copy[other] as T, copy[last] as T];
	}
	return copy;
}
