import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import {
	accountUsage,
	get,
	list,
	stop,
	track,
	type Call,
	type Caller,
	type Endpoint,
	type View,
} from './api';
import { invalid, rateLimited, refusal, type Answer } from './answer';
import type { Clock } from './clock';
import { answerWithFault, type Fault } from './faults';
import type { RateState } from './limiter';
import type { World } from './world';

export const API_PATH = '/api/v1';

/** A request as received. */
export interface RecordedRequest {
	/** ms since the epoch, by the sandbox's clock. */
	at: number;
	method: string;
	/** With query, as received. */
	path: string;
	headers: Record<string, string | string[] | undefined>;
	/** Parsed JSON, or the raw text if it is not JSON; undefined without a body. */
	body?: unknown;
	/** Status of the reply; undefined while it is pending, or if the connection was dropped. */
	status?: number;
}

export interface ServerParts {
	world: World;
	clock: Clock;
	/** Callers by API key. */
	callers: ReadonlyMap<string, Caller>;
	countRequest(key: string, now: number): RateState;
	takeFault(method: string, pathAndQuery: string): Fault | undefined;
	requests: RecordedRequest[];
	maxVideos: number;
	foreignVideoStatus: 403 | 404;
	resolvesShortLinks: boolean;
	/** Aborts pending replies when the sandbox closes. */
	closing: AbortSignal;
}

const notFound: Endpoint = () => refusal(404, 'Not found');

/** Creates the HTTP server of the API, not yet listening. */
export function createServer(parts: ServerParts): FastifyInstance {
	const { world, clock } = parts;
	const records = new WeakMap<FastifyRequest, RecordedRequest>();
	const server = fastify({
		forceCloseConnections: true,
		exposeHeadRoutes: false,
		frameworkErrors: (_error, request, reply) => void serve(request, reply, notFound, true),
	});

	// JSON is parsed below: an invalid body must be recorded, and answered as the API answers it.
	server.removeAllContentTypeParsers();
	server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) =>
		done(null, body),
	);

	server.addHook('onRequest', (request, _reply, done) => {
		if (!request.raw.url?.startsWith('/_sandbox')) record(request);
		done();
	});

	server.post(`${API_PATH}/videos/track`, (request, reply) => serve(request, reply, track));
	server.get(`${API_PATH}/videos`, (request, reply) => serve(request, reply, list));
	server.get(`${API_PATH}/videos/:id`, (request, reply) => serve(request, reply, get));
	server.post(`${API_PATH}/videos/:id/stop`, (request, reply) => serve(request, reply, stop));
	server.get(`${API_PATH}/usage`, (request, reply) => serve(request, reply, accountUsage));
	server.setNotFoundHandler((request, reply) => serve(request, reply, notFound, true));
	server.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
		const answer = refusal(error.statusCode ?? 500, error.message);
		return send(request, reply, answer, undefined);
	});

	function record(request: FastifyRequest): RecordedRequest {
		const known = records.get(request);
		if (known) return known;

		const { method = '', url = '', headers } = request.raw;
		const fresh: RecordedRequest = { at: clock.now(), method, path: url, headers };
		records.set(request, fresh);
		parts.requests.push(fresh);
		return fresh;
	}

	async function serve(
		request: FastifyRequest,
		reply: FastifyReply,
		endpoint: Endpoint,
		withoutKey = false,
	): Promise<FastifyReply> {
		const recorded = record(request);
		const body = readJson(request.body);
		recorded.body = body.ok ? body.value : request.body;

		const key = String(request.headers['x-api-key'] ?? '');
		const caller = parts.callers.get(key);
		const rate = parts.countRequest(caller ? key : 'unknown', clock.now());
		if (rate.exceeded) {
			return send(request, reply, rateLimited(rate.limit, rate.reset), rate);
		}

		const perform = (view?: View): Answer => {
			world.catchUp();
			if (!caller && !withoutKey) {
				return refusal(401, key ? 'Invalid API key' : 'API key required');
			}
			if (!body.ok) return invalid([{ field: 'body', message: 'Invalid JSON' }]);
			return endpoint({
				world,
				caller: caller ?? { organisation: 'own', test: true },
				body: body.value,
				query: request.query,
				id: (request.params as { id?: string } | undefined)?.id ?? '',
				maxVideos: parts.maxVideos,
				foreignVideoStatus: parts.foreignVideoStatus,
				resolvesShortLinks: parts.resolvesShortLinks,
				...view,
			} satisfies Call);
		};

		const path = recorded.path.startsWith(API_PATH)
			? recorded.path.slice(API_PATH.length)
			: recorded.path;
		const fault = parts.takeFault(recorded.method, path);
		const answer = fault
			? await answerWithFault(fault, perform, rate, clock, parts.closing).catch(
					(error: unknown) => {
						if (parts.closing.aborted) return undefined;
						throw error;
					},
				)
			: perform();
		if (answer) return send(request, reply, answer, rate);

		reply.hijack();
		request.raw.socket.destroy();
		return reply;
	}

	function send(
		request: FastifyRequest,
		reply: FastifyReply,
		answer: Answer,
		rate: RateState | undefined,
	): FastifyReply {
		record(request).status = answer.status;
		void reply
			.code(answer.status)
			.header('date', new Date(clock.now()).toUTCString())
			.header('content-type', answer.contentType ?? 'application/json; charset=utf-8');
		if (rate && !answer.withoutRateHeaders) {
			void reply
				.header('x-ratelimit-limit', rate.limit)
				.header('x-ratelimit-remaining', rate.remaining)
				.header('x-ratelimit-reset', rate.reset);
		}
		return reply.headers(answer.headers ?? {}).send(answer.body);
	}

	return server;
}

function readJson(body: unknown): { ok: true; value: unknown } | { ok: false } {
	if (typeof body !== 'string' || body === '') return { ok: true, value: undefined };
	try {
		return { ok: true, value: JSON.parse(body) };
	} catch {
		return { ok: false };
	}
}
