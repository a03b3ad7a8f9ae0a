import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

import { advanceCursor, gapsOf, EMPTY_CURSOR } from '../../../nodes/ContentStats/polling/cursor';
import {
	type PollState,
	readState,
	STATE_VERSION,
	type WatchedVideo,
} from '../../../nodes/ContentStats/polling/state';
import { at, deepFreeze, watched } from '../support/fakeClient';

const BASE = 'https://contentstats.io/api/v1';
const VIDEO = watched([1, 2, 3]);
const STATE: PollState = deepFreeze({
	version: STATE_VERSION,
	baseUrl: BASE,
	watch: { kind: 'all' },
	seededUntil: at(5),
	videos: { a: VIDEO, b: watched([], { needsSeed: true, isDue: true, lastFetchedAt: 0 }) },
});
const FULL: PollState = deepFreeze({
	...STATE,
	watch: { kind: 'selected', ids: ['a'], identities: ['youtube:dQw4w9WgXcQ'] },
	lastListing: {
		listedAt: at(6),
		requests: 6,
		newestCreatedAt: at(5),
		isTruncated: true,
		isDue: true,
	},
	videos: {
		...STATE.videos,
		c: watched([1], {
			isSuperseded: true,
			latenessMs: -7_200_000,
			status: 'completed',
			endedAt: at(4),
			isDeleted: true,
		}),
		d: watched([], { retryDelayMs: 60_000, failing: { since: at(1), lastTriedAt: at(2) } }),
	},
	balance: { checkedAt: at(5), lowSince: '2026-01-01T00:00:00.000Z' },
	reportedAt: at(3),
	processId: 'p1',
	recentEmissions: [
		{
			emittedAt: at(3),
			snapshots: { a: [at(2), at(3)] },
			items: [{ event: 'tracking.ended', event_key: 'c:ended', days_remaining: null }],
		},
	],
	replay: {
		snapshots: { a: [at(1)] },
		items: [{ event: 'video.deleted', event_key: 'd:deleted' }],
	},
});

test.each<[string, PollState]>([
	['a state', STATE],
	['a state with all that can be in it', FULL],
	['a state of one platform', { ...STATE, watch: { kind: 'all', platform: 'tiktok' } }],
	['a state that has balance enough', { ...STATE, balance: { checkedAt: at(5), lowSince: null } }],
	['a state without videos', { ...STATE, videos: {} }],
])('reads %s as it was written', (_, state) => {
	expect(readState(JSON.parse(JSON.stringify(state)), BASE)).toEqual(state);
});

test.each([undefined, null])('%j is no state yet', (stored) => {
	expect(readState(stored, BASE)).toBeNull();
});

it('of another base URL is none: its ids mean other videos', () => {
	expect(readState(STATE, 'http://127.0.0.1:4010/api/v1')).toBeNull();
});

const withVideo = (fields: object) => ({ ...STATE, videos: { a: { ...VIDEO, ...fields } } });
const { watch: _, ...withoutWatch } = STATE;

test.each<[string, unknown]>([
	['text', 'state'],
	['a number', 7],
	['a list', []],
	['an empty object', {}],
	['what another node keeps', { lastTimeChecked: '2026-01-01T00:00:00Z' }],
	['a version of the past', { ...STATE, version: 0 }],
	['a version in words', { ...STATE, version: '1' }],
	['a state with a part missing', withoutWatch],
	['a choice of another kind', { ...STATE, watch: { kind: 'some' } }],
	['a list of videos', { ...STATE, videos: [] }],
	['a video of another shape', { ...STATE, videos: { a: at(1) } }],
	['a cursor in words', withVideo({ newest: '2026-01-01' })],
	['a cursor with a fraction', withVideo({ newest: 1.5 })],
	['a cursor with other letters', withVideo({ seen: '-1!' })],
	['a cursor without signs', withVideo({ seen: '255s0' })],
	['a video without its last fetch', withVideo({ lastFetchedAt: undefined })],
	['a failure without its begin', withVideo({ failing: { lastTriedAt: at(1) } })],
	['a listing in words', { ...STATE, lastListing: 'yesterday' }],
	['a replay of another shape', { ...FULL, recentEmissions: [{ a: [at(1)] }] }],
])('%s is refused: going on would flood or lose', (_what, stored) => {
	expect(() => readState(stored, BASE)).toThrow(
		expect.objectContaining({
			kind: 'invalid_input',
			message: expect.stringMatching(/remembers of its last poll cannot be read/),
			description: expect.stringMatching(/backup.*trigger node.*Start From/),
		}),
	);
});

it('of a later version is refused with what to update', () => {
	expect(() => readState({ ...STATE, version: STATE_VERSION + 1, other: {} }, BASE)).toThrow(
		expect.objectContaining({
			kind: 'invalid_input',
			message: expect.stringMatching(/newer version/),
			description: expect.stringMatching(/Update n8n-nodes-contentstats/),
		}),
	);
});

it('is not changed by reading', () => {
	expect(() => readState(FULL, BASE)).not.toThrow();
});

it('takes at most 250 bytes for a video that has been watched for long', () => {
	const random = xoroshiro128plus(11);
	for (let run = 0; run < 50; run += 1) {
		const jittered = Array.from(
			{ length: 60 },
			(_, hour) => at(hour) + uniformInt(random, 0, 60_000),
		);
		// The 24 hours hold 25 snapshots, where the newest was quick.
		const newest = at(60) - 1000;
		const cursor = advanceCursor(EMPTY_CURSOR, [...jittered, newest]);
		expect(gapsOf(cursor)).toHaveLength(24);
		const video: WatchedVideo = {
			...cursor,
			lastFetchedAt: newest + 300_000,
			latenessMs: 1_234_567,
		};
		const text = JSON.stringify({ cm5abc123def4567890123456: video }).slice(1, -1);
		expect(Buffer.byteLength(`${text},`)).toBeLessThanOrEqual(250);
	}
});
