import { canPay, chargeSnapshot, openAccount, settle, trackingCost, type Account } from './account';
import { toMs, type Clock } from './clock';
import { readLink, type Platform } from './links';
import type { Shape } from './growth';
import { imaginePost, type Post } from './post';
import { randomStream } from './random';
import {
	SandboxVideo,
	trackingIds,
	type Organisation,
	type VideoStatus,
	type VideoWorld,
} from './video';

export interface WorldOptions {
	seed: number;
	/** Starting balance of each organisation, USD. */
	balanceUsd: number;
	/** Length of the vendor's "hour", ms. */
	snapshotIntervalMs: number;
	/** ms; default: random per video, between 0 and the interval. */
	firstSnapshotDelayMs?: number;
	/** Whether a resumed tracking takes a snapshot at once; else at its old minute. */
	resumesAtOnce: boolean;
	maxLatenessMs: number;
}

/** A tracking to create without a request. */
export interface SeedVideo {
	video_link: string;
	/** Whole days, 1 to 30; default 7. */
	duration_days?: number;
	/** ISO-8601 or ms; default now. Snapshots between then and now exist and are not charged. */
	started?: string | number;
	/** Default `monitoring`, or `completed` if all its snapshots lie in the past. */
	status?: VideoStatus;
	/** Default: read from the link. */
	platform?: Platform;
	/** How it grows, if no other tracking of the link exists; default `rush`. */
	shape?: Shape;
	/** Default `own`. */
	organisation?: Organisation;
	/** Whether it is free, as if tracked with a test key. */
	test?: boolean;
}

interface NewTracking {
	organisation: Organisation;
	free: boolean;
	link: string;
	platform: Platform;
	durationDays: number;
	startedAt: number;
	shape?: Shape;
}

export type World = ReturnType<typeof createWorld>;

