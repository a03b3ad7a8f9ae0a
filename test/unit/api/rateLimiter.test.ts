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
	sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
};

beforeEach(() => jest.useFakeTimers({ now: Date.UTC(2026, 0, 1, 10, 0, 0) }));
afterEach(() => jest.useRealTimers());

const settle = () => jest.advanceTimersByTimeAsync(0);

/**
 * A server that lets `limit` requests through in each minute of the clock, and counts the others.
 * Of the first minute others have used a part already.
 */
function createServer(limit: number, usedByOthers = 0) {
	const minute = () => Math.floor(Date.now() / 60_000);
	const server = { served: [] as number[], refused: 0 };
	const used = new Map([[minute(), usedByOthers]]);
	async function answer(name: number, toServerMs: number, backMs: number) {
		await host.sleep(toServerMs);
		const count = (used.get(minute()) ?? 0) + 1;
		used.set(minute(), count);
		if (count > limit) server.refused += 1;
		else server.served.push(name);
		const endOfWindow = (minute() + 1) * 60;
		const rateWindow: RateWindow = {
			remaining: Math.max(0, limit - count),
			reset: endOfWindow,
			endsInMs: endOfWindow * 1000 - Date.now(),
		};
		await host.sleep(backMs);
		return { name, rateWindow };
	}
	return { server, answer };
}

/** A request that is answered by hand. */
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

