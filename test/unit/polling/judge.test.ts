import fc from 'fast-check';

import { readVideo } from '../../../nodes/ContentStats/api/schemas';
import { countsOf } from '../../../nodes/ContentStats/model/counts';
import { datedSnapshots } from '../../../nodes/ContentStats/model/history';
import { diffVideo } from '../../../nodes/ContentStats/polling/diff';
import { emit } from '../../../nodes/ContentStats/polling/emit';
import type { EventItem, EventName } from '../../../nodes/ContentStats/polling/events';
import type { PollSettings } from '../../../nodes/ContentStats/polling/parameters';
import { NEW_VIDEO, UNSEEDED_VIDEO } from '../../../nodes/ContentStats/polling/reconcile';
import { findSlowdown } from '../../../nodes/ContentStats/polling/slowdowns';
import type { WatchedVideo } from '../../../nodes/ContentStats/polling/state';
import { at, iso, settingsOf, video } from '../support/fakeClient';

/** A snapshot, and the hour from which replies show it. */
interface Taken {
	hour: number;
	shownAt: number;
	views: number | null;
}

const JUDGED: EventName[] = ['growth.spiked', 'growth.slowed', 'age.reached'];
const SETTINGS = settingsOf({
	events: ['snapshot.created', ...JUDGED],
	spikeMinimum: 100,
	slowedHours: 6,
	slowedPercent: 20,
	ages: [6, 24, 30, 48],
});
/** Posted two hours before hour 0. */
const LINK = `https://www.tiktok.com/@user/video/${BigInt(at(-2) / 1000) << 32n}`;

const videoAt = (history: Taken[], now: number) =>
	readVideo(
		video('a', {
			video_link: LINK,
			snapshots: history
				.filter(({ shownAt }) => shownAt <= now)
				.map(({ hour, views }) => ({ snapshot_time: iso(hour), views: views && String(views) })),
		}),
		'it',
		at(now),
	);

/** Polls at these hours until nothing is left, and returns all items. */
function poll(
	history: Taken[],
	polls: number[],
	settings: Partial<PollSettings> = {},
	first: WatchedVideo = NEW_VIDEO,
) {
	const all: EventItem[] = [];
	const chosen = { ...SETTINGS, ...settings };
	let state = first;
	for (const now of polls) {
		for (let hasMore = true; hasMore;) {
			const diff = diffVideo(state, videoAt(history, now), at(now), [], chosen);
			const emission = emit([diff], () => state, chosen.maxItemsPerPoll);
			all.push(...emission.snapshotItems);
			state = JSON.parse(JSON.stringify(emission.videos.a)) as WatchedVideo;
			hasMore = emission.backlog.size > 0;
		}
	}
	return { all, state, of: (event: EventName) => all.filter((item) => item.event === event) };
}

const growths = fc.constantFrom(0, 0, 1, 10, 50, 100, 120, 400, 2000, -30);
const history = (lateness: fc.Arbitrary<number>): fc.Arbitrary<Taken[]> =>
	fc
		.array(fc.tuple(fc.constantFrom(1, 1, 1, 1, 1, 2, 0.4, 7), growths, lateness, fc.nat(15)), {
			minLength: 20,
			maxLength: 70,
		})
		.map((steps) => {
			let [hour, views] = [0, 1000];
			return steps.map(([gap, growth, late, odd]) => {
				hour += gap;
				views = Math.max(0, views + growth);
				return { hour, shownAt: hour + late, views: odd === 0 ? null : views };
			});
		});
const pollTimes = fc
	.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 })
	.map((gaps) => {
		let now = 0;
		return [...gaps.map((gap) => (now += gap)), 600];
	});
const hourly = [...Array(600).keys(), 600];

