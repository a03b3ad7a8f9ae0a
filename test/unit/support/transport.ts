import type { IHttpRequestOptions } from 'n8n-workflow';

import { createRateLimiter } from '../../../nodes/ContentStats/api/rateLimiter';
import { createRedact } from '../../../nodes/ContentStats/api/redact';
import { createRequest, type HttpReply } from '../../../nodes/ContentStats/api/request';

export const NOW = Date.UTC(2026, 0, 1);

/** A reply with a status and, if given, a JSON body and headers. */
export const reply = (
	statusCode: number,
	body: unknown = {},
	headers: Record<string, string> = {},
): HttpReply => ({ statusCode, headers, body: JSON.stringify(body) });

/** An error of the socket, as n8n's request helper throws it. */
export const socketError = (code: string): Error => Object.assign(new Error(code), { code });

/**
 * Creates a request function whose sends are answered in turn; the last answer repeats. Its clock
 * stands still, except for the sleeps.
 *
 * @param stop is aborted by the first sleep.
 */
export function createTransport(
	answers: Array<HttpReply | Error>,
	baseUrl = 'https://api.test/v1',
	stop?: AbortController,
) {
	const sent: IHttpRequestOptions[] = [];
	const sleeps: number[] = [];
	let now = NOW;
	const clock = {
		now: () => now,
		monotonicNow: () => now,
		sleep: async (ms: number) => {
			sleeps.push(ms);
			stop?.abort();
			now += ms;
		},
	};
	const request = createRequest({
		...clock,
		baseUrl,
		rateLimiter: createRateLimiter(clock),
		redact: createRedact(''),
		signal: stop?.signal,
		send: async (options) => {
			const answer = answers[Math.min(sent.length, answers.length - 1)]!;
			sent.push(options);
			if (answer instanceof Error) throw answer;
			return answer;
		},
	});
	const calls = () => sent.map(({ method, url }) => `${method} ${url}`);
	return { request, sent, sleeps, calls };
}
