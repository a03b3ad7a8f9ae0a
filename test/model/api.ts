import type { IHttpRequestOptions } from 'n8n-workflow';

import { clock, HOUR_MS, MINUTE_MS, START_MS } from './clock';

type Platform = 'tiktok' | 'youtube';

/** How a video is tracked, and when and in which order the API returns its snapshots. */
export interface VideoPlan {
	platform: Platform;
	/** Number of the video's link; several trackings may share one. */
	link: number;
	/** Minutes from creation to the first snapshot. */
	firstMinutes: number;
	cadenceMinutes: number;
	/** By how much its views grow from snapshot to snapshot, in turn. */
	growths: number[];
	/** Minutes by which the API returns a snapshot late; snapshots take the values in turn. */
	lateMinutes: number[];
	order: 'oldest first' | 'newest first' | 'mixed';
	/** Whether replies contain some snapshots twice. */
	isRepeated: boolean;
	/** Whether it takes a snapshot as soon as it is resumed, and hourly from then. */
	resumesAtOnce: boolean;
	/** What is odd about it; null: nothing. */
	odd: {
		/** The id, if no other video has it; null: an ordinary one. */
		id: string | null;
		/** Values of fields that they cannot have. */
		fields: Record<string, unknown>;
		/** A count that every third snapshot has for its views and likes. */
		count: unknown;
		/** Hours by which every ninth snapshot has a second one ahead of it. */
		aheadHours: number;
		/** A snapshot without a time that can be read. */
		undated: unknown;
	} | null;
}

interface Snapshot {
	at: number;
	/** When the API starts to return it. */
	sent: number;
	/** From which Date on the trigger may use it: not while it is more than a day ahead. */
	usable: number;
	/** What its metric says, unless it is odd. */
	views: number;
	/** When both are so. */
	appears: number;
	json: string;
}

/** Before the first poll of a schedule. Videos that were tracked earlier are older than their posts. */
const POSTED_UNTIL = START_MS - 3 * HOUR_MS;

const iso = (instant: number): string => new Date(instant).toISOString();

type Status = 'monitoring' | 'paused' | 'error' | 'completed' | 'cancelled';

export class Video {
	readonly taken: Snapshot[] = [];
	isDeleted = false;
	endedAt: number | null = null;
	private slots = 0;
	private views = 100;
	/** By how much its snapshots come later since it was resumed, in milliseconds. */
	private shiftMs = 0;
	/** Its statuses, and since when, oldest first. */
	private readonly statuses: Array<{ since: number; status: Status }>;
	private goneAt = Infinity;

	constructor(
		readonly id: string,
		readonly plan: VideoPlan,
		readonly createdAt: number,
	) {
		this.statuses = [{ since: createdAt, status: 'monitoring' }];
	}

	get status(): Status {
		return this.statuses.at(-1)!.status;
	}

	get isFinal(): boolean {
		return this.endedAt !== null;
	}

	/** Whether the API answers 404 for it. */
	get isGone(): boolean {
		return this.goneAt <= clock.now;
	}

	/** When the post behind its link was posted, in Unix milliseconds; null if the link does not tell. */
	get postedAt(): number | null {
		const { platform, link } = this.plan;
		return platform === 'tiktok' ? POSTED_UNTIL - link * 13 * HOUR_MS : null;
	}

	/** When its next snapshot is taken, in Unix milliseconds. */
	private get nextAt(): number {
		const { firstMinutes, cadenceMinutes } = this.plan;
		const minutes = firstMinutes + this.slots * cadenceMinutes;
		return this.createdAt + minutes * MINUTE_MS + this.shiftMs;
	}

	/** Takes the snapshots due by now. A video that is not monitored takes none. */
	takeSnapshots(): void {
		const { lateMinutes } = this.plan;
		for (;;) {
			const at = this.nextAt;
			if (at > clock.now) return;
			const late = lateMinutes[this.slots % lateMinutes.length]!;
			this.slots += 1;
			if (this.status !== 'monitoring' || this.isDeleted || this.isGone) continue;
			this.take(at, at + late * MINUTE_MS);
			const { odd } = this.plan;
			if (odd && this.slots % 9 === 4) this.take(at + odd.aheadHours * HOUR_MS, at);
		}
	}

	private take(at: number, sent: number): void {
		const snapshot_time = this.slots % 2 === 0 ? iso(at) : iso(at).replace('Z', '+00:00');
		const isOdd = this.plan.odd && this.slots % 3 === 0;
		const { growths } = this.plan;
		this.views = Math.max(0, this.views + growths[this.slots % growths.length]!);
		const { views } = this;
		const counts = isOdd
			? { views: this.plan.odd!.count, likes: this.plan.odd!.count }
			: { views: String(views), likes: '5' };
		const json = JSON.stringify({ snapshot_time, ...counts, comments: '3' });
		// The Date of a reply has no fractions of a second.
		const usable = Math.ceil((at - 24 * HOUR_MS) / 1000) * 1000;
		this.taken.push({ at, sent, usable, views, appears: Math.max(sent, usable), json });
	}

