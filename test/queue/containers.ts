import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installCommunityPackage, type N8nInstall } from '../../demo/install';
import { startN8n, type N8n } from '../../demo/n8n';
import { freePort } from '../../demo/processes';

/** Settings that all containers of a deployment share. */
export interface Image {
	install: N8nInstall;
	/** Path of the packed package. */
	tarball: string;
	/** Parent of the containers' user folders. */
	dir: string;
	env: NodeJS.ProcessEnv;
}

/**
 * Makes n8n notice within seconds that a killed worker's executions are lost. By default it waits up
 * to 90 seconds for their locks to expire.
 */
const STALLED_SOON = {
	QUEUE_WORKER_LOCK_DURATION: '6000',
	QUEUE_WORKER_LOCK_RENEW_TIME: '2000',
	QUEUE_WORKER_STALLED_INTERVAL: '3000',
};

/** The settings of a deployment whose workers are killed. `Container` reads its log. */
export const SETTINGS = { ...STALLED_SOON, N8N_LOG_LEVEL: 'debug', N8N_LOG_FORMAT: 'json' };

/** An n8n process with its own user folder, and so its own copy of the package. */
export class Container {
	private n8n: N8n | undefined;

	constructor(
		readonly name: string,
		private readonly command: 'start' | 'worker',
		private readonly image: Image,
	) {}

	/** Address it listens on while it runs. */
	get url(): string {
		return this.n8n!.url;
	}

	get userFolder(): string {
		return join(this.image.dir, this.name);
	}

	async installPackage(): Promise<void> {
		await installCommunityPackage(this.image.install, this.userFolder, this.image.tarball);
	}

	async start(): Promise<void> {
		this.n8n = await startN8n(this.image.install, {
			userFolder: this.userFolder,
			port: await freePort(),
			logFile: this.logFile,
			command: [this.command],
			env: this.image.env,
		});
	}

	/** Sends SIGKILL, and waits until none of its processes is left. */
	async kill(): Promise<void> {
		while (this.n8n?.signal('SIGKILL')) await sleep(10);
	}

	async stop(): Promise<void> {
		await this.n8n?.stop();
	}

	/** Reads from the log which executions of a workflow this worker has started but not finished. */
	running(workflow: string): string[] {
		const running = new Set<string>();
		for (const { message, metadata } of this.log()) {
			if (metadata.workflowName !== workflow) continue;
			if (message.startsWith('Worker started execution')) running.add(metadata.executionId);
			if (message.startsWith('Worker finished execution')) running.delete(metadata.executionId);
		}
		return [...running];
	}

	private get logFile(): string {
		return join(this.userFolder, 'n8n.log');
	}

	private log(): LogLine[] {
		if (!existsSync(this.logFile)) return [];
		// The last line may be incomplete.
		const lines = readFileSync(this.logFile, 'utf8').split('\n').slice(0, -1);
		return lines
			.filter((line) => line.includes('"message":"Worker '))
			.map((line) => JSON.parse(line) as LogLine);
	}
}

interface LogLine {
	message: string;
	metadata: { executionId: string; workflowName?: string };
}
