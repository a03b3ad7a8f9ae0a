import { ROW_COLUMNS } from '../../../nodes/ContentStats/model/snapshots';
import { columnsOf, toColumns } from '../../../nodes/ContentStats/polling/columns';
import type { EventName } from '../../../nodes/ContentStats/polling/events';
import { settingsOf } from '../support/fakeClient';

const MILESTONE = ['milestone_metric', 'milestone', 'value'];
const BALANCE = ['available_usd', 'threshold_usd'];
const GROWTH = [
	'hours_since_previous',
	'views_delta',
	'likes_delta',
	'comments_delta',
	'shares_delta',
	'saves_delta',
	'views_per_hour',
	'engagement_rate',
];

test.each<[EventName[], string[]]>([
	[['snapshot.created'], [...ROW_COLUMNS]],
	[['tracking.started'], [...ROW_COLUMNS]],
	[['milestone.reached'], [...ROW_COLUMNS, ...MILESTONE]],
	[['tracking.paused'], [...ROW_COLUMNS, 'status', 'previous_status']],
	[['tracking.ended'], [...ROW_COLUMNS, 'status', 'previous_status']],
	[['video.deleted'], [...ROW_COLUMNS, 'status']],
	[['balance.low'], BALANCE],
	[
		['balance.low', 'video.deleted', 'milestone.reached', 'tracking.ended'],
		[...ROW_COLUMNS, ...MILESTONE, 'status', 'previous_status', ...BALANCE],
	],
])('the columns of %j are in order', (events, columns) => {
	expect(columnsOf(settingsOf({ events }))).toEqual(['event', ...columns, 'event_key']);
});

test('growth follows the row, and the video comes before the key', () => {
	const events: EventName[] = ['snapshot.created', 'video.deleted'];
	const settings = settingsOf({ events, includeGrowth: true, simplify: false });
	expect(columnsOf(settings)).toEqual([
		'event',
		...ROW_COLUMNS,
		...GROWTH,
		'status',
		'video',
		'event_key',
	]);
});

test('balance.low has no columns of a video, whatever the options', () => {
	const settings = settingsOf({ events: ['balance.low'], includeGrowth: true, simplify: false });
	expect(columnsOf(settings)).toEqual(['event', ...BALANCE, 'event_key']);
});

test('an item has null where it has nothing to tell, and nothing else', () => {
	const item = { event: 'video.deleted' as const, event_key: 'a:deleted', video_id: 'a', more: 1 };
	const chosen = toColumns(item, ['event', 'views', 'video_id', 'event_key']);
	expect(Object.entries(chosen)).toEqual([
		['event', 'video.deleted'],
		['views', null],
		['video_id', 'a'],
		['event_key', 'a:deleted'],
	]);
});