describe('however polls fall, without late snapshots', () => {
	test('spikes and ages are the same, item by item', () => {
		let count = 0;
		fc.assert(
			fc.property(
				history(fc.constant(0)),
				pollTimes,
				fc.constantFrom(1, 3, 1000),
				(taken, polls, maxItemsPerPoll) => {
					const expected = poll(taken, hourly);
					const found = poll(taken, polls, { maxItemsPerPoll });
					for (const event of ['growth.spiked', 'age.reached'] as const) {
						count += expected.of(event).length;
						expect(found.of(event)).toEqual(expected.of(event));
					}
				},
			),
			{ seed: 1, numRuns: 300 },
		);
		// The histories have something to find.
		expect(count).toBeGreaterThan(300);
	});

	test('growth slows once, at the first newest snapshot of a reply at which it has', () => {
		let count = 0;
		fc.assert(
			fc.property(history(fc.constant(0)), pollTimes, (taken, polls) => {
				const found = poll(taken, polls);
				let isSlow: boolean | undefined;
				let first: number | undefined;
				polls.forEach((now, place) => {
					const { dated } = datedSnapshots(videoAt(taken, now));
					const counts = countsOf(dated, 'views');
					const newest = counts.at(-1)?.instant ?? -Infinity;
					const hours =
						dated.length > 0 ? (dated.at(-1)!.instant - dated[0]!.instant) / 3_600_000 : 0;
					const slowdown = findSlowdown(counts, SETTINGS);
					if (isSlow === undefined) {
						// As long as it can't be known, the next reply is the first one.
						const isUnknown = slowdown === undefined && hours >= 2 * SETTINGS.slowedHours;
						isSlow = isUnknown ? undefined : Boolean(slowdown);
					} else if (slowdown && !isSlow && newest > at(polls[place - 1]!)) {
						isSlow = true;
						first = newest;
					}
				});
				count += first === undefined ? 0 : 1;
				expect(found.of('growth.slowed').map(({ snapshot_time }) => snapshot_time)).toEqual(
					first === undefined ? [] : [new Date(first).toISOString()],
				);
			}),
			{ seed: 1, numRuns: 300 },
		);
		expect(count).toBeGreaterThan(50);
	});
});

test('with late snapshots, and after a change of what is chosen, each key comes at most once', () => {
	const lateness = fc.constantFrom(0, 0, 0, 1, 3, 20);
	fc.assert(
		fc.property(history(lateness), pollTimes, fc.boolean(), (taken, polls, isSeeded) => {
			const { all } = poll(taken, polls, {}, isSeeded ? UNSEEDED_VIDEO : NEW_VIDEO);
			const keys = all.map(({ event_key }) => event_key);
			expect(keys).toEqual([...new Set(keys)]);
			const spikes = all.filter(({ event }) => event === 'growth.spiked');
			for (const [place, spike] of spikes.entries()) {
				const before = spikes[place - 1];
				const gap =
					Date.parse(String(spike.snapshot_time)) - Date.parse(String(before?.snapshot_time));
				if (before) expect(gap).toBeGreaterThanOrEqual(24 * 3_600_000);
			}
		}),
		{ seed: 1, numRuns: 300 },
	);
});

