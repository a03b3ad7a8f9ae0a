import {
	BudgetExhaustedError,
	ContentStatsError,
	unreadableReply,
} from '../../../nodes/ContentStats/api/errors';
import { runPoll } from '../../../nodes/ContentStats/polling/poll';
import type { PollSettings } from '../../../nodes/ContentStats/polling/parameters';
import { type PollState, readState, toStored } from '../../../nodes/ContentStats/polling/state';
import { parseSelectedVideos } from '../../../nodes/ContentStats/polling/parameters';
import type { Watch } from '../../../nodes/ContentStats/polling/watch';
import {
	at,
	fakeClient,
	deepFreeze,
	httpError,
	iso,
	settingsOf,
	snapshot,
	usageOf,
	video,
	type FakeApi,
	fakeApi,
} from '../support/fakeClient';

const OWNER = { api: 'https://contentstats.io/api/v1', nodeId: 'node' };
const ALL: Watch = { kind: 'all' };
const MINUTE = 1 / 60;
/** The hour of the first poll. */
const START = 100;

const keyOf = (id: string, hour: number) => `${id}:${iso(hour)}`;
const keysAt = (id: string, ...hours: number[]) => hours.map((hour) => keyOf(id, hour));
const isGet = (request: string) => request.startsWith('get ');

type Fields = Partial<PollSettings> & { watch?: Watch };

/** Creates a trigger that polls a fake API as the node does, and keeps its state as n8n does. */
function createTrigger(api: FakeApi, { watch = ALL, ...settings }: Fields = {}) {
	const trigger = {
		api,
		settings,
		watch,
		state: null as PollState | null,
		process: 'p1',
		hour: START,
		isActivation: true,
		/** The requests of the last poll. */
		requests: [] as string[],
		/** Runs one poll `hours` later. The state is frozen, and must survive being stored as JSON. */
		async run(hours = 0) {
			trigger.hour += hours;
			api.requests.length = 0;
			try {
				const result = await runPoll(
					deepFreeze(trigger.state),
					trigger.watch,
					settingsOf(trigger.settings),
					{
						client: fakeClient(api),
						listClient: fakeClient(api),
						owner: OWNER,
						now: () => at(trigger.hour),
						processId: trigger.process,
						account: 'a',
						isActivation: trigger.isActivation,
					},
				);
				const stored = result.state && toStored(result.state);
				expect(JSON.parse(JSON.stringify(stored))).toEqual(stored);
				trigger.state = readState(stored, OWNER);
				trigger.isActivation = false;
				return result;
			} finally {
				trigger.requests = [...api.requests];
			}
		},
		/** Runs one poll `hours` later and returns the keys of its items. */
		async poll(hours = 0) {
			return (await trigger.run(hours)).items.map(({ event_key }) => event_key);
		},
		/** Polls for `hours` hours, once every `every` hours, and returns the keys of all items. */
		async pollFor(hours: number, every = 5 * MINUTE) {
			const keys: string[] = [];
			const end = trigger.hour + hours;
			while (trigger.hour + every <= end) keys.push(...(await trigger.poll(every)));
			return keys;
		},
	};
	return trigger;
}

const find = (api: FakeApi, id: string) => api.videos.find((entry) => entry.id === id)!;
const add = (api: FakeApi, id: string, ...hours: number[]) =>
	void find(api, id).snapshots!.push(...hours.map((hour) => snapshot(hour)));

