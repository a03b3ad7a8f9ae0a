import { keepInStep } from '../support/time';

import type { RecordedRequest } from '../../../sandbox';
import { createFixture } from '../support/fixture';
import { createPoller, runAction } from '../../../harness/engine';

jest.setTimeout(60_000);

const PER_MINUTE = 60;
const MINUTE_MS = 60_000;
const FREE_RATE = { requestsPerMinute: PER_MINUTE, maxVideos: Infinity };

/** Returns links of all platforms in turn, so that none has more running videos than the API lists. */
const links = (count: number, from = 0): string[] =>
	Array.from({ length: count }, (_, index) => {
		const id = String(from + index).padStart(11, '0');
		return [
			`https://www.tiktok.com/@a/video/7${id}`,
			`https://www.youtube.com/watch?v=${id}`,
			`https://www.instagram.com/p/${id}/`,
			`https://twitter.com/a/status/1${id}`,
		][index % 4]!;
	});

/** Returns the milliseconds from the first request to the last, by the sandbox's clock. */
const makespan = (requests: RecordedRequest[]): number => requests.at(-1)!.at - requests[0]!.at;

/** Returns the milliseconds that the limit requires: a minute per full window before the last request. */
const minimumMs = (requests: number): number => Math.floor((requests - 1) / PER_MINUTE) * MINUTE_MS;

async function createAccount() {
	const fixture = await createFixture({ plan: FREE_RATE, balanceUsd: 10_000 });
	// Off the full second, as a real clock is: the headers round the reset up, which costs time.
	fixture.clock.advance({ ms: 400 });
	keepInStep(fixture.clock);
	return fixture;
}

it('tracks 300 links as fast as 60 requests a minute allow, and loses none', async () => {
	const { credential, sandbox, posts } = await createAccount();
	const { items } = await runAction(credential, { videoUrls: links(300).join('\n') });

	expect(items.map(({ outcome }) => outcome)).toEqual(Array(300).fill('tracked'));
	expect(sandbox.ledger.filter(({ kind }) => kind === 'track')).toHaveLength(300);
	expect(posts()).toHaveLength(300);
	expect(sandbox.requests.length - posts().length).toBeLessThanOrEqual(6);
	expect(sandbox.requests.filter(({ status }) => status === 429)).toEqual([]);
	const floor = minimumMs(sandbox.requests.length);
	expect(floor).toBe(5 * MINUTE_MS);
	expect(makespan(sandbox.requests)).toBeGreaterThanOrEqual(floor);
	expect(makespan(sandbox.requests)).toBeLessThanOrEqual(1.05 * floor);
});

it('tracks every link although another client uses up a part of each window', async () => {
	const { credential, sandbox } = await createAccount();
	const other = setInterval(() => {
		void fetch(`${sandbox.baseUrl}/usage`, { headers: { 'X-API-Key': sandbox.liveKey } });
	}, 5);
	const { items } = await runAction(credential, { videoUrls: links(150).join('\n') });
	clearInterval(other);
	expect(items.map(({ outcome }) => outcome)).toEqual(Array(150).fill('tracked'));
	expect(sandbox.ledger.filter(({ kind }) => kind === 'track')).toHaveLength(150);
});

test.each([1, 3, 24 * 400])(
	'goes on in the next window although the clock is set back by %d hours while it waits',
	async (hours) => {
		const { credential, sandbox, clock } = await createAccount();
		const start = clock.now();
		const unsubscribe = clock.onMove(() => {
			if (clock.now() < start + 5_000) return;
			unsubscribe();
			keepInStep(clock, -hours * 60 * MINUTE_MS);
		});
		const { items } = await runAction(credential, { videoUrls: links(100).join('\n') });
		expect(items.map(({ outcome }) => outcome)).toEqual(Array(100).fill('tracked'));
		expect(makespan(sandbox.requests)).toBeLessThanOrEqual(3 * MINUTE_MS);
	},
);

it('lets no later run wait for more than a minute after a run gave up at its tenth 429', async () => {
	const { credential, sandbox, clock } = await createAccount();
	sandbox.faults.add({
		kind: 'rate_limited',
		headers: false,
		times: 10,
		match: { method: 'POST' },
	});
	const { error } = await runAction(credential, { videoUrls: links(1).join() });
	expect(error!.message).toMatch(/rate limit exceeded/);
	const before = clock.now();
	const { items } = await runAction(credential, { videoUrls: links(1, 5).join() });
	expect(items[0]!.outcome).toBe('tracked');
	expect(clock.now() - before).toBeLessThanOrEqual(MINUTE_MS);
});

