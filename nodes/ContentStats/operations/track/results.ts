import type { INodeExecutionData } from 'n8n-workflow';

import { ContentStatsError } from '../../api/errors';
import type { Tracked, Video } from '../../api/schemas';
import { errorJson } from '../../host';
import { isActive, plannedEndOf } from '../../model/videos';
import {
	formatCost,
	listFirst,
	pluralize,
	roundDays,
	roundUsd,
	truncate,
} from '../../utils/format';
import { formatUtcTime, toIsoUtc, toWallTime } from '../../utils/time';
import type { BatchLine, Decision, TrackResult } from './plan';

/** Builds the result of a line that is not tracked, with the reason. */
export const failedResult = (message: string): TrackResult => ({
	outcome: 'failed',
	estimated_cost: 0,
	message,
});

/**
 * Builds the result of a new tracking.
 *
 * @param estimated_cost USD.
 * @param isResolved whether the link was a short one, and the API has told what it leads to.
 */
export const trackedResult = (
	video: Tracked,
	estimated_cost: number,
	isResolved = false,
): TrackResult => ({
	outcome: 'tracked',
	video,
	estimated_cost,
	message: isResolved ? `The short link leads to ${truncate(video.video_link!)}` : null,
});

/** Builds the result of a line whose answer was lost, and whose tracking was found. */
export const recoveredResult = (video: Video, estimated_cost: number): TrackResult => ({
	outcome: 'recovered',
	video,
	estimated_cost,
	message: 'The response was lost, but the tracking was found and is active',
});

const RERUN_ADVICE = {
	lookUp: 'Run this again after that: existing trackings are detected and not charged again',
	trackAgain: 'After that, check List before you track it again',
};

/**
 * Builds the result of a line whose answer was lost, and whose tracking was not found.
 *
 * @param expiresAt moment of the monotonic clock until which it is not sent again.
 */
export const unknownResult = (
	{ ifAlreadyTracked }: BatchLine,
	{ cost, error }: { cost: number; error: ContentStatsError },
	expiresAt: number,
): TrackResult => ({
	outcome: 'unknown',
	estimated_cost: cost,
	message: `${error.message}, and no tracking was found yet, so it may or may not be active. To avoid paying twice, it isn't sent again before ${formatUtcTime(toWallTime(expiresAt))}. ${RERUN_ADVICE[ifAlreadyTracked === 'trackAgain' ? 'trackAgain' : 'lookUp']}`,
});

function alreadyTracked(video: Video): string {
	const { status, created_at } = video;
	const since = `Already tracked since ${created_at ?? 'earlier'}`;
	if (isActive(status)) return `${since}. Nothing was charged`;
	const state = status === null ? 'an unknown status' : `the status “${truncate(status)}”`;
	const end = plannedEndOf(video);
	const until = end < Infinity ? ` until ${toIsoUtc(new Date(end).toISOString())}` : '';
	return `${since}, with ${state}. It may resume${until}, so nothing was tracked or charged. To start another tracking now, set If Already Tracked to Track Again`;
}

/**
 * Builds the result of a line that needs no request. An earlier line must have its result.
 *
 * @param durationDays what the line asks for.
 */
export function resultOfDecision(decision: Decision, durationDays: number): TrackResult {
	switch (decision.kind) {
		case 'refuse':
		case 'hidden':
			return failedResult(decision.reason);
		case 'returnExisting':
			return {
				outcome: 'already_tracked',
				video: decision.video,
				estimated_cost: 0,
				message: alreadyTracked(decision.video),
			};
		case 'recover':
			return {
				outcome: 'recovered',
				video: decision.video,
				estimated_cost: 0,
				message:
					'The response to an earlier request was lost, and its tracking has now been found. Nothing was charged this time',
			};
		case 'wait':
			return {
				outcome: 'unknown',
				estimated_cost: 0,
				message: `The response to an earlier request was lost, and no tracking was found yet, so it may or may not be active. To avoid paying twice, it isn't sent again before ${formatUtcTime(toWallTime(decision.until))}. Run this again after that`,
			};
		case 'duplicate': {
			const { input_link, result } = decision.of;
			const first = result!;
			// A duplicate of a line that is not tracked must not look as if it were.
			if (first.outcome === 'failed' || first.outcome === 'unknown')
				return { ...first, estimated_cost: 0 };
			return {
				outcome: 'duplicate',
				video: first.video,
				estimated_cost: 0,
				message: `Same video as ${input_link}, earlier in this batch${decision.of.duration_days === durationDays ? '' : `, for ${pluralize(decision.of.duration_days, 'day')}`}`,
			};
		}
		case 'track':
			return {
				outcome: 'would_track',
				video: {
					platform: decision.link.platform,
					video_link: decision.link.url,
					monitoring_duration_days: durationDays,
				},
				estimated_cost: decision.cost,
				message: `Would cost ${formatCost(decision.cost)} for ${pluralize(durationDays, 'day')}. Dry run: nothing was tracked or charged`,
			};
	}
}

