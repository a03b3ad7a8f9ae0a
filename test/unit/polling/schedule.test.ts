import type { Video } from '../../../nodes/ContentStats/api/schemas';
import {
	scheduleAfterFetch,
	scheduleAfterMissing,
	dueAt,
	dueIds,
	isBalanceDue,
	isListingDue,
	isFinished,
} from '../../../nodes/ContentStats/polling/schedule';
import { NEW_VIDEO } from '../../../nodes/ContentStats/polling/reconcile';
import type { WatchedVideo } from '../../../nodes/ContentStats/polling/state';
import { at, video, watched } from '../support/fakeClient';

const MINUTE = 1 / 60;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const minutes = (count: number) => count * MINUTE_MS;
const hoursOf = (instant: number) => (instant - at(0)) / HOUR_MS;

/** Returns when a video is due, in hours after the epoch. */
const due = (watchedVideo: WatchedVideo, isListed = true) => hoursOf(dueAt(watchedVideo, isListed));

describe('a video is due', () => {
	const hourly = (fields: Partial<WatchedVideo> = {}) => watched([1, 2, 3, 4], fields);

	test.each<[string, WatchedVideo, number]>([
		['at once if it was never fetched', NEW_VIDEO, hoursOf(0)],
		['at once if it is marked as due', hourly({ isDue: true }), hoursOf(0)],
		['when its next snapshot is expected', hourly({ lastFetchedAt: at(4.1) }), 5],
		[
			'when its next snapshot is expected, plus its lateness',
			hourly({ lastFetchedAt: at(4.1), latenessMs: minutes(6) }),
			5.1,
		],
		[
			'earlier if the clock of n8n is behind',
			hourly({ lastFetchedAt: at(2.1), latenessMs: -2 * HOUR_MS }),
			3,
		],
		['by the median of its gaps', watched([0, 1, 6, 7], { lastFetchedAt: at(7.1) }), 8],
		[
			'by the lower of four gaps in the middle',
			watched([0, 1, 3, 4, 7], { lastFetchedAt: at(7.1) }),
			8,
		],
		[
			'by the one of two gaps that is nearer to an hour',
			watched([0, 1, 23], { lastFetchedAt: at(23.1) }),
			24,
		],
		[
			'by the newer one of two, after a short one',
			watched([0.5, 1, 2], { lastFetchedAt: at(2.1) }),
			3,
		],
		[
			'after one cadence, even if its newest snapshot is ahead of its fetch',
			watched([0, 1, 2, 23], { lastFetchedAt: at(20), latenessMs: 19 * HOUR_MS }),
			21,
		],
		['by the cadence of its snapshots', watched([0, 0.25, 0.5], { lastFetchedAt: at(0.5) }), 0.75],
	])('%s', (_, watchedVideo, hours) => {
		expect(due(watchedVideo)).toBeCloseTo(hours, 6);
	});

	test.each<[string, WatchedVideo, number]>([
		['of one snapshot, after the documented hour', watched([4], { lastFetchedAt: at(4.1) }), 5],
		[
			'of one old snapshot, at the next full hour since',
			watched([4], { lastFetchedAt: at(9.5) }),
			10,
		],
		['of one short gap, after that gap', watched([4, 4.1], { lastFetchedAt: at(4.15) }), 4.2],
		[
			'of one short gap that did not repeat, after the documented hour',
			watched([4, 4.1], { lastFetchedAt: at(4.2) }),
			5.1,
		],
		[
			'of one gap of half an hour or more, after the documented hour',
			watched([4, 4.5], { lastFetchedAt: at(4.6) }),
			5.5,
		],
	])('by what it knows %s', (_, watchedVideo, hours) => {
		expect(due(watchedVideo)).toBeCloseTo(hours, 6);
	});

	describe('again if its snapshot did not show yet', () => {
		test.each([
			['at the next poll', 0, 0],
			['after half the time it is overdue', 10, 15],
			['after a longer wait if it is longer overdue', 30, 45],
			['with the next snapshot at the latest', 50, 60],
			['at the next poll, also if another one is missing', 60, 60],
			['after half the time that the second one is overdue', 90, 105],
			['with the next snapshot, once three are missing', 60 * 2, 60 * 3],
			['with the next snapshot, however many are missing', 60 * 5 + 1, 60 * 6],
		])('%s: fetched after %p minutes, due after %p', (_, fetchedAfter, expected) => {
			const hours = due(hourly({ lastFetchedAt: at(5 + fetchedAfter * MINUTE) }));
			expect((hours - 5) * 60).toBeCloseTo(expected, 6);
		});
	});

	it('after its retry delay if it has no snapshot yet', () => {
		expect(due(watched([], { lastFetchedAt: at(2), retryDelayMs: minutes(9) }))).toBeCloseTo(
			2.15,
			6,
		);
	});

	test.each([
		['paused', true, 6],
		['paused', false, 1],
		['error', true, 6],
		['error', false, 1],
	])('while it is %s (shown by the list: %p) after %p hours', (status, isListed, hours) => {
		expect(due(hourly({ status, lastFetchedAt: at(20) }), isListed)).toBe(20 + hours);
	});

	test.each([
		['when the end was noticed', 10, 11],
		['just under an hour after the end', 10.9, 11],
		['an hour after the end', 11, 34],
		['just under a day after the end', 33.9, 34],
	])('an hour and a day after it ended: last fetched %s', (_, checked, expected) => {
		const watchedVideo = hourly({
			status: 'completed',
			endedAt: at(10),
			lastFetchedAt: at(checked),
		});
		expect(due(watchedVideo)).toBe(expected);
		expect(isFinished(watchedVideo, at(40))).toBe(false);
	});

	it('no more once it was fetched a day after it ended', () => {
		expect(isFinished(hourly({ endedAt: at(10), lastFetchedAt: at(34) }), at(40))).toBe(true);
		expect(isFinished(hourly({ endedAt: at(10), lastFetchedAt: at(34) - 1 }), at(40))).toBe(false);
		expect(isFinished(hourly({ lastFetchedAt: at(1000) }), at(40))).toBe(false);
		expect(
			isFinished(hourly({ endedAt: at(10), lastFetchedAt: at(34), isDue: true }), at(40)),
		).toBe(false);
	});

	it('only once more if it is superseded, but is kept for a day', () => {
		const superseded = hourly({ isSuperseded: true, isDue: true });
		expect([dueAt(superseded, true), isFinished(superseded, at(40))]).toEqual([0, false]);
		const fetched = hourly({ isSuperseded: true, lastFetchedAt: at(10) });
		expect(dueAt(fetched, true)).toBe(Infinity);
		expect(isFinished(fetched, at(34) - 1)).toBe(false);
		expect(isFinished(fetched, at(34))).toBe(true);
	});

	test.each([
		['for the first time: at the next poll', 10, 10],
		['for ten minutes: after five minutes', 10 + 10 * MINUTE, 10 + 15 * MINUTE],
		['for an hour: after half an hour', 11, 11.5],
		['for two hours: after an hour', 12, 13],
		['for a day: after an hour at most', 34, 35],
	])('again if it has been failing %s', (_, triedAt, expected) => {
		const failing = { since: at(10), lastTriedAt: at(triedAt) };
		for (const fields of [{}, { isDue: true as const }, { status: 'paused' }, { endedAt: at(9) }])
			expect(due(hourly({ ...fields, failing }))).toBeCloseTo(expected, 6);
	});
});

