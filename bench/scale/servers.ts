import type { EventQueue } from './events';

/** The JavaScript thread of a process: first come, first served. */
export class Thread {
	/** When it has done what it accepted. */
	private freeAt = 0;
	private acceptedMs = 0;

	constructor(private readonly events: EventQueue) {}

	/** Does work once everything before it is done. @param serviceMs its CPU time, in milliseconds */
	run(serviceMs: number, done: () => void): void {
		const { events } = this;
		this.freeAt = Math.max(events.now, this.freeAt) + serviceMs;
		this.acceptedMs += serviceMs;
		events.schedule(this.freeAt, done);
	}

	/** The CPU time used so far, in milliseconds. */
	get busyMs(): number {
		return this.acceptedMs - Math.max(0, this.freeAt - this.events.now);
	}
}

/** The API's rate limit: fixed windows, each of which begins with the first request after the last one. */
export class ApiWindow {
	private endsAt = 0;
	private used = 0;

	constructor(
		private readonly events: EventQueue,
		private readonly requestsPerMinute: number,
	) {}

	/** Counts a request. @returns its reply; the times are in milliseconds */
	answer(): { isRefused: boolean; remaining: number; endsAt: number } {
		const { events, requestsPerMinute } = this;
		if (events.now >= this.endsAt) {
			this.endsAt = events.now + 60_000;
			this.used = 0;
		}
		this.used += 1;
		return {
			isRefused: this.used > requestsPerMinute,
			remaining: Math.max(0, requestsPerMinute - this.used),
			endsAt: this.endsAt,
		};
	}
}

/** Who waits for a request. */
interface Waiter {
	/** In milliseconds: nothing is sent after it. */
	deadline: number;
	send: () => void;
	reject: () => void;
}

/**
 * The rate limiter of a process (nodes/ContentStats/api/rateLimiter.ts): at most `maxInFlight` requests at
 * once, in turns between triggers, and none beyond the room that the API's replies told of. Its reserved
 * shares are left out: they move requests from one trigger to another, and add none.
 */
export class RateLimiter {
	/** By trigger; the one whose turn it is comes first. */
	private readonly queues = new Map<number, Waiter[]>();
	private inFlight = 0;
	private remaining = Infinity;
	private capacity = Infinity;
	private windowEnd = Infinity;
	private blockedUntil = 0;
	private wakesAt = 0;
	/** No waiter's deadline is before it. */
	private firstDeadline = Infinity;
	/** The time in which requests were in flight, times their number, in milliseconds. */
	private slotMs = 0;
	private changedAt = 0;

	constructor(
		private readonly events: EventQueue,
		readonly maxInFlight: number,
	) {}

	acquire(trigger: number, waiter: Waiter): void {
		this.firstDeadline = Math.min(this.firstDeadline, waiter.deadline);
		const waiters = this.queues.get(trigger);
		if (waiters) waiters.push(waiter);
		else this.queues.set(trigger, [waiter]);
		this.drain();
	}

	/** Ends a request. @param remaining room in the window that ends at `endsAt`, as its reply told */
	release(isRefused: boolean, remaining: number, endsAt: number): void {
		this.count(-1);
		if (endsAt !== this.windowEnd) {
			this.capacity = remaining + 1;
			this.remaining = remaining;
			this.windowEnd = endsAt;
		} else this.remaining = Math.min(this.remaining, remaining);
		if (isRefused) this.blockedUntil = endsAt;
		this.drain();
	}

	/** The time that the slots for requests were used so far, in milliseconds of one slot. */
	get usedSlotMs(): number {
		return this.slotMs + this.inFlight * (this.events.now - this.changedAt);
	}

	private count(change: number): void {
		this.slotMs = this.usedSlotMs;
		this.changedAt = this.events.now;
		this.inFlight += change;
	}

	private drain(): void {
		const { events, queues } = this;
		if (events.now >= this.windowEnd) {
			this.remaining = this.capacity;
			this.windowEnd = events.now + 60_000;
		}
		const availableAt = Math.max(
			events.now,
			this.blockedUntil,
			this.remaining <= 0 ? this.windowEnd : 0,
		);
		if (availableAt > this.firstDeadline) this.rejectBefore(availableAt);
		while (
			queues.size > 0 &&
			events.now >= this.blockedUntil &&
			this.inFlight < this.maxInFlight &&
			this.remaining > this.inFlight
		) {
			const [trigger, waiters] = queues.entries().next().value!;
			const waiter = waiters.shift()!;
			queues.delete(trigger);
			if (waiters.length > 0) queues.set(trigger, waiters);
			this.count(1);
			waiter.send();
		}
		if (queues.size > 0) this.wakeAt(availableAt);
	}

	/** A poll whose requests are rejected asks for no more, so the queues are not changed meanwhile. */
	private rejectBefore(moment: number): void {
		this.firstDeadline = Infinity;
		for (const [trigger, waiters] of this.queues) {
			const kept = waiters.filter(({ deadline }) => deadline >= moment);
			for (const { deadline } of kept) this.firstDeadline = Math.min(this.firstDeadline, deadline);
			if (kept.length === waiters.length) continue;
			if (kept.length > 0) this.queues.set(trigger, kept);
			else this.queues.delete(trigger);
			for (const { deadline, reject } of waiters) if (deadline < moment) reject();
		}
	}

	private wakeAt(moment: number): void {
		if (moment <= this.events.now || moment === this.wakesAt) return;
		this.wakesAt = moment;
		this.events.schedule(moment, () => {
			if (this.wakesAt === moment) this.wakesAt = 0;
			this.drain();
		});
	}
}
