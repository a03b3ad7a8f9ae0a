import { type INodeExecutionData, updateDisplayOptions } from 'n8n-workflow';

import { ContentStatsError, invalidInput } from '../api/errors';
import { hiddenSlices, listRunning } from '../api/listing';
import type { Video } from '../api/schemas';
import { inTurn } from '../api/turns';
import { type Unanswered, unansweredOf } from '../api/unanswered';
import { errorJson, toNodeError } from '../host';
import {
	type BatchLine,
	type Decision,
	type IfAlreadyTracked,
	linesToTrack,
	overBudget,
	type Plan,
	planBatch,
} from '../model/batch';
import { identityOf, parseVideoLink, shortened, splitLinks } from '../model/links';
import { availableUsd, committedUsd, formatUsd } from '../model/money';
import { failed, plural, type Result, resultOf, summariseBatch, toJson } from '../model/outcome';
import { carryOut } from './carryOut';
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
						description:
							'Starts a second tracking, which is paid a second time. Also where the API does not show whether there is a first.',
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

/** As they come: an expression may give anything, and none of it may loosen what guards the money. */
type ItemOptions = Partial<
	Record<'ifAlreadyTracked' | 'maxTotalCost' | 'checkBalance' | 'dryRun', unknown>
>;

const readOptions = ({ context }: Run, itemIndex: number): ItemOptions =>
	context.getNodeParameter('options', itemIndex, {}) as ItemOptions;

const refuseOption = (name: string, expected: string, value: unknown) =>
	invalidInput(
		`${name} must be ${expected}, not ${value === undefined ? 'empty' : `“${String(value)}”`}`,
		'Nothing was tracked or charged. Correct the option, or remove it',
	);

function readSwitch(options: ItemOptions, key: keyof ItemOptions, name: string, preset: boolean) {
	if (!(key in options)) return preset;
	const text = String(options[key]).toLowerCase();
	if (text === 'true' || text === 'false') return text === 'true';
	throw refuseOption(name, 'true or false', options[key]);
}

const CHOICES: readonly unknown[] = ['return', 'trackAgain', 'fail'] satisfies IfAlreadyTracked[];

function readIfAlreadyTracked(options: ItemOptions): IfAlreadyTracked {
	if (!('ifAlreadyTracked' in options)) return 'return';
	const { ifAlreadyTracked } = options;
	if (CHOICES.includes(ifAlreadyTracked)) return ifAlreadyTracked as IfAlreadyTracked;
	throw refuseOption('If Already Tracked', 'return, trackAgain or fail', ifAlreadyTracked);
}

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

function readItem(run: Run, itemIndex: number): BatchLine[] {
	const { context } = run;
	const duration_days = readDuration(context.getNodeParameter('durationDays', itemIndex));
	const ifAlreadyTracked = readIfAlreadyTracked(readOptions(run, itemIndex));
	return readLinks(context.getNodeParameter('videoUrls', itemIndex)).map((input_link) => ({
		itemIndex,
		input_link,
		parsed: parseVideoLink(input_link),
		duration_days,
		ifAlreadyTracked,
	}));
}

function readCap({ maxTotalCost }: ItemOptions): number {
	const isText = typeof maxTotalCost === 'string' && maxTotalCost.trim() !== '';
	const cap = isText ? Number(maxTotalCost) : maxTotalCost;
	if (typeof cap === 'number' && cap >= 0) return cap;
	throw refuseOption('Max Total Cost', 'an amount in USD from 0 up', maxTotalCost);
}

/** The options that govern the whole batch: where items differ, the most careful one holds. */
function readBatchOptions(run: Run): BatchOptions {
	const all = run.context.getInputData().map((_, index) => readOptions(run, index));
	const caps = all.filter((options) => 'maxTotalCost' in options).map(readCap);
	const isOn = (key: keyof ItemOptions, name: string, preset: boolean) =>
		all.map((options) => readSwitch(options, key, name, preset)).includes(true);
	return {
		dryRun: isOn('dryRun', 'Dry Run', false),
		checkBalance: isOn('checkBalance', 'Check Balance', true),
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

/** @throws NodeOperationError where lines are refused, naming them; nothing was sent for any line. */
function refuseBatch({ context }: Run, lines: BatchLine[], decisions: Decision[]): void {
	const refused = decisions.flatMap((decision, index) =>
		decision.do === 'refuse' ? [{ line: lines[index]!, reason: decision.reason }] : [],
	);
	const first = refused[0];
	if (!first) return;
	const others = refused.length > 1 ? ` and ${plural(refused.length - 1, 'more link')}` : '';
	const error = invalidInput(
		`Cannot track “${shortened(first.line.input_link)}”${others}, of ${plural(lines.length, 'link')}`,
		`${first.reason}. Nothing was tracked or charged. To track the others all the same, set On Error to Continue in this node's settings`,
	);
	throw toNodeError(context.getNode(), error, first.line.itemIndex);
}

const rerunAdvice = (lines: BatchLine[]): string =>
	lines.some(({ ifAlreadyTracked }) => ifAlreadyTracked === 'trackAgain')
		? 'With Track Again, running this again tracks, and pays for, what was tracked now once more'
		: 'Running this again is safe: what is tracked already is not tracked, or paid, again';

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
			description: `${description}.${more} ${rerunAdvice(lines)}. To go on past a refused link, set On Error to Continue in this node's settings`,
			statusCode,
		}),
		lines[failedAt]!.itemIndex,
	);
}

