import type { IPollFunctions } from 'n8n-workflow';

import { invalidInput } from '../api/errors';
import { METRICS, type Metric } from '../api/schemas';
import { identityOf, parseVideoLink, splitLinks } from '../model/links';
import type { EventName } from './events';
import { parseMilestones } from './milestones';
import type { Watch } from './watch';

/** The parameters of the trigger, except for the watched videos. */
export interface PollSettings {
	events: EventName[];
	startFrom: 'new' | 'latest' | 'beginning';
	milestoneMetric: Metric;
	/** Ascending; empty unless milestone.reached is chosen. */
	milestones: number[];
	/** USD */
	lowBalanceUsd: number;
	simplify: boolean;
	includeGrowth: boolean;
	maxItemsPerPoll: number;
	replayAfterRestart: boolean;
}

interface Options {
	includeGrowth?: boolean;
	maxItemsPerPoll?: number;
	replayAfterRestart?: boolean;
}

/**
 * Parses the selected videos: ids or links, split as the links of Track are.
 *
 * @throws ContentStatsError `invalid_input`, naming what is neither.
 */
export function parseSelectedVideos(value: unknown): Extract<Watch, { kind: 'selected' }> {
	const ids = new Set<string>();
	const identities = new Set<string>();
	for (const piece of splitLinks(value)) {
		const parsed = parseVideoLink(piece);
		if (parsed.ok) identities.add(identityOf(parsed.link));
		else if (/^[\w-]+$/.test(piece)) ids.add(piece);
		else throw invalidInput(`“${piece}” is neither the id nor the link of a video`, parsed.reason);
	}
	if (ids.size + identities.size === 0)
		throw invalidInput(
			'No videos were chosen to watch',
			'Paste the ids or links of tracked videos, or set Watch to All Videos',
		);
	return { kind: 'selected', ids: [...ids].sort(), identities: [...identities].sort() };
}

function parseMaxItems(value: unknown): number {
	const most = Number(value);
	if (Number.isInteger(most) && most > 0) return most;
	throw invalidInput(
		`Max Items Per Poll must be a whole number from 1 up, not “${String(value)}”`,
		'Enter how many items one poll may emit at most; the others follow with the next polls',
	);
}

function parseMetric(value: unknown): Metric {
	const metric = METRICS.find((name) => name === value);
	if (metric) return metric;
	throw invalidInput(
		`“${String(value)}” is no metric of a video`,
		`Choose one of ${METRICS.join(', ')} as Milestone Metric`,
	);
}

function parseLowBalance(value: unknown): number {
	const isAmount = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
	if (isAmount && Number.isFinite(Number(value))) return Number(value);
	throw invalidInput(
		`Low Balance must be an amount in USD, not “${String(value)}”`,
		'Enter the amount below which the workflow is started, such as 5',
	);
}

/**
 * Reads which videos the trigger watches.
 *
 * @throws ContentStatsError `invalid_input`
 */
export function readWatch(context: IPollFunctions): Watch {
	if (context.getNodeParameter('watch') === 'selected')
		return parseSelectedVideos(context.getNodeParameter('videos'));
	const { platform } = context.getNodeParameter('filters', {}) as { platform?: string };
	return { kind: 'all', ...(platform ? { platform } : {}) };
}

function readEvents(context: IPollFunctions): EventName[] {
	const events = context.getNodeParameter('events') as EventName[];
	if (events.length > 0) return events;
	throw invalidInput('No events were chosen', 'Choose at least one event to be triggered by');
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
		startFrom: context.getNodeParameter('startFrom') as PollSettings['startFrom'],
		milestoneMetric: hasMilestones
			? parseMetric(context.getNodeParameter('milestoneMetric'))
			: 'views',
		milestones: hasMilestones ? parseMilestones(context.getNodeParameter('milestones')) : [],
		lowBalanceUsd: events.includes('balance.low')
			? parseLowBalance(context.getNodeParameter('lowBalanceUsd'))
			: 0,
		simplify: context.getNodeParameter('simplify') as boolean,
		includeGrowth: options.includeGrowth ?? false,
		maxItemsPerPoll: parseMaxItems(options.maxItemsPerPoll ?? 1000),
		replayAfterRestart: options.replayAfterRestart ?? false,
	};
}
