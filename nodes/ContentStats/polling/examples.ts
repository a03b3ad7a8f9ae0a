import type { IDataObject } from 'n8n-workflow';

import { type Client, isVideoId } from '../api/client';
import type { ContentStatsError } from '../api/errors';
import { METRICS, type VideoWithSnapshots } from '../api/schemas';
import { availableUsd, remainingSnapshots, snapshotsUsd } from '../model/money';
import { hasEnded } from '../model/videos';
import { roundHundredths, roundUsd } from '../utils/format';
import { columnsOf, toColumns } from './columns';
import { diffVideo } from './diff';
import { buildBalanceItem, type EventItem, type EventName } from './events';
import { linksNotTracked } from './failures';
import { listWatched, returnUnlessFatal } from './fetch';
import type { PollSettings } from './parameters';
import { NEW_VIDEO } from './reconcile';
import { selectedIds, untrackedLinks, type Watch, watchedVideos } from './watch';

/** How many of the newest videos are fetched to find one with snapshots. */
const MAX_CANDIDATES = 5;

/**
 * A video that does not exist. Its id makes every key of its items begin with `sample:`, by which a
 * workflow leaves them out.
 */
const SAMPLE_VIDEO: VideoWithSnapshots = {
	id: 'sample',
	job_id: 'sample',
	video_link: 'https://www.tiktok.com/@example/video/7601081937123456789',
	platform: 'tiktok',
	status: 'monitoring',
	monitoring_started: '2026-01-31T08:05:00.000Z',
	monitoring_duration_days: 7,
	days_remaining: 7,
	current_metadata: { title: 'Example video', creator: 'example' },
	created_at: '2026-01-31T08:00:00.000Z',
};
/** How far the sample balance is below the threshold, whatever that is: $4.20 for $5. */
const SAMPLE_SHORTFALL_USD = 0.8;
/** When the sample video is fetched, so that none of its snapshots is ahead. */
const SAMPLE_TIME = Date.parse('2026-01-31T10:00:00.000Z');
/** Growth of the sample video per hour, and in its best window. */
const SAMPLE_USUAL_GROWTH = 400;
const SAMPLE_BEST_GROWTH = 48_000;
const SAMPLE_COUNTS = { views: '1250000', likes: '185000', comments: '4200', shares: '12500' };

/** Builds every item of a video, as if nothing of it was emitted before. */
function itemsOf(video: VideoWithSnapshots, settings: PollSettings, now: number): EventItem[] {
	const unlimited = { ...settings, maxItemsPerPoll: Infinity };
	// As if nothing had slowed: a real example of it is one of a video that has.
	const state = { ...NEW_VIDEO, isSlow: false };
	const { snapshots, status } = diffVideo(state, video, now, [], unlimited);
	return [...snapshots.flatMap(({ items }) => items), ...status];
}

/** Builds what the events of growth and age tell of the sample video. @param row its newest snapshot. */
function sampleJudgedItems(settings: PollSettings, row: EventItem): EventItem[] {
	const { spikeFactor, spikeMinimum, slowedPercent, ages } = settings;
	const growth_per_hour = Math.max(spikeMinimum, spikeFactor * SAMPLE_USUAL_GROWTH);
	const spike = {
		growth_per_hour,
		usual_per_hour: SAMPLE_USUAL_GROWTH,
		factor: roundHundredths(growth_per_hour / SAMPLE_USUAL_GROWTH),
	};
	const snapshots = remainingSnapshots(SAMPLE_VIDEO.days_remaining)!;
	const slowdown = {
		growth_in_window: (SAMPLE_BEST_GROWTH * slowedPercent) / 200,
		best_in_window: SAMPLE_BEST_GROWTH,
		percent_of_best: slowedPercent / 2,
		snapshots_remaining: snapshots,
		estimated_savings_usd: snapshotsUsd(snapshots),
	};
	const atAge = Object.fromEntries(METRICS.map((metric) => [`${metric}_at_age`, row[metric]]));
	const item = (event: EventName, suffix: string, facts: IDataObject): EventItem => ({
		...row,
		event,
		event_key: `${SAMPLE_VIDEO.id}:${suffix}`,
		...facts,
	});
	return [
		item('growth.spiked', `spiked:${String(row.snapshot_time)}`, { metric: 'views', ...spike }),
		item('growth.slowed', 'slowed', { metric: 'views', ...slowdown }),
		...ages
			.slice(0, 1)
			.map((age_hours) => item('age.reached', `age:${age_hours}`, { age_hours, ...atAge })),
	];
}

