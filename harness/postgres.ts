import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { freePort, run, spawnGroup } from '../demo/processes';
import { untilUsable, whyUnusable } from './service';

/** Address of a PostgreSQL, with the field names that `pg` and n8n's credential share. */
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
 * name, else one at localhost:5432 that accepts the user `postgres`, else a throwaway one in `dir`.
 *
 * @throws Error if the named one does not answer, or no throwaway one starts
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
	const problem = await whyUnusable(async () => await tryToConnect(wanted));
	if (!problem) return wanted;
	if (PGHOST || PGPORT) throw new Error(`The PostgreSQL of PGHOST and PGPORT: ${problem}`);
	return await startThrowaway(dir);
}

/** Connects a client, which the caller must end. */
export async function connect(address: PostgresAddress): Promise<Client> {
	const client = new Client({ ...address, connectionTimeoutMillis: 5_000 });
	await client.connect();
	// If the server goes away, the next query reports it.
	client.on('error', () => {});
	return client;
}

const tryToConnect = async (address: PostgresAddress) => await (await connect(address)).end();

/** Starts a throwaway PostgreSQL, which ends with this process as every `spawnGroup` does. */
async function startThrowaway(dir: string): Promise<PostgresAddress> {
	const isRoot = process.getuid?.() === 0;
	mkdirSync(dir, { recursive: true });
	if (isRoot) {
		// PostgreSQL refuses to run as root, and its own user must be able to reach the folder.
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
	await untilUsable('A throwaway PostgreSQL', 30_000, async () => await tryToConnect(address));
	return address;
}

/** Finds a program of the server, which Debian keeps out of PATH. */
function binary(name: string): string {
	const versions = existsSync(DEBIAN_VERSIONS) ? readdirSync(DEBIAN_VERSIONS) : [];
	const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
	return newest ? join(DEBIAN_VERSIONS, newest, 'bin', name) : name;
}
