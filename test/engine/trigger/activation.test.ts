import type { WorkflowActivateMode } from 'n8n-workflow';
import type { Fault } from '../../../sandbox';
import { INSTAGRAM, START, TIKTOK, YOUTUBE } from '../support/fixture';
import {
	createWatchedFixture,
	createTriggerFixture,
	expectSameKeys,
	KEPT,
	keysOf,
	snapshotKeys,
	without,
} from '../support/triggerFixture';
import { errorWith } from '../support/hostVersion';

const MINUTE_MS = 60_000;

async function withVideo() {
	const fixture = await createTriggerFixture();
	const video = fixture.sandbox.seedVideo({ video_link: TIKTOK });
	fixture.advance({ hours: 3 });
	return { ...fixture, video };
}

describe('the activation poll', () => {
	test.each<[string, Fault]>([
		['500', { kind: 'status', status: 500 }],
		['429', { kind: 'rate_limited', resetInSeconds: 60 }],
	])('returns null on %s, so that n8n still activates the workflow', async (_, fault) => {
		const { sandbox, video, watch } = await withVideo();
		const trigger = watch();
		sandbox.faults.add({ ...fault, times: Infinity });
		expect(await trigger.poll()).toBeNull();
		expect(trigger.errors).toHaveLength(1);
		sandbox.clear();
		await trigger.run({ minutes: 30 });
		const before = snapshotKeys(video);
		await trigger.run({ hours: 2 });
		expectSameKeys(trigger.keys, without(snapshotKeys(video), before));
	});

	test('returns null if the API is unreachable, and leaves the error to the next poll', async () => {
		const { watch, credential } = await withVideo();
		const nowhere = { ...credential, baseUrl: 'http://127.0.0.1:9/api/v1' };
		const trigger = watch({}, { credential: nowhere });
		expect(await trigger.poll()).toBeNull();
		await expect(trigger.poll()).rejects.toMatchObject(
			errorWith({ cause: 'temporarily-unavailable' }),
		);
	});

	test('is told from no poll of a durable scheduler with the same budget, so nothing stays silent', async () => {
		const { watch, sandbox } = await withVideo();
		const trigger = watch({}, { budgetMs: 300_000, keep: KEPT[1]![1] });
		await trigger.poll();
		sandbox.faults.add({ kind: 'status', status: 500, times: Infinity });
		await trigger.run({ hours: 3 });
		expect(trigger.errors.length).toBeGreaterThanOrEqual(3);
		for (const { message } of trigger.errors) expect(message).toMatch(/HTTP 500/);
	});

	test('reports a wrong API key, and polls with the right one without being published again', async () => {
		const { watch, credential, video } = await withVideo();
		const wrong = { ...credential, apiKey: 'cs_live_wrong' };
		const trigger = watch({}, { credential: wrong });
		expect(await trigger.poll()).toBeNull();
		expect(trigger.errors).toEqual([
			expect.objectContaining({
				message: expect.stringContaining('rejected the API key'),
				...errorWith({ cause: 'credential-invalid' }),
			}),
		]);
		expect(trigger.poller.staticData).toEqual({});
		await expect(trigger.poll()).rejects.toThrow('rejected the API key');
		wrong.apiKey = credential.apiKey;
		await trigger.run({ minutes: 10 });
		const before = snapshotKeys(video);
		await trigger.run({ hours: 2 });
		expectSameKeys(trigger.keys, without(snapshotKeys(video), before));
	});

	test.each<[WorkflowActivateMode, boolean]>([
		['activate', true],
		['update', true],
		['init', false],
		['leadershipChange', false],
	])(
		'of the mode %s throws parameters that cannot work only if a user waits',
		async (activation, throws) => {
			const { watch } = await withVideo();
			const trigger = watch({ events: ['milestone.reached'], milestones: 'ten' }, { activation });
			const message = '“ten” is not a milestone';
			if (throws) await expect(trigger.poll()).rejects.toThrow(message);
			else expect(await trigger.poll()).toBeNull();
			expect(trigger.errors.map((error) => error.message)).toEqual(throws ? [] : [message]);
			await expect(trigger.poll()).rejects.toThrow(message);
		},
	);

	test('reports an unknown selected id, and watches the other videos', async () => {
		const { watch, video } = await withVideo();
		const trigger = watch({ watch: 'selected', videos: `${video.id} cm5unknown` });
		expect(await trigger.poll()).toBeNull();
		expect(trigger.errors.map(({ message }) => message)).toEqual(['Video cm5unknown not found']);
		const before = snapshotKeys(video);
		await trigger.run({ hours: 2 });
		expectSameKeys(trigger.keys, without(snapshotKeys(video), before));
	});

	test('reports an unknown id that was added to the selection', async () => {
		const { watch, video } = await withVideo();
		const trigger = watch({ watch: 'selected', videos: video.id });
		await trigger.poll();
		const videos = `${video.id} cm5unknown`;
		const changed = trigger.poller.restarted({ watch: 'selected', videos });
		expect(await changed.poll()).toBeNull();
		expect(changed.errors.map(({ message }) => message)).toEqual(['Video cm5unknown not found']);
	});
});

