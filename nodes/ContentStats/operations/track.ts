import { type INodeExecutionData, updateDisplayOptions } from 'n8n-workflow';

import { ContentStatsError, invalidInput } from '../api/errors';
import { hiddenSlices, listRunning } from '../api/listing';
import type { Video } from '../api/schemas';
import { inTurn } from '../api/turns';
import { type Unanswered, unansweredOf } from '../api/unanswered';
import { errorJson, toNodeError } from '../host';
import {
	type BatchLine,
	type IfAlreadyTracked,
	linesToTrack,
	overBudget,
	type Plan,
	planBatch,
} from '../model/batch';
import { identityOf, parseVideoLink, shortened, splitLinks } from '../model/links';
import { availableUsd, committedUsd, formatUsd } from '../model/money';
import { failed, plural, type Result, resultOf, summariseBatch, toJson } from '../model/outcome';
import { type Carried, carryOut } from './carryOut';
import type { BatchOperation, Run } from './operation';

const fields = updateDisplayOptions({ show: { operation: ['track'] } }, [
	{
		displayName: 'Video URLs',
		name: 'videoUrls',
		type: 'string',
		typeOptions: { rows: 5 },
		default: '',
		required: true,
		placeholder: 'https://www.tiktok.com/@user/video/7234567890\nhttps://youtu.be/dQw4w9WgXcQ',
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

/** The lines of an item. With continueOnFail links that cannot be tracked as wanted are refused lines. */
function readItem(run: Run, itemIndex: number): BatchLine[] {
	const { context } = run;
	const links = readLinks(context.getNodeParameter('videoUrls', itemIndex));
	const toLine = (input_link: string) => ({
		itemIndex,
		input_link,
		parsed: parseVideoLink(input_link),
	});
	try {
		const duration_days = readDuration(context.getNodeParameter('durationDays', itemIndex));
		const ifAlreadyTracked = readIfAlreadyTracked(readOptions(run, itemIndex));
		return links.map((link) => ({ ...toLine(link), duration_days, ifAlreadyTracked }));
	} catch (error) {
		if (!context.continueOnFail()) throw toNodeError(context.getNode(), error, itemIndex);
		return links.map((link) => refusedLine(itemIndex, link, error as ContentStatsError));
	}
}

const refusedLine = (
	itemIndex: number,
	input_link: string,
	{ message, description }: ContentStatsError,
): BatchLine => ({
	itemIndex,
	input_link,
	parsed: { ok: false, reason: `${message}. ${description}` },
	duration_days: 0,
	ifAlreadyTracked: 'return',
});

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
			if (!context.continueOnFail()) throw toNodeError(context.getNode(), error, itemIndex);
			return [refusedLine(itemIndex, '', error as ContentStatsError)];
		}
	});
}

interface Refused {
	line: BatchLine;
	reason: string;
}

/** @throws NodeOperationError where lines are refused, naming them; nothing was sent for any line. */
function stopAtRefused({ context }: Run, lines: BatchLine[], refused: Refused[]): void {
	const first = refused[0];
	if (!first || context.continueOnFail()) return;
	const others = refused.length > 1 ? ` and ${plural(refused.length - 1, 'more link')}` : '';
	const error = invalidInput(
		`Cannot track “${shortened(first.line.input_link)}”${others}, of ${plural(lines.length, 'link')}`,
		`${first.reason}. Nothing was tracked or charged. To track the others all the same, set On Error to Continue in this node's settings`,
	);
	throw toNodeError(context.getNode(), error, first.line.itemIndex);
}

const unreadable = (lines: BatchLine[]): Refused[] =>
	lines.flatMap((line) => (line.parsed.ok ? [] : [{ line, reason: line.parsed.reason }]));

const refusedIn = ({ decisions }: Plan, lines: BatchLine[]): Refused[] =>
	decisions.flatMap((decision, index) =>
		decision.do === 'refuse' ? [{ line: lines[index]!, reason: decision.reason }] : [],
	);

/** n8n runs a node again that has failed, and each try would track all that was tracked before. */
function refuseRetries({ context }: Run, lines: BatchLine[]): void {
	const isTrackedAgain = lines.some(({ ifAlreadyTracked }) => ifAlreadyTracked === 'trackAgain');
	if (!isTrackedAgain || !context.getNode().retryOnFail) return;
	throw invalidInput(
		'Track Again and Retry On Fail do not go together: each try would track, and pay for, the videos once more',
		"Nothing was tracked or charged. Switch Retry On Fail off in this node's settings, or set If Already Tracked to Return the Existing Tracking",
	);
}

function rerunAdvice(lines: BatchLine[]): string {
	const choices = new Set(lines.map(({ ifAlreadyTracked }) => ifAlreadyTracked));
	if (choices.has('trackAgain'))
		return 'With Track Again, running this again tracks, and pays for, what was tracked now once more';
	if (choices.has('fail'))
		return 'To run this again, set If Already Tracked to Return the Existing Tracking: with Fail, what was tracked now is refused then';
	return 'Running this again is safe: what is tracked already is not tracked, or paid, again';
}

