interface Event {
	/** In milliseconds. */
	at: number;
	/** Breaks ties: events of one moment happen in the order in which they were scheduled. */
	order: number;
	happen: () => void;
}

const isBefore = (a: Event, b: Event): boolean =>
	a.at < b.at || (a.at === b.at && a.order < b.order);

/** The events to come of a simulation, in a binary heap. Times are milliseconds since its begin. */
export class EventQueue {
	now = 0;
	private readonly heap: Event[] = [];
	private scheduled = 0;

	/** Schedules an event. @param at in milliseconds, not before `now` */
	schedule(at: number, happen: () => void): void {
		const event = { at, order: this.scheduled++, happen };
		const { heap } = this;
		let place = heap.length;
		while (place > 0) {
			const parent = (place - 1) >> 1;
			if (!isBefore(event, heap[parent]!)) break;
			heap[place] = heap[parent]!;
			place = parent;
		}
		heap[place] = event;
	}

	/** Lets all events happen up to a moment, in milliseconds. */
	runUntil(end: number): void {
		for (let next = this.heap[0]; next && next.at <= end; next = this.heap[0]) {
			this.removeFirst();
			this.now = next.at;
			next.happen();
		}
		this.now = end;
	}

	private removeFirst(): void {
		const { heap } = this;
		const last = heap.pop()!;
		if (heap.length === 0) return;
		let place = 0;
		for (;;) {
			let child = 2 * place + 1;
			if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
			if (child >= heap.length || !isBefore(heap[child]!, last)) break;
			heap[place] = heap[child]!;
			place = child;
		}
		heap[place] = last;
	}
}
