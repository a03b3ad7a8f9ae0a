// The first import: it mocks a part of n8n-workflow, which nothing may load before.
import { keepInStep } from './time';

import type { IDataObject, INodeParameters, WorkflowExecuteMode } from 'n8n-workflow';

import type { Duration, SandboxOptions, SandboxVideo } from '../../../sandbox';
import { createFixture, type Fixture, ROW, TIKTOK } from './fixture';
import { type Credential, createPoller, type Poller } from '../../../harness/engine';
import { errorWith } from './hostVersion';

export { linkOf } from '../../../harness/links';

type PollerOptions = Parameters<typeof createPoller>[3];

// Some tests run a month of polls, and the machine may be busy.
jest.setTimeout(180_000);

/** Returns the poller for the next poll: the same one, or one that starts from its saved state. */
export type Keep = (poller: Poller) => Poller;

const inMemory: Keep = (poller) => poller;

/** The ways in which the state survives from poll to poll, for `describe.each`. */
export const KEPT: Array<[string, Keep]> = [
	['kept in memory', inMemory],
	['reloaded by a workflow restart before each poll', (poller) => poller.restarted()],
];

/** Returns the columns of events of a video with `more` after its row, in order. */
export const eventColumns = (...more: string[]): string[] => [
	'event',
	...ROW,
	...more,
	'event_key',
];

export const keysOf = (items: IDataObject[] | null): unknown[] =>
	(items ?? []).map(({ event_key }) => event_key);

/** Returns the keys of all snapshots that the API shows by now, each once. */
export const snapshotKeys = (...videos: SandboxVideo[]): string[] => [
	...new Set(
		videos.flatMap(({ id, snapshots }) =>
			snapshots.map(
				({ snapshot_time }) => `${id}:${new Date(String(snapshot_time)).toISOString()}`,
			),
		),
	),
];

export const without = <T>(all: T[], some: T[]): T[] => {
	const left = new Set(some);
	return all.filter((entry) => !left.has(entry));
};

/** Expects the same keys, each as often, in any order. */
export function expectSameKeys(actual: unknown[], expected: unknown[]): void {
	expect([...actual].map(String).sort()).toEqual([...expected].map(String).sort());
}

interface Published {
	credential: Credential;
	parameters: INodeParameters;
	options: PollerOptions;
}

/** A published trigger that is polled many times. */
export class Trigger {
	/** Everything emitted so far. */
	readonly items: IDataObject[] = [];
	/** The errors that n8n was told to record as failed executions beside the items. */
	readonly errors: Error[] = [];
	/** The errors that polls threw during `run` with `mayThrow`. */
	readonly thrown: Error[] = [];
	/** The requests of all polls, as `METHOD /path?query`. */
	readonly sent: string[] = [];
	private polls = 0;

	poller: Poller;

	constructor(
		readonly fixture: Fixture,
		private readonly published: Published,
		private readonly keep: Keep,
		{
			create = createPoller,
			staticData,
		}: { create?: typeof createPoller; staticData?: IDataObject },
	) {
		const { credential, parameters, options } = published;
		this.poller = create(credential, parameters, staticData, options);
	}

	/** Whether n8n activates the workflow by the next poll. */
	get isActivating(): boolean {
		return this.polls === 0 || this.keep !== inMemory;
	}

	/** The static data, serialized as n8n saves it. */
	get remembered(): string {
		return JSON.stringify(this.poller.staticData);
	}

	get keys(): unknown[] {
		return keysOf(this.items);
	}

	/** Polls once and records the outcome. Expects GETs only, since a trigger must never spend. */
	async poll(mode?: WorkflowExecuteMode): Promise<IDataObject[] | null> {
		this.poller = this.keep(this.poller);
		const reported = this.poller.errors.length;
		const from = this.fixture.sandbox.requests.length;
		try {
			const items = await this.poller.poll(mode);
			this.items.push(...(items ?? []));
			return items;
		} finally {
			this.polls += 1;
			this.errors.push(...this.poller.errors.slice(reported));
			const sent = this.fixture.calls().slice(from);
			this.sent.push(...sent);
			expect(sent.filter((call) => !call.startsWith('GET '))).toEqual([]);
		}
	}