describe('dueIds', () => {
	const idsAt = (hour: number, videos: Record<string, WatchedVideo>) =>
		dueIds(videos, at(hour), () => true);

	it('returns the due videos, least recently tried first', () => {
		const videos = {
			waits: watched([1, 2, 3], { lastFetchedAt: at(3) }),
			later: watched([0, 1, 2], { lastFetchedAt: at(2.9) }),
			failing: watched([0, 1, 2], {
				lastFetchedAt: at(1),
				failing: { since: at(3), lastTriedAt: at(3) },
			}),
			never: NEW_VIDEO,
			first: watched([0, 1, 2], { lastFetchedAt: at(2.1) }),
		};
		expect(idsAt(3, videos)).toEqual(['never', 'first', 'later', 'failing']);
		expect(idsAt(4, videos).at(-1)).toBe('failing');
		expect(idsAt(4, videos)).toContain('waits');
	});

	it('returns a paused video sooner if the list does not show its changes', () => {
		const paused = watched([1, 2, 3], { status: 'paused', lastFetchedAt: at(3) });
		const videos = { listed: paused, named: paused };
		expect(dueIds(videos, at(4), (id) => id === 'listed')).toEqual(['named']);
	});

	test.each([
		['fetched', watched([1, 2, 3], { lastFetchedAt: at(6) })],
		[
			'tried',
			watched([1, 2, 3], { lastFetchedAt: at(3), failing: { since: at(6), lastTriedAt: at(6) } }),
		],
		['fetched while paused', watched([1], { status: 'paused', lastFetchedAt: at(6) })],
	])('returns a video that was %s in the future, since the clock moved back', (_, watchedVideo) => {
		expect(idsAt(4, { a: watchedVideo })).toEqual(['a']);
	});
});

