import type { IPollFunctions } from 'n8n-workflow';

import { isVideoId } from '../api/client';
import { invalidInput } from '../api/errors';
import { MAX_DURATION_DAYS, METRICS, type Metric } from '../api/schemas';
import { HOURS_PER_DAY } from '../model/money';
import {
	type NumberLimits,
	parseBoolean,
	parseChoice,
	parseNumber,
	parseOutputSwitch,
	parsePlatform,
	parseUsd,
	parseWholeNumber,
} from '../model/parameterValues';
import { readPastedText } from '../model/pastedText';
import { trimCharacters, truncate } from '../utils/format';
import { parseAges } from './ages';
import { type EventName, EVENTS } from './events';
import { parseMilestones } from './milestones';
import type { Watch } from './watch';

const WATCH = ['all', 'selected'] as const;
const START_FROM = ['new', 'latest', 'beginning'] as const;
const DEFAULT_MAX_ITEMS = 1000;

const QUOTES = new Set(["'", '*', '~']);

/** The parameters of the trigger, except for the watched videos. */
export interface PollSettings {
	events: EventName[];
	startFrom: (typeof START_FROM)[number];
	milestoneMetric: Metric;
	/** Ascending; empty unless milestone.reached is chosen. */
	milestones: number[];
	/** USD */
	lowBalanceUsd: number;
	spikeFactor: number;
	/** Growth per hour. */
	spikeMinimum: number;
	slowedHours: number;
	slowedPercent: number;
	/** Hours, ascending; empty unless age.reached is chosen. */
	ages: number[];
	simplify: boolean;
	includeGrowth: boolean;
	includePostAge: boolean;
	maxItemsPerPoll: number;
	replayAfterRestart: boolean;
}

/** Unchecked: an expression may return anything. */
type Options = Partial<
	Record<'includeGrowth' | 'includePostAge' | 'maxItemsPerPoll' | 'replayAfterRestart', unknown>
>;

/**
 * Parses the selected videos: ids or links, in text or lists of text, read as the links of Track are. Here words are ids, so that
 * none is left out but the texts of links.
 *
 * @throws ContentStatsError `invalid_input`, naming what is neither.
 */
export function parseSelectedVideos(value: unknown): Extract<Watch, { kind: 'selected' }> {
	const ids = new Set<string>();
	const identities = new Set<string>();
	for (const part of readPastedText(
		value,
		'Choose videos from the list, or enter links or IDs as text',
	)) {
		const name = truncate(part.text);
		if (part.kind === 'word') {
			const id = trimCharacters(part.text, (character) => QUOTES.has(character));
			if (!isVideoId(id))
				throw invalidInput(
					`“${name}” is not a video ID or link`,
					'Enter only IDs and links, one per line',
				);
			ids.add(id);
		} else if (part.kind === 'link') {
			if (!part.parsed.ok) throw invalidInput(`“${name}” can't be watched`, part.parsed.reason);
			identities.add(part.parsed.link.identity);
		}
	}
	if (ids.size + identities.size === 0)
		throw invalidInput(
			'No videos selected',
			'Choose videos from the list, enter their links or IDs, or set Watch to All Videos',
		);
	return { kind: 'selected', ids: [...ids].sort(), identities: [...identities].sort() };
}

/**
 * Reads which videos the trigger watches.
 *
 * @throws ContentStatsError `invalid_input`
 */
export function readWatch(context: IPollFunctions): Watch {
	const kind = parseChoice(context.getNodeParameter('watch'), WATCH, {
		name: 'Watch',
		advice: 'Choose whether to watch all videos or selected videos',
	});
	if (kind === 'selected')
		return parseSelectedVideos([
			context.getNodeParameter('videoIds', []),
			context.getNodeParameter('videos', ''),
		]);
	const filters = context.getNodeParameter('filters', {}) as { platform?: unknown };
	const platform = 'platform' in filters && parsePlatform(filters.platform);
	return { kind, ...(platform && { platform }) };
}