	/** Polls once, and returns the error that it throws or reports; null if it does not fail. */
	async failure(): Promise<Error | null> {
		const reported = this.errors.length;
		const thrown = await this.poll().then(
			() => null,
			(error: Error) => error,
		);
		return thrown ?? this.errors[reported] ?? null;
	}

	/**
	 * Advances the clock and polls until `length` is over, by default every five minutes as n8n does.
	 *
	 * @returns the items emitted.
	 * @throws the error of a poll, unless `mayThrow`.
	 */
	async run(
		length: Duration,
		{ every = { minutes: 5 }, mayThrow = false }: { every?: Duration; mayThrow?: boolean } = {},
	): Promise<IDataObject[]> {
		const from = this.items.length;
		const end = this.fixture.clock.now() + msOf(length);
		while (this.fixture.clock.now() + msOf(every) <= end) {
			this.fixture.clock.advance(every);
			const failure = await this.poll().then(
				() => null,
				(error: Error) => error,
			);
			if (failure && !mayThrow) throw failure;
			if (failure) this.thrown.push(failure);
		}
		return this.items.slice(from);
	}

	/** Returns this trigger after a restart of n8n: its saved state, in newly loaded modules. */
	inNewProcess(): Trigger {
		let host: { createPoller: typeof createPoller } | undefined;
		jest.isolateModules(() => {
			host = jest.requireActual<{ createPoller: typeof createPoller }>('../../../harness/engine');
		});
		return new Trigger(this.fixture, this.published, this.keep, {
			create: host!.createPoller,
			staticData: JSON.parse(this.remembered),
		});
	}

	/**
	 * Polls once and expects `failure`. If the poll activates the workflow, it must not throw, since n8n
	 * would never poll again. Either way the state must stay unchanged.
	 */
	async expectFailure(failure: object): Promise<void> {
		const before = this.remembered;
		if (this.isActivating) expect(await this.poll()).toBeNull();
		else await expect(this.poll()).rejects.toMatchObject(errorWith(failure));
		expect(this.remembered).toBe(before);
	}
}

export const msOf = ({ hours = 0, minutes = 0, seconds = 0, ms = 0 }: Duration): number =>
	((hours * 60 + minutes) * 60 + seconds) * 1000 + ms;

export interface TriggerFixture extends Fixture {
	/** Advances the clocks of the sandbox and of n8n. */
	advance: (by: Duration) => void;
	/** Publishes a trigger. */
	watch: (
		parameters?: INodeParameters,
		more?: { keep?: Keep; staticData?: IDataObject; credential?: Credential } & PollerOptions,
	) => Trigger;
}

/**
 * Starts a sandbox that takes snapshots on the hour, and keeps n8n's clock in step with it.
 *
 * @param skewMs how far n8n's clock is ahead, in milliseconds.
 */
export async function createTriggerFixture({
	skewMs = 0,
	...options
}: SandboxOptions & { skewMs?: number } = {}): Promise<TriggerFixture> {
	const fixture = await createFixture({ firstSnapshotDelayMs: 0, ...options });
	keepInStep(fixture.clock, skewMs);
	return {
		...fixture,
		advance: (by) => fixture.clock.advance(by),
		watch(parameters = {}, { keep = inMemory, staticData, credential, ...options } = {}) {
			const published = { credential: credential ?? fixture.credential, parameters, options };
			return new Trigger(fixture, published, keep, { staticData });
		},
	};
}

/** Seeds a video that has been tracked for `hours`, and polls a trigger once so that it knows it. */
export async function createWatchedFixture(
	keep: Keep,
	parameters: INodeParameters = {},
	hours = 3,
): Promise<TriggerFixture & { video: SandboxVideo; trigger: Trigger }> {
	const fixture = await createTriggerFixture();
	const video = fixture.sandbox.seedVideo({ video_link: TIKTOK });
	fixture.advance({ hours });
	const trigger = fixture.watch(parameters, { keep });
	await trigger.poll();
	return { ...fixture, video, trigger };
}
