import type { SandboxVideo } from '../../../sandbox';
import { TIKTOK, YOUTUBE } from '../support/fixture';
import {
	createWatchedFixture,
	createTriggerFixture,
	EVENT_VIDEO,
	expectSameKeys,
	KEPT,
	snapshotKeys,
	without,
} from '../support/triggerFixture';

const events = ['snapshot.created', 'tracking.ended', 'video.deleted'];

describe.each(KEPT)('with the state %s', (_, keep) => {
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
		['all', {}],
		['its link', { watch: 'selected', videos: `${TIKTOK} ${YOUTUBE}` }],
	])(
		'one the API does not know any more, watching %s: one item, and it is forgotten',
		async (_, chosen) => {
			const { trigger, video, other, before } = await withTwo(chosen);
			const emitted = snapshotKeys(video);
			video.delete('not_found');
			await trigger.run({ minutes: 20 });
			const deleted = trigger.items.filter(({ event }) => event === 'video.deleted');
			expect(deleted).toHaveLength(1);
			expect(deleted[0]).toMatchObject({ event_key: `${video.id}:deleted`, video_id: video.id });
			expect(Object.keys(deleted[0]!)).toEqual(EVENT_VIDEO);
			await trigger.run({ hours: 26 }, { every: { minutes: 30 } });
			expect(trigger.remembered).not.toContain(video.id);
			const asked = trigger.sent.filter((call) => call === `GET /videos/${video.id}`).length;
			await trigger.run({ hours: 24 }, { every: { hours: 1 } });
			const askedLater = trigger.sent.filter((call) => call === `GET /videos/${video.id}`).length;
			expect(askedLater).toBe(asked);
			expectSameKeys(trigger.keys, [
				...without([...emitted, ...snapshotKeys(other)], before),
				`${video.id}:deleted`,
			]);
		},
	);

	test.each([
		['after minutes', { minutes: 50 }],
		['after hours', { hours: 5 }],
	])(
		'one that is unknown for a while and comes back %s goes on where it stood',
		async (_, length) => {
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
		},
	);

	test('a selected id the API does not know any more, alone: the key is proved, and it is one item', async () => {
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

	test('a 404 of a video that is in the list says nothing, and nothing is lost', async () => {
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
		['by the list', {}],
		['by their links', { watch: 'selected', videos: `${TIKTOK} ${YOUTUBE}` }],
	])('all unknown at once, found %s: each is one item', async (_, chosen) => {
		const { trigger, video, other } = await withTwo(chosen);
		const emitted = trigger.keys;
		video.delete('not_found');
		other.delete('not_found');
		await trigger.run({ hours: 2 });
		expectSameKeys(trigger.keys, [...emitted, `${video.id}:deleted`, `${other.id}:deleted`]);
	});

	test('all selected ids unknown at once: no deletion, nothing is forgotten', async () => {
		const fixture = await createTriggerFixture();
		const videos = [TIKTOK, YOUTUBE].map((video_link) => fixture.sandbox.seedVideo({ video_link }));
		const ids = videos.map(({ id }) => id).join(' ');
		const trigger = fixture.watch({ events, watch: 'selected', videos: ids }, { keep });
		await trigger.poll();
		for (const video of videos) video.delete('not_found');
		await trigger.run({ hours: 2 }, { mayThrow: true });
		fixture.advance({ hours: 1 });
		const before = trigger.remembered;
		if (trigger.isActivating) await trigger.poll().catch(() => null);
		else await expect(trigger.poll()).rejects.toThrow('knows none of the 2 watched videos');
		expect(trigger.remembered).toBe(before);
		expect(trigger.items).toEqual([]);
	});

	test('a key of another account: no deletion, and the right key goes on', async () => {
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

	test('a video that answers 403 is left, the others are emitted; nothing is lost', async () => {
		const { trigger, video, other, before, sandbox } = await withTwo();
		const match = { path: `/videos/${video.id}` };
		sandbox.faults.add({ kind: 'status', status: 403, times: Infinity, match });
		const emitted = snapshotKeys(video);
		await trigger.run({ hours: 5 });
		expectSameKeys(trigger.keys, without([...emitted, ...snapshotKeys(other)], before));
		sandbox.clear();
		await trigger.run({ hours: 2 });
		expectSameKeys(trigger.keys, without(snapshotKeys(video, other), before));
	});

	test('a video that is flagged as deleted is one item, and its snapshots are not lost', async () => {
		const { trigger, video, advance } = await createWatchedFixture(keep, { events });
		const before = snapshotKeys(video);
		advance({ hours: 1, minutes: 30 });
		video.delete();
		await trigger.run({ hours: 24 }, { every: { minutes: 15 } });
		expectSameKeys(trigger.keys, [...without(snapshotKeys(video), before), `${video.id}:deleted`]);
		const [item] = trigger.items.filter(({ event }) => event === 'video.deleted');
		expect(Object.keys(item!)).toEqual(EVENT_VIDEO);
		expect(item).toMatchObject({ video_link: TIKTOK, platform: 'tiktok', status: 'monitoring' });
	});

	test('what was there when a video was deleted is emitted', async () => {
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
