import type { EventName } from '../../../nodes/ContentStats/polling/events';
import { exampleItems } from '../../../nodes/ContentStats/polling/examples';
import type { PollSettings } from '../../../nodes/ContentStats/polling/parameters';
import { parseSelectedVideos } from '../../../nodes/ContentStats/polling/parameters';
import type { Watch } from '../../../nodes/ContentStats/polling/watch';
import {
	fakeClient,
	httpError,
	iso,
	settingsOf,
	usageOf,
	video,
	type FakeApi,
	fakeApi,
} from '../support/fakeClient';

const ALL: Watch = { kind: 'all' };
const EVENTS: EventName[] = [
	'tracking.ended',
	'snapshot.created',
	'tracking.started',
	'milestone.reached',
	'tracking.paused',
	'video.deleted',
	'balance.low',
];

const isSample = ({ event_key }: { event_key: string }) => event_key.startsWith('sample:');

beforeEach(() => void jest.useFakeTimers({ now: Date.parse(iso(100)) }));
afterEach(() => void jest.useRealTimers());

const examplesOf = (api: FakeApi, settings: Partial<PollSettings>, watch: Watch = ALL) =>
	exampleItems(
		fakeClient(api),
		watch,
		settingsOf({ milestones: [1150, 5000], ...settings }),
		Date.now(),
	);

/** Returns the key of the only example of an event. */
async function exampleOf(event: EventName, api: FakeApi, watch: Watch = ALL) {
	const [item, ...others] = await examplesOf(api, { events: [event] }, watch);
	expect(others).toEqual([]);
	expect(item!.event).toBe(event);
	return item!.event_key;
}

/**
 * Builds an API whose newest video is monitoring, while others are paused, ended or deleted. Views
 * are 1000 + 100 an hour.
 */
const variedApi = () =>
	fakeApi(
		video('a', { hours: [1], created: 0 }),
		video('d', { hours: [2], created: 2, is_deleted: true }),
		video('e', { hours: [3], created: 3, status: 'completed' }),
		video('p', { hours: [4], created: 4, status: 'paused' }),
		video('n', { hours: [1, 2, 3], created: 5 }),
	);

describe('a real example', () => {
	test.each<[EventName, string]>([
		['snapshot.created', `n:${iso(3)}`],
		['tracking.started', 'n:started'],
		['milestone.reached', 'n:milestone:views:1150'],
		['tracking.paused', `p:paused:${iso(4)}`],
		['tracking.ended', 'e:ended'],
		['video.deleted', 'd:deleted'],
	])('of %s comes from the newest video that has one', async (event, key) => {
		expect(await exampleOf(event, variedApi())).toBe(key);
	});

	it('of balance.low contains the available balance', async () => {
		const api = { ...fakeApi(), usage: usageOf(4) };
		expect(await examplesOf(api, { events: ['balance.low'] })).toEqual([
			{
				event: 'balance.low',
				event_key: `balance.low:${iso(100)}`,
				available_usd: 4,
				threshold_usd: 5,
			},
		]);
	});

	it('is returned for each chosen event, in the order chosen', async () => {
		const api = { ...variedApi(), usage: usageOf(4) };
		const items = await examplesOf(api, { events: EVENTS });
		expect(items.map(({ event }) => event)).toEqual(EVENTS);
		expect(items.filter(isSample)).toEqual([]);
	});

	it('comes from the selected video, even if others are newer', async () => {
		const api = variedApi();
		const watch = parseSelectedVideos('a');
		expect(await exampleOf('snapshot.created', api, watch)).toBe(`a:${iso(1)}`);
		expect(api.requests).toEqual(['get a']);
	});

	it('comes from the video of a selected link', async () => {
		const api = variedApi();
		const watch = parseSelectedVideos(api.videos[0]!.video_link);
		expect(await exampleOf('tracking.started', api, watch)).toBe('a:started');
	});

	it('comes from the chosen platform', async () => {
		const api = fakeApi(
			video('a', { hours: [1], platform: 'youtube' }),
			video('n', { hours: [1], created: 9 }),
		);
		const watch: Watch = { kind: 'all', platform: 'youtube' };
		expect(await exampleOf('tracking.started', api, watch)).toBe('a:started');
	});

	it('contains the columns that the options add', async () => {
		const settings = { includeGrowth: true, simplify: false };
		const [item] = await examplesOf(variedApi(), settings);
		expect(item).toMatchObject({ views_delta: 100, video: { id: 'n' } });
	});
});

