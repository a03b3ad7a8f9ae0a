import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { LedgerEntry } from './account';
import { ManualClock, type Clock } from './clock';
import { parseFault, type FaultList } from './faults';
import type { RecordedRequest } from './server';

/** The parts of a sandbox that the control routes read and change. */
export interface Controls {
	clock: Clock;
	requests: readonly RecordedRequest[];
	readonly ledger: readonly LedgerEntry[];
	faults: FaultList;
	balance: { readonly usd: number; add(usd: number): void };
}

const balanceBody = z.strictObject({ add_usd: z.number().finite() });
const clockBody = z.strictObject({ advance_ms: z.number().finite().nonnegative() });

/** Adds the routes under `/_sandbox`: controls for other processes, without key or rate limit. */
export function addControlRoutes(server: FastifyInstance, controls: Controls): void {
	const { clock, faults, balance } = controls;

	server.get('/_sandbox/requests', (_request, reply) => reply.send(controls.requests));
	server.get('/_sandbox/ledger', (_request, reply) => reply.send(controls.ledger));
	server.post('/_sandbox/faults', (request, reply) =>
		act(reply, () => {
			faults.add(parseFault(parse(request.body)));
			return { added: true };
		}),
	);
	server.delete('/_sandbox/faults', (_request, reply) => {
		faults.clear();
		return reply.send({ cleared: true });
	});
	server.post('/_sandbox/balance', (request, reply) =>
		act(reply, () => {
			balance.add(balanceBody.parse(parse(request.body)).add_usd);
			return { balance_usd: balance.usd };
		}),
	);
	server.post('/_sandbox/clock', (request, reply) => {
		if (!(clock instanceof ManualClock)) {
			const error = 'The clock runs in real time: start with --manual-clock to move it.';
			return reply.code(409).send({ error });
		}
		return act(reply, () => {
			clock.advance({ ms: clockBody.parse(parse(request.body)).advance_ms });
			return { now: new Date(clock.now()).toISOString() };
		});
	});
}

function parse(body: unknown): unknown {
	if (typeof body !== 'string' || body === '') throw new TypeError('Send a JSON body.');
	return JSON.parse(body);
}

function act(reply: FastifyReply, action: () => unknown): FastifyReply {
	try {
		return reply.send(action());
	} catch (error) {
		return reply.code(400).send({ error: describe(error) });
	}
}

function describe(error: unknown): string {
	if (!(error instanceof z.ZodError)) return error instanceof Error ? error.message : String(error);
	return error.issues
		.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
		.join('; ');
}
