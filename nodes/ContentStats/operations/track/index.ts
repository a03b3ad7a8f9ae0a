import type { INodeExecutionData } from 'n8n-workflow';

import { type ContentStatsError, invalidInput, unreadableReply } from '../../api/errors';
import { hiddenSlices, listRunning } from '../../api/listing';
import type { Video } from '../../api/schemas';
import { toNodeError } from '../../host';
import { unidentifiedPlatformsOf } from '../../model/links';
import { availableUsd, committedUsd } from '../../model/money';
import { identitiesOf } from '../../model/shortLinks';
import { formatUsd, pluralize, truncate } from '../../utils/format';
import { withLocks } from '../../utils/mutex';
import type { BatchOperation, OperationContext } from '../operation';
import { type BatchOptions, fields, readBatch, readBatchOptions } from './parameters';
import { type PendingPost, pendingPostsOf } from './pending';
import {
	type BatchLine,
	checkSpendingLimits,
	type Plan,
	planBatch,
	type PlannedLine,
	toTrack,
} from './plan';
import {
	abortedBatchError,
	failedResult,
	type FinishedLine,
	resultOfDecision,
	summarizeBatch,
	toItem,
} from './results';
import { sendBatch } from './send';

interface RefusedLine {
	line: BatchLine;
	reason: string;
}

/** @throws NodeOperationError naming the first refused line, and how many more. Nothing was sent. */
function throwIfRefused(
	{ functions }: OperationContext,
	lines: BatchLine[],
	refused: RefusedLine[],
): void {
	const first = refused[0];
	if (!first) return;
	const { itemIndex, input_link, invalid } = first.line;
	const error =
		invalid ??
		invalidInput(
			lines.length === 1
				? `“${truncate(input_link)}” can't be tracked`
				: `${refused.length} of ${lines.length} links can't be tracked. First: “${truncate(input_link)}”`,
			`${first.reason}. Nothing was tracked or charged. To track the others all the same, set On Error to Continue in this node's settings`,
		);
	throw toNodeError(functions.getNode(), error, itemIndex);
}

const refusedByParser = (lines: BatchLine[]): RefusedLine[] =>
	lines.flatMap((line) => (line.parsed.ok ? [] : [{ line, reason: line.parsed.reason }]));

const refusedByPlan = (lines: PlannedLine[]): RefusedLine[] =>
	lines.flatMap((line) =>
		line.decision.kind === 'refuse' ? [{ line, reason: line.decision.reason }] : [],
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
	const price = usage.cost_per_snapshot;
	if (price === null) throw unreadableReply('usage', 'cost_per_snapshot is no price');
	const active = Math.max(...counts.map(({ active_videos }) => active_videos ?? NaN));
	const hiddenPlatforms = new Set(hiddenSlices(listing, active).map(({ platform }) => platform));
	const unidentifiedPlatforms = unidentifiedPlatformsOf(listing);
	const plan = planBatch(
		lines,
		{
			running,
			hiddenPlatforms,
			unidentifiedPlatforms,
			pending,
			identitiesOf: (link) => identitiesOf(context.account, link),
		},
		price,
	);
	const available = availableUsd(usage);
	const excess = checkSpendingLimits(plan, {
		maxTotalCost: options.maxTotalCost,
		availableUsd: options.checkBalance && !isTestKey ? available : undefined,
	});
	const refusal = excess
		? invalidInput(excess.message, `Nothing was tracked or charged. ${excess.advice}`)
		: null;
	const committed = committedUsd(running, price);
	const isComplete = hiddenPlatforms.size === 0 && listing.unidentified.length === 0;
	if (!isTestKey && committed !== null && committed + plan.totalCost > available)
		hint(
			`What is already running will cost ${isComplete ? '' : 'at least '}${formatUsd(committed)} more${plan.totalCost > 0 ? `, this batch ${formatUsd(plan.totalCost)}` : ''}, and ${formatUsd(available)} is left to spend: tracking will pause when it is used up`,
			'warning',
		);
	return { plan, running, refusal };
}

/**
 * Sends what the plan allows, and fills in the result of every line.
 *
 * @returns the error that aborted the batch; null if none did.
 * @throws ContentStatsError the refusal of the plan, if nothing may be spent and a line must not fail.
 */