/** Creates the vendor's accounts and trackings, which follow a clock. */
export function createWorld(options: WorldOptions, clock: Clock) {
	const { seed, snapshotIntervalMs: hourMs } = options;
	const accounts: Record<Organisation, Account> = {
		own: openAccount(options.balanceUsd),
		other: openAccount(options.balanceUsd),
	};
	const videos = new Map<string, SandboxVideo>();
	const posts = new Map<string, Post>();
	const videoWorld: VideoWorld = {
		seed,
		hourMs,
		resumesAtOnce: options.resumesAtOnce,
		maxLatenessMs: options.maxLatenessMs,
		now: () => clock.now(),
		catchUp,
		expectSnapshot,
	};
	/** Earliest time at which a snapshot may be due, ms. */
	let nextDue = Infinity;

	function of(organisation: Organisation): SandboxVideo[] {
		return [...videos.values()].filter((video) => video.organisation === organisation);
	}

	/** Counts the trackings that `isCounted` says, by their status. @param asOf ms since the epoch; default now */
	function count(
		organisation: Organisation,
		isCounted: (status: VideoStatus) => boolean,
		asOf?: number,
	): number {
		return of(organisation).filter(
			(video) => video.isThere(asOf) && isCounted(video.statusAt(asOf)),
		).length;
	}

	function expectSnapshot(at: number): void {
		nextDue = Math.min(nextDue, at);
	}

	/** Takes all due snapshots. Every request calls it, so it scans the videos only if one may be due. */
	function catchUp(): void {
		const now = clock.now();
		if (now < nextDue) return;
		catchUpAccount('own', now);
		catchUpAccount('other', now);
		nextDue = Infinity;
		for (const video of videos.values())
			if (video.status === 'monitoring') expectSnapshot(video.nextDue);
	}

	/** In order of time across all videos, so that an empty balance pauses at the right snapshot. */
	function catchUpAccount(organisation: Organisation, now: number): void {
		const due: Array<{ time: number; video: SandboxVideo }> = [];
		for (const video of videos.values()) {
			if (video.organisation !== organisation || video.status !== 'monitoring') continue;
			let time = video.nextDue;
			for (let left = video.remaining; left > 0 && time <= now; left--, time += hourMs) {
				due.push({ time, video });
			}
		}
		due.sort((a, b) => a.time - b.time || a.video.sequence - b.video.sequence);
		for (const { time, video } of due) {
			if (video.status === 'monitoring') takeSnapshot(accounts[organisation], video, time);
		}
	}

	function takeSnapshot(account: Account, video: SandboxVideo, time: number): void {
		if (!video.takeDue()) return;

		account.totalSnapshots++;
		if (video.free) return;

		const snapshot_time = new Date(time).toISOString();
		chargeSnapshot(account, { at: time, video_id: video.id, job_id: video.job_id, snapshot_time });
		pauseIfSpent(video.organisation, time);
	}

	function pauseIfSpent(organisation: Organisation, at: number): void {
		const account = accounts[organisation];
		if (canPay(account)) return;

		settle(account);
		for (const video of of(organisation)) {
			if (video.status === 'monitoring' && !video.free) video.pause(at);
		}
	}

	/** Changes an account's balance, and pauses or resumes its trackings accordingly. */
	function changeBalance(organisation: Organisation, change: (account: Account) => void): void {
		catchUp();
		const now = clock.now();
		change(accounts[organisation]);
		pauseIfSpent(organisation, now);
		if (!canPay(accounts[organisation])) return;

		for (const video of of(organisation)) {
			if (video.status === 'paused') video.resume(now);
		}
		catchUp();
	}

	function add(tracking: NewTracking): SandboxVideo {
		const sequence = videos.size + 1;
		const ids = trackingIds(seed, sequence);
		const { link, platform, startedAt, shape } = tracking;
		const post = posts.get(link) ?? imaginePost(seed, link, platform, startedAt, hourMs, shape);
		posts.set(link, post);
		const video = new SandboxVideo(videoWorld, {
			...tracking,
			...ids,
			sequence,
			post,
			firstDelayMs:
				options.firstSnapshotDelayMs ?? Math.floor(randomStream(seed, 'delay', ids.id)() * hourMs),
		});
		videos.set(video.id, video);
		return video;
	}

	/** Starts a tracking now and adds it to the ledger. */
	function track(tracking: Omit<NewTracking, 'startedAt'>): SandboxVideo {
		const startedAt = clock.now();
		const video = add({ ...tracking, startedAt });
		expectSnapshot(video.nextDue);
		accounts[tracking.organisation].ledger.push({
			kind: 'track',
			at: startedAt,
			video_id: video.id,
			job_id: video.job_id,
			video_link: video.video_link,
			duration_days: video.monitoring_duration_days,
			estimated_cost: trackingCost(video.monitoring_duration_days),
			amount_usd: 0,
		});
		catchUp();
		return video;
	}

	/** Creates a tracking without a request. @throws RangeError if neither link nor `platform` names one */
	function seedVideo(given: SeedVideo): SandboxVideo {
		catchUp();
		const now = clock.now();
		const organisation = given.organisation ?? 'own';
		const video = add({
			organisation,
			free: given.test ?? false,
			link: given.video_link,
			platform: given.platform ?? platformOf(given.video_link),
			durationDays: given.duration_days ?? 7,
			startedAt: given.started === undefined ? now : toMs(given.started),
			shape: given.shape,
		});
		while (video.status === 'monitoring' && video.nextDue <= now) {
			if (video.takeDue()) accounts[organisation].totalSnapshots++;
		}
		if (given.status) video.end(given.status, now);
		expectSnapshot(video.nextDue);
		pauseIfSpent(organisation, now);
		return video;
	}

	return { accounts, videos, of, count, catchUp, changeBalance, track, seedVideo };
}

function platformOf(link: string): Platform {
	const reading = readLink(link);
	if ('problem' in reading) {
		throw new RangeError(`${reading.problem}: ${link}. Give a video link, or name its platform.`);
	}
	return reading.platform;
}
