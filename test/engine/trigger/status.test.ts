import type { IDataObject } from 'n8n-workflow';

import type { SandboxVideo } from '../../../sandbox';
import { rowsTaken } from '../../support/rows';
import { START, TIKTOK, YOUTUBE } from '../support/fixture';
import {
	createWatchedFixture,
	createTriggerFixture,
	expectSameKeys,
	KEPT,
	keysOf,
	snapshotKeys,
	without,
	eventColumns,
} from '../support/triggerFixture';

const events = [
	'snapshot.created',
	'tracking.started',
	'tracking.paused',
	'tracking.ended',
	'video.deleted',
];
const statuses = ['tracking.paused', 'tracking.ended', 'video.deleted'];

const ofVideo = (items: IDataObject[], { id }: SandboxVideo) =>
	items.filter(({ event_key }) => String(event_key).startsWith(`${id}:`));

describe.each(KEPT)('a trigger with its state %s', (_, keep) => {
	test.each([
		['completed', 'tracking.ended', 'ended'],
		['cancelled', 'tracking.ended', 'ended'],
		['error', 'tracking.ended', 'ended'],
		['paused', 'tracking.paused', 'paused:2026-01-01T03:00:00.000Z'],
	] as const)(
		'emits one item with the newest row for a tracking with the status %s',
		async (status, event, suffix) => {
			const { trigger, video, sandbox } = await createWatchedFixture(keep, { events: statuses });
			sandbox.seedVideo({ video_link: YOUTUBE });
			await trigger.run({ minutes: 30 });
			video.setStatus(status);
			await trigger.run({ hours: 3 });
			expect(trigger.items).toHaveLength(1);
			const [item] = trigger.items;
			expect(Object.keys(item!)).toEqual(eventColumns('status', 'previous_status'));
			expect(item).toMatchObject({
				...rowsTaken(video).at(-1),
				event,
				event_key: `${video.id}:${suffix}`,
				status,
				previous_status: 'monitoring',
			});
		},
	);

	test('emits all snapshots of a completed tracking, then tracking.ended, and forgets it after a day', async () => {
		const { sandbox, watch } = await createTriggerFixture();
		const video = sandbox.seedVideo({ video_link: TIKTOK, duration_days: 1 });
		const trigger = watch({ events }, { keep });
		await trigger.poll();
		const before = snapshotKeys(video);
		await trigger.run({ hours: 23, minutes: 15 }, { every: { minutes: 15 } });
		expect(video.status).toBe('completed');
		const isOfVideo = (call: string) => call === `GET /videos/${video.id}`;
		const beforeEnd = trigger.sent.filter(isOfVideo).length;
		expect(trigger.keys).toEqual([...without(snapshotKeys(video), before), `${video.id}:ended`]);
		await trigger.run({ hours: 26 }, { every: { hours: 1 } });
		expect(trigger.remembered).not.toContain(video.id);
		expect(trigger.sent.filter(isOfVideo).length - beforeEnd).toBe(2);
		const sentBefore = trigger.sent.length;
		expect(await trigger.run({ hours: 24 }, { every: { hours: 1 } })).toEqual([]);
		expect(trigger.sent.slice(sentBefore).filter(isOfVideo)).toEqual([]);
	});

	test.each([
		['soon after the end', { minutes: 20 }, { minutes: 15 }],
		['within an hour of the end', { minutes: 50 }, { minutes: 30 }],
		['hours after the end', { hours: 5 }, { hours: 20 }],
	])('emits a snapshot of a completed tracking that shows %s', async (_, later, then) => {
		const { sandbox, watch } = await createTriggerFixture();
		const video = sandbox.seedVideo({ video_link: TIKTOK, duration_days: 1 });
		const trigger = watch({ events }, { keep });
		await trigger.poll();
		const before = snapshotKeys(video);
		await trigger.run({ hours: 22, minutes: 30 }, { every: { minutes: 15 } });
		video.deferSnapshots();
		await trigger.run({ minutes: 40 });
		expect(video.status).toBe('completed');
		await trigger.run(later, { every: { minutes: 10 } });
		expect(trigger.keys).toContain(`${video.id}:ended`);
		video.releaseSnapshots();
		await trigger.run(then, { every: { minutes: 10 } });
		await trigger.run({ hours: 26 }, { every: { hours: 1 } });
		expectSameKeys(trigger.keys, [...without(snapshotKeys(video), before), `${video.id}:ended`]);
	});

	test('emits one tracking.paused each time the balance runs out', async () => {
		const { trigger, video, sandbox } = await createWatchedFixture(keep, { events });
		const before = snapshotKeys(video);
		await trigger.run({ minutes: 90 });
		sandbox.balance.set(0);
		await trigger.run({ hours: 5 });
		expect(video.status).toBe('paused');
		sandbox.balance.set(100);
		await trigger.run({ hours: 3 });
		sandbox.balance.set(0);
		await trigger.run({ hours: 1 });
		expectSameKeys(trigger.keys, [
			...without(snapshotKeys(video), before),
			`${video.id}:paused:2026-01-01T04:00:00.000Z`,
			`${video.id}:paused:2026-01-01T12:00:00.000Z`,
		]);
	});

	test.each([
		['every six hours', 'the list shows its status', {}, 3, 4],
		['hourly', 'it was selected by id', { watch: 'selected' }, 22, 24],
	])('fetches a paused tracking %s if %s', async (_, __, chosen, least, most) => {
		const { sandbox, watch } = await createTriggerFixture();
		const video = sandbox.seedVideo({ video_link: TIKTOK });
		const trigger = watch({ events, ...chosen, videos: video.id }, { keep });
		await trigger.poll();
		video.setStatus('paused');
		await trigger.run({ hours: 2 });
		const before = trigger.sent.length;
		await trigger.run({ hours: 24 }, { every: { minutes: 15 } });
		const fetches = trigger.sent.slice(before).filter((call) => call.startsWith('GET /videos/'));
		expect(fetches.length).toBeGreaterThanOrEqual(least);
		expect(fetches.length).toBeLessThanOrEqual(most);
	});

	test('emits tracking.ended for trackings that end before their first snapshot, even if never seen running', async () => {
		const { sandbox, watch, advance } = await createTriggerFixture({
			firstSnapshotDelayMs: 3_000_000,
		});
		const trigger = watch({ events: ['tracking.ended'] }, { keep });
		await trigger.poll();
		const seen = sandbox.seedVideo({ video_link: YOUTUBE });
		await trigger.run({ minutes: 20 });
		seen.setStatus('paused');
		await trigger.run({ minutes: 20 });
		seen.setStatus('cancelled');
		const unseen = sandbox.seedVideo({ video_link: TIKTOK });
		advance({ minutes: 1 });
		unseen.setStatus('cancelled');
		await trigger.run({ hours: 1 });
		expectSameKeys(trigger.keys, [`${seen.id}:ended`, `${unseen.id}:ended`]);
		expectSameKeys(
			trigger.items.map(({ previous_status }) => previous_status),
			['paused', 'monitoring'],
		);
	});

	test('emits each snapshot once for a tracking that recovers from an error', async () => {
		const { trigger, video } = await createWatchedFixture(keep, { startFrom: 'beginning' });
		video.setStatus('error');
		const seeded = trigger.keys;
		await trigger.run({ hours: 2 });
		video.setStatus('monitoring');
		await trigger.run({ hours: 2, minutes: 30 });
		expectSameKeys(trigger.keys, snapshotKeys(video));
		expect(trigger.keys.length).toBeGreaterThan(seeded.length);
	});

	test('emits tracking.ended again, under the same key, if a tracking recovers from an error and ends', async () => {
		const { trigger, video } = await createWatchedFixture(keep, { events: ['tracking.ended'] });
		for (const status of ['error', 'monitoring', 'completed'] as const) {
			video.setStatus(status);
			await trigger.run({ hours: 2 });
		}
		expect(trigger.keys).toEqual([`${video.id}:ended`, `${video.id}:ended`]);
		expect(trigger.items.map(({ status }) => status)).toEqual(['error', 'completed']);
	});

	test.each(['completed', 'cancelled'] as const)(
		'emits every event of a tracking that is started and %s between two polls',
		async (status) => {
			const { trigger, sandbox, advance } = await createWatchedFixture(keep, { events });
			const added = sandbox.seedVideo({ video_link: YOUTUBE, duration_days: 1 });
			advance({ hours: status === 'completed' ? 25 : 2 });
			if (status === 'cancelled') added.setStatus(status);
			advance({ minutes: 5 });
			await trigger.run({ minutes: 10 });
			expect(added.status).toBe(status);
			expect(keysOf(ofVideo(trigger.items, added))).toEqual([
				`${added.id}:started`,
				...snapshotKeys(added),
				`${added.id}:ended`,
			]);
		},
	);

	test.each([
		['all videos', {}],
		['its link', { watch: 'selected', videos: TIKTOK }],
	])(
		'emits a second tracking of a link from its first snapshot (watching %s)',
		async (_, chosen) => {
			const { sandbox, watch } = await createTriggerFixture();
			const first = sandbox.seedVideo({ video_link: TIKTOK, duration_days: 1 });
			const trigger = watch({ events, ...chosen }, { keep });
			await trigger.poll();
			const before = snapshotKeys(first);
			await trigger.run({ hours: 25 }, { every: { minutes: 15 } });
			const again = sandbox.seedVideo({ video_link: TIKTOK });
			await trigger.run({ hours: 2, minutes: 30 });
			expect(keysOf(ofVideo(trigger.items, again))).toEqual([
				`${again.id}:started`,
				...snapshotKeys(again),
			]);
			expectSameKeys(keysOf(ofVideo(trigger.items, first)), [
				...without(snapshotKeys(first), before),
				`${first.id}:ended`,
			]);
		},
	);

	test('follows a selected link to its newer tracking while the older one still runs', async () => {
		const { sandbox, trigger, video } = await createWatchedFixture(keep, {
			events,
			watch: 'selected',
			videos: TIKTOK,
		});
		await trigger.run({ minutes: 30 });
		const again = sandbox.seedVideo({ video_link: TIKTOK });
		await trigger.run({ hours: 3, minutes: 15 });
		expect(keysOf(ofVideo(trigger.items, again))).toEqual([
			`${again.id}:started`,
			...snapshotKeys(again),
		]);
		expect(trigger.keys).not.toContain(`${video.id}:2026-01-01T06:00:00.000Z`);
		await trigger.run({ hours: 22 }, { every: { minutes: 15 } });
		expect(trigger.remembered).not.toContain(video.id);
	});

	test('emits tracking.ended last even if Max Items Per Poll spreads the snapshots over several polls', async () => {
		const { sandbox, watch, advance } = await createTriggerFixture();
		const video = sandbox.seedVideo({ video_link: TIKTOK, started: START });
		const options = { maxItemsPerPoll: 2 };
		const trigger = watch({ events, options }, { keep });
		await trigger.poll();
		advance({ hours: 5 });
		video.setStatus('cancelled');
		for (let poll = 0; poll < 5; poll += 1) {
			advance({ minutes: 10 });
			expect((await trigger.poll())?.length ?? 0).toBeLessThanOrEqual(2);
		}
		expect(trigger.keys).toEqual([...snapshotKeys(video).slice(1), `${video.id}:ended`]);
	});
});
