import type { IDataObject, IHttpRequestMethods, IHttpRequestOptions } from 'n8n-workflow';

import { delay, timeoutSignal } from '../utils/async';
import { trimTrailingSlashes, truncate } from '../utils/format';
import type { Clock } from '../utils/time';
import {
	type AdviceByStatus,
	BudgetExhaustedError,
	ContentStatsError,
	type ErrorBody,
	errorForStatus,
	MAX_QUOTE_LENGTH,
	mayHaveTakenEffect,
	unreadableReply,
	webPageError,
} from './errors';
import {
	type RateLimiter,
	rateLimitDelayMs,
	readRateWindow,
	readRetryAfterMs,
} from './rateLimiter';
import type { Redact } from './redact';
import { readErrorBody } from './schemas';

/** A reply, as n8n's request helper returns it with `returnFullResponse`. */
export interface HttpReply {
	statusCode: number;
	headers: Record<string, unknown>;
	body: unknown;
}

/** How requests leave; tests hand in their own. */
export interface Transport extends Clock {
	/** Sends one request with the API key added; resolves for every status, rejects without a reply. */
	send: (options: IHttpRequestOptions) => Promise<HttpReply>;
	/** For example `https://contentstats.io/api/v1`. */
	baseUrl: string;
	rateLimiter: RateLimiter;
	/** The run or the trigger that the calls are for: owners take turns. */
	owner?: string;
	redact: Redact;
	/** Aborted when the user presses Stop. */
	signal?: AbortSignal;
	/** By the monotonic clock: no call goes on after it. */
	deadline?: number;
}

interface ApiCall {
	method: IHttpRequestMethods;
	/** Below the base URL; each segment encoded. */
	path: string;
	query?: IDataObject;
	body?: IDataObject;
	/** What error messages call it: `video cm5abc`, a link. */
	subject: string;
	advice?: AdviceByStatus;
}

/** How long and how often a call is tried. Times in milliseconds. */
const RETRY_POLICY = {
	/** The longest that one attempt may take. */
	timeoutMs: 30_000,
	/** Attempts of a call that may be repeated, the first one included. */
	maxAttempts: 3,
	/** The wait before the second attempt; it doubles before each further one. */
	initialIntervalMs: 500,
	backoffCoefficient: 2,
	/** A call is given up at its tenth 429. */
	maxRateLimited: 10,
	/** The longest wait between two attempts that the server has not asked for. */
	maxIntervalMs: 60_000,
	/** A `Retry-After` that is longer is left to the user, or to the next poll. */
	maxRetryAfterMs: 10_000,
};

/** @param retries how many times the call was retried before. */
const backoffMs = (retries: number): number =>
	Math.min(
		RETRY_POLICY.initialIntervalMs * RETRY_POLICY.backoffCoefficient ** retries,
		RETRY_POLICY.maxIntervalMs,
	);

/** Codes of errors while connecting, for an n8n whose errors have no `syscall`. */
const NOT_SENT_CODES = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
/** The steps before a connection stands: of the request the server certainly saw nothing. */
const CONNECTING_SYSCALLS = new Set<unknown>(['connect', 'getaddrinfo']);

/**
 * Codes of a certificate that was refused, which is before anything is sent (Node.js, “X509 certificate
 * error codes”).
 */
const CERTIFICATE_CODES =
	/^(?:ERR_TLS_CERT_|CERT_|UNABLE_TO_|CRL_|ERROR_IN_C)|SELF_SIGNED_CERT|^(?:HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)$/;

/** @throws ContentStatsError `invalid_credential` if it is no plain http(s) address. */
function parseBaseUrl(baseUrl: string): URL {
	const address = trimTrailingSlashes(baseUrl.trim());
	const url = URL.canParse(address) ? new URL(address) : null;
	const isPlain =
		url &&
		/^https?:$/.test(url.protocol) &&
		!url.username &&
		!url.password &&
		!url.search &&
		!url.hash;
	if (isPlain) return url;
	throw new ContentStatsError('invalid_credential', {
		message: 'The base URL in the ContentStats credential is not a valid http(s) URL',
		description: 'Open the credential and set the base URL to https://contentstats.io/api/v1',
	});
}

