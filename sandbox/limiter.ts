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
	/** End of the window in Unix seconds. */
	reset: number;
	exceeded: boolean;
}

/**
 * Counts the requests of each key in fixed windows; a window begins with a key's first request.
 *
 * @param isResetRounded whether a reply adds the rounded seconds left to the second that it is, so that the
 * reset of one window wavers by a second
 */
export function rateLimiter(
	limit: number,
	windowMs: number,
	isResetRounded = false,
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
			reset: isResetRounded
				? Math.floor(now / 1000) + Math.round((window.endsAt - now) / 1000)
				: Math.ceil(window.endsAt / 1000),
			exceeded: window.used > limit,
		};
	};
}
