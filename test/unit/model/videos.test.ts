import { isFinal, type Video } from '../../../nodes/ContentStats/api/schemas';
import {
	hasEnded,
	isRunning,
	plannedEndOf,
	toVideoItem,
} from '../../../nodes/ContentStats/model/videos';
import { at, iso, video } from '../support/fakeClient';

test.each([
	['monitoring', false, false],
	['paused', false, false],
	['completed', true, true],
	['cancelled', true, true],
	['error', true, false],
	['of the future', false, false],
])('the status "%s" has ended: %p, is final: %p', (status, ended, final) => {
	expect([hasEnded(status), isFinal(status)]).toEqual([ended, final]);
});

test.each<[string, Partial<Video>, number]>([
	['after its duration', { monitoring_duration_days: 2 }, at(48)],
	['after the longest one if it has none', { monitoring_duration_days: null }, at(720)],
	['after the longest one if it is odd', { monitoring_duration_days: 0 }, at(720)],
	['after the longest one if it is too long', { monitoring_duration_days: 900 }, at(720)],
	[
		'after the later of its two starts',
		{ monitoring_duration_days: 1, monitoring_started: iso(5) },
		at(29),
	],
	['never if it has no start', { created_at: null }, Infinity],
])('a tracking ends %s', (_, fields, end) => {
	expect(plannedEndOf(video('a', fields))).toBe(end);
});

test.each<[string | null, number, boolean]>([
	['monitoring', 0, true],
	['monitoring', 1000, true],
	['paused', 1000, true],
	['completed', 0, false],
	['cancelled', 0, false],
	['error', 167, true],
	['error', 168, false],
	['queued', 167, true],
	['queued', 168, false],
	['Monitoring', 167, true],
	[null, 167, true],
	[null, 168, false],
])('a tracking of 7 days with the status %p runs after %d hours: %p', (status, hours, runs) => {
	expect(isRunning(video('a', { status }), at(hours))).toBe(runs);
});

describe('toVideoItem', () => {
	it('has the columns of List, with times in UTC', () => {
		const listed = video('a', {
			status: 'paused',
			monitoring_started: '2026-01-01T02:05:00+02:00',
			created_at: '2026-01-01T00:00:00Z',
			days_remaining: 5.541666666666667,
		});
		expect(toVideoItem(listed)).toEqual({
			video_id: 'a',
			job_id: 'job_a',
			platform: 'tiktok',
			title: 'Title of a',
			creator: 'user',
			video_link: listed.video_link,
			status: 'paused',
			monitoring_started: '2026-01-01T00:05:00.000Z',
			monitoring_duration_days: 7,
			days_remaining: 5.54,
			created_at: '2026-01-01T00:00:00.000Z',
		});
	});

	it('has null for everything that the API leaves out', () => {
		const { id, video_link, platform, status } = video('a');
		expect(toVideoItem({ id, video_link, platform, status })).toEqual({
			video_id: 'a',
			job_id: null,
			platform: 'tiktok',
			title: null,
			creator: null,
			video_link,
			status: 'monitoring',
			monitoring_started: null,
			monitoring_duration_days: null,
			days_remaining: null,
			created_at: null,
		});
	});
});
