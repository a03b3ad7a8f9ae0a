import { setImmediate } from 'node:timers/promises';

interface Sleeper {
	at: number;
	wake: () => void;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

const START_MS = Date.parse('2026-01-01T00:00:00.000Z');

/** Time that passes only where it is waited for. All instants are Unix milliseconds. */
class Clock {
	/** The time of the API. */
	now = START_MS;
	/** By how much the clock of n8n is ahead of it. */
	private skewMs = 0;
	private sleepers: Sleeper[] = [];

	reset(): void {
		this.sleepers = [];
		this.skewMs = 0;
		this.set(START_MS);
	}

	/** Sets the clock of n8n, and only that. */
	skew(ms: number): void {
		this.skewMs = ms;
		this.set(this.now);
	}

	/** Resolves when `ms` have passed. */
	async sleep(ms: number): Promise<void> {
		const at = this.now + ms;
		await new Promise<void>((wake) => this.sleepers.push({ at, wake }));
	}

	/** Lets `ms` pass; whoever sleeps wakes in time. */
	async advance(ms: number): Promise<void> {
		const until = this.now + ms;
		while (this.next && this.next.at <= until) await this.wakeNext();
		this.set(until);
	}

	/** Lets as much time pass as `work` takes: none, where it waits for nothing. */
	async during<T>(work: Promise<T>): Promise<T> {
		let isDone = false;
		const end = () => void (isDone = true);
		work.then(end, end);
		for (await setImmediate(); !isDone; await this.wakeNext())
			if (!this.next) throw new Error('What is waited for never comes');
		return await work;
	}

	private get next(): Sleeper | undefined {
		return this.sleepers.sort((a, b) => a.at - b.at)[0];
	}

	private async wakeNext(): Promise<void> {
		const { at, wake } = this.sleepers.shift()!;
		this.set(Math.max(at, this.now));
		wake();
		await setImmediate();
	}

	private set(now: number): void {
		this.now = now;
		Date.now = () => now + this.skewMs;
	}
}

export const clock = new Clock();

// The node asks for nothing but Date.now; a faked Date would make it read timestamps slowly.
const realNow = Date.now;
afterAll(() => void (Date.now = realNow));
