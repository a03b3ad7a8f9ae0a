import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { toMicros, toUsd } from './account';
import type { View } from './api';
import type { Clock } from './clock';
import { invalid, json, rateLimited, refusal, type Answer } from './answer';
import { randomStream } from './random';
import type { RateState } from './limiter';

const ms = z.number().nonnegative();

const match = z
	.strictObject({
		/** In upper or lower case. */
		method: z.string().optional(),
		/**
		 * Without `/api/v1`. Text must equal the whole path, with or without its query; a RegExp is
		 * tested against path and query.
		 */
		path: z.union([z.string(), z.instanceof(RegExp)]).optional(),
		/** Source of a RegExp, since JSON cannot hold one. */
		path_pattern: z.string().optional(),
	})
	.optional();

const common = {
	match,
	/** Number of matching requests to hit; default 1. `always` means Infinity, which JSON lacks. */
	times: z
		.union([z.number().int().positive(), z.literal(Infinity), z.literal('always')])
		.optional(),
	/** Number of matching requests to let pass first; default 0. */
	after: z.number().int().nonnegative().optional(),
};

const headers = z.record(z.string()).optional();

const faultSchema = z.discriminatedUnion('kind', [
	/**
	 * Answers with an error: the documented one, unless a body is given. `commit` lets the request
	 * take effect first.
	 */
	z.strictObject({
		...common,
		kind: z.literal('status'),
		status: z.number().int().min(200).max(599),
		body: z.unknown(),
		contentType: z.string().optional(),
		headers,
		commit: z.boolean().optional(),
	}),
	/** Answers 429. `headers: false` leaves out the X-RateLimit headers and the reset. */
	z.strictObject({
		...common,
		kind: z.literal('rate_limited'),
		resetInSeconds: z.number().optional(),
		headers: z.boolean().optional(),
	}),
	/** Breaks the connection without a reply. */
	z.strictObject({
		...common,
		kind: z.literal('drop'),
		when: z.enum(['before_commit', 'after_commit']),
	}),
	/** Lets the request take effect after `afterMs` of the sandbox's clock, then breaks the connection. */
	z.strictObject({ ...common, kind: z.literal('late_commit'), afterMs: ms }),
	/** Lets the request take effect at once, and replies after `ms` of real time. */
	z.strictObject({ ...common, kind: z.literal('latency'), ms }),
	/**
	 * Lets the request take effect, but replies with another body (default status 200), or with the
	 * true body truncated to `truncate_at` bytes (default status: the true one).
	 */
	z.strictObject({
		...common,
		kind: z.literal('body'),
		body: z.string().optional(),
		truncate_at: z.number().int().nonnegative().optional(),
		status: z.number().int().min(200).max(599).optional(),
		contentType: z.string().optional(),
	}),
	/**
	 * Lets the request take effect, and sets one value in the JSON of its reply. `path` names it, such as
	 * `['snapshots', -1, 'likes']`; a negative index counts from the end. Without `value` it is removed.
	 */
	z.strictObject({
		...common,
		kind: z.literal('set'),
		path: z.array(z.union([z.string(), z.number().int()])).min(1),
		value: z.unknown(),
	}),
	/**
	 * Answers a GET as of `ms` ago, as a read replica does: later trackings are not there yet, and
	 * later changes of a status have not happened. `flips`: each reply is late by its own part of `ms`.
	 */
	z.strictObject({ ...common, kind: z.literal('lag'), ms, flips: z.boolean().optional() }),
	/**
	 * Shortens the list to `limit` entries, and tells it as `tells` says: by the reply's `limit` (the
	 * default), its `has_more`, a `next_cursor`, its `total`, or not at all.
	 */
	z.strictObject({
		...common,
		kind: z.literal('short_page'),
		limit: z.number().int().positive(),
		tells: z.enum(['limit', 'has_more', 'cursor', 'total', 'nothing']).optional(),
	}),
	/** Puts a copy of the first entry in the place of the last one of the list. */
	z.strictObject({ ...common, kind: z.literal('repeat_entry') }),
	/** Lists as if these filters were not there. */
	z.strictObject({
		...common,
		kind: z.literal('ignore_filters'),
		filters: z.array(z.enum(['platform', 'status'])).min(1),
	}),
	/** Multiplies the `estimated_cost` in the reply to a new tracking by `factor`. */
	z.strictObject({ ...common, kind: z.literal('price'), factor: z.number().nonnegative() }),
	/** Lets the request take effect, and replies with other headers, such as an empty `date`. */
	z.strictObject({ ...common, kind: z.literal('headers'), headers: z.record(z.string()) }),
	/** Redirects the client; the request has no effect here. */
	z.strictObject({
		...common,
		kind: z.literal('redirect'),
		status: z.union([
			z.literal(301),
			z.literal(302),
			z.literal(303),
			z.literal(307),
			z.literal(308),
		]),
		location: z.string(),
	}),
	/** Lets the request take effect and rewrites the JSON of its reply. Not available over HTTP. */
	z.strictObject({
		...common,
		kind: z.literal('map'),
		// A test knows which reply it rewrites; `unknown` would force a cast on every test.
		// eslint-disable-next-line @typescript-eslint/no-explicit-any
		map: z.custom<(json: any) => unknown>((value) => typeof value === 'function', {
			message: 'map must be a function',
		}),
	}),
]);