describe('the first poll', () => {
	const api = () =>
		fakeApi(video('a', { hours: [97, 99] }), video('b', { hours: [98] }), video('c'));

	test.each<[PollSettings['startFrom'], string[]]>([
		['new', []],
		['latest', [keyOf('b', 98), keyOf('a', 99)]],
		['beginning', [keyOf('a', 97), keyOf('b', 98), keyOf('a', 99)]],
	])('from “%s” is followed by each new snapshot once', async (startFrom, keys) => {
		const trigger = createTrigger(api(), { startFrom });
		expect(await trigger.poll()).toEqual(keys);
		expect(trigger.requests).toEqual(['list * *', 'get a', 'get b', 'get c']);

		add(trigger.api, 'a', 101);
		add(trigger.api, 'b', 100);
		add(trigger.api, 'c', 102);
		expect(await trigger.poll(3)).toEqual([keyOf('b', 100), keyOf('a', 101), keyOf('c', 102)]);
		expect(await trigger.poll(3)).toEqual([]);
	});

	it('counts as the start even if there are no videos yet', async () => {
		const trigger = createTrigger(fakeApi());
		expect(await trigger.poll()).toEqual([]);
		trigger.api.videos.push(video('a', { hours: [100], created: 99 }));
		expect(await trigger.poll(1)).toEqual(keysAt('a', 100));
	});

	it('throws if the list fails, since nothing can be seeded without it', async () => {
		const trigger = createTrigger(api());
		trigger.api.failures.set('list', httpError(503, 'the list of videos'));
		await expect(trigger.poll()).rejects.toMatchObject({ kind: 'server_error' });
	});

	it('leaves a failing video to be seeded by a later poll, so that its history does not flood', async () => {
		const trigger = createTrigger(api());
		trigger.api.failures.set('b', httpError(500, 'video b'));
		expect(await trigger.poll()).toEqual([]);
		trigger.api.failures.clear();
		add(trigger.api, 'b', 99.5);
		expect(await trigger.poll(MINUTE)).toEqual([]);
		add(trigger.api, 'b', 100.5);
		expect(await trigger.poll(1)).toEqual(keysAt('b', 100.5));
	});

	it('throws for an unknown selected id, while later polls count it as failing', async () => {
		const trigger = createTrigger(api(), { watch: parseSelectedVideos('a typo') });
		await expect(trigger.poll()).rejects.toMatchObject({ kind: 'not_found' });
		expect(trigger.state).toBeNull();
		trigger.isActivation = false;
		const { problems } = await trigger.run();
		expect(problems).toMatchObject([{ kind: 'not_found' }]);

		trigger.isActivation = true;
		expect((await trigger.run(1)).problems).toMatchObject([{ kind: 'not_found' }]);
		trigger.isActivation = true;
		trigger.watch = parseSelectedVideos('a b typo');
		await expect(trigger.poll(1)).rejects.toMatchObject({ kind: 'not_found' });
	});

	it('sends only read requests, each once', async () => {
		const events: PollSettings['events'] = ['snapshot.created', 'balance.low'];
		const trigger = createTrigger(api(), { events });
		await trigger.poll();
		expect(trigger.requests).toEqual(['list * *', 'get a', 'get b', 'get c', 'usage']);
	});
});

