import {
	createRateLimiter,
	type RateLimiter,
	rateLimiterFor,
	type RateWindow,
	type AcquireOptions,
} from '../../../nodes/ContentStats/api/rateLimiter';
import { BudgetExhaustedError } from '../../../nodes/ContentStats/api/errors';
import type { Clock } from '../../../nodes/ContentStats/utils/time';

const host: Clock = {
	now: () => Date.now(),
	monotonicNow: () => Date.now(),
	sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
};

beforeEach(() => jest.useFakeTimers({ now: Date.UTC(2026, 0, 1, 10, 0, 0) }));
afterEach(() => jest.useRealTimers());

beforeEach(() =>
	jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
		const controller = new AbortController();
		setTimeout(() => controller.abort(), ms);
		return controller.signal;
	}),
);
afterEach(() => jest.restoreAllMocks());

const settle = () => jest.advanceTimersByTimeAsync(0);

/**
 * Creates a server that serves `limit` requests per minute of the clock and counts the excess ones.
 *
 * @param usedByOthers how many requests other clients have made in the first minute.
 * @param isResetRounded whether the reset wavers by a second, since the time left is rounded.
 */
function createServer(limit: number, usedByOthers = 0, isResetRounded = false) {
	const minute = () => Math.floor(Date.now() / 60_000);
	const server = { served: [] as number[], rateLimited: 0 };
	const used = new Map([[minute(), usedByOthers]]);
	async function answer(name: number, toServerMs: number, backMs: number) {
		await host.sleep(toServerMs);
		const count = (used.get(minute()) ?? 0) + 1;
		used.set(minute(), count);
		if (count > limit) server.rateLimited += 1;
		else server.served.push(name);
		const endOfWindow = (minute() + 1) * 60;
		const now = Date.now() / 1000;
		const reset = isResetRounded ? Math.floor(now) + Math.round(endOfWindow - now) : endOfWindow;
		const rateWindow: RateWindow = {
			remaining: Math.max(0, limit - count),
			reset,
			endsInMs: reset * 1000 - Date.now(),
		};
		await host.sleep(backMs);
		return { name, rateWindow };
	}
	return { server, answer };
}

/** Starts a request that the test answers by hand. */
function openRequest(rateLimiter: RateLimiter, limits?: AcquireOptions) {
	const request = { isSent: false, answer: (_: RateWindow | null) => {}, fail: (_: Error) => {} };
	const done = rateLimiter.run(
		() =>
			new Promise<{ rateWindow: RateWindow | null }>((resolve, reject) => {
				request.isSent = true;
				request.answer = (rateWindow) => resolve({ rateWindow });
				request.fail = reject;
			}),
		'a request',
		limits,
	);
	done.catch(() => {});
	return Object.assign(request, { done });
}

const windowOf = (remaining: number, endsInMs: number, reset = 1): RateWindow => ({
	remaining,
	reset,
	endsInMs,
});

/** Creates a rate limiter that has learned `window` from one reply. */
async function limiterWith(window: RateWindow): Promise<RateLimiter> {
	const rateLimiter = createRateLimiter(host);
	const first = openRequest(rateLimiter);
	await settle();
	first.answer(window);
	await first.done;
	return rateLimiter;
}

