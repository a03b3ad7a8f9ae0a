import { waitUnlessAborted } from '../utils/async';

interface Gate {
	/** How many requests to track a video wait for their answer. */
	inFlight: number;
	/** How many wait for the gate to open. */
	waiting: number;
	/** Resolves once requests may be sent again; null if they may. */
	closed: Promise<void> | null;
	/** Called whenever a request was answered. */
	onAnswer: () => void;
}

/** By account; only as long as requests are in flight, or the gate is closed. */
const gates = new Map<string, Gate>();

function gateOf(account: string): Gate {
	const gate = gates.get(account) ?? {
		inFlight: 0,
		waiting: 0,
		closed: null,
		onAnswer: () => {},
	};
	gates.set(account, gate);
	return gate;
}

function forgetIfIdle(account: string, { inFlight, waiting, closed }: Gate): void {
	if (inFlight === 0 && waiting === 0 && closed === null) gates.delete(account);
}

/** Sends a request to track a video, once the gate of its account is open. */
export async function passGate<T>(account: string, post: () => Promise<T>): Promise<T> {
	const gate = gateOf(account);
	gate.waiting += 1;
	while (gate.closed) await gate.closed;
	gate.waiting -= 1;
	gate.inFlight += 1;
	try {
		return await post();
	} finally {
		gate.inFlight -= 1;
		gate.onAnswer();
		forgetIfIdle(account, gate);
	}
}

/**
 * Runs `work` while no request of this process to track a video is under way in an account: else usage
 * may count what no list shows yet. Requests that are under way are awaited, later ones wait.
 *
 * @throws the signal's reason once the signal is aborted, unless `work` has begun.
 */
export async function closeGate<T>(
	account: string,
	work: () => Promise<T>,
	signal?: AbortSignal,
): Promise<T> {
	const gate = gateOf(account);
	gate.waiting += 1;
	while (gate.closed && !signal?.aborted) await waitUnlessAborted(gate.closed, signal);
	gate.waiting -= 1;
	signal?.throwIfAborted();
	let open!: () => void;
	gate.closed = new Promise((resolve) => (open = resolve));
	try {
		const allAnswered = new Promise<void>((resolve) => {
			gate.onAnswer = () => gate.inFlight === 0 && resolve();
			gate.onAnswer();
		});
		await waitUnlessAborted(allAnswered, signal);
		signal?.throwIfAborted();
		return await work();
	} finally {
		gate.closed = null;
		gate.onAnswer = () => {};
		open();
		forgetIfIdle(account, gate);
	}
}
