/** Milliseconds of real time since some moment, whatever clock a test has set. */
export const realNow = performance.now.bind(performance);
