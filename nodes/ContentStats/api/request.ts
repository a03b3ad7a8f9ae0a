import type { IDataObject, IHttpRequestMethods, IHttpRequestOptions } from 'n8n-workflow';

import {
	type Advice,
	ContentStatsError,
	errorForStatus,
	inWords,
	isFateUnknown,
	unreadableReply,
} from './errors';
import { type Gate, NoRoomError, type RateWindow } from './gate';
import { readErrorBody } from './schemas';
import { sleepUnlessStopped } from './wait';

/** A reply as n8n's request helper gives it with `returnFullResponse`. */
export interface HttpReply {
	statusCode: number;
	headers: Record<string, unknown>;
	body: unknown;
}

/** What a request needs of its host. All times are milliseconds. */
export interface Transport {
	/** Sends one request with the API key added; resolves for every status, rejects without a reply. */
	send: (options: IHttpRequestOptions) => Promise<HttpReply>;
	/** For example `https://contentstats.io/api/v1`. */
	baseUrl: string;
	gate: Gate;
	now: () => number;
	sleep: (ms: number) => Promise<void>;
	/** Aborted when the user presses Stop. */
	signal?: AbortSignal;
	/** Unix milliseconds: no call goes on after it. */
	deadline?: number;
}

export interface ApiCall {
	method: IHttpRequestMethods;
	/** Below the base URL; every part of it encoded. */
	path: string;
	query?: IDataObject;
	body?: IDataObject;
	/** What is asked for, in words for error messages: `video cm5abc`, a link. */
	what: string;
	advice?: Advice;
}

const TIMEOUT_MS = 30_000;
const ATTEMPTS = 3;
const RATE_LIMIT_ATTEMPTS = 10;
const BACKOFF_MS = 500;
const RATE_LIMIT_FALLBACK_MS = 5_000;
const LONGEST_WAIT_MS = 120_000;

/** Errors of making a connection, after which the server certainly saw nothing of the request. */
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/** The base URL without trailing slashes. @throws ContentStatsError `invalid_input` where it is none. */
function parseBaseUrl(baseUrl: string): URL {
	const url = URL.canParse(baseUrl.trim()) ? new URL(baseUrl.trim().replace(/\/+$/, '')) : null;
	const isPlain =
		url && /^https?:$/.test(url.protocol) && !url.username && !url.search && !url.hash;
	if (isPlain) return url;
	throw new ContentStatsError('invalid_input', {
		message: 'The base URL in the ContentStats credential is not an http(s) address',
		description: 'Open the credential and set the base URL to https://contentstats.io/api/v1',
	});
}

const header = (reply: HttpReply, name: string): string => String(reply.headers[name] ?? '');

/**
 * Milliseconds until the server's reset (Unix seconds), by the server's own clock: `Date` says when
 * it is there, so that a wrong clock here lengthens or shortens no wait.
 */
function msUntil(reset: number, reply: HttpReply, now: number): number {
	const serverNow = Date.parse(header(reply, 'date'));
	const ms = reset * 1000 - (Number.isNaN(serverNow) ? now : serverNow);
	return Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
}

/** The rate window a reply tells of; null where a header is missing. */
export function readRateWindow(reply: HttpReply, now: number): RateWindow | null {
	const remaining = parseInt(header(reply, 'x-ratelimit-remaining'), 10);
	const reset = parseInt(header(reply, 'x-ratelimit-reset'), 10);
	if (Number.isNaN(remaining) || Number.isNaN(reset)) return null;
	return { remaining, reset, endsInMs: msUntil(reset, reply, now) };
}

/** A JSON text as a value; undefined where it is no JSON. */
function parseJson(body: unknown): unknown {
	if (typeof body !== 'string') return body;
	try {
		return JSON.parse(body);
	} catch {
		return undefined;
	}
}

/**
 * The code of the socket error at the root of whatever the host threw. The NodeApiError of n8n 1
 * has lost its cause, and keeps the code as its httpCode.
 */
