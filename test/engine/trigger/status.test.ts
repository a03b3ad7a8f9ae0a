import type { IDataObject } from 'n8n-workflow';

import type { SandboxVideo } from '../../../sandbox';
import { START, TIKTOK, YOUTUBE } from '../support/fixture';
import {
	createWatchedFixture,
	createTriggerFixture,
	EVENT_VIDEO,
	expectSameKeys,
	KEPT,
	keysOf,
	snapshotKeys,
	without,
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

describe.each(KEPT)('with the state %s', (_, keep) => {
	test.each([
		['completed', 'tracking.ended', 'ended'],
		['cancelled', 'tracking.ended', 'ended'],
		['error', 'tracking.ended', 'ended'],
		['paused', 'tracking.paused', 'paused:2026-01-01T03:00:00.000Z'],
	] as const)(
		'a tracking that is %s is one item with the columns of List',
		async (status, event, suffix) => {
			const { trigger, video, sandbox } = await createWatchedFixture(keep, { events: statuses });
			sandbox.seedVideo({ video_link: YOUTUBE });
			await trigger.run({ minutes: 30 });
			video.setStatus(status);
			await trigger.run({ hours: 3 });
			expect(trigger.items).toHaveLength(1);
			const [item] = trigger.items;
			expect(Object.keys(item!).slice(0, 2)).toEqual(['event', 'event_key']);
			expect(Object.keys(item!).sort()).toEqual([...EVENT_VIDEO, 'previous_status'].sort());
			const { id: video_id, current_metadata, ...listed } = video.inList();
			expect(item).toMatchObject({
				...listed,
				...(current_metadata as object),
				video_id,
				event,
				event_key: `${video.id}:${suffix}`,
				status,
				previous_status: 'monitoring',
			});
		},
	);

	test('a completed tracking: all its snapshots, then its end; then it is forgotten', async () => {
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
		const asked = trigger.sent.length;
		expect(await trigger.run({ hours: 24 }, { every: { hours: 1 } })).toEqual([]);
		expect(trigger.sent.slice(asked).filter(isOfVideo)).toEqual([]);
	});

	test.each([
		['soon', { minutes: 20 }, { minutes: 15 }],
		['within an hour', { minutes: 50 }, { minutes: 30 }],
		['hours later', { hours: 5 }, { hours: 20 }],
	])('a snapshot of a completed tracking that comes %s is not lost', async (_, later, then) => {
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

	test('out of money, paid, and out of money again: each pause is one item', async () => {
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
		['the list tells its status', 'every six hours', {}, 3, 4],
		['it was chosen by id', 'hourly', { watch: 'selected' }, 22, 24],
	])('a paused tracking, where %s, is asked about %s', async (_, __, chosen, least, most) => {
		const { sandbox, watch } = await createTriggerFixture();
		const video = sandbox.seedVideo({ video_link: TIKTOK });
		const trigger = watch({ events, ...chosen, videos: video.id }, { keep });
		await trigger.poll();
		video.setStatus('paused');
		await trigger.run({ hours: 2 });
		const before = trigger.sent.length;
		await trigger.run({ hours: 24 }, { every: { minutes: 15 } });
		const asked = trigger.sent.slice(before).filter((call) => call.startsWith('GET /videos/'));
		expect(asked.length).toBeGreaterThanOrEqual(least);
		expect(asked.length).toBeLessThanOrEqual(most);
	});

	test('one that ends before its first snapshot, and after a pause', async () => {
		const { sandbox, watch, advance } = await createTriggerFixture({
			firstSnapshotDelayMs: 3_000_000,
		});
		const trigger = watch({ events: ['tracking.ended'] }, { keep });
		await trigger.poll();
		const isSeen = sandbox.seedVideo({ video_link: YOUTUBE });
		await trigger.run({ minutes: 20 });
		isSeen.setStatus('paused');
		await trigger.run({ minutes: 20 });
		isSeen.setStatus('cancelled');
		const isNotSeen = sandbox.seedVideo({ video_link: TIKTOK });
		advance({ minutes: 1 });
		isNotSeen.setStatus('cancelled');
		await trigger.run({ hours: 1 });
		expectSameKeys(trigger.keys, [`${isSeen.id}:ended`, `${isNotSeen.id}:ended`]);
		expectSameKeys(
			trigger.items.map(({ previous_status }) => previous_status),
			['paused', 'monitoring'],
		);
	});

	test('one that was in error and goes on does not begin again', async () => {
		const { trigger, video } = await createWatchedFixture(keep, { startFrom: 'beginning' });
		video.setStatus('error');
		const seeded = trigger.keys;
		await trigger.run({ hours: 2 });
		video.setStatus('monitoring');
		await trigger.run({ hours: 2, minutes: 30 });
		expectSameKeys(trigger.keys, snapshotKeys(video));
		expect(trigger.keys.length).toBeGreaterThan(seeded.length);
	});

	test.each(['completed', 'cancelled'] as const)(
		'tracked and %s between two polls: everything of it comes',
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
		['all', {}],
		['its link', { watch: 'selected', videos: TIKTOK }],
	])('tracked again, watching %s: the new tracking comes from its first on', async (_, chosen) => {
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
	});

	test('tracked again while the first tracking runs: the link means the newer one', async () => {
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
		expect(trigger.remembered).not.toContain(video.id);
		expect(trigger.keys).not.toContain(`${video.id}:2026-01-01T06:00:00.000Z`);
	});

	test('what a poll may not emit any more follows: a status after the snapshots of its video', async () => {
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
