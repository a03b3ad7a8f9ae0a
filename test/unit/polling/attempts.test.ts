import {
	hasFailed,
	isFirstAttempt,
	mustWait,
	succeeded,
	unlessRunning,
} from '../../../nodes/ContentStats/polling/attempts';
import { at } from '../world';

const MINUTE_MS = 60_000;

describe('polls that fail', () => {
	/** For how many whole minutes polls are left out after each of so many failures in a row. */
	const waitsAfter = (context: object, failures: number) =>
		Array.from({ length: failures }, (_, n) => {
			hasFailed(context, at(n));
			let minutes = 0;
			while (mustWait(context, at(n) + minutes * MINUTE_MS)) minutes += 1;
			return minutes;
		});

	it('make the next ones wait from the second on, longer each time, 15 minutes at most', () => {
		expect(waitsAfter({}, 8)).toEqual([0, 2, 4, 8, 15, 15, 15, 15]);
	});

	it('begin anew after one that has worked', () => {
		const context = {};
		waitsAfter(context, 3);
		succeeded(context);
		expect(mustWait(context, at(2))).toBe(false);
		expect(waitsAfter(context, 2)).toEqual([0, 2]);
	});

	it('are those of one activation', () => {
		const [one, other] = [{}, {}];
		waitsAfter(one, 3);
		expect(isFirstAttempt(other)).toBe(true);
		expect(mustWait(other, at(2))).toBe(false);
		expect(waitsAfter(other, 1)).toEqual([0]);
	});

	it('make nothing wait for long where the clock is put back', () => {
		const context = {};
		waitsAfter(context, 2);
		expect(mustWait(context, at(1))).toBe(true);
		expect(mustWait(context, at(0))).toBe(false);
	});

	test.each<[string, (context: object) => void]>([
		['failed', (context) => hasFailed(context, at(1))],
		['worked', succeeded],
	])('and those that worked are no first attempt after one that %s', (_, attempt) => {
		const context = {};
		attempt(context);
		expect(isFirstAttempt(context)).toBe(false);
	});
});

describe('unlessRunning', () => {
	const gated = () => {
		let end = () => {};
		const ended = new Promise<void>((resolve) => (end = resolve));
		return { end, poll: jest.fn(async () => await ended.then(() => 'items')) };
	};

	it('runs no second poll under a key while the first runs, and one after it', async () => {
		const { end, poll } = gated();
		const first = unlessRunning('k', poll);
		expect(await unlessRunning('k', poll)).toBeNull();
		expect(await unlessRunning('k', poll)).toBeNull();
		end();
		expect(await first).toBe('items');
		expect(await unlessRunning('k', poll)).toBe('items');
		expect(poll).toHaveBeenCalledTimes(2);
	});

	it('lets polls under other keys run', async () => {
		const { end, poll } = gated();
		const both = [unlessRunning('one', poll), unlessRunning('other', poll)];
		end();
		expect(await Promise.all(both)).toEqual(['items', 'items']);
	});

	it('stands in nobody’s way after a poll that throws', async () => {
		const failing = unlessRunning('k', () => Promise.reject(new Error('lost')));
		await expect(failing).rejects.toThrow('lost');
		expect(await unlessRunning('k', async () => 'items')).toBe('items');
	});
});