/** Builds the columns of a line, the same whatever happened. */
export const toTrackColumns = (
	{ input_link }: Pick<BatchLine, 'input_link'>,
	result: TrackResult,
) => {
	const { outcome, video, estimated_cost, message } = result;
	return {
		input_link,
		outcome,
		message,
		video_id: video?.id ?? null,
		platform: video?.platform ?? null,
		video_link: video?.video_link ?? null,
		status: video?.status ?? null,
		monitoring_duration_days: video?.monitoring_duration_days ?? null,
		days_remaining: roundDays(video?.days_remaining),
		estimated_cost,
		created_at: video?.created_at ? toIsoUtc(video.created_at) : null,
		job_id: video?.job_id ?? null,
	};
};

/** A line of which it is known what became of it. */
export type FinishedLine = BatchLine & { result: TrackResult };

/** Builds the item of a line. @param hasErrorOutput whether failed lines go to an error output. */
export function toItem(line: FinishedLine, hasErrorOutput: boolean): INodeExecutionData {
	const { result, itemIndex, input_link } = line;
	const pairedItem = { item: itemIndex };
	if (result.outcome !== 'failed' || !hasErrorOutput)
		return { json: toTrackColumns(line, result), pairedItem };
	return { json: errorJson(result.message ?? '', `Not tracked: ${input_link}`), pairedItem };
}

const OUTCOME_LABELS: Array<[TrackResult['outcome'], string]> = [
	['tracked', 'tracked'],
	['recovered', 'tracked after a lost response'],
	['would_track', 'would be tracked'],
	['already_tracked', 'already tracked'],
	['duplicate', 'duplicate'],
	['unknown', 'unknown'],
	['failed', 'failed'],
];

/** Summarizes a batch: how many links have each outcome, and the estimated cost in USD. */
export function summarizeBatch(lines: FinishedLine[], isTestKey: boolean): string {
	const counts = OUTCOME_LABELS.flatMap(([outcome, label]) => {
		const count = lines.filter(({ result }) => result.outcome === outcome).length;
		return count === 0 ? [] : [{ count, label }];
	});
	const parts = counts.map(({ count, label }, index) => {
		if (index === 0) return `${count} of ${pluralize(lines.length, 'link')} ${label}`;
		return label === 'duplicate' ? pluralize(count, label) : `${count} ${label}`;
	});
	const cost = roundUsd(lines.reduce((sum, { result }) => sum + result.estimated_cost, 0));
	return `${parts.join(', ')}. Estimated cost: ${formatCost(cost)}${isTestKey && cost > 0 ? ', but a test key is charged nothing' : ''}`;
}

function rerunAdvice(lines: BatchLine[]): string {
	const choices = new Set(lines.map(({ ifAlreadyTracked }) => ifAlreadyTracked));
	if (choices.has('trackAgain'))
		return 'With Track Again, running this again tracks these videos and charges for them once more';
	if (choices.has('fail'))
		return 'To run this again, set If Already Tracked to Return Existing. With Fail, the videos that are tracked now return an error';
	return 'Running this again is safe: existing trackings are detected and not charged again';
}

/** The most links that an error lists. */
const MAX_LISTED_LINKS = 20;
/** Enough for a link in full. */
const MAX_LINK_LENGTH = 120;

const listLinks = (lines: BatchLine[]): string =>
	listFirst(
		lines.map(({ input_link }) => input_link),
		MAX_LISTED_LINKS,
		MAX_LINK_LENGTH,
	);

/** Builds the error of a batch that was aborted by `cause`: what was tracked, and what is unknown. */
export function abortedBatchError(
	lines: FinishedLine[],
	cause: ContentStatsError,
): ContentStatsError {
	const tracked = lines.filter(({ result: { outcome } }) =>
		['tracked', 'recovered'].includes(outcome),
	);
	const unknown = lines.filter(({ result }) => result.outcome === 'unknown');
	const { message, description, kind, statusCode } = cause;
	return new ContentStatsError(kind, {
		message: `${message} (${tracked.length} of ${pluralize(lines.length, 'link')} tracked)`,
		description: [
			`${description}.`,
			...(tracked.length > 0 ? [`Tracked: ${listLinks(tracked)}.`] : []),
			...(unknown.length > 0 ? [`Unknown, may or may not be active: ${listLinks(unknown)}.`] : []),
			`${rerunAdvice(lines)}. To continue past a rejected link, set On Error to Continue in this node's settings`,
		].join(' '),
		statusCode,
	});
}
