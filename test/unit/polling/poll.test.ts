import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

import { BudgetExhaustedError, ContentStatsError } from '../../../nodes/ContentStats/api/errors';
import type { VideoWithSnapshots } from '../../../nodes/ContentStats/api/schemas';
import { runPoll } from '../../../nodes/ContentStats/polling/poll';
import type { PollSettings } from '../../../nodes/ContentStats/polling/parameters';
import { type PollState, readState } from '../../../nodes/ContentStats/polling/state';
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

const BASE = 'https://contentstats.io/api/v1';
const ALL: Watch = { kind: 'all' };
const MINUTE = 1 / 60;
/** The hour of the first poll. */
const START = 100;

const keyOf = (id: string, hour: number) => `${id}:${iso(hour)}`;
const keysAt = (id: string, ...hours: number[]) => hours.map((hour) => keyOf(id, hour));
const isGet = (request: string) => request.startsWith('get ');

type Fields = Partial<PollSettings> & { watch?: Watch };

/** A trigger on a api: polls as the node does, and keeps its state as n8n does. */
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
		/** What goes in must come out unchanged, and the state must survive being written as JSON. */
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
						baseUrl: BASE,
						now: () => at(trigger.hour),
						processId: trigger.process,
						isActivation: trigger.isActivation,
					},
				);
				const stored = JSON.parse(JSON.stringify(result.state)) as unknown;
				expect(stored).toEqual(result.state);
				trigger.state = readState(stored, BASE);
				trigger.isActivation = false;
				return result;
			} finally {
				trigger.requests = [...api.requests];
			}
		},
		/** One poll so many hours later; gives the keys of its items. */
		async poll(hours = 0) {
			return (await trigger.run(hours)).items.map(({ event_key }) => event_key);
		},
		/** Polls every `every` hours for so long; gives the keys of all their items. */
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
	])('from %s is followed by what is new, once', async (startFrom, keys) => {
		const trigger = createTrigger(api(), { startFrom });
		expect(await trigger.poll()).toEqual(keys);
		expect(trigger.requests).toEqual(['list * *', 'get a', 'get b', 'get c']);

		add(trigger.api, 'a', 101);
		add(trigger.api, 'b', 100);
		add(trigger.api, 'c', 102);
		expect(await trigger.poll(3)).toEqual([keyOf('b', 100), keyOf('a', 101), keyOf('c', 102)]);
		expect(await trigger.poll(3)).toEqual([]);
	});

	it('without videos is a start all the same', async () => {
		const trigger = createTrigger(fakeApi());
		expect(await trigger.poll()).toEqual([]);
		trigger.api.videos.push(video('a', { hours: [100], created: 99 }));
		expect(await trigger.poll(1)).toEqual(keysAt('a', 100));
	});

	it('throws where the list cannot be had, since nothing can be seeded without it', async () => {
		const trigger = createTrigger(api());
		trigger.api.failures.set('list', httpError(503, 'the list of videos'));
		await expect(trigger.poll()).rejects.toMatchObject({ kind: 'server_error' });
	});

	it('leaves a video that fails to be seeded later, so that it does not flood', async () => {
		const trigger = createTrigger(api());
		trigger.api.failures.set('b', httpError(500, 'video b'));
		expect(await trigger.poll()).toEqual([]);
		trigger.api.failures.clear();
		add(trigger.api, 'b', 99.5);
		expect(await trigger.poll(MINUTE)).toEqual([]);
		add(trigger.api, 'b', 100.5);
		expect(await trigger.poll(1)).toEqual(keysAt('b', 100.5));
	});

	it('refuses a chosen id that never was there; later ones count it as failing', async () => {
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

	it('sends nothing but reading requests, and none twice', async () => {
		const events: PollSettings['events'] = ['snapshot.created', 'balance.low'];
		const trigger = createTrigger(api(), { events });
		await trigger.poll();
		expect(trigger.requests).toEqual(['list * *', 'get a', 'get b', 'get c', 'usage']);
	});
});