describe('the rate window', () => {
	test.each([
		['a quick server', () => 1, () => 1],
		['a slow server', () => 700, () => 900],
		[
			'requests that overtake each other',
			(n: number) => (n * 37) % 400,
			(n: number) => (n * 53) % 900,
		],
		['replies that overtake each other', () => 5, (n: number) => (n * 7919) % 3000],
	])('is used in full and never exceeded with %s', async (_, toServerMs, backMs) => {
		const { server, answer } = createServer(60);
		const rateLimiter = createRateLimiter(host);
		const all = Promise.all(
			Array.from({ length: 150 }, (_, n) =>
				rateLimiter.run(() => answer(n, toServerMs(n), backMs(n)), 'a request'),
			),
		);

		await jest.advanceTimersByTimeAsync(59_000);
		expect(server.served).toHaveLength(60);
		await jest.advanceTimersByTimeAsync(60_000);
		expect(server.served).toHaveLength(120);
		await jest.advanceTimersByTimeAsync(60_000);

		expect((await all).map(({ name }) => name)).toEqual(Array.from({ length: 150 }, (_, n) => n));
		expect(server.rateLimited).toBe(0);
	});

	it('is shared with other clients of the same key', async () => {
		const { server, answer } = createServer(60, 25);
		const rateLimiter = createRateLimiter(host);
		const all = Promise.all(
			Array.from({ length: 70 }, (_, n) => rateLimiter.run(() => answer(n, 5, 50), 'a request')),
		);
		await jest.advanceTimersByTimeAsync(59_000);
		expect(server.served).toHaveLength(35);
		await jest.advanceTimersByTimeAsync(60_000);
		await all;
		expect(server.served).toHaveLength(70);
		expect(server.rateLimited).toBe(0);
	});

	it('holds requests back until its end once it is used up', async () => {
		const rateLimiter = await limiterWith(windowOf(1, 20_000));
		const last = openRequest(rateLimiter);
		await settle();
		last.answer(windowOf(0, 20_000));
		await settle();
		const waiting = [openRequest(rateLimiter), openRequest(rateLimiter)];
		await jest.advanceTimersByTimeAsync(19_999);
		expect(waiting.map(({ isSent }) => isSent)).toEqual([false, false]);
		await jest.advanceTimersByTimeAsync(2);
		expect(waiting.map(({ isSent }) => isSent)).toEqual([true, true]);
	});

	it('is taken to have as much room as the last one, until a reply tells', async () => {
		const rateLimiter = await limiterWith(windowOf(1, 20_000));
		await jest.advanceTimersByTimeAsync(20_001);
		const requests = [1, 2, 3].map(() => openRequest(rateLimiter));
		await settle();
		expect(requests.map(({ isSent }) => isSent)).toEqual([true, true, false]);
		requests[0]!.answer(windowOf(9, 60_000, 2));
		await settle();
		expect(requests[2]!.isSent).toBe(true);
	});

	it.each([0, -1, -50])(
		'no longer limits requests once it has ended with %d left',
		async (left) => {
			const rateLimiter = await limiterWith(windowOf(left, 20_000));
			await jest.advanceTimersByTimeAsync(20_001);
			const later = openRequest(rateLimiter);
			await settle();
			expect(later.isSent).toBe(true);
		},
	);

	it('counts requests in flight as used', async () => {
		const rateLimiter = await limiterWith(windowOf(2, 60_000));
		const requests = [1, 2, 3, 4].map(() => openRequest(rateLimiter));
		await settle();
		expect(requests.map(({ isSent }) => isSent)).toEqual([true, true, false, false]);

		requests[0]!.answer(windowOf(1, 60_000));
		requests[1]!.answer(windowOf(0, 60_000));
		await jest.advanceTimersByTimeAsync(59_000);
		expect(requests.map(({ isSent }) => isSent)).toEqual([true, true, false, false]);
		await jest.advanceTimersByTimeAsync(2_000);
		expect(requests.map(({ isSent }) => isSent)).toEqual([true, true, true, true]);
	});

	it('keeps the lowest remaining count if replies arrive out of order', async () => {
		const rateLimiter = await limiterWith(windowOf(3, 60_000));
		const [one, two, three] = [
			openRequest(rateLimiter),
			openRequest(rateLimiter),
			openRequest(rateLimiter),
		];
		await settle();
		three!.answer(windowOf(0, 60_000));
		two!.answer(windowOf(1, 60_000));
		one!.answer(windowOf(2, 60_000));
		const next = openRequest(rateLimiter);
		await jest.advanceTimersByTimeAsync(50_000);
		expect(next.isSent).toBe(false);
	});

	it('is not reopened by a late reply from the window before', async () => {
		const rateLimiter = await limiterWith(windowOf(10, 1_000, 1));
		const late = openRequest(rateLimiter);
		await jest.advanceTimersByTimeAsync(5_000);
		const newer = openRequest(rateLimiter);
		await settle();
		newer.answer(windowOf(0, 56_000, 2));
		await newer.done;
		late.answer(windowOf(9, 500, 1));
		await late.done;

		const next = openRequest(rateLimiter);
		await jest.advanceTimersByTimeAsync(50_000);
		expect(next.isSent).toBe(false);
		await jest.advanceTimersByTimeAsync(10_000);
		expect(next.isSent).toBe(true);
	});

	it('is replaced once a reply announces a later reset', async () => {
		const rateLimiter = await limiterWith(windowOf(0, 1_000, 1));
		await jest.advanceTimersByTimeAsync(1_001);
		const first = openRequest(rateLimiter);
		await settle();
		first.answer(windowOf(59, 60_000, 2));
		await first.done;
		const next = openRequest(rateLimiter);
		await settle();
		expect(next.isSent).toBe(true);
	});

	it('is the same one if its reset wavers by a second', async () => {
		const rateLimiter = await limiterWith(windowOf(9, 60_000, 100));
		const send = async (window: RateWindow) => {
			const request = openRequest(rateLimiter);
			await settle();
			request.answer(window);
			await request.done;
		};
		await send(windowOf(8, 60_000, 101));
		await send(windowOf(0, 59_000, 100));
		const waiting = openRequest(rateLimiter);
		await jest.advanceTimersByTimeAsync(59_999);
		expect(waiting.isSent).toBe(false);
		await jest.advanceTimersByTimeAsync(1);
		expect(waiting.isSent).toBe(true);
	});

	it('ends although the requests in flight are not answered', async () => {
		const rateLimiter = await limiterWith(windowOf(2, 5_000));
		openRequest(rateLimiter);
		openRequest(rateLimiter);
		const waiting = openRequest(rateLimiter);
		await jest.advanceTimersByTimeAsync(5_001);
		expect(waiting.isSent).toBe(true);
	});

	it('is optional: a reply without one does not block later requests', async () => {
		const rateLimiter = createRateLimiter(host);
		for (let n = 0; n < 30; n += 1) {
			const request = openRequest(rateLimiter);
			await settle();
			expect(request.isSent).toBe(true);
			request.answer(null);
			await request.done;
		}
	});
});

