import {
	createWatchedFixture,
	createTriggerFixture,
	expectSameKeys,
	KEPT,
	keysOf,
	linkOf,
	snapshotKeys,
	without,
	eventColumns,
} from '../support/triggerFixture';
import { START, TIKTOK, YOUTUBE } from '../support/fixture';

/** Seeds two videos with ten snapshots each. */
async function withTwo() {
	const fixture = await createTriggerFixture();
	const videos = [TIKTOK, YOUTUBE].map((video_link) => fixture.sandbox.seedVideo({ video_link }));
	fixture.advance({ hours: 9 });
	return { ...fixture, videos };
}

describe.each(KEPT)('with the state %s, Start From', (_, keep) => {
	test.each([
		['new', []],
		['latest', ['03']],
		['beginning', ['00', '01', '02', '03']],
	])(
		'%s emits its share of the existing snapshots once, then each new one',
		async (startFrom, hours) => {
			const { trigger, video } = await createWatchedFixture(keep, { startFrom });
			const expected = hours.map((hour) => `${video.id}:2026-01-01T${hour}:00:00.000Z`);
			expect(trigger.keys).toEqual(expected);
			expect(await trigger.poll()).toBeNull();
			expect(keysOf(await trigger.run({ hours: 1 }))).toEqual([
				`${video.id}:2026-01-01T04:00:00.000Z`,
			]);
		},
	);

	test.each([
		['beginning', 6, 20],
		['beginning', 1, 20],
		['latest', 1, 2],
	])(
		'%s with at most %i items per poll emits the rest in the next polls',
		async (startFrom, maxItemsPerPoll, total) => {
			const { videos, watch } = await withTwo();
			const options = { maxItemsPerPoll };
			const trigger = watch({ startFrom, options }, { keep });
			for (let poll = 0; poll < total + 2; poll += 1)
				expect((await trigger.poll())?.length ?? 0).toBeLessThanOrEqual(maxItemsPerPoll);
			expect(trigger.items).toHaveLength(total);
			const all = snapshotKeys(...videos);
			const newest = all.filter((key) => key.endsWith('09:00:00.000Z'));
			expectSameKeys(trigger.keys, startFrom === 'latest' ? newest : all);
			const items = await trigger.run({ hours: 1, minutes: 30 });
			expectSameKeys(keysOf(items), without(snapshotKeys(...videos), all));
		},
	);

	test('beginning emits oldest first across all videos and polls', async () => {
		const { videos, watch } = await withTwo();
		const options = { maxItemsPerPoll: 6 };
		const trigger = watch({ startFrom: 'beginning', options }, { keep });
		for (let poll = 0; poll < 4; poll += 1) await trigger.poll();
		const times = trigger.items.map(({ snapshot_time }) => String(snapshot_time));
		expect(times).toHaveLength(snapshotKeys(...videos).length);
		expect(times).toEqual([...times].sort());
	});

	test('new catches up after a pause with at most Max Items Per Poll items in each poll', async () => {
		const { videos, watch, advance } = await withTwo();
		const trigger = watch({ options: { maxItemsPerPoll: 3 } }, { keep });
		await trigger.poll();
		const before = snapshotKeys(...videos);
		advance({ hours: 5, minutes: 10 });
		for (let poll = 0; poll < 4; poll += 1) {
			const items = await trigger.poll();
			expect(items?.length ?? 0).toBeLessThanOrEqual(3);
			advance({ minutes: 1 });
		}
		expectSameKeys(trigger.keys, without(snapshotKeys(...videos), before));
	});

	test('new counts video.deleted and balance.low towards Max Items Per Poll', async () => {
		const maxItems = 4;
		const { sandbox, watch, advance } = await createTriggerFixture();
		const gone = Array.from({ length: 10 }, (_, number) =>
			sandbox.seedVideo({ video_link: linkOf('tiktok', number), test: true }),
		);
		const stays = sandbox.seedVideo({ video_link: YOUTUBE, test: true });
		const events = ['snapshot.created', 'video.deleted', 'balance.low'];
		const trigger = watch({ events, options: { maxItemsPerPoll: maxItems } }, { keep });
		await trigger.poll();
		const before = snapshotKeys(stays);
		advance({ hours: 5, minutes: 10 });
		for (const video of gone) video.delete('not_found');
		sandbox.balance.set(1);
		const counts: number[] = [];
		for (let poll = 0; poll < 12; poll += 1) {
			counts.push((await trigger.poll())?.length ?? 0);
			advance({ minutes: 2 });
		}
		expectSameKeys(
			trigger.keys.filter((key) => !String(key).startsWith('balance.low:')),
			[...without(snapshotKeys(stays), before), ...gone.map(({ id }) => `${id}:deleted`)],
		);
		expect(trigger.keys).toHaveLength(5 + 10 + 1);
		expect(Math.max(...counts)).toBeLessThanOrEqual(maxItems);
	});

	test.each(['new', 'latest', 'beginning'])(
		'%s emits the first snapshot of a video that had none at publishing',
		async (startFrom) => {
			const { sandbox, watch } = await createTriggerFixture({ firstSnapshotDelayMs: 30 * 60_000 });
			const { id } = sandbox.seedVideo({ video_link: TIKTOK });
			const events = ['snapshot.created', 'tracking.started'];
			const trigger = watch({ startFrom, events }, { keep });
			expect(await trigger.poll()).toBeNull();
			await trigger.run({ hours: 1, minutes: 10 });
			expect(trigger.keys).toEqual([`${id}:started`, `${id}:2026-01-01T00:30:00.000Z`]);
		},
	);

	test('beginning covers active videos, and selected videos of any status', async () => {
		const { sandbox, watch } = await createTriggerFixture();
		const tracking = { duration_days: 1, started: '2025-12-01' };
		const ended = sandbox.seedVideo({ video_link: TIKTOK, ...tracking });
		const paused = sandbox.seedVideo({ video_link: YOUTUBE, started: START, status: 'paused' });
		const inError = sandbox.seedVideo({
			video_link: linkOf('twitter', 1),
			started: START,
			status: 'error',
		});
		expect(ended.status).toBe('completed');
		const all = watch({ startFrom: 'beginning' }, { keep });
		await all.run({ minutes: 30 });
		expectSameKeys(all.keys, snapshotKeys(paused, inError));

		for (const videos of [ended.id, TIKTOK, `${ended.id} ${TIKTOK}`]) {
			const selected = watch({ watch: 'selected', videos, startFrom: 'beginning' }, { keep });
			expect(await selected.poll()).toHaveLength(24);
			expect(await selected.run({ hours: 50 }, { every: { hours: 1 } })).toEqual([]);
		}
	});
});

describe.each(KEPT)('with the state %s, tracking.started', (_, keep) => {
	test('is emitted once, with the first snapshot of a video tracked after publishing', async () => {
		const { trigger, sandbox } = await createWatchedFixture(keep, { events: ['tracking.started'] });
		const { id } = sandbox.seedVideo({ video_link: YOUTUBE });
		const items = await trigger.run({ hours: 5 });
		expect(items).toHaveLength(1);
		expect(Object.keys(items[0]!)).toEqual(eventColumns());
		expect(items[0]).toMatchObject({
			event: 'tracking.started',
			event_key: `${id}:started`,
			snapshot_time: '2026-01-01T03:00:00.000Z',
		});
	});

	test('is emitted before the snapshot.created of the same snapshot', async () => {
		const events = ['snapshot.created', 'tracking.started'];
		const { trigger, video } = await createWatchedFixture(
			keep,
			{ events, startFrom: 'beginning' },
			1,
		);
		expect(trigger.keys).toEqual([
			`${video.id}:started`,
			`${video.id}:${START}`,
			`${video.id}:2026-01-01T01:00:00.000Z`,
		]);
	});
});