	become(status: Status): void {
		if (this.isFinal || this.isGone) return;
		this.takeSnapshots();
		if (status === 'monitoring' && this.status !== status && this.plan.resumesAtOnce)
			this.shiftMs += clock.now - this.nextAt;
		this.statuses.push({ since: clock.now, status });
		if (status === 'completed' || status === 'cancelled') this.endedAt = clock.now;
	}

	vanish(as: 'gone' | 'deleted'): void {
		this.takeSnapshots();
		if (as === 'gone') this.goneAt = Math.min(this.goneAt, clock.now);
		else this.isDeleted = true;
	}

	/** The snapshots that the API returns now and the trigger may use, in the order of their taking. */
	get shown(): Snapshot[] {
		return this.taken.filter(({ appears }) => appears <= clock.now);
	}

	/** Whether a list of that time has it. */
	isListedAt(time: number): boolean {
		return this.createdAt <= time && time < this.goneAt;
	}

	/** Its entry in a list of that time. */
	listedAt(time: number) {
		const { link, platform } = this.plan;
		return {
			id: this.id,
			job_id: `job_${this.id}`,
			video_link:
				platform === 'tiktok'
					? `https://www.tiktok.com/@a/video/${BigInt(this.postedAt! / 1000) << 32n}`
					: `https://www.youtube.com/watch?v=aaaaaaaaaa${link}`,
			platform,
			status: this.statuses.findLast(({ since }) => since <= time)!.status,
			monitoring_started: iso(this.createdAt),
			monitoring_duration_days: 30,
			days_remaining: 5.5,
			current_metadata: { title: null, creator: 'a' },
			created_at: iso(this.createdAt),
			...this.plan.odd?.fields,
		};
	}

	/**
	 * Builds the reply for this video. Also returns the instants of its snapshots that the trigger may use.
	 *
	 * @param date the time that the reply tells, in Unix milliseconds
	 */
	read(date: number): { body: string; instants: Set<number> } {
		const { order, isRepeated } = this.plan;
		const entries = this.taken.filter(({ sent }) => sent <= clock.now);
		const usable = this.shown.filter((snapshot) => snapshot.usable <= date);
		const instants = new Set(usable.map(({ at }) => at));
		if (order === 'newest first') entries.reverse();
		if (order === 'mixed') entries.push(...entries.splice(0, entries.length >> 1));
		if (isRepeated) entries.push(...entries.slice(-2));
		const video = JSON.stringify({ ...this.listedAt(clock.now), is_deleted: this.isDeleted });
		const undated = this.plan.odd ? [JSON.stringify(this.plan.odd.undated)] : [];
		const snapshots = [...undated, ...entries.map(({ json }) => json)].join(',');
		return { body: `${video.slice(0, -1)},"snapshots":[${snapshots}]}`, instants };
	}
}

export interface Trouble {
	/**
	 * The requests it affects: all, those for the list, or those for some videos, given as indexes
	 * modulo the number of videos.
	 */
	on: 'all' | 'list' | number[];
	/** A status, a 429 that lasts `refusedSeconds`, a Date of the past, a truncated body, or a lost connection. */
	harm:
		401 | 403 | 404 | 503 | { refusedSeconds: number } | { hoursBehind: number } | 'cut' | 'reset';
	/** Number of requests it affects. */
	times: number;
}

interface Reply {
	statusCode: number;
	headers: Record<string, string>;
	body: string;
}

interface Content {
	statusCode: number;
	body: string;
	/** Records the content in `told` when the reply arrives. */
	note?: (told: Told) => void;
}

/** An answer to a request; `reply` is null if the connection is lost. */
interface Answer {
	reply: Reply | null;
	note?: Content['note'];
}

const REFUSED: Content = { statusCode: 429, body: '{"error":"No"}' };
const USAGE = JSON.stringify({
	balance_usd: 9,
	uncharged_usage_usd: 1,
	active_videos: 1,
	cost_per_snapshot: 0.015,
});

/** Returns an order other than that of creation, because the API promises none. */
const rotated = <T>(entries: T[]): T[] => [...entries.slice(1), ...entries.slice(0, 1)];

/** The content of the replies that a poll has received. */
export interface Told {
	/** The videos of the last list received, and the time that it is of. */
	list: { at: number; videos: Video[] } | null;
	/** Instants of the snapshots received, by video id. */
	shown: Map<string, Set<number>>;
}

export const nothingTold = (): Told => ({ list: null, shown: new Map() });

function lost(code: string): Error {
	return Object.assign(new Error('No reply'), { code });
}

/** An in-memory API with the endpoints that the trigger reads. */
export class Api {
	readonly videos: Video[] = [];
	troubles: Trouble[] = [];
	/** Latencies in milliseconds; requests take them in turn. */
	latencies: number[] = [];
	/** By how many minutes lists are old; lists take them in turn. */
	listLags: number[] = [];
	/** The requests that others with the same API key send in each window. */
	others = 0;
	/** Until when every request has to wait, as the API said. */
	refusedUntil = 0;
	private requests = 0;
	private lists = 0;
	private window = 0;
	private used = 0;