it('the rate limiter sends requests in the order they arrived', async () => {
	const rateLimiter = await limiterWith(windowOf(0, 1_000));
	const sent: number[] = [];
	const all = Promise.all(
		Array.from({ length: 40 }, (_, n) =>
			rateLimiter.run(async () => {
				sent.push(n);
				await host.sleep(100 - n);
				return { rateWindow: null };
			}, 'a request'),
		),
	);
	await jest.advanceTimersByTimeAsync(60_000);
	await all;
	expect(sent).toEqual(Array.from({ length: 40 }, (_, n) => n));
});

it('the rate limiter rethrows the error of a request and sends the next one', async () => {
	const rateLimiter = await limiterWith(windowOf(1, 60_000));
	const [broken, next] = [openRequest(rateLimiter), openRequest(rateLimiter)];
	await settle();
	expect([broken.isSent, next.isSent]).toEqual([true, false]);
	broken.fail(new Error('connection lost'));
	await expect(broken.done).rejects.toThrow('connection lost');
	await jest.advanceTimersByTimeAsync(60_001);
	expect(next.isSent).toBe(true);
});

describe('blockFor', () => {
	it('holds requests back for its duration, even if the window has room', async () => {
		const rateLimiter = await limiterWith(windowOf(50, 60_000));
		rateLimiter.blockFor(30_000);
		const requests = [openRequest(rateLimiter), openRequest(rateLimiter)];
		await jest.advanceTimersByTimeAsync(29_999);
		expect(requests.map(({ isSent }) => isSent)).toEqual([false, false]);
		await jest.advanceTimersByTimeAsync(2);
		expect(requests.map(({ isSent }) => isSent)).toEqual([true, true]);
	});

	test.each([
		['is lengthened by a longer second call', 10_000, 30_000],
		['is not shortened by a shorter second call', 30_000, 10_000],
	])('%s', async (_, first, second) => {
		const rateLimiter = createRateLimiter(host);
		rateLimiter.blockFor(first);
		const requests = [openRequest(rateLimiter)];
		await settle();
		rateLimiter.blockFor(second);
		requests.push(openRequest(rateLimiter));
		await jest.advanceTimersByTimeAsync(29_999);
		expect(requests.map(({ isSent }) => isSent)).toEqual([false, false]);
		await jest.advanceTimersByTimeAsync(2);
		expect(requests.map(({ isSent }) => isSent)).toEqual([true, true]);
	});

	it('outlasts a window that ends sooner', async () => {
		const rateLimiter = await limiterWith(windowOf(0, 5_000));
		const request = openRequest(rateLimiter);
		rateLimiter.blockFor(30_000);
		await jest.advanceTimersByTimeAsync(29_999);
		expect(request.isSent).toBe(false);
		await jest.advanceTimersByTimeAsync(2);
		expect(request.isSent).toBe(true);
	});

	it('after a 429 holds back the queued requests', async () => {
		const rateLimiter = createRateLimiter(host);
		const requests = Array.from({ length: 12 }, () => openRequest(rateLimiter));
		await settle();
		const sentAtOnce = requests.filter(({ isSent }) => isSent).length;
		rateLimiter.blockFor(10_000);
		requests[0]!.answer(null);
		await jest.advanceTimersByTimeAsync(9_999);
		expect(requests.filter(({ isSent }) => isSent)).toHaveLength(sentAtOnce);
		await jest.advanceTimersByTimeAsync(2);
		expect(requests.filter(({ isSent }) => isSent).length).toBeGreaterThan(sentAtOnce);
	});
});