/** Creates a rate limiter that knows `window` from one reply. */
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
	])('is used in full and never passed with %s', async (_, toServerMs, backMs) => {
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
		expect(server.refused).toBe(0);
	});

	it('is shared with others who use the same key', async () => {
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
		expect(server.refused).toBe(0);
	});

	it('that is used up is waited for, until the server said it ends', async () => {
		const rateLimiter = await limiterWith(windowOf(0, 20_000));
		const waiting = [openRequest(rateLimiter), openRequest(rateLimiter)];
		await jest.advanceTimersByTimeAsync(19_999);
		expect(waiting.map(({ isSent }) => isSent)).toEqual([false, false]);
		await jest.advanceTimersByTimeAsync(2);
		expect(waiting.map(({ isSent }) => isSent)).toEqual([true, true]);
	});

	it('that is over is forgotten when a request comes later', async () => {
		const rateLimiter = await limiterWith(windowOf(0, 20_000));
		await jest.advanceTimersByTimeAsync(20_001);
		const later = openRequest(rateLimiter);
		await settle();
		expect(later.isSent).toBe(true);
	});

	it('counts what is under way', async () => {
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

	it('is as small as its newest reply says, whichever arrives last', async () => {
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

	it('is not opened by a late reply from the window before', async () => {
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

	it('of a new period counts anew', async () => {
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

	it('is not needed: replies without one do not stop the others', async () => {
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

it('lets requests through in the order they came', async () => {
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

it('passes on the error of a request, and its place to the next', async () => {
	const rateLimiter = await limiterWith(windowOf(1, 60_000));
	const [broken, next] = [openRequest(rateLimiter), openRequest(rateLimiter)];
	await settle();
	expect([broken.isSent, next.isSent]).toEqual([true, false]);
	broken.fail(new Error('connection lost'));
	await expect(broken.done).rejects.toThrow('connection lost');
	await jest.advanceTimersByTimeAsync(60_001);
	expect(next.isSent).toBe(true);
});

describe('pause', () => {
	it('holds everything back although the window has room, then goes on', async () => {
		const rateLimiter = await limiterWith(windowOf(50, 60_000));
		rateLimiter.blockFor(30_000);
		const requests = [openRequest(rateLimiter), openRequest(rateLimiter)];
		await jest.advanceTimersByTimeAsync(29_999);
		expect(requests.map(({ isSent }) => isSent)).toEqual([false, false]);
		await jest.advanceTimersByTimeAsync(2);
		expect(requests.map(({ isSent }) => isSent)).toEqual([true, true]);
	});

	test.each([
		['a longer one lengthens it', 10_000, 30_000],
		['a shorter one does not shorten it', 30_000, 10_000],
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

	it('outlasts the end of the window', async () => {
		const rateLimiter = await limiterWith(windowOf(0, 5_000));
		const request = openRequest(rateLimiter);
		rateLimiter.blockFor(30_000);
		await jest.advanceTimersByTimeAsync(29_999);
		expect(request.isSent).toBe(false);
		await jest.advanceTimersByTimeAsync(2);
		expect(request.isSent).toBe(true);
	});

	it('after a refusal holds back those that wait behind it', async () => {
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

describe('a stop by the user', () => {
	const reason = new Error('stopped');

	it('ends the wait, sends nothing, and leaves the place to the next', async () => {
		const rateLimiter = await limiterWith(windowOf(1, 60_000));
		const controller = new AbortController();
		const underWay = openRequest(rateLimiter);
		const stopped = openRequest(rateLimiter, { signal: controller.signal });
		const next = openRequest(rateLimiter);
		await settle();
		controller.abort(reason);
		await expect(stopped.done).rejects.toBe(reason);

		underWay.answer(windowOf(1, 60_000, 2));
		await settle();
		expect([stopped.isSent, next.isSent]).toEqual([false, true]);
	});

	it('during the wait for the next window does not keep the others from it', async () => {
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

	it('stops only what was waiting for it, one by one', async () => {
		const rateLimiter = await limiterWith(windowOf(0, 20_000));
		const controllers = [1, 2, 3, 4].map(() => new AbortController());
		const requests = controllers.map(({ signal }) => openRequest(rateLimiter, { signal }));
		controllers[1]!.abort(reason);
		controllers[2]!.abort(reason);
		await jest.advanceTimersByTimeAsync(20_001);
		expect(requests.map(({ isSent }) => isSent)).toEqual([true, false, false, true]);
	});

	it('before the request sends nothing', async () => {
		const rateLimiter = createRateLimiter(host);
		const stopped = openRequest(rateLimiter, { signal: AbortSignal.abort(reason) });
		await expect(stopped.done).rejects.toBe(reason);
		expect(stopped.isSent).toBe(false);
	});

	it('does not touch what is under way', async () => {
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
	/** The milliseconds until there is room, of a request that was turned away; null of any other. */
	async function turnedAway({ isSent, done }: ReturnType<typeof openRequest>) {
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
		['that is over', -1, 0],
		['before the window ends', 19_999, 20_000],
		['when the window ends', 20_000, null],
		['after the window ends', 20_001, null],
	])('%s: nobody waits for what comes after it', async (_, ms, opensInMs) => {
		const isOver = ms < 0;
		const rateLimiter = await limiterWith(windowOf(isOver ? 9 : 0, 20_000));
		const request = openRequest(rateLimiter, within(ms));
		await settle();
		expect(await turnedAway(request)).toBe(opensInMs);
		await jest.advanceTimersByTimeAsync(20_000);
		expect(request.isSent).toBe(opensInMs === null);
	});

	it('before a pause ends turns away with the time that is left of it', async () => {
		const rateLimiter = createRateLimiter(host);
		rateLimiter.blockFor(30_000);
		await jest.advanceTimersByTimeAsync(10_000);
		expect(await turnedAway(openRequest(rateLimiter, within(19_999)))).toBe(20_000);
	});

	it('turns away at once who waits, when a reply tells of a window that ends after it', async () => {
		const rateLimiter = await limiterWith(windowOf(1, 60_000));
		const underWay = openRequest(rateLimiter);
		const hurried = openRequest(rateLimiter, within(30_000));
		const patient = openRequest(rateLimiter);
		await jest.advanceTimersByTimeAsync(5_000);
		expect(await turnedAway(hurried)).toBeNull();
		underWay.answer(windowOf(0, 55_000));
		await settle();
		expect(await turnedAway(hurried)).toBe(55_000);
		expect(await turnedAway(patient)).toBeNull();
		await jest.advanceTimersByTimeAsync(55_001);
		expect([hurried.isSent, patient.isSent]).toEqual([false, true]);
	});

	it('lets nothing pass after it although there is room again', async () => {
		const rateLimiter = await limiterWith(windowOf(1, 60_000));
		const underWay = openRequest(rateLimiter);
		const hurried = openRequest(rateLimiter, within(1_000));
		await jest.advanceTimersByTimeAsync(1_001);
		underWay.answer(windowOf(9, 59_000, 2));
		await settle();
		expect(hurried.isSent).toBe(false);
		await expect(hurried.done).rejects.toEqual(new BudgetExhaustedError('a request', false, 0));
	});

	it('does not touch what is under way', async () => {
		const rateLimiter = createRateLimiter(host);
		const request = openRequest(rateLimiter, within(1_000));
		await jest.advanceTimersByTimeAsync(5_000);
		request.answer(null);
		await expect(request.done).resolves.toEqual({ rateWindow: null });
	});
});

describe('rateLimiterFor', () => {
	const rateLimiter = rateLimiterFor('account one', host);

	it('is one rateLimiter for an account', () => {
		expect(rateLimiterFor('account one', { ...host })).toBe(rateLimiter);
	});

	it('is another rateLimiter for another account', () => {
		expect(rateLimiterFor('account two', host)).not.toBe(rateLimiter);
	});
});
