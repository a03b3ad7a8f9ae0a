import { setTimeout as sleep } from 'node:timers/promises';

import type { Deployment, Row } from './deployment';

/** CPU times of the processes of a deployment, in milliseconds, at a moment, in Unix milliseconds. */
interface CpuSample {
	at: number;
	/** Of the main process, then of each worker. */
	cpu: number[];
}

/** What happened on a deployment. Times are Unix milliseconds. */
export interface Observation {
	samples: CpuSample[];
	/** When the API received each request. */
	requests: number[];
	rows: Row[];
}

const SAMPLE_MS = 100;

/** Watches a deployment until a moment, in Unix milliseconds. */
export async function observe(deployment: Deployment, until: number): Promise<Observation> {
	const samples: CpuSample[] = [];
	const requests: number[] = [];
	const sample = () => samples.push({ at: Date.now(), cpu: deployment.cpu() });
	sample();
	while (Date.now() < until) {
		await sleep(SAMPLE_MS);
		sample();
	}
	for (const at of await deployment.requests()) requests.push(at);
	return { samples, requests, rows: await deployment.rows() };
}

/** Returns the CPU time of the `index`-th process between two moments, by the nearest samples. */
export function cpuBetween(
	{ samples }: Observation,
	index: number,
	from: number,
	to: number,
): number {
	const at = (moment: number) =>
		(samples.findLast((sample) => sample.at <= moment) ?? samples[0]!).cpu[index]!;
	return at(to) - at(from);
}
