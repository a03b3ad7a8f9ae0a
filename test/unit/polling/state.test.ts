import { advanceCursor, startCursor } from '../../../nodes/ContentStats/polling/cursor';
import {
	type PollState,
	readState,
	STATE_VERSION,
} from '../../../nodes/ContentStats/polling/state';
import { at } from '../world';

const BASE = 'https://contentstats.io/api/v1';
const STATE: PollState = {
	version: STATE_VERSION,
	base_url: BASE,
	scope: 'all',
	newest_tracking: at(5),
	videos: {
		a: advanceCursor(startCursor, [at(1), at(2), at(3)]),
		b: startCursor,
		c: null,
	},
};
const WITH_REPLAY: PollState = {
	...STATE,
	process: 'p1',
	recent: [[at(3), { a: [at(2), at(3)] }]],
};

test.each<[string, PollState]>([
	['a state', STATE],
	['a state with what can be replayed', WITH_REPLAY],
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

const { scope: _, ...withoutScope } = STATE;

test.each<[string, unknown]>([
	['text', 'state'],
	['a number', 7],
	['a list', []],
	['an empty object', {}],
	['what another node keeps', { lastTimeChecked: '2026-01-01T00:00:00Z' }],
	['a version of the past', { ...STATE, version: 0 }],
	['a version in words', { ...STATE, version: '1' }],
	['a state with a part missing', withoutScope],
	['a list of videos', { ...STATE, videos: [] }],
	['a cursor of another shape', { ...STATE, videos: { a: at(1) } }],
	['a cursor in words', { ...STATE, videos: { a: { newest: '2026-01-01', seen: '' } } }],
	['a cursor with a fraction', { ...STATE, videos: { a: { newest: 1.5, seen: '' } } }],
	['a cursor with other letters', { ...STATE, videos: { a: { newest: at(1), seen: '-1 !' } } }],
	['a replay of another shape', { ...WITH_REPLAY, recent: [{ a: [at(1)] }] }],
])('%s is refused: going on would flood or lose', (_what, stored) => {
	expect(() => readState(stored, BASE)).toThrow(
		expect.objectContaining({
			kind: 'invalid_input',
			message: expect.stringMatching(/remembers of its last poll cannot be read/),
			description: expect.stringMatching(/backup.*rename the trigger node.*Start From/),
		}),
	);
});

it('of a newer version is refused with what to update', () => {
	expect(() => readState({ ...STATE, version: STATE_VERSION + 1, more: {} }, BASE)).toThrow(
		expect.objectContaining({
			kind: 'invalid_input',
			message: expect.stringMatching(/newer version/),
			description: expect.stringMatching(/Update n8n-nodes-contentstats/),
		}),
	);
});

it('is not changed by reading', () => {
	const stored = JSON.stringify(WITH_REPLAY);
	const parsed = JSON.parse(stored) as unknown;
	readState(parsed, BASE);
	expect(JSON.stringify(parsed)).toBe(stored);
});