/** A way in which a request goes wrong. The README describes each kind. */
export type Fault = z.input<typeof faultSchema>;

export interface FaultList {
	/** Adds a fault. @throws TypeError that names the invalid fields */
	add(fault: Fault): void;
	clear(): void;
}

interface Planned {
	fault: Fault;
	skip: number;
	left: number;
}

/** Creates a list of pending faults. `take` returns the first one that hits a request, and counts the hit. */
export function faultList(): FaultList & {
	take(method: string, pathAndQuery: string): Fault | undefined;
} {
	let planned: Planned[] = [];
	return {
		add(fault) {
			const checked = parseFault(fault);
			const left = checked.times === 'always' ? Infinity : (checked.times ?? 1);
			planned.push({ fault: checked, skip: checked.after ?? 0, left });
		},
		clear() {
			planned = [];
		},
		take(method, pathAndQuery) {
			for (const plan of planned) {
				if (plan.left === 0 || !matches(plan.fault, method, pathAndQuery)) continue;
				if (plan.skip > 0) {
					plan.skip--;
					continue;
				}
				plan.left--;
				return plan.fault;
			}
			return undefined;
		},
	};
}

/** Validates a fault. @throws TypeError that names the invalid fields */
export function parseFault(given: unknown): Fault {
	const result = faultSchema.safeParse(given);
	if (!result.success) {
		const problems = result.error.issues.map(({ path, message }) =>
			path.length > 0 ? `${path.join('.')}: ${message}` : message,
		);
		throw new TypeError(`Not a fault: ${problems.join('; ')}`);
	}
	const fault = result.data;
	if (fault.kind === 'body' && (fault.body === undefined) === (fault.truncate_at === undefined)) {
		throw new TypeError('Not a fault: kind body needs either body or truncate_at');
	}
	if (fault.match?.path_pattern !== undefined) new RegExp(fault.match.path_pattern);
	return fault;
}

function matches({ match: wanted = {} }: Fault, method: string, pathAndQuery: string): boolean {
	const { path, path_pattern } = wanted;
	if (wanted.method && wanted.method.toUpperCase() !== method.toUpperCase()) return false;
	// `test` would continue after the last match of a RegExp with the flag g or y; `search` does not.
	if (path instanceof RegExp && pathAndQuery.search(path) < 0) return false;
	if (path_pattern !== undefined && !new RegExp(path_pattern).test(pathAndQuery)) return false;
	if (typeof path !== 'string') return true;
	return path === pathAndQuery || path === pathAndQuery.split('?')[0];
}

/**
 * Answers a request as the fault specifies.
 * @param perform lets the request take effect and returns its true answer, or the one of a view
 * @param closing aborts pending waits when the sandbox closes
 * @returns undefined if the connection must be dropped
 */
