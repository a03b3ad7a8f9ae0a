import type { AxiosAdapter, AxiosStatic } from 'axios';

import type { ManualClock } from '../../../sandbox';

/** n8n-core's own copy of axios: interceptors on our copy would not see its requests. */
const ofN8n = jest.requireActual<AxiosStatic>(
	require.resolve('axios', { paths: [require.resolve('n8n-core')] }),
);

/**
 * Lets n8n's wait for a reply pass on the clock. Once all requests in flight are ones that the sandbox
 * keeps waiting, they time out, and the clock advances by the timeout that the node set.
 */
export function waitByTheClock(clock: ManualClock): void {
	const inFlight = new Set<() => void>();
	let kept = 0;

	/** Rejects all requests in flight, unless a reply may still come without the clock. */
	function giveUp(): void {
		if (kept === 0 || kept < inFlight.size) return;
		kept = 0;
		for (const timeOut of [...inFlight]) timeOut();
	}

	// The sandbox sleeps before it answers a request only to keep it waiting.
	const { sleep } = clock;
	clock.sleep = async (ms, signal) => {
		kept += 1;
		setImmediate(giveUp);
		await sleep.call(clock, ms, signal);
	};

	const answerOrTimeOut =
		(send: AxiosAdapter): AxiosAdapter =>
		async (config) => {
			const { timeout: ms = 0, signal } = config;
			const timedOut = new AbortController();
			const signals = [signal as AbortSignal | undefined, timedOut.signal].filter(Boolean);
			let timeOut!: () => void;
			const silence = new Promise<never>((_, reject) => {
				timeOut = () => {
					inFlight.delete(timeOut);
					reject(new ofN8n.AxiosError(`timeout of ${ms}ms exceeded`, 'ECONNABORTED', config));
					timedOut.abort();
					clock.advance({ ms });
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
