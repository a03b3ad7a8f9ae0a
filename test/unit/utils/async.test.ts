import { delay, mapConcurrent } from '../../../nodes/ContentStats/utils/async';

const sleep = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('delay', () => {
	const REASON = new Error('stopped');

	/** Starts a delay of a second. @returns how it ended, as long as it has. */
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
		['with a signal that stays quiet', new AbortController().signal],
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

	it('starts no timer if the signal was aborted before', async () => {
		const state = start(AbortSignal.abort(REASON));
		await jest.advanceTimersByTimeAsync(0);
		expect(state.end).toBe(REASON);
		expect(jest.getTimerCount()).toBe(0);
	});
});

describe('mapConcurrent', () => {
	const numbers = Array.from({ length: 30 }, (_, n) => n);

	it('gives the results in the order of the entries, whichever ends first', async () => {
		const done = mapConcurrent(numbers, async (n, index) => {
			await sleep(((n * 7) % 30) * 10);
			return `${index}:${n}`;
		});
		await jest.runAllTimersAsync();
		expect(await done).toEqual(numbers.map((n) => `${n}:${n}`));
	});

	it('works on several at once, but not on all', async () => {
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

	it('has nothing to do for nothing', async () => {
		expect(await mapConcurrent([], async () => 1)).toEqual([]);
	});

	it('begins nothing new after a failure, and waits for what is under way', async () => {
		const begun: number[] = [];
		const ended: number[] = [];
		const done = mapConcurrent(numbers, async (n) => {
			begun.push(n);
			await sleep(n === 2 ? 10 : 20);
			if (n === 2) throw new Error('number 2');
			if (n === 3) throw new Error('number 3');
			ended.push(n);
		});
		const failure = expect(done).rejects.toThrow('number 2');
		await jest.runAllTimersAsync();
		await failure;
		expect(begun.length).toBeLessThan(numbers.length);
		expect(ended).toEqual(begun.filter((n) => n !== 2 && n !== 3));
	});

	it('passes on a failure without a reason too', async () => {
		const done = mapConcurrent([1], () => Promise.reject(undefined));
		await expect(done).rejects.toBeUndefined();
	});
});
