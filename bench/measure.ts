import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Api, ApiOptions } from './api';
import type { Cost } from './subject';

/** The next message of a process. @throws Error where it ends instead. */
async function answerOf<T>(child: ChildProcess): Promise<T> {
	const ended = once(child, 'exit').then(([code]) => {
		throw new Error(`A process of the benchmark ended with ${code}`);
	});
	const [message] = (await Promise.race([once(child, 'message'), ended])) as [T];
	return message;
}

const start = (file: string, args: string[], execArgv: string[] = []): ChildProcess =>
	fork(join(__dirname, file), args, { execArgv: ['--import', 'tsx', ...execArgv] });

/** Does a kind of work (a file in `work/`) on videos of a fresh API; each is a process of its own. */
export async function measure(work: string, options: ApiOptions): Promise<Cost> {
	const dir = mkdtempSync(join(tmpdir(), 'contentstats-bench-'));
	const server = start('api.ts', [JSON.stringify(options)], ['--max-old-space-size=8192']);
	try {
		const api = await answerOf<Api>(server);
		const file = join(dir, 'api.json');
		writeFileSync(file, JSON.stringify(api));
		const subject = start('subject.ts', [work, file], ['--expose-gc', '--max-old-space-size=8192']);
		try {
			await answerOf(subject);
			server.send('advance');
			subject.send(await answerOf<number>(server));
			return await answerOf<Cost>(subject);
		} finally {
			subject.kill('SIGKILL');
		}
	} finally {
		server.kill('SIGKILL');
		rmSync(dir, { recursive: true, force: true });
	}
}