describe('scheduleAfterFetch', () => {
	const fetched = (
		before: WatchedVideo,
		fresh: number[],
		hour: number,
		fields: Partial<Video> = {},
	) => scheduleAfterFetch(before, fresh.map(at), video('a', fields), at(hour));

	it('records when the video was fetched', () => {
		expect(fetched(watched([1, 2, 3]), [], 4)).toEqual({ lastFetchedAt: at(4), latenessMs: 0 });
	});

	it('retries a video without snapshots after 1, 3, 9, 27 and then every 30 minutes', () => {
		const delays: number[] = [];
		let before = watched([], { lastFetchedAt: 0 });
		for (let n = 0; n < 7; n += 1) {
			before = { ...before, ...fetched(before, [], n) };
			delays.push(before.retryDelayMs! / MINUTE_MS);
		}
		expect(delays).toEqual([1, 3, 9, 27, 30, 30, 30]);
	});

	test.each<[string, WatchedVideo, number[], number | undefined]>([
		['it has none', watched([], { retryDelayMs: minutes(3) }), [], 9],
		['its first snapshot arrived', watched([], { retryDelayMs: minutes(30) }), [3], undefined],
		['no other snapshot arrived', watched([3]), [], undefined],
	])('sets a retry delay only until its first snapshot: %s', (_, before, fresh, delay) => {
		const expected = delay === undefined ? undefined : minutes(delay);
		expect(fetched(before, fresh, 3.5).retryDelayMs).toBe(expected);
	});

	describe('lateness', () => {
		/** Returns the lateness in minutes after a fetch. The next snapshot is the one of hour 4. */
		const lateness = (
			{ late, checked, fetchedAt }: { late: number; checked: number; fetchedAt: number },
			fresh = [4],
		) => {
			const before = watched([1, 2, 3], {
				latenessMs: minutes(late),
				lastFetchedAt: at(4) + minutes(checked),
			});
			return fetched(before, fresh, 4 + fetchedAt * MINUTE).latenessMs / MINUTE_MS;
		};

		it('does not change after a pause or a failed snapshot', () => {
			expect(lateness({ late: 2, checked: 2, fetchedAt: 92 }, [5.5])).toBe(2);
			expect(lateness({ late: 2, checked: 2, fetchedAt: 30 }, [4.4])).toBeGreaterThan(2);
		});

		test.each([
			['by a quarter of the difference', { late: 0, checked: 0, fetchedAt: 20 }, 5],
			['by at least a minute', { late: 0, checked: 0, fetchedAt: 2 }, 1],
			['from its previous value', { late: 10, checked: 10, fetchedAt: 30 }, 15],
			['to at most the observed lateness', { late: 4.5, checked: 4.5, fetchedAt: 5 }, 5],
			[
				'from the lateness of a clock that was behind',
				{ late: -120, checked: -120, fetchedAt: 0 },
				-90,
			],
		])('grows after a fetch that was too early: %s', (_, given, expected) => {
			expect(lateness(given)).toBeCloseTo(expected, 6);
		});

		test.each([
			['by half a minute', { late: 10, checked: 5, fetchedAt: 12 }, 9.5],
			['not below zero', { late: 0.2, checked: -30, fetchedAt: 5 }, 0],
			['to the observed lateness', { late: 10, checked: 5, fetchedAt: 3 }, 3],
			[
				'to the observed lateness below zero if the clock of n8n is behind',
				{ late: 0, checked: -150, fetchedAt: -110 },
				-110,
			],
			[
				'no further while the clock stays behind',
				{ late: -110, checked: -150, fetchedAt: -105 },
				-110,
			],
		])('shrinks if the first fetch found the snapshot: %s', (_, given, expected) => {
			expect(lateness(given)).toBeCloseTo(expected, 6);
		});

		test.each<[string, number[], number, number]>([
			['no snapshot arrived', [], 30, 10],
			['several snapshots arrived', [4, 5], 70, 10],
			['several snapshots arrived, sooner than expected', [4, 5], 64, 4],
			['a late snapshot arrived', [2.5], 5, 10],
		])('is not learned, only bounded, if %s', (_, fresh, fetchedAt, expected) => {
			expect(lateness({ late: 10, checked: 10, fetchedAt }, fresh)).toBeCloseTo(expected, 6);
		});

		it('is in whole milliseconds, as the state requires', () => {
			const before = watched([0, 1, 1.777_777_7], { lastFetchedAt: at(3.1), latenessMs: 1 });
			const { latenessMs } = fetched(before, [3], 3.333_333_3);
			expect(Number.isInteger(latenessMs)).toBe(true);
		});

		it('is learned so well that at least half of the fetches of a steady video find a snapshot', () => {
			const everyMs = minutes(5);
			const lateMs = minutes(17);
			let before = watched([0, 1, 2], { lastFetchedAt: at(2) + lateMs });
			let fetches = 0;
			let found = 0;
			for (let now = before.lastFetchedAt; now < at(50); now += everyMs) {
				if (dueAt(before, true) > now) continue;
				const next = before.newest! + HOUR_MS;
				const fresh = next + lateMs <= now ? [next] : [];
				const after = scheduleAfterFetch(before, fresh, video('a'), now);
				before = {
					...before,
					...(fresh.length > 0 && watched([hoursOf(next) - 2, hoursOf(next) - 1, hoursOf(next)])),
					...after,
				};
				if (now < at(20)) continue;
				fetches += 1;
				found += fresh.length;
			}
			expect(found).toBeGreaterThanOrEqual(29);
			expect(fetches).toBeLessThanOrEqual(2 * found);
		});
	});

	describe('endedAt', () => {
		const endedAfter = (
			status: string | null,
			before: WatchedVideo,
			hour = 5,
			fields: Partial<Video> = {},
		) => {
			const { endedAt } = fetched(before, [], hour, { status, ...fields });
			return endedAt === undefined ? undefined : hoursOf(endedAt);
		};

		test.each<[string, Partial<WatchedVideo>, number | undefined]>([
			['monitoring', {}, undefined],
			['paused', {}, undefined],
			['error', {}, undefined],
			['completed', {}, 5],
			['cancelled', {}, 5],
			['completed', { endedAt: at(4), status: 'completed' }, 4],
			['completed', { endedAt: at(4), isDeleted: true }, 5],
			['monitoring', { endedAt: at(4) }, undefined],
			['monitoring', { endedAt: at(4), isDeleted: true }, undefined],
			['error', { endedAt: at(4) }, undefined],
		])('for the status %s and the previous state %j is hour %p', (status, fields, ended) => {
			expect(endedAfter(status, watched([1, 2, 3], fields))).toBe(ended);
		});

		const DAYS_7 = 7 * 24;
		const DAYS_30 = 30 * 24;
		const unknownStart = { created_at: null, monitoring_started: null };
		test.each<[string, number[], Partial<Video>, number]>([
			['the end of its duration', [3], {}, DAYS_7 + 24],
			['the end of the longest duration', [3], { monitoring_duration_days: null }, DAYS_30 + 24],
			['its last snapshot', [DAYS_7 + 5], {}, DAYS_7 + 5 + 24],
			['the longest duration since its last snapshot', [3], unknownStart, 3 + DAYS_30 + 24],
		])('is set for a video that is not active a day after %s', (_, hours, fields, end) => {
			for (const status of ['error', 'queued', null]) {
				expect(endedAfter(status, watched(hours), end, fields)).toBeUndefined();
				expect(endedAfter(status, watched(hours), end + 0.1, fields)).toBe(end + 0.1);
			}
			expect(endedAfter('monitoring', watched(hours), end + 0.1, fields)).toBeUndefined();
			expect(endedAfter('paused', watched(hours), end + 0.1, fields)).toBeUndefined();
		});
	});
});

