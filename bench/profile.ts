import type { HeapProfiler, Profiler, Runtime } from 'node:inspector';
import { Session } from 'node:inspector/promises';

/** CPU time (ms) or allocated memory (MB) by owner of the code, largest first. */
export type Shares = Record<string, number>;

const SAMPLE_EVERY_US = 200;
const SAMPLE_EVERY_BYTES = 16_384;
const MB = 1024 * 1024;

/** Owner of samples that are left out: idle time and the profiler itself. */
const NONE = 'none';

/** The first owner that fits a function gets its time. */
const OWNERS: Array<[owner: string, fits: (frame: Runtime.CallFrame) => boolean]> = [
	[NONE, ({ functionName, url }) => url === '' && /^(\(idle\)|dispatch)$/.test(functionName)],
	['V8: garbage collection', ({ functionName }) => functionName === '(garbage collector)'],
	// Built into V8, it has no frame of its own: its time counts for the function that calls it.
	['V8: JSON.parse', ({ functionName }) => functionName === 'parseJson'],
	['this package', ({ url }) => /\/(dist\/)?(nodes|credentials)\/ContentStats/.test(url)],
	['zod', ({ url }) => url.includes('node_modules/zod/')],
	['n8n and axios', ({ url }) => url.includes('node_modules/')],
	['the benchmark', ({ url }) => /\/(bench|harness|sandbox|test)\//.test(url)],
	['Node.js', () => true],
];

/** Profiles a work. The profiler slows it down, so only the proportions mean anything. */
export async function profile(work: () => Promise<unknown>): Promise<Shares> {
	const session = new Session();
	session.connect();
	await session.post('Profiler.enable');
	await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US });
	await session.post('Profiler.start');
	await work();
	const { profile } = await session.post('Profiler.stop');
	session.disconnect();
	return sharesOf(profile);
}

/** Measures the memory that a work allocates, also if it is collected at once. */
export async function allocationsOf(work: () => Promise<unknown>): Promise<Shares> {
	const session = new Session();
	session.connect();
	await session.post('HeapProfiler.startSampling', {
		samplingInterval: SAMPLE_EVERY_BYTES,
		includeObjectsCollectedByMajorGC: true,
		includeObjectsCollectedByMinorGC: true,
	});
	await work();
	const { profile } = await session.post('HeapProfiler.stopSampling');
	session.disconnect();
	const shares: Shares = {};
	const add = (
		{ callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode,
		caller: string,
	) => {
		// What is built into V8 belongs to the code that calls it.
		const owner = callFrame.url === '' ? caller : ownerOf(callFrame);
		shares[owner] = (shares[owner] ?? 0) + selfSize / MB;
		for (const child of children) add(child, owner);
	};
	add(profile.head, 'Node.js');
	return largestFirst(shares);
}

const ownerOf = (frame: Runtime.CallFrame): string => OWNERS.find(([, fits]) => fits(frame))![0];

const largestFirst = (shares: Shares): Shares =>
	Object.fromEntries(Object.entries(shares).sort(([, a], [, b]) => b - a));

function sharesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Shares {
	const owners = new Map(nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame)]));
	const shares: Shares = {};
	samples.forEach((id, place) => {
		const owner = owners.get(id)!;
		if (owner !== NONE) shares[owner] = (shares[owner] ?? 0) + timeDeltas[place]! / 1000;
	});
	return largestFirst(shares);
}
