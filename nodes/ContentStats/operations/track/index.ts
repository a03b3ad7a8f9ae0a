import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { type ContentStatsError, invalidInput, unreadableReply } from '../../api/errors';
import { toNodeError } from '../../host';
import { availableUsd, committedUsd } from '../../model/money';
import { identitiesOf } from '../../model/shortLinks';
import { formatBalance, formatCost, pluralize, truncate } from '../../utils/format';
import { withLocks } from '../../utils/mutex';
import type { BatchOperation, NodeError, OperationContext } from '../operation';
import { rememberTracking } from '../recentTrackings';
import { type Budget, createBudget } from './budget';
import { type BatchOptions, fields, readBatch, readBatchOptions } from './parameters';
import { pendingPosts } from './pending';
import { type BatchLine, type Plan, planBatch, type PlannedLine, toTrack } from './plan';
import {
	abortedBatchError,
	failedResult,
	type FinishedLine,
	resultOfDecision,
	summarizeBatch,
	toItem,
} from './results';
import { sendBatch } from './send';
import { type Survey, surveyAccount } from './survey';

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
	const isAlone = lines.length === 1;
	const error =
		invalid ??
		invalidInput(
			isAlone
				? `“${truncate(input_link)}” can't be tracked`
				: `${refused.length} of ${lines.length} links can't be tracked. First: “${truncate(input_link)}”`,
			`${first.reason}. Nothing was tracked or charged${isAlone ? '' : ". To track the other links anyway, set On Error to Continue in this node's settings"}`,
		);
	throw toNodeError(functions.getNode(), error, itemIndex);
}

const refusedByParser = (lines: BatchLine[]): RefusedLine[] =>
	lines.flatMap((line) => (line.parsed.ok ? [] : [{ line, reason: line.parsed.reason }]));

const refusedByPlan = (lines: PlannedLine[]): RefusedLine[] =>
	lines.flatMap((line) =>
		line.decision.kind === 'refuse' || line.decision.kind === 'hidden'
			? [{ line, reason: line.decision.reason }]
			: [],
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
		"Track Again can't be combined with Retry On Fail: every attempt would track the videos and charge for them again",
		"Nothing was tracked or charged. Turn off Retry On Fail in this node's settings, or set If Already Tracked to Return Existing",
	);
}

interface PlannedBatch {
	plan: Plan;
	survey: Survey;
	budget: Budget;
	/** Why nothing may be spent on the plan; null if it may. */
	refusal: ContentStatsError | null;
}

/**
 * Names an execution whose runs share a cap: the tries of one that n8n tries again if it fails, and the
 * calls of an AI agent. Null for a run by itself.
 */
function executionOf({ functions, isTool }: OperationContext): string | null {
	if (isTool) return functions.getExecutionId() || null;
	const { id, retryOnFail } = functions.getNode();
	if (!retryOnFail) return null;
	const { $runIndex } = functions.getWorkflowDataProxy(0);
	return `${functions.getExecutionId()} ${id} ${String($runIndex)}`;
}

