import type { IDataObject } from 'n8n-workflow';
import { EVENTS, START, TIKTOK, TWITTER, YOUTUBE } from '../support/fixture';
import {
	createWatchedFixture,
	createTriggerFixture,
	expectSameKeys,
	keysOf,
	linkOf,
	eventColumns,
} from '../support/triggerFixture';

const MILESTONE = ['milestone_metric', 'milestone', 'value'];
const SPIKE = ['growth_per_hour', 'usual_per_hour', 'factor'];
const SLOWDOWN = [
	'growth_in_window',
	'best_in_window',
	'percent_of_best',
	'snapshots_remaining',
	'estimated_savings_usd',
];
const AGE = [
	'age_hours',
	...['views', 'likes', 'comments', 'shares', 'saves'].map((metric) => `${metric}_at_age`),
];
const STATUS = ['status', 'previous_status'];
const BALANCE = ['available_usd', 'threshold_usd'];

/** The columns of each event chosen alone, in order. */
const COLUMNS: Record<string, string[]> = {
	'snapshot.created': eventColumns(),
	'tracking.started': eventColumns(),
	'milestone.reached': eventColumns(...MILESTONE),
	'tracking.paused': eventColumns(...STATUS),
	'tracking.ended': eventColumns(...STATUS),
	'video.deleted': eventColumns('status'),
	'growth.spiked': eventColumns('metric', ...SPIKE),
	'growth.slowed': eventColumns('metric', ...SLOWDOWN),
	'age.reached': eventColumns(...AGE),
	'balance.low': ['event', ...BALANCE, 'event_key'],
};
const ALL_COLUMNS = eventColumns(
	...MILESTONE,
	'metric',
	...SPIKE,
	...SLOWDOWN,
	...AGE,
	...STATUS,
	...BALANCE,
);

const isSample = ({ event_key }: IDataObject) => String(event_key).startsWith('sample:');

describe('a test in the editor', () => {
	test('shows a real example of every chosen event that has one', async () => {
		const { sandbox, watch, advance } = await createTriggerFixture();
		const started = '2025-12-31T12:00:00.000Z';
		const videos = {
			running: sandbox.seedVideo({ video_link: TIKTOK }),
			paused: sandbox.seedVideo({ video_link: YOUTUBE, started, status: 'paused' }),
			ended: sandbox.seedVideo({ video_link: TWITTER, started, status: 'completed' }),
		};
		advance({ hours: 3, minutes: 10 });
		const ids = Object.values(videos).map(({ id }) => id);
		const trigger = watch({ events: EVENTS, milestones: '1', lowBalanceUsd: 5000 });
		const items = (await trigger.poll('manual'))!;
		expectSameKeys(
			items.map(({ event }) => event),
			EVENTS,
		);
		for (const item of items) {
			const event = String(item.event);
			expect(Object.keys(item)).toEqual(ALL_COLUMNS);
			if (!isSample(item) && event !== 'balance.low') expect(ids).toContain(item.video_id);
		}
		const itemOf = (event: string) => items.find((item) => item.event === event)!;
		for (const event of [
			'snapshot.created',
			'tracking.started',
			'tracking.paused',
			'tracking.ended',
		])
			expect(isSample(itemOf(event))).toBe(false);
		expect(itemOf('tracking.paused').video_id).toBe(videos.paused.id);
		expect(itemOf('tracking.ended').video_id).toBe(videos.ended.id);
		expect(isSample(itemOf('video.deleted'))).toBe(true);
		expect(trigger.poller.staticData).toEqual({});
	});

	test('shows the newest snapshot as snapshot.created and the first as tracking.started', async () => {
		const events = ['snapshot.created', 'tracking.started'];
		const { sandbox, watch, advance } = await createTriggerFixture();
		const { id } = sandbox.seedVideo({ video_link: TIKTOK });
		advance({ hours: 3 });
		const items = await watch({ events }).poll('manual');
		expect(
			items!.map(({ event, event_key, snapshot_time }) => [event, event_key, snapshot_time]),
		).toEqual([
			['snapshot.created', `${id}:2026-01-01T03:00:00.000Z`, '2026-01-01T03:00:00.000Z'],
			['tracking.started', `${id}:started`, START],
		]);
	});

	test('shows a sample with the same columns for each event without a real example', async () => {
		const { watch } = await createTriggerFixture();
		const trigger = watch({ events: EVENTS });
		const items = (await trigger.poll('manual'))!;
		expectSameKeys(
			items.map(({ event }) => event),
			EVENTS,
		);
		for (const item of items) {
			expect(isSample(item)).toBe(true);
			for (const column of COLUMNS[String(item.event)]!) expect(item[column]).not.toBeNull();
			expect(Object.keys(item)).toEqual(ALL_COLUMNS);
		}
		expect(trigger.poller.staticData).toEqual({});
	});

	test.each(Object.entries(COLUMNS))('shows the columns of %s in order', async (event, columns) => {
		const { watch } = await createTriggerFixture();
		const [item] = (await watch({ events: [event] }).poll('manual'))!;
		expect(Object.keys(item!)).toEqual(columns);
	});

	test('shows video.deleted for a video flagged as deleted', async () => {
		const { sandbox, watch } = await createTriggerFixture();
		const video = sandbox.seedVideo({ video_link: linkOf('tiktok', 1) });
		video.delete();
		const trigger = watch({ events: ['video.deleted'], watch: 'selected', videos: video.id });
		const items = await trigger.poll('manual');
		expect(keysOf(items)).toEqual([`${video.id}:deleted`]);
	});

	test.each([
		['invalid milestones', { events: ['milestone.reached'], milestones: 'abc' }, 'abc'],
		['an unknown id', { watch: 'selected', videos: 'cm5unknown' }, 'cm5unknown'],
		[
			'a link that is not tracked',
			{ watch: 'selected', videos: `${TIKTOK} https://youtu.be/dQw4w9WgXcQ` },
			'No tracking found for YouTube video dQw4w9WgXcQ',
		],
	])('throws an error that names %s', async (_, parameters, message) => {
		const { sandbox, watch } = await createTriggerFixture();
		sandbox.seedVideo({ video_link: TIKTOK });
		await expect(watch(parameters).poll('manual')).rejects.toThrow(message);
	});

	test('shows a low balance without looking at the videos', async () => {
		const { watch, calls } = await createTriggerFixture();
		const parameters = { watch: 'selected', videos: TIKTOK, events: ['balance.low'] };
		const [item] = (await watch({ ...parameters, lowBalanceUsd: 5000 }).poll('manual'))!;
		expect(item!.event).toBe('balance.low');
		expect(calls()).toEqual(['GET /usage']);
	});

	test('does not change the state of a published workflow', async () => {
		const { trigger, advance } = await createWatchedFixture((poller) => poller, { events: EVENTS });
		const before = trigger.remembered;
		advance({ hours: 1, minutes: 5 });
		const shown = await trigger.poll('manual');
		expect(shown).toHaveLength(EVENTS.length);
		expect(trigger.remembered).toBe(before);
		expect(await trigger.poll()).toHaveLength(1);
	});
});
