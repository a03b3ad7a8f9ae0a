import { skipIfRunning, withLocks } from '../../../nodes/ContentStats/utils/mutex';

/** Starts work that the test ends by hand. */
function start(ids: string[], signal?: AbortSignal) {
	const work = { isBegun: false, end: () => {}, fail: (_: Error) => {} };
	const done = withLocks(
		ids,
		() =>
			new Promise<void>((resolve, reject) => {
				Object.assign(work, { isBegun: true, end: resolve, fail: reject });
			}),
		signal,
	);
	done.catch(() => {});
	return Object.assign(work, { done });
}
type Work = ReturnType<typeof start>;

const settle = () => new Promise((resolve) => setImmediate(resolve));
async function begun(...all: Work[]) {
	await settle();
	return all.map(({ isBegun }) => isBegun);
}

describe('withLocks', () => {
	it('starts work at once if it shares no id', async () => {
		expect(await begun(start(['a']), start(['b', 'c']), start([]))).toEqual([true, true, true]);
	});

	it('makes work wait, in order, for all earlier work that shares an id', async () => {
		const [a, ab, b, c] = [start(['1']), start(['1', '2']), start(['2']), start(['3'])];
		expect(await begun(a, ab, b, c)).toEqual([true, false, false, true]);
		a.end();
		expect(await begun(ab, b)).toEqual([true, false]);
		ab.end();
		expect(await begun(b)).toEqual([true]);
	});

	it('waits for every id if work has several', async () => {
		const [a, b, both] = [start(['4']), start(['5']), start(['5', '4', '4'])];
		expect(await begun(a, b, both)).toEqual([true, true, false]);
		b.end();
		expect(await begun(both)).toEqual([false]);
		a.end();
		expect(await begun(both)).toEqual([true]);
	});

	it('rethrows a failure and starts the next work', async () => {
		const [failing, next] = [start(['6']), start(['6'])];
		await settle();
		failing.fail(new Error('broken'));
		await expect(failing.done).rejects.toThrow('broken');
		expect(await begun(next)).toEqual([true]);
	});

	it('starts aborted work at once, while later work keeps waiting', async () => {
		const stop = new AbortController();
		const [first, stopped, third] = [start(['7']), start(['7'], stop.signal), start(['7'])];
		stop.abort();
		expect(await begun(stopped, third)).toEqual([true, false]);
		stopped.end();
		await stopped.done;
		expect(await begun(third)).toEqual([false]);
		first.end();
		expect(await begun(third)).toEqual([true]);
	});

	it('starts work at once if its signal is already aborted', async () => {
		const [first, stopped] = [start(['8']), start(['8'], AbortSignal.abort())];
		expect(await begun(stopped)).toEqual([true]);
		first.end();
	});
});

describe('skipIfRunning', () => {
	const gated = () => {
		let end = () => {};
		const ended = new Promise<void>((resolve) => (end = resolve));
		return { end, poll: jest.fn(async () => await ended.then(() => 'items')) };
	};

	it('skips a poll while another of the same key runs, and runs the next one after it', async () => {
		const { end, poll } = gated();
		const first = skipIfRunning('k', poll);
		expect(await skipIfRunning('k', poll)).toBeNull();
		expect(await skipIfRunning('k', poll)).toBeNull();
		end();
		expect(await first).toBe('items');
		expect(await skipIfRunning('k', poll)).toBe('items');
		expect(poll).toHaveBeenCalledTimes(2);
	});

	it('runs polls of different keys at the same time', async () => {
		const { end, poll } = gated();
		const both = [skipIfRunning('one', poll), skipIfRunning('other', poll)];
		end();
		expect(await Promise.all(both)).toEqual(['items', 'items']);
	});

	it('runs the next poll after one that throws', async () => {
		const failing = skipIfRunning('k', () => Promise.reject(new Error('lost')));
		await expect(failing).rejects.toThrow('lost');
		expect(await skipIfRunning('k', async () => 'items')).toBe('items');
	});
});
