import { mkdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { freePort, spawnGroup } from '../demo/processes';
import { untilUsable, whyUnusable } from './service';

export interface RedisAddress {
	host: string;
	port: number;
}

/**
 * Finds a Redis to write to: the one at REDIS_HOST and REDIS_PORT, else one at localhost:6379, else a
 * throwaway one in `dir`, which ends with this process.
 *
 * @throws Error if the named one does not answer, or no throwaway one starts
 */
export async function findRedis(dir: string): Promise<RedisAddress> {
	const { REDIS_HOST, REDIS_PORT } = process.env;
	const wanted = { host: REDIS_HOST ?? 'localhost', port: Number(REDIS_PORT ?? 6379) };
	const problem = await whyUnusable(async () => await sendCommand(wanted, 'PING'));
	if (!problem) return wanted;
	if (REDIS_HOST || REDIS_PORT)
		throw new Error(`The Redis of REDIS_HOST and REDIS_PORT: ${problem}`);
	return await startThrowaway(dir);
}

/** Deletes all keys that begin with `prefix:`. */
export async function deleteKeys(address: RedisAddress, prefix: string): Promise<void> {
	const script = `for _, key in ipairs(redis.call('keys', ARGV[1])) do redis.call('del', key) end`;
	await sendCommand(address, `EVAL "${script}" 0 ${prefix}:*`);
}

/** Sends one command, and returns the reply in Redis's protocol. */
async function sendCommand({ host, port }: RedisAddress, command: string): Promise<string> {
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
	await untilUsable('A throwaway Redis', 10_000, async () => await sendCommand(address, 'PING'));
	return address;
}
