import { deepCopy } from 'n8n-workflow';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

import { advanceCursor, gapsOf, EMPTY_CURSOR } from '../../../nodes/ContentStats/polling/cursor';
import {
	type PollState,
	readState,
	STATE_VERSION,
	toStored,
	type WatchedVideo,
} from '../../../nodes/ContentStats/polling/state';
import { createRecord } from '../../../nodes/ContentStats/utils/record';
import { at, deepFreeze, watched } from '../support/fakeClient';

const OWNER = { api: 'https://contentstats.io/api/v1', nodeId: 'node' };
const VIDEO = watched([1, 2, 3]);
const STATE: PollState = deepFreeze({
	version: STATE_VERSION,
	...OWNER,
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
	unusableFields: ['likes'],
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
	['a state with every field', FULL],
	['a state that watches one platform', { ...STATE, watch: { kind: 'all', platform: 'tiktok' } }],
	['a state whose balance is not low', { ...STATE, balance: { checkedAt: at(5), lowSince: null } }],
	['a state without videos', { ...STATE, videos: {} }],
])('readState reads %s as it was written', (_, state) => {
	expect(readState(JSON.parse(JSON.stringify(toStored(state))), OWNER)).toEqual(state);
});

test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
	'readState reads a video with the id %s, after n8n has copied the state',
	(id) => {
		const emitted = createRecord([[id, [at(1)]]]);
		const state: PollState = {
			...STATE,
			videos: createRecord([[id, VIDEO]]),
			recentEmissions: [{ emittedAt: at(3), snapshots: emitted, items: [] }],
			replay: { snapshots: emitted, items: [] },
		};
		const read = readState(deepCopy(JSON.parse(JSON.stringify(toStored(state)))), OWNER)!;
		expect(Object.entries(read.videos)).toEqual([[id, VIDEO]]);
		expect(Object.entries(read.recentEmissions![0]!.snapshots)).toEqual([[id, [at(1)]]]);
		expect(Object.entries(read.replay!.snapshots)).toEqual([[id, [at(1)]]]);
	},
);

test.each([undefined, null])('readState returns null for %j', (stored) => {
	expect(readState(stored, OWNER)).toBeNull();
});

it('readState returns null for a state of another base URL, where ids mean other videos', () => {
	const api = 'http://127.0.0.1:4010/api/v1';
	expect(readState(toStored(STATE), { ...OWNER, api })).toBeNull();
});

it('readState returns null for a state of another node, even if it cannot be read', () => {
	const other = { ...OWNER, nodeId: 'other' };
	expect(readState(toStored(STATE), other)).toBeNull();
	expect(readState({ nodeId: OWNER.nodeId, version: 99 }, other)).toBeNull();
});

const STORED = toStored(STATE);
const withVideo = (fields: object) => ({ ...STORED, videos: [['a', { ...VIDEO, ...fields }]] });
const { watch: _, ...withoutWatch } = STORED;

test.each<[string, unknown]>([
	['text', 'state'],
	['a number', 7],
	['a list', []],
	['an empty object', {}],
	['the state of another node', { lastTimeChecked: '2026-01-01T00:00:00Z' }],
	['an earlier version', { ...STORED, version: 0 }],
	['a version as text', { ...STORED, version: '1' }],
	['a state without its watch', withoutWatch],
	['a state without its node', { ...STORED, nodeId: undefined }],
	['a watch of another kind', { ...STORED, watch: { kind: 'some' } }],
	['a state whose videos are a record', { ...STORED, videos: { a: VIDEO } }],
	['a video of another shape', { ...STORED, videos: [['a', at(1)]] }],
	['a cursor with a date as text', withVideo({ newest: '2026-01-01' })],
	['a cursor with a fraction', withVideo({ newest: 1.5 })],
	['a cursor with an invalid character', withVideo({ seen: '-1!' })],
	['a cursor with a gap without its sign', withVideo({ seen: '255s0' })],
	['a video without the time of its last fetch', withVideo({ lastFetchedAt: undefined })],
	['a failure without its start', withVideo({ failing: { lastTriedAt: at(1) } })],
	['a listing as text', { ...STORED, lastListing: 'yesterday' }],
	['a replay of another shape', { ...toStored(FULL), recentEmissions: [{ a: [at(1)] }] }],
])('readState rejects %s, since going on would flood or lose items', (_what, stored) => {
	expect(() => readState(stored, OWNER)).toThrow(
		expect.objectContaining({
			kind: 'invalid_input',
			message: expect.stringMatching(/saved state of this trigger can't be read/),
			description: expect.stringMatching(/backup.*trigger node.*Start From/),
		}),
	);
});

it('readState rejects a newer version and says what to update', () => {
	expect(() => readState({ ...STORED, version: STATE_VERSION + 1, other: {} }, OWNER)).toThrow(
		expect.objectContaining({
			kind: 'invalid_input',
			message: expect.stringMatching(/newer version/),
			description: expect.stringMatching(/Update n8n-nodes-contentstats/),
		}),
	);
});

it('readState does not modify the stored state', () => {
	expect(() => readState(deepFreeze(toStored(FULL)), OWNER)).not.toThrow();
});

it('the state takes at most 250 bytes for a video that has been watched for long', () => {
	const random = xoroshiro128plus(11);
	for (let run = 0; run < 50; run += 1) {
		const jittered = Array.from(
			{ length: 60 },
			(_, hour) => at(hour) + uniformInt(random, 0, 60_000),
		);
		// The newest is a second early, so that 24 others fall within the day before it.
		const newest = at(60) - 1000;
		const cursor = advanceCursor(EMPTY_CURSOR, [...jittered, newest]);
		expect(gapsOf(cursor)).toHaveLength(24);
		const video: WatchedVideo = {
			...cursor,
			lastFetchedAt: newest + 300_000,
			latenessMs: 1_234_567,
		};
		const text = JSON.stringify(['cm5abc123def4567890123456', video]);
		expect(Buffer.byteLength(`${text},`)).toBeLessThanOrEqual(250);
	}
});
