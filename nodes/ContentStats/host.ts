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

import { type Client, createClient } from './api/client';
import { ContentStatsError, type ErrorKind } from './api/errors';
import { gateFor } from './api/gate';
import { createRequest, type HttpReply } from './api/request';

/** The credential as n8n decrypts it. */
export interface Credential {
	apiKey: string;
	baseUrl: string;
}

type Context = IExecuteFunctions | ILoadOptionsFunctions | IPollFunctions;

const CREDENTIAL = 'contentStatsApi';

/** An API may quote the key it refuses, and its words are shown to the user. */
function withoutKey(reply: HttpReply, apiKey: string): HttpReply {
	const isRefusal = reply.statusCode >= 300;
	if (!isRefusal || typeof reply.body !== 'string' || apiKey === '') return reply;
	return { ...reply, body: reply.body.replaceAll(apiKey, '(the API key)') };
}

/**
 * n8n ends a request when the user presses Stop (n8n-core, httpRequestWithAuthentication). One that
 * may cost money is let finish, so that it is known what became of it.
 */
function withoutStop<T extends Context>(
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

/**
 * A client for the credential of this node, and the credential itself.
 *
 * @param deadline Unix milliseconds after which no request goes on.
 */
export async function connect(
	context: Context,
	deadline?: number,
): Promise<{ client: Client; credential: Credential }> {
	const { apiKey, baseUrl } = await context.getCredentials<Credential>(CREDENTIAL);
	const now = () => Date.now();
	const request = createRequest({
		baseUrl,
		gate: gateFor(accountOf({ baseUrl, apiKey }), { now, sleep }),
		now,
		sleep,
		deadline,
		signal: 'getExecutionCancelSignal' in context ? context.getExecutionCancelSignal() : undefined,
		send: async (options) => {
			const reply = (await context.helpers.httpRequestWithAuthentication.call(
				withoutStop(context, options),
				CREDENTIAL,
				options,
			)) as HttpReply;
			return withoutKey(reply, apiKey);
		},
	});
	return { client: createClient(request), credential: { apiKey, baseUrl } };
}

/** What a rate limit and a balance belong to, however the base URL is spelled. Holds the key. */
export const accountOf = ({ baseUrl, apiKey }: Credential): string =>
	`${baseUrl.trim().replace(/\/+$/, '').replace('://www.', '://').toLowerCase()}\n${apiKey}`;

/** Keys of the vendor's sandbox mode: everything works, nothing is charged. */
export const isTestKey = ({ apiKey }: Credential): boolean => apiKey.startsWith('cs_test_');

const CAUSES: Partial<Record<ErrorKind, Failure['cause']>> = {
	invalid_key: 'credential-invalid',
	rate_limited: 'rate-limited',
	server_error: 'temporarily-unavailable',
	unreachable: 'temporarily-unavailable',
	no_reply: 'temporarily-unavailable',
	cut_short: 'temporarily-unavailable',
	unreadable_reply: 'temporarily-unavailable',
};

function failureOf({ kind, retryAfterMs }: ContentStatsError): Failure | undefined {
	const cause = CAUSES[kind];
	if (!cause) return undefined;
	return { cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) } as Failure;
}

/**
 * An error as n8n shows it, with the cause that n8n's scheduler backs off by. Only our own words go
 * in: the error of the HTTP client holds the request's headers, and with them the API key.
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
	const failure = failureOf(error);
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
	// n8n replaces a message that happens to hold the letters of an error code: a user named theperm.
	nodeError.message = message;
	return nodeError;
}

/**
 * What an item holds when its node goes on after an error. n8n sends an item to the error output
 * that has these two keys and no other (n8n-core, handleNodeErrorOutput).
 */
export const errorJson = (error: string, message: string): IDataObject => ({ error, message });