function socketCode(error: unknown): string {
	for (let cause = error, depth = 0; cause && depth < 5; depth += 1) {
		const { code, httpCode, cause: next } = cause as Record<string, unknown>;
		const found = code ?? httpCode;
		if (typeof found === 'string') return found;
		cause = next;
	}
	return '';
}

const outOfTime = ({ what }: ApiCall, retryAfterMs?: number): ContentStatsError =>
	new ContentStatsError('out_of_time', {
		message: `There was no time left to ask ContentStats about ${what}`,
		description: 'Nothing is lost: the next poll goes on here',
		retryAfterMs,
	});

const cutShort = ({ what }: ApiCall): ContentStatsError =>
	new ContentStatsError('cut_short', {
		message: `ContentStats did not answer about ${what} in the time that a poll has`,
		description: 'Nothing is lost: the next poll goes on here',
	});

function errorWithoutReply(error: unknown, call: ApiCall, isSent: boolean): ContentStatsError {
	const { what } = call;
	if (error instanceof NoRoomError) return outOfTime(call, error.opensInMs);
	if (!isSent)
		return new ContentStatsError('cancelled', {
			// The word by which n8n tells a stopped execution from a failed one.
			message: `The execution was canceled: nothing was sent about ${what}`,
			description: 'It was stopped by hand or by its time limit',
		});
	const code = socketCode(error);
	const cause = ` (${code || inWords((error as Error).message)})`;
	if (NEVER_CONNECTED.has(code))
		return new ContentStatsError('unreachable', {
			message: `ContentStats cannot be reached: nothing was sent about ${what}`,
			description: `Check the base URL in the ContentStats credential and the network of this n8n, then try again${cause}`,
		});
	return new ContentStatsError('no_reply', {
		message: `ContentStats gave no answer about ${what}`,
		description: `The connection was lost or too slow. Try again later${cause}`,
	});
}

const withoutWww = (host: string): string => host.replace(/^www\./, '');

/** The other of a host and its `www.` twin, if that is where a redirect leads with the path unchanged. */
function twinOrigin(requested: URL, location: string): string | null {
	if (!URL.canParse(location, requested.href)) return null;
	const target = new URL(location, requested);
	const isTwin =
		target.protocol === requested.protocol &&
		target.host !== requested.host &&
		withoutWww(target.host) === withoutWww(requested.host) &&
		target.pathname === requested.pathname;
	return isTwin ? target.origin : null;
}

/** Redirects that keep to what was asked; 303 asks for a GET of something else. */
const SAME_ELSEWHERE = new Set([301, 302, 307, 308]);

function redirectError(reply: HttpReply, { what, method }: ApiCall): ContentStatsError {
	const location = header(reply, 'location');
	const target = URL.canParse(location) ? new URL(location).host : 'another address';
	// A 303 is how servers answer a POST that has worked.
	const kind = method === 'POST' && reply.statusCode === 303 ? 'unreadable_reply' : 'redirected';
	return new ContentStatsError(kind, {
		message: `ContentStats points to ${target} instead of answering about ${what}: not followed, so that the API key goes nowhere else`,
		description:
			'Check the base URL in the ContentStats credential: https://contentstats.io/api/v1',
		statusCode: reply.statusCode,
	});
}

/** Milliseconds until a refused request may be sent again. */
function waitAfterRefusal(reply: HttpReply, json: unknown, now: number): number {
	const inBody = (json as { reset?: unknown } | undefined)?.reset;
	const reset = parseInt(header(reply, 'x-ratelimit-reset') || String(inBody), 10);
	if (Number.isNaN(reset)) return RATE_LIMIT_FALLBACK_MS;
	return Math.max(msUntil(reset, reply, now), BACKOFF_MS);
}

function errorForReply(reply: HttpReply, call: ApiCall, now: number): ContentStatsError {
	if (reply.statusCode >= 300 && reply.statusCode < 400) return redirectError(reply, call);
	const json = parseJson(reply.body);
	const retryAfterMs = reply.statusCode === 429 ? waitAfterRefusal(reply, json, now) : undefined;
	return errorForStatus(
		reply.statusCode,
		call.what,
		readErrorBody(json),
		retryAfterMs,
		call.advice,
	);
}