/** Parses JSON text; undefined if it is none. */
function parseJson(body: unknown): unknown {
	if (typeof body !== 'string') return body;
	try {
		return JSON.parse(body);
	} catch {
		return undefined;
	}
}

interface ConnectionError {
	/** Such as ECONNRESET; empty if there is none. */
	code: string;
	/** Whether it came while connecting, so that certainly nothing was sent. */
	isUnsent: boolean;
}

/**
 * Reads the error of the connection at the root of what `send` threw. The NodeApiError of n8n 1 has no
 * cause; it keeps the code as its httpCode. If a host has several addresses, there is an error for each.
 */
function connectionErrorOf(error: unknown): ConnectionError {
	let code = '';
	let isConnecting = false;
	for (let cause = error, depth = 0; cause && depth < 5; depth += 1) {
		const { code: own, httpCode, syscall, errors, cause: next } = cause as Record<string, unknown>;
		const found = own ?? httpCode;
		if (code === '' && typeof found === 'string') code = found;
		const attempts = Array.isArray(errors) && errors.length > 0 ? errors : [{ syscall }];
		isConnecting ||= attempts.every((attempt) => CONNECTING_SYSCALLS.has(Object(attempt).syscall));
		cause = next;
	}
	return { code, isUnsent: isConnecting || NOT_SENT_CODES.has(code) };
}

/** Builds the error for a certificate that was refused. */
function certificateError(
	code: string,
	{ subject }: ApiCall,
	{ hostname }: URL,
): ContentStatsError {
	const [problem, advice] = /EXPIRED|NOT_YET_VALID|REVOKED/.test(code)
		? ['is not valid', "Check the clock of your n8n instance. If it's correct, try again later"]
		: /ALTNAME|HOSTNAME/.test(code)
			? ['is for another host', 'Check the base URL in the ContentStats credential']
			: [
					'is not trusted',
					'If a proxy in your network replaces certificates, make n8n trust its root certificate: set the environment variable NODE_EXTRA_CA_CERTS to the path of the certificate file',
				];
	return new ContentStatsError('unreachable', {
		message: `Couldn't reach ContentStats for ${subject}: the certificate of ${hostname} ${problem}`,
		description: `No request was sent. ${advice} (${code})`,
	});
}

const cancelledError = ({ subject }: ApiCall): ContentStatsError =>
	new ContentStatsError('cancelled', {
		// n8n tells a stopped execution from a failed one by this word.
		message: `The execution was canceled before the request for ${subject}`,
		description: 'It was stopped manually or by its timeout',
	});

function errorWithoutReply(
	error: unknown,
	call: ApiCall,
	isSent: boolean,
	server: URL,
	redact: Redact,
): ContentStatsError {
	const { subject } = call;
	if (error instanceof BudgetExhaustedError) return error;
	// Before it sends, the rate limiter rejects for the deadline or an abort, and for nothing else.
	if (!isSent) return cancelledError(call);
	const { code, isUnsent } = connectionErrorOf(error);
	if (CERTIFICATE_CODES.test(code)) return certificateError(code, call, server);
	const cause = ` (${code || truncate(redact((error as Error).message), MAX_QUOTE_LENGTH)})`;
	if (isUnsent)
		return new ContentStatsError('unreachable', {
			message: `Couldn't reach ContentStats for ${subject}`,
			description: `No request was sent. Check the base URL in the ContentStats credential and your n8n instance's network connection, then try again${cause}`,
		});
	const isTlsFailure = code === 'EPROTO' || code.startsWith('ERR_SSL_');
	return new ContentStatsError('no_reply', {
		message: `No response from ContentStats for ${subject}`,
		description: isTlsFailure
			? `No secure connection was possible. Check the base URL in the ContentStats credential: a server without HTTPS needs http://${cause}`
			: `The connection was lost or too slow. Try again later${cause}`,
	});
}

const withoutWww = (host: string): string => host.replace(/^www\./, '');

/** Returns the origin of a redirect from a host to its `www.` twin with the same path; else null. */
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

/** Redirects of the same request; 303 asks for a GET of something else. */
const REDIRECT_STATUSES = new Set([301, 302, 307, 308]);

