import { capitalize, formatBalance, formatCost, truncate } from '../utils/format';

/** Why a call failed. */
export type ErrorKind =
	/** Refused by this package, for what the user entered in the node. Nothing was spent. */
	| 'invalid_input'
	/** 400 */
	| 'invalid_request'
	/** 401, or a base URL that is none */
	| 'invalid_credential'
	/** 402 */
	| 'insufficient_balance'
	/** 403 */
	| 'forbidden'
	/** 404 */
	| 'not_found'
	/** 429, after the waits that were worth it */
	| 'rate_limited'
	/** 5xx */
	| 'server_error'
	/** No connection was made. */
	| 'unreachable'
	/** Sent, but not answered. */
	| 'no_reply'
	/** Answered with no JSON, or with JSON that the API does not document. */
	| 'unreadable_reply'
	/** Answered with a web page and a 4xx: by a proxy, a login page or a bot check. */
	| 'web_page'
	/** Answered with a redirect. */
	| 'redirected'
	/** Not sent: the user pressed Stop. */
	| 'cancelled'
	/** The time of the poll is over; `isSent` says whether that was before or after sending. */
	| 'budget_exhausted';

/** The documented parts of an error reply; amounts in USD. */
export interface ErrorBody {
	error: string;
	details?: Array<{ field: string; message: string }>;
	balance?: number;
	estimated_cost?: number;
	required?: number;
}

interface ErrorDetails {
	message: string;
	/** What the user can do about it. */
	description: string;
	statusCode?: number;
	/** Milliseconds until a retry may succeed. */
	retryAfterMs?: number;
}

/** The one error of this package: what happened, to which video, what to do. Never holds the key. */
export class ContentStatsError extends Error {
	readonly description: string;
	readonly statusCode?: number;
	readonly retryAfterMs?: number;

	constructor(
		readonly kind: ErrorKind,
		{ message, description, statusCode, retryAfterMs }: ErrorDetails,
	) {
		super(message);
		this.name = 'ContentStatsError';
		this.description = description;
		this.statusCode = statusCode;
		this.retryAfterMs = retryAfterMs;
	}
}

/** A call that the time of the poll ended. */
export class BudgetExhaustedError extends ContentStatsError {
	/**
	 * @param isSent whether the request was sent, and only its answer did not come in time.
	 * @param retryAfterMs milliseconds until the rate limit would have allowed it, if it was not sent.
	 */
	constructor(
		subject: string,
		readonly isSent: boolean,
		retryAfterMs?: number,
	) {
		super('budget_exhausted', {
			message: isSent
				? `No response from ContentStats for ${subject} within the time of this poll`
				: `No time left in this poll to request ${subject}`,
			description: 'Nothing is lost. The next poll continues from here',
			retryAfterMs,
		});
	}
}

/** Whether the time of the poll was over before a request was sent: it says nothing about the API. */
export const isUnsent = (error: Error): boolean =>
	error instanceof BudgetExhaustedError && !error.isSent;

/** After every other kind a POST certainly did nothing. */
const UNKNOWN_EFFECT_KINDS = new Set<ErrorKind>(['server_error', 'no_reply', 'unreadable_reply']);

/** Whether the API may have carried out a request that ended in `error`. */
export const mayHaveTakenEffect = (error: ContentStatsError): boolean =>
	UNKNOWN_EFFECT_KINDS.has(error.kind) || (error instanceof BudgetExhaustedError && error.isSent);

const COMMON_KINDS = new Set<ErrorKind>([
	'invalid_credential',
	'redirected',
	'rate_limited',
	'budget_exhausted',
	'cancelled',
	'web_page',
	'unreachable',
]);

/** Whether an error concerns every request alike, not only the one that it answered. */
export const isCommon = ({ kind }: ContentStatsError): boolean => COMMON_KINDS.has(kind);

/** Builds the error for what the user entered or set, and must change. Nothing was spent. */
export const invalidInput = (message: string, description: string): ContentStatsError =>
	new ContentStatsError('invalid_input', { message, description });

/** Builds the error for a reply about `subject` that the API does not document. */
export const unreadableReply = (
	subject: string,
	problem: string,
	statusCode = 200,
): ContentStatsError =>
	new ContentStatsError('unreadable_reply', {
		message: `ContentStats returned an unexpected response for ${subject} (${problem})`,
		description:
			'None of it was used. Try again. If the problem persists, the API may have changed: update this node or report the issue',
		statusCode,
	});

/** A proxy answers 408 when it loses the connection: the API may have carried out the request. */
const isRefusal = (statusCode: number): boolean =>
	statusCode >= 400 && statusCode < 500 && statusCode !== 408;

/**
 * Builds the error for a web page in place of the API's answer.
 *
 * @param title the title of the page; empty if it has none.
 * @param retryAfterMs milliseconds until a retry may succeed, if known.
 */
