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

/** What ends the wait of a request that is not sent yet. */
export interface AcquireOptions {
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

/** Enough to fill a fast plan's window, few enough to stop within a reply of its end. */
const MAX_IN_FLIGHT = 8;

/**
 * Creates a rate limiter that sends at full speed while the server's window has room, then waits
 * until it ends. First come, first served.
 */
export function createRateLimiter({
	monotonicNow: now,
	sleep,
}: Pick<Clock, 'monotonicNow' | 'sleep'>): RateLimiter {
	let waiters: Waiter[] = [];
	let inFlight = 0;
	let remaining = Infinity;
	let windowEnd = 0;
	let windowReset = 0;
	let blockedUntil = 0;
	let drainAt = 0;

	/** How many requests the window still has room for; unknown, and so unlimited, once it has ended. */
	const room = (): number => (now() >= windowEnd ? Infinity : remaining);

	const isAvailable = (): boolean =>
		now() >= blockedUntil && inFlight < MAX_IN_FLIGHT && room() > inFlight;

	function drain(): void {
		rejectPastDeadline();
		while (waiters.length > 0 && isAvailable()) {
			inFlight += 1;
			waiters.shift()!.resolve();
		}
		if (waiters.length > 0) scheduleDrain();
	}

	/** The earliest moment at which a request may be sent, as far as it is known. */
	function availableAt(): number {
		return Math.max(now(), blockedUntil, room() <= 0 ? windowEnd : 0);
	}

	function rejectPastDeadline(): void {
		const at = availableAt();
		const rejected = waiters.filter(({ deadline }) => deadline < at);
		if (rejected.length === 0) return;
		waiters = waiters.filter(({ deadline }) => deadline >= at);
		for (const { reject, subject } of rejected)
			reject(new BudgetExhaustedError(subject, false, at - now()));
	}

	/** Each reply drains the queue; a timer is needed if a wait is known, or if no reply is due. */
	function scheduleDrain(): void {
		const at = availableAt();
		const waitMs = Math.max(at - now(), 0);
		const isReplyDue = waitMs === 0 && inFlight > 0;
		if (isReplyDue || drainAt === at) return;
		drainAt = at;
		void sleep(waitMs).then(() => {
			if (drainAt === at) drainAt = 0;
			drain();
		});
	}

	function acquire(
		subject: string,
		{ signal, deadline = Infinity }: AcquireOptions,
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
				waiters = waiters.filter((other) => other !== waiter);
				waiter.reject(signal!.reason);
			};
			if (signal?.aborted) return reject(signal.reason);
			signal?.addEventListener('abort', abort, { once: true });
			waiters.push(waiter);
			drain();
		});
	}

	function updateWindow(window: RateWindow | null): void {
		if (!window) return;
		const isOfEarlierWindow = window.reset < windowReset && now() < windowEnd;
		if (isOfEarlierWindow) return;
		// Replies may overtake each other: within one window, the fewest left is the newest.
		remaining =
			window.reset === windowReset ? Math.min(room(), window.remaining) : window.remaining;
		windowReset = window.reset;
		windowEnd = now() + window.endsInMs;
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
