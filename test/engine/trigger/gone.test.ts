import type { SandboxVideo } from '../../../sandbox';
import { INSTAGRAM, TIKTOK, YOUTUBE } from '../support/fixture';
import {
	createWatchedFixture,
	createTriggerFixture,
	expectSameKeys,
	KEPT,
	snapshotKeys,
	without,
	eventColumns,
} from '../support/triggerFixture';

const events = ['snapshot.created', 'tracking.ended', 'video.deleted'];

describe.each(KEPT)('a trigger with its state %s', (_, keep) => {
	async function withTwo(parameters: object = {}) {
		const fixture = await createTriggerFixture();
		const videos = [TIKTOK, YOUTUBE].map((video_link) => fixture.sandbox.seedVideo({ video_link }));
		const [video, other] = videos as [SandboxVideo, SandboxVideo];
		const trigger = fixture.watch({ events, ...parameters }, { keep });
		await trigger.poll();
		const before = snapshotKeys(...videos);
		await trigger.run({ minutes: 90 });
		return { ...fixture, video, other, trigger, before };
	}

	test.each([
		['all videos', {}],
		['its link', { watch: 'selected', videos: `${TIKTOK} ${YOUTUBE}` }],
	])(
		'emits video.deleted once after a 404 and forgets the video after a day (watching %s)',
		async (_, chosen) => {
			const { trigger, video, other, before } = await withTwo(chosen);
			const emitted = snapshotKeys(video);
			video.delete('not_found');
			await trigger.run({ minutes: 20 });
			const deleted = trigger.items.filter(({ event }) => event === 'video.deleted');
			expect(deleted).toHaveLength(1);
			expect(deleted[0]).toMatchObject({ event_key: `${video.id}:deleted`, video_id: video.id });
			expect(Object.keys(deleted[0]!)).toEqual(eventColumns('status', 'previous_status'));
			await trigger.run({ hours: 26 }, { every: { minutes: 30 } });
			expect(trigger.remembered).not.toContain(video.id);
			const fetches = trigger.sent.filter((call) => call === `GET /videos/${video.id}`).length;
			await trigger.run({ hours: 24 }, { every: { hours: 1 } });
			const fetchesLater = trigger.sent.filter((call) => call === `GET /videos/${video.id}`).length;
			expect(fetchesLater).toBe(fetches);
			expectSameKeys(trigger.keys, [
				...without([...emitted, ...snapshotKeys(other)], before),
				`${video.id}:deleted`,
			]);
		},
	);

	test.each([
		['minutes after a 404', { minutes: 50 }],
		['hours after a 404', { hours: 5 }],
	])('resumes a video at its cursor if it comes back %s', async (_, length) => {
		const { trigger, video, other, before } = await withTwo();
		video.delete('not_found');
		await trigger.run(length);
		video.isGone = false;
		video.isDeleted = false;
		await trigger.run({ hours: 27 }, { every: { minutes: 15 } });
		expectSameKeys(trigger.keys, [
			...without(snapshotKeys(video, other), before),
			`${video.id}:deleted`,
		]);
	});

	test('emits nothing again of a video that was forgotten and comes back', async () => {
		const { sandbox, trigger, advance } = await withTwo();
		advance({ minutes: 1 });
		const newest = sandbox.seedVideo({ video_link: INSTAGRAM });
		await trigger.run({ hours: 12 }, { every: { minutes: 15 } });
		newest.delete('not_found');
		await trigger.run({ hours: 30 }, { every: { minutes: 30 } });
		expect(trigger.remembered).not.toContain(newest.id);
		newest.isGone = false;
		newest.isDeleted = false;
		await trigger.run({ hours: 3 }, { every: { minutes: 15 } });
		expect(trigger.keys.filter((key) => String(key).startsWith(newest.id)).length).toBeGreaterThan(
			12,
		);
		expect(new Set(trigger.keys).size).toBe(trigger.keys.length);
	});

	test('emits video.deleted for the only selected id after a 404, once GET /usage shows that the key works', async () => {
		const fixture = await createTriggerFixture();
		const video = fixture.sandbox.seedVideo({ video_link: TIKTOK });
		const chosen = { events, watch: 'selected', videos: video.id };
		const trigger = fixture.watch(chosen, { keep });
		await trigger.poll();
		video.delete('not_found');
		await trigger.run({ hours: 3 });
		expect(trigger.keys).toEqual([`${video.id}:deleted`]);
		expect(trigger.sent).toContain('GET /usage');
	});

	test('ignores a 404 of a video that is still in the list, and loses nothing', async () => {
		const { trigger, video, other, before, sandbox } = await withTwo();
		const match = { path: `/videos/${video.id}` };
		sandbox.faults.add({ kind: 'status', status: 404, body: {}, times: Infinity, match });
		await trigger.run({ hours: 3 });
		expect(trigger.sent).toContain(`GET /videos/${video.id}`);
		sandbox.clear();
		await trigger.run({ hours: 2 });
		expectSameKeys(trigger.keys, without(snapshotKeys(video, other), before));
	});

	test.each([
		['all videos', {}],
		['their links', { watch: 'selected', videos: `${TIKTOK} ${YOUTUBE}` }],
	])(
		'emits video.deleted for each video if all answer 404 at once (watching %s)',
		async (_, chosen) => {
			const { trigger, video, other } = await withTwo(chosen);
			const emitted = trigger.keys;
			video.delete('not_found');
			other.delete('not_found');
			await trigger.run({ hours: 2 });
			expectSameKeys(trigger.keys, [...emitted, `${video.id}:deleted`, `${other.id}:deleted`]);
		},
	);

	test('emits no deletions and forgets nothing if all selected ids answer 404 at once', async () => {
		const fixture = await createTriggerFixture();
		const videos = [TIKTOK, YOUTUBE].map((video_link) => fixture.sandbox.seedVideo({ video_link }));
		const ids = videos.map(({ id }) => id).join(' ');
		const trigger = fixture.watch({ events, watch: 'selected', videos: ids }, { keep });
		await trigger.poll();
		for (const video of videos) video.delete('not_found');
		await trigger.run({ hours: 2 }, { mayThrow: true });
		fixture.advance({ hours: 1 });
		const before = trigger.remembered;
		const failure = await trigger.failure();
		if (!trigger.isActivating)
			expect(failure?.message).toBe('None of the 2 watched videos was found');
		expect(trigger.remembered).toBe(before);
		expect(trigger.items).toEqual([]);
	});

	test('emits no deletions with the key of another account, and continues with the right key', async () => {
		const fixture = await createTriggerFixture({ foreignVideoStatus: 404 });
		const videos = [TIKTOK, YOUTUBE].map((video_link) => fixture.sandbox.seedVideo({ video_link }));
		const chosen = { events, watch: 'selected', videos: videos.map(({ id }) => id).join(' ') };
		const trigger = fixture.watch(chosen, { keep });
		await trigger.poll();
		const before = snapshotKeys(...videos);
		const credential = { ...fixture.credential, apiKey: fixture.sandbox.otherOrgKey };
		const staticData = JSON.parse(trigger.remembered);
		const foreign = fixture.watch(chosen, { keep, credential, staticData });
		await foreign.run({ hours: 2 }, { mayThrow: true });
		expect(foreign.items).toEqual([]);

		const right = fixture.watch(chosen, { keep, staticData: JSON.parse(foreign.remembered) });
		await right.run({ hours: 1 });
		expectSameKeys(right.keys, without(snapshotKeys(...videos), before));
	});

	const WATCHES: Array<[string, object]> = [
		['all videos', {}],
		['their links', { watch: 'selected', videos: `${TIKTOK} ${YOUTUBE}` }],
		['their ids', {}],
	];

	test.each(WATCHES)(
		'takes no video for deleted with the key of another account that has videos (watching %s)',
		async (name, parameters) => {
			const fixture = await createTriggerFixture({ foreignVideoStatus: 404 });
			const { sandbox, credential } = fixture;
			const videos = [TIKTOK, YOUTUBE].map((video_link) => sandbox.seedVideo({ video_link }));
			const ids = { watch: 'selected', videos: videos.map(({ id }) => id).join(' ') };
			const chosen = name === 'their ids' ? ids : parameters;
			for (const video_link of [INSTAGRAM, TIKTOK])
				sandbox.seedVideo({ video_link, organisation: 'other' });
			const trigger = fixture.watch({ events, ...chosen }, { keep });
			await trigger.poll();
			await trigger.run({ hours: 1 });
			const before = snapshotKeys(...videos);
			const foreign = fixture.watch(
				{ events, ...chosen },
				{
					keep,
					credential: { ...credential, apiKey: sandbox.otherOrgKey },
					staticData: JSON.parse(trigger.remembered),
				},
			);
			await foreign.run({ hours: 20 }, { mayThrow: true, every: { minutes: 20 } });
			expect(foreign.items).toEqual([]);
			expect([...foreign.thrown, ...foreign.errors].map(({ message }) => message).join()).toContain(
				'None of the 2 watched videos was found',
			);

			const staticData = JSON.parse(foreign.remembered);
			const right = fixture.watch({ events, ...chosen }, { keep, staticData });
			await right.run({ hours: 1 });
			expectSameKeys(right.keys, without(snapshotKeys(...videos), before));
		},
	);

	test('emits video.deleted once for a video flagged as deleted, and all its snapshots', async () => {
		const { trigger, video, advance } = await createWatchedFixture(keep, { events });
		const before = snapshotKeys(video);
		advance({ hours: 1, minutes: 30 });
		video.delete();
		await trigger.run({ hours: 24 }, { every: { minutes: 15 } });
		expectSameKeys(trigger.keys, [...without(snapshotKeys(video), before), `${video.id}:deleted`]);
		const [item] = trigger.items.filter(({ event }) => event === 'video.deleted');
		expect(Object.keys(item!)).toEqual(eventColumns('status', 'previous_status'));
		expect(item).toMatchObject({ video_link: TIKTOK, platform: 'tiktok', status: 'monitoring' });
	});

	test('emits the snapshots that a video had before it was deleted', async () => {
		const { trigger, video, sandbox, advance } = await createWatchedFixture(keep, { events });
		const other = sandbox.seedVideo({ video_link: YOUTUBE });
		await trigger.run({ minutes: 30 });
		advance({ hours: 1 });
		video.delete();
		await trigger.run({ minutes: 30 });
		expect(trigger.keys).toContain(`${video.id}:2026-01-01T04:00:00.000Z`);
		expect(trigger.keys).toContain(`${other.id}:2026-01-01T04:00:00.000Z`);
	});
});