describe('a later poll', () => {
	it('sends no request and returns the same state if nothing is due', async () => {
		const trigger = createTrigger(fakeApi(video('a', { hours: [98, 99, 100] })));
		await trigger.poll();
		const { state } = trigger;
		const result = await trigger.run(MINUTE);
		expect(trigger.requests).toEqual([]);
		expect(result).toEqual({
			isTurnedAway: false,
			isListCut: false,
			items: [],
			state,
			problems: [],
			unusable: [],
			report: null,
			fullSlices: [],
		});
		expect(result.state).toBe(state);
	});

	it('lists every 7.5 minutes, and fetches a video when its snapshot is due', async () => {
		const trigger = createTrigger(fakeApi(video('a', { hours: [97, 98, 99, 100] })));
		await trigger.poll();
		const sent: Array<[number, string]> = [];
		for (let minute = 1; minute <= 65; minute += 1) {
			await trigger.poll(MINUTE);
			sent.push(...trigger.requests.map((request): [number, string] => [minute, request]));
		}
		const minutesOf = (name: string) =>
			sent.filter(([, request]) => request === name).map(([minute]) => minute);
		expect(minutesOf('list * *')).toEqual([8, 16, 24, 32, 40, 48, 56, 64]);
		expect(minutesOf('get a')).toEqual([60, 61, 62, 63, 65]);
	});

	it('emits every snapshot of a video tracked since the last list', async () => {
		const trigger = createTrigger(fakeApi(video('a', { hours: [99], created: 90 })));
		await trigger.poll();
		trigger.api.videos.push(video('n', { hours: [100.1, 100.2], created: 100 }));
		expect(await trigger.poll(0.25)).toEqual(keysAt('n', 100.1, 100.2));
	});

	it('fetches a paused video every hour if selected by id, and every six hours if listed', async () => {
		const link = 'https://x.com/u/status/12';
		const paused = { hours: [97, 98, 99], status: 'paused' };
		const linked = video('b', { ...paused, video_link: link, platform: 'twitter' });
		const trigger = createTrigger(fakeApi(video('a', paused), linked), {
			watch: parseSelectedVideos(`a ${link}`),
		});
		await trigger.poll();
		const sent: Array<[number, string]> = [];
		for (let hour = 1; hour <= 6; hour += 1) {
			await trigger.poll(1);
			sent.push(...trigger.requests.filter(isGet).map((get): [number, string] => [hour, get]));
		}
		const hoursOf = (name: string) => sent.filter(([, get]) => get === name).map(([hour]) => hour);
		expect([hoursOf('get a'), hoursOf('get b')]).toEqual([[1, 2, 3, 4, 5, 6], [6]]);
	});

	it('drops a video that turns out not to be on the newly chosen platform', async () => {
		const trigger = createTrigger(
			fakeApi(video('t', { hours: [99] }), video('y', { hours: [99], platform: 'youtube' })),
		);
		await trigger.poll();
		add(trigger.api, 't', 100);
		add(trigger.api, 'y', 100);
		trigger.watch = { kind: 'all', platform: 'youtube' };
		expect(await trigger.poll(1)).toEqual(keysAt('y', 100));
		expect(trigger.requests).toEqual(['list youtube *', 'get t', 'get y']);
		expect(Object.keys(trigger.state!.videos)).toEqual(['y']);
	});

	it('reports the slice of the list that holds more videos than the API shows', async () => {
		const api = fakeApi(...Array.from({ length: 101 }, (_, n) => video(`v${n}`, { created: n })));
		const { fullSlices } = await createTrigger(api).run();
		expect(fullSlices).toEqual([{ platform: 'tiktok', status: 'monitoring' }]);
	});
});

describe('a poll that leaves work for later', () => {
	const outOfTime = new BudgetExhaustedError('video b', false);
	const polledOnce = async (fields: Fields = {}) => {
		const trigger = createTrigger(
			fakeApi(video('a', { hours: [97, 98, 99] }), video('b', { hours: [97, 98, 99] })),
			fields,
		);
		await trigger.poll();
		add(trigger.api, 'a', 100);
		add(trigger.api, 'b', 100);
		return trigger;
	};

	it('emits the other videos if one fails, and resumes that one at its cursor', async () => {
		const trigger = await polledOnce();
		trigger.api.failures.set('a', httpError(500, 'video a'));
		const { items, problems } = await trigger.run(1);
		expect(items.map(({ event_key }) => event_key)).toEqual(keysAt('b', 100));
		expect(problems).toMatchObject([{ kind: 'server_error' }]);
		add(trigger.api, 'a', 101);
		trigger.api.failures.clear();
		expect(await trigger.poll(1)).toEqual(keysAt('a', 100, 101));
	});

	it('emits the other videos if one cannot be read, and retries that one', async () => {
		const trigger = await polledOnce();
		trigger.api.failures.set('a', unreadableReply('video a', 'snapshots: Expected a list'));
		expect(await trigger.poll(1)).toEqual(keysAt('b', 100));
		trigger.api.failures.clear();
		expect(await trigger.poll(MINUTE)).toEqual(keysAt('a', 100));
	});

	it('fetches due videos if the list fails, and retries the list', async () => {
		const trigger = await polledOnce();
		trigger.api.failures.set('list', httpError(500, 'the list of videos'));
		const { items, problems } = await trigger.run(1);
		expect(items.map(({ event_key }) => event_key)).toEqual([keyOf('a', 100), keyOf('b', 100)]);
		expect(problems).toMatchObject([{ kind: 'server_error' }]);
		await trigger.poll(MINUTE);
		expect(trigger.requests).toContain('list * *');
	});

	it('fetches due videos if the balance fails, and retries the balance', async () => {
		const trigger = await polledOnce({ events: ['snapshot.created', 'balance.low'] });
		trigger.api.failures.set('usage', httpError(500, 'usage'));
		expect(await trigger.poll(1)).toHaveLength(2);
		trigger.api.failures.clear();
		trigger.api.usage = usageOf(1);
		expect(await trigger.poll(MINUTE)).toEqual([`balance.low:${iso(START + 1 + MINUTE)}`]);
	});

	test.each<[string, ContentStatsError]>([
		['time', outOfTime],
		['rate limit', httpError(429, 'video b')],
	])('fetches the remaining videos at the next poll if the %s is used up', async (_, error) => {
		const trigger = await polledOnce({ events: ['snapshot.created', 'balance.low'] });
		trigger.api.failures.set('b', error);
		expect(await trigger.poll(1)).toEqual(keysAt('a', 100));
		expect(trigger.requests).not.toContain('usage');
		trigger.api.failures.clear();
		expect(await trigger.poll(MINUTE)).toEqual(keysAt('b', 100));
		expect(trigger.requests.filter(isGet)).toEqual(['get b']);
	});

	it('succeeds without items if it had no time to send a request, and catches up later', async () => {
		const trigger = await polledOnce();
		for (const name of ['list', 'a', 'b']) trigger.api.failures.set(name, outOfTime);
		expect(await trigger.poll(1)).toEqual([]);
		trigger.api.failures.clear();
		expect(await trigger.poll(MINUTE)).toEqual([keyOf('a', 100), keyOf('b', 100)]);
	});
});