export function webPageError(
	subject: string,
	title: string,
	statusCode: number,
	retryAfterMs?: number,
): ContentStatsError {
	const kind = statusCode >= 500 ? 'server_error' : 'unreadable_reply';
	return new ContentStatsError(isRefusal(statusCode) ? 'web_page' : kind, {
		message: `Received a web page instead of a ContentStats response for ${subject}: ${title === '' ? '' : `“${title}”, `}HTTP ${statusCode}`,
		description:
			"A proxy, a login page or a bot check may be in the way. Check the base URL in the ContentStats credential and your n8n instance's network connection, then try again",
		statusCode,
		retryAfterMs,
	});
}

function insufficientBalance(subject: string, body: ErrorBody | undefined): ErrorDetails {
	const needed = body?.estimated_cost;
	const balance = body?.balance;
	const missing =
		body?.required ??
		(needed !== undefined && balance !== undefined ? Math.max(0, needed - balance) : undefined);
	const figures = [
		needed === undefined ? '' : `${formatCost(needed)} required`,
		balance === undefined ? '' : `${formatBalance(balance)} available`,
		missing === undefined ? '' : `${formatCost(missing)} short`,
	].filter((figure) => figure !== '');
	return {
		message: `Not enough ContentStats balance for ${subject}${figures.length > 0 ? `: ${figures.join(', ')}` : ''}`,
		description:
			'A rejected request costs nothing. Top up your ContentStats account, or track for fewer days',
	};
}

/** Characters of another's words that a message quotes. */
export const MAX_QUOTE_LENGTH = 200;

/** Quotes the API, each refused field first; empty if it gave no reason. */
function quoteBody(body: ErrorBody | undefined): string {
	if (!body) return '';
	const fields = (body.details ?? []).map(({ field, message }) => `${field}: ${message}`);
	return truncate(fields.length > 0 ? fields.join('; ') : body.error, MAX_QUOTE_LENGTH);
}

/** Errors of the API that say no more than their status does. */
const BARE_ERRORS = new Set([
	'API key required',
	'Invalid API key',
	'Access denied',
	'Video not found',
]);

/** What to do about a status, by endpoint. */
export type AdviceByStatus = Partial<Record<number, string>>;

/**
 * Builds the error for a reply that is not 2xx.
 *
 * @param subject what the request was about: `video cm5abc`, `usage`, a link.
 * @param body undefined if the reply was no documented error, for example HTML.
 * @param retryAfterMs milliseconds until a retry may succeed, if known.
 */
export function errorForStatus(
	statusCode: number,
	subject: string,
	body: ErrorBody | undefined,
	retryAfterMs?: number,
	advice: AdviceByStatus = {},
): ContentStatsError {
	const quote = BARE_ERRORS.has(body?.error ?? '') ? '' : quoteBody(body);
	const inBrackets = quote === '' ? '' : ` (${quote})`;
	const statusMessage = `ContentStats returned an error for ${subject}: HTTP ${statusCode}${inBrackets}`;
	const known: Record<number, [ErrorKind, ErrorDetails]> = {
		400: [
			'invalid_request',
			{
				message: `ContentStats rejected ${subject}${quote === '' ? '' : `: ${quote}`}`,
				description: advice[400] ?? 'Check the parameters and try again',
			},
		],
		401: [
			'invalid_credential',
			{
				message: `ContentStats rejected the API key${inBrackets}`,
				description:
					'Paste a current key from your ContentStats dashboard into the ContentStats credential. It begins with cs_live_ or cs_test_',
			},
		],
		402: ['insufficient_balance', insufficientBalance(subject, body)],
		403: [
			'forbidden',
			{
				message: `ContentStats denied access to ${subject}${inBrackets}`,
				description:
					"It belongs to another organization, or your plan doesn't allow it. Check that the credential is for the right account, and how many videos your plan can monitor at once",
			},
		],
		404: [
			'not_found',
			{
				message: subject.startsWith('video ')
					? `${capitalize(subject)} not found${inBrackets}`
					: statusMessage,
				description:
					advice[404] ??
					'Check the base URL in the ContentStats credential: https://contentstats.io/api/v1',
			},
		],
		429: [
			'rate_limited',
			{
				message: `ContentStats rate limit exceeded for ${subject}`,
				description:
					'Try again in a minute, or send fewer requests. The Free plan allows 60 requests per minute, Pro allows 300',
			},
		],
	};
	const isClientError = isRefusal(statusCode);
	const [kind, details] = known[statusCode] ?? [
		isClientError ? 'invalid_request' : 'server_error',
		{
			message: statusMessage,
			description: isClientError
				? 'Check the base URL in the ContentStats credential. If the problem persists, update this node or report the issue'
				: 'ContentStats has a problem. Try again later',
		},
	];
	return new ContentStatsError(kind, { ...details, statusCode, retryAfterMs });
}