describe('an abort', () => {
	const reason = new Error('stopped');

	it('ends the wait, sends nothing and frees the place for the next request', async () => {
		const rateLimiter = await limiterWith(windowOf(1, 60_000));
		const controller = new AbortController();
		const inFlight = openRequest(rateLimiter);
		const stopped = openRequest(rateLimiter, { signal: controller.signal });
		const next = openRequest(rateLimiter);
		await settle();
		controller.abort(reason);
		await expect(stopped.done).rejects.toBe(reason);

		inFlight.answer(windowOf(1, 60_000, 2));
		await settle();
		expect([stopped.isSent, next.isSent]).toEqual([false, true]);
	});

	it('during the wait for the next window does not hold up other requests', async () => {
		const rateLimiter = await limiterWith(windowOf(0, 20_000));
		const controller = new AbortController();
		const stopped = openRequest(rateLimiter, { signal: controller.signal });
		const next = openRequest(rateLimiter);
		await jest.advanceTimersByTimeAsync(10_000);
		controller.abort(reason);
		await expect(stopped.done).rejects.toBe(reason);
		await jest.advanceTimersByTimeAsync(10_001);
		expect([stopped.isSent, next.isSent]).toEqual([false, true]);
	});

	it('removes only the aborted requests from the queue', async () => {
		const rateLimiter = createRateLimiter(host);
		rateLimiter.blockFor(20_000);
		const controllers = [1, 2, 3, 4].map(() => new AbortController());
		const requests = controllers.map(({ signal }) => openRequest(rateLimiter, { signal }));
		controllers[1]!.abort(reason);
		controllers[2]!.abort(reason);
		await jest.advanceTimersByTimeAsync(20_001);
		expect(requests.map(({ isSent }) => isSent)).toEqual([true, false, false, true]);
	});

	it('before the call sends nothing', async () => {
		const rateLimiter = createRateLimiter(host);
		const stopped = openRequest(rateLimiter, { signal: AbortSignal.abort(reason) });
		await expect(stopped.done).rejects.toBe(reason);
		expect(stopped.isSent).toBe(false);
	});

	it('does not affect a request in flight', async () => {
		const rateLimiter = createRateLimiter(host);
		const controller = new AbortController();
		const request = openRequest(rateLimiter, { signal: controller.signal });
		await settle();
		controller.abort(reason);
		request.answer(null);
		await expect(request.done).resolves.toEqual({ rateWindow: null });
	});
});