/** Asks for the balance and the running trackings, and plans the batch. Nothing is spent. */
async function createPlan(
	context: OperationContext,
	lines: BatchLine[],
	options: BatchOptions,
): Promise<PlannedBatch> {
	const { account, isTestKey, hint } = context;
	const survey = await surveyAccount(context, lines);
	const { usage, running, unidentifiedPlatforms } = survey;
	// With a test key nothing is paid, and usage may count what the list does not show.
	const hiddenPlatforms = isTestKey ? new Set<string | null>() : survey.hiddenPlatforms;
	const price = usage.cost_per_snapshot;
	if (price === null) throw unreadableReply('usage', 'cost_per_snapshot is not a price');
	const plan = planBatch(
		lines,
		{
			running: survey.runningByIdentity,
			hiddenPlatforms,
			unidentifiedPlatforms,
			pending: pendingPosts.of(account),
			identitiesOf: (link) => identitiesOf(account, link),
		},
		price,
	);
	const available = availableUsd(usage);
	const budget = createBudget(
		account,
		{
			maxTotalCost: options.maxTotalCost,
			availableUsd: options.checkBalance && !isTestKey ? available : undefined,
		},
		price,
		executionOf(context),
	);
	const count = toTrack(plan.lines).length;
	const passed = count > 0 ? budget.check(plan.totalCost) : null;
	const refusal = passed
		? invalidInput(
				`Tracking ${pluralize(count, 'video')} costs ${formatCost(plan.totalCost)}, but ${passed.limit}`,
				`Nothing was tracked or charged. ${passed.advice}`,
			)
		: null;
	const committed = committedUsd(running, price);
	const isComplete = hiddenPlatforms.size === 0 && unidentifiedPlatforms.size === 0;
	if (!isTestKey && committed !== null && committed + plan.totalCost > available)
		hint(
			`${formatBalance(available)} is available, but active videos will cost another ${isComplete ? '' : 'at least '}${formatCost(committed)}${plan.totalCost > 0 ? ` and this batch ${formatCost(plan.totalCost)}` : ''}. Tracking pauses when the balance runs out`,
			'warning',
		);
	return { plan, survey, budget, refusal };
}

/** Sends what the plan allows. @returns the error that aborted the batch; null if none did. */
async function sendWithinBudget(
	context: OperationContext,
	{ plan, survey: { knownIds, madeAt }, budget }: PlannedBatch,
	isAllOrNothing: boolean,
): Promise<ContentStatsError | null> {
	budget.reserve(plan.totalCost);
	try {
		const before = { ids: knownIds, listedAt: madeAt };
		return await sendBatch(context, toTrack(plan.lines), before, budget, isAllOrNothing);
	} finally {
		budget.release();
		const excess = budget.describeExcess();
		if (excess) context.hint(excess, 'warning');
	}
}

/**
 * Sends what the plan allows, and fills in the result of every line.
 *
 * @returns the error that aborted the batch; null if none did.
 * @throws ContentStatsError the refusal of the plan, if nothing may be spent and a line must not fail.
 */
async function sendPlan(
	context: OperationContext,
	planned: PlannedBatch,
	{ dryRun }: BatchOptions,
	isAllOrNothing: boolean,
): Promise<ContentStatsError | null> {
	const { plan, refusal } = planned;
	let abortError: ContentStatsError | null = null;
	if (dryRun) {
		if (refusal) context.hint(`This batch would be rejected: ${refusal.message}`, 'warning');
	} else if (!refusal) {
		abortError = await sendWithinBudget(context, planned, isAllOrNothing);
	} else {
		if (isAllOrNothing) throw refusal;
		for (const line of toTrack(plan.lines)) line.result = failedResult(refusal.message);
	}
	for (const line of plan.lines)
		line.result ??= resultOfDecision(line.decision, line.duration_days);
	// The next node and an AI agent see no hints.
	if (refusal)
		for (const { result } of plan.lines)
			if (result?.outcome === 'would_track')
				result.message = `Would be rejected: ${refusal.message}. Dry run: nothing was tracked or charged`;
	return abortError;
}

/**
 * Remembers the running trackings that the results report, also those that an earlier run asked for: the
 * list may flip back to one that lacks them.
 */
function rememberRunning(
	{ account }: OperationContext,
	lines: PlannedLine[],
	{ unconfirmedIds }: Survey,
): void {
	for (const { decision, parsed } of lines) {
		if (!parsed.ok || (decision.kind !== 'recover' && decision.kind !== 'returnExisting')) continue;
		const identities = identitiesOf(account, parsed.link);
		if (!unconfirmedIds.has(decision.video.id))
			rememberTracking(account, identities, decision.video);
		if (decision.kind === 'recover')
			for (const identity of identities) pendingPosts.delete(account, identity);
	}
}

