import type { VideoWithSnapshots } from '../../../nodes/ContentStats/api/schemas';
import { rowWithoutSnapshot, toRow } from '../../../nodes/ContentStats/model/snapshots';
import {
	buildBalanceItem,
	type EventName,
	buildDeletedItem,
	type SnapshotFacts,
	buildSnapshotItems,
	buildStatusItems,
} from '../../../nodes/ContentStats/polling/events';
import { iso, snapshot, video } from '../support/fakeClient';

const ALL: EventName[] = [
	'snapshot.created',
	'tracking.started',
	'milestone.reached',
	'tracking.paused',
	'tracking.ended',
	'video.deleted',
	'balance.low',
];
const ROW = toRow(video('a'), snapshot(1));
describe('the items of a snapshot', () => {
	const facts: SnapshotFacts = { isFirst: false, metric: 'views', marks: [] };
	const itemsOf = (more: Partial<SnapshotFacts>, events = ALL, extra = {}) =>
		buildSnapshotItems(events, ROW, { ...facts, ...more }, extra);

	it('are tracking.started, snapshot.created and its milestones, ascending', () => {
		expect(itemsOf({ isFirst: true, marks: [10, 1000] }, ALL, { views_delta: 7 })).toEqual([
			{ event: 'tracking.started', event_key: 'a:started', ...ROW, views_delta: 7 },
			{ event: 'snapshot.created', event_key: `a:${iso(1)}`, ...ROW, views_delta: 7 },
			...[10, 1000].map((milestone) => ({
				event: 'milestone.reached',
				event_key: `a:milestone:views:${milestone}`,
				milestone_metric: 'views',
				milestone,
				value: 1100,
				...ROW,
				views_delta: 7,
			})),
		]);
	});

	it('contain the value of the chosen metric', () => {
		expect(itemsOf({ metric: 'likes', marks: [50] }, ['milestone.reached'])).toMatchObject([
			{ event_key: 'a:milestone:likes:50', milestone_metric: 'likes', value: 100 },
		]);
	});

	test.each<EventName>(['snapshot.created', 'tracking.started', 'milestone.reached'])(
		'are limited to %s if only that event is chosen',
		(event) => {
			const items = itemsOf({ isFirst: true, marks: [10] }, [event]);
			expect(items.map((item) => item.event)).toEqual([event]);
		},
	);

	it('are empty if only other events are chosen', () => {
		expect(itemsOf({ isFirst: true, marks: [10] }, ['tracking.ended'])).toEqual([]);
	});
});

describe('the status events of a video', () => {
	const statuses = ['monitoring', 'paused', 'completed', 'cancelled', 'error'] as const;
	type Status = (typeof statuses)[number];
	const eventsBetween = (
		before: { status: string; isDeleted: boolean },
		fields: Partial<VideoWithSnapshots>,
	) => buildStatusItems(before, video('a', fields), ROW).map(({ event }) => event);

	const PAUSED = ['tracking.paused'];
	const ENDED = ['tracking.ended'];
	test.each<[Status, Record<Status, string[]>]>([
		[
			'monitoring',
			{ monitoring: [], paused: PAUSED, completed: ENDED, cancelled: ENDED, error: ENDED },
		],
		['paused', { monitoring: [], paused: [], completed: ENDED, cancelled: ENDED, error: ENDED }],
		['completed', { monitoring: [], paused: [], completed: [], cancelled: [], error: [] }],
		['cancelled', { monitoring: [], paused: [], completed: [], cancelled: [], error: [] }],
		['error', { monitoring: [], paused: [], completed: [], cancelled: [], error: [] }],
	])('that was %s follow from its new status', (before, expected) => {
		const found = statuses.map((status) => [
			status,
			eventsBetween({ status: before, isDeleted: false }, { status }),
		]);
		expect(Object.fromEntries(found)).toEqual(expected);
	});

	test.each<[string, boolean, boolean | null | undefined, string[]]>([
		['set now', false, true, ['video.deleted']],
		['set before', true, true, []],
		['removed', true, false, []],
		['never set', false, false, []],
		['null', false, null, []],
		['missing', false, undefined, []],
	])('contain video.deleted only for a new flag: %s', (_, was, is_deleted, expected) => {
		expect(eventsBetween({ status: 'monitoring', isDeleted: was }, { is_deleted })).toEqual(
			expected,
		);
	});

	const before = { status: 'monitoring', isDeleted: false };
	const fields = { monitoring_started: iso(0.5) };

	it('carry the newest row, with tracking.ended before video.deleted', () => {
		const ended = video('a', { ...fields, status: 'completed', is_deleted: true });
		const extra = { views_delta: 7, status: 'odd' };
		expect(buildStatusItems(before, ended, ROW, extra)).toEqual([
			{
				event: 'tracking.ended',
				event_key: 'a:ended',
				...ROW,
				views_delta: 7,
				status: 'completed',
				previous_status: 'monitoring',
			},
			{
				event: 'video.deleted',
				event_key: 'a:deleted',
				...ROW,
				views_delta: 7,
				status: 'completed',
			},
		]);
	});

	test.each([
		[ROW, `a:paused:${iso(1)}`],
		[rowWithoutSnapshot(video('a')), 'a:paused:none'],
	])('key a pause by the time of the last snapshot: %p', (newest, event_key) => {
		const paused = video('a', { ...fields, status: 'paused' });
		expect(buildStatusItems(before, paused, newest)).toEqual([
			{
				event: 'tracking.paused',
				event_key,
				...newest,
				status: 'paused',
				previous_status: 'monitoring',
			},
		]);
	});

	it('of a video that the API no longer knows tell its id', () => {
		expect(buildDeletedItem('a')).toEqual({
			event: 'video.deleted',
			event_key: 'a:deleted',
			video_id: 'a',
			status: 'deleted',
		});
	});
});

test('balance.low contains the available balance, the threshold and when the fall was first seen', () => {
	expect(buildBalanceItem(3.5, 5, iso(4))).toEqual({
		event: 'balance.low',
		event_key: `balance.low:${iso(4)}`,
		available_usd: 3.5,
		threshold_usd: 5,
	});
});
