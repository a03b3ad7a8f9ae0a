import { useSleep } from '../../support/fakeSleep';

import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { createFixture, TIKTOK, YOUTUBE } from '../support/fixture';
import { runAction, startAction } from '../../../harness/engine';

const POST = { method: 'POST' };
const soon = async (ms = 20) => await sleep(ms);
const outcomes = (items: Array<Record<string, unknown>>) => items.map(({ outcome }) => outcome);

// The node cannot end n8n's sleep when a user stops it. Here it must not keep the process alive.
useSleep(async (ms) => await sleep(ms, undefined, { ref: false }));

/** Returns n8n's log; empty as long as n8n has not created the file. */
function log(): string {
	const file = process.env.N8N_LOG_FILE_LOCATION!;
	return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Waits until `text` is logged, since n8n writes with a delay. @returns the log since `before`. */
async function logged(before: string, text: string): Promise<string> {
	for (let tries = 0; tries < 100 && !log().slice(before.length).includes(text); tries += 1)
		await soon();
	return log().slice(before.length);
}

test('Stop lets sent POSTs finish, and the log says how many links were tracked', async () => {
	const { credential, sandbox, posts } = await createFixture();
	sandbox.faults.add({ kind: 'latency', ms: 400, match: POST, times: 2 });
	const before = log();
	const { outcome, stop } = startAction(credential, { videoUrls: `${TIKTOK} ${YOUTUBE}` });
	while (posts().length < 2) await soon();
	stop();
	const { run, items } = await outcome;
	expect(run.status).toBe('canceled');
	expect(outcomes(items)).toEqual(['tracked', 'tracked']);
	expect(await logged(before, 'stopped')).toContain('2 of 2 links tracked');
});

test('Stop during a lookup leaves the outcome unknown, and the log says so', async () => {
	const { credential, sandbox, posts } = await createFixture();
	sandbox.faults.add({ kind: 'drop', when: 'after_commit', match: POST });
	const before = log();
	const { outcome, stop } = startAction(credential, { videoUrls: TIKTOK });
	while (posts().length === 0) await soon();
	await soon(100);
	const pressed = performance.now();
	stop();
	const { items } = await outcome;
	expect(performance.now() - pressed).toBeLessThan(1000);
	expect(outcomes(items)).toEqual(['unknown']);
	expect(await logged(before, 'stopped')).toContain('1 of 1 link unknown');

	const again = await runAction(credential, { videoUrls: TIKTOK });
	expect(outcomes(again.items)).toEqual(['recovered']);
	expect(posts()).toHaveLength(1);
});

test('Stop between the two hops of a redirect leaves the outcome failed, not unknown', async () => {
	let requests = 0;
	const server = createServer((request, response) => {
		requests += 1;
		const { port } = server.address() as AddressInfo;
		const isPost = request.method === 'POST';
		response.writeHead(isPost ? 308 : 200, {
			...(isPost && { location: `http://www.localhost:${port}${request.url}` }),
			'content-type': 'application/json',
			'x-ratelimit-remaining': isPost ? '0' : '9',
			'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 5),
		});
		const usage = {
			balance_usd: 9,
			uncharged_usage_usd: 0,
			active_videos: 0,
			cost_per_snapshot: 0.015,
		};
		response.end(JSON.stringify(isPost ? {} : { ...usage, videos: [] }));
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	const credential = { baseUrl: `http://localhost:${port}/api/v1`, apiKey: 'cs_live_x' };
	const { outcome, stop } = startAction(
		credential,
		{ videoUrls: TIKTOK },
		{ onError: 'continueRegularOutput' },
	);
	// Usage, three lists, and the first hop of the POST.
	while (requests < 5) await soon();
	await soon(100);
	stop();
	const { items } = await outcome;
	server.close();
	expect(outcomes(items)).toEqual(['failed']);
	expect(requests).toBe(5);
});

test('Stop ends Track while it plans, and nothing more is sent', async () => {
	const { credential, sandbox, calls, posts } = await createFixture();
	sandbox.faults.add({ kind: 'latency', ms: 300, times: Infinity });
	const { outcome, stop } = startAction(credential, { videoUrls: TIKTOK });
	// The balance and the first list are fetched at the same time.
	while (calls().length < 2) await soon();
	const before = calls().length;
	stop();
	const { run } = await outcome;
	expect(run.status).toBe('canceled');
	await soon(500);
	expect(calls()).toHaveLength(before);
	expect(posts()).toEqual([]);
});

test('Stop ends Track’s wait for the rate limiter, and nothing more is sent', async () => {
	const { credential, sandbox, posts } = await createFixture();
	sandbox.faults.add({ kind: 'rate_limited', resetInSeconds: 5, match: POST });
	const { outcome, stop } = startAction(credential, { videoUrls: TIKTOK });
	while (posts().length === 0) await soon();
	stop();
	const { run } = await outcome;
	expect(run.status).toBe('canceled');
	expect(posts()).toHaveLength(1);
	expect(sandbox.ledger).toHaveLength(0);
});
