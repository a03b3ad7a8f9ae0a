import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Api, ApiOptions } from './api';
import type { Views } from './subject';

/** Resolves with the next message of a process. @throws Error if the process exits first */
async function answerOf<T>(child: ChildProcess): Promise<T> {
	const ended = once(child, 'exit').then(([code]) => {
		throw new Error(`A benchmark process exited with code ${code}`);
	});
	const [message] = (await Promise.race([once(child, 'message'), ended])) as [T];
	return message;
}

const start = (file: string, args: string[], execArgv: string[] = []): ChildProcess =>
	fork(join(__dirname, file), args, { execArgv: ['--import', 'tsx', ...execArgv] });

/** Runs `work` against a fresh sandbox in a process of its own. */
export async function withApi<T>(
	options: ApiOptions,
	work: (api: Api, advance: () => Promise<number>) => Promise<T>,
): Promise<T> {
	const server = start('api.ts', [JSON.stringify(options)], ['--max-old-space-size=8192']);
	try {
		const api = await answerOf<Api>(server);
		return await work(api, async () => {
			server.send('advance');
			return await answerOf<number>(server);
		});
	} finally {
		server.kill('SIGKILL');
	}
}

/** Measures a work (a file in `work/`) in a process of its own, against a fresh sandbox. */
export async function measure<V extends keyof Views>(
	view: V,
	work: string,
	options: ApiOptions,
): Promise<Views[V]> {
	const dir = mkdtempSync(join(tmpdir(), 'contentstats-bench-'));
	const file = join(dir, 'api.json');
	try {
		return await withApi(options, async (api, advance) => {
			writeFileSync(file, JSON.stringify(api));
			const flags = ['--expose-gc', '--max-old-space-size=8192'];
			const subject = start('subject.ts', [view, work, file], flags);
			try {
				await answerOf(subject);
				subject.send(await advance());
				return await answerOf<Views[V]>(subject);
			} finally {
				subject.kill('SIGKILL');
			}
		});
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
}

/** Measures several works in turn, `rounds` times. @returns the results of each, by round */
export async function inTurn<V extends keyof Views, W extends string>(
	view: V,
	works: W[],
	rounds: number,
	options: ApiOptions,
): Promise<Record<W, Array<Views[V]>>> {
	const all = Object.fromEntries(works.map((work) => [work, [] as Array<Views[V]>]));
	for (let round = 0; round < rounds; round += 1)
		for (const work of works) all[work]!.push(await measure(view, work, options));
	return all as Record<W, Array<Views[V]>>;
}