describe('a video that was there before', () => {
	const isIn = ({ hour }: Taken, from: number, to: number) => hour >= from && hour < to;
	const flat = [...Array(40).keys()].map((hour): Taken => {
		const views = hour < 12 ? hour * 1000 : 12_000;
		return { hour, shownAt: hour, views };
	});

	test.each(['new', 'latest', 'beginning'] as const)(
		'with Start From %s has slowed silently',
		(startFrom) => {
			const { of, state } = poll(flat, [35, 36, 40], { startFrom }, UNSEEDED_VIDEO);
			expect(of('growth.slowed')).toEqual([]);
			expect(state.isSlow).toBe(true);
		},
	);

	test('slows loudly if it slows later', () => {
		const { of, state } = poll(flat, [15, 16, 17, 30, 40], {}, UNSEEDED_VIDEO);
		expect(of('growth.slowed').map(({ event_key }) => event_key)).toEqual(['a:slowed']);
		expect(state.slowed).toBe(true);
		expect(state).not.toHaveProperty('isSlow');
	});

	test('is judged silently again if the event was not chosen in between', () => {
		const without = poll(flat, [15], { events: ['snapshot.created'] }, UNSEEDED_VIDEO);
		expect(without.state).not.toHaveProperty('isSlow');
		const again = poll(flat, [36, 40], {}, without.state);
		expect(again.of('growth.slowed')).toEqual([]);
	});

	test.each<['new' | 'latest' | 'beginning', number[]]>([
		['new', []],
		['latest', [30]],
		['beginning', [6, 24, 30]],
	])('with Start From %s has the ages %p', (startFrom, ages) => {
		const { of } = poll(flat, [28, 28.5], { startFrom }, UNSEEDED_VIDEO);
		expect(of('age.reached').map(({ age_hours }) => age_hours)).toEqual(ages);
	});

	test.each(['paused', 'completed', 'error'])('does not slow while it is %s', (status) => {
		const state = { ...NEW_VIDEO, isSlow: false };
		const found = { ...videoAt(flat, 36), status };
		const { snapshots } = diffVideo(state, found, at(36), [], SETTINGS);
		const items = snapshots.flatMap(({ items: all }) => all);
		expect(items.filter(({ event }) => event === 'growth.slowed')).toEqual([]);
	});

	test('keeps at most 40 bytes more', () => {
		for (const judged of [{ isSlow: false }, { isSlow: true }, { slowed: true as const }]) {
			const state: WatchedVideo = { ...NEW_VIDEO, spikedAt: at(1), ...judged };
			const more = JSON.stringify(state).length - JSON.stringify(NEW_VIDEO).length;
			expect(more).toBeLessThanOrEqual(40);
		}
	});

	test('forgets a spike a day later', () => {
		const taken = [...flat.slice(0, 20)].map((one) =>
			one.hour === 8 ? { ...one, views: 20_000 } : one,
		);
		const spiking = taken.map((one) => (one.hour > 8 ? { ...one, views: 20_001 } : one));
		expect(poll(spiking, [9, 12]).state.spikedAt).toBe(at(8));
		const longer = [...spiking, { hour: 33, shownAt: 33, views: 20_002 }];
		expect(poll(longer, [9, 12, 33]).state).not.toHaveProperty('spikedAt');
	});

	test('says what is saved, and null if its days are unknown', () => {
		const state = { ...NEW_VIDEO, isSlow: false };
		for (const [days_remaining, snapshots, usd] of [
			[2.5, 60, 0.9],
			[null, null, null],
		]) {
			const found = { ...videoAt(flat, 36), days_remaining };
			const [item] = diffVideo(state, found, at(36), [], SETTINGS).snapshots.flatMap(({ items }) =>
				items.filter(({ event }) => event === 'growth.slowed'),
			);
			expect(item).toMatchObject({
				metric: 'views',
				growth_in_window: 0,
				best_in_window: 6000,
				percent_of_best: 0,
				snapshots_remaining: snapshots,
				estimated_savings_usd: usd,
			});
		}
	});

	test('reaches no age with snapshots that are ahead of their reply', () => {
		const hours = [22.5, 23, 27, 29];
		const snapshots = hours.map((hour) => ({ snapshot_time: iso(hour), views: '5' }));
		const judgedAt = (hour: number) => {
			const found = readVideo(video('a', { video_link: LINK, snapshots }), 'it', at(hour));
			const diff = diffVideo(NEW_VIDEO, found, at(hour), [], SETTINGS);
			return diff.snapshots.flatMap(({ judged }) => judged.map(({ age_hours }) => age_hours));
		};
		expect(judgedAt(23)).toEqual([]);
		expect(judgedAt(29)).toEqual([30]);
	});

	test.each<[string, (taken: Taken) => Taken | null]>([
		['lacks six hours', (taken) => (isIn(taken, 28, 35) ? null : taken)],
		['has no counts', (taken) => (isIn(taken, 29, 35) ? { ...taken, views: null } : taken)],
	])('is not taken for one that grows if its last window %s', (_, change) => {
		const gappy = flat.map(change).filter((one) => one !== null);
		const later = [...Array(12).keys()].map((n) => ({
			hour: 40 + n,
			shownAt: 40 + n,
			views: 12_000,
		}));
		const first = poll(gappy, [36], {}, UNSEEDED_VIDEO);
		expect(first.state).not.toHaveProperty('isSlow');
		const { of, state } = poll([...gappy, ...later], [40, 44, 48, 51], {}, first.state);
		expect(of('growth.slowed')).toEqual([]);
		expect(state.isSlow).toBe(true);
	});

	test('slows only while the API says that it is monitored', () => {
		const state = { ...NEW_VIDEO, isSlow: false };
		const found = { ...videoAt(flat, 36), status: 'archived' };
		const items = diffVideo(state, found, at(36), [], SETTINGS).snapshots.flatMap(
			({ judged }) => judged,
		);
		expect(items.filter(({ event }) => event === 'growth.slowed')).toEqual([]);
	});

	test('is judged by its likes on Instagram', () => {
		const snapshots = [...Array(8).keys()].map((hour) => ({
			snapshot_time: iso(hour),
			views: null,
			likes: String(hour < 7 ? hour * 10 : 5000),
		}));
		const found = readVideo(video('a', { platform: 'instagram', snapshots }), 'it', at(8));
		const items = diffVideo(NEW_VIDEO, found, at(8), [], SETTINGS).snapshots.flatMap(
			({ judged }) => judged,
		);
		expect(items).toMatchObject([
			{ event: 'growth.spiked', metric: 'likes', growth_per_hour: 4940 },
		]);
	});
});