it('sends a lost link again after ten minutes, though the clock was set back', async () => {
	const { credential, sandbox, clock, posts } = await createAccount();
	sandbox.faults.add({ kind: 'drop', when: 'before_commit', match: { method: 'POST' } });
	const track = async () => (await runAction(credential, { videoUrls: links(1).join() })).items;
	expect(await track()).toMatchObject([{ outcome: 'unknown' }]);
	keepInStep(clock, -3 * 60 * MINUTE_MS);
	const [waiting] = await track();
	expect(waiting).toMatchObject({ outcome: 'unknown' });
	expect(waiting!.message).toContain("it isn't sent again before 21:11 UTC");
	clock.advance({ minutes: 10 });
	expect(await track()).toMatchObject([{ outcome: 'tracked' }]);
	expect(posts()).toHaveLength(2);
});

it('sends no lost link again before ten minutes are over, though the clock was set forward', async () => {
	const { credential, sandbox, clock, posts } = await createAccount();
	sandbox.faults.add({ kind: 'drop', when: 'before_commit', match: { method: 'POST' } });
	const track = async () => (await runAction(credential, { videoUrls: links(1).join() })).items;
	expect(await track()).toMatchObject([{ outcome: 'unknown' }]);
	keepInStep(clock, 11 * MINUTE_MS);
	expect(await track()).toMatchObject([{ outcome: 'unknown' }]);
	expect(posts()).toHaveLength(1);
	clock.advance({ minutes: 10 });
	expect(await track()).toMatchObject([{ outcome: 'tracked' }]);
});

it('lets a small batch pass while a large one waits for the next window', async () => {
	const { credential, sandbox } = await createAccount();
	const large = runAction(credential, { videoUrls: links(300).join('\n') });
	while (sandbox.requests.length < 30) await new Promise((resolve) => setTimeout(resolve, 1));
	const small = await runAction(credential, { videoUrls: links(3, 1000).join('\n') });

	expect(small.items.map(({ outcome }) => outcome)).toEqual(Array(3).fill('tracked'));
	const sent = sandbox.requests.findLastIndex(({ body }) =>
		JSON.stringify(body ?? '').includes('00000001002'),
	);
	expect(sent).toBeLessThan(2 * PER_MINUTE);
	const { items } = await large;
	expect(items.map(({ outcome }) => outcome)).toEqual(Array(300).fill('tracked'));
});

it.each([
	['lies in the past', { headers: { 'x-ratelimit-reset': '1000000000' } }],
	['is not a number', { headers: { 'x-ratelimit-reset': 'soon' } }],
])('backs off longer after each 429 if its reset %s', async (_, fault) => {
	const { credential, sandbox } = await createAccount();
	sandbox.faults.add({
		...fault,
		kind: 'status',
		status: 429,
		body: {},
		match: { method: 'POST' },
		times: 6,
	});
	const { items } = await runAction(credential, { videoUrls: links(1)[0]! });
	expect(items[0]!.outcome).toBe('tracked');
	const at = sandbox.requests.filter(({ method }) => method === 'POST').map((post) => post.at);
	const waits = at.slice(1).map((time, index) => time - at[index]!);
	expect(waits).toHaveLength(6);
	expect(waits.at(-1)).toBeGreaterThanOrEqual(16_000);
});

it('shares the rate window with a trigger that uses the same key', async () => {
	const { credential, sandbox, clock } = await createAccount();
	for (const link of links(50, 5000)) sandbox.seedVideo({ video_link: link });
	clock.advance({ hours: 2 });
	const poller = createPoller(credential, { startFrom: 'latest' });
	const [{ items }, first] = await Promise.all([
		runAction(credential, { videoUrls: links(90).join('\n') }),
		poller.poll(),
	]);
	clock.advance({ minutes: 5 });
	const second = await poller.poll();
	expect(items.map(({ outcome }) => outcome)).toEqual(Array(90).fill('tracked'));
	const seeded = [...(first ?? []), ...(second ?? [])].filter(({ video_link }) =>
		String(video_link).includes('00000050'),
	);
	expect(new Set(seeded.map(({ video_id }) => video_id)).size).toBe(50);
	expect(sandbox.requests.filter(({ status }) => status === 429)).toEqual([]);
});

it('ends the batch at the tenth 429 of a POST in a row, and sends nothing more', async () => {
	const { credential, sandbox, posts } = await createAccount();
	sandbox.faults.add({
		kind: 'rate_limited',
		resetInSeconds: 0,
		match: { method: 'POST' },
		times: Infinity,
	});
	const { items } = await runAction(
		credential,
		{ videoUrls: links(20).join('\n') },
		{ onError: 'continueRegularOutput' },
	);
	expect(items.map(({ outcome }) => outcome)).toEqual(Array(20).fill('failed'));
	expect(String(items.at(-1)!.message)).toMatch(/^Not attempted: .*rate limit/);
	// Eight requests are in flight at once, and each may be refused ten times.
	expect(posts().length).toBeLessThanOrEqual(80);
});
