import type {
	Failure,
	IAdditionalCredentialOptions,
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	IDataObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	INode,
	INodeCredentialTestResult,
	IPollFunctions,
	JsonObject,
} from 'n8n-workflow';
import { NodeApiError, NodeOperationError, sleep } from 'n8n-workflow';
import { createHash } from 'node:crypto';

import { type Client, createClient } from './api/client';
import { BudgetExhaustedError, ContentStatsError, type ErrorKind } from './api/errors';
import { rateLimiterFor } from './api/rateLimiter';
import { createRedact } from './api/redact';
import { createRequest, type HttpReply, type Transport } from './api/request';
import { timeoutSignal, waitUnlessAborted } from './utils/async';
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

/** Cleans a credential of the blanks and line breaks that are pasted along, and completes its base URL. */
const cleanCredential = ({ apiKey, baseUrl }: Partial<Credential>): Credential => ({
	apiKey: trimInvisible(String(apiKey ?? '')),
	baseUrl: completeBaseUrl(String(baseUrl ?? '')),
});

/**
 * Hands a credential that was decrypted to each request of a poll. Without it n8n 2.41 reads it from the
 * database anew, and creates a V8 isolate for the expressions in it: 45 ms of CPU time for each request
 * (n8n, credentials-helper, applyDefaultsAndOverwrites).
 */
const credentialOptions = (data: Credential): IAdditionalCredentialOptions => ({
	credentialsDecrypted: { id: '', name: '', type: CREDENTIAL, data: { ...data } },
});

/** Number of runs so far. */
let runs = 0;

/**
 * Reads the credential of a node, and creates the client that uses it.
 *
 * @param owner whose turn it is at the rate limit; default: a run of its own.
 */
export async function connect(context: Context, owner = `run ${(runs += 1)}`): Promise<Connection> {
	const data = await context.getCredentials<Credential>(CREDENTIAL);
	const credential = cleanCredential(data);
	const options = credentialOptions(data);
	const api = apiOf(credential.baseUrl);
	const account = accountOf(api, credential.apiKey);
	const clientUntil = (deadline: number) =>
		clientOf(credential, {
			owner,
			deadline,
			signal:
				'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined,
			send: async (request) =>
				(await context.helpers.httpRequestWithAuthentication.call(
					withAbortSignals(context, request),
					CREDENTIAL,
					request,
					options,
				)) as HttpReply,
		});
	return {
		client: clientUntil(Infinity),
		clientUntil,
		account,
		api,
		isTestKey: credential.apiKey.startsWith('cs_test_'),
	};
}

/** Creates a client of a credential, which shares the rate limit of its account. */
function clientOf(
	{ apiKey, baseUrl }: Credential,
	transport: Pick<Transport, 'send' | 'owner' | 'deadline' | 'signal'>,
): Client {
	const account = accountOf(apiOf(baseUrl), apiKey);
	return createClient(
		createRequest({
			...transport,
			baseUrl,
			rateLimiter: rateLimiterFor(account, { monotonicNow, sleep }),
			now: () => Date.now(),
			monotonicNow,
			sleep,
			redact: createRedact(apiKey),
		}),
	);
}

/** How long a test of a credential may take, and wait for one reply, in milliseconds: somebody is watching. */
const TEST_BUDGET_MS = 30_000;
const TEST_TIMEOUT_MS = 10_000;

/**
 * Tests a credential for the editor by asking for the usage, which costs nothing. n8n would reduce a
 * failed declarative test to a code such as ECONNREFUSED, and take any web page for a success.
 */
export async function testCredential(
	this: ICredentialTestFunctions,
	{ data }: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	const credential = cleanCredential((data ?? {}) as Partial<Credential>);
	const { helpers } = this;
	try {
		const client = clientOf(credential, {
			owner: 'credential test',
			deadline: monotonicNow() + TEST_BUDGET_MS,
			send: async ({ url, method, headers, timeout = Infinity }) => {
				const signal = timeoutSignal(Math.min(timeout, TEST_TIMEOUT_MS));
				// The one helper that n8n gives a test. It takes no signal.
				const reply: Promise<HttpReply> = helpers.request({
					uri: url,
					method,
					headers: { ...headers, 'X-API-Key': credential.apiKey },
					followRedirect: false,
					simple: false,
					resolveWithFullResponse: true,
				});
				await waitUnlessAborted(reply, signal);
				signal.throwIfAborted();
				return await reply;
			},
		});
		await client.usage();
		return { status: 'OK', message: 'Connection successful' };
	} catch (reason) {
		return { status: 'Error', message: describeFailedTest(reason as Error) };
	}
}

function describeFailedTest(error: Error): string {
	if (error instanceof BudgetExhaustedError)
		return error.isSent
			? "No response from ContentStats. Check the base URL and your n8n instance's network connection, then try again"
			: 'Other executions use up the rate limit of this API key. Try again in a minute';
	const { message, description } = error as ContentStatsError;
	return [message, description].filter(Boolean).join('. ');
}

/** The URL of the API, if the credential names none. */
const DEFAULT_BASE_URL = 'https://contentstats.io/api/v1';

/** Completes a base URL: an empty one is the API's, and one without a scheme is `https://`. */
export function completeBaseUrl(entered: string): string {
	const baseUrl = trimInvisible(entered);
	if (baseUrl === '') return DEFAULT_BASE_URL;
	return /^[a-z][a-z\d+.-]*:\/\//i.test(baseUrl) ? baseUrl : `https://${baseUrl}`;
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
	invalid_credential: 'credential-invalid',
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