/** What a batch came to that ended before its time. */
function endedEarly(
	{ context }: Run,
	lines: BatchLine[],
	results: Result[],
	ending: ContentStatsError,
) {
	const done = results.filter(({ outcome }) => outcome === 'tracked' || outcome === 'recovered');
	const unknown = lines.filter((_, index) => results[index]!.outcome === 'unknown');
	const links = unknown.map(({ input_link }) => input_link).join(', ');
	const { message, description, kind, statusCode } = ending;
	const failedAt = results.findIndex(({ outcome }) => outcome === 'failed');
	return toNodeError(
		context.getNode(),
		new ContentStatsError(kind, {
			message: `${message} (${done.length} of ${plural(lines.length, 'link')} tracked before that)`,
			description: `${description}.${links ? ` Unknown, it may or may not run: ${links}.` : ''} ${rerunAdvice(lines)}. To go on past a refused link, set On Error to Continue in this node's settings`,
			statusCode,
		}),
		lines[failedAt]?.itemIndex,
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
	const { client } = run;
	const [usage, listing] = await Promise.all([client.usage(), listRunning(client)]);
	const running = listing.videos;
	// The account may have grown, or shrunk, since it was counted.
	const counts = listing.fullSlices.length > 0 ? [usage, await client.usage()] : [usage];
	const active = Math.max(...counts.map(({ active_videos }) => active_videos));
	const hidden = new Set(hiddenSlices(listing, active).map(({ platform }) => platform));
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

/** Carries out what the plan allows; the results of the lines that took a request. */
async function spend(
	run: Run,
	lines: BatchLine[],
	{ plan, running, refusal }: Planned,
	{ dryRun }: BatchOptions,
): Promise<Carried> {
	const { context, hint } = run;
	if (dryRun) {
		if (refusal) hint(`This batch would be refused: ${refusal.message}`, 'warning');
		return { results: new Map(), ending: null };
	}
	if (!refusal) return await carryOut(run, lines, plan, running);
	if (!context.continueOnFail()) throw refusal;
	const refused = linesToTrack(plan).map((index) => [index, failed(refusal.message)] as const);
	return { results: new Map(refused), ending: null };
}

/** The tracking that an earlier run has asked for is told of now, and needs no more watching. */
function forgetAnswered(run: Run, lines: BatchLine[], { decisions }: Plan): void {
	const unanswered = unansweredOf(run.account, Date.now());
	decisions.forEach((decision, index) => {
		const { parsed } = lines[index]!;
		if (decision.do === 'recover' && parsed.ok) unanswered.delete(identityOf(parsed.link));
	});
}

async function planAndSpend(
	run: Run,
	lines: BatchLine[],
	options: BatchOptions,
): Promise<Result[]> {
	const { context } = run;
	let planned: Planned;
	try {
		refuseRetries(run, lines);
		planned = await planFor(run, lines, options, unansweredOf(run.account, Date.now()));
	} catch (reason) {
		const error = toNodeError(context.getNode(), reason);
		if (!context.continueOnFail()) throw error;
		return lines.map(() => failed(`${error.message}. ${error.description ?? ''}`));
	}
	const { plan } = planned;
	stopAtRefused(run, lines, refusedIn(plan, lines));
	const { results, ending } = await spend(run, lines, planned, options);
	const resultAt = (index: number): Result =>
		results.get(index) ?? resultOf(plan.decisions[index]!, lines, resultAt);
	const all = lines.map((_, index) => resultAt(index));

	const error = ending && endedEarly(run, lines, all, ending);
	// n8n keeps nothing of what a stopped node returns or throws (stopDuringRun in n8n 2.40).
	if (context.getExecutionCancelSignal()?.aborted)
		context.logger.warn(
			`ContentStats: stopped. ${summariseBatch(all)}. ${error?.description ?? ''}`,
		);
	if (error && !context.continueOnFail()) throw error;
	if (!options.dryRun) forgetAnswered(run, lines, plan);
	return all;
}

/** What two runs must not track at the same time, whichever key they use. */
const identitiesIn = (lines: BatchLine[]): string[] =>
	lines.flatMap(({ parsed }) => (parsed.ok ? [identityOf(parsed.link)] : []));

async function resultsOf(run: Run, lines: BatchLine[]): Promise<Result[]> {
	const { context } = run;
	let options: BatchOptions;
	try {
		options = readBatchOptions(run);
	} catch (reason) {
		if (!context.continueOnFail()) throw toNodeError(context.getNode(), reason);
		const { message, description } = reason as ContentStatsError;
		return lines.map(() => failed(`${message}. ${description}`));
	}
	stopAtRefused(run, lines, unreadable(lines));
	return await inTurn(
		identitiesIn(lines),
		() => planAndSpend(run, lines, options),
		context.getExecutionCancelSignal(),
	);
}

async function executeBatch(run: Run): Promise<INodeExecutionData[]> {
	const lines = readLines(run);
	const results = await resultsOf(run, lines);
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
		description: 'Start hourly snapshots of videos, at $0.015 for each snapshot',
	},
	toolDescription:
		'Start tracking public TikTok, YouTube, Instagram or X/Twitter videos by their links. This costs money: $0.015 for each hourly snapshot, so $0.36 a day for each video. A video that runs already is neither tracked nor paid again. Returns one item for each link with outcome (tracked, already_tracked, duplicate, recovered, unknown, failed; would_track in a dry run), video_id, estimated_cost in USD and message. Never repeat a link whose outcome is unknown within ten minutes.',
	fields,
	executeBatch,
};