/** Whether sending the same call again can do no harm. */
function isRepeatable(error: ContentStatsError, { method }: ApiCall): boolean {
	return error.kind === 'unreachable' || (method === 'GET' && isFateUnknown(error));
}

export type Request = (call: ApiCall) => Promise<unknown>;

/**
 * Makes calls at one base URL with one key: through the gate, repeated where that is safe.
 *
 * A GET is tried three times. A POST is repeated only where it certainly did nothing: where no
 * connection was made, or after a 429, which waits for the server's reset.
 *
 * @returns a function that resolves to the JSON of a 2xx reply and rejects with a
 * ContentStatsError for everything else; `isFateUnknown` tells what a failed POST may have done.
 */
export function createRequest(transport: Transport): Request {
	const { send, gate, now, sleep, signal, deadline = Infinity } = transport;
	const limits = { signal, deadline };
	const base = parseBaseUrl(transport.baseUrl);
	let origin = base.origin;

	async function sendOnce(
		call: ApiCall,
		url: URL,
		markSent: (isSent: boolean) => void,
	): Promise<HttpReply> {
		const sent = await gate.run(async () => {
			markSent(true);
			const timeout = Math.min(TIMEOUT_MS, Math.max(deadline - now(), 1));
			const reply = await send({
				method: call.method,
				url: url.href,
				qs: call.query,
				body: call.body,
				headers: { Accept: 'application/json' },
				encoding: 'text',
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				disableFollowRedirect: true,
				timeout,
				// The timeout of axios is that of a silent socket: a reply that drips would never end.
				abortSignal: AbortSignal.timeout(timeout),
			});
			return { reply, rateWindow: readRateWindow(reply, now()) };
		}, limits);
		return sent.reply;
	}

	/** One call with, at most, the one hop between a host and its `www.` twin, method unchanged. */
	async function sendWithHop(
		call: ApiCall,
		markSent: (isSent: boolean) => void,
	): Promise<HttpReply> {
		const url = new URL(`${origin}${base.pathname.replace(/\/$/, '')}${call.path}`);
		const reply = await sendOnce(call, url, markSent);
		if (!SAME_ELSEWHERE.has(reply.statusCode)) return reply;
		const twin = twinOrigin(url, header(reply, 'location'));
		if (twin === null) return reply;
		origin = twin;
		markSent(false);
		return await sendOnce(call, new URL(`${twin}${url.pathname}`), markSent);
	}

	async function attempt(call: ApiCall): Promise<{ json: unknown } | { error: ContentStatsError }> {
		let reply: HttpReply;
		let isSent = false;
		try {
			reply = await sendWithHop(call, (sent) => (isSent = sent));
		} catch (error) {
			return { error: errorWithoutReply(error, call, isSent) };
		}
		if (reply.statusCode < 200 || reply.statusCode > 299)
			return { error: errorForReply(reply, call, now()) };
		const json = parseJson(reply.body);
		return json === undefined
			? { error: unreadableReply(call.what, 'it is no JSON', reply.statusCode) }
			: { json };
	}

	return async (call) => {
		for (let tries = 1, refusals = 0; ;) {
			const outcome = await attempt(call);
			if ('json' in outcome) return outcome.json;
			const { error } = outcome;
			if (error.kind === 'rate_limited') {
				// A reset that proves wrong again and again is believed less and less.
				const waitMs = Math.max(error.retryAfterMs!, BACKOFF_MS * 2 ** refusals);
				refusals += 1;
				gate.pause(waitMs);
				const isWorthTheWait = now() + waitMs <= deadline;
				if (refusals >= RATE_LIMIT_ATTEMPTS || !isWorthTheWait) throw error;
				continue;
			}
			if (error.kind === 'no_reply' && now() >= deadline) throw cutShort(call);
			const backoffMs = BACKOFF_MS * 2 ** (tries - 1);
			const isLast = tries >= ATTEMPTS || now() + backoffMs > deadline;
			if (isLast || !isRepeatable(error, call)) throw error;
			await sleepUnlessStopped(backoffMs, sleep, signal);
			tries += 1;
		}
	};
}