/** Builds the items of the sample video, to which everything has happened, and of a low balance. */
function sampleItems(settings: PollSettings): EventItem[] {
	const { milestoneMetric, milestones, lowBalanceUsd } = settings;
	const [mark = 1] = milestones;
	const snapshots = [mark - 1, mark].map((value, hour) => ({
		snapshot_time: `2026-01-31T0${hour + 8}:30:00.000Z`,
		...SAMPLE_COUNTS,
		saves: '8900',
		...(milestones.length > 0 && { [milestoneMetric]: String(value) }),
	}));
	const created = itemsOf(
		{ ...SAMPLE_VIDEO, snapshots },
		{ ...settings, events: ['snapshot.created'] },
		SAMPLE_TIME,
	);
	const ofVideo = [
		{ ...SAMPLE_VIDEO, snapshots },
		{ ...SAMPLE_VIDEO, snapshots, status: 'paused', is_deleted: true },
		{ ...SAMPLE_VIDEO, snapshots, status: 'completed' },
	].flatMap((video) => itemsOf(video, settings, SAMPLE_TIME));
	const lowBalance = buildBalanceItem(
		roundUsd(lowBalanceUsd - SAMPLE_SHORTFALL_USD),
		lowBalanceUsd,
		'sample',
	);
	return [
		...ofVideo,
		...sampleJudgedItems(settings, created.at(-1)!),
		{ ...lowBalance, event_key: 'sample:balance.low' },
	];
}

/**
 * Chooses the videos to fetch for examples: the newest, one that paused, and one that ended.
 *
 * @throws ContentStatsError `not_found` if a selected link is not tracked.
 */
async function candidateIds(client: Client, watch: Watch): Promise<Set<string>> {
	const listing = await listWatched(client, watch);
	const untracked = untrackedLinks(watch, listing);
	if (untracked.length > 0) throw linksNotTracked(untracked);
	const listed = watchedVideos(watch, listing);
	const paused = listed.find(({ status }) => status === 'paused');
	const ended = listed.find(({ status }) => hasEnded(status));
	const newest = [...selectedIds(watch), ...listed.map(({ id }) => id)].slice(0, MAX_CANDIDATES);
	const ids = [...newest, ...[paused, ended].flatMap((video) => video?.id ?? [])];
	return new Set(ids.filter(isVideoId));
}

/** Picks the newest item of an event, of the first video that has one. */
function pick(event: EventName, items: EventItem[]): EventItem | undefined {
	const fitting = items.filter((item) => item.event === event);
	return fitting.filter(({ video_id }) => video_id === fitting[0]!.video_id).at(-1);
}

/**
 * Builds one item per chosen event for a test in the editor: a real one if there is any, else one of the
 * sample video, whose `event_key` begins with `sample:`. The state is neither read nor changed.
 *
 * @param now Unix milliseconds, by the clock of n8n.
 * @throws ContentStatsError
 */
export async function exampleItems(
	client: Client,
	watch: Watch,
	settings: PollSettings,
	now: number,
): Promise<EventItem[]> {
	const { events, lowBalanceUsd } = settings;
	let real: EventItem[] = [];
	let failure: ContentStatsError | undefined;
	if (events.includes('balance.low')) {
		const available = availableUsd(await client.usage());
		if (available < lowBalanceUsd)
			real.push(buildBalanceItem(available, lowBalanceUsd, new Date(now).toISOString()));
	}
	const isOfVideos = events.some((event) => event !== 'balance.low');
	for (const id of isOfVideos ? await candidateIds(client, watch) : []) {
		if (events.every((event) => pick(event, real))) break;
		const items = await client
			.get(id)
			.then((video) => itemsOf(video, settings, now))
			.catch(returnUnlessFatal);
		// The next candidate may be readable.
		if (items instanceof Error) failure ??= items;
		else real = real.concat(items);
	}
	if (failure && real.length === 0) throw failure;
	const samples = sampleItems(settings);
	const columns = columnsOf(settings);
	return events.map((event) => toColumns(pick(event, real) ?? pick(event, samples)!, columns));
}
