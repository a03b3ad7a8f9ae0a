/** The limits of a plan. */
export interface PlanLimits {
	/** Requests in one window, per API key. */
	requestsPerMinute: number;
	/** Videos monitored at once. */
	maxVideos: number;
}

export const PLANS = {
	free: { requestsPerMinute: 60, maxVideos: 10 },
	pro: { requestsPerMinute: 300, maxVideos: 100 },
	enterprise: { requestsPerMinute: 100_000, maxVideos: Infinity },
} as const satisfies Record<string, PlanLimits>;

export type PlanName = keyof typeof PLANS;

/** State of a key's window after a request. */
export interface RateState {
	limit: number;
	remaining: number;
	/** End of the window: Unix seconds, rounded up. */
	reset: number;
	exceeded: boolean;
}

/** Counts the requests of each key in fixed windows; a window begins with a key's first request. */
export function rateLimiter(
	limit: number,
	windowMs: number,
): (key: string, now: number) => RateState {
	const windows = new Map<string, { endsAt: number; used: number }>();
	return (key, now) => {
		let window = windows.get(key);
		if (!window || now >= window.endsAt) {
			window = { endsAt: now + windowMs, used: 0 };
			windows.set(key, window);
		}
		window.used++;
		return {
			limit,
			remaining: Math.max(0, limit - window.used),
			reset: Math.ceil(window.endsAt / 1000),
			exceeded: window.used > limit,
		};
	};
}