async function sendPlan(
	context: OperationContext,
	{ plan: { lines }, running, refusal }: PlannedBatch,
	{ dryRun }: BatchOptions,
	isAllOrNothing: boolean,
): Promise<ContentStatsError | null> {
	let abortError: ContentStatsError | null = null;
	if (dryRun) {
		if (refusal) context.hint(`This batch would be refused: ${refusal.message}`, 'warning');
	} else if (!refusal) {
		abortError = await sendBatch(context, toTrack(lines), running, isAllOrNothing);
	} else {
		if (isAllOrNothing) throw refusal;
		for (const line of toTrack(lines)) line.result = failedResult(refusal.message);
	}
	for (const line of lines) line.result ??= resultOfDecision(line.decision);
	return abortError;
}

/** Forgets the pending POSTs whose trackings the results report. */
function forgetRecovered({ account }: OperationContext, lines: PlannedLine[]): void {
	const pending = pendingPostsOf(account, Date.now());
	for (const { decision, parsed } of lines)
		if (decision.kind === 'recover' && parsed.ok)
			for (const identity of identitiesOf(account, parsed.link)) pending.delete(identity);
}

async function planAndSend(
	context: OperationContext,
	batch: BatchLine[],
	options: BatchOptions,
	isAllOrNothing: boolean,
): Promise<FinishedLine[]> {
	const { functions, account } = context;
	throwIfRetryPaysAgain(context, batch);
	const planned = await createPlan(context, batch, options, pendingPostsOf(account, Date.now()));
	const { lines } = planned.plan;
	if (isAllOrNothing) throwIfRefused(context, lines, refusedByPlan(lines));
	const abortError = await sendPlan(context, planned, options, isAllOrNothing);
	const finished = lines as FinishedLine[];

	const error = abortError && abortedBatchError(finished, abortError);
	// n8n 2.40 keeps nothing that a stopped node returns or throws (stopDuringRun): only its log can tell
	// what was paid.
	if (functions.getExecutionCancelSignal()?.aborted)
		functions.logger.warn(
			`ContentStats: stopped. ${summarizeBatch(finished)}. ${error?.description ?? ''}`,
		);
	const failed = finished.find(({ result }) => result.outcome === 'failed');
	if (error && isAllOrNothing) throw toNodeError(functions.getNode(), error, failed?.itemIndex);
	if (!options.dryRun) forgetRecovered(context, lines);
	return finished;
}

/** Returns what two batches must not track at the same time, whichever key they use. */
const lockKeysOf = ({ account }: OperationContext, lines: BatchLine[]): string[] =>
	lines.flatMap(({ parsed }) => (parsed.ok ? identitiesOf(account, parsed.link) : []));

/**
 * Tracks a batch.
 *
 * @param isAllOrNothing whether one line that fails fails the batch, before anything is spent if it is
 * known by then.
 * @throws an error only if nothing was sent, or if the batch is all or nothing.
 */
async function trackBatch(
	context: OperationContext,
	lines: BatchLine[],
	isAllOrNothing: boolean,
): Promise<FinishedLine[]> {
	if (isAllOrNothing) throwIfRefused(context, lines, refusedByParser(lines));
	const options = readBatchOptions(context);
	// Two batches that are planned at once would both find a video untracked, and both pay for it.
	return await withLocks(
		lockKeysOf(context, lines),
		() => planAndSend(context, lines, options, isAllOrNothing),
		context.functions.getExecutionCancelSignal(),
	);
}

async function executeBatch(context: OperationContext): Promise<INodeExecutionData[]> {
	const { functions, hint } = context;
	const isAllOrNothing = !functions.continueOnFail();
	const { lines, leftOut } = readBatch(context);
	const finished = await trackBatch(context, lines, isAllOrNothing).catch((reason: Error) => {
		const error = toNodeError(functions.getNode(), reason);
		if (isAllOrNothing) throw error;
		const result = failedResult([error.message, error.description].filter(Boolean).join('. '));
		return lines.map((line): FinishedLine => ({ ...line, result }));
	});
	const hasUnknown = finished.some(({ result }) => result.outcome === 'unknown');
	hint(summarizeBatch(finished), hasUnknown ? 'warning' : 'info');
	if (leftOut !== '')
		hint(`Took ${pluralize(lines.length, 'link')} from the text, and left out “${leftOut}”`);
	const hasErrorOutput = functions.getNode().onError === 'continueErrorOutput';
	return finished.map((line) => toItem(line, hasErrorOutput));
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