describe('a deadline', () => {
	const within = (ms: number): AcquireOptions => ({ deadline: Date.now() + ms });
	/** Returns the retryAfterMs of a request that was rejected before it was sent; null for any other. */
	async function retryAfterOf({ isSent, done }: ReturnType<typeof openRequest>) {
		const settled = done.then(
			() => null,
			(error: unknown) => error,
		);
		const error = await Promise.race([settled, settle().then(() => null)]);
		if (error instanceof BudgetExhaustedError && !error.isSent && !isSent)
			return error.retryAfterMs;
		return null;
	}

	test.each([
		['that has passed rejects the request', -1, 0],
		['before the window ends rejects the request', 19_999, 20_000],
		['at the end of the window lets the request wait', 20_000, null],
		['after the window ends lets the request wait', 20_001, null],
	])('%s', async (_, ms, retryAfterMs) => {
		const isOver = ms < 0;
		const rateLimiter = await limiterWith(windowOf(isOver ? 9 : 0, 20_000));
		const request = openRequest(rateLimiter, within(ms));
		await settle();
		expect(await retryAfterOf(request)).toBe(retryAfterMs);
		await jest.advanceTimersByTimeAsync(20_000);
		expect(request.isSent).toBe(retryAfterMs === null);
	});

	it('before the end of a blockFor rejects the request with the time left', async () => {
		const rateLimiter = createRateLimiter(host);
		rateLimiter.blockFor(30_000);
		await jest.advanceTimersByTimeAsync(10_000);
		expect(await retryAfterOf(openRequest(rateLimiter, within(19_999)))).toBe(20_000);
	});

	it('rejects a queued request as soon as a reply announces a window that ends later', async () => {
		const rateLimiter = await limiterWith(windowOf(1, 60_000));
		const inFlight = openRequest(rateLimiter);
		const hurried = openRequest(rateLimiter, within(30_000));
		const patient = openRequest(rateLimiter);
		await jest.advanceTimersByTimeAsync(5_000);
		expect(await retryAfterOf(hurried)).toBeNull();
		inFlight.answer(windowOf(0, 55_000));
		await settle();
		expect(await retryAfterOf(hurried)).toBe(55_000);
		expect(await retryAfterOf(patient)).toBeNull();
		await jest.advanceTimersByTimeAsync(55_001);
		expect([hurried.isSent, patient.isSent]).toEqual([false, true]);
	});

	it('rejects a request on time, though as many as may be are in flight', async () => {
		const rateLimiter = createRateLimiter(host);
		const inFlight = Array.from({ length: 9 }, () => openRequest(rateLimiter));
		const hurried = openRequest(rateLimiter, within(1_000));
		await jest.advanceTimersByTimeAsync(1_000);
		expect(await retryAfterOf(hurried)).toBeNull();
		await jest.advanceTimersByTimeAsync(1);
		expect(await retryAfterOf(hurried)).toBe(0);
		expect(inFlight.filter(({ isSent }) => isSent)).toHaveLength(8);
	});

	it('rejects each request on time, though a timer fires before the clock has reached it', async () => {
		let isFirst = true;
		jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
			const controller = new AbortController();
			setTimeout(() => controller.abort(), isFirst ? ms - 2 : ms);
			isFirst = false;
			return controller.signal;
		});
		const rateLimiter = createRateLimiter(host);
		for (let count = 0; count < 8; count += 1) openRequest(rateLimiter);
		const hurried = openRequest(rateLimiter, within(1_000));
		await jest.advanceTimersByTimeAsync(1_002);
		expect(await retryAfterOf(hurried)).toBe(0);
	});

	it('that passes in the queue rejects the request, even if there is room again', async () => {
		const rateLimiter = await limiterWith(windowOf(1, 60_000));
		const inFlight = openRequest(rateLimiter);
		const hurried = openRequest(rateLimiter, within(1_000));
		await jest.advanceTimersByTimeAsync(1_001);
		inFlight.answer(windowOf(9, 59_000, 2));
		await settle();
		expect(hurried.isSent).toBe(false);
		await expect(hurried.done).rejects.toEqual(new BudgetExhaustedError('a request', false, 0));
	});

	it('does not affect a request in flight', async () => {
		const rateLimiter = createRateLimiter(host);
		const request = openRequest(rateLimiter, within(1_000));
		await jest.advanceTimersByTimeAsync(5_000);
		request.answer(null);
		await expect(request.done).resolves.toEqual({ rateWindow: null });
	});
});

