import type {
	IDataObject,
	IPollFunctions,
	NodeApiError,
	NodeOperationError,
	WorkflowActivateMode,
} from 'n8n-workflow';

import type { Client } from '../api/client';
import { ContentStatsError, isUnsent } from '../api/errors';
import { formatSlices } from '../api/listing';
import { describeUnusable } from '../model/unusable';
import { skipIfRunning } from '../utils/mutex';
import { MINUTE_MS, monotonicNow } from '../utils/time';
import { isBackingOff, isFirstPoll, recordFailedPoll, resetBackoff } from './backoff';
import type { EventItem } from './events';
import { readSettings, readWatch } from './parameters';
import { runPoll } from './poll';
import { recordCutList, recordTurn, takeShareOfList } from './starvation';
import { readState, toStored } from './state';

/** What scheduled polls need of n8n. */
export interface RunnerHost {
	/** The clock of n8n, in Unix milliseconds. */
	now: () => number;
	/** @param owner whose turn it is at the rate limit. */
	connect: (owner: string) => Promise<{
		/** @param deadline moment of the monotonic clock after which no request goes on. */
		clientUntil: (deadline: number) => Client;
		api: string;
		/** A hash of the base URL and the API key. */
		account: string;
	}>;
	toNodeError: (error: unknown) => NodeApiError | NodeOperationError;
}

/** Made anew at each start of n8n, so that the next poll can tell a restart. */
const PROCESS_ID = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

/** The budget of a poll that has none of its own (n8n-core, PollContext). */
const DEFAULT_BUDGET_MS = 5 * MINUTE_MS;
/** The rest is left for n8n to emit the items. */
const USABLE_SHARE_OF_BUDGET = 0.8;
/** n8n 2.40 gives up an activation after 84 seconds. */
const MAX_ACTIVATION_MS = MINUTE_MS;

/** Enough to tell accounts apart, and short in the state. */
const ACCOUNT_LENGTH = 12;

const NO_ROOM = 'the rate limit left no room for this poll. The next poll continues';

/** Returns the budget of a poll in milliseconds; n8n before 2.38 does not tell it. */
const budgetOf = (context: IPollFunctions): number =>
	(context.getPollBudgetMs as (() => number) | undefined)?.call(context) ?? DEFAULT_BUDGET_MS;

/**
 * Whether n8n may make this poll to activate the workflow. It uses one context for that poll and all after
 * it; its durable scheduler makes a context for each poll, with a budget of its own, which may be as long.
 */
const isActivationPoll = (context: IPollFunctions): boolean =>
	isFirstPoll(context) && budgetOf(context) === DEFAULT_BUDGET_MS;

/** Names a trigger, the same at each of its polls. */
const triggerOf = (context: IPollFunctions): string =>
	`trigger ${context.getWorkflow().id} ${context.getNode().id}`;

/** Runs one poll. The state is assigned once, last: n8n would keep what a failed poll has changed. */
async function pollOnce(
	context: IPollFunctions,
	host: RunnerHost,
	isActivation: boolean,
): Promise<EventItem[] | null> {
	const { now, connect, toNodeError } = host;
	const maxMs = isActivation ? MAX_ACTIVATION_MS : Infinity;
	const usableMs = Math.min(USABLE_SHARE_OF_BUDGET * budgetOf(context), maxMs);
	const startedAt = monotonicNow();
	const trigger = triggerOf(context);
	const shareOfList = takeShareOfList(trigger);
	const watch = readWatch(context);
	const settings = readSettings(context);
	const { clientUntil, api, account } = await connect(trigger);
	const owner = { api, nodeId: context.getNode().id };
	const staticData = context.getWorkflowStaticData('node');
	const state = readState(staticData.state, owner);
	const result = await runPoll(state, watch, settings, {
		client: clientUntil(startedAt + usableMs),
		listClient: clientUntil(startedAt + shareOfList * usableMs),
		owner,
		account: account.slice(0, ACCOUNT_LENGTH),
		now,
		processId: PROCESS_ID,
		isActivation,
	});

	if (result.fullSlices.length > 0)
		context.logger.warn(
			`ContentStats: the API doesn't list all videos. Some may not be watched: ${formatSlices(result.fullSlices)}`,
		);
	for (const { message } of result.problems)
		context.logger.warn(`ContentStats: postponed to a later poll: ${message}`);
	if (result.unusable.length > 0)
		context.logger.warn(`ContentStats: ${describeUnusable(result.unusable)}`);
	if (result.isListCut && shareOfList < 1) recordCutList(trigger);
	if (result.isTurnedAway) context.logger.warn(`ContentStats: ${NO_ROOM}`);
	const starvation = recordTurn(trigger, result.isTurnedAway);
	for (const report of [result.report, starvation])
		if (report) context.__emitError(toNodeError(report));
	if (result.state) staticData.state = toStored(result.state) as unknown as IDataObject;
	return result.items.length > 0 ? result.items : null;
}

/** The activations that a user waits for. At a start of n8n, and when it changes its leader, nobody does. */
const ATTENDED_MODES = new Set<WorkflowActivateMode>(['activate', 'update', 'create']);

/** Whether a user is publishing what only a change of the node can make work. */
const isRefusedAtPublish = (context: IPollFunctions, error: Error): boolean =>
	ATTENDED_MODES.has(context.getActivationMode()) &&
	error instanceof ContentStatsError &&
	error.kind === 'invalid_input';

/**
 * Runs one poll, and shows its failure as often as that helps: as a failed execution. Polls are skipped for
 * longer after each. One that activates the workflow throws only what makes the user publish again: n8n 2.41
 * calls a workflow published whose activation fails, and never polls it, not even once the cause is fixed.
 */
async function pollWithBackoff(
	context: IPollFunctions,
	host: RunnerHost,
): Promise<EventItem[] | null> {
	if (isBackingOff(context, host.now())) return null;
	const isActivation = isActivationPoll(context);
	const outcome = await pollOnce(context, host, isActivation).catch((error: Error) => error);
	if (!(outcome instanceof Error)) {
		resetBackoff(context);
		return outcome;
	}
	// A poll that could send nothing says nothing about the API.
	const hasSent = !isUnsent(outcome);
	if (hasSent) recordFailedPoll(context, host.now());
	if (hasSent && (!isActivation || isRefusedAtPublish(context, outcome))) throw outcome;
	context.logger.warn(
		`ContentStats: ${hasSent ? `this poll failed: ${outcome.message}` : NO_ROOM}`,
	);
	const report = hasSent ? outcome : recordTurn(triggerOf(context), true);
	if (report) context.__emitError(host.toNodeError(report));
	return null;
}

/**
 * Runs a scheduled poll of a trigger, unless one with the same parameters is still running: n8n does
 * not wait for it, and both would emit the same items.
 *
 * @returns the items to emit; null if there are none.
 * @throws an error to show as a failed execution.
 */
export async function runScheduledPoll(
	context: IPollFunctions,
	host: RunnerHost,
): Promise<EventItem[] | null> {
	const { id, parameters } = context.getNode();
	const key = JSON.stringify([context.getWorkflow().id, id, parameters]);
	return await skipIfRunning(key, async () => await pollWithBackoff(context, host));
}
