import { type IExecuteFunctions, type INodeProperties, updateDisplayOptions } from 'n8n-workflow';

import { invalidInput } from '../../api/errors';
import { MAX_DURATION_DAYS } from '../../api/schemas';
import { refuse } from '../../model/links';
import { parseBoolean, parseChoice, parseUsd, parseWholeNumber } from '../../model/parameterValues';
import { linksOf, type PastedPart, readPastedText } from '../../model/pastedText';
import { truncate } from '../../utils/format';
import { expressionFor } from './expression';
import type { OperationContext } from '../operation';
import type { BatchLine, IfAlreadyTracked } from './plan';

const videoUrlsField: INodeProperties = {
	displayName: 'Video URLs',
	name: 'videoUrls',
	type: 'string',
	typeOptions: { rows: 5 },
	default: '',
	required: true,
	placeholder: 'https://www.tiktok.com/@user/video/7234567890\nhttps://youtu.be/dQw4w9WgXcQ',
	hint: 'To see the price before you pay, add the option Dry Run',
	description:
		'Links of public TikTok, YouTube, Instagram or X/Twitter videos, as a list or inside any text. Videos already being tracked are skipped at no cost.',
};

export const fields = updateDisplayOptions({ show: { operation: ['track'] } }, [
	{ ...videoUrlsField, displayOptions: { show: { '@tool': [false] } } },
	{
		...videoUrlsField,
		// As n8n's editor writes it for a field that the user lets the model fill in.
		default:
			"={{ /*n8n-auto-generated-fromAI-override*/ $fromAI('Video_URLs', `Links of public TikTok, YouTube, Instagram or X/Twitter videos, one per line`, 'string') }}",
		displayOptions: { show: { '@tool': [true] } },
	},
	{
		displayName: 'Duration (Days)',
		name: 'durationDays',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: 30, numberPrecision: 0 },
		default: 7,
		hint: '$0.36 per video per day: 24 hourly snapshots at $0.015 each',
		description:
			'How many days to track each video, from 1 to 30. A video costs $0.36 for 1 day, $2.52 for 7 days or $10.80 for 30 days.',
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
					"Whether to reject the whole batch upfront if the balance doesn't cover it. Test keys skip this check.",
			},
			{
				displayName: 'Dry Run',
				name: 'dryRun',
				type: 'boolean',
				default: false,
				description:
					'Whether to preview what would be tracked and what it would cost. Nothing is tracked or charged.',
			},
			{
				displayName: 'If Already Tracked',
				name: 'ifAlreadyTracked',
				type: 'options',
				default: 'return',
				description:
					'What to do if a video is already being tracked, including a tracking that is paused, or in error and may resume',
				options: [
					{
						name: 'Fail',
						value: 'fail',
						description: 'Return an error',
					},
					{
						name: 'Return Existing',
						value: 'return',
						description: 'Return the existing tracking at no cost',
					},
					{
						name: 'Track Again',
						value: 'trackAgain',
						description:
							"Start a second tracking, which is charged separately, even if an existing one can't be ruled out",
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
					'Max amount that one run of this node can spend, or, as a tool, all calls of one agent execution. Set to 0 to block all spending.',
			},
		],
	},
]);

/** The options that hold for the whole batch. */
export interface BatchOptions {
	dryRun: boolean;
	checkBalance: boolean;
	/** USD; undefined: no cap. */
	maxTotalCost?: number;
}

/** Unchecked: an expression may return anything, and none of it may loosen a limit on spending. */
type ItemOptions = Partial<
	Record<'ifAlreadyTracked' | 'maxTotalCost' | 'checkBalance' | 'dryRun', unknown>
>;

const getOptions = (functions: IExecuteFunctions, itemIndex: number): ItemOptions =>
	functions.getNodeParameter('options', itemIndex, {}) as ItemOptions;

const optionNamed = (name: string) => ({
	name,
	advice: 'Nothing was tracked or charged. Correct the option or remove it',
});

const CHOICES = ['return', 'trackAgain', 'fail'] as const satisfies IfAlreadyTracked[];

const parseIfAlreadyTracked = (options: ItemOptions): IfAlreadyTracked =>
	'ifAlreadyTracked' in options
		? parseChoice(options.ifAlreadyTracked, CHOICES, optionNamed('If Already Tracked'))
		: 'return';

const parseDuration = (days: unknown): number =>
	parseWholeNumber(
		days,
		{ name: 'Duration (Days)', advice: 'Nothing was tracked or charged' },
		MAX_DURATION_DAYS,
	);

/** The lines of all items, and what is not in them. */
export interface Batch {
	lines: BatchLine[];
	/** How many items have nothing in Video URLs. */
	blankCount: number;
	/** The first words and labels, in their order, as a hint quotes them. */
	leftOut: string;
}

/** The longest quotation of what was left out, in characters. */
const MAX_LEFT_OUT_LENGTH = 80;

const leftOutOf = (parts: PastedPart[]): string => {
	let leftOut = '';
	for (const { kind, text } of parts) {
		if (leftOut.length > MAX_LEFT_OUT_LENGTH) break;
		if (kind !== 'link') leftOut = `${leftOut} ${text}`.trim();
	}
	return truncate(leftOut, MAX_LEFT_OUT_LENGTH);
};

