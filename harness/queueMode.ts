import { randomUUID } from 'node:crypto';

import type { PostgresAddress } from './postgres';
import type { RedisAddress } from './redis';

/**
 * Returns the environment that makes n8n processes one deployment in queue mode.
 *
 * @param name schema of n8n's tables, and prefix of its keys in Redis
 */
export const queueMode = (
	postgres: PostgresAddress,
	redis: RedisAddress,
	name: string,
): NodeJS.ProcessEnv => ({
	N8N_ENCRYPTION_KEY: randomUUID(),
	EXECUTIONS_MODE: 'queue',
	QUEUE_BULL_REDIS_HOST: redis.host,
	QUEUE_BULL_REDIS_PORT: String(redis.port),
	QUEUE_BULL_PREFIX: name,
	N8N_REDIS_KEY_PREFIX: name,
	DB_TYPE: 'postgresdb',
	DB_POSTGRESDB_HOST: postgres.host,
	DB_POSTGRESDB_PORT: String(postgres.port),
	DB_POSTGRESDB_USER: postgres.user,
	DB_POSTGRESDB_PASSWORD: postgres.password,
	DB_POSTGRESDB_DATABASE: postgres.database,
	DB_POSTGRESDB_SCHEMA: name,
});
