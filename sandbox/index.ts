import { setMaxListeners } from 'node:events';
import type { AddressInfo } from 'node:net';
import { toMicros, toUsd, type LedgerEntry } from './account';
import type { Caller } from './api';
import { ManualClock, realClock } from './clock';
import { addControlRoutes } from './control';
import { faultList, type FaultList } from './faults';
import { PLANS, rateLimiter, type PlanLimits, type PlanName } from './limiter';
import { token } from './random';
import { API_PATH, createServer, type RecordedRequest } from './server';
import type { SandboxVideo } from './video';
import { createWorld, type SeedVideo } from './world';

export { ManualClock, manualClock, type Duration } from './clock';
export type { Fault } from './faults';
export { PLANS, type PlanName } from './limiter';
export { PLATFORMS, type Platform } from './links';
export type { RecordedRequest } from './server';
export type { SandboxVideo, SnapshotFields } from './video';

export interface SandboxOptions {
	/** Ids, titles, curves and delays depend on it alone; default 1. */
	seed?: number;
	/** Default `pro`. */
	plan?: PlanName | PlanLimits;
	/** Length of the "minute" in the plan's limit, ms; default 60,000. */
	rateWindowMs?: number;
	/** USD; default 5, what a new account gets. */
	balanceUsd?: number;
	/** Absent: real time. */
	clock?: ManualClock;
	/** How long the vendor's "hour" lasts, ms; default 3,600,000. */
	snapshotIntervalMs?: number;
	/** From the start of a tracking to its first snapshot, ms; default per video, within the interval. */
	firstSnapshotDelayMs?: number;
	/** Snapshots appear up to `maxMs` after their time, each with its own delay; default at once. */
	lateness?: { maxMs: number };
	/** What another organisation's video is answered with; default 403. */
	foreignVideoStatus?: 403 | 404;
	/** Default 0: any free one. */
	port?: number;
	/** Default 127.0.0.1. */
	host?: string;
}

/** A running sandbox. */
export interface Sandbox {
	/** E.g. `http://127.0.0.1:4010/api/v1`. */
	baseUrl: string;
	/** Charges the account. */
	liveKey: string;
	/** Works the same and charges nothing. */
	testKey: string;
	/** A live key of a second organisation, with an account and videos of its own. */
	otherOrgKey: string;
	/** Every request, in order of arrival. */
	readonly requests: RecordedRequest[];
	/** Every tracking accepted from, and every charge made to, the first organisation. */
	readonly ledger: LedgerEntry[];
	/** The first organisation's balance in USD. With new credit paused trackings go on. */
	balance: { readonly usd: number; add(usd: number): void; set(usd: number): void };
	/** Every tracking by id, the other organisation's too. */
	readonly videos: Map<string, SandboxVideo>;
	faults: FaultList;
	/** Puts a tracking in place without a request. Its past is there and already paid. */
	seedVideo(video: SeedVideo): SandboxVideo;
	/** Forgets recorded requests and faults. */
	clear(): void;
	/** Stops at once, whatever is still being answered. */
	close(): Promise<void>;
}

/**
 * Starts a local stand-in for the ContentStats REST API.
 * Rejects when the port is taken (`code` EADDRINUSE), throws RangeError for an option out of range.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	const {
		seed = 1,
		plan = 'pro',
		rateWindowMs = 60_000,
		balanceUsd = 5,
		clock = realClock,
		snapshotIntervalMs = 3_600_000,
		firstSnapshotDelayMs,
		lateness = { maxMs: 0 },
		foreignVideoStatus = 403,
		port = 0,
		host = '127.0.0.1',
	} = options;
	const limits = typeof plan === 'string' ? PLANS[plan] : plan;
	requireAtLeast('snapshotIntervalMs', snapshotIntervalMs, 1);
	requireAtLeast('rateWindowMs', rateWindowMs, 1);
	requireAtLeast('firstSnapshotDelayMs', firstSnapshotDelayMs ?? 0, 0);
	requireAtLeast('lateness.maxMs', lateness.maxMs, 0);
	requireAtLeast('requestsPerMinute', limits.requestsPerMinute, 1);
	requireAtLeast('maxVideos', limits.maxVideos, 0);

	const world = createWorld(
		{
			seed,
			balanceUsd,
			snapshotIntervalMs,
			firstSnapshotDelayMs,
			maxLatenessMs: lateness.maxMs,
		},
		clock,
	);
	const account = world.accounts.own;
	const liveKey = `cs_live_sandbox_${token(24, seed, 'live')}`;
	const testKey = `cs_test_sandbox_${token(24, seed, 'test')}`;
	const otherOrgKey = `cs_live_sandbox_${token(24, seed, 'other')}`;
	const callers = new Map<string, Caller>([
		[liveKey, { organisation: 'own', test: false }],
		[testKey, { organisation: 'own', test: true }],
		[otherOrgKey, { organisation: 'other', test: false }],
	]);
	const requests: RecordedRequest[] = [];
	const faults = faultList();
	const closing = new AbortController();
	// As many replies as like may wait for it.
	setMaxListeners(0, closing.signal);

	const server = createServer({
		world,
		clock,
		callers,
		countRequest: rateLimiter(limits.requestsPerMinute, rateWindowMs),
		takeFault: faults.take,
		requests,
		maxVideos: limits.maxVideos,
		foreignVideoStatus,
		closing: closing.signal,
	});
	const forgetClock = clock instanceof ManualClock ? clock.onMove(world.catchUp) : () => false;

	const sandbox: Sandbox = {
		baseUrl: '',
		liveKey,
		testKey,
		otherOrgKey,
		requests,
		get ledger() {
			world.catchUp();
			return account.ledger;
		},
		balance: {
			get usd() {
				world.catchUp();
				return toUsd(account.balance);
			},
			add: (usd) => world.changeBalance('own', (own) => void (own.balance += toMicros(usd))),
			set: (usd) => world.changeBalance('own', (own) => void (own.balance = toMicros(usd))),
		},
		get videos() {
			world.catchUp();
			return world.videos;
		},
		faults,
		seedVideo: world.seedVideo,
		clear() {
			requests.length = 0;
			faults.clear();
		},
		async close() {
			forgetClock();
			closing.abort();
			await server.close();
		},
	};
	addControlRoutes(server, {
		clock,
		requests,
		get ledger() {
			return sandbox.ledger;
		},
		faults,
		balance: sandbox.balance,
	});

	await server.listen({ port, host });
	const address = server.server.address() as AddressInfo;
	const shownHost = host.includes(':') ? `[${host}]` : host;
	sandbox.baseUrl = `http://${shownHost}:${address.port}${API_PATH}`;
	return sandbox;
}

function requireAtLeast(name: string, value: number, least: number): void {
	if (value >= least) return;
	throw new RangeError(`${name} must be at least ${least}, got ${value}.`);
}
