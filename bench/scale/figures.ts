/** CPU time of an execution, in milliseconds, on the thread that runs it. */
export interface ExecutionCost {
	/** Until its rows are sent to the database. */
	beforeMs: number;
	beforeItemMs: number;
	/** From the database's answer to its end: n8n saves the execution with its items. */
	afterMs: number;
	afterItemMs: number;
}

/** What the model is fed with: CPU times of the JavaScript thread, in milliseconds. */
export interface Figures {
	/** Share of 1: n8n without any work. */
	idleShare: number;
	/** A poll without videos. */
	pollMs: number;
	/** A poll, for each video that it watches. */
	watchedVideoMs: number;
	/** A request and its reply. */
	requestMs: number;
	/** A request, for each snapshot in its reply. */
	snapshotMs: number;
	/** A poll that emits. */
	emitMs: number;
	/** A poll that emits, for each video in its state. */
	stateVideoMs: number;
	/** In the main process, without queue mode. */
	execution: ExecutionCost;
	/** Queue mode. */
	queue: {
		/** Main process: hands an execution to the workers. */
		enqueueMs: number;
		enqueueItemMs: number;
		execution: ExecutionCost;
	};
	/** The database writes the rows of an execution: time, not CPU time of n8n. */
	writeMs: number;
	writeItemMs: number;
}

/**
 * Measured on a real n8n 2.41.1 on Node.js 24.21.0, two cores, with PostgreSQL 15 and the sandbox on the same
 * machine, which was loaded with other work: read them again with `npm run simulate:scale -- --check` on a
 * quiet one. The workflow is that of workflows/new-snapshots-to-postgresql.json. Most are from runs before the
 * trigger decrypted its credential once a poll, with N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true. `requestMs` is
 * from the first fetch of 10,000 videos since then, without the setting. `pollMs` and `watchedVideoMs` are
 * from an earlier run. None is from the measured time of a checked scenario.
 */
export const FIGURES: Figures = {
	idleShare: 0.001,
	pollMs: 24,
	watchedVideoMs: 0.012,
	requestMs: 0.78,
	snapshotMs: 0.0023,
	emitMs: 33,
	stateVideoMs: 0.016,
	execution: { beforeMs: 0, beforeItemMs: 1.4, afterMs: 79, afterItemMs: 0 },
	queue: {
		enqueueMs: 0,
		enqueueItemMs: 0.95,
		execution: { beforeMs: 0, beforeItemMs: 0.7, afterMs: 76, afterItemMs: 0.004 },
	},
	writeMs: 55,
	writeItemMs: 1.2,
};