describe('a failing poll', () => {
	const polledOnce = async (fields: Fields = {}) => {
		const trigger = createTrigger(fakeApi(video('a', { hours: [97, 98, 99] }), video('b')), fields);
		await trigger.poll();
		return trigger;
	};
	const failAll = ({ api }: { api: FakeApi }, error: Error, ...names: string[]) => {
		for (const name of ['list', 'a', 'b', ...names]) api.failures.set(name, error);
	};

	it('throws if usage fails as well', async () => {
		const trigger = await polledOnce();
		failAll(trigger, httpError(503, 'anything'), 'usage');
		const { state } = trigger;
		await expect(trigger.poll(1)).rejects.toMatchObject({ kind: 'server_error' });
		expect(trigger.requests.sort()).toEqual(['get a', 'get b', 'list * *', 'usage']);
		expect(trigger.state).toBe(state);
	});

	it('throws if every video fails, even if the key works', async () => {
		const trigger = await polledOnce();
		failAll(trigger, httpError(403, 'video a'));
		await expect(trigger.poll(1)).rejects.toMatchObject({ kind: 'forbidden' });
		expect(trigger.requests).toContain('usage');
	});

	it('throws the rate limit error with its wait, without probing usage', async () => {
		const trigger = await polledOnce();
		const rateLimited = new ContentStatsError('rate_limited', {
			message: 'used up',
			description: '',
			retryAfterMs: 50_000,
		});
		failAll(trigger, rateLimited);
		await expect(trigger.poll(1)).rejects.toBe(rateLimited);
		expect(trigger.requests).not.toContain('usage');
	});

	it('throws an error that concerns every video, even if some were fetched', async () => {
		const trigger = await polledOnce();
		trigger.api.failures.set('b', httpError(401, 'video b'));
		await expect(trigger.poll(1)).rejects.toMatchObject({ kind: 'invalid_credential' });
	});

	it('treats a 404 as a deletion only if usage proves that the key works', async () => {
		const events: PollSettings['events'] = ['video.deleted'];
		const trigger = createTrigger(fakeApi(video('a', { hours: [99] })), {
			events,
			watch: parseSelectedVideos('a'),
		});
		await trigger.poll();
		trigger.api.videos.length = 0;
		trigger.api.failures.set('usage', httpError(503, 'usage'));
		await expect(trigger.poll(1)).rejects.toMatchObject({ kind: 'server_error' });
		trigger.api.failures.clear();
		expect(await trigger.poll(1)).toEqual(['a:deleted']);
		expect(trigger.requests).toEqual(['get a', 'usage']);
	});
});