function redirectError(
	reply: HttpReply,
	{ subject, method }: ApiCall,
	redact: Redact,
): ContentStatsError {
	const location = redact(String(reply.headers.location ?? ''));
	const host = URL.canParse(location) ? new URL(location).host : '';
	const target = host === '' ? 'another URL' : host;
	// Servers answer a POST that succeeded with 303.
	const kind = method === 'POST' && reply.statusCode === 303 ? 'unreadable_reply' : 'redirected';
	return new ContentStatsError(kind, {
		message: `ContentStats redirected the request for ${subject} to ${target}`,
		description:
			'The redirect was not followed, to keep the API key safe. Check the base URL in the ContentStats credential: https://contentstats.io/api/v1',
		statusCode: reply.statusCode,
	});
}

/** Redacts the parsed words: in the JSON text an escape may hide a key. */
function redactBody(body: ErrorBody | undefined, redact: Redact): ErrorBody | undefined {
	return (
		body && {
			...body,
			error: redact(body.error),
			details: body.details?.map(({ field, message }) => ({
				field: redact(field),
				message: redact(message),
			})),
		}
	);
}

const WEB_PAGE = /^\s*<(?:!doctype\s+html|html|head|body)\b/i;
const MAX_TITLE_LENGTH = 100;

/** Returns the title of a web page, on one line; empty if it has none, null if the body is no web page. */
function pageTitle(body: unknown, redact: Redact): string | null {
	if (typeof body !== 'string' || !WEB_PAGE.test(body)) return null;
	// Redacted before it is cut: a part of a key would not be found.
	const head = redact(body.slice(0, 20_000)).slice(0, 10_000);
	const [, title = ''] = /<title\b[^<>]{0,100}>([^<]{0,1000})/i.exec(head) ?? [];
	return truncate(title.replace(/\s+/g, ' ').trim(), MAX_TITLE_LENGTH);
}

/** Returns the error for a web page in place of an answer; null if the reply is none. */
function errorForPage(
	{ statusCode, headers, body }: HttpReply,
	{ subject }: ApiCall,
	now: number,
	redact: Redact,
): ContentStatsError | null {
	// A redirect and a 429 say what to do, whatever the page that they bring along.
	const isClear = statusCode === 429 || (statusCode >= 300 && statusCode < 400);
	const title = isClear ? null : pageTitle(body, redact);
	if (title === null) return null;
	return webPageError(subject, title, statusCode, readRetryAfterMs(headers, now));
}

function errorForReply(
	reply: HttpReply,
	call: ApiCall,
	now: number,
	redact: Redact,
): ContentStatsError {
	const { statusCode, headers } = reply;
	if (statusCode >= 300 && statusCode < 400) return redirectError(reply, call, redact);
	const json = parseJson(reply.body);
	const retryAfterMs =
		statusCode === 429 ? rateLimitDelayMs(headers, json, now) : readRetryAfterMs(headers, now);
	const body = redactBody(readErrorBody(json), redact);
	return errorForStatus(statusCode, call.subject, body, retryAfterMs, call.advice);
}

/** Whether to send the same call again is safe, and may help. */
function isRepeatable(error: ContentStatsError, { method }: ApiCall): boolean {
	return error.kind === 'unreachable' || (method === 'GET' && mayHaveTakenEffect(error));
}

/** The content of a 2xx reply. */
interface Answer {
	json: unknown;
	/** When the API replied, by its own clock, in Unix milliseconds; null if it does not say. */
	repliedAt: number | null;
}

export type Request = (call: ApiCall) => Promise<Answer>;

/** `Thu, 01 Jan 2026 00:00:00 GMT` (RFC 9110, 5.6.7): Date.parse alone reads `5` as a date. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Reads the `Date` of a reply (RFC 9110, 6.6.1). */
function readRepliedAt({ date }: HttpReply['headers']): number | null {
	const repliedAt = typeof date === 'string' && HTTP_DATE.test(date) ? Date.parse(date) : NaN;
	return Number.isNaN(repliedAt) ? null : repliedAt;
}

