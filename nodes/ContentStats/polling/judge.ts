import type { IDataObject } from 'n8n-workflow';

import type { VideoWithSnapshots } from '../api/schemas';
import { type Count, countsOf, growthMetricOf, hoursTo } from '../model/counts';
import type { DatedSnapshot } from '../model/history';
import { remainingSnapshots, snapshotsUsd } from '../model/money';
import type { Post } from '../model/postAge';
import { instantOf, type Row } from '../model/snapshots';
import { findAges } from './ages';
import { buildJudgedItem, type EventItem } from './events';
import type { PollSettings } from './parameters';
import { findSlowdown, type Slowdown } from './slowdowns';
import { findSpike, isRecentSpike } from './spikes';
import type { WatchedVideo } from './state';

/** Judges the growth and the age of a video at each new snapshot. */
export interface Judge {
	/**
	 * Whether growth had already slowed when the event was chosen, or the video was first read. It is remembered
	 * without an item, since publishing must not stop every old video. Undefined if it was found out before, or
	 * can't be known yet.
	 */
	wasSlow: boolean | undefined;
	/**
	 * Builds the items of a snapshot. Call it oldest first. A snapshot that is ahead, or not newer than everything
	 * emitted before, has none.
	 */
	judge: (row: Row, previous: Row | undefined, extra: IDataObject) => EventItem[];
}

const savingsOf = ({ days_remaining }: VideoWithSnapshots) => {
	const snapshots = remainingSnapshots(days_remaining);
	return {
		snapshots_remaining: snapshots,
		estimated_savings_usd: snapshots === null ? null : snapshotsUsd(snapshots),
	};
};

/** Whether `growth.slowed` may still be emitted of a video. */
export const mayStillSlow = ({ isSlow, slowed }: WatchedVideo): boolean => !isSlow && !slowed;

/** Judges the newest count of a video whose growth hasn't slowed before. */
function judgeSlowdown(
	{ isSlow }: WatchedVideo,
	counts: Count[],
	dated: DatedSnapshot[],
	settings: PollSettings,
): { slowdown: Slowdown | null; wasSlow: boolean | undefined } {
	const found = findSlowdown(counts, settings);
	if (isSlow !== undefined) return { slowdown: found ?? null, wasSlow: undefined };
	// With a long history but an unknown last window, the verdict has to wait.
	const [oldest, newest] = [dated[0], dated.at(-1)];
	const isLong = oldest && newest && hoursTo(oldest, newest) >= 2 * settings.slowedHours;
	const isUnknown = found === undefined && isLong;
	return { slowdown: null, wasSlow: isUnknown ? undefined : Boolean(found) };
}

/**
 * Creates the judge of a fetched video.
 *
 * @param known its state, with its cursor.
 * @param dated its snapshots without any that are ahead, oldest first: all of them for `growth.slowed`.
 */
export function createJudge(
	video: VideoWithSnapshots,
	known: WatchedVideo,
	dated: DatedSnapshot[],
	{ postedAt }: Pick<Post, 'postedAt'>,
	settings: PollSettings,
): Judge {
	const has = (event: PollSettings['events'][number]) => settings.events.includes(event);
	const metric = growthMetricOf(video.platform);
	const maySlow = has('growth.slowed') && mayStillSlow(known);
	const counts = has('growth.spiked') || maySlow ? countsOf(dated, metric) : [];
	const newest = counts.at(-1)?.instant;
	const { slowdown, wasSlow } = maySlow
		? judgeSlowdown(known, counts, dated, settings)
		: { slowdown: null, wasSlow: undefined };
	let { spikedAt } = known;
	let emittedUntil = known.newest ?? -Infinity;
	const reached = dated.at(-1)?.instant ?? -Infinity;
	let place = 0;

	const judge: Judge['judge'] = (row, previous, extra) => {
		const instant = instantOf(row);
		if (instant <= emittedUntil || instant > reached) return [];
		const items: EventItem[] = [];
		const add = (event: EventItem['event'], suffix: string, facts: object) =>
			items.push(buildJudgedItem(event, suffix, { ...facts }, row, extra));
		while (place < counts.length && counts[place]!.instant < instant) place += 1;
		const spike =
			has('growth.spiked') && counts[place]?.instant === instant
				? findSpike(counts, place, spikedAt, settings)
				: null;
		if (spike) {
			spikedAt = instant;
			add('growth.spiked', `spiked:${row.snapshot_time}`, { metric, ...spike });
		}
		if (slowdown && instant === newest && video.status === 'monitoring')
			add('growth.slowed', 'slowed', { metric, ...slowdown, ...savingsOf(video) });
		const ages =
			postedAt !== null && previous
				? findAges(settings.ages, postedAt, previous, row, emittedUntil)
				: [];
		for (const age of ages) add('age.reached', `age:${age.age_hours}`, age);
		emittedUntil = instant;
		return items;
	};
	return { wasSlow, judge };
}

/**
 * Returns what a video's state remembers of the events of its growth.
 *
 * @param after its state after the fetch.
 * @param emitted the items of the judge that were emitted.
 * @param newest its newest emitted snapshot, in Unix milliseconds.
 */
export function rememberJudged(
	after: WatchedVideo,
	emitted: EventItem[],
	newest: number | null,
): Pick<WatchedVideo, 'spikedAt' | 'isSlow' | 'slowed'> {
	const { isSlow } = after;
	const slowed = after.slowed || emitted.some(({ event }) => event === 'growth.slowed');
	const spike = emitted.findLast(({ event }) => event === 'growth.spiked');
	const spikedAt = spike ? instantOf(spike as unknown as Row) : after.spikedAt;
	const isQuiet = spikedAt !== undefined && newest !== null && isRecentSpike(spikedAt, newest);
	return {
		...(isQuiet && { spikedAt }),
		...(slowed ? { slowed: true as const } : isSlow !== undefined && { isSlow }),
	};
}
