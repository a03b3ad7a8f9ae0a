import type { Tracked, Video } from '../api/schemas';
import type { BatchLine, Decision } from './batch';
import { formatUsd, roundUsd } from './money';
import { toIsoUtc } from './snapshots';

/** A line's result; every item has the same columns, whatever happened. Costs are in USD. */
export interface Result {
	outcome:
		| 'tracked'
		| 'already_tracked'
		| 'duplicate'
		| 'recovered'
		| 'unknown'
		| 'failed'
		| 'would_track';
	video?: Video | Tracked;
	estimated_cost: number;
	message: string | null;
}

/** A line of which nothing was tracked, and why. */
export const failed = (message: string): Result => ({
	outcome: 'failed',
	estimated_cost: 0,
	message,
});

/** The columns of a line, the same whatever happened. */
export const toJson = (
	{ input_link }: BatchLine,
	{ outcome, video, estimated_cost, message }: Result,
) => ({
	input_link,
	outcome,
	video_id: video?.id ?? null,
	job_id: video?.job_id ?? null,
	video_link: video?.video_link ?? null,
	platform: video?.platform ?? null,
	status: video?.status ?? null,
	monitoring_duration_days: video?.monitoring_duration_days ?? null,
	days_remaining: video?.days_remaining ?? null,
	estimated_cost,
	created_at: video?.created_at ? toIsoUtc(video.created_at) : null,
	message,
});

/** A time of the day, as in `10:05 UTC`; the next full minute. @param instant Unix milliseconds */
export const toClock = (instant: number): string =>
	`${new Date(Math.ceil(instant / 60_000) * 60_000).toISOString().slice(11, 16)} UTC`;

/** `1 link`, `2 links`. */
export const plural = (count: number, noun: string): string =>
	`${count} ${noun}${count === 1 ? '' : 's'}`;

/** The result of a line that needs no request. */
export function resultOf(
	decision: Decision,
	lines: BatchLine[],
	resultAt: (index: number) => Result,
): Result {
	if (decision.do === 'refuse') return failed(decision.reason);
	if (decision.do === 'return')
		return {
			outcome: 'already_tracked',
			video: decision.video,
			estimated_cost: 0,
			message: `Already tracked since ${decision.video.created_at ?? 'earlier'}: nothing was charged`,
		};
	if (decision.do === 'recover')
		return {
			outcome: 'recovered',
			video: decision.video,
			estimated_cost: 0,
			message: `An earlier run asked for it and lost the answer; now the tracking was found. Nothing was charged now`,
		};
	if (decision.do === 'wait')
		return {
			outcome: 'unknown',
			estimated_cost: 0,
			message: `An earlier run asked for it and lost the answer, and no tracking was found yet: it may or may not run. So that nothing is paid twice, it is not sent again before ${toClock(decision.until)}: run this again then`,
		};
	if (decision.do === 'repeat') {
		const first = resultAt(decision.of);
		// A copy of what was not tracked must not look as if it were.
		if (first.outcome === 'failed' || first.outcome === 'unknown')
			return { ...first, estimated_cost: 0 };
		return {
			outcome: 'duplicate',
			video: first.video,
			estimated_cost: 0,
			message: `The same video as ${lines[decision.of]!.input_link}, earlier in this batch`,
		};
	}
	return {
		outcome: 'would_track',
		estimated_cost: decision.cost,
		message: 'Dry run: nothing was tracked or charged',
	};
}

const IN_WORDS: Array<[Result['outcome'], string]> = [
	['tracked', 'tracked'],
	['recovered', 'tracked although the answer was lost'],
	['already_tracked', 'already tracked'],
	['duplicate', 'pasted twice'],
	['would_track', 'would be tracked'],
	['unknown', 'unknown'],
	['failed', 'failed'],
];

/** A batch in one sentence: how many of each outcome, and the estimated cost in USD. */
export function summariseBatch(results: Result[]): string {
	const counts = IN_WORDS.flatMap(([outcome, words]) => {
		const count = results.filter((result) => result.outcome === outcome).length;
		return count === 0 ? [] : [`${count} ${words}`];
	});
	const cost = roundUsd(results.reduce((sum, result) => sum + result.estimated_cost, 0));
	return `Of ${plural(results.length, 'link')}: ${counts.join(', ')}. Estimated cost: ${formatUsd(cost)}`;
}
