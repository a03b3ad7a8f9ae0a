import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

import { type Platform, PLATFORMS, type SandboxVideo } from '../../../sandbox';
import { TIKTOK } from '../support/fixture';
import {
	createTriggerFixture,
	expectSameKeys,
	KEPT,
	keysOf,
	linkOf,
	snapshotKeys,
	without,
	type TriggerFixture,
} from '../support/triggerFixture';

const platformOf = (number: number): Platform => PLATFORMS[number % PLATFORMS.length]!;

function seed({ sandbox }: TriggerFixture, count: number, platform = platformOf): SandboxVideo[] {
	return Array.from({ length: count }, (_, number) =>
		sandbox.seedVideo({ video_link: linkOf(platform(number), number) }),
	);
}

const log = () => readFileSync(process.env.N8N_LOG_FILE_LOCATION!, 'utf8');

describe.each(KEPT)('a trigger with its state %s', (_, keep) => {
	test.each([100, 101, 350])('seeds and emits all of %i videos', async (count) => {
		const fixture = await createTriggerFixture();
		const videos = seed(fixture, count);
		const trigger = fixture.watch({ startFrom: 'latest' }, { keep });
		await trigger.poll();
		const seeded = snapshotKeys(...videos);
		expect(seeded).toHaveLength(count);
		expectSameKeys(trigger.keys, seeded);
		const items = await trigger.run({ hours: 1, minutes: 10 }, { every: { minutes: 10 } });
		expectSameKeys(keysOf(items), without(snapshotKeys(...videos), seeded));
		expect(items).toHaveLength(count);
	});

	test('finds a running video behind 120 newer videos that have ended', async () => {
		const fixture = await createTriggerFixture();
		for (let number = 0; number < 120; number += 1)
			fixture.sandbox.seedVideo({
				video_link: linkOf('tiktok', number),
				duration_days: 1,
				started: '2025-12-30T00:00:00Z',
			});
		const running = fixture.sandbox.seedVideo({ video_link: TIKTOK, started: '2025-12-29' });
		const trigger = fixture.watch({}, { keep });
		await trigger.poll();
		const before = snapshotKeys(running);
		await trigger.run({ hours: 2, minutes: 30 });
		expectSameKeys(trigger.keys, without(snapshotKeys(running), before));
	});

	test('keeps watching known videos that a full slice of the list hides', async () => {
		const fixture = await createTriggerFixture();
		const events = ['snapshot.created', 'video.deleted', 'tracking.ended'];
		const old = seed(fixture, 60, () => 'tiktok');
		const trigger = fixture.watch({ events }, { keep });
		await trigger.poll();
		const before = snapshotKeys(...old);
		fixture.advance({ minutes: 30 });
		const added = Array.from({ length: 70 }, (_, number) =>
			fixture.sandbox.seedVideo({ video_link: linkOf('tiktok', 1000 + number) }),
		);
		await trigger.run({ hours: 2, minutes: 45 }, { every: { minutes: 15 } });
		expectSameKeys(trigger.keys, without(snapshotKeys(...old, ...added), before));

		// The list does not show the end of a hidden video.
		old[0]!.setStatus('cancelled');
		const items = await trigger.run({ hours: 2 }, { every: { minutes: 15 } });
		expect(keysOf(items)).toContain(`${old[0]!.id}:ended`);
		expect(keysOf(items).join()).not.toContain(':deleted');
	});

	test('logs a warning if a full slice of the list may hide videos', async () => {
		const fixture = await createTriggerFixture();
		seed(fixture, 130, () => 'instagram');
		const from = log().length;
		await fixture.watch({}, { keep }).poll();
		const warned = () => /warn.*\n?.*instagram, monitoring/.test(log().slice(from));
		for (let tries = 0; tries < 50 && !warned(); tries += 1) await wait(20);
		expect(warned()).toBe(true);
	});
});
