import { createTriggerFixture, linkOf } from '../support/triggerFixture';

const MINUTE_MS = 60_000;
const DAY_SNAPSHOTS = 24;
const FIRST_MINUTES = [0, 2, 9, 25, 45, 59];
/** When the trigger asks for a video without snapshots, in minutes after it found it. */
const ASKED_AT = [0, 1, 4, 13, 40, 70, 100];

interface RowTime {
	/** The minute of the poll that emitted it, counted from the start of the tracking. */
	minute: number;
	/** The requests for the video until then. */
	requests: number;
}

/** Watches a video for a day, with a poll every minute. */
async function watchFirstDay(firstMinutes: number, isTrackedFirst: boolean) {
	const { clock, advance, sandbox, watch } = await createTriggerFixture({
		firstSnapshotDelayMs: firstMinutes * MINUTE_MS,
	});
	const trigger = watch({ startFrom: 'beginning' });
	const track = () => sandbox.seedVideo({ video_link: linkOf('tiktok', 1) });
	const before = isTrackedFirst ? track() : null;
	const rows: RowTime[] = [];
	let foundAt: number | null = null;
	const start = clock.now();
	const poll = async (id?: string) => {
		const items = (await trigger.poll()) ?? [];
		const minute = (clock.now() - start) / MINUTE_MS;
		const requests = trigger.sent.filter((call) => call === `GET /videos/${id}`).length;
		if (requests > 0) foundAt ??= minute;
		for (const _ of items) rows.push({ minute, requests });
	};
	await poll(before?.id);
	const { id } = before ?? track();
	while (rows.length < DAY_SNAPSHOTS) {
		advance({ minutes: 1 });
		await poll(id);
	}
	return { rows, foundAt: foundAt! };
}

const meanOf = (numbers: number[]) =>
	numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

test.each([
	['tracked before the trigger is published', true],
	['found in the list', false],
])('the first snapshots of a video that is %s cost few requests', async (_, isTrackedFirst) => {
	const requestsPerSnapshot: number[] = [];
	for (const firstMinutes of FIRST_MINUTES) {
		const { rows, foundAt } = await watchFirstDay(firstMinutes, isTrackedFirst);
		const [first, , third] = rows;
		const last = rows.at(-1)!;
		// The first row comes with the first request after its snapshot.
		const waited = ASKED_AT.find((minutes) => foundAt + minutes >= firstMinutes)!;
		expect(first!.minute).toBe(foundAt + waited);
		expect((third!.requests - first!.requests) / 2).toBeLessThanOrEqual(1.1);
		expect((last.requests - first!.requests) / (rows.length - 1)).toBeLessThanOrEqual(1.1);
		requestsPerSnapshot.push(third!.requests / 3);
	}
	expect(meanOf(requestsPerSnapshot)).toBeLessThanOrEqual(2.3);
});
