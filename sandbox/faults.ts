import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Clock } from './clock';
import { invalid, json, rateLimited, refusal, type Answer } from './answer';
import type { RateState } from './limiter';

const ms = z.number().nonnegative();

const match = z
	.strictObject({
		/** Any case. */
		method: z.string().optional(),
		/**
		 * Without `/api/v1`. Text must be equal to the whole path, with or without its query; a
		 * RegExp is tested against path and query.
		 */
		path: z.union([z.string(), z.instanceof(RegExp)]).optional(),
		/** A RegExp's source, for JSON. */
		path_pattern: z.string().optional(),
	})
	.optional();

const common = {
	match,
	/** How many matching requests it hits; default 1. `always` is JSON's Infinity. */
	times: z
		.union([z.number().int().positive(), z.literal(Infinity), z.literal('always')])
		.optional(),
	/** How many matching requests pass first; default 0. */
	after: z.number().int().nonnegative().optional(),
};

const headers = z.record(z.string()).optional();

const faultSchema = z.discriminatedUnion('kind', [
	/** An error reply. `commit`: the request takes effect first. Without a body: the documented one. */
	z.strictObject({
		...common,
		kind: z.literal('status'),
		status: z.number().int().min(200).max(599),
		body: z.unknown(),
		contentType: z.string().optional(),
		headers,
		commit: z.boolean().optional(),
	}),
	/** A 429. `headers: false`: without X-RateLimit headers and reset. */
	z.strictObject({
		...common,
		kind: z.literal('rate_limited'),
		resetInSeconds: z.number().optional(),
		headers: z.boolean().optional(),
	}),
	/** The connection breaks without a reply. */
	z.strictObject({
		...common,
		kind: z.literal('drop'),
		when: z.enum(['before_commit', 'after_commit']),
	}),
	/** Silence; the request takes effect `afterMs` later by the sandbox's clock, then the connection breaks. */
	z.strictObject({ ...common, kind: z.literal('late_commit'), afterMs: ms }),
	/** The request takes effect at once; its reply comes `ms` of real time later. */
	z.strictObject({ ...common, kind: z.literal('latency'), ms }),
	/**
	 * The request takes effect, but its reply has another body (status 200 if not given), or the
	 * true one cut off after `truncate_at` bytes (with its true status).
	 */
	z.strictObject({
		...common,
		kind: z.literal('body'),
		body: z.string().optional(),
		truncate_at: z.number().int().nonnegative().optional(),
		status: z.number().int().min(200).max(599).optional(),
		contentType: z.string().optional(),
	}),
	/** Sends the client elsewhere; the request has no effect here. */
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
	/** Rewrites the true reply's JSON; only within the process. */
	z.strictObject({
		...common,
		kind: z.literal('map'),
		// A test knows which reply it rewrites; `unknown` would have it cast everywhere.
		// eslint-disable-next-line @typescript-eslint/no-explicit-any
		map: z.custom<(json: any) => unknown>((value) => typeof value === 'function', {
			message: 'map must be a function',
		}),
	}),
]);

/** Something that goes wrong with a request. See the README for each kind. */
export type Fault = z.input<typeof faultSchema>;

export interface FaultList {
	/** Adds a fault. Throws TypeError naming the fields that are wrong. */
	add(fault: Fault): void;
	clear(): void;
}

interface Planned {
	fault: Fault;
	skip: number;
	left: number;
}

/** The faults in waiting; `take` gives the first one that hits a request, and uses it up by one. */
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

/** Reads a fault of unknown origin. Throws TypeError naming the fields that are wrong. */
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
	// `search` starts anew each time, whatever flags the RegExp has.
	if (path instanceof RegExp && pathAndQuery.search(path) < 0) return false;
	if (path_pattern !== undefined && !new RegExp(path_pattern).test(pathAndQuery)) return false;
	if (typeof path !== 'string') return true;
	return path === pathAndQuery || path === pathAndQuery.split('?')[0];
}

/**
 * Answers a request as a fault wants it; undefined: drop the connection.
 * @param perform lets the request take effect and gives its true answer
 * @param closing aborts all waiting when the sandbox closes
 */
export async function answerWithFault(
	fault: Fault,
	perform: () => Answer,
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
		case 'redirect':
			return { status: fault.status, body: '', headers: { location: fault.location } };
		case 'map': {
			const answer = perform();
			return { ...answer, body: JSON.stringify(fault.map(JSON.parse(answer.body))) };
		}
	}
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
