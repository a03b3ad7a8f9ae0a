import { setImmediate } from 'node:timers/promises';

interface Sleeper {
	at: number;
	wake: () => void;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

export const START_MS = Date.parse('2026-01-01T00:00:00.000Z');

/** A clock that moves only while something waits on it. All instants are Unix milliseconds. */
class Clock {
	/** The API's time. */
	now = START_MS;
	/** Milliseconds by which n8n's clock is ahead of the API's. */
	private skewMs = 0;
	private sleepers: Sleeper[] = [];

	reset(): void {
		this.sleepers = [];
		this.skewMs = 0;
		this.set(START_MS);
	}

	/** Sets n8n's clock to `ms` ahead of the API's, and leaves the API's unchanged. */
	skew(ms: number): void {
		this.skewMs = ms;
		this.set(this.now);
	}

	/** Resolves once `ms` have passed on this clock. */
	async sleep(ms: number): Promise<void> {
		const at = this.now + Math.ceil(ms);
		await new Promise<void>((wake) => this.sleepers.push({ at, wake }));
	}

	/** Advances the clock by `ms`, and wakes each sleeper at its time. */
	async advance(ms: number): Promise<void> {
		const until = this.now + ms;
		while (this.next && this.next.at <= until) await this.wakeNext();
		this.set(until);
	}

	/** Advances the clock from sleeper to sleeper until `work` has settled. */
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
		performance.now = () => now - START_MS;
	}
}

export const clock = new Clock();

// The node reads the time only from these. A fake Date would slow down its timestamp parsing. The next
// test file of this worker sees what is not restored.
const { now } = Date;
const elapsed = performance.now;
const { timeout } = AbortSignal;
afterAll(() => {
	Date.now = now;
	performance.now = elapsed;
	AbortSignal.timeout = timeout;
});

/** Aborts by the schedule's clock, as the requests and the waits of the node time out. */
AbortSignal.timeout = (ms) => {
	const controller = new AbortController();
	void clock.sleep(ms).then(() => controller.abort());
	return controller.signal;
};
