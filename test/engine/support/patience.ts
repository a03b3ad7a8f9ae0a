import type { AxiosAdapter, AxiosStatic } from 'axios';

import type { ManualClock } from '../../../sandbox';

/** n8n-core's own copy of axios: interceptors on our copy would not see its requests. */
const ofN8n = jest.requireActual<AxiosStatic>(
	require.resolve('axios', { paths: [require.resolve('n8n-core')] }),
);

/**
 * Lets n8n's wait for a reply pass on the clock. Once all requests in flight are ones that the sandbox
 * keeps waiting, they time out, and the clock advances by the longest timeout that the node set.
 */
export function waitByTheClock(clock: ManualClock): void {
	/** Functions that time a request out, and return its timeout in milliseconds. */
	const inFlight = new Set<() => number>();
	/** The requests that the sandbox keeps waiting. */
	const kept = new Set<object>();

	/** Rejects all requests in flight, unless a reply may still come without the clock. */
	function giveUp(): void {
		if (kept.size === 0 || kept.size < inFlight.size) return;
		kept.clear();
		const timeouts = [...inFlight].map((timeOut) => timeOut());
		clock.advance({ ms: Math.max(...timeouts) });
	}

	// The sandbox sleeps before it answers a request only to keep it waiting.
	const { sleep } = clock;
	clock.sleep = async (ms, signal) => {
		const request = {};
		kept.add(request);
		setImmediate(giveUp);
		await sleep.call(clock, ms, signal).finally(() => kept.delete(request));
	};

	const answerOrTimeOut =
		(send: AxiosAdapter): AxiosAdapter =>
		async (config) => {
			const { timeout: ms = 0, signal } = config;
			const timedOut = new AbortController();
			const signals = [signal as AbortSignal | undefined, timedOut.signal].filter(Boolean);
			let timeOut!: () => number;
			const silence = new Promise<never>((_, reject) => {
				timeOut = () => {
					inFlight.delete(timeOut);
					reject(new ofN8n.AxiosError(`timeout of ${ms}ms exceeded`, 'ECONNABORTED', config));
					timedOut.abort();
					return ms;
				};
			});
			inFlight.add(timeOut);
			const answer = send({ ...config, signal: AbortSignal.any(signals as AbortSignal[]) });
			return await Promise.race([answer, silence]).finally(() => {
				if (inFlight.delete(timeOut)) giveUp();
			});
		};
	eject();
	const interceptor = ofN8n.interceptors.request.use((config) => ({
		...config,
		adapter: answerOrTimeOut(ofN8n.getAdapter(config.adapter)),
	}));
	eject = () => ofN8n.interceptors.request.eject(interceptor);
}

let eject = () => {};
afterEach(() => eject());
