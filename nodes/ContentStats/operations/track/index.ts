import type { INodeExecutionData } from 'n8n-workflow';

import { type ContentStatsError, invalidInput } from '../../api/errors';
import { hiddenSlices, listRunning } from '../../api/listing';
import type { Video } from '../../api/schemas';
import { toNodeError } from '../../host';
import { identityOf } from '../../model/links';
import { availableUsd, committedUsd } from '../../model/money';
import { formatUsd, pluralize, truncate } from '../../utils/format';
import { withLocks } from '../../utils/mutex';
import type { BatchOperation, OperationContext } from '../operation';
import { type BatchOptions, fields, readBatchOptions, readLines } from './parameters';
import { type PendingPost, pendingPostsOf } from './pending';
import { type BatchLine, checkSpendingLimits, linesToTrack, type Plan, planBatch } from './plan';
import {
	abortedBatchError,
	failedResult,
	resultOfDecision,
	summarizeBatch,
	toItem,
	type TrackResult,
} from './results';
import { sendBatch, type SentBatch } from './send';

interface RefusedLine {
	line: BatchLine;
	reason: string;
}

/** @throws NodeOperationError naming the refused lines, without continueOnFail. Nothing was sent. */
function throwIfRefused(
	{ functions }: OperationContext,
	lines: BatchLine[],
	refused: RefusedLine[],
): void {
	const first = refused[0];
	if (!first || functions.continueOnFail()) return;
	const others = refused.length > 1 ? ` and ${pluralize(refused.length - 1, 'more link')}` : '';
	const error = invalidInput(
		`Cannot track “${truncate(first.line.input_link)}”${others}, of ${pluralize(lines.length, 'link')}`,
		`${first.reason}. Nothing was tracked or charged. To track the others all the same, set On Error to Continue in this node's settings`,
	);
	throw toNodeError(functions.getNode(), error, first.line.itemIndex);
}

const refusedByParser = (lines: BatchLine[]): RefusedLine[] =>
	lines.flatMap((line) => (line.parsed.ok ? [] : [{ line, reason: line.parsed.reason }]));

const refusedByPlan = ({ decisions }: Plan, lines: BatchLine[]): RefusedLine[] =>
	decisions.flatMap((decision, index) =>
		decision.kind === 'refuse' ? [{ line: lines[index]!, reason: decision.reason }] : [],
	);

/**
 * n8n's Retry On Fail executes a failed node again, and each try would track the videos once more.
 *
 * @throws ContentStatsError `invalid_input`
 */
function throwIfRetryPaysAgain({ functions }: OperationContext, lines: BatchLine[]): void {
	const tracksAgain = lines.some(({ ifAlreadyTracked }) => ifAlreadyTracked === 'trackAgain');
	if (!tracksAgain || !functions.getNode().retryOnFail) return;
	throw invalidInput(
		'Track Again and Retry On Fail do not go together: each try would track, and pay for, the videos once more',
		"Nothing was tracked or charged. Switch Retry On Fail off in this node's settings, or set If Already Tracked to Return the Existing Tracking",
	);
}

interface PlannedBatch {
	plan: Plan;
	/** The trackings that existed before. */
	running: Video[];
	/** Why nothing may be spent on the plan; null if it may. */
	refusal: ContentStatsError | null;
}

/** Asks for the balance and the running trackings, and plans the batch. Nothing is spent. */
async function createPlan(
	context: OperationContext,
	lines: BatchLine[],
	options: BatchOptions,
	pending: ReadonlyMap<string, PendingPost>,
): Promise<PlannedBatch> {
	const { client, isTestKey, hint } = context;
	const [usage, listing] = await Promise.all([client.usage(), listRunning(client)]);
	const running = listing.videos;
	// Trackings may have started or ended since they were counted.
	const counts = listing.fullSlices.length > 0 ? [usage, await client.usage()] : [usage];
	const active = Math.max(...counts.map(({ active_videos }) => active_videos));
	const hiddenPlatforms = new Set(hiddenSlices(listing, active).map(({ platform }) => platform));
	const plan = planBatch(lines, { running, hiddenPlatforms, pending }, usage.cost_per_snapshot);
	const available = availableUsd(usage);
	const excess = checkSpendingLimits(plan, {
		maxTotalCost: options.maxTotalCost,
		availableUsd: options.checkBalance && !isTestKey ? available : undefined,
	});
	const refusal = excess
		? invalidInput(excess.message, `Nothing was tracked or charged. ${excess.advice}`)
		: null;
	const committed = committedUsd(running, usage.cost_per_snapshot);
	if (!isTestKey && committed !== null && committed + plan.totalCost > available)
		hint(
			`What is already running will cost ${hiddenPlatforms.size > 0 ? 'at least ' : ''}${formatUsd(committed)} more${plan.totalCost > 0 ? `, this batch ${formatUsd(plan.totalCost)}` : ''}, and ${formatUsd(available)} is left to spend: tracking will pause when it is used up`,
			'warning',
		);
	return { plan, running, refusal };
}