export async function answerWithFault(
	fault: Fault,
	perform: (view?: View) => Answer,
	rate: RateState,
	clock: Clock,
	closing: AbortSignal,
): Promise<Answer | undefined> {
	switch (fault.kind) {
		case 'status': {
			if (fault.commit) perform();
			const answer = statusAnswer(fault.status, fault.body, rate);
			const { contentType = answer.contentType, headers } = fault;
			return { ...answer, contentType, headers };
		}
		case 'rate_limited': {
			const withHeaders = fault.headers ?? true;
			const { resetInSeconds } = fault;
			if (resetInSeconds !== undefined) rate.reset = Math.ceil(clock.now() / 1000 + resetInSeconds);
			rate.remaining = 0;
			const answer = rateLimited(rate.limit, withHeaders ? rate.reset : undefined);
			return { ...answer, withoutRateHeaders: !withHeaders };
		}
		case 'drop':
			if (fault.when === 'after_commit') perform();
			return undefined;
		case 'late_commit':
			await clock.sleep(fault.afterMs, closing);
			perform();
			return undefined;
		case 'latency': {
			const answer = perform();
			await sleep(fault.ms, undefined, { signal: closing });
			return answer;
		}
		case 'body': {
			const answer = perform();
			const { truncate_at, contentType } = fault;
			if (fault.body !== undefined) {
				return { status: fault.status ?? 200, body: fault.body, contentType };
			}
			const body = Buffer.from(answer.body).subarray(0, truncate_at).toString();
			return { ...answer, status: fault.status ?? answer.status, body, contentType };
		}
		case 'lag': {
			const random = fault.flips ? randomStream('lag', clock.now(), countReply(fault))() : 1;
			return perform({ asOf: clock.now() - fault.ms * random });
		}
		case 'short_page':
			return rewriteList(perform(), (list) => shortened(list, fault));
		case 'repeat_entry':
			return rewriteList(perform(), (list) => ({
				...list,
				videos: [...list.videos.slice(0, -1), ...list.videos.slice(0, 1)],
			}));
		case 'ignore_filters':
			return perform({ ignoredFilters: fault.filters });
		case 'price':
			return rewrite(perform(), (tracking: { estimated_cost: number }) => ({
				...tracking,
				estimated_cost: toUsd(toMicros(tracking.estimated_cost * fault.factor)),
			}));
		case 'headers':
			return { ...perform(), headers: fault.headers };
		case 'redirect':
			return { status: fault.status, body: '', headers: { location: fault.location } };
		case 'set': {
			const answer = perform();
			const body: unknown = JSON.parse(answer.body);
			setAt(body, fault.path, fault.value);
			return { ...answer, body: JSON.stringify(body) };
		}
		case 'map': {
			const answer = perform();
			return { ...answer, body: JSON.stringify(fault.map(JSON.parse(answer.body))) };
		}
	}
}

/** Number of lagging replies by fault: each one flips by itself, also within a millisecond. */
const replies = new WeakMap<Fault, number>();

function countReply(fault: Fault): number {
	const count = (replies.get(fault) ?? 0) + 1;
	replies.set(fault, count);
	return count;
}

interface ListBody {
	videos: unknown[];
}

/** Rewrites the JSON of an answer, unless it is an error. */
function rewrite<T>(answer: Answer, change: (body: T) => unknown): Answer {
	if (answer.status >= 300) return answer;
	return { ...answer, body: JSON.stringify(change(JSON.parse(answer.body) as T)) };
}

/** Rewrites the JSON of a list; any other answer stays as it is. */
const rewriteList = (answer: Answer, change: (body: ListBody) => unknown): Answer =>
	rewrite(answer, (body: ListBody) => (Array.isArray(body.videos) ? change(body) : body));

function shortened(
	list: ListBody,
	{ limit, tells = 'limit' }: Extract<Fault, { kind: 'short_page' }>,
) {
	const videos = list.videos.slice(0, limit);
	const isCut = videos.length < list.videos.length;
	switch (tells) {
		case 'limit':
			return { ...list, videos, total: videos.length, limit };
		case 'has_more':
			return { ...list, videos, total: videos.length, has_more: isCut };
		case 'cursor':
			return { ...list, videos, total: videos.length, next_cursor: isCut ? 'b2Zmc2V0' : null };
		case 'total':
			return { ...list, videos, total: list.videos.length };
		case 'nothing':
			return { ...list, videos, total: videos.length };
	}
}

/** Sets the value at a path, or removes it if it is undefined. A path that leads nowhere is ignored. */
function setAt(container: unknown, [key, ...rest]: Array<string | number>, value: unknown): void {
	if (typeof container !== 'object' || container === null) return;
	const isFromEnd = Array.isArray(container) && typeof key === 'number' && key < 0;
	const name = String(isFromEnd ? container.length + key : key);
	if (rest.length > 0) return setAt((container as Record<string, unknown>)[name], rest, value);
	if (value === undefined) delete (container as Record<string, unknown>)[name];
	else (container as Record<string, unknown>)[name] = value;
}

function statusAnswer(status: number, body: unknown, rate: RateState): Answer {
	if (typeof body === 'string') return { status, body, contentType: 'text/html; charset=utf-8' };
	return body === undefined ? documentedError(status, rate) : json(status, body);
}

function documentedError(status: number, rate: RateState): Answer {
	switch (status) {
		case 400:
			return invalid([{ field: 'video_link', message: 'Invalid URL format' }]);
		case 401:
			return refusal(401, 'API key required');
		case 402:
			return refusal(402, 'Insufficient balance', {
				balance: 0.5,
				estimated_cost: 2.52,
				required: 2.02,
			});
		case 403:
			return refusal(403, 'Access denied');
		case 404:
			return refusal(404, 'Video not found');
		case 429:
			return rateLimited(rate.limit, rate.reset);
		case 502:
		case 503:
		case 504: {
			const page = `<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>\n`;
			return { status, body: page, contentType: 'text/html; charset=utf-8' };
		}
		default:
			return refusal(status, 'Internal server error');
	}
}
