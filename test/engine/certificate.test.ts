import { useSleep } from '../support/fakeSleep';

import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import { generate } from 'selfsigned';

import { runAction } from '../../harness/engine';
import { TIKTOK, video } from './support/fixture';

useSleep(async () => {});

test('a certificate that is not trusted is named, and nothing is sent', async () => {
	const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
	let requests = 0;
	const server = createServer({ key, cert }, () => void (requests += 1));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	const credential = { apiKey: 'cs_live_x', baseUrl: `https://localhost:${port}/api/v1` };

	// Usage and Track ask for the balance and for the list at once, and either may fail first.
	for (const [parameters, subject] of [
		[{ operation: 'usage' }, 'usage|the list of videos'],
		[{ operation: 'get', ...video('id', 'cm5abc') }, 'video cm5abc'],
		[{ videoUrls: TIKTOK }, 'usage|the list of videos'],
	] as const) {
		const { error } = await runAction(credential, parameters);
		expect(error?.message).toMatch(
			new RegExp(
				`^Couldn't reach ContentStats for (?:${subject}): the certificate of localhost is not trusted$`,
			),
		);
		expect(error?.description).toMatch(
			/^No request was sent\. .*NODE_EXTRA_CA_CERTS.* \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
		);
	}
	server.close();
	expect(requests).toBe(0);
});