function readEvents(context: IPollFunctions): EventName[] {
	const chosen = [context.getNodeParameter('events') as unknown].flat();
	const advice = 'Choose the events from the list';
	const events = chosen.map((event) => parseChoice(event, EVENTS, { name: 'Events', advice }));
	if (events.length > 0) return [...new Set(events)];
	throw invalidInput('No events selected', 'Choose at least one event');
}

/** The longest window of which a tracking can hold two. */
const MAX_SLOWED_HOURS = Math.floor((MAX_DURATION_DAYS * HOURS_PER_DAY - 1) / 2);

/** Reads the parameters of the events of growth; of an event that isn't chosen, values without a meaning. */
function readGrowthSettings(context: IPollFunctions, events: EventName[]) {
	const spikes = events.includes('growth.spiked');
	const slowdowns = events.includes('growth.slowed');
	const read = (name: string, limits: NumberLimits, advice: string, field: string) =>
		parseNumber(context.getNodeParameter(name), { name: field, advice }, limits);
	return {
		spikeFactor: spikes
			? read(
					'spikeFactor',
					{ min: 0, max: 1e6 },
					'Enter a multiple of the usual growth, such as 3, or 0 to ignore the usual growth',
					'Spike Factor',
				)
			: 0,
		spikeMinimum: spikes
			? read(
					'spikeMinimum',
					{ min: 0, max: 1e12 },
					'Enter the minimum growth per hour, such as 1000',
					'Spike Minimum',
				)
			: 0,
		slowedHours: slowdowns
			? parseWholeNumber(
					context.getNodeParameter('slowedHours'),
					{ name: 'Slowdown Window', advice: 'Enter the hours to compare, such as 24' },
					MAX_SLOWED_HOURS,
				)
			: 1,
		slowedPercent: slowdowns
			? read(
					'slowedPercent',
					{ above: 0, max: 100 },
					'Enter a percentage of the best window, such as 5',
					'Slowdown Threshold',
				)
			: 0,
	};
}

/**
 * Reads the other parameters; those of an event only if it is chosen.
 *
 * @throws ContentStatsError `invalid_input`
 */
export function readSettings(context: IPollFunctions): PollSettings {
	const options = context.getNodeParameter('options', {}) as Options;
	const events = readEvents(context);
	const hasMilestones = events.includes('milestone.reached');
	return {
		events,
		startFrom: parseChoice(context.getNodeParameter('startFrom'), START_FROM, {
			name: 'Start From',
			advice: 'Choose which existing snapshots to return',
		}),
		milestoneMetric: hasMilestones
			? parseChoice(context.getNodeParameter('milestoneMetric'), METRICS, {
					name: 'Milestone Metric',
					advice: 'Choose the metric to check milestones against',
				})
			: 'views',
		milestones: hasMilestones ? parseMilestones(context.getNodeParameter('milestones')) : [],
		lowBalanceUsd: events.includes('balance.low')
			? parseUsd(context.getNodeParameter('lowBalanceUsd'), {
					name: 'Low Balance',
					advice: 'Enter the threshold in USD, such as 5',
				})
			: 0,
		...readGrowthSettings(context, events),
		ages: events.includes('age.reached') ? parseAges(context.getNodeParameter('ages')) : [],
		simplify: parseOutputSwitch(context.getNodeParameter('simplify'), 'Simplify'),
		includeGrowth:
			'includeGrowth' in options && parseOutputSwitch(options.includeGrowth, 'Include Growth'),
		includePostAge:
			'includePostAge' in options && parseOutputSwitch(options.includePostAge, 'Include Post Age'),
		maxItemsPerPoll:
			'maxItemsPerPoll' in options
				? parseWholeNumber(options.maxItemsPerPoll, {
						name: 'Max Items Per Poll',
						advice:
							'Enter the max number of items to return per poll. The rest follow in the next polls',
					})
				: DEFAULT_MAX_ITEMS,
		replayAfterRestart:
			'replayAfterRestart' in options &&
			parseBoolean(options.replayAfterRestart, {
				name: 'Replay After Restart',
				advice: 'Turn it on or off, or remove the option',
			}),
	};
}
