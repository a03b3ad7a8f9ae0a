import { timeoutSignal } from '../utils/async';
import { type Clock, DAY_MS, MINUTE_MS } from '../utils/time';
import { BudgetExhaustedError } from './errors';

/** The headers of a reply, their names in lower case. */
type Headers = Record<string, unknown>;

/** The rate window, as one reply announced it. */
export interface RateWindow {
	remaining: number;
	/** The server's `X-RateLimit-Reset`, which tells one window from the next. */
	reset: number;
	/** Milliseconds from the reply to the end of the window, by the server's own clock. */
	endsInMs: number;
}

/** The longest wait that a server may ask for. */
const MAX_WAIT_MS = 2 * MINUTE_MS;
/** The wait after a 429 that does not say when its window ends. */
const FALLBACK_WAIT_MS = 5_000;
const MIN_WAIT_MS = 500;

const parseInteger = (value: unknown): number => parseInt(String(value ?? ''), 10);

const clampWait = (ms: number): number => Math.min(Math.max(ms, 0), MAX_WAIT_MS);

/** Returns the time of a reply by the server's own clock, so that a wrong clock here shifts no wait. */
function serverTime({ date }: Headers, now: number): number {
	const time = Date.parse(String(date ?? ''));
	return Number.isNaN(time) ? now : time;
}

/** Returns the milliseconds until the server's reset (Unix seconds). */
const msUntil = (reset: number, headers: Headers, now: number): number =>
	clampWait(reset * 1000 - serverTime(headers, now));

/**
 * Reads `Retry-After`, in seconds or as a date (RFC 9110), as milliseconds; undefined without one.
 *
 * @param now Unix milliseconds.
 */
export function readRetryAfterMs(headers: Headers, now: number): number | undefined {
	const text = String(headers['retry-after'] ?? '').trim();
	// V8 reads “1.5” as a day in January.
	const date = text.endsWith('GMT') ? Date.parse(text) : NaN;
	const ms = /^\d+$/.test(text) ? Number(text) * 1000 : date - serverTime(headers, now);
	return Number.isNaN(ms) ? undefined : clampWait(ms);
}

/** Reads the rate window from a reply's headers; null if one is missing. @param now Unix milliseconds. */
export function readRateWindow(headers: Headers, now: number): RateWindow | null {
	const remaining = parseInteger(headers['x-ratelimit-remaining']);
	const reset = parseInteger(headers['x-ratelimit-reset']);
	if (Number.isNaN(remaining) || Number.isNaN(reset)) return null;
	return { remaining, reset, endsInMs: msUntil(reset, headers, now) };
}

/**
 * Returns the milliseconds to wait after a 429: until the reset in its headers or its body, and no
 * shorter than its `Retry-After`.
 *
 * @param body the parsed JSON; undefined if it was none.
 * @param now Unix milliseconds.
 */
export function rateLimitDelayMs(headers: Headers, body: unknown, now: number): number {
	const inHeader = parseInteger(headers['x-ratelimit-reset']);
	const inBody = parseInteger((body as { reset?: unknown } | undefined)?.reset);
	const reset = Number.isNaN(inHeader) ? inBody : inHeader;
	const retryAfterMs = readRetryAfterMs(headers, now);
	if (Number.isNaN(reset)) return Math.max(retryAfterMs ?? FALLBACK_WAIT_MS, MIN_WAIT_MS);
	return Math.max(msUntil(reset, headers, now), retryAfterMs ?? 0, MIN_WAIT_MS);
}

/** Who waits for a request, and what ends the wait. */
export interface AcquireOptions {
	/** The run or the trigger that the request is for: owners take turns. */
	owner?: string;
	signal?: AbortSignal;
	/** By the monotonic clock: nothing is sent after it. */
	deadline?: number;
}

interface Waiter {
	subject: string;
	deadline: number;
	resolve: () => void;
	reject: (reason: Error) => void;
}

export interface RateLimiter {
	/**
	 * Waits until a request may be sent, then sends it. The reply updates the window.
	 *
	 * @param subject what error messages call the request.
	 * @throws before sending: the signal's reason if it was aborted, or a BudgetExhaustedError if the
	 * rate limit allows no request before the deadline.
	 */
	run<T extends { rateWindow: RateWindow | null }>(
		send: () => Promise<T>,
		subject: string,
		options?: AcquireOptions,
	): Promise<T>;
	/** Holds every request back for `ms`, even if the window seems to have room: a 429 knows better. */
	blockFor(ms: number): void;
}

/** If a server rounds the time left, the resets of one window (Unix seconds) differ. */
const RESET_TOLERANCE_S = 2;

/** Enough to fill a fast plan's window, few enough to stop within a reply of its end. */
const MAX_IN_FLIGHT = 8;

