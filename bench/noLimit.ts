/** A plan that never makes a benchmark wait. */
export const NO_LIMIT = { requestsPerMinute: 10_000_000, maxVideos: Infinity };
