import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { freePort, run, spawnGroup } from '../../demo/processes';
import { untilUsable, whyUnusable } from './service';

/** Where a PostgreSQL answers, in the words of both `pg` and n8n's credential. */
export interface PostgresAddress {
	host: string;
	port: number;
	user: string;
	password: string;
	database: string;
}

const DEBIAN_VERSIONS = '/usr/lib/postgresql';

/**
 * Finds a PostgreSQL to write to: the one that PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE
 * name, else one at localhost:5432 that lets `postgres` in, else a throwaway one made in `dir`.
 *
 * @throws Error when the named one does not answer, or there is none to start
 */
export async function findPostgres(dir: string): Promise<PostgresAddress> {
	const { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE } = process.env;
	const wanted: PostgresAddress = {
		host: PGHOST ?? 'localhost',
		port: Number(PGPORT ?? 5432),
		user: PGUSER ?? 'postgres',
		password: PGPASSWORD ?? '',
		database: PGDATABASE ?? PGUSER ?? 'postgres',
	};
	const problem = await whyUnusable(async () => await ask(wanted));
	if (!problem) return wanted;
	if (PGHOST || PGPORT) throw new Error(`The PostgreSQL of PGHOST and PGPORT: ${problem}`);
	return await startThrowaway(dir);
}

/** A connected client; the caller ends it. */
export async function connect(address: PostgresAddress): Promise<Client> {
	const client = new Client({ ...address, connectionTimeoutMillis: 5_000 });
	await client.connect();
	// A server that goes away is seen by the next query.
	client.on('error', () => {});
	return client;
}

const ask = async (address: PostgresAddress) => await (await connect(address)).end();

/** It ends with this process, as every group of demo/processes.ts does. */
async function startThrowaway(dir: string): Promise<PostgresAddress> {
	const isRoot = process.getuid?.() === 0;
	mkdirSync(dir, { recursive: true });
	if (isRoot) {
		// PostgreSQL refuses to run as root, and the user it then runs as must reach the folder.
		chmodSync(dirname(dir), 0o711);
		chmodSync(dir, 0o777);
	}
	const command = (name: string, ...args: string[]): [string, string[]] =>
		isRoot ? ['runuser', ['-u', 'postgres', '--', binary(name), ...args]] : [binary(name), args];
	const options = { cwd: dir, env: process.env, logFile: join(dir, 'postgres.log') };
	const data = join(dir, 'data');
	await run(
		...command('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync'),
		options,
	);
	const port = await freePort();
	const listen = ['-h', '127.0.0.1', '-p', String(port), '-k', dir];
	spawnGroup(...command('postgres', '-D', data, ...listen), options);

	const address = {
		host: '127.0.0.1',
		port,
		user: 'postgres',
		password: '',
		database: 'postgres',
	};
	await untilUsable('A throwaway PostgreSQL', 30_000, async () => await ask(address));
	return address;
}

/** Debian keeps the server's programs out of PATH. */
function binary(name: string): string {
	const versions = existsSync(DEBIAN_VERSIONS) ? readdirSync(DEBIAN_VERSIONS) : [];
	const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
	return newest ? join(DEBIAN_VERSIONS, newest, 'bin', name) : name;
}
