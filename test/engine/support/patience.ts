import type { AxiosError, AxiosStatic } from 'axios';

import type { ManualClock } from '../../../sandbox';

/** n8n-core's own copy of axios: interceptors on our copy would not see its requests. */
const ofN8n = jest.requireActual<AxiosStatic>(
	require.resolve('axios', { paths: [require.resolve('n8n-core')] }),
);

/**
 * Lets n8n's wait for a reply pass on the clock. If no reply comes within `momentMs` of real time, the
 * request times out and the clock advances by the timeout that the node set.
 *
 * @param momentMs real milliseconds, longer than the sandbox takes to answer on a busy machine.
 */
export function waitByTheClock(clock: ManualClock, momentMs: number): void {
	let timeoutMs = 0;
	const request = ofN8n.interceptors.request.use((config) => {
		timeoutMs = config.timeout ?? 0;
		return { ...config, timeout: momentMs };
	});
	const response = ofN8n.interceptors.response.use(undefined, (error: AxiosError) => {
		if (error.code === 'ECONNABORTED') clock.advance({ ms: timeoutMs });
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
