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

export interface Gate {
	/**
	 * Waits until a request may be sent, and runs it. The window is learnt from what `send` returns.
	 *
	 * @param signal ends the wait; what is already under way is not touched.
	 * @throws the signal's reason when it was aborted before the request was sent.
	 */
	run<T extends { rateWindow: RateWindow | null }>(
		send: () => Promise<T>,
		signal?: AbortSignal,
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
	const waiting: Array<() => void> = [];
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
		while (waiting.length > 0 && hasRoom()) {
			inFlight += 1;
			waiting.shift()!();
		}
		if (waiting.length > 0) wakeLater();
	}

	/** A reply wakes the queue by itself; only where none is due, the end of the window must. */
	function wakeLater(): void {
		const at = Math.max(pausedUntil, remaining <= 0 ? windowEnd : 0);
		if (at <= now() || wakeAt === at) return;
		wakeAt = at;
		void sleep(at - now()).then(() => {
			if (wakeAt === at) wakeAt = 0;
			admit();
		});
	}

	function enter(signal?: AbortSignal): Promise<void> {
		return new Promise((resolve, reject) => {
			const stop = () => {
				waiting.splice(waiting.indexOf(enterNow), 1);
				reject(signal!.reason);
			};
			const enterNow = () => {
				signal?.removeEventListener('abort', stop);
				resolve();
			};
			if (signal?.aborted) return reject(signal.reason);
			signal?.addEventListener('abort', stop, { once: true });
			waiting.push(enterNow);
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
		async run(send, signal) {
			await enter(signal);
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