describe('a video that ends', () => {
	const events: PollSettings['events'] = ['snapshot.created', 'tracking.ended'];

	it('loses no snapshot, is fetched again an hour and a day later, and is forgotten', async () => {
		const trigger = createTrigger(
			fakeApi(video('a', { hours: [97, 98, 99] }), video('b', { hours: [99] })),
			{ events },
		);
		await trigger.poll();
		add(trigger.api, 'a', 100, 100.1);
		find(trigger.api, 'a').status = 'completed';
		expect(await trigger.poll(0.2)).toEqual([...keysAt('a', 100, 100.1), 'a:ended']);
		add(trigger.api, 'a', 100.15);
		const fetchedAfter: number[] = [];
		const keys: string[] = [];
		for (let quarter = 1; quarter <= 100; quarter += 1) {
			keys.push(...(await trigger.poll(0.25)));
			if (trigger.requests.includes('get a')) fetchedAfter.push(quarter / 4);
		}
		expect(keys.filter((key) => key.startsWith('a'))).toEqual(keysAt('a', 100.15));
		expect(fetchedAfter).toEqual([1, 24]);
		expect(Object.keys(trigger.state!.videos)).toEqual(['b']);
	});

	it('is still fetched if it leaves the list first', async () => {
		const trigger = createTrigger(fakeApi(video('a', { hours: [99] }), video('b')), { events });
		await trigger.poll();
		const list = fakeClient(fakeApi(video('b')));
		const client = { ...fakeClient(trigger.api), list: list.list };
		add(trigger.api, 'a', 100);
		const { items } = await runPoll(trigger.state, ALL, settingsOf({ events }), {
			client,
			listClient: client,
			owner: OWNER,
			now: () => at(START + 0.2),
			processId: 'p1',
			account: 'a',
			isActivation: false,
		});
		expect(items.map(({ event_key }) => event_key)).toEqual(keysAt('a', 100));
	});

	it('emits tracking.ended after its last snapshots, however few items a poll may emit', async () => {
		const api = fakeApi(video('a', { hours: [97, 98, 99] }), video('b', { hours: [97] }));
		const trigger = createTrigger(api, { events, startFrom: 'beginning', maxItemsPerPoll: 2 });
		const keys = await trigger.poll();
		find(api, 'a').status = 'completed';
		for (let n = 0; n < 5; n += 1) keys.push(...(await trigger.poll(0.2)));
		expect(keys).toEqual([keyOf('a', 97), keyOf('b', 97), ...keysAt('a', 98, 99), 'a:ended']);
	});
});

describe('a video that the API no longer knows', () => {
	const events: PollSettings['events'] = ['snapshot.created', 'video.deleted'];
	const polledOnce = async () => {
		const trigger = createTrigger(
			fakeApi(video('a', { hours: [97, 98, 99] }), video('b', { hours: [97, 98, 99] })),
			{ events },
		);
		await trigger.poll();
		return trigger;
	};

	it('is emitted as deleted once the list of the next poll does not show it', async () => {
		const trigger = await polledOnce();
		await trigger.poll(55 * MINUTE);
		trigger.api.videos.shift();
		add(trigger.api, 'b', 100);
		expect(await trigger.poll(5 * MINUTE)).toEqual(keysAt('b', 100));
		expect(trigger.requests).toEqual(['get a', 'get b']);
		expect(await trigger.poll(MINUTE)).toEqual(['a:deleted']);
		expect(trigger.requests).toEqual(['list * *', 'get a']);
	});

	it('resumes at its cursor if it comes back', async () => {
		const trigger = await polledOnce();
		const [a] = trigger.api.videos.splice(0, 1);
		expect(await trigger.poll(0.25)).toEqual(['a:deleted']);
		trigger.api.videos.push(a!);
		add(trigger.api, 'a', 100);
		expect(await trigger.poll(0.25)).toEqual(keysAt('a', 100));
		add(trigger.api, 'a', 101);
		expect((await trigger.pollFor(1.5)).filter((key) => key.startsWith('a'))).toEqual(
			keysAt('a', 101),
		);
	});

	it('is emitted as deleted once, fetched twice more, and forgotten', async () => {
		const trigger = await polledOnce();
		trigger.api.videos.shift();
		const keys: string[] = [];
		let fetches = 0;
		for (let quarter = 1; quarter <= 100; quarter += 1) {
			keys.push(...(await trigger.poll(0.25)));
			fetches += trigger.requests.filter((request) => request === 'get a').length;
		}
		expect(keys).toEqual(['a:deleted']);
		expect(fetches).toBe(3);
		expect(Object.keys(trigger.state!.videos)).toEqual(['b']);
	});
});