describe('owners', () => {
	it('take turns, however many requests each of them waits for', async () => {
		const rateLimiter = await limiterWith(windowOf(0, 1_000));
		const sent: string[] = [];
		const queue = (owner: string, count: number) =>
			Array.from({ length: count }, () =>
				rateLimiter.run(
					async () => {
						sent.push(owner);
						return { rateWindow: null };
					},
					'a request',
					{ owner },
				),
			);
		const all = [...queue('batch', 40), ...queue('trigger', 3), ...queue('other', 2)];
		await jest.advanceTimersByTimeAsync(1_000);
		await Promise.all(all);
		const firstSix = sent.slice(0, 9).filter((owner) => owner !== 'batch');
		expect(firstSix.sort()).toEqual(['other', 'other', 'trigger', 'trigger', 'trigger']);
	});

	/**
	 * Lets a greedy owner use up every window from its start, and another one come in the middle of each
	 * with a deadline that is before the end of the window.
	 */
	async function contend(
		windows: number,
		requestsOfPoll: number,
		limit = 60,
		isResetRounded = false,
	) {
		const { server, answer } = createServer(limit, 0, isResetRounded);
		const rateLimiter = createRateLimiter(host);
		const served = { greedy: 0, hurried: [] as number[] };
		let isOver = false;
		const greedy = Array.from({ length: 8 }, async () => {
			while (!isOver) {
				await rateLimiter.run(() => answer(0, 10, 10), 'a request', { owner: 'greedy' });
				served.greedy += 1;
			}
		});
		for (let window = 0; window < windows; window += 1) {
			await jest.advanceTimersByTimeAsync(30_000);
			const deadline = Date.now() + 20_000;
			const polled = Array.from({ length: requestsOfPoll }, () =>
				rateLimiter
					.run(() => answer(0, 10, 10), 'a request', { owner: 'hurried', deadline })
					.then(
						() => 1,
						() => 0,
					),
			);
			await jest.advanceTimersByTimeAsync(30_000);
			const counts = await Promise.all(polled);
			served.hurried.push(counts.reduce<number>((sum, count) => sum + count, 0));
		}
		isOver = true;
		await jest.advanceTimersByTimeAsync(600_000);
		await Promise.all(greedy);
		return { ...served, rateLimited: server.rateLimited };
	}

	test.each([
		[3, 3],
		[8, 8],
		[10, 10],
		[40, 15],
	])(
		'do not starve each other: of %d requests %d are sent in every window',
		async (wanted, sent) => {
			const { greedy, hurried, rateLimited } = await contend(8, wanted);
			expect(hurried[0]).toBe(0);
			for (const count of hurried.slice(1)) expect(count).toBeGreaterThanOrEqual(sent);
			expect(greedy).toBeGreaterThanOrEqual(8 * 40);
			expect(rateLimited).toBe(0);
		},
	);

	test.each([2, 3, 5])(
		'do not starve each other, though a window has room for only %d',
		async (limit) => {
			const { greedy, hurried } = await contend(10, 3, limit);
			for (const count of hurried.slice(2)) expect(count).toBeGreaterThanOrEqual(1);
			expect(greedy).toBeGreaterThanOrEqual(10);
		},
	);

	it.each([0, 300, 900])(
		'do not starve each other if the reset wavers, %d ms after a second',
		async (ms) => {
			await jest.advanceTimersByTimeAsync(ms);
			const { hurried, rateLimited } = await contend(10, 10, 60, true);
			for (const count of hurried.slice(1)) expect(count).toBe(10);
			expect(rateLimited).toBe(0);
		},
	);

	test.each([
		[60, 50],
		[60, 100],
		[2, 2],
	])('who were all turned away share a window of %d: each wants %d', async (limit, wanted) => {
		const { server, answer } = createServer(limit);
		const rateLimiter = createRateLimiter(host);
		const sent: Array<Record<string, number>> = [];
		for (let window = 0; window < 6; window += 1) {
			const counts: Record<string, number> = { first: 0, second: 0 };
			for (const owner of ['first', 'second']) {
				const deadline = Date.now() + 10_000;
				const polled = Array.from({ length: wanted }, () =>
					rateLimiter
						.run(() => answer(0, 10, 10), 'a request', { owner, deadline })
						.then(
							() => void (counts[owner]! += 1),
							() => {},
						),
				);
				await jest.advanceTimersByTimeAsync(15_000);
				await Promise.all(polled);
			}
			sent.push(counts);
			await jest.advanceTimersByTimeAsync(30_000);
		}
		for (const { first, second } of sent.slice(3)) {
			expect(second).toBeGreaterThanOrEqual(limit === 2 ? 1 : 7);
			expect(first! + second!).toBe(limit);
		}
		expect(server.rateLimited).toBeLessThanOrEqual(limit === 2 ? 8 : 0);
	});

	it('keep what is kept for them, though a late reply of the window before comes in', async () => {
		const rateLimiter = await limiterWith(windowOf(39, 1_000));
		const [late, last] = [openRequest(rateLimiter), openRequest(rateLimiter)];
		await settle();
		last.answer(windowOf(0, 1_000));
		await settle();
		const hurried = { owner: 'hurried', deadline: Date.now() + 10 };
		for (let count = 0; count < 10; count += 1) openRequest(rateLimiter, hurried);
		await jest.advanceTimersByTimeAsync(1_001);
		const back = openRequest(rateLimiter, { owner: 'hurried' });
		await settle();
		late.answer(windowOf(0, 0));
		await settle();
		back.answer(windowOf(39, 60_000, 2));
		await settle();
		const [first, second] = [1, 2].map(() => openRequest(rateLimiter, { owner: 'batch' }));
		await settle();
		first!.answer(windowOf(9, 60_000, 2));
		second!.answer(windowOf(9, 60_000, 2));
		await settle();
		// One of the ten is sent.
		const third = openRequest(rateLimiter, { owner: 'batch' });
		await settle();
		expect([first, second, third].map((request) => request!.isSent)).toEqual([true, true, false]);
	});

	it('keep nothing for one that has not come back for an hour', async () => {
		const rateLimiter = await limiterWith(windowOf(0, 1_000));
		const hurried = openRequest(rateLimiter, { owner: 'hurried', deadline: Date.now() + 1 });
		await expect(hurried.done).rejects.toBeInstanceOf(BudgetExhaustedError);
		const sentOf = async (reset: number) => {
			const first = openRequest(rateLimiter, { owner: 'batch' });
			await jest.advanceTimersByTimeAsync(1_000);
			first.answer(windowOf(7, 60_000, reset));
			await settle();
			const requests = Array.from({ length: 7 }, () =>
				openRequest(rateLimiter, { owner: 'batch' }),
			);
			await settle();
			const count = requests.filter(({ isSent }) => isSent).length;
			for (const { answer } of requests) answer(windowOf(0, 1_000, reset));
			await jest.advanceTimersByTimeAsync(61_000);
			for (const { answer } of requests) answer(windowOf(0, 1_000, reset));
			await jest.advanceTimersByTimeAsync(1_000);
			return count;
		};
		expect(await sentOf(2)).toBe(6);
		await jest.advanceTimersByTimeAsync(3_600_000);
		expect(await sentOf(3)).toBe(7);
	});
});