describe('a sample', () => {
	test.each<[EventName, string]>([
		['snapshot.created', 'sample:2026-01-31T09:30:00.000Z'],
		['tracking.started', 'sample:started'],
		['milestone.reached', 'sample:milestone:views:1150'],
		['tracking.paused', 'sample:paused:2026-01-31T09:30:00.000Z'],
		['tracking.ended', 'sample:ended'],
		['video.deleted', 'sample:deleted'],
		['balance.low', 'sample:balance.low'],
	])('of %s is returned if nothing real exists', async (event, key) => {
		expect(await exampleOf(event, fakeApi(video('a', { created: 1 })))).toBe(key);
	});

	test.each([
		['with the fewest columns', {}],
		['with every column', { includeGrowth: true, simplify: false }],
	])('has the same columns as a real item, %s', async (_, options) => {
		const settings = { events: EVENTS, ...options };
		const real = await examplesOf({ ...variedApi(), usage: usageOf(4) }, settings);
		const samples = await examplesOf(fakeApi(), settings);
		expect(samples.map((item) => Object.keys(item))).toEqual(real.map((item) => Object.keys(item)));
		expect(real.filter(isSample)).toEqual([]);
		expect(samples.every(isSample)).toBe(true);
	});

	it('is recognised by its title', async () => {
		const ofVideos = EVENTS.filter((event) => event !== 'balance.low');
		const samples = await examplesOf(fakeApi(), { events: ofVideos });
		expect(samples.map(({ title }) => title)).toEqual(Array(6).fill('Example video'));
	});

	it('has a snapshot_key that begins like its event_key', async () => {
		const [item] = await examplesOf(fakeApi(), { events: ['snapshot.created'] });
		expect(item!.snapshot_key).toBe(item!.event_key);
	});

	it('reaches the first milestone of the chosen metric', async () => {
		const [item] = await examplesOf(fakeApi(), {
			events: ['milestone.reached'],
			milestoneMetric: 'likes',
			milestones: [7, 70],
		});
		expect(item).toMatchObject({ milestone_metric: 'likes', milestone: 7, value: 7, likes: 7 });
	});

	test.each([
		[5, 4.2],
		[0.5, -0.3],
		[0, -0.8],
	])('of a balance below %d USD shows %d', async (lowBalanceUsd, available_usd) => {
		const items = await examplesOf(fakeApi(), { events: ['balance.low'], lowBalanceUsd });
		expect(items).toEqual([
			{
				event: 'balance.low',
				event_key: 'sample:balance.low',
				available_usd,
				threshold_usd: lowBalanceUsd,
			},
		]);
	});
});

describe('the requests for examples', () => {
	it('fetch one video if it has every chosen event', async () => {
		const api = variedApi();
		await examplesOf(api, { events: ['snapshot.created', 'tracking.started'] });
		expect(api.requests).toEqual(['list * *', 'get n']);
	});

	it('fetch at most the newest five videos, one paused and one ended', async () => {
		const api = fakeApi(
			video('e', { created: 1, status: 'completed' }),
			video('p', { created: 2, status: 'paused' }),
			...Array.from({ length: 20 }, (_, n) => video(`v${n}`, { created: 10 + n })),
		);
		await examplesOf(api, { events: ['snapshot.created'] });
		expect(api.requests).toEqual([
			'list * *',
			...['v19', 'v18', 'v17', 'v16', 'v15', 'p', 'e'].map((id) => `get ${id}`),
		]);
	});

	it('pass their errors on', async () => {
		const api = fakeApi();
		await expect(
			examplesOf(api, { events: ['snapshot.created'] }, parseSelectedVideos('typo')),
		).rejects.toMatchObject({ kind: 'not_found' });
		api.failures.set('list', httpError(401, 'the list of videos'));
		await expect(examplesOf(api, {})).rejects.toMatchObject({ kind: 'invalid_credential' });
	});
});
