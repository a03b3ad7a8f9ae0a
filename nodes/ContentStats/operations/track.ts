import { type INodeExecutionData, sleep, updateDisplayOptions } from 'n8n-workflow';

import { ContentStatsError, type ErrorKind, invalidInput, isFateUnknown } from '../api/errors';
import { listRunning } from '../api/listing';
import type { Tracked, Video } from '../api/schemas';
import { forEachAtOnce, sleepUnlessStopped } from '../api/wait';
import { errorJson, toNodeError } from '../host';
import {
	type BatchLine,
	type Decision,
	type IfAlreadyTracked,
	overBudget,
	type Plan,
	planBatch,
} from '../model/batch';
import { identityOfStored, parseVideoLink, splitLinks } from '../model/links';
import { availableUsd, committedUsd, formatUsd, roundUsd } from '../model/money';
import { toIsoUtc } from '../model/snapshots';
import type { BatchOperation, Run } from './operation';

const fields = updateDisplayOptions({ show: { operation: ['track'] } }, [
	{
		displayName: 'Video URLs',
		name: 'videoUrls',
		type: 'string',
		typeOptions: { rows: 5 },
		default: '',
		required: true,
		placeholder:
			'https://www.tiktok.com/@user/video/7234567890123456789\nhttps://youtu.be/dQw4w9WgXcQ',
		description:
			'Links of public TikTok, YouTube, Instagram or X/Twitter videos: one a line, or separated by commas or spaces. A video that is tracked already is not tracked, or paid, again.',
	},
	{
		displayName: 'Duration (Days)',
		name: 'durationDays',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: 30, numberPrecision: 0 },
		default: 7,
		hint: 'Each video costs $0.36 a day: an hourly snapshot at $0.015',
		description:
			'How long to track each video, 1 to 30 days. A snapshot is taken every hour and costs $0.015: $0.36 for a day, $2.52 for 7 days, $10.80 for 30 days, for each video.',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Check Balance',
				name: 'checkBalance',
				type: 'boolean',
				default: true,
				description:
					'Whether to refuse the whole batch, before anything is spent, when the balance does not cover it. A test key is never held against a balance.',
			},
			{
				displayName: 'Dry Run',
				name: 'dryRun',
				type: 'boolean',
				default: false,
				description:
					'Whether to only show what would be tracked and what it would cost. Nothing is tracked or spent.',
			},
			{
				displayName: 'If Already Tracked',
				name: 'ifAlreadyTracked',
				type: 'options',
				default: 'return',
				description: 'What to do with a video that is being tracked, or paused, already',
				options: [
					{
						name: 'Fail',
						value: 'fail',
						description: 'Refuse the link',
					},
					{
						name: 'Return the Existing Tracking',
						value: 'return',
						description: 'Costs nothing',
					},
					{
						name: 'Track Again',
						value: 'trackAgain',
						description: 'Starts a second tracking, which is paid a second time',
					},
				],
			},
			{
				displayName: 'Max Total Cost (USD)',
				name: 'maxTotalCost',
				type: 'number',
				typeOptions: { minValue: 0, numberPrecision: 2 },
				default: 5,
				description:
					'The most that one run of this node may spend on all its links together. A batch that costs more is refused before anything is spent; 0 spends nothing.',
			},
		],
	},
]);

interface BatchOptions {
	dryRun: boolean;
	checkBalance: boolean;
	maxTotalCost?: number;
}

interface ItemOptions {
	ifAlreadyTracked?: IfAlreadyTracked;
	maxTotalCost?: unknown;
	checkBalance?: boolean;
	dryRun?: boolean;
}

