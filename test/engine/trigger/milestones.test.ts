import type { SandboxVideo } from '../../../sandbox';
import { INSTAGRAM, START, TIKTOK } from '../support/fixture';
import {
	createTriggerFixture,
	expectSameKeys,
	KEPT,
	keysOf,
	snapshotKeys,
	without,
	eventColumns,
} from '../support/triggerFixture';

const events = ['milestone.reached'];
const milestones = '10k, 100k, 1M';

const at = (minutes: number) => new Date(Date.parse(START) + minutes * 60_000).toISOString();

/**
 * Replaces the snapshots of a video.
 *
 * @param entries minutes since START, and the value of the metric.
 */
const setSnapshots = (
	video: SandboxVideo,
	metric: string,
	entries: Array<[number, number | null]>,
) =>
	video.override({
		snapshots: entries.map(([minutes, value]) => ({
			snapshot_time: at(minutes),
			[metric]: value === null ? null : String(value),
		})),
	});

describe.each([
	['10,000', '10,000'],
	[' ', 'No milestones provided'],
])('milestones “%s”', (text, named) => {
	test('throw an error that names the invalid part, before any request', async () => {
		const { watch, calls } = await createTriggerFixture();
		const trigger = watch({ events, milestones: text });
		await expect(trigger.poll()).rejects.toThrow(named);
		expect(calls()).toEqual([]);
	});
});

test('invalid milestones are ignored if milestone.reached is not chosen', async () => {
	const { watch } = await createTriggerFixture();
	expect(await watch({ milestones: '10,000' }).poll()).toBeNull();
});