/** Reads the links of an item; none if it is blank. @throws ContentStatsError `invalid_input` */
function parseLinks(
	value: unknown,
	expression: string | undefined,
): Pick<Batch, 'leftOut'> & { links: Line[] } {
	const parts = readPastedText(value, expression && `Use this expression instead: ${expression}`);
	if (parts.length === 0) return { links: [], leftOut: '' };
	const links = linksOf(parts).map(({ text, parsed }) => ({ input_link: text, parsed }));
	const leftOut = leftOutOf(parts);
	if (links.length > 0) return { links, leftOut };
	const parsed = refuse('There is no link in this text');
	return { links: [{ input_link: leftOut, parsed }], leftOut: '' };
}

type Line = Pick<BatchLine, 'input_link' | 'parsed'>;

/** Builds a line of an item whose parameters are invalid. */
const invalidLine = (
	itemIndex: number,
	input_link: string,
	invalid: Error & { description?: string | null },
): BatchLine => ({
	itemIndex,
	input_link,
	parsed: {
		ok: false,
		reason: [invalid.message, invalid.description].filter(Boolean).join('. '),
	},
	invalid,
	duration_days: 0,
	ifAlreadyTracked: 'return',
});

type Item = Pick<Batch, 'lines' | 'leftOut'>;

function readItem(functions: IExecuteFunctions, itemIndex: number): Item {
	const value: unknown = functions.getNodeParameter('videoUrls', itemIndex);
	const expression = expressionFor(functions.getNode().parameters.videoUrls, value);
	const { links, leftOut } = parseLinks(value, expression);
	try {
		const duration_days = parseDuration(functions.getNodeParameter('durationDays', itemIndex));
		const ifAlreadyTracked = parseIfAlreadyTracked(getOptions(functions, itemIndex));
		const lines = links.map((link) => ({ itemIndex, ...link, duration_days, ifAlreadyTracked }));
		return { lines, leftOut };
	} catch (error) {
		const lines = links.map(({ input_link }) => invalidLine(itemIndex, input_link, error as Error));
		return { lines, leftOut };
	}
}

const NO_LINKS = invalidInput('No video links provided', 'Paste at least one link into Video URLs');

/**
 * Reads the lines of all items. If the parameters of an item are invalid, its lines say why. Blank items
 * have no lines, unless all are blank.
 */
export function readBatch(functions: IExecuteFunctions): Batch {
	const items = functions.getInputData().map((_, itemIndex): Item => {
		try {
			return readItem(functions, itemIndex);
		} catch (error) {
			return { lines: [invalidLine(itemIndex, '', error as Error)], leftOut: '' };
		}
	});
	const lines = items.flatMap((item) => item.lines);
	if (lines.length === 0)
		return {
			lines: items.map((_, itemIndex) => invalidLine(itemIndex, '', NO_LINKS)),
			blankCount: 0,
			leftOut: '',
		};
	return {
		lines,
		blankCount: items.filter((item) => item.lines.length === 0).length,
		leftOut: items.find(({ leftOut }) => leftOut !== '')?.leftOut ?? '',
	};
}

/** What the calls of an AI agent may spend without Max Total Cost, in USD. */
const DEFAULT_TOOL_CAP_USD = 5;

const withoutBlanks = (options: ItemOptions): ItemOptions =>
	Object.fromEntries(
		Object.entries(options).filter(([, value]) => String(value ?? '').trim() !== ''),
	);

/**
 * Reads the options of the whole batch. If items differ, the most careful value holds. The blank options of
 * an item without lines say nothing.
 *
 * @throws ContentStatsError `invalid_input`
 */
export function readBatchOptions(
	{ functions, isTool, isTestKey }: Pick<OperationContext, 'functions' | 'isTool' | 'isTestKey'>,
	lines: BatchLine[],
): BatchOptions {
	const withLines = new Set(lines.map(({ itemIndex }) => itemIndex));
	const all = functions.getInputData().map((_, index) => {
		const options = getOptions(functions, index);
		return withLines.has(index) ? options : withoutBlanks(options);
	});
	let maxTotalCost: number | undefined;
	for (const options of all) {
		if (!('maxTotalCost' in options)) continue;
		const cap = parseUsd(options.maxTotalCost, optionNamed('Max Total Cost'));
		maxTotalCost = Math.min(maxTotalCost ?? cap, cap);
	}
	const isOn = (key: 'dryRun' | 'checkBalance', name: string, defaultValue: boolean) =>
		all
			.map((options) =>
				key in options ? parseBoolean(options[key], optionNamed(name)) : defaultValue,
			)
			.includes(true);
	return {
		dryRun: isOn('dryRun', 'Dry Run', false),
		checkBalance: isOn('checkBalance', 'Check Balance', true),
		maxTotalCost: maxTotalCost ?? (isTool && !isTestKey ? DEFAULT_TOOL_CAP_USD : undefined),
	};
}