describe('the balance', () => {
	it('is checked every 15 minutes if balance.low is chosen, and each fall is emitted once', async () => {
		const watch = parseSelectedVideos('a');
		const api = fakeApi(video('a', { hours: [97, 98, 99, 100] }));
		const trigger = createTrigger(api, { events: ['balance.low'], watch });
		await trigger.poll();
		const checkedAt: number[] = [];
		const keys: string[] = [];
		for (let minute = 5; minute < 60; minute += 5) {
			api.usage = usageOf(minute === 30 ? 9 : 1);
			keys.push(...(await trigger.poll(5 * MINUTE)));
			if (trigger.requests.includes('usage')) checkedAt.push(minute);
		}
		expect(checkedAt).toEqual([15, 30, 45]);
		expect(keys).toEqual([15, 45].map((minute) => `balance.low:${iso(START + minute * MINUTE)}`));
	});
});

describe('maxItemsPerPoll', () => {
	const api = () =>
		fakeApi(
			video('a', { hours: [1, 3, 5, 7] }),
			video('b', { hours: [2, 3, 6] }),
			video('c', { hours: [4] }),
		);
	const ALL_KEYS = [
		keyOf('a', 1),
		keyOf('b', 2),
		keyOf('a', 3),
		keyOf('b', 3),
		keyOf('c', 4),
		keyOf('a', 5),
		keyOf('b', 6),
		keyOf('a', 7),
	];
	/** Runs `polls` polls, a minute apart, and returns their keys. */
	async function spread(maxItems: number, polls = 12) {
		const trigger = createTrigger(api(), { startFrom: 'beginning', maxItemsPerPoll: maxItems });
		const keys: string[] = [];
		for (let n = 0; n < polls; n += 1) {
			const more = await trigger.poll(MINUTE);
			expect(more.length).toBeLessThanOrEqual(maxItems);
			keys.push(...more);
		}
		return keys;
	}

	test.each([2, 3, 7, 8, 9])(
		'of %d spreads items over polls, oldest first, and loses none',
		async (maxItems) => {
			expect(await spread(maxItems)).toEqual(ALL_KEYS);
		},
	);

	test('of 1 emits every item, one per poll', async () => {
		expect(await spread(1)).toEqual(ALL_KEYS);
	});

	it('loses no snapshot that arrives while the history is still being emitted', async () => {
		const trigger = createTrigger(api(), { startFrom: 'beginning', maxItemsPerPoll: 3 });
		const keys = await trigger.poll();
		add(trigger.api, 'a', 0.5, 8);
		keys.push(...(await trigger.pollFor(0.2, MINUTE)));
		expect([...keys].sort()).toEqual([...ALL_KEYS, keyOf('a', 0.5), keyOf('a', 8)].sort());
	});

	it('spreads the backlog of a pause of days over polls', async () => {
		const hours = Array.from({ length: 200 }, (_, n) => START + n);
		const trigger = createTrigger(fakeApi(video('a', { hours: [START - 1] })), {
			maxItemsPerPoll: 60,
		});
		await trigger.poll();
		add(trigger.api, 'a', ...hours);
		const keys = await trigger.poll(200);
		expect(keys).toHaveLength(60);
		expect([...keys, ...(await trigger.pollFor(0.1, MINUTE))]).toEqual(keysAt('a', ...hours));
	});
});

