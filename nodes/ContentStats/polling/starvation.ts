import { ContentStatsError } from '../api/errors';
import { createExpiringEntries } from '../utils/expiring';
import { DAY_MS, HOUR_MS, uptime } from '../utils/time';

/** Since when each trigger was turned away by the rate limiter, by the uptime. */
const turnedAway = createExpiringEntries<{ since: number }>(DAY_MS);

/**
 * Records whether a poll was turned away: the rate limit allowed it no request.
 *
 * @param trigger names the trigger.
 * @returns the error to report once a trigger was turned away for an hour, and then once an hour; else null.
 */
export function recordTurn(trigger: string, isTurnedAway: boolean): ContentStatsError | null {
	if (!isTurnedAway) {
		turnedAway.delete(trigger, '');
		return null;
	}
	const now = uptime();
	const since = turnedAway.of(trigger).get('')?.since ?? now;
	const isStarving = now - since >= HOUR_MS;
	turnedAway.set(trigger, '', { since: isStarving ? now : since });
	if (!isStarving) return null;
	return new ContentStatsError('rate_limited', {
		message:
			'The rate limit has left no room for this trigger for an hour: other workflows or programs use up the requests of its API key',
		description:
			'Nothing is lost. The trigger continues as soon as there is room. Run batches less often or in smaller parts, poll less often, or use a plan with more requests per minute',
	});
}

/** The triggers whose last list took longer than its share. */
const cutLists = createExpiringEntries<object>(DAY_MS);

/**
 * Takes the share of a poll's time that its list may use: half, so that the list does not starve the videos,
 * and once all of it after a list was cut short, so that the videos do not starve the list.
 */
export function takeShareOfList(trigger: string): number {
	const wasCut = cutLists.of(trigger).size > 0;
	cutLists.delete(trigger, '');
	return wasCut ? 1 : 1 / 2;
}

/** Records that the list of a poll took longer than its share. */
export const recordCutList = (trigger: string): void => cutLists.set(trigger, '', {});
