import type { IDataObject } from 'n8n-workflow';

import { PLATFORMS } from '../../../sandbox';
import { START, TIKTOK } from '../support/fixture';
import {
	createWatchedFixture,
	createTriggerFixture,
	expectSameKeys,
	KEPT,
	linkOf,
	snapshotKeys,
} from '../support/triggerFixture';

const UNREADABLE = "The saved state of this trigger can't be read";
type State = IDataObject & { videos: Array<[string, IDataObject]> };

describe('an unreadable state', () => {
	test.each<[string, unknown, string]>([
		['that of another node', { lastTimeChecked: START }, UNREADABLE],
		['of a newer version', { version: 9 }, 'a newer version of the ContentStats node (state 9'],
	])(
		'fails the poll before any request and stays unchanged if it is %s',
		async (_, found, message) => {
			const { watch, calls, sandbox } = await createTriggerFixture();
			sandbox.seedVideo({ video_link: TIKTOK });
			const staticData = { state: found } as IDataObject;
			const trigger = watch({ startFrom: 'beginning' }, { staticData });
			await expect(trigger.poll()).rejects.toThrow(message);
			expect(calls()).toEqual([]);
			expect(trigger.remembered).toBe(JSON.stringify({ state: found }));
		},
	);

	test.each(['new', 'latest', 'beginning'])(
		'counts the state of another node under its name as none, and starts from %s',
		async (startFrom) => {
			const { trigger, watch, sandbox, advance } = await createWatchedFixture(KEPT[0]![1]);
			sandbox.seedVideo({ video_link: TIKTOK, started: '2025-12-31T00:00:00Z' });
			await trigger.run({ hours: 3 });
			advance({ hours: 24 });
			const staticData = JSON.parse(trigger.remembered) as IDataObject;
			const other = watch({ startFrom }, { staticData, nodeId: 'another node' });
			const fresh = watch({ startFrom }, { nodeId: 'another node' });
			await other.poll();
			await fresh.poll();
			expect(other.keys.length === 0).toBe(startFrom === 'new');
			expectSameKeys(other.keys, fresh.keys);
		},
	);

	test.each<[string, (state: State) => void]>([
		['no videos', (state) => delete (state as IDataObject).videos],
		['a number as the gaps of a cursor', ({ videos }) => (videos[0]![1].seen = 7)],
		['no API', (state) => delete state.api],
		['a number as its watch', (state) => (state.watch = 5)],
		['text as its seeding time', (state) => (state.seededUntil = 'x')],
	])('fails the poll before any request and stays unchanged if it has %s', async (_, damage) => {
		const { trigger, watch, sandbox, calls } = await createWatchedFixture(KEPT[0]![1]);
		const staticData = JSON.parse(trigger.remembered) as { state: State };
		damage(staticData.state);
		const damaged = JSON.stringify(staticData);
		sandbox.clear();
		const again = watch({}, { staticData: staticData as unknown as IDataObject });
		await expect(again.poll()).rejects.toThrow(UNREADABLE);
		expect(calls()).toEqual([]);
		expect(again.remembered).toBe(damaged);
	});
});

describe.each(KEPT)('a trigger with its state %s', (_, keep) => {
	const VIDEOS = 5;

	test('keeps its state small over a month and forgets ended videos', async () => {
		const fixture = await createTriggerFixture();
		const { sandbox, advance } = fixture;
		const videos = Array.from({ length: VIDEOS }, (_, number) => {
			const platform = PLATFORMS[number % PLATFORMS.length]!;
			const duration_days = number === 0 ? 20 : 30;
			const video = sandbox.seedVideo({ video_link: linkOf(platform, number), duration_days });
			const id = `${video.id}${'abcdefghijkl'}`;
			expect(id).toHaveLength(25);
			video.override({ id });
			sandbox.videos.set(id, video);
			return video;
		});
		// Snapshots are never exactly an hour apart, and uneven gaps take more room in the state.
		const jittered = ({ snapshot_time }: { snapshot_time: string }, seed: number) => {
			const time = Date.parse(snapshot_time);
			return new Date(
				time + (((time / 3_600_000) * 7919 + seed * 104_729) % 240_000),
			).toISOString();
		};
		sandbox.faults.add({
			kind: 'map',
			times: Infinity,
			match: { path: /^\/videos\/\w+$/ },
			map: (json) => ({
				...json,
				snapshots: json.snapshots.map((entry: { snapshot_time: string }) => ({
					...entry,
					snapshot_time: jittered(entry, json.id.length + json.id.charCodeAt(5)),
				})),
			}),
		});
		const trigger = fixture.watch({}, { keep });
		await trigger.poll();
		let largest = 0;
		for (let poll = 0; poll < 30 * 4; poll += 1) {
			advance({ hours: 6 });
			await trigger.poll();
			largest = Math.max(largest, JSON.stringify(trigger.poller.staticData.state).length);
		}
		expect(trigger.items).toHaveLength((VIDEOS - 1) * (30 * 24 - 1) + 20 * 24 - 1);
		expect(new Set(trigger.keys).size).toBe(trigger.items.length);
		expect(trigger.remembered).not.toContain(videos[0]!.id);
		const baseLength = 300;
		expect(largest).toBeLessThanOrEqual(VIDEOS * 250 + baseLength);
		for (let poll = 0; poll < 6; poll += 1) {
			advance({ hours: 6 });
			await trigger.poll();
		}
		for (const { id } of videos) expect(trigger.remembered).not.toContain(id);
		expect(trigger.remembered.length).toBeLessThanOrEqual(baseLength);
	});
});

test.each([-240, -30, 30, 240])(
	'the state stays small if the clock of n8n is %d hours ahead',
	async (hours) => {
		const { sandbox, watch } = await createTriggerFixture({ skewMs: hours * 3_600_000 });
		const video = sandbox.seedVideo({ video_link: TIKTOK });
		const trigger = watch({ startFrom: 'beginning' });
		await trigger.run({ hours: 4 });
		const early = trigger.remembered.length;
		await trigger.run({ hours: 20 });
		await trigger.run({ minutes: 30 });
		expect(trigger.keys.sort()).toEqual(snapshotKeys(video).sort());
		expect(trigger.remembered.length).toBeLessThan(early + 100);
	},
);
