import axios, { AxiosError, type Method } from 'axios';
import type { IDataObject, INode, IRun } from 'n8n-workflow';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeError } from './errors';
import type { N8nInstall } from './install';
import { exitReason, freePort, logTail, spawnGroup, type ProcessGroup } from './processes';

/** Keeps n8n offline: no telemetry, news, templates, registries or licence renewal. */
const OFFLINE = {
	N8N_DIAGNOSTICS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
	N8N_DYNAMIC_BANNERS_ENABLED: 'false',
	N8N_TEMPLATES_ENABLED: 'false',
	N8N_VERIFIED_PACKAGES_ENABLED: 'false',
	N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
	N8N_PERSONALIZATION_ENABLED: 'false',
	N8N_HIRING_BANNER_ENABLED: 'false',
	N8N_DISABLED_MODULES: 'mcp-registry',
};

/**
 * Variables that n8n must not inherit. Settings of the user's own n8n would point it to their
 * database or queue, and n8n does not start with jest's NODE_ENV.
 */
const NOT_INHERITED = /^((N8N|DB|EXECUTIONS|QUEUE|WEBHOOK|GENERIC|CREDENTIALS|OFFLOAD)_|NODE_ENV$)/;

export interface N8nOptions {
	/** Folder for n8n's settings, database and community packages (N8N_USER_FOLDER). */
	userFolder: string;
	port: number;
	logFile: string;
	/** `['start']` by default; `['worker']` starts a worker. */
	command?: string[];
	/** Added to the environment last, so it can choose a database, a queue or a flag. */
	env?: NodeJS.ProcessEnv;
}

export interface N8n extends ProcessGroup {
	/** Without a trailing slash, e.g. `http://127.0.0.1:5678`. */
	url: string;
}

/**
 * Starts n8n on 127.0.0.1 and waits until it answers.
 *
 * @throws Error with the end of n8n's log if it exits, or does not answer within 2 minutes
 */
export async function startN8n(install: N8nInstall, options: N8nOptions): Promise<N8n> {
	const { userFolder, port, logFile, command = ['start'], env = {} } = options;
	mkdirSync(userFolder, { recursive: true });
	const inherited = Object.entries(install.env).filter(([k]) => !NOT_INHERITED.test(k));
	const group = spawnGroup(install.nodePath, [install.n8nPath, ...command], {
		// n8n reads a .env file from the folder it starts in.
		cwd: userFolder,
		logFile,
		env: {
			...Object.fromEntries(inherited),
			...OFFLINE,
			N8N_USER_FOLDER: userFolder,
			N8N_LISTEN_ADDRESS: '127.0.0.1',
			N8N_PORT: String(port),
			N8N_SECURE_COOKIE: 'false',
			N8N_RUNNERS_BROKER_PORT: String(await freePort()),
			// A worker answers only its health check.
			QUEUE_HEALTH_CHECK_ACTIVE: 'true',
			QUEUE_HEALTH_CHECK_PORT: String(port),
			...env,
		},
	});
	const url = `http://127.0.0.1:${port}`;
	const health = axios.create({ timeout: 2000, validateStatus: (status) => status === 200 });
	const ended = group.exited.then(exitReason);
	const deadline = Date.now() + 120_000;
	let failure: string | undefined;
	while (!failure) {
		const ready = health.get(`${url}/healthz/readiness`).then(
			() => true,
			() => false,
		);
		const state = await Promise.race([ready, ended]);
		if (state === true) return { ...group, url };
		if (typeof state === 'string') failure = `${state} before it was ready`;
		else if (Date.now() > deadline) failure = 'did not answer within 2 minutes';
		else await sleep(250);
	}
	await group.stop();
	throw new Error(`n8n ${failure}.\n${logTail(logFile)}`);
}

export interface Owner {
	email: string;
	firstName: string;
	lastName: string;
	password: string;
}

export interface CredentialReference {
	id: string;
	name: string;
	type: string;
}

/** A workflow as n8n exports it to a file. */
export interface WorkflowTemplate {
	name: string;
	nodes: INode[];
	connections: object;
}

export interface SavedWorkflow {
	id: string;
	name: string;
	versionId: string;
}

