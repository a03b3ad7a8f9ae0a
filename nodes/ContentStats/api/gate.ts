/** What the gate needs of its host. All times are milliseconds. */
export interface GateHost {
	now: () => number;
	sleep: (ms: number) => Promise<void>;
}

/** The rate window as one reply told it. */
export interface RateWindow {
	remaining: number;
	/** The server's `X-RateLimit-Reset`, which tells one window from the next. */
	reset: number;
	/** Milliseconds from the reply until the window ends, by the server's own clock. */
	endsInMs: number;
}

/** What ends the wait for room; what is already under way is not touched. */
export interface WaitLimits {
	signal?: AbortSignal;
	/** Unix milliseconds: nothing is sent after it. */
	deadline?: number;
}

/** There is no room for a request before its deadline. */
export class NoRoomError extends Error {
	/** @param opensInMs milliseconds until there is. */
	constructor(readonly opensInMs: number) {
		super('No room before the deadline');
	}
}

interface Waiting {
	deadline: number;
	enter: () => void;
	turnAway: (reason: Error) => void;
}

export interface Gate {
	/**
	 * Waits until a request may be sent, and runs it. The window is learnt from what `send` returns.
	 *
	 * @throws where it was not sent: the signal's reason when that was aborted, or a NoRoomError when
	 * there will be no room before the deadline.
	 */
	run<T extends { rateWindow: RateWindow | null }>(
		send: () => Promise<T>,
		limits?: WaitLimits,
	): Promise<T>;
	/** Lets nothing pass for `ms`: the server has refused, however much the window seemed to have. */
	pause(ms: number): void;
}

/** Enough to fill a fast plan's window, few enough to stop within a reply of its end. */
const MAX_IN_FLIGHT = 8;

/**
 * Lets requests through as fast as the server's rate window allows: all at once while it has room,
 * then none until it ends. First come, first served.
 */
export function createGate({ now, sleep }: GateHost): Gate {
	let waiting: Waiting[] = [];
	let inFlight = 0;
	let remaining = Infinity;
	let windowEnd = 0;
	let windowReset = 0;
	let pausedUntil = 0;
	let wakeAt = 0;

	function hasRoom(): boolean {
		if (now() >= windowEnd) remaining = Infinity;
		return now() >= pausedUntil && inFlight < MAX_IN_FLIGHT && remaining > inFlight;
	}

	function admit(): void {
		turnAwayLate();
		while (waiting.length > 0 && hasRoom()) {
			inFlight += 1;
			waiting.shift()!.enter();
		}
		if (waiting.length > 0) wakeLater();
	}

	/** When there is room again at the earliest, as far as that is known: now, or when a wait ends. */
	function opensAt(): number {
		const isUsedUp = remaining <= 0 && now() < windowEnd;
		return Math.max(now(), pausedUntil, isUsedUp ? windowEnd : 0);
	}

	/** Nobody waits for what comes after their deadline. */
	function turnAwayLate(): void {
		const at = opensAt();
		const late = waiting.filter(({ deadline }) => deadline < at);
		if (late.length === 0) return;
		waiting = waiting.filter(({ deadline }) => deadline >= at);
		for (const { turnAway } of late) turnAway(new NoRoomError(at - now()));
	}

	/** A reply wakes the queue by itself; only where none is due, the end of the window must. */
	function wakeLater(): void {
		const at = opensAt();
		if (at <= now() || wakeAt === at) return;
		wakeAt = at;
		void sleep(at - now()).then(() => {
			if (wakeAt === at) wakeAt = 0;
			admit();
		});
	}

	function enter({ signal, deadline = Infinity }: WaitLimits): Promise<void> {
		return new Promise((resolve, reject) => {
			const place: Waiting = {
				deadline,
				enter() {
					signal?.removeEventListener('abort', stop);
					resolve();
				},
				turnAway(reason) {
					signal?.removeEventListener('abort', stop);
					reject(reason);
				},
			};
			const stop = () => {
				waiting = waiting.filter((other) => other !== place);
				place.turnAway(signal!.reason);
			};
			if (signal?.aborted) return reject(signal.reason);
			signal?.addEventListener('abort', stop, { once: true });
			waiting.push(place);
			admit();
		});
	}

	function learn(window: RateWindow | null): void {
		if (!window) return;
		const isOfEarlierWindow = window.reset < windowReset && now() < windowEnd;
		if (isOfEarlierWindow) return;
		// Replies may overtake each other: within one window, the fewest left is the newest.
		remaining =
			window.reset === windowReset ? Math.min(remaining, window.remaining) : window.remaining;
		windowReset = window.reset;
		windowEnd = now() + window.endsInMs;
	}

	return {
		async run(send, limits = {}) {
			await enter(limits);
			try {
				const reply = await send();
				learn(reply.rateWindow);
				return reply;
			} finally {
				inFlight -= 1;
				admit();
			}
		},
		pause(ms) {
			pausedUntil = Math.max(pausedUntil, now() + ms);
		},
	};
}

const gates = new Map<string, Gate>();

/**
 * The gate of an account (an API key at a base URL): one for the whole process, since limits are per
 * key and both nodes share them. Workers of a queue each have their own and meet through the
 * server's headers.
 */
export function gateFor(account: string, host: GateHost): Gate {
	const gate = gates.get(account) ?? createGate(host);
	gates.set(account, gate);
	return gate;
}