/** A line's result; every item has the same columns, whatever happened. Costs are in USD. */
interface Result {
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

const failed = (message: string): Result => ({ outcome: 'failed', estimated_cost: 0, message });

const toJson = (
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

function readDuration(value: unknown): number {
	const days = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	if (typeof days === 'number' && Number.isInteger(days) && days >= 1 && days <= 30) return days;
	throw invalidInput(
		`Duration (Days) must be a whole number from 1 to 30, not “${String(value)}”`,
		'Nothing was tracked or charged',
	);
}

function readLinks(value: unknown): string[] {
	const links = splitLinks(value);
	if (links.length > 0) return links;
	throw invalidInput('No video links were given', 'Paste at least one link into Video URLs');
}

function readItem({ context }: Run, itemIndex: number): BatchLine[] {
	const duration_days = readDuration(context.getNodeParameter('durationDays', itemIndex));
	const { ifAlreadyTracked = 'return' } = context.getNodeParameter(
		'options',
		itemIndex,
		{},
	) as ItemOptions;
	return readLinks(context.getNodeParameter('videoUrls', itemIndex)).map((input_link) => ({
		itemIndex,
		input_link,
		parsed: parseVideoLink(input_link),
		duration_days,
		ifAlreadyTracked,
	}));
}

function readCap(value: unknown): number {
	const cap = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	if (typeof cap === 'number' && cap >= 0) return cap;
	throw invalidInput(
		`Max Total Cost must be an amount in USD from 0 up, not “${String(value)}”`,
		'Nothing was tracked or charged. Enter an amount, or remove the option to spend without a limit',
	);
}

/** The options that govern the whole batch: where items differ, the most careful one holds. */
function readBatchOptions({ context }: Run): BatchOptions {
	const all = context
		.getInputData()
		.map((_, index) => context.getNodeParameter('options', index, {}) as ItemOptions);
	const caps = all
		.filter(({ maxTotalCost }) => maxTotalCost !== undefined)
		.map(({ maxTotalCost }) => readCap(maxTotalCost));
	return {
		dryRun: all.some(({ dryRun }) => dryRun === true),
		checkBalance: all.some(({ checkBalance }) => checkBalance !== false),
		maxTotalCost: caps.length > 0 ? Math.min(...caps) : undefined,
	};
}

/** All lines of the batch. With continueOnFail an item that cannot be read is a refused line. */
function readLines(run: Run): BatchLine[] {
	const { context } = run;
	return context.getInputData().flatMap((_, itemIndex): BatchLine[] => {
		try {
			return readItem(run, itemIndex);
		} catch (error) {
			const nodeError = toNodeError(context.getNode(), error, itemIndex);
			if (!context.continueOnFail()) throw nodeError;
			const parsed = { ok: false, reason: nodeError.message } as const;
			const line = { itemIndex, input_link: '', parsed, duration_days: 0 };
			return [{ ...line, ifAlreadyTracked: 'return' }];
		}
	});
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** @throws NodeOperationError where lines are refused, naming them; nothing was sent for any line. */
function refuseBatch({ context }: Run, lines: BatchLine[], decisions: Decision[]): void {
	const refused = decisions.flatMap((decision, index) =>
		decision.do === 'refuse' ? [{ line: lines[index]!, reason: decision.reason }] : [],
	);
	const first = refused[0];
	if (!first) return;
	const others = refused.length > 1 ? ` and ${plural(refused.length - 1, 'more link')}` : '';
	const error = invalidInput(
		`Cannot track “${first.line.input_link}”${others}, of ${plural(lines.length, 'link')}`,
		`${first.reason}. Nothing was tracked or charged. To track the others all the same, set On Error to Continue in this node's settings`,
	);
	throw toNodeError(context.getNode(), error, first.line.itemIndex);
}

const LOOK_UP_AFTER_MS = [1_000, 2_000, 4_000];

/** Looks for a tracking whose answer was lost: one of this link that was not there before. */
async function findLost(
	{ context, client }: Run,
	link: string,
	platform: string,
	before: Set<string>,
): Promise<Video | null> {
	const identity = identityOfStored(link);
	const signal = context.getExecutionCancelSignal();
	for (const delay of LOOK_UP_AFTER_MS) {
		await sleepUnlessStopped(delay, sleep, signal);
		const { videos } = await listRunning(client, { platform });
		const found = videos.find(
			(video) => !before.has(video.id) && identityOfStored(video.video_link) === identity,
		);
		if (found) return found;
	}
	return null;
}

/** What became of a POST whose answer was lost. It is looked up and never sent again. */
async function afterLostAnswer(
	run: Run,
	{ link, cost }: Extract<Decision, { do: 'track' }>,
	platform: string,
	before: Set<string>,
	lost: ContentStatsError,
): Promise<Result> {
	let video: Video | null = null;
	try {
		video = await findLost(run, link, platform, before);
	} catch (error) {
		run.context.logger.warn(`ContentStats: looking up ${link} failed: ${(error as Error).message}`);
	}
	if (video)
		return {
			outcome: 'recovered',
			video,
			estimated_cost: cost,
			message: 'The answer was lost on the way, but the tracking was found: it runs',
		};
	return {
		outcome: 'unknown',
		estimated_cost: cost,
		message: `${lost.message}, and no tracking was found yet: it may or may not run. It was not sent again, so that nothing is paid twice; running this node again is safe, it looks first`,
	};
}

/** Errors after which no other link of the batch can succeed either. */
const ENDS_BATCH = new Set<ErrorKind>(['invalid_key', 'insufficient_balance', 'cancelled']);

/** Carries out the plan: the results so far, and the error that ended it early, if one did. */
async function carryOut(run: Run, lines: BatchLine[], plan: Plan, running: Video[]) {
	const { context, client } = run;
	const before = new Set(running.map((video) => video.id));
	const results = new Map<number, Result>();
	let ending: ContentStatsError | null = null;

	async function trackLine(index: number): Promise<void> {
		const decision = plan.decisions[index]!;
		const { parsed, duration_days } = lines[index]!;
		if (decision.do !== 'track' || !parsed.ok) return;
		if (ending) return void results.set(index, failed(`Not tried: ${ending.message}`));
		const { link, cost } = decision;
		const answer = await client.track(link, duration_days).catch((error: unknown) => error);
		if (!(answer instanceof Error)) {
			const video = answer as Tracked;
			const estimated_cost = video.estimated_cost ?? cost;
			results.set(index, { outcome: 'tracked', video, estimated_cost, message: null });
			return;
		}
		if (!(answer instanceof ContentStatsError)) throw answer;
		if (isFateUnknown(answer)) {
			const { platform } = parsed.link;
			results.set(index, await afterLostAnswer(run, decision, platform, before, answer));
			return;
		}
		if (!context.continueOnFail() || ENDS_BATCH.has(answer.kind)) ending ??= answer;
		results.set(index, failed(`${answer.message}. ${answer.description}`));
	}

	await forEachAtOnce(
		plan.decisions.flatMap(({ do: what }, index) => (what === 'track' ? [index] : [])),
		trackLine,
	);
	return { results, ending: ending as ContentStatsError | null };
}

/** The result of a line that needs no request. */
function resultOf(
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
	if (decision.do === 'repeat')
		return {
			outcome: 'duplicate',
			video: resultAt(decision.of).video,
			estimated_cost: 0,
			message: `The same video as ${lines[decision.of]!.input_link}, earlier in this batch`,
		};
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
function summarise(results: Result[]): string {
	const counts = IN_WORDS.flatMap(([outcome, words]) => {
		const count = results.filter((result) => result.outcome === outcome).length;
		return count === 0 ? [] : [`${count} ${words}`];
	});
	const cost = roundUsd(results.reduce((sum, result) => sum + result.estimated_cost, 0));
	return `Of ${plural(results.length, 'link')}: ${counts.join(', ')}. Estimated cost: ${formatUsd(cost)}`;
}

function endedEarly(
	{ context }: Run,
	lines: BatchLine[],
	results: Map<number, Result>,
	ending: ContentStatsError,
) {
	const all = [...results.entries()];
	const done = all.filter(([, { outcome }]) => outcome === 'tracked' || outcome === 'recovered');
	const unknown = all.flatMap(([index, { outcome }]) =>
		outcome === 'unknown' ? [lines[index]!.input_link] : [],
	);
	const { message, description, kind, statusCode } = ending;
	const more = unknown.length > 0 ? ` Unknown, it may or may not run: ${unknown.join(', ')}.` : '';
	const failedAt = all.find(([, { outcome }]) => outcome === 'failed')?.[0] ?? 0;
	return toNodeError(
		context.getNode(),
		new ContentStatsError(kind, {
			message: `${message} (${done.length} of ${plural(lines.length, 'link')} tracked before that)`,
			description: `${description}.${more} Running this again is safe: what is tracked already is not tracked, or paid, again`,
			statusCode,
		}),
		lines[failedAt]!.itemIndex,
	);
}

async function planFor(run: Run, lines: BatchLine[], options: BatchOptions) {
	const [usage, running] = await Promise.all([run.client.usage(), listRunning(run.client)]);
	const plan = planBatch(lines, running.videos, usage.cost_per_snapshot);
	const isHeldToBalance = options.checkBalance && !run.isTestKey;
	const available = availableUsd(usage);
	const refusal = overBudget(plan, {
		maxTotalCost: options.maxTotalCost,
		availableUsd: isHeldToBalance ? available : undefined,
	});
	if (running.fullSlices.length > 0)
		run.hint(
			`More than 100 videos are running (${running.fullSlices.join('; ')}), and the API shows no more than that: a link that was tracked long ago may not have been recognised`,
			'warning',
		);
	const committed = committedUsd(running.videos, usage.cost_per_snapshot);
	if (!run.isTestKey && committed !== null && committed + plan.totalCost > available)
		run.hint(
			`What is already running will cost ${formatUsd(committed)} more${plan.totalCost > 0 ? `, this batch ${formatUsd(plan.totalCost)}` : ''}, and ${formatUsd(available)} is left to spend: tracking will pause when it is used up`,
			'warning',
		);
	return { plan, running: running.videos, refusal };
}

async function executeBatch(run: Run): Promise<INodeExecutionData[]> {
	const { context, hint } = run;
	const options = readBatchOptions(run);
	const lines = readLines(run);
	const keepsGoing = context.continueOnFail();
	if (!keepsGoing) refuseBatch(run, lines, planBatch(lines, [], 0).decisions);

	let planned: Awaited<ReturnType<typeof planFor>>;
	try {
		planned = await planFor(run, lines, options);
	} catch (reason) {
		const error = toNodeError(context.getNode(), reason);
		if (!keepsGoing) throw error;
		const nothing = failed(`${error.message}. ${error.description ?? ''}`);
		return lines.map((line) => toItem(run, line, nothing));
	}
	const { plan, running, refusal } = planned;
	if (!keepsGoing) refuseBatch(run, lines, plan.decisions);
	if (refusal !== null && options.dryRun)
		hint(`This batch would be refused: ${refusal}`, 'warning');
	if (refusal !== null && !options.dryRun && !keepsGoing)
		throw invalidInput(
			refusal,
			'Nothing was tracked or charged. Track fewer videos or days, or add credit in your ContentStats account',
		);

	const isSpending = !options.dryRun && refusal === null;
	const { results, ending } = isSpending
		? await carryOut(run, lines, plan, running)
		: { results: new Map<number, Result>(), ending: null };
	if (ending && !keepsGoing) throw endedEarly(run, lines, results, ending);

	const resultAt = (index: number): Result => {
		const decision = plan.decisions[index]!;
		if (refusal !== null && !options.dryRun && decision.do === 'track') return failed(refusal);
		return results.get(index) ?? resultOf(decision, lines, resultAt);
	};
	const all = lines.map((_, index) => resultAt(index));
	hint(summarise(all), all.some(({ outcome }) => outcome === 'unknown') ? 'warning' : 'info');
	return all.map((result, index) => toItem(run, lines[index]!, result));
}

/** A failed line is a row like the others, but where there is an error output it goes there. */
function toItem({ context }: Run, line: BatchLine, result: Result): INodeExecutionData {
	const pairedItem = { item: line.itemIndex };
	const isForErrorOutput =
		result.outcome === 'failed' && context.getNode().onError === 'continueErrorOutput';
	if (!isForErrorOutput) return { json: toJson(line, result), pairedItem };
	return {
		json: errorJson(result.message ?? '', `Not tracked: ${line.input_link}`),
		pairedItem,
	};
}

export const track: BatchOperation = {
	option: {
		name: 'Track',
		value: 'track',
		action: 'Track videos',
		description:
			'Start hourly snapshots of one or many videos. Costs $0.015 for each snapshot: $2.52 for a video over 7 days.',
	},
	fields,
	executeBatch,
};
