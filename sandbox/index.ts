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
	/** Determines all ids, titles, curves and delays; default 1. */
	seed?: number;
	/** Default `pro`. */
	plan?: PlanName | PlanLimits;
	/** Length of the rate limit's window, ms; default 60,000. */
	rateWindowMs?: number;
	/** Whether the reset of one window wavers by a second, as with servers that round the time left. */
	isResetRounded?: boolean;
	/** USD; default 5, the credit of a new account. */
	balanceUsd?: number;
	/** Default: real time. */
	clock?: ManualClock;
	/** Length of the vendor's "hour", ms; default 3,600,000. */
	snapshotIntervalMs?: number;
	/** From the start of a tracking to its first snapshot, ms; default random, within the interval. */
	firstSnapshotDelayMs?: number;
	/** Whether a resumed tracking takes a snapshot at once, and hourly from then; default: at its old minute. */
	resumesAtOnce?: boolean;
	/** Each snapshot appears with a random delay of up to `maxMs`; default: at once. */
	lateness?: { maxMs: number };
	/** Status of the reply for another organisation's video; default 403. */
	foreignVideoStatus?: 403 | 404;
	/** Whether a short link is stored, and answered, as the link of its video; default: as it was sent. */
	resolvesShortLinks?: boolean;
	/** Default 0: any free port. */
	port?: number;
	/** Default 127.0.0.1. */
	host?: string;
}

/** A running sandbox. */
export interface Sandbox {
	/** E.g. `http://127.0.0.1:4010/api/v1`. */
	baseUrl: string;
	/** Its trackings are charged. */
	liveKey: string;
	/** Works like the live key, but its trackings are free. */
	testKey: string;
	/** A live key of a second organisation, with an account and videos of its own. */
	otherOrgKey: string;
	/** Every request, in order of arrival. */
	readonly requests: RecordedRequest[];
	/** Every accepted tracking and every charge of the first organisation. */
	readonly ledger: LedgerEntry[];
	/** Balance of the first organisation, in USD. Adding credit resumes paused trackings. */
	balance: { readonly usd: number; add(usd: number): void; set(usd: number): void };
	/** Every tracking by id, including those of the other organisation. */
	readonly videos: Map<string, SandboxVideo>;
	faults: FaultList;
	/** Creates a tracking without a request. Its past snapshots exist and are not charged. */
	seedVideo(video: SeedVideo): SandboxVideo;
	/** Clears recorded requests and faults. */
	clear(): void;
	/** Stops at once, and breaks the connections of pending requests. */
	close(): Promise<void>;
}

/**
 * Starts a local stand-in for the ContentStats REST API.
 * @throws RangeError if an option is out of range
 * @throws Error with `code` EADDRINUSE if the port is taken
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	const {
		seed = 1,
		plan = 'pro',
		rateWindowMs = 60_000,
		isResetRounded = false,
		balanceUsd = 5,
		clock = realClock,
		snapshotIntervalMs = 3_600_000,
		firstSnapshotDelayMs,
		resumesAtOnce = false,
		lateness = { maxMs: 0 },
		foreignVideoStatus = 403,
		resolvesShortLinks = false,
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
			resumesAtOnce,
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
	// Any number of replies may wait for it: Node.js would warn about a leak from the eleventh on.
	setMaxListeners(0, closing.signal);

	const server = createServer({
		world,
		clock,
		callers,
		countRequest: rateLimiter(limits.requestsPerMinute, rateWindowMs, isResetRounded),
		takeFault: faults.take,
		requests,
		maxVideos: limits.maxVideos,
		foreignVideoStatus,
		resolvesShortLinks,
		closing: closing.signal,
	});
	const unsubscribe = clock instanceof ManualClock ? clock.onMove(world.catchUp) : () => false;

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
			unsubscribe();
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