test('polls that keep failing send requests less and less often, and lose nothing', async () => {
	const { trigger, video, sandbox, clock } = await createWatchedFixture(KEPT[0]![1]);
	const before = snapshotKeys(video);
	await trigger.run({ minutes: 55 });
	sandbox.clear();
	sandbox.faults.add({ kind: 'status', status: 500, times: Infinity });
	const start = clock.now();
	await trigger.run({ hours: 2 }, { every: { minutes: 1 }, mayThrow: true });
	const minutesWithRequests = new Set(
		sandbox.requests.map(({ at }) => Math.floor((at - start) / MINUTE_MS)),
	);
	expect(minutesWithRequests.size).toBeGreaterThanOrEqual(7);
	expect(minutesWithRequests.size).toBeLessThanOrEqual(14);
	expect(trigger.thrown.length).toBeGreaterThanOrEqual(7);
	sandbox.clear();
	await trigger.run({ minutes: 20 }, { every: { minutes: 1 }, mayThrow: true });
	expectSameKeys(trigger.keys, without(snapshotKeys(video), before));
	await trigger.run({ hours: 1 }, { every: { minutes: 1 } });
	expectSameKeys(trigger.keys, without(snapshotKeys(video), before));
});

describe.each(KEPT)('a trigger with its state %s', (_, keep) => {
	test('seeds a video later if its first fetch fails, and emits no old snapshots', async () => {
		const { video, sandbox, watch } = await withVideo();
		const other = sandbox.seedVideo({ video_link: YOUTUBE, started: '2025-12-31T00:00:00Z' });
		const match = { path: `/videos/${video.id}` };
		sandbox.faults.add({ kind: 'status', status: 500, times: Infinity, match });
		const trigger = watch({}, { keep });
		await trigger.run({ minutes: 20 });
		expect(trigger.items).toEqual([]);
		sandbox.clear();
		await trigger.run({ hours: 1 });
		expectSameKeys(trigger.keys, [
			`${video.id}:2026-01-01T04:00:00.000Z`,
			`${other.id}:2026-01-01T04:00:00.000Z`,
		]);
	});

	test('reports a video that has failed for a day, at most once a day, and emits the others', async () => {
		const { video, sandbox, watch } = await withVideo();
		const other = sandbox.seedVideo({ video_link: YOUTUBE, started: START });
		const trigger = watch({}, { keep });
		await trigger.poll();
		const before = snapshotKeys(video, other);
		const match = { path: `/videos/${video.id}` };
		sandbox.faults.add({ kind: 'status', status: 500, times: Infinity, match });
		const every = { minutes: 20 };
		await trigger.run({ hours: 23 }, { every });
		expect(trigger.errors).toEqual([]);
		await trigger.run({ hours: 4 }, { every });
		expect(trigger.errors.map(({ message }) => message)).toEqual([
			expect.stringContaining(video.id),
		]);
		await trigger.run({ hours: 24 }, { every });
		expect(trigger.errors).toHaveLength(2);
		const emitted = keysOf(trigger.items).map(String);
		expectSameKeys(
			emitted.filter((key) => key.startsWith(other.id)),
			without(snapshotKeys(other), before),
		);

		sandbox.clear();
		await trigger.run({ hours: 1, minutes: 30 });
		expectSameKeys(trigger.keys, without(snapshotKeys(video, other), before));
		await trigger.run({ hours: 30 }, { every: { hours: 1 } });
		expect(trigger.errors).toHaveLength(2);
	});

	test('reports at most one error a day if two videos fail', async () => {
		const { video, sandbox, watch } = await withVideo();
		const other = sandbox.seedVideo({ video_link: YOUTUBE });
		sandbox.seedVideo({ video_link: INSTAGRAM });
		const trigger = watch({}, { keep });
		await trigger.poll();
		for (const { id } of [video, other]) {
			const match = { path: `/videos/${id}` };
			sandbox.faults.add({ kind: 'status', status: 403, times: Infinity, match });
			await trigger.run({ hours: 3 }, { every: { minutes: 30 } });
		}
		await trigger.run({ hours: 40 }, { every: { minutes: 30 } });
		expect(trigger.errors).toHaveLength(1);
		expect(trigger.errors[0]!.message).toContain(video.id);
	});
});
