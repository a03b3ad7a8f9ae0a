/** Parses a video by a function that the profiler shows. @returns its number of snapshots */
export function countSnapshots(body: string): number {
	return parseJson(body).snapshots.length;
}

// Not an arrow function: the profiler shows a function by the name in its declaration.
function parseJson(body: string) {
	return JSON.parse(body) as { snapshots: unknown[] };
}