/**
 * Creates a function that makes calls at one base URL with one key, paced by the rate limiter.
 *
 * A GET is tried three times. A POST is repeated only if it certainly did nothing: if no connection
 * was made, or after a 429, once the server's window has ended.
 *
 * @returns a function that resolves to the answer of a 2xx reply and throws a ContentStatsError for
 * everything else; `mayHaveTakenEffect` tells what a failed POST may have done.
 */
export function createRequest(transport: Transport): Request {
	const { send, rateLimiter, redact, now, monotonicNow, sleep, signal, owner } = transport;
	const { deadline = Infinity } = transport;
	const base = parseBaseUrl(transport.baseUrl);
	let origin = base.origin;

	async function sendOnce(
		call: ApiCall,
		url: URL,
		markSent: (isSent: boolean) => void,
	): Promise<HttpReply> {
		const { reply } = await rateLimiter.run(
			async () => {
				markSent(true);
				const timeout = Math.min(RETRY_POLICY.timeoutMs, Math.max(deadline - monotonicNow(), 1));
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
					// axios times out a silent socket only: a reply that drips would never end.
					abortSignal: timeoutSignal(timeout),
				});
				return { reply, rateWindow: readRateWindow(reply.headers, now()) };
			},
			call.subject,
			{ owner, signal, deadline },
		);
		return reply;
	}

	/** Sends a call, and once more if the host redirects to its `www.` twin; the method stays. */
	async function sendFollowingTwin(
		call: ApiCall,
		markSent: (isSent: boolean) => void,
	): Promise<HttpReply> {
		const url = new URL(`${origin}${base.pathname.replace(/\/$/, '')}${call.path}`);
		const reply = await sendOnce(call, url, markSent);
		if (!REDIRECT_STATUSES.has(reply.statusCode)) return reply;
		const twin = twinOrigin(url, String(reply.headers.location ?? ''));
		if (twin === null) return reply;
		origin = twin;
		markSent(false);
		return await sendOnce(call, new URL(`${twin}${url.pathname}`), markSent);
	}

	async function attempt(call: ApiCall): Promise<Answer | { error: ContentStatsError }> {
		let reply: HttpReply;
		let isSent = false;
		try {
			reply = await sendFollowingTwin(call, (sent) => (isSent = sent));
		} catch (error) {
			return { error: errorWithoutReply(error, call, isSent, new URL(origin), redact) };
		}
		const pageError = errorForPage(reply, call, now(), redact);
		if (pageError) return { error: pageError };
		if (reply.statusCode < 200 || reply.statusCode > 299)
			return { error: errorForReply(reply, call, now(), redact) };
		const json = parseJson(reply.body);
		return json === undefined
			? { error: unreadableReply(call.subject, 'it is not JSON', reply.statusCode) }
			: { json, repliedAt: readRepliedAt(reply.headers) };
	}

	return async (call) => {
		for (let retries = 0, rateLimited = 0; ;) {
			const outcome = await attempt(call);
			if ('json' in outcome) return outcome;
			const { error } = outcome;
			if (error.kind === 'rate_limited') {
				// A reset that proves wrong again and again is believed less each time.
				const waitMs = Math.max(error.retryAfterMs!, backoffMs(rateLimited));
				rateLimited += 1;
				rateLimiter.blockFor(waitMs);
				const isPastDeadline = monotonicNow() + waitMs > deadline;
				if (rateLimited >= RETRY_POLICY.maxRateLimited || isPastDeadline) throw error;
				continue;
			}
			const { retryAfterMs = 0 } = error;
			if (retryAfterMs > RETRY_POLICY.maxRetryAfterMs) throw error;
			const waitMs = Math.max(backoffMs(retries), retryAfterMs);
			const isPastDeadline = monotonicNow() + waitMs > deadline;
			// The deadline cut the wait for the answer, or leaves no time to ask again.
			if (isPastDeadline && error.kind === 'no_reply')
				throw new BudgetExhaustedError(call.subject, true);
			const isLast = retries + 1 >= RETRY_POLICY.maxAttempts || isPastDeadline;
			if (isLast || !isRepeatable(error, call)) throw error;
			await delay(waitMs, sleep, signal).catch(() => {
				throw cancelledError(call);
			});
			retries += 1;
		}
	};
}
