import { formatUsd } from '../model/money';
import type { ErrorBody } from './schemas';

/** Why a call did not give what was asked for. */
export type ErrorKind =
	/** What the user entered, or the limits they set, forbid it; nothing was sent for it. */
	| 'invalid_input'
	/** 400 */
	| 'invalid_request'
	/** 401 */
	| 'invalid_key'
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
	/** The connection was never made. */
	| 'unreachable'
	/** It was sent, but no answer came. */
	| 'no_reply'
	/** An answer that is no JSON or not what the API documents. */
	| 'unreadable_reply'
	/** An answer that points elsewhere. */
	| 'redirected'
	/** The user pressed Stop before it was sent. */
	| 'cancelled'
	/** It was not sent, since the time of the poll is over. */
	| 'out_of_time'
	/** It was sent, and the time of the poll was over before an answer came. */
	| 'cut_short';

interface ErrorDetails {
	message: string;
	/** What to do about it. */
	description: string;
	statusCode?: number;
	/** Milliseconds until a repeat may work. */
	retryAfterMs?: number;
}

/** The one error of this package: says what happened, to what, and what to do. Never holds the key. */
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

/** Kinds after which a POST may have taken effect. All others that a POST can end in certainly did nothing. */
const UNKNOWN_FATE = new Set<ErrorKind>(['server_error', 'no_reply', 'unreadable_reply']);

/** Whether a request that ended in `error` may still have taken effect at the API. */
export const isFateUnknown = (error: ContentStatsError): boolean => UNKNOWN_FATE.has(error.kind);

/** Bad input, found before anything was sent. */
export const invalidInput = (message: string, description: string): ContentStatsError =>
	new ContentStatsError('invalid_input', { message, description });

/** A reply to `what` that is not what the API documents. */
export const unreadableReply = (
	what: string,
	problem: string,
	statusCode = 200,
): ContentStatsError =>
	new ContentStatsError('unreadable_reply', {
		message: `ContentStats sent a reply about ${what} that cannot be understood (${problem})`,
		description:
			'None of it was used. Try again; if it keeps happening, the API may have changed: update this node or report it',
		statusCode,
	});

function insufficientBalance(what: string, body: ErrorBody | undefined): ErrorDetails {
	const needed = body?.estimated_cost;
	const balance = body?.balance;
	const missing =
		body?.required ??
		(needed !== undefined && balance !== undefined ? Math.max(0, needed - balance) : undefined);
	const figures = [
		needed === undefined ? '' : `${formatUsd(needed)} needed`,
		balance === undefined ? '' : `${formatUsd(balance)} there`,
		missing === undefined ? '' : `${formatUsd(missing)} missing`,
	].filter((figure) => figure !== '');
	return {
		message: `Not enough ContentStats balance for ${what}${figures.length > 0 ? `: ${figures.join(', ')}` : ''}`,
		description:
			'A refused request costs nothing. Add credit in your ContentStats account, or track for fewer days',
	};
}

/** The words of another, cut to a readable length and without the key they may quote. */
export function inWords(words: string): string {
	const short = words.length > 200 ? `${words.slice(0, 200)}…` : words;
	return short.replace(/\bcs_(live|test)_[\w-]+/g, 'cs_$1_…');
}

/** The words of the API itself, each refused field first; empty where it gave none. */
function inItsWords(body: ErrorBody | undefined): string {
	if (!body) return '';
	const fields = (body.details ?? []).map(({ field, message }) => `${field}: ${message}`);
	return inWords(fields.length > 0 ? fields.join('; ') : body.error);
}

/** What to do about a status, where that depends on what was asked. */
export type Advice = Partial<Record<number, string>>;

/**
 * The error for a reply that is not 2xx.
 *
 * @param what what was asked for, in words: `video cm5abc`, `usage`, a link.
 * @param body the documented error body, undefined where the reply was something else, such as HTML.
 * @param retryAfterMs milliseconds until a repeat may work, where that is known.
 */
export function errorForStatus(
	statusCode: number,
	what: string,
	body: ErrorBody | undefined,
	retryAfterMs?: number,
	advice: Advice = {},
): ContentStatsError {
	const words = inItsWords(body);
	const said = words === '' ? '' : ` (${words})`;
	const refusals: Record<number, [ErrorKind, ErrorDetails]> = {
		400: [
			'invalid_request',
			{
				message: `ContentStats refused ${what}${words === '' ? '' : `: ${words}`}`,
				description: advice[400] ?? 'Check what was entered, and try again',
			},
		],
		401: [
			'invalid_key',
			{
				message: `ContentStats does not accept the API key${said}`,
				description:
					'Open the ContentStats credential and paste a current key from your ContentStats dashboard: it begins with cs_live_ or cs_test_',
			},
		],
		402: ['insufficient_balance', insufficientBalance(what, body)],
		403: [
			'forbidden',
			{
				message: `ContentStats denies access to ${what}${said}`,
				description:
					'It belongs to another organisation, or your plan does not allow it: check that the credential is of the right account, and the number of videos your plan may monitor at once',
			},
		],
		404: [
			'not_found',
			{
				message: `ContentStats does not know ${what}${said}`,
				description:
					advice[404] ??
					'Check the base URL in the ContentStats credential: https://contentstats.io/api/v1',
			},
		],
		429: [
			'rate_limited',
			{
				message: `The ContentStats rate limit is used up: ${what} was not answered`,
				description:
					'Nothing was lost. Try again in a minute, or spread the work: Free allows 60 requests a minute, Pro 300',
			},
		],
	};
	// 408 comes of a lost connection: what it was about may have happened.
	const isRefusal = statusCode >= 400 && statusCode < 500 && statusCode !== 408;
	const [kind, details] = refusals[statusCode] ?? [
		isRefusal ? 'invalid_request' : 'server_error',
		{
			message: `ContentStats could not answer about ${what}: HTTP ${statusCode}${said}`,
			description: isRefusal
				? 'This was not expected. Check the base URL in the ContentStats credential; if it keeps happening, update this node or report it'
				: 'The service has a problem. Try again later',
		},
	];
	return new ContentStatsError(kind, { ...details, statusCode, retryAfterMs });
}