describe('a later poll', () => {
	it('with nothing to ask leaves the very state that it was given', async () => {
		const trigger = createTrigger(fakeApi(video('a', { hours: [98, 99, 100] })));
		await trigger.poll();
		const { state } = trigger;
		const result = await trigger.run(MINUTE);
		expect(trigger.requests).toEqual([]);
		expect(result).toEqual({ items: [], state, problems: [], report: null, fullSlices: [] });
		expect(result.state).toBe(state);
	});

	it('asks for the list every 7.5 minutes, and for a video when its snapshot is due', async () => {
		const trigger = createTrigger(fakeApi(video('a', { hours: [97, 98, 99, 100] })));
		await trigger.poll();
		const asked: Array<[number, string]> = [];
		for (let minute = 1; minute <= 65; minute += 1) {
			await trigger.poll(MINUTE);
			asked.push(...trigger.requests.map((request): [number, string] => [minute, request]));
		}
		const minutesOf = (name: string) =>
			asked.filter(([, request]) => request === name).map(([minute]) => minute);
		expect(minutesOf('list * *')).toEqual([8, 16, 24, 32, 40, 48, 56, 64]);
		expect(minutesOf('get a')).toEqual([60, 61, 62, 63, 65]);
	});

	it('finds what was tracked since, and hands over all of it', async () => {
		const trigger = createTrigger(fakeApi(video('a', { hours: [99], created: 90 })));
		await trigger.poll();
		trigger.api.videos.push(video('n', { hours: [100.1, 100.2], created: 100 }));
		expect(await trigger.poll(0.25)).toEqual(keysAt('n', 100.1, 100.2));
	});

	it('asks for a paused video more often where the list does not tell that it goes on', async () => {
		const link = 'https://x.com/u/status/12';
		const paused = { hours: [97, 98, 99], status: 'paused' };
		const linked = video('b', { ...paused, video_link: link, platform: 'twitter' });
		const trigger = createTrigger(fakeApi(video('a', paused), linked), {
			watch: parseSelectedVideos(`a ${link}`),
		});
		await trigger.poll();
		const asked: Array<[number, string]> = [];
		for (let hour = 1; hour <= 6; hour += 1) {
			await trigger.poll(1);
			asked.push(...trigger.requests.filter(isGet).map((get): [number, string] => [hour, get]));
		}
		const hoursOf = (name: string) => asked.filter(([, get]) => get === name).map(([hour]) => hour);
		expect([hoursOf('get a'), hoursOf('get b')]).toEqual([[1, 2, 3, 4, 5, 6], [6]]);
	});

	it('drops what turns out to be of another platform than is watched then', async () => {
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

	it('says which part of the list holds more than the API shows', async () => {
		const api = fakeApi(...Array.from({ length: 101 }, (_, n) => video(`v${n}`, { created: n })));
		const { fullSlices } = await createTrigger(api).run();
		expect(fullSlices).toEqual([{ platform: 'tiktok', status: 'monitoring' }]);
	});
});

describe('what is left for later', () => {
	const outOfTime = new BudgetExhaustedError('video b', false);
	const seen = async (fields: Fields = {}) => {
		const trigger = createTrigger(
			fakeApi(video('a', { hours: [97, 98, 99] }), video('b', { hours: [97, 98, 99] })),
			fields,
		);
		await trigger.poll();
		add(trigger.api, 'a', 100);
		add(trigger.api, 'b', 100);
		return trigger;
	};

	it('is what failed: the others are emitted, and it goes on where it stood', async () => {
		const trigger = await seen();
		trigger.api.failures.set('a', httpError(500, 'video a'));
		const { items, problems } = await trigger.run(1);
		expect(items.map(({ event_key }) => event_key)).toEqual(keysAt('b', 100));
		expect(problems).toMatchObject([{ kind: 'server_error' }]);
		add(trigger.api, 'a', 101);
		trigger.api.failures.clear();
		expect(await trigger.poll(1)).toEqual(keysAt('a', 100, 101));
	});

	it('is what cannot be read, until it can', async () => {
		const trigger = await seen();
		const unreadable = { ...snapshot(100.5), views: 'many' };
		find(trigger.api, 'a').snapshots!.push(unreadable);
		expect(await trigger.poll(1)).toEqual(keysAt('b', 100));
		unreadable.views = '1';
		expect(await trigger.poll(MINUTE)).toEqual(keysAt('a', 100, 100.5));
	});

	it('is the list, while videos are asked for', async () => {
		const trigger = await seen();
		trigger.api.failures.set('list', httpError(500, 'the list of videos'));
		expect(await trigger.poll(1)).toEqual([keyOf('a', 100), keyOf('b', 100)]);
		await trigger.poll(MINUTE);
		expect(trigger.requests).toContain('list * *');
	});

	it('is the balance, while videos are asked for', async () => {
		const trigger = await seen({ events: ['snapshot.created', 'balance.low'] });
		trigger.api.failures.set('usage', httpError(500, 'usage'));
		expect(await trigger.poll(1)).toHaveLength(2);
		trigger.api.failures.clear();
		trigger.api.usage = usageOf(1);
		expect(await trigger.poll(MINUTE)).toEqual([`balance.low:${iso(START + 1 + MINUTE)}`]);
	});

	test.each<[string, ContentStatsError]>([
		['time', outOfTime],
		['rate', httpError(429, 'video b')],
	])('is what was not reached, where there is no %s left; it is due at once', async (_, error) => {
		const trigger = await seen({ events: ['snapshot.created', 'balance.low'] });
		trigger.api.failures.set('b', error);
		expect(await trigger.poll(1)).toEqual(keysAt('a', 100));
		expect(trigger.requests).not.toContain('usage');
		trigger.api.failures.clear();
		expect(await trigger.poll(MINUTE)).toEqual(keysAt('b', 100));
		expect(trigger.requests.filter(isGet)).toEqual(['get b']);
	});

	it('is everything where there was no time for any, without an error', async () => {
		const trigger = await seen();
		for (const name of ['list', 'a', 'b']) trigger.api.failures.set(name, outOfTime);
		expect(await trigger.poll(1)).toEqual([]);
		trigger.api.failures.clear();
		expect(await trigger.poll(MINUTE)).toEqual([keyOf('a', 100), keyOf('b', 100)]);
	});
});

describe('where nothing was answered', () => {
	const seen = async (fields: Fields = {}) => {
		const trigger = createTrigger(fakeApi(video('a', { hours: [97, 98, 99] }), video('b')), fields);
		await trigger.poll();
		return trigger;
	};
	const failAll = ({ api }: { api: FakeApi }, error: Error, ...names: string[]) => {
		for (const name of ['list', 'a', 'b', ...names]) api.failures.set(name, error);
	};

	it('throws where usage is not answered either', async () => {
		const trigger = await seen();
		failAll(trigger, httpError(503, 'anything'), 'usage');
		const { state } = trigger;
		await expect(trigger.poll(1)).rejects.toMatchObject({ kind: 'server_error' });
		expect(trigger.requests.sort()).toEqual(['get a', 'get b', 'list * *', 'usage']);
		expect(trigger.state).toBe(state);
	});

	it('throws where every video fails, although the key works', async () => {
		const trigger = await seen();
		failAll(trigger, httpError(403, 'video a'));
		await expect(trigger.poll(1)).rejects.toMatchObject({ kind: 'forbidden' });
		expect(trigger.requests).toContain('usage');
	});

	it('throws the refusal of the rate limit with its wait, and asks nothing for proof', async () => {
		const trigger = await seen();
		const refusal = new ContentStatsError('rate_limited', {
			message: 'used up',
			description: '',
			retryAfterMs: 50_000,
		});
		failAll(trigger, refusal);
		await expect(trigger.poll(1)).rejects.toBe(refusal);
		expect(trigger.requests).not.toContain('usage');
	});

	it('throws what concerns every video, also where others were answered', async () => {
		const trigger = await seen();
		trigger.api.failures.set('b', httpError(401, 'video b'));
		await expect(trigger.poll(1)).rejects.toMatchObject({ kind: 'invalid_key' });
	});

	it('takes a 404 for a deletion only where usage proves that the key works', async () => {
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

	it('loses no snapshot, is asked for once an hour and once a day later, and is forgotten', async () => {
		const trigger = createTrigger(
			fakeApi(video('a', { hours: [97, 98, 99] }), video('b', { hours: [99] })),
			{ events },
		);
		await trigger.poll();
		add(trigger.api, 'a', 100, 100.1);
		find(trigger.api, 'a').status = 'completed';
		expect(await trigger.poll(0.2)).toEqual([...keysAt('a', 100, 100.1), 'a:ended']);
		add(trigger.api, 'a', 100.15);
		const asked: number[] = [];
		const keys: string[] = [];
		for (let quarter = 1; quarter <= 100; quarter += 1) {
			keys.push(...(await trigger.poll(0.25)));
			if (trigger.requests.includes('get a')) asked.push(quarter / 4);
		}
		expect(keys.filter((key) => key.startsWith('a'))).toEqual(keysAt('a', 100.15));
		expect(asked).toEqual([1, 24]);
		expect(Object.keys(trigger.state!.videos)).toEqual(['b']);
	});

	it('and left the list first is not forgotten before it was read', async () => {
		const trigger = createTrigger(fakeApi(video('a', { hours: [99] }), video('b')), { events });
		await trigger.poll();
		const list = fakeClient(fakeApi(video('b')));
		const client = { ...fakeClient(trigger.api), list: list.list };
		add(trigger.api, 'a', 100);
		const { items } = await runPoll(trigger.state, ALL, settingsOf({ events }), {
			client,
			baseUrl: BASE,
			now: () => at(START + 0.2),
			processId: 'p1',
			isActivation: false,
		});
		expect(items.map(({ event_key }) => event_key)).toEqual(keysAt('a', 100));
	});

	it('tells its end after its last snapshots, however few a poll may emit', async () => {
		const api = fakeApi(video('a', { hours: [97, 98, 99] }), video('b', { hours: [97] }));
		const trigger = createTrigger(api, { events, startFrom: 'beginning', maxItemsPerPoll: 2 });
		const keys = await trigger.poll();
		find(api, 'a').status = 'completed';
		for (let n = 0; n < 5; n += 1) keys.push(...(await trigger.poll(0.2)));
		expect(keys).toEqual([keyOf('a', 97), keyOf('b', 97), ...keysAt('a', 98, 99), 'a:ended']);
	});
});

describe('a video that the API does not know any more', () => {
	const events: PollSettings['events'] = ['snapshot.created', 'video.deleted'];
	const seen = async () => {
		const trigger = createTrigger(
			fakeApi(video('a', { hours: [97, 98, 99] }), video('b', { hours: [97, 98, 99] })),
			{ events },
		);
		await trigger.poll();
		return trigger;
	};

	it('is judged by the list, which the next poll asks', async () => {
		const trigger = await seen();
		await trigger.poll(55 * MINUTE);
		trigger.api.videos.shift();
		add(trigger.api, 'b', 100);
		expect(await trigger.poll(5 * MINUTE)).toEqual(keysAt('b', 100));
		expect(trigger.requests).toEqual(['get a', 'get b']);
		expect(await trigger.poll(MINUTE)).toEqual(['a:deleted']);
		expect(trigger.requests).toEqual(['list * *', 'get a']);
	});

	it('and comes back goes on where it stood', async () => {
		const trigger = await seen();
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

	it('is asked for twice more, told once, and forgotten', async () => {
		const trigger = await seen();
		trigger.api.videos.shift();
		const keys: string[] = [];
		let asked = 0;
		for (let quarter = 1; quarter <= 100; quarter += 1) {
			keys.push(...(await trigger.poll(0.25)));
			asked += trigger.requests.filter((request) => request === 'get a').length;
		}
		expect(keys).toEqual(['a:deleted']);
		expect(asked).toBe(3);
		expect(Object.keys(trigger.state!.videos)).toEqual(['b']);
	});
});

describe('the balance', () => {
	it('is asked for every 15 minutes, where that was chosen; a fall is told once', async () => {
		const watch = parseSelectedVideos('a');
		const api = fakeApi(video('a', { hours: [97, 98, 99, 100] }));
		const trigger = createTrigger(api, { events: ['balance.low'], watch });
		await trigger.poll();
		const asked: number[] = [];
		const keys: string[] = [];
		for (let minute = 5; minute < 60; minute += 5) {
			api.usage = usageOf(minute === 30 ? 9 : 1);
			keys.push(...(await trigger.poll(5 * MINUTE)));
			if (trigger.requests.includes('usage')) asked.push(minute);
		}
		expect(asked).toEqual([15, 30, 45]);
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
	/** The keys of so many polls, a minute apart. */
	async function spread(most: number, polls = 12) {
		const trigger = createTrigger(api(), { startFrom: 'beginning', maxItemsPerPoll: most });
		const keys: string[] = [];
		for (let n = 0; n < polls; n += 1) {
			const more = await trigger.poll(MINUTE);
			expect(more.length).toBeLessThanOrEqual(most);
			keys.push(...more);
		}
		return keys;
	}

	test.each([2, 3, 7, 8, 9])(
		'of %d spreads them over polls, oldest first, and loses none',
		async (most) => {
			expect(await spread(most)).toEqual(ALL_KEYS);
		},
	);

	test('of 1 goes on as well', async () => {
		expect(await spread(1)).toEqual(ALL_KEYS);
	});

	it('does not lose what comes while the history is still under way', async () => {
		const trigger = createTrigger(api(), { startFrom: 'beginning', maxItemsPerPoll: 3 });
		const keys = await trigger.poll();
		add(trigger.api, 'a', 0.5, 8);
		keys.push(...(await trigger.pollFor(0.2, MINUTE)));
		expect([...keys].sort()).toEqual([...ALL_KEYS, keyOf('a', 0.5), keyOf('a', 8)].sort());
	});

	it('continues where the workflow stood before a pause of days', async () => {
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

describe('another choice of videos', () => {
	test.each<[PollSettings['startFrom'], string[]]>([
		['new', [keyOf('a', 100)]],
		['latest', [keyOf('b', 99), keyOf('a', 100)]],
		['beginning', [keyOf('b', 98), keyOf('b', 99), keyOf('a', 100)]],
	])('seeds what is added from %s; the others go on', async (startFrom, keys) => {
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

	it('throws where the list cannot be had, and nothing is lost for that', async () => {
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
	/** A trigger that has handed over these hours of the video a, so many minutes after its start. */
	async function handedOver(steps: Array<[minutes: number, hours: number[]]>, fields: Fields = {}) {
		const trigger = createTrigger(fakeApi(video('a'), video('b')), {
			replayAfterRestart,
			...fields,
		});
		await trigger.poll();
		for (const [minutes, hours] of steps) {
			add(trigger.api, 'a', ...hours);
			trigger.state = JSON.parse(JSON.stringify(trigger.state)) as PollState;
			trigger.state.videos.a!.isDue = true;
			trigger.hour = START;
			expect(await trigger.poll(minutes * MINUTE)).toEqual(keysAt('a', ...hours));
		}
		return trigger;
	}
	const restarted = async (fields: Parameters<typeof handedOver>[0], more: Fields = {}) => {
		const trigger = await handedOver(fields, more);
		trigger.process = 'p2';
		return trigger;
	};

	it('repeats nothing in the same process', async () => {
		const trigger = await handedOver([
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

	it('counts them so, however many polls found nothing since', async () => {
		const trigger = await handedOver([[1, [1]]]);
		expect(await trigger.pollFor(2)).toEqual([]);
		trigger.process = 'p2';
		expect(await trigger.poll(MINUTE)).toEqual(keysAt('a', 1));
	});

	it('repeats again after another crash, since what was replayed may be lost too', async () => {
		const trigger = await restarted([[1, [1]]]);
		expect(await trigger.poll(MINUTE)).toEqual(keysAt('a', 1));
		trigger.process = 'p3';
		expect(await trigger.poll(MINUTE)).toEqual(keysAt('a', 1));
	});

	it('comes in one order with what is new, under the same keys', async () => {
		const trigger = await handedOver([], { events: ['tracking.started', 'snapshot.created'] });
		add(trigger.api, 'a', 1);
		expect(await trigger.poll(0.5)).toEqual(['a:started', keyOf('a', 1)]);
		add(trigger.api, 'a', 2);
		trigger.process = 'p2';
		expect(await trigger.poll(MINUTE)).toEqual(['a:started', keyOf('a', 1), keyOf('a', 2)]);
	});

	it('is of what happened to videos, too', async () => {
		const trigger = await handedOver([], { events: ['tracking.ended', 'balance.low'] });
		trigger.api.usage = usageOf(1);
		find(trigger.api, 'a').status = 'completed';
		const keys = await trigger.poll(0.5);
		expect(keys).toEqual(['a:ended', `balance.low:${iso(START + 0.5)}`]);
		trigger.process = 'p2';
		expect(await trigger.poll(MINUTE)).toEqual(keys);
		expect(await trigger.pollFor(1)).toEqual([]);
	});

	it.each([
		['is off unless it is chosen', false, false],
		['ends when it is chosen no longer', true, false],
		['can be chosen later without repeating anything', false, true],
	])('%s', async (_, before, after) => {
		const trigger = await restarted([[1, [1]]], { replayAfterRestart: before });
		trigger.settings = { replayAfterRestart: after };
		expect(await trigger.pollFor(1)).toEqual([]);
		expect(trigger.state!.processId).toBe(after ? 'p2' : undefined);
	});

	it('is complete although one poll may emit less', async () => {
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

	it('is made up for where the video could not be fetched after the restart', async () => {
		const trigger = await restarted([[1, [1]]]);
		trigger.api.failures.set('a', httpError(500, 'video a'));
		expect(await trigger.poll(8 * MINUTE)).toEqual([]);
		trigger.api.failures.clear();
		expect(await trigger.poll(MINUTE)).toEqual(keysAt('a', 1));
	});

	it('of a video that is no longer watched emits the replay alone', async () => {
		const trigger = await handedOver([[1, [1]]], { startFrom: 'beginning' });
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

it('lets go of snapshots that are too many for one poll, and hands them over later', async () => {
	const hours = Array.from({ length: 40 }, (_, n) => n);
	const ids = Array.from({ length: 10 }, (_, n) => `v${n}`);
	const trigger = createTrigger(fakeApi(...ids.map((id) => video(id, { hours }))), {
		startFrom: 'beginning',
		maxItemsPerPoll: 50,
	});
	const keys = await trigger.pollFor(0.5, MINUTE);
	expect(keys).toEqual(hours.flatMap((hour) => ids.map((id) => keyOf(id, hour))));
});

it('emits every snapshot once, whatever comes late, repeated, failing, ended or cut short', async () => {
	const random = xoroshiro128plus(2026);
	const chance = (of: number) => uniformInt(random, 0, of - 1) === 0;
	for (let run = 0; run < 10; run += 1) {
		const api = fakeApi(video('a0', { created: START - 1 }), video('b0', { created: START - 1 }));
		const trigger = createTrigger(api, {
			startFrom: 'beginning',
			maxItemsPerPoll: uniformInt(random, 2, 6),
		});
		const due = new Set<string>();
		const show = (entry: VideoWithSnapshots, hour: number) => {
			due.add(keyOf(entry.id, hour));
			entry.snapshots!.splice(uniformInt(random, 0, entry.snapshots!.length), 0, snapshot(hour));
		};
		const keys = await trigger.poll();
		for (let hour = START + 1; hour <= START + 30; hour += 1) {
			if (hour % 10 === 0) api.videos.push(video(`n${hour}`, { created: hour - 0.5 }));
			for (const entry of api.videos.filter(({ status }) => status === 'monitoring')) {
				if (!chance(4)) show(entry, Math.max(hour - uniformInt(random, 0, 3), START));
				if (hour === START + 25 && entry.id === 'b0') entry.status = 'completed';
			}
			api.failures.clear();
			const unlucky = api.videos[uniformInt(random, 0, api.videos.length)];
			if (unlucky) api.failures.set(unlucky.id, httpError(500, unlucky.id));
			if (chance(3)) api.failures.set('list', httpError(500, 'the list of videos'));
			const polls = uniformInt(random, 0, 2);
			for (let n = 0; n < polls; n += 1) keys.push(...(await trigger.poll(0.2)));
			trigger.hour = hour;
		}
		api.failures.clear();
		keys.push(...(await trigger.pollFor(30, 0.5)));
		expect([...keys].sort()).toEqual([...due].sort());
	}
});
