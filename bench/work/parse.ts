/** JSON.parse by a name that the profiler shows. @returns how many snapshots the video has. */
export function countSnapshots(body: string): number {
	return parseJson(body).snapshots.length;
}

const parseJson = (body: string) => JSON.parse(body) as { snapshots: unknown[] };
