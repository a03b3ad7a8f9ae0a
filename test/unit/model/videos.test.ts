import { hasEnded, isFinal, toVideoItem } from '../../../nodes/ContentStats/model/videos';
import { video } from '../support/fakeClient';

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

describe('toVideoItem', () => {
	it('has the columns of List, with times in UTC', () => {
		const listed = video('a', {
			status: 'paused',
			monitoring_started: '2026-01-01T02:05:00+02:00',
			created_at: '2026-01-01T00:00:00Z',
			days_remaining: 5.5,
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
			days_remaining: 5.5,
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
