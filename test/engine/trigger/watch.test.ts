import type { INodeParameters } from 'n8n-workflow';
import {
	createWatchedFixture,
	createTriggerFixture,
	expectSameKeys,
	KEPT,
	keysOf,
	linkOf,
	snapshotKeys,
	without,
} from '../support/triggerFixture';
import { INSTAGRAM, START, TIKTOK, TWITTER, YOUTUBE } from '../support/fixture';

describe.each([
	['no events', { events: [] }, 'No events selected'],
	[
		'Max Items Per Poll set to 0',
		{ options: { maxItemsPerPoll: 0 } },
		'Max Items Per Poll must be a whole number',
	],
])('a trigger with %s', (_, parameters, message) => {
	test('throws before it sends a request', async () => {
		const { watch, calls } = await createTriggerFixture();
		await expect(watch(parameters).poll()).rejects.toThrow(message);
		expect(calls()).toEqual([]);
	});
});

describe.each(KEPT)('with the state %s', (_, keep) => {
	describe('the watched videos', () => {
		test('are only those of the chosen platform', async () => {
			const { sandbox, watch } = await createTriggerFixture();
			sandbox.seedVideo({ video_link: TIKTOK });
			const video = sandbox.seedVideo({ video_link: YOUTUBE });
			const trigger = watch({ filters: { platform: 'youtube' } }, { keep });
			await trigger.poll();
			const before = snapshotKeys(video);
			await trigger.run({ hours: 3, minutes: 30 });
			expectSameKeys(trigger.keys, without(snapshotKeys(video), before));
		});

		test('are only the selected ones, by id or by any spelling of their link', async () => {
			const { sandbox, watch } = await createTriggerFixture();
			const { id } = sandbox.seedVideo({ video_link: TIKTOK });
			const other = sandbox.seedVideo({ video_link: YOUTUBE });
			sandbox.seedVideo({ video_link: TWITTER });
			const videos = `${id}, https://youtu.be/dQw4w9WgXcQ?t=3`;
			const trigger = watch({ watch: 'selected', videos }, { keep });
			await trigger.poll();
			const items = await trigger.run({ hours: 1, minutes: 15 });
			expectSameKeys(
				items.map(({ video_id }) => video_id),
				[id, other.id],
			);
		});

		test.each<[string, (ids: string[], links: string[]) => INodeParameters]>([
			['from the list', (videoIds) => ({ videoIds })],
			['by an expression that returns text', (ids) => ({ videoIds: ids.join(', ') })],
			[
				'from the list and by link, one of them twice',
				([first], links) => ({ videoIds: [first!], videos: links.join('\n') }),
			],
			['from a list with what an empty account offered', (ids) => ({ videoIds: ['', ...ids] })],
		])('are the ones chosen %s', async (_, choose) => {
			const { sandbox, watch } = await createTriggerFixture();
			const links = [TIKTOK, YOUTUBE];
			const ids = links.map((video_link) => sandbox.seedVideo({ video_link }).id);
			sandbox.seedVideo({ video_link: TWITTER });
			const trigger = watch({ watch: 'selected', ...choose(ids, links) }, { keep });
			expect(await trigger.poll('manual')).toHaveLength(1);
			await trigger.poll();
			const items = await trigger.run({ hours: 1, minutes: 15 });
			expectSameKeys(
				items.map(({ video_id }) => video_id),
				ids,
			);
		});

		test('keep their cursor if a link is replaced by a choice from the list', async () => {
			const { video, watch } = await createWatchedFixture(keep);
			const before = watch({ watch: 'selected', videos: TIKTOK }, { keep });
			await before.run({ hours: 2 });
			const staticData = JSON.parse(before.remembered);
			const after = watch(
				{ watch: 'selected', videoIds: [video.id], startFrom: 'beginning' },
				{ keep, staticData },
			);
			await after.run({ hours: 2 });
			expectSameKeys(
				[...before.keys, ...after.keys],
				[...new Set([...before.keys, ...after.keys])],
			);
			expect(after.items).toHaveLength(2);
		});

		test('are fetched without the list if they are selected by id', async () => {
			const { video, watch } = await createWatchedFixture(keep);
			const trigger = watch({ watch: 'selected', videos: video.id }, { keep });
			await trigger.run({ hours: 3 });
			expect(trigger.items).toHaveLength(3);
			expect(new Set(trigger.sent)).toEqual(new Set([`GET /videos/${video.id}`]));
		});

		test('include the video of a selected link as soon as it is tracked', async () => {
			const { sandbox, watch, video } = await createWatchedFixture(keep);
			const videos = `${video.id} ${YOUTUBE}`;
			const trigger = watch({ watch: 'selected', videos }, { keep });
			await trigger.run({ minutes: 30 });
			const added = sandbox.seedVideo({ video_link: YOUTUBE });
			const items = await trigger.run({ hours: 1, minutes: 15 });
			expectSameKeys(
				keysOf(items.filter(({ platform }) => platform === 'youtube')),
				snapshotKeys(added),
			);
		});

		test('still include the video of a selected link if a full list hides it', async () => {
			const { sandbox, video, watch, advance } = await createWatchedFixture(keep);
			const trigger = watch({ watch: 'selected', videos: TIKTOK }, { keep });
			await trigger.poll();
			advance({ minutes: 30 });
			for (let number = 0; number < 110; number += 1)
				sandbox.seedVideo({ video_link: linkOf('tiktok', number) });
			await trigger.run({ hours: 2, minutes: 15 });
			expect(trigger.keys).toEqual(
				['04', '05'].map((hour) => `${video.id}:2026-01-01T${hour}:00:00.000Z`),
			);
		});
	});

	describe('a changed trigger', () => {
		test.each(['new', 'latest'])(
			'seeds added videos as Start From (%s) says and keeps the cursors of the others',
			async (startFrom) => {
				const { sandbox, video, watch } = await createWatchedFixture(keep);
				const other = sandbox.seedVideo({ video_link: YOUTUBE, started: START });
				const before = watch({ watch: 'selected', videos: video.id, startFrom }, { keep });
				await before.run({ minutes: 30 });
				const parameters = { watch: 'selected', videos: `${video.id} ${other.id}`, startFrom };
				const staticData = JSON.parse(before.remembered);
				const changed = watch(parameters, { keep, staticData });
				await changed.run({ hours: 1 });
				expectSameKeys(changed.keys, [
					`${video.id}:2026-01-01T04:00:00.000Z`,
					`${other.id}:2026-01-01T04:00:00.000Z`,
					...(startFrom === 'latest' ? [`${other.id}:2026-01-01T03:00:00.000Z`] : []),
				]);
			},
		);

		test.each([
			['removing a selected link', { watch: 'selected', videos: TIKTOK }, 'tiktok'],
			['changing the platform', { filters: { platform: 'youtube' } }, 'youtube'],
			['adding a platform filter', { filters: { platform: 'tiktok' } }, 'tiktok'],
		])('drops the videos that are no longer chosen after %s', async (_, parameters, platform) => {
			const { sandbox, watch } = await createTriggerFixture();
			const links = [TIKTOK, YOUTUBE];
			const videos = links.map((video_link) => sandbox.seedVideo({ video_link }));
			const first =
				'watch' in parameters
					? { watch: 'selected', videos: links.join(' ') }
					: { filters: platform === 'youtube' ? { platform: 'tiktok' } : {} };
			const before = watch(first, { keep });
			await before.run({ minutes: 30 });
			const staticData = JSON.parse(before.remembered);
			const changed = watch(parameters, { keep, staticData });
			await changed.run({ hours: 2, minutes: 15 });
			const kept = videos.find((video) => video.platform === platform)!;
			const dropped = videos.find((video) => video.platform !== platform)!;
			expectSameKeys(changed.keys, [
				`${kept.id}:2026-01-01T01:00:00.000Z`,
				`${kept.id}:2026-01-01T02:00:00.000Z`,
			]);
			expect(changed.remembered).not.toContain(dropped.id);
			await changed.run({ hours: 1 });
			expect(changed.keys).not.toContain(`${dropped.id}:2026-01-01T03:00:00.000Z`);
		});

		test('seeds the other platforms after the filter is removed, and emits videos tracked later in full', async () => {
			const { sandbox, watch } = await createTriggerFixture();
			const first = sandbox.seedVideo({ video_link: TIKTOK });
			const second = sandbox.seedVideo({ video_link: YOUTUBE });
			const before = watch({ filters: { platform: 'tiktok' } }, { keep });
			await before.run({ minutes: 90 });
			const staticData = JSON.parse(before.remembered);
			const changed = watch({}, { keep, staticData });
			await changed.poll();
			expect(changed.items).toEqual([]);
			const added = sandbox.seedVideo({ video_link: INSTAGRAM });
			await changed.run({ minutes: 55 });
			expectSameKeys(changed.keys, [
				...snapshotKeys(added),
				...[first, second].map(({ id }) => `${id}:2026-01-01T02:00:00.000Z`),
			]);
		});

		test('continues with a new API key, but starts anew with a new base URL', async () => {
			const { trigger, sandbox, credential, watch } = await createWatchedFixture(keep);
			await trigger.run({ minutes: 30 });
			const staticData = JSON.parse(trigger.remembered);
			const rotated = watch(
				{},
				{ keep, staticData, credential: { ...credential, apiKey: sandbox.testKey } },
			);
			expect(await rotated.run({ hours: 1 })).toHaveLength(1);

			const remembered = trigger.remembered;
			const spellings = [
				` ${credential.baseUrl}\n`,
				`${credential.baseUrl}//`,
				`\u200b${credential.baseUrl.replace('http', 'HTTP')}/ `,
			];
			for (const baseUrl of spellings) {
				const pasted = watch(
					{ startFrom: 'beginning' },
					{
						keep,
						staticData: JSON.parse(remembered),
						credential: { ...credential, baseUrl },
					},
				);
				expect(await pasted.poll()).toHaveLength(1);
				expect(pasted.keys).toEqual(rotated.keys);
			}

			const baseUrl = credential.baseUrl.replace('127.0.0.1', 'localhost');
			const moved = watch(
				{ startFrom: 'latest' },
				{ keep, staticData, credential: { ...credential, baseUrl } },
			);
			expect(await moved.poll()).toHaveLength(1);
		});
	});
});
