import { mkdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { freePort, spawnGroup } from '../../demo/processes';
import { untilUsable, whyUnusable } from '../support/service';

export interface RedisAddress {
	host: string;
	port: number;
}

/**
 * Finds a Redis to write to: the one that REDIS_HOST and REDIS_PORT name, else one at
 * localhost:6379, else a throwaway one made in `dir`, which ends with this process.
 *
 * @throws Error when the named one does not answer, or there is none to start
 */
export async function findRedis(dir: string): Promise<RedisAddress> {
	const { REDIS_HOST, REDIS_PORT } = process.env;
	const wanted = { host: REDIS_HOST ?? 'localhost', port: Number(REDIS_PORT ?? 6379) };
	const problem = await whyUnusable(async () => await ask(wanted, 'PING'));
	if (!problem) return wanted;
	if (REDIS_HOST || REDIS_PORT)
		throw new Error(`The Redis of REDIS_HOST and REDIS_PORT: ${problem}`);
	return await startThrowaway(dir);
}

/** Deletes all keys that begin with `prefix:`. */
export async function deleteKeys(address: RedisAddress, prefix: string): Promise<void> {
	const script = `for _, key in ipairs(redis.call('keys', ARGV[1])) do redis.call('del', key) end`;
	await ask(address, `EVAL "${script}" 0 ${prefix}:*`);
}

/** The reply to one command, in Redis' own notation. */
async function ask({ host, port }: RedisAddress, command: string): Promise<string> {
	const socket = createConnection({ host, port }).setTimeout(5_000).setEncoding('utf8');
	socket.on('timeout', () => socket.destroy(new Error('it does not answer')));
	socket.write(`${command}\r\nQUIT\r\n`);
	let reply = '';
	for await (const chunk of socket) reply += chunk as string;
	if (reply.startsWith('-')) throw new Error(reply.split('\r\n')[0]);
	return reply;
}

async function startThrowaway(dir: string): Promise<RedisAddress> {
	mkdirSync(dir, { recursive: true });
	const address = { host: '127.0.0.1', port: await freePort() };
	const args = ['--bind', address.host, '--port', String(address.port), '--save', ''];
	const options = { cwd: dir, env: process.env, logFile: join(dir, 'redis.log') };
	spawnGroup('redis-server', args, options);
	await untilUsable('A throwaway Redis', 10_000, async () => await ask(address, 'PING'));
	return address;
}