describe('scheduleAfterMissing', () => {
	test.each<[string, Partial<WatchedVideo>, number]>([
		['running', {}, 5],
		['failing', { failing: { since: at(1), lastTriedAt: at(4) } }, 5],
		['already ended', { endedAt: at(4) }, 5],
		['already missing', { endedAt: at(4), isDeleted: true }, 4],
	])('watches a video for one more day: %s', (_, fields, ended) => {
		const { failing: __, ...rest } = watched([1, 2], fields);
		expect(scheduleAfterMissing(watched([1, 2], fields), at(5))).toEqual({
			...rest,
			lastFetchedAt: at(5),
			isDeleted: true,
			endedAt: at(ended),
		});
	});
});

describe('the list is due', () => {
	test.each([
		[1, 7.5],
		[2, 15],
		[5, 37.5],
		[8, 60],
		[24, 60],
	])('if the last one took %p requests, after %p minutes', (requests, wait) => {
		const lastListing = { listedAt: at(1), requests, newestCreatedAt: 0 };
		expect(isListingDue({ lastListing }, at(1) + minutes(wait) - 1)).toBe(false);
		expect(isListingDue({ lastListing }, at(1) + minutes(wait))).toBe(true);
	});

	test.each([
		['does not exist', undefined],
		['is in the future', { listedAt: at(2), requests: 1, newestCreatedAt: 0 }],
		['is long ago', { listedAt: 0, requests: 8, newestCreatedAt: 0 }],
	])('at once if the last one %s', (_, lastListing) => {
		expect(isListingDue({ lastListing }, at(1))).toBe(true);
	});
});

test.each<[string, number | undefined, boolean]>([
	['never', undefined, true],
	['14 minutes ago', at(1) - minutes(14), false],
	['15 minutes ago', at(1) - minutes(15), true],
	['in the future', at(2), true],
])('the balance is due 15 minutes after its last check: %s (%p) → %p', (_, checkedAt, isDue) => {
	const balance = checkedAt === undefined ? undefined : { checkedAt, lowSince: null };
	expect(isBalanceDue({ balance }, at(1))).toBe(isDue);
});

test('the balance is due at the first poll', () => {
	expect(isBalanceDue(null, at(1))).toBe(true);
});
