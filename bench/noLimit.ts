/** A plan whose limits a benchmark never reaches. */
export const NO_LIMIT = { requestsPerMinute: 10_000_000, maxVideos: Infinity };