/** Sends what the plan allows. @returns the results of the lines to be tracked. */
async function sendPlan(
	context: OperationContext,
	lines: BatchLine[],
	{ plan, running, refusal }: PlannedBatch,
	{ dryRun }: BatchOptions,
): Promise<SentBatch> {
	const { functions, hint } = context;
	if (dryRun) {
		if (refusal) hint(`This batch would be refused: ${refusal.message}`, 'warning');
		return { results: new Map(), abortError: null };
	}
	if (!refusal) return await sendBatch(context, lines, plan, running);
	if (!functions.continueOnFail()) throw refusal;
	const refused = linesToTrack(plan).map(
		(index) => [index, failedResult(refusal.message)] as const,
	);
	return { results: new Map(refused), abortError: null };
}

/** Forgets the pending POSTs whose trackings the results report. */
function forgetRecovered({ account }: OperationContext, lines: BatchLine[], plan: Plan): void {
	const pending = pendingPostsOf(account, Date.now());
	plan.decisions.forEach((decision, index) => {
		const { parsed } = lines[index]!;
		if (decision.kind === 'recover' && parsed.ok) pending.delete(identityOf(parsed.link));
	});
}

async function planAndSend(
	context: OperationContext,
	lines: BatchLine[],
	options: BatchOptions,
): Promise<TrackResult[]> {
	const { functions, account } = context;
	let planned: PlannedBatch;
	try {
		throwIfRetryPaysAgain(context, lines);
		planned = await createPlan(context, lines, options, pendingPostsOf(account, Date.now()));
	} catch (reason) {
		const error = toNodeError(functions.getNode(), reason);
		if (!functions.continueOnFail()) throw error;
		return lines.map(() => failedResult(`${error.message}. ${error.description ?? ''}`));
	}
	throwIfRefused(context, lines, refusedByPlan(planned.plan, lines));
	const { results, abortError } = await sendPlan(context, lines, planned, options);
	const resultAt = (index: number): TrackResult =>
		results.get(index) ?? resultOfDecision(planned.plan.decisions[index]!, lines, resultAt);
	const all = lines.map((_, index) => resultAt(index));

	const failedAt = all.findIndex(({ outcome }) => outcome === 'failed');
	const error =
		abortError &&
		toNodeError(
			functions.getNode(),
			abortedBatchError(lines, all, abortError),
			lines[failedAt]?.itemIndex,
		);
	// n8n 2.40 keeps nothing that a stopped node returns or throws (stopDuringRun): only its log can tell
	// what was paid.
	if (functions.getExecutionCancelSignal()?.aborted)
		functions.logger.warn(
			`ContentStats: stopped. ${summarizeBatch(all)}. ${error?.description ?? ''}`,
		);
	if (error && !functions.continueOnFail()) throw error;
	if (!options.dryRun) forgetRecovered(context, lines, planned.plan);
	return all;
}

/** Returns what two batches must not track at the same time, whichever key they use. */
const lockKeysOf = (lines: BatchLine[]): string[] =>
	lines.flatMap(({ parsed }) => (parsed.ok ? [identityOf(parsed.link)] : []));

async function trackLines(context: OperationContext, lines: BatchLine[]): Promise<TrackResult[]> {
	const { functions } = context;
	let options: BatchOptions;
	try {
		options = readBatchOptions(context);
	} catch (reason) {
		if (!functions.continueOnFail()) throw toNodeError(functions.getNode(), reason);
		const { message, description } = reason as ContentStatsError;
		return lines.map(() => failedResult(`${message}. ${description}`));
	}
	throwIfRefused(context, lines, refusedByParser(lines));
	// Two batches that are planned at once would both find a video untracked, and both pay for it.
	return await withLocks(
		lockKeysOf(lines),
		() => planAndSend(context, lines, options),
		functions.getExecutionCancelSignal(),
	);
}

async function executeBatch(context: OperationContext): Promise<INodeExecutionData[]> {
	const { functions, hint } = context;
	const lines = readLines(context);
	const results = await trackLines(context, lines);
	const hasUnknown = results.some(({ outcome }) => outcome === 'unknown');
	hint(summarizeBatch(results), hasUnknown ? 'warning' : 'info');
	const hasErrorOutput = functions.getNode().onError === 'continueErrorOutput';
	return results.map((result, index) => toItem(lines[index]!, result, hasErrorOutput));
}

export const track: BatchOperation = {
	option: {
		name: 'Track',
		value: 'track',
		action: 'Track videos',
		description: 'Start hourly snapshots of videos, at $0.015 for each snapshot',
	},
	toolDescription:
		'Start tracking public TikTok, YouTube, Instagram or X/Twitter videos by their links. This costs money: $0.015 for each hourly snapshot, so $0.36 a day for each video. A video that runs already is neither tracked nor paid again. Returns one item for each link with outcome (tracked, already_tracked, duplicate, recovered, unknown, failed; would_track in a dry run), video_id, estimated_cost in USD and message. Never repeat a link whose outcome is unknown within ten minutes.',
	fields,
	executeBatch,
};