export interface ExecutionSummary {
	id: string;
	workflowId: string;
	workflowName: string;
	status: string;
}

export type Execution = ExecutionSummary & Pick<IRun, 'data'>;

export type N8nApi = Awaited<ReturnType<typeof signIn>>;

/**
 * Signs in to a running n8n, and creates the owner first if it has none.
 * The returned functions throw an Error if n8n refuses a request, with its own message, or does not
 * answer it.
 */
export async function signIn(url: string, owner: Owner) {
	// n8n ties the session to the browser that logged in.
	const http = axios.create({
		baseURL: `${url}/rest`,
		headers: { 'browser-id': randomUUID() },
		timeout: 60_000,
	});

	const request = async <T>(method: Method, path: string, data?: object): Promise<T> => {
		const response = await http
			.request<{ data: T }>({ method, url: path, data })
			.catch(throwRequestError);
		return response.data.data;
	};

	// n8n reports that it is ready before its REST API answers.
	const deadline = Date.now() + 60_000;
	let settings: { userManagement: { showSetupOnFirstLoad: boolean } } | undefined;
	while (!(settings = await request<typeof settings>('GET', '/settings').catch(() => undefined))) {
		if (Date.now() > deadline) throw new Error(`n8n at ${url} does not answer REST calls.`);
		await sleep(300);
	}
	if (settings.userManagement.showSetupOnFirstLoad) await request('POST', '/owner/setup', owner);
	const login = { emailOrLdapLoginId: owner.email, password: owner.password };
	const { headers } = await http.post('/login', login).catch(throwRequestError);
	http.defaults.headers.common.cookie = (headers['set-cookie'] ?? [])
		.map((cookie) => cookie.split(';')[0])
		.join('; ');

	const { id: projectId } = await request<{ id: string }>('GET', '/projects/personal');
	const tablesPath = `/projects/${projectId}/data-tables`;

	const tableId = async (name: string): Promise<string> => {
		const filter = new URLSearchParams({ filter: JSON.stringify({ name }) });
		const tables = await request<{ data: Array<{ id: string; name: string }> }>(
			'GET',
			`${tablesPath}?${filter}`,
		);
		const table = tables.data.find((candidate) => candidate.name === name);
		if (!table) throw new Error(`n8n has no Data Table "${name}".`);
		return table.id;
	};

	const tablePage = async (id: string, page: Record<string, string>) =>
		await request<{ count: number; data: IDataObject[] }>(
			'GET',
			`${tablesPath}/${id}/rows?${new URLSearchParams(page)}`,
		);

	const execution = async (id: string): Promise<Execution> => {
		const found = await request<ExecutionSummary & { data: string }>('GET', `/executions/${id}`);
		// A dynamic import, because flatted's type declarations are for ES modules only.
		const { parse } = await import('flatted');
		return { ...found, data: parse(found.data) as Execution['data'] };
	};

	const start = async (workflow: SavedWorkflow, triggerName: string): Promise<string> => {
		const path = `/workflows/${workflow.id}/run`;
		const body = { triggerToStartFrom: { name: triggerName } };
		return (await request<{ executionId: string }>('POST', path, body)).executionId;
	};

	const finished = async (executionId: string): Promise<Execution> => {
		const deadline = Date.now() + 120_000;
		for (;;) {
			const { status } = await request<ExecutionSummary>('GET', `/executions/${executionId}`);
			if (!['new', 'running', 'waiting'].includes(status)) return await execution(executionId);
			if (Date.now() > deadline)
				throw new Error(`Execution ${executionId} still runs after 2 minutes.`);
			await sleep(300);
		}
	};

	return {
		/** Sends any other request. `path` is relative to `/rest`. */
		request,

		createCredential: async (
			name: string,
			type: string,
			data: IDataObject,
		): Promise<CredentialReference> => {
			const { id } = await request<{ id: string }>('POST', '/credentials', { name, type, data });
			return { id, name, type };
		},

		/** Tests a saved credential with `data` in its form, and returns n8n's verdict. */
		testCredential: async (credential: CredentialReference, data: IDataObject) =>
			await request<{ status: 'OK' | 'Error'; message: string }>('POST', '/credentials/test', {
				credentials: { ...credential, data },
			}),

		/** Saves a template as a workflow. `credentialOf` returns the credential of a node, if any. */
		importWorkflow: async (
			template: WorkflowTemplate,
			credentialOf: (node: INode) => CredentialReference | undefined,
		): Promise<SavedWorkflow> => {
			const nodes = template.nodes.map((node) => {
				const credential = credentialOf(node);
				if (!credential) return node;
				const { id, name, type } = credential;
				return { ...node, credentials: { [type]: { id, name } } };
			});
			return await request('POST', '/workflows', { ...template, nodes });
		},

		/** Publishes a workflow, which switches its triggers on. */
		publish: async ({ id, versionId }: SavedWorkflow) => {
			await request('POST', `/workflows/${id}/activate`, { versionId });
		},

		/** Starts a workflow from one of its Manual Triggers, and returns the execution's id. */
		start,

		/** Waits up to 2 minutes for the end of an execution, and returns it. */
		finished,

		/** Runs a workflow from one of its Manual Triggers, and waits up to 2 minutes for its end. */
		run: async (workflow: SavedWorkflow, triggerName: string): Promise<Execution> =>
			await finished(await start(workflow, triggerName)),

		/** Stops an execution, as the Stop button does. */
		stop: async (executionId: string) => {
			await request('POST', `/executions/${executionId}/stop`);
		},

		execution,

		/** Returns at most 100 executions of one status or of all, newest first. */
		executions: async (status?: 'error' | 'success' | 'crashed'): Promise<ExecutionSummary[]> => {
			const filter = JSON.stringify(status ? { status: [status] } : {});
			const query = new URLSearchParams({ limit: '100', filter });
			return (await request<{ results: ExecutionSummary[] }>('GET', `/executions?${query}`))
				.results;
		},

		/**
		 * Returns the rows of a Data Table in the order in which they were first written. They include
		 * n8n's own columns `id`, `createdAt` and `updatedAt`.
		 */
		tableRows: async (name: string): Promise<IDataObject[]> => {
			const id = await tableId(name);
			const rows: IDataObject[] = [];
			for (;;) {
				const skip = String(rows.length);
				const { data } = await tablePage(id, { skip, take: '250', sortBy: 'id:asc' });
				rows.push(...data);
				if (data.length < 250) return rows;
			}
		},

		/** Adds rows to a Data Table, as a user does in the editor. */
		addTableRows: async (name: string, data: IDataObject[]): Promise<void> => {
			const path = `${tablesPath}/${await tableId(name)}/insert`;
			await request('POST', path, { data, returnType: 'count' });
		},

		/** Returns the number of rows of a Data Table. */
		countRows: async (name: string): Promise<number> =>
			(await tablePage(await tableId(name), { take: '1' })).count,

		/** Returns the address of a workflow in the editor. */
		workflowUrl: ({ id }: SavedWorkflow): string => `${url}/workflow/${id}`,

		/** Returns the address of a Data Table in the editor. */
		tableUrl: async (name: string): Promise<string> =>
			`${url}/projects/${projectId}/datatables/${await tableId(name)}`,
	};
}

/** Returns the items of a node's first output in its last run; none if it did not run. */
export function nodeOutput({ data }: Execution, node: string): IDataObject[] {
	const items = data.resultData.runData[node]?.at(-1)?.data?.main?.[0] ?? [];
	return items.map((item) => item.json);
}

/** Returns why an execution failed, and at which node, with n8n's description of the error as advice. */
export function executionError(workflow: string, { data, status }: Execution): Error {
	const { error, lastNodeExecuted } = data.resultData;
	const place = lastNodeExecuted ? ` at "${lastNodeExecuted}"` : '';
	return nodeError(`"${workflow}" failed${place}`, error ?? { message: `status ${status}` });
}

function throwRequestError(error: AxiosError<{ message?: string }>): never {
	const request = `${error.config?.method?.toUpperCase()} ${error.config?.url}`;
	if (!error.response) throw new Error(`n8n did not answer ${request}: ${error.message}.`);
	const { status, data } = error.response;
	throw new Error(`n8n answered ${request} with ${status}: ${data?.message ?? error.message}`);
}