describe.each(KEPT)('a trigger with its state %s', (_, keep) => {
	async function withVideo(
		entries: Array<[number, number | null]>,
		{ metric = 'views', link = TIKTOK, ...parameters }: Record<string, unknown> = {},
	) {
		const fixture = await createTriggerFixture();
		const video = fixture.sandbox.seedVideo({ video_link: String(link) });
		const setEntries = (all: typeof entries) => setSnapshots(video, String(metric), all);
		setEntries(entries);
		fixture.clock.set(at(entries.at(-1)![0]));
		const chosen = { events, milestones, milestoneMetric: String(metric), ...parameters };
		const trigger = fixture.watch(chosen, { keep });
		await trigger.poll();
		const keyOf = (mark: number) => `${video.id}:milestone:${String(metric)}:${mark}`;
		/**
		 * Adds snapshots, advances to `until` and polls for 40 minutes.
		 *
		 * @param until minutes since START; the last snapshot unless given.
		 * @returns the emitted keys.
		 */
		async function addAndPoll(added: typeof entries, until = added.at(-1)![0]) {
			const now = (fixture.clock.now() - Date.parse(START)) / 60_000;
			fixture.advance({ minutes: Math.max(0, until - now) });
			entries.push(...added);
			setEntries(entries);
			return keysOf(await trigger.run({ minutes: 40 }));
		}
		return { ...fixture, video, trigger, keyOf, addAndPoll };
	}

	test('emits one item per passed milestone, ascending, and only once', async () => {
		const { trigger, keyOf, addAndPoll, video } = await withVideo([
			[0, 100],
			[60, 5000],
		]);
		expect(await addAndPoll([[120, 9999]])).toEqual([]);
		expect(await addAndPoll([[180, 250_000]])).toEqual([keyOf(10_000), keyOf(100_000)]);
		expect(Object.keys(trigger.items[0]!).sort()).toEqual(
			eventColumns('milestone_metric', 'milestone', 'value').sort(),
		);
		expect(trigger.items[0]).toMatchObject({
			event: 'milestone.reached',
			milestone_metric: 'views',
			milestone: 10_000,
			value: 250_000,
			views: 250_000,
			video_id: video.id,
			snapshot_time: at(180),
		});
		// A count may fall and pass a milestone a second time, which must not fire again.
		expect(await addAndPoll([[240, 90_000]])).toEqual([]);
		expect(await addAndPoll([[300, 300_000]])).toEqual([]);
		expect(await addAndPoll([[360, 1_000_000]])).toEqual([keyOf(1_000_000)]);
	});

	test('ignores milestones passed before the video was first seen', async () => {
		const { keyOf, addAndPoll } = await withVideo([
			[0, 100],
			[60, 50_000],
		]);
		expect(await addAndPoll([[120, 60_000]])).toEqual([]);
		expect(await addAndPoll([[180, 110_000]])).toEqual([keyOf(100_000)]);
	});

	test('ignores milestones already passed at the first snapshot of a tracking', async () => {
		const { keyOf, addAndPoll } = await withVideo([[0, 20_000]], { startFrom: 'beginning' });
		expect(await addAndPoll([[60, 99_999]])).toEqual([]);
		expect(await addAndPoll([[120, 100_000]])).toEqual([keyOf(100_000)]);
	});

	test('emits milestones of the history right after their snapshots if Start From is beginning', async () => {
		const { trigger, keyOf, video } = await withVideo(
			[
				[0, 100],
				[60, 20_000],
				[120, 2_000_000],
			],
			{ startFrom: 'beginning', events: ['snapshot.created', 'tracking.started', ...events] },
		);
		expect(trigger.keys).toEqual([
			`${video.id}:started`,
			`${video.id}:${at(0)}`,
			`${video.id}:${at(60)}`,
			keyOf(10_000),
			`${video.id}:${at(120)}`,
			keyOf(100_000),
			keyOf(1_000_000),
		]);
	});

	test('emits a milestone only once if late snapshots below and above it follow', async () => {
		const { trigger, keyOf, addAndPoll } = await withVideo([
			[0, 100],
			[60, 5000],
		]);
		expect(await addAndPoll([[180, 20_000]])).toEqual([keyOf(10_000)]);
		await addAndPoll([[90, 6000]], 240);
		await addAndPoll([[120, 12_000]], 300);
		await addAndPoll([[360, 21_000]]);
		expect(trigger.keys).toEqual([keyOf(10_000)]);
	});

	test('emits a milestone once if a late snapshot is the first above it', async () => {
		const { trigger, keyOf, addAndPoll } = await withVideo([
			[0, 100],
			[60, 5000],
		]);
		expect(await addAndPoll([[180, 9000]])).toEqual([]);
		await addAndPoll([[120, 11_000]], 240);
		await addAndPoll([[300, 12_000]]);
		expect(trigger.keys).toEqual([keyOf(10_000)]);
	});

	test('emits milestones of likes on Instagram, and none of views, which Instagram lacks', async () => {
		const chosen = { metric: 'likes', link: INSTAGRAM };
		const { keyOf, addAndPoll } = await withVideo([[0, 9000]], chosen);
		expect(await addAndPoll([[60, 10_500]])).toEqual([keyOf(10_000)]);

		const unknown = await withVideo([[0, null]], { link: INSTAGRAM });
		expect(await unknown.addAndPoll([[60, null]])).toEqual([]);
	});

	test('emits a milestone passed after a snapshot with an unknown count', async () => {
		const { keyOf, addAndPoll } = await withVideo([[0, 9000]]);
		expect(await addAndPoll([[60, null]])).toEqual([]);
		expect(await addAndPoll([[120, 10_000]])).toEqual([keyOf(10_000)]);
	});

	test('emits all milestones even if Max Items Per Poll spreads their snapshots over several polls', async () => {
		const options = { maxItemsPerPoll: 1 };
		const { keyOf, addAndPoll, trigger } = await withVideo([[0, 100]], {
			events: ['snapshot.created', ...events],
			options,
		});
		await addAndPoll([
			[60, 20_000],
			[120, 200_000],
		]);
		expectSameKeys(
			trigger.keys.filter((key) => String(key).includes('milestone')),
			[keyOf(10_000), keyOf(100_000)],
		);
		expect(trigger.keys).toHaveLength(4);
	});

	test('emits balance.low once per fall below the threshold, and at the first check if already below', async () => {
		const { sandbox, watch } = await createTriggerFixture();
		sandbox.seedVideo({ video_link: TIKTOK, test: true });
		const trigger = watch({ events: ['balance.low'], lowBalanceUsd: 8 }, { keep });
		await trigger.poll();
		const counts: number[] = [];
		for (const usd of [8.5, 7.5, 3, 12, 7, 0, 20, 8]) {
			sandbox.balance.set(usd);
			counts.push((await trigger.run({ minutes: 40 })).length);
		}
		expect(counts).toEqual([0, 1, 0, 0, 1, 0, 0, 0]);
		expect(Object.keys(trigger.items[0]!)).toEqual([
			'event',
			'available_usd',
			'threshold_usd',
			'event_key',
		]);
		expect(trigger.items[0]).toMatchObject({ available_usd: 7.5, threshold_usd: 8 });
		expect(new Set(trigger.keys).size).toBe(2);
		for (const key of trigger.keys) expect(key).toMatch(/^balance\.low:/);

		sandbox.balance.set(1);
		const second = watch({ events: ['balance.low'] }, { keep });
		expect(await second.poll()).toHaveLength(1);
		expect(await second.run({ hours: 2 })).toEqual([]);
	});

	test('emits balance.low for a new fall after it was deselected for a while', async () => {
		const { sandbox, watch } = await createTriggerFixture();
		sandbox.seedVideo({ video_link: TIKTOK, test: true });
		sandbox.balance.set(1);
		const first = watch({ events: ['balance.low'] }, { keep });
		expect(await first.poll()).toHaveLength(1);
		const again = (trigger: typeof first, events: string[]) =>
			watch({ events }, { keep, staticData: JSON.parse(trigger.remembered) });
		const deselected = again(first, ['snapshot.created']);
		await deselected.run({ minutes: 10 });
		const chosen = again(deselected, ['snapshot.created', 'balance.low']);
		const items = await chosen.run({ minutes: 20 });
		expect(items.map(({ event }) => event)).toEqual(['balance.low']);
		expect(chosen.keys[0]).not.toBe(first.keys[0]);
	});

	test('emits snapshots while the balance cannot be fetched, and balance.low once it can', async () => {
		const { sandbox, watch } = await createTriggerFixture();
		const video = sandbox.seedVideo({ video_link: TIKTOK, test: true });
		const chosen = ['snapshot.created', 'balance.low'];
		const trigger = watch({ events: chosen }, { keep });
		await trigger.poll();
		const before = snapshotKeys(video);
		sandbox.faults.add({ kind: 'status', status: 500, times: Infinity, match: { path: '/usage' } });
		sandbox.balance.set(1);
		await trigger.run({ hours: 2, minutes: 20 }, { mayThrow: true });
		expectSameKeys(trigger.keys, without(snapshotKeys(video), before));
		sandbox.clear();
		const items = await trigger.run({ minutes: 30 }, { mayThrow: true });
		expect(items.map(({ event }) => event)).toEqual(['balance.low']);
	});
});