describe('changing the watched videos', () => {
	test.each<[PollSettings['startFrom'], string[]]>([
		['new', [keyOf('a', 100)]],
		['latest', [keyOf('b', 99), keyOf('a', 100)]],
		['beginning', [keyOf('b', 98), keyOf('b', 99), keyOf('a', 100)]],
	])('seeds added videos from “%s” while the others continue', async (startFrom, keys) => {
		const api = fakeApi(video('a', { hours: [98, 99] }), video('b', { hours: [98, 99] }));
		const trigger = createTrigger(api, { startFrom, watch: parseSelectedVideos('a') });
		await trigger.poll();
		add(api, 'a', 100);
		trigger.watch = parseSelectedVideos('a b');
		expect(await trigger.poll(1)).toEqual(keys);
		trigger.watch = parseSelectedVideos('b');
		add(api, 'a', 101);
		add(api, 'b', 101);
		expect(await trigger.poll(1)).toEqual(keysAt('b', 101));
		expect(Object.keys(trigger.state!.videos)).toEqual(['b']);
	});

	it('throws if the list fails, and loses no snapshot', async () => {
		const api = fakeApi(video('a', { hours: [99] }));
		const trigger = createTrigger(api, { watch: parseSelectedVideos('a') });
		await trigger.poll();
		trigger.watch = ALL;
		api.failures.set('list', httpError(500, 'the list of videos'));
		add(api, 'a', 100);
		await expect(trigger.poll(1)).rejects.toMatchObject({ kind: 'server_error' });
		api.failures.clear();
		expect(await trigger.poll(MINUTE)).toEqual(keysAt('a', 100));
	});
});

