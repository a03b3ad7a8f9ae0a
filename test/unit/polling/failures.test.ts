import type { ContentStatsError } from '../../../nodes/ContentStats/api/errors';
import {
	withFailure,
	allVideosUnknown,
	dailyReport,
} from '../../../nodes/ContentStats/polling/failures';
import type { WatchedVideo } from '../../../nodes/ContentStats/polling/state';
import { at, httpError, watched } from '../support/fakeClient';

test('withFailure keeps the time of the first failure and updates the time of the last attempt', () => {
	const video = watched([1], { status: 'paused' });
	const once = withFailure(video, at(2));
	expect(once).toEqual({ ...video, failing: { since: at(2), lastTriedAt: at(2) } });
	expect(withFailure(once, at(5))).toEqual({
		...video,
		failing: { since: at(2), lastTriedAt: at(5) },
	});
});

test('allVideosUnknown says how many videos are unknown, and that nothing may have been deleted', () => {
	expect(allVideosUnknown(7)).toMatchObject({
		kind: 'not_found',
		message: expect.stringContaining('None of the 7 watched videos'),
		description: expect.stringMatching(/another account.*no video was deleted/),
	});
});

describe('dailyReport', () => {
	const NOW = at(100);
	const MINUTE = 1 / 60;
	/** Builds a video that has been failing for this many hours. */
	const failing = (hours: number): WatchedVideo =>
		watched([1], { failing: { since: at(100 - hours), lastTriedAt: NOW } });
	const reportOf = (
		videos: Record<string, WatchedVideo>,
		{
			failed = Object.keys(videos),
			listed,
			reported,
		}: { failed?: string[]; listed?: number; reported?: number } = {},
	) => {
		const errors = new Map(
			failed.map((id): [string, ContentStatsError] => [id, httpError(403, `video ${id}`)]),
		);
		const error = httpError(500, 'the list');
		const failedCalls =
			listed === undefined
				? []
				: [{ subject: 'the list of videos', error, lastSuccessAt: at(listed) }];
		return dailyReport(videos, errors, failedCalls, reported, NOW);
	};

	test.each([
		['a day', 24, true],
		['a month', 720, true],
		['less than a day', 24 - MINUTE, false],
		['no time', 0, false],
	])('reports only failures of a day or longer: %s (%p hours) → %p', (_, hours, isReported) => {
		expect(reportOf({ a: failing(hours) }) !== null).toBe(isReported);
		expect(reportOf({}, { listed: 100 - hours }) !== null).toBe(isReported);
	});

	test.each<[string, number | undefined, boolean]>([
		['never', undefined, true],
		['a day ago', at(76), true],
		['less than a day ago', at(76 + MINUTE), false],
		['in the future, before the clock was set back', at(101), true],
	])('reports at most once a day: last report %s (%p) → %p', (_, reported, isReported) => {
		expect(reportOf({ a: failing(48) }, { reported }) !== null).toBe(isReported);
	});

	it('names the video, the reason and what to do', () => {
		expect(reportOf({ a: failing(30), b: failing(2) })).toMatchObject({
			kind: 'forbidden',
			statusCode: 403,
			message:
				'No data from video a for 24 hours. ContentStats denied access to video a (HTTP 403)',
			description: expect.stringMatching(/organization.*once a day$/),
		});
	});

	it('names everything that has been failing for a day, with the reason of the first', () => {
		expect(
			reportOf({ a: failing(30), b: failing(2), c: failing(40) }, { listed: 0 }),
		).toMatchObject({
			kind: 'forbidden',
			message: expect.stringMatching(
				/^No data from videos a, c and the list of videos for 24 hours\. .* video a /,
			),
		});
	});

	it('reports a failing list with its own reason', () => {
		expect(reportOf({}, { listed: 1 })).toMatchObject({
			kind: 'server_error',
			message: expect.stringMatching(/^No data from the list of videos for 24 hours\. /),
		});
	});

	it('does not report a video that did not fail in this poll', () => {
		expect(reportOf({ a: failing(30), b: watched([1]) }, { failed: [] })).toBeNull();
		expect(reportOf({}, { failed: ['gone'] })).toBeNull();
	});
});