async function planAndSend(
	context: OperationContext,
	batch: BatchLine[],
	options: BatchOptions,
	isAllOrNothing: boolean,
): Promise<FinishedLine[]> {
	const { functions } = context;
	throwIfRetryPaysAgain(context, batch);
	const planned = await createPlan(context, batch, options);
	const { lines } = planned.plan;
	if (isAllOrNothing) throwIfRefused(context, lines, refusedByPlan(lines));
	const abortError = await sendPlan(context, planned, options, isAllOrNothing);
	const finished = lines as FinishedLine[];

	const error = abortError && abortedBatchError(finished, abortError);
	// n8n 2.40 keeps nothing that a stopped node returns or throws (stopDuringRun): only its log can tell
	// what was paid.
	if (functions.getExecutionCancelSignal()?.aborted)
		functions.logger.warn(
			`ContentStats: stopped. ${summarizeBatch(finished, context.isTestKey)}. ${error?.description ?? ''}`,
		);
	const failed = finished.find(({ result }) => result.outcome === 'failed');
	if (error && isAllOrNothing) throw toNodeError(functions.getNode(), error, failed?.itemIndex);
	if (!options.dryRun) rememberRunning(context, lines, planned.survey);
	return finished;
}

/** Returns what two batches must not track at the same time, whichever key of the same API they use. */
const lockKeysOf = ({ account, api }: OperationContext, lines: BatchLine[]): string[] =>
	lines.flatMap(({ parsed }) =>
		parsed.ok ? identitiesOf(account, parsed.link).map((identity) => `${api} ${identity}`) : [],
	);

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
	const options = readBatchOptions(context, lines);
	// Two batches that are planned at once would both find a video untracked, and both pay for it.
	return await withLocks(
		lockKeysOf(context, lines),
		() => planAndSend(context, lines, options, isAllOrNothing),
		context.functions.getExecutionCancelSignal(),
	);
}

/** Builds the items of finished lines. */
const toItems = (functions: IExecuteFunctions, lines: FinishedLine[]): INodeExecutionData[] => {
	const hasErrorOutput = functions.getNode().onError === 'continueErrorOutput';
	return lines.map((line) => toItem(line, hasErrorOutput));
};

/** Fails every line with an error, after which nothing was sent. */
const failAll = (lines: BatchLine[], { message, description }: NodeError): FinishedLine[] => {
	const result = failedResult([message, description].filter(Boolean).join('. '));
	return lines.map((line) => ({ ...line, result }));
};

async function executeBatch(context: OperationContext): Promise<INodeExecutionData[]> {
	const { functions, hint, isTestKey } = context;
	const isAllOrNothing = !functions.continueOnFail();
	const { lines, blankCount, leftOut } = readBatch(functions);
	const finished = await trackBatch(context, lines, isAllOrNothing).catch((reason: Error) => {
		const error = toNodeError(functions.getNode(), reason);
		if (isAllOrNothing) throw error;
		return failAll(lines, error);
	});
	const hasUnknown = finished.some(({ result }) => result.outcome === 'unknown');
	hint(summarizeBatch(finished, isTestKey), hasUnknown ? 'warning' : 'info');
	if (blankCount > 0) hint(`Skipped ${pluralize(blankCount, 'blank item')}`);
	if (leftOut !== '')
		hint(`Found ${pluralize(lines.length, 'link')} in the text. Ignored “${leftOut}”`);
	return toItems(functions, finished);
}

export const track: BatchOperation = {
	option: {
		name: 'Track',
		value: 'track',
		action: 'Track videos',
		description: 'Start hourly tracking of one or more videos. $0.015 per snapshot.',
	},
	toolDescription:
		'Start tracking public TikTok, YouTube, Instagram or X/Twitter videos by their links. This costs money: $0.015 per hourly snapshot, so $0.36 per day per video. Videos already being tracked are skipped at no cost. Returns one item per link with outcome (tracked, already_tracked, duplicate, recovered, unknown, failed; would_track in a dry run), video_id, estimated_cost in USD and message. Never repeat a link whose outcome is unknown within ten minutes. Spends at most Max Total Cost, $5 by default: in one execution of an agent all calls together, over MCP each call.',
	fields,
	executeBatch,
	failBatch: (functions, error) => toItems(functions, failAll(readBatch(functions).lines, error)),
};