interface Planned {
	plan: Plan;
	/** The trackings that were there before. */
	running: Video[];
	/** Why the plan may not be carried out; null where it may. */
	refusal: ContentStatsError | null;
}

async function planFor(
	run: Run,
	lines: BatchLine[],
	options: BatchOptions,
	unanswered: ReadonlyMap<string, Unanswered>,
): Promise<Planned> {
	const [usage, listing] = await Promise.all([run.client.usage(), listRunning(run.client)]);
	const running = listing.videos;
	const hidden = new Set(hiddenSlices(listing, usage).map(({ platform }) => platform));
	const plan = planBatch(lines, { running, hidden, unanswered }, usage.cost_per_snapshot);
	const isHeldToBalance = options.checkBalance && !run.isTestKey;
	const available = availableUsd(usage);
	const over = overBudget(plan, {
		maxTotalCost: options.maxTotalCost,
		availableUsd: isHeldToBalance ? available : undefined,
	});
	const refusal = over
		? invalidInput(over.message, `Nothing was tracked or charged. ${over.wayOut}`)
		: null;
	const committed = committedUsd(running, usage.cost_per_snapshot);
	if (!run.isTestKey && committed !== null && committed + plan.totalCost > available)
		run.hint(
			`What is already running will cost ${hidden.size > 0 ? 'at least ' : ''}${formatUsd(committed)} more${plan.totalCost > 0 ? `, this batch ${formatUsd(plan.totalCost)}` : ''}, and ${formatUsd(available)} is left to spend: tracking will pause when it is used up`,
			'warning',
		);
	return { plan, running, refusal };
}

/** What an earlier run has sent and is in the list now needs no more watching. */
function forgetAnswered({ account }: Run, lines: BatchLine[], { decisions }: Plan): void {
	const unanswered = unansweredOf(account, Date.now());
	decisions.forEach((decision, index) => {
		const { parsed } = lines[index]!;
		const isThere = decision.do === 'return' || decision.do === 'recover';
		if (isThere && parsed.ok) unanswered.delete(identityOf(parsed.link));
	});
}

/** Carries out what the plan allows; the results of the lines that took a request. */
async function spend(
	run: Run,
	lines: BatchLine[],
	{ plan, running, refusal }: Planned,
	{ dryRun }: BatchOptions,
): Promise<Map<number, Result>> {
	const { context, hint } = run;
	if (dryRun) {
		if (refusal) hint(`This batch would be refused: ${refusal.message}`, 'warning');
		return new Map();
	}
	if (refusal) {
		if (!context.continueOnFail()) throw refusal;
		return new Map(linesToTrack(plan).map((index) => [index, failed(refusal.message)]));
	}
	forgetAnswered(run, lines, plan);
	const { results, ending } = await carryOut(run, lines, plan, running);
	if (!ending) return results;
	const error = endedEarly(run, lines, results, ending);
	// n8n keeps nothing of what a stopped node returns or throws (stopDuringRun in n8n 2.40).
	if (ending.kind === 'cancelled')
		context.logger.warn(`ContentStats: ${error.message}. ${error.description}`);
	if (!context.continueOnFail()) throw error;
	return results;
}

async function planAndSpend(
	run: Run,
	lines: BatchLine[],
	options: BatchOptions,
): Promise<Result[]> {
	const { context } = run;
	let planned: Planned;
	try {
		planned = await planFor(run, lines, options, unansweredOf(run.account, Date.now()));
	} catch (reason) {
		const error = toNodeError(context.getNode(), reason);
		if (!context.continueOnFail()) throw error;
		return lines.map(() => failed(`${error.message}. ${error.description ?? ''}`));
	}
	const { decisions } = planned.plan;
	if (!context.continueOnFail()) refuseBatch(run, lines, decisions);
	const results = await spend(run, lines, planned, options);
	const resultAt = (index: number): Result =>
		results.get(index) ?? resultOf(decisions[index]!, lines, resultAt);
	return lines.map((_, index) => resultAt(index));
}

const NOTHING_KNOWN = { running: [], hidden: new Set<string>(), unanswered: new Map() };

/** What two runs must not track at the same time. */
const identitiesIn = ({ account }: Run, lines: BatchLine[]): string[] =>
	lines.flatMap(({ parsed }) => (parsed.ok ? [`${account}\n${identityOf(parsed.link)}`] : []));

async function executeBatch(run: Run): Promise<INodeExecutionData[]> {
	const { context } = run;
	const options = readBatchOptions(run);
	const lines = readLines(run);
	if (!context.continueOnFail())
		refuseBatch(run, lines, planBatch(lines, NOTHING_KNOWN, 0).decisions);
	const results = await inTurn(
		identitiesIn(run, lines),
		() => planAndSpend(run, lines, options),
		context.getExecutionCancelSignal(),
	);
	const isUncertain = results.some(({ outcome }) => outcome === 'unknown');
	run.hint(summariseBatch(results), isUncertain ? 'warning' : 'info');
	return results.map((result, index) => toItem(run, lines[index]!, result));
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