/** The share of a window that is kept for owners who were turned away; at least one request, if it has two. */
const RESERVED_SHARE = 1 / 4;
/** How long after an owner was turned away for the last time. */
const RESERVATION_MS = 60 * MINUTE_MS;

/** What is kept in each window for an owner who was turned away. */
interface Reservation {
	turnedAwayAt: number;
	/** How many requests the owner wanted in the last window in which it came. */
	wanted: number;
	/** How many were sent in this window. */
	sent: number;
	/** How many were turned away in this window. */
	turnedAway: number;
}

/**
 * Creates a rate limiter that sends at full speed while the server's window has room, then waits
 * until it ends. Owners take turns. One whose deadline does not allow the wait is turned away; for an hour
 * each window then keeps room for what it wants, up to a quarter.
 */
export function createRateLimiter({
	monotonicNow: now,
	sleep,
}: Pick<Clock, 'monotonicNow' | 'sleep'>): RateLimiter {
	/** By owner; the owner whose turn it is comes first. */
	const queues = new Map<string, Waiter[]>();
	/** By owner. */
	const reservations = new Map<string, Reservation>();
	let inFlight = 0;
	/** How many requests this window still has room for, those in flight among them. */
	let remaining = Infinity;
	/** How many requests the window had room for, as its first reply told. */
	let capacity = Infinity;
	let windowEnd = Infinity;
	/** Whether a reply has told the end of this window. */
	let isTold = false;
	let windowReset = 0;
	let blockedUntil = 0;
	let drainAt = 0;
	let wakeAt = Infinity;

	/** How many requests of this window are kept for owners who were turned away, sent ones among them. */
	const reservedShare = (): number =>
		Math.max(Math.floor(capacity * RESERVED_SHARE), capacity > 1 ? 1 : 0);

	/** How many requests this window still keeps from owners who were not turned away. */
	function reservedRoom(): number {
		let wanted = 0;
		let sent = 0;
		for (const reservation of reservations.values()) {
			wanted += reservation.wanted;
			sent += reservation.sent;
		}
		return Math.max(0, Math.min(wanted, reservedShare()) - sent);
	}

	/** How many requests an owner who was turned away may still send in this window, beside others like it. */
	function quotaOf(owner: string, { sent }: Reservation): number {
		const part = Math.max(Math.floor(reservedShare() / reservations.size), 1);
		let ofOthers = 0;
		for (const [other, { wanted }] of reservations)
			if (other !== owner) ofOthers += Math.min(wanted, part);
		return Math.max(part, capacity - ofOthers) - sent;
	}

	/** How many requests may be in flight once an owner has sent another; 0 or less: it has to wait. */
	function roomFor(owner: string): number {
		const reservation = reservations.get(owner);
		if (!reservation) return remaining - reservedRoom();
		return quotaOf(owner, reservation) > 0 ? remaining : 0;
	}

	const isAvailable = (owner: string): boolean =>
		now() >= blockedUntil && inFlight < MAX_IN_FLIGHT && roomFor(owner) > inFlight;

	function drain(): void {
		if (now() >= windowEnd) beginWindow();
		rejectPastDeadline();
		let owner: string | undefined;
		while ((owner = [...queues.keys()].find(isAvailable)) !== undefined) {
			inFlight += 1;
			const [next, ...others] = queues.get(owner)!;
			queues.delete(owner);
			if (others.length > 0) queues.set(owner, others);
			const reservation = reservations.get(owner);
			if (reservation) reservation.sent += 1;
			next!.resolve();
		}
		if (queues.size > 0) scheduleDrain();
	}

	/** The earliest moment at which an owner may send a request, as far as it is known. */
	function availableAt(owner: string): number {
		const isReplyAwaited = !isTold && inFlight > 0;
		const isUsedUp = roomFor(owner) <= 0 && !isReplyAwaited;
		return Math.max(now(), blockedUntil, isUsedUp ? windowEnd : 0);
	}

	function remove(owner: string, isRemoved: (waiter: Waiter) => boolean): Waiter[] {
		const waiters = queues.get(owner) ?? [];
		const kept = waiters.filter((waiter) => !isRemoved(waiter));
		if (kept.length > 0) queues.set(owner, kept);
		else queues.delete(owner);
		return waiters.filter(isRemoved);
	}

	/** Keeps room for an owner of whom `count` requests are turned away. */
	function reserve(owner: string, count: number): void {
		const { wanted = 0, sent = 0, turnedAway = 0 } = reservations.get(owner) ?? {};
		reservations.set(owner, {
			turnedAwayAt: now(),
			wanted: Math.max(wanted, turnedAway + count),
			sent,
			turnedAway: turnedAway + count,
		});
	}

	function rejectPastDeadline(): void {
		for (const owner of [...queues.keys()]) {
			const at = availableAt(owner);
			const rejected = remove(owner, ({ deadline }) => deadline < at);
			if (rejected.length > 0) reserve(owner, rejected.length);
			for (const { reject, subject } of rejected)
				reject(new BudgetExhaustedError(subject, false, at - now()));
		}
	}

	/** Each reply drains the queues; a timer is needed if a wait is known, or if no reply is due. */
	function scheduleDrain(): void {
		const at = Math.min(...[...queues.keys()].map(availableAt));
		const waitMs = Math.max(at - now(), 0);
		const isReplyDue = waitMs === 0 && inFlight > 0;
		if (isReplyDue) return drainWithoutReply();
		if (drainAt === at) return;
		drainAt = at;
		void sleep(waitMs).then(() => {
			if (drainAt === at) drainAt = 0;
			drain();
		});
	}

	/** Drains at the end of the window, and at the first deadline: no reply in flight may come before. */
	function drainWithoutReply(): void {
		const deadlines = [...queues.values()].flat().map(({ deadline }) => deadline);
		const at = Math.min(windowEnd, ...deadlines);
		if (at >= wakeAt) return;
		wakeAt = at;
		const wake = () => {
			// Only the earliest of several timers is remembered.
			if (wakeAt === at) wakeAt = Infinity;
			drain();
		};
		timeoutSignal(at - now() + 1).addEventListener('abort', wake, { once: true });
	}

	function acquire(
		subject: string,
		{ owner = '', signal, deadline = Infinity }: AcquireOptions,
	): Promise<void> {
		return new Promise((resolve, reject) => {
			const waiter: Waiter = {
				subject,
				deadline,
				resolve() {
					signal?.removeEventListener('abort', abort);
					resolve();
				},
				reject(reason) {
					signal?.removeEventListener('abort', abort);
					reject(reason);
				},
			};
			const abort = () => {
				remove(owner, (other) => other === waiter);
				waiter.reject(signal!.reason);
			};
			if (signal?.aborted) return reject(signal.reason);
			signal?.addEventListener('abort', abort, { once: true });
			queues.set(owner, [...(queues.get(owner) ?? []), waiter]);
			drain();
		});
	}

	/** Begins a window of which no reply has told yet: it will have as much room as the last one. */
	function beginWindow(): void {
		remaining = capacity;
		windowEnd = now() + MINUTE_MS;
		isTold = false;
		for (const [owner, reservation] of reservations) {
			const { turnedAwayAt, wanted, sent, turnedAway } = reservation;
			if (now() - turnedAwayAt > RESERVATION_MS) reservations.delete(owner);
			else
				reservations.set(owner, {
					turnedAwayAt,
					wanted: sent + turnedAway || wanted,
					sent: 0,
					turnedAway: 0,
				});
		}
	}

	function updateWindow(window: RateWindow | null): void {
		if (!window) return;
		const { reset, endsInMs } = window;
		const isCurrent = isTold && now() < windowEnd;
		const isSame =
			reset === windowReset || (isCurrent && Math.abs(reset - windowReset) <= RESET_TOLERANCE_S);
		const isOfEarlierWindow = isSame ? !isTold && endsInMs <= 0 : isCurrent && reset < windowReset;
		if (isOfEarlierWindow) return;
		const end = now() + endsInMs;
		if (isSame) {
			// Replies may overtake each other: within one window, the fewest left is the newest.
			remaining = Math.min(remaining, window.remaining);
			windowEnd = isCurrent ? Math.max(windowEnd, end) : end;
		} else {
			if (isTold) beginWindow();
			capacity = Math.max(window.remaining + 1, 1);
			remaining = window.remaining;
			windowReset = reset;
			windowEnd = end;
		}
		isTold = true;
	}

	return {
		async run(send, subject, options = {}) {
			await acquire(subject, options);
			try {
				const reply = await send();
				updateWindow(reply.rateWindow);
				return reply;
			} finally {
				inFlight -= 1;
				drain();
			}
		},
		blockFor(ms) {
			blockedUntil = Math.max(blockedUntil, now() + ms);
		},
	};
}

const rateLimiters = new Map<string, { rateLimiter: RateLimiter; usedAt: number }>();

/**
 * Returns the rate limiter of an account (an API key at a base URL). The API limits each key, so both
 * nodes share it in this process. Each queue worker has its own: they learn of each other only from the
 * remaining count in the headers. One that was not used for a day is forgotten.
 */
export function rateLimiterFor(
	account: string,
	clock: Pick<Clock, 'monotonicNow' | 'sleep'>,
): RateLimiter {
	const now = clock.monotonicNow();
	for (const [other, { usedAt }] of rateLimiters)
		if (now - usedAt > DAY_MS) rateLimiters.delete(other);
	const { rateLimiter } = rateLimiters.get(account) ?? { rateLimiter: createRateLimiter(clock) };
	rateLimiters.set(account, { rateLimiter, usedAt: now });
	return rateLimiter;
}
