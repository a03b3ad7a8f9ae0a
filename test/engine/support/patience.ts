import type { AxiosError, AxiosStatic } from 'axios';

import type { ManualClock } from '../../../sandbox';

/** The HTTP client that n8n sends with, which is another copy than ours. */
const ofN8n = jest.requireActual<AxiosStatic>(
	require.resolve('axios', { paths: [require.resolve('n8n-core')] }),
);

/**
 * Lets the time that n8n waits for a reply pass on the clock: after a moment of real time without
 * one, the clock is moved by the timeout that the node has asked for.
 *
 * @param momentMs longer than the sandbox takes to answer, however busy the machine is
 */
export function waitByTheClock(clock: ManualClock, momentMs: number): void {
	let asked = 0;
	const request = ofN8n.interceptors.request.use((config) => {
		asked = config.timeout ?? 0;
		return { ...config, timeout: momentMs };
	});
	const response = ofN8n.interceptors.response.use(undefined, (error: AxiosError) => {
		if (error.code === 'ECONNABORTED') clock.advance({ ms: asked });
		throw error;
	});
	eject();
	eject = () => {
		ofN8n.interceptors.request.eject(request);
		ofN8n.interceptors.response.eject(response);
	};
}

let eject = () => {};
afterEach(() => eject());
