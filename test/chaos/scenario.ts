import fc from 'fast-check';

/** A video that can be tracked, and the spellings of its link that users paste, all with `id`. */
export interface Candidate {
	id: string;
	spellings: string[];
}

const FORMS: Array<(id: string) => string[]> = [
	(id) => [
		`https://www.tiktok.com/@a/video/${id}`,
		`https://m.tiktok.com/v/${id}.html`,
		`tiktok.com/@b/video/${id}?x=1`,
	],
	(id) => [
		`https://www.youtube.com/watch?v=${id}`,
		`https://youtu.be/${id}?t=1`,
		`https://m.youtube.com/shorts/${id}`,
	],
	(id) => [`https://www.instagram.com/p/${id}/`, `https://www.instagram.com/reel/${id}/?a=b`],
	(id) => [`https://twitter.com/a/status/${id}`, `https://x.com/b/status/${id}?s=20`],
	(id) => [`https://vm.tiktok.com/${id}/`, `vm.tiktok.com/${id}`],
];

export const CANDIDATES: Candidate[] = Array.from({ length: 4 * FORMS.length }, (_, index) => {
	const id = String(10_000_000_000 + index);
	return { id, spellings: FORMS[index % FORMS.length]!(id) };
});

/** How a request ends; "before" and "after" refer to the moment at which it takes effect. */
export type Fate =
	| 'answered'
	| 'dropped before'
	| 'dropped after'
	| 'late'
	| '5xx before'
	| '5xx after'
	| 'garbled'
	| '429'
	| '429 without headers'
	| 'refused'
	| 'short page'
	| 'short page, untold'
	| 'repeated entry'
	| 'filters ignored';

const fate = (weights: Array<[number, Fate]>): fc.Arbitrary<Fate> =>
	fc.oneof(...weights.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));

const postFate = fate([
	[45, 'answered'],
	[15, 'dropped before'],
	[15, 'dropped after'],
	[5, 'late'],
	[5, '5xx before'],
	[5, '5xx after'],
	[3, 'garbled'],
	[3, '429'],
	[2, '429 without headers'],
	[2, 'refused'],
]);

const getFate = fate([
	[69, 'answered'],
	[4, 'short page'],
	[4, 'short page, untold'],
	[4, 'repeated entry'],
	[4, 'filters ignored'],
	[5, 'dropped after'],
	[5, '5xx before'],
	[2, 'garbled'],
	[3, '429'],
]);

const candidate = fc.nat(CANDIDATES.length - 1);

const line = fc.record({
	/** Index of a candidate; null for a link that is refused. */
	candidate: fc.option(candidate, { freq: 20 }),
	spelling: fc.nat(2),
});
export type Line = { candidate: number | null; spelling: number };

/** Statuses with which a tracking runs, two of them of a new name. */
const runningStatus = fc.constantFrom('monitoring', 'paused', 'error', 'queued', 'processing');

const batch = fc.array(line, { minLength: 1, maxLength: 10 });

/** Batches that users track, and how the network and the API treat the requests. */
export const scenarios = fc.record({
	seed: fc.nat(),
	batch,
	/** A second batch that runs at the same time. */
	beside: fc.option(batch, { freq: 3 }),
	/** Trackings that another program has started. */
	running: fc.uniqueArray(fc.record({ candidate, status: runningStatus }), {
		maxLength: 5,
		selector: (tracking) => tracking.candidate,
	}),
	/** Statuses that trackings change to after the first run. */
	changes: fc.array(fc.record({ candidate, status: runningStatus }), { maxLength: 5 }),
	/** How far behind GETs are answered, for the whole scenario, and whether each by its own part of it. */
	lag: fc.option(fc.record({ ms: fc.integer({ min: 100, max: 3_000 }), flips: fc.boolean() }), {
		freq: 1,
	}),
	/** By how much the price of a tracking is above that of usage in the first run. */
	priceFactor: fc.constantFrom(1, 1, 1, 1, 2, 10),
	/** Max Total Cost of the first run, in USD. */
	cap: fc.option(fc.integer({ min: 1, max: 8 }), { freq: 3, nil: undefined }),
	days: fc.integer({ min: 1, max: 2 }),
	requestsPerMinute: fc.constantFrom(20, 60, 100_000),
	continueOnFail: fc.boolean(),
	/** Number of POSTs in the first run after which the user presses Stop. */
	stopAfter: fc.option(fc.integer({ min: 1, max: 6 }), { freq: 10 }),
	/** Fates of the first POSTs and GETs; later ones are answered. */
	posts: fc.array(postFate, { minLength: 24, maxLength: 24 }),
	gets: fc.array(getFate, { minLength: 24, maxLength: 24 }),
	/** Milliseconds until a "late" request takes effect; its client may have given up by then. */
	lateMs: fc.integer({ min: 1_000, max: 9 * 60_000 }),
	/** Seconds between two runs, used in turn. */
	pauses: fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 12, maxLength: 12 }),
});
export type Scenario = typeof scenarios extends fc.Arbitrary<infer T> ? T : never;

/** Returns the link in a line of a batch. */
export function linkOf({ candidate, spelling }: Line): string {
	if (candidate === null) return `https://www.tiktok.com/@profile${spelling}`;
	const { spellings } = CANDIDATES[candidate]!;
	return spellings[spelling % spellings.length]!;
}