	/**
	 * @param limit requests per minute
	 * @param oddEntries entries of the list that are no videos
	 * @param isResetRounded whether the reset wavers by a second, since the time left is rounded
	 */
	constructor(
		private readonly limit: number,
		private readonly oddEntries: unknown[],
		private readonly isResetRounded: boolean,
	) {}

	track(plan: VideoPlan, ageHours = 0): void {
		const wanted = plan.odd?.id;
		const isFree = !this.videos.some((video) => video.id === wanted);
		const id = wanted && isFree ? wanted : `v${this.videos.length}`;
		this.videos.push(new Video(id, plan, clock.now - ageHours * HOUR_MS));
	}

	/** Returns the videos at some indexes, modulo the number of videos. */
	pick(which: number[]): Video[] {
		return this.videos.filter((_, index) =>
			which.some((number) => number % this.videos.length === index),
		);
	}

	isGone(id: string): boolean {
		return this.videos.some((video) => video.id === id && video.isGone);
	}

	/** Answers one request of a poll, and records the content of the reply in `told`. */
	async send(
		{ url, qs = {}, timeout = Infinity }: IHttpRequestOptions,
		told: Told,
	): Promise<Reply> {
		const latency = this.latencies[this.requests % this.latencies.length] ?? 0;
		this.requests += 1;
		for (const video of this.videos) video.takeSnapshots();
		const { reply, note } = this.answer(new URL(url).pathname.replace('/api/v1', ''), qs.platform);
		if (latency > 0) await clock.sleep(Math.min(latency, timeout));
		if (latency > timeout) throw lost('ECONNABORTED');
		if (!reply) throw lost('ECONNRESET');
		note?.(told);
		return reply;
	}

	private answer(path: string, platform: unknown): Answer {
		const minute = Math.floor(clock.now / MINUTE_MS);
		if (minute !== this.window) this.used = this.others;
		this.window = minute;
		this.used += 1;
		const end = (minute + 1) * 60;
		const now = clock.now / 1000;
		const reset = this.isResetRounded ? Math.floor(now) + Math.round(end - now) : end;
		if (this.used > this.limit) return this.reply(REFUSED, reset);

		const harm = this.harmTo(path);
		if (harm === 'reset') return { reply: null };
		if (typeof harm === 'number') return this.reply({ ...REFUSED, statusCode: harm }, reset);
		const isOfThePast = typeof harm === 'object' && harm !== null && 'hoursBehind' in harm;
		const date = isOfThePast ? clock.now - harm.hoursBehind * HOUR_MS : clock.now;
		// A wrong Date makes the window seem to end later, by two minutes at most.
		if (isOfThePast) this.refusedUntil = clock.now + 2 * MINUTE_MS;
		const content = this.read(path, platform, date);
		if (harm === null || isOfThePast) return this.reply(content, reset, date);
		if (harm === 'cut')
			return this.reply({ ...REFUSED, statusCode: 200, body: content.body.slice(0, -5) }, reset);
		this.refusedUntil = clock.now + harm.refusedSeconds * 1000;
		return this.reply(REFUSED, Math.ceil(this.refusedUntil / 1000));
	}

	private reply({ statusCode, body, note }: Content, reset: number, date = clock.now): Answer {
		const headers = {
			date: new Date(date).toUTCString(),
			'x-ratelimit-limit': String(this.limit),
			'x-ratelimit-remaining': String(Math.max(0, this.limit - this.used)),
			'x-ratelimit-reset': String(reset),
		};
		return { reply: { statusCode, headers, body }, note };
	}

	private read(path: string, platform: unknown, date: number): Content {
		if (path === '/usage') return { statusCode: 200, body: USAGE };
		if (path === '/videos') {
			const lag = this.listLags[this.lists % this.listLags.length] ?? 0;
			this.lists += 1;
			const at = clock.now - lag * MINUTE_MS;
			const videos = this.videos.filter(
				(video) => video.isListedAt(at) && (!platform || video.plan.platform === platform),
			);
			const list = { at, videos };
			const listed = [...this.oddEntries, ...rotated(videos).map((video) => video.listedAt(at))];
			const body = JSON.stringify({ videos: listed, total: listed.length, limit: 100 });
			return { statusCode: 200, body, note: (told) => void (told.list = list) };
		}
		const video = this.videos.find(({ id }) => path === `/videos/${id}`);
		if (!video || video.isGone) return { ...REFUSED, statusCode: 404 };
		const { body, instants } = video.read(date);
		return { statusCode: 200, body, note: (told) => void told.shown.set(video.id, instants) };
	}

	/** Returns the harm done to a request, and counts it towards the `times` of its trouble. */
	private harmTo(path: string): Trouble['harm'] | null {
		const trouble = this.troubles.find(({ on, times }) => {
			if (times <= 0) return false;
			if (on === 'all') return true;
			if (on === 'list') return path === '/videos';
			return this.pick(on).some(({ id }) => path === `/videos/${id}`);
		});
		if (!trouble) return null;
		trouble.times -= 1;
		return trouble.harm;
	}
}
