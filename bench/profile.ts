import type { Profiler, Runtime } from 'node:inspector';
import { Session } from 'node:inspector/promises';

/** CPU time by owner of the code, ms, largest first. */
export type Shares = Record<string, number>;

const SAMPLE_EVERY_US = 200;

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

function sharesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Shares {
	const owners = new Map(
		nodes.map(({ id, callFrame }) => [id, OWNERS.find(([, fits]) => fits(callFrame))![0]]),
	);
	const shares: Shares = {};
	samples.forEach((id, place) => {
		const owner = owners.get(id)!;
		if (owner !== NONE) shares[owner] = (shares[owner] ?? 0) + timeDeltas[place]! / 1000;
	});
	return Object.fromEntries(Object.entries(shares).sort(([, a], [, b]) => b - a));
}
