import { setTimeout } from 'node:timers/promises';

export interface Clock {
	/** Returns the current time, in ms since the epoch. */
	now(): number;
	/** Resolves after `ms`; rejects if the signal is aborted first. */
	sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const realClock: Clock = {
	now: () => Date.now(),
	sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
};

/** A length of time: the sum of its parts. */
export interface Duration {
	hours?: number;
	minutes?: number;
	seconds?: number;
	ms?: number;
}

/** A clock that stands still until it is moved, and that only moves forward. */
export class ManualClock implements Clock {
	private time: number;
	private readonly listeners = new Set<() => void>();

	/** @param start ISO-8601 text or ms since the epoch. @throws RangeError if it is not a time */
	constructor(start: string | number) {
		this.time = toMs(start);
	}

	/** Returns the current time, in ms since the epoch. */
	now(): number {
		return this.time;
	}

	/** Moves the clock forward. @throws RangeError if the length is negative or not finite */
	advance(by: Duration): void {
		const { hours = 0, minutes = 0, seconds = 0, ms = 0 } = by;
		this.set(this.time + ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms);
	}

	/** Moves the clock to a time (ISO-8601 or ms). @throws RangeError if it lies in the past */
	set(to: string | number): void {
		const time = toMs(to);
		if (time < this.time) {
			throw new RangeError(
				`The clock only runs forward: it is ${new Date(this.time).toISOString()} and cannot be set to ${new Date(time).toISOString()}.`,
			);
		}
		this.time = time;
		for (const listener of this.listeners) listener();
	}

	async sleep(ms: number, signal: AbortSignal): Promise<void> {
		const until = this.time + ms;
		await new Promise<void>((resolve, reject) => {
			const stop = this.onMove(() => {
				if (this.time < until) return;
				stop();
				resolve();
			});
			signal.addEventListener('abort', () => {
				stop();
				reject(signal.reason);
			});
		});
	}

	/** Calls `listener` after every move. @returns a function that unsubscribes it */
	onMove(listener: () => void): () => void {
		this.listeners.add(listener);
		return () => this.listeners.delete(listener);
	}
}

/** Creates a manual clock at `start` (ISO-8601 or ms; default 2024-01-29T10:00:00Z). */
export function manualClock(start: string | number = '2024-01-29T10:00:00.000Z'): ManualClock {
	return new ManualClock(start);
}

/**
 * Converts ISO-8601 text or ms to whole ms since the epoch.
 * @throws RangeError if it is neither
 */
export function toMs(time: string | number): number {
	const ms = Math.round(typeof time === 'number' ? time : Date.parse(time));
	if (Number.isNaN(new Date(ms).getTime())) {
		throw new RangeError(`Not a time: ${time}. Give ISO-8601 text or ms since the epoch.`);
	}
	return ms;
}
