import type { Client } from '../api/client';
import type { VideoWithSnapshots } from '../api/schemas';
import { listWatched } from './collect';
import { balanceItem, type EventItem, type EventName, hasEnded } from './events';
import { fromItsStart } from './rewatch';
import { sight } from './sighting';
import type { PollSettings } from './settings';
import { namedIds, type Watch, watchedIn } from './watch';

/** How many videos are looked at for one that has snapshots. */
const MOST_LOOKED_AT = 5;

const SAMPLE_VIDEO: VideoWithSnapshots = {
	id: 'cm5abc123def',
	job_id: 'job_xyz789',
	video_link: 'https://www.tiktok.com/@example/video/7234567890123456789',
	platform: 'tiktok',
	status: 'monitoring',
	monitoring_started: '2026-01-31T08:05:00.000Z',
	monitoring_duration_days: 7,
	days_remaining: 7,
	current_metadata: { title: 'An example, so that fields can be mapped', creator: 'example' },
	created_at: '2026-01-31T08:00:00.000Z',
};
const SAMPLE_COUNTS = { views: '1250000', likes: '185000', comments: '4200', shares: '12500' };

/** Every item that a video makes when all of it is fresh. */
function itemsOf(video: VideoWithSnapshots, settings: PollSettings, now: number): EventItem[] {
	const everything = { ...settings, maxItemsPerPoll: Infinity };
	const { snapshots, status } = sight(fromItsStart, video, now, [], null, everything);
	return [...snapshots.flatMap(({ items }) => items), ...status];
}

/** A made-up video to which everything has happened. */
function sampleItems(settings: PollSettings, now: number): EventItem[] {
	const { milestoneMetric, milestones } = settings;
	const [mark = 1] = milestones;
	const snapshots = [mark - 1, mark].map((value, hour) => ({
		snapshot_time: `2026-01-31T0${hour + 8}:30:00.000Z`,
		...SAMPLE_COUNTS,
		saves: '8900',
		...(milestones.length > 0 && { [milestoneMetric]: String(value) }),
	}));
	return [
		{ ...SAMPLE_VIDEO, snapshots },
		{ ...SAMPLE_VIDEO, snapshots, status: 'paused', is_deleted: true },
		{ ...SAMPLE_VIDEO, snapshots, status: 'completed' },
	].flatMap((video) => itemsOf(video, settings, now));
}

/** Watched videos worth a look: the newest, and such as have paused or ended. */
async function idsToLookAt(client: Client, watch: Watch): Promise<Set<string>> {
	const listed = watchedIn(watch, await listWatched(client, watch));
	const paused = listed.find(({ status }) => status === 'paused');
	const ended = listed.find(({ status }) => hasEnded(status));
	const newest = [...namedIds(watch), ...listed.map(({ id }) => id)].slice(0, MOST_LOOKED_AT);
	return new Set([...newest, ...[paused, ended].flatMap((video) => video?.id ?? [])]);
}

/** The newest item of its kind of the first video that has one. */
function pick(event: EventName, items: EventItem[]): EventItem | undefined {
	const fitting = items.filter((item) => item.event === event);
	return fitting.filter(({ video_id }) => video_id === fitting[0]!.video_id).at(-1);
}

/**
 * One item of every chosen event for a test in the editor: real ones where there are, else made-up
 * ones marked `sample: true`. Nothing is remembered.
 *
 * @param now the clock of n8n, in Unix milliseconds.
 */
export async function examples(
	client: Client,
	watch: Watch,
	settings: PollSettings,
	now: number,
): Promise<EventItem[]> {
	const { events, lowBalanceUsd } = settings;
	const real: EventItem[] = [];
	if (events.includes('balance.low')) {
		const usage = await client.usage();
		const item = balanceItem(usage, lowBalanceUsd, new Date(now).toISOString());
		const isLow = Number(item.available_usd) < lowBalanceUsd;
		real.push(isLow ? item : { ...item, sample: true });
	}
	for (const id of await idsToLookAt(client, watch)) {
		if (events.every((event) => pick(event, real))) break;
		real.push(...itemsOf(await client.get(id), settings, now));
	}
	const samples = sampleItems(settings, now);
	return events.map((event) => pick(event, real) ?? { ...pick(event, samples)!, sample: true });
}