describe('rateLimiterFor', () => {
	const rateLimiter = rateLimiterFor('account one', host);

	it('returns the same rate limiter for the same account', () => {
		expect(rateLimiterFor('account one', { ...host })).toBe(rateLimiter);
	});

	it('returns another rate limiter for another account', () => {
		expect(rateLimiterFor('account two', host)).not.toBe(rateLimiter);
	});
});

test.each(Array.from({ length: 12 }, (_, tick) => tick))(
	'sends a waiting request even if its timer fires early and the clock ticks at look %i',
	async (tick) => {
		const start = Date.now();
		let looks = Infinity;
		/** Stands a millisecond before the end of the window until it was looked at `tick` times. */
		const now = () => (looks === Infinity ? start : start + (looks++ < tick ? 999 : 1000));
		const rateLimiter = createRateLimiter({ monotonicNow: now, sleep: host.sleep });
		const first = openRequest(rateLimiter);
		await settle();
		first.answer(windowOf(0, 1_000));
		await first.done;
		const waiting = openRequest(rateLimiter);
		await settle();
		looks = 0;
		await jest.advanceTimersByTimeAsync(1_005);
		expect(waiting.isSent).toBe(true);
	},
);

test('sends at once if a reply announces a new window before the old one has ended', async () => {
	const rateLimiter = await limiterWith(windowOf(1, 20_000, 1));
	const first = openRequest(rateLimiter);
	const waiting = openRequest(rateLimiter);
	await settle();
	expect(waiting.isSent).toBe(false);
	first.answer(windowOf(59, 60_000, 2));
	await settle();
	expect(waiting.isSent).toBe(true);
});

test('follows a window with an earlier reset once the old one has ended: the server’s clock moved', async () => {
	const rateLimiter = await limiterWith(windowOf(0, 1_000, 5));
	await jest.advanceTimersByTimeAsync(1_000);
	const first = openRequest(rateLimiter);
	await settle();
	first.answer(windowOf(0, 20_000, 1));
	await first.done;
	const waiting = openRequest(rateLimiter);
	await jest.advanceTimersByTimeAsync(19_999);
	expect(waiting.isSent).toBe(false);
	await jest.advanceTimersByTimeAsync(1);
	expect(waiting.isSent).toBe(true);
});