describe('replay after a restart', () => {
	const replayAfterRestart = true;
	/** Creates a trigger that emitted these hours of video `a` in steps, `minutes` after its start. */
	async function triggerAfter(
		steps: Array<[minutes: number, hours: number[]]>,
		fields: Fields = {},
	) {
		const trigger = createTrigger(fakeApi(video('a'), video('b')), {
			replayAfterRestart,
			...fields,
		});
		await trigger.poll();
		for (const [minutes, hours] of steps) {
			add(trigger.api, 'a', ...hours);
			trigger.state = structuredClone(trigger.state)!;
			trigger.state.videos.a!.isDue = true;
			trigger.hour = START;
			expect(await trigger.poll(minutes * MINUTE)).toEqual(keysAt('a', ...hours));
		}
		return trigger;
	}
	const restarted = async (steps: Parameters<typeof triggerAfter>[0], more: Fields = {}) => {
		const trigger = await triggerAfter(steps, more);
		trigger.process = 'p2';
		return trigger;
	};

	it('repeats nothing in the same process', async () => {
		const trigger = await triggerAfter([
			[1, [1]],
			[2, [2]],
		]);
		expect(await trigger.pollFor(1)).toEqual([]);
	});

	it('repeats everything emitted in the ten minutes before the last emission, once', async () => {
		const steps: Array<[number, number[]]> = [
			[0, [1]],
			[1, [2]],
			[14, [3]],
			[20, [4, 5]],
		];
		const trigger = await restarted(steps);
		expect(await trigger.poll(MINUTE)).toEqual(keysAt('a', 3, 4, 5));
		expect(await trigger.pollFor(1)).toEqual([]);
	});

	it('counts the ten minutes from the last emission, however long n8n was down', async () => {
		const trigger = await restarted([
			[1, [1]],
			[2, [2]],
		]);
		expect(await trigger.poll(72)).toEqual(keysAt('a', 1, 2));
	});

	it('counts the ten minutes from the last emission, however many polls found nothing since', async () => {
		const trigger = await triggerAfter([[1, [1]]]);
		expect(await trigger.pollFor(2)).toEqual([]);
		trigger.process = 'p2';
		expect(await trigger.poll(MINUTE)).toEqual(keysAt('a', 1));
	});

	it('repeats again after a second crash, since the first replay may be lost too', async () => {
		const trigger = await restarted([[1, [1]]]);
		expect(await trigger.poll(MINUTE)).toEqual(keysAt('a', 1));
		trigger.process = 'p3';
		expect(await trigger.poll(MINUTE)).toEqual(keysAt('a', 1));
	});

	it('emits repeated and new snapshots together, oldest first, under the same keys', async () => {
		const trigger = await triggerAfter([], { events: ['tracking.started', 'snapshot.created'] });
		add(trigger.api, 'a', 1);
		expect(await trigger.poll(0.5)).toEqual(['a:started', keyOf('a', 1)]);
		add(trigger.api, 'a', 2);
		trigger.process = 'p2';
		expect(await trigger.poll(MINUTE)).toEqual(['a:started', keyOf('a', 1), keyOf('a', 2)]);
	});

	it('repeats status events and balance.low', async () => {
		const trigger = await triggerAfter([], { events: ['tracking.ended', 'balance.low'] });
		trigger.api.usage = usageOf(1);
		find(trigger.api, 'a').status = 'completed';
		const keys = await trigger.poll(0.5);
		expect(keys).toEqual(['a:ended', `balance.low:${iso(START + 0.5)}`]);
		trigger.process = 'p2';
		expect(await trigger.poll(MINUTE)).toEqual(keys);
		expect(await trigger.pollFor(1)).toEqual([]);
	});

	it.each([
		['repeats nothing while the option is off', false, false],
		['stops when the option is turned off', true, false],
		['repeats nothing when the option is turned on later', false, true],
	])('%s', async (_, before, after) => {
		const trigger = await restarted([[1, [1]]], { replayAfterRestart: before });
		trigger.settings = { replayAfterRestart: after };
		expect(await trigger.pollFor(1)).toEqual([]);
		expect(trigger.state!.processId).toBe(after ? 'p2' : undefined);
	});

	it('is complete even if it takes several polls', async () => {
		const trigger = await restarted([
			[1, [1, 2, 3]],
			[2, [4, 5]],
		]);
		trigger.settings = { replayAfterRestart, maxItemsPerPoll: 2 };
		const keys: string[] = [];
		for (let n = 0; n < 6; n += 1) {
			const more = await trigger.poll(MINUTE);
			expect(more.length).toBeLessThanOrEqual(2);
			keys.push(...more);
		}
		expect(keys).toEqual(keysAt('a', 1, 2, 3, 4, 5));
	});

	it('is retried if the video cannot be fetched after the restart', async () => {
		const trigger = await restarted([[1, [1]]]);
		trigger.api.failures.set('a', httpError(500, 'video a'));
		expect(await trigger.poll(8 * MINUTE)).toEqual([]);
		trigger.api.failures.clear();
		expect(await trigger.poll(MINUTE)).toEqual(keysAt('a', 1));
	});

	it('emits nothing new of a video that is no longer watched', async () => {
		const trigger = await triggerAfter([[1, [1]]], { startFrom: 'beginning' });
		trigger.watch = parseSelectedVideos('b');
		await trigger.poll(0.5);
		expect(Object.keys(trigger.state!.videos)).toEqual(['b']);
		add(trigger.api, 'a', 2);
		trigger.process = 'p2';
		expect(await trigger.poll(MINUTE)).toEqual(keysAt('a', 1));
		expect(Object.keys(trigger.state!.videos)).toEqual(['b']);
		expect(await trigger.pollFor(1)).toEqual([]);
	});
});

it('later polls emit a history that is too large for one poll, oldest first over all videos', async () => {
	const hours = Array.from({ length: 40 }, (_, n) => n);
	const ids = Array.from({ length: 10 }, (_, n) => `v${n}`);
	const trigger = createTrigger(fakeApi(...ids.map((id) => video(id, { hours }))), {
		startFrom: 'beginning',
		maxItemsPerPoll: 50,
	});
	const keys = await trigger.pollFor(0.5, MINUTE);
	expect(keys).toEqual(hours.flatMap((hour) => ids.map((id) => keyOf(id, hour))));
});
