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
 * machine. The workflow is that of workflows/new-snapshots-to-postgresql.json. Two things make them inexact:
 *
 * - The machine was loaded with other work. Read them again with `npm run simulate:scale -- --check` on a quiet one.
 * - n8n made a V8 isolate for each request, before the trigger decrypted its credential only once a poll
 *   (nodes/ContentStats/host.ts). N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true avoided the isolates in these
 *   measurements, but not the decrypting: `requestMs` is too high. Since then, by default, the first fetch of
 *   10,000 videos took 0.9 ms a request, snapshots included, on a machine as loaded.
 *
 * `pollMs` and `watchedVideoMs` are from an earlier run than the others. None is from a scenario of the check.
 */
export const FIGURES: Figures = {
	idleShare: 0.001,
	pollMs: 24,
	watchedVideoMs: 0.012,
	requestMs: 1.5,
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
