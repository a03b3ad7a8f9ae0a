import type { Platform } from './links';

export const METRICS = ['views', 'likes', 'comments', 'shares', 'saves'] as const;
type Metric = (typeof METRICS)[number];

/** A count per metric; null where the platform has no such metric. */
export type Metrics = Record<Metric, number | null>;

/**
 * How videos grow. `rush`: fast at first, then a long tail. `takeoff`: a small rush, and a larger one days later.
 * `steady`: evenly. `brief`: a rush of hours, then hardly at all. `recounted`: a rush of which the platform takes
 * a part back.
 */
export const SHAPES = ['rush', 'takeoff', 'steady', 'brief', 'recounted'] as const;
export type Shape = (typeof SHAPES)[number];

/** The growth of one video. */
export interface Curve {
	platform: Platform;
	shape: Shape;
	/** Approximate number of views after 30 days. */
	reach: number;
	/** Hours in which the initial rush fades to about a third. */
	fadeHours: number;
	/** Strength of the day and night rhythm: 0 (none) to below 1. */
	ripple: number;
	/** Offset of day and night, in hours. */
	phaseHours: number;
	/** Age at which it takes off again, or is recounted, in hours. */
	turnHours: number;
	/** What it gains then, or loses, as a share of its views so far. */
	turnShare: number;
	/** Share of the viewers who like, comment, share and save. */
	ratios: Record<Exclude<Metric, 'views'>, number>;
}

type Range = readonly [low: number, high: number];

interface Scale {
	reach: Range;
	fadeHours: Range;
	ratios: Partial<Record<Metric, Range>>;
	countsViews: boolean;
}

const SCALES: Record<Platform, Scale> = {
	tiktok: {
		reach: [50_000, 8_000_000],
		fadeHours: [18, 40],
		ratios: {
			likes: [0.06, 0.14],
			comments: [0.002, 0.008],
			shares: [0.005, 0.02],
			saves: [0.006, 0.02],
		},
		countsViews: true,
	},
	youtube: {
		reach: [20_000, 3_000_000],
		fadeHours: [40, 90],
		ratios: { likes: [0.02, 0.06], comments: [0.001, 0.006] },
		countsViews: true,
	},
	instagram: {
		reach: [20_000, 2_000_000],
		fadeHours: [14, 30],
		ratios: { likes: [0.03, 0.09], comments: [0.001, 0.004], saves: [0.002, 0.01] },
		countsViews: false,
	},
	twitter: {
		reach: [10_000, 1_500_000],
		fadeHours: [6, 14],
		ratios: { likes: [0.01, 0.03], comments: [0.0008, 0.003], shares: [0.002, 0.008] },
		countsViews: true,
	},
};

/** Hours after a view: people like at once, and comment, share and save a little later. */
const LAG_HOURS = { views: 0, likes: 0.1, comments: 0.4, shares: 0.6, saves: 0.3 };

const DAY_ANGLE = (2 * Math.PI) / 24;
const MONTH_HOURS = 720;
const TAIL_SHARE = 0.18;
const BRIEFNESS = 6;
const TURN_HOURS: Range = [72, 480];
/** A take-off brings several times what came before, a recount takes a few percent. */
const TURN_SHARES: Partial<Record<Shape, Range>> = { takeoff: [3, 20], recounted: [0.02, 0.1] };

/** Draws a curve with the scale and ratios of its platform. @param random numbers in [0, 1) */
export function drawCurve(platform: Platform, random: () => number, shape: Shape = 'rush'): Curve {
	const scale = SCALES[platform];
	const between = ([low, high]: Range) => low + random() * (high - low);
	const ratio = (metric: Metric) => between(scale.ratios[metric] ?? [0, 0]);
	const turnShares = TURN_SHARES[shape];
	const [least, most] = scale.reach;
	return {
		platform,
		shape,
		// Most videos stay small: the reach is drawn on a logarithmic scale.
		reach: least * (most / least) ** random(),
		fadeHours: between(scale.fadeHours),
		ripple: between([0.25, 0.6]),
		phaseHours: between([0, 24]),
		ratios: {
			likes: ratio('likes'),
			comments: ratio('comments'),
			shares: ratio('shares'),
			saves: ratio('saves'),
		},
		turnHours: turnShares ? between(TURN_HOURS) : 0,
		turnShare: turnShares ? between(turnShares) : 0,
	};
}

/** Returns the counts of a video `ageHours` after it was posted: whole numbers that fall only in a recount. */
export function metricsAt(curve: Curve, ageHours: number): Metrics {
	const scale = SCALES[curve.platform];
	const count = (metric: Metric, ratio: number) =>
		Math.floor(curve.reach * ratio * grown(curve, ageHours - LAG_HOURS[metric]));
	const reaction = (metric: Exclude<Metric, 'views'>) =>
		scale.ratios[metric] ? count(metric, curve.ratios[metric]) : null;
	return {
		views: scale.countsViews ? count('views', 1) : null,
		likes: reaction('likes'),
		comments: reaction('comments'),
		shares: reaction('shares'),
		saves: reaction('saves'),
	};
}

/** Returns the share of the reach gained by then. */
function grown(curve: Curve, ageHours: number): number {
	if (ageHours <= 0) return 0;
	const { shape, fadeHours, turnHours, turnShare } = curve;
	const time = wakingHours(curve, ageHours);
	if (shape === 'steady') return time / MONTH_HOURS;
	if (shape === 'brief') return rushAndTail(time, fadeHours / BRIEFNESS, 0);
	const share = rushAndTail(time, fadeHours, TAIL_SHARE);
	const timeSinceTurn = time - wakingHours(curve, turnHours);
	if (turnShare === 0 || timeSinceTurn <= 0) return share;
	if (shape === 'recounted') return share * (1 - turnShare);
	return share + turnShare * rushAndTail(timeSinceTurn, fadeHours, TAIL_SHARE);
}

/** A rush that fades, and a tail that never ends. */
function rushAndTail(time: number, fadeHours: number, tailShare: number): number {
	const rush = 1 - Math.exp(-time / fadeHours);
	const tail = Math.log1p(time / fadeHours) / Math.log1p(MONTH_HOURS / fadeHours);
	return (1 - tailShare) * rush + tailShare * tail;
}

/** Converts hours so that days run fast and nights slowly; never backwards while the ripple is below 1. */
function wakingHours({ ripple, phaseHours }: Curve, hours: number): number {
	const wave = Math.sin(DAY_ANGLE * (hours + phaseHours)) - Math.sin(DAY_ANGLE * phaseHours);
	return hours + (ripple / DAY_ANGLE) * wave;
}
