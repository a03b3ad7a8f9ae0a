import type {
	Failure,
	IDataObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	INode,
	IPollFunctions,
	JsonObject,
} from 'n8n-workflow';
import { NodeApiError, NodeOperationError, sleep } from 'n8n-workflow';
import { createHash } from 'node:crypto';

import { type Client, createClient } from './api/client';
import { BudgetExhaustedError, ContentStatsError, type ErrorKind } from './api/errors';
import { rateLimiterFor } from './api/rateLimiter';
import { createRedact } from './api/redact';
import { createRequest, type HttpReply } from './api/request';
import { trimInvisible, trimTrailingSlashes } from './utils/format';
import { monotonicNow } from './utils/time';

/** The credential, as n8n decrypts it. */
interface Credential {
	apiKey: string;
	baseUrl: string;
}

type Context = IExecuteFunctions | ILoadOptionsFunctions | IPollFunctions;

const CREDENTIAL = 'contentStatsApi';

/**
 * Chooses what aborts a request: its timeout, and for all but a POST the user's Stop. n8n passes only
 * one signal on, that of Stop (n8n-core, httpRequestWithAuthentication). A POST that was aborted may
 * have cost money, and nobody would know.
 */
function withAbortSignals<T extends Context>(
	context: T,
	{ method, abortSignal }: IHttpRequestOptions,
): T {
	if (!('getExecutionCancelSignal' in context)) return context;
	const stop = method === 'POST' ? undefined : context.getExecutionCancelSignal();
	const signals = [stop, abortSignal as AbortSignal].filter((signal) => signal !== undefined);
	return Object.create(context, {
		getExecutionCancelSignal: { value: () => AbortSignal.any(signals) },
	}) as T;
}

/** What is known of the credential of a node. The key stays here. */
export interface Connection {
	client: Client;
	/** Creates another client. @param deadline moment of the monotonic clock after which no request goes on. */
	clientUntil: (deadline: number) => Client;
	/** Identifies the owner of the rate limit and the balance. */
	account: string;
	/** Identifies the API, whichever key is used. */
	api: string;
	/** Whether the key is one of the vendor's test keys: everything works, nothing is charged. */
	isTestKey: boolean;
}

/** Reads the credential of a node, without the blanks and line breaks that are pasted along. */
async function readCredential(context: Context): Promise<Credential> {
	const { apiKey, baseUrl } = await context.getCredentials<Credential>(CREDENTIAL);
	return { apiKey: String(apiKey).trim(), baseUrl: trimInvisible(String(baseUrl)) };
}

/** Number of runs so far. */
let runs = 0;

/**
 * Reads the credential of a node, and creates the client that uses it.
 *
 * @param owner whose turn it is at the rate limit; default: a run of its own.
 */
export async function connect(context: Context, owner = `run ${(runs += 1)}`): Promise<Connection> {
	const { apiKey, baseUrl } = await readCredential(context);
	const api = apiOf(baseUrl);
	const account = accountOf(api, apiKey);
	const clientUntil = (deadline: number) =>
		createClient(
			createRequest({
				baseUrl,
				rateLimiter: rateLimiterFor(account, { monotonicNow, sleep }),
				owner,
				now: () => Date.now(),
				monotonicNow,
				sleep,
				deadline,
				signal:
					'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined,
				redact: createRedact(apiKey),
				send: async (options) =>
					(await context.helpers.httpRequestWithAuthentication.call(
						withAbortSignals(context, options),
						CREDENTIAL,
						options,
					)) as HttpReply,
			}),
		);
	return {
		client: clientUntil(Infinity),
		clientUntil,
		account,
		api,
		isTestKey: apiKey.startsWith('cs_test_'),
	};
}

/** Spells a base URL in one way: host and path in lower case, without `www.`, default port and last slashes. */
export function apiOf(baseUrl: string): string {
	const address = trimTrailingSlashes(baseUrl).toLowerCase();
	if (!URL.canParse(address)) return address;
	const { protocol, host, pathname } = new URL(address);
	return `${protocol}//${host.replace(/^www\./, '')}${trimTrailingSlashes(pathname)}`;
}

/**
 * Identifies the account of a credential, which owns a rate limit and a balance. It is a hash, so that no
 * map and no message holds the key.
 */
const accountOf = (api: string, apiKey: string): string =>
	createHash('sha256').update(`${api}\n${apiKey}`).digest('hex');

const FAILURE_CAUSES: Partial<Record<ErrorKind, Failure['cause']>> = {
	invalid_key: 'credential-invalid',
	rate_limited: 'rate-limited',
	server_error: 'temporarily-unavailable',
	unreachable: 'temporarily-unavailable',
	no_reply: 'temporarily-unavailable',
	unreadable_reply: 'temporarily-unavailable',
	web_page: 'temporarily-unavailable',
};

function toFailure(error: ContentStatsError): Failure | undefined {
	const { kind, retryAfterMs } = error;
	const wasCutShort = error instanceof BudgetExhaustedError && error.isSent;
	const cause = wasCutShort ? 'temporarily-unavailable' : FAILURE_CAUSES[kind];
	if (!cause) return undefined;
	return { cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) } as Failure;
}

/**
 * Converts an error to the one that n8n shows, with the cause by which n8n's scheduler backs off. Only
 * our own words go in: the HTTP client's error holds the request's headers, and so the API key.
 */
export function toNodeError(
	node: INode,
	error: unknown,
	itemIndex?: number,
): NodeApiError | NodeOperationError {
	if (error instanceof NodeApiError || error instanceof NodeOperationError) return error;
	if (!(error instanceof ContentStatsError))
		return new NodeOperationError(node, error as Error, { itemIndex });
	const { message, description, statusCode } = error;
	const response: JsonObject = { message, description };
	const failure = toFailure(error);
	const isOurs = statusCode === undefined && failure === undefined;
	const nodeError = isOurs
		? new NodeOperationError(node, message, { description, itemIndex })
		: new NodeApiError(node, response, {
				message,
				description,
				httpCode: statusCode?.toString(),
				itemIndex,
				failure,
			});
	// n8n replaces a message that contains a code such as EPERM, even inside a name: “theperm”.
	nodeError.message = message;
	return nodeError;
}

/**
 * Builds the item of a failure that the workflow goes on after. n8n sends an item to the error output
 * if it has these two keys and no other (n8n-core, handleNodeErrorOutput).
 */
export const errorJson = (error: string, message: string): IDataObject => ({ error, message });
