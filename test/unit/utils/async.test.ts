import { delay, mapConcurrent } from '../../../nodes/ContentStats/utils/async';

const sleep = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('delay', () => {
	const REASON = new Error('stopped');

	/** Starts a delay of one second. @returns a state whose `end` is set once the delay settles. */
	function start(signal?: AbortSignal) {
		const state: { end?: unknown } = {};
		void delay(1000, sleep, signal).then(
			() => (state.end = 'resolved'),
			(reason) => (state.end = reason),
		);
		return state;
	}

	test.each([
		['without a signal', undefined],
		['with a signal that is never aborted', new AbortController().signal],
	])('resolves after its time %s', async (_, signal) => {
		const state = start(signal);
		await jest.advanceTimersByTimeAsync(999);
		expect(state.end).toBeUndefined();
		await jest.advanceTimersByTimeAsync(1);
		expect(state.end).toBe('resolved');
	});

	it('rejects with the reason of the signal as soon as it is aborted', async () => {
		const controller = new AbortController();
		const state = start(controller.signal);
		await jest.advanceTimersByTimeAsync(10);
		expect(state.end).toBeUndefined();
		controller.abort(REASON);
		await jest.advanceTimersByTimeAsync(0);
		expect(state.end).toBe(REASON);
	});

	it('starts no timer if the signal is already aborted', async () => {
		const state = start(AbortSignal.abort(REASON));
		await jest.advanceTimersByTimeAsync(0);
		expect(state.end).toBe(REASON);
		expect(jest.getTimerCount()).toBe(0);
	});
});

describe('mapConcurrent', () => {
	const numbers = Array.from({ length: 30 }, (_, n) => n);

	it('returns the results in the order of the entries, whichever ends first', async () => {
		const done = mapConcurrent(numbers, async (n, index) => {
			await sleep(((n * 7) % 30) * 10);
			return `${index}:${n}`;
		});
		await jest.runAllTimersAsync();
		expect(await done).toEqual(numbers.map((n) => `${n}:${n}`));
	});

	it('processes several entries at once, but not all', async () => {
		let now = 0;
		let most = 0;
		const done = mapConcurrent(numbers, async () => {
			most = Math.max(most, (now += 1));
			await sleep(10);
			now -= 1;
		});
		await jest.runAllTimersAsync();
		await done;
		expect(most).toBeGreaterThan(1);
		expect(most).toBeLessThan(numbers.length);
	});

	it('returns no results for no entries', async () => {
		expect(await mapConcurrent([], async () => 1)).toEqual([]);
	});

	it('starts no further entry after a failure, and waits for those in flight', async () => {
		const started: number[] = [];
		const ended: number[] = [];
		const done = mapConcurrent(numbers, async (n) => {
			started.push(n);
			await sleep(n === 2 ? 10 : 20);
			if (n === 2) throw new Error('number 2');
			if (n === 3) throw new Error('number 3');
			ended.push(n);
		});
		const failure = expect(done).rejects.toThrow('number 2');
		await jest.runAllTimersAsync();
		await failure;
		expect(started.length).toBeLessThan(numbers.length);
		expect(ended).toEqual(started.filter((n) => n !== 2 && n !== 3));
	});

	it('rejects even if the failure has no reason', async () => {
		const done = mapConcurrent([1], () => Promise.reject(undefined));
		await expect(done).rejects.toBeUndefined();
	});
});
