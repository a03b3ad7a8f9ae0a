import { TIKTOK, YOUTUBE } from '../../../../harness/links';
import {
	type BatchLine,
	type SpendingLimits,
	type IfAlreadyTracked,
	type KnownTrackings,
	checkSpendingLimits,
	planBatch,
} from '../../../../nodes/ContentStats/operations/track/plan';
import type { Video } from '../../../../nodes/ContentStats/api/schemas';
import { parseVideoLink } from '../../../../nodes/ContentStats/model/links';
import { video } from '../../support/fakeClient';

const PER_SNAPSHOT = 0.015;
const TIKTOK_MOBILE = 'https://m.tiktok.com/v/7234567890123456789.html';

const line = (
	input_link: string,
	ifAlreadyTracked: IfAlreadyTracked = 'return',
	duration_days = 7,
): BatchLine => ({
	itemIndex: 0,
	input_link,
	parsed: parseVideoLink(input_link),
	duration_days,
	ifAlreadyTracked,
});
const linkOf = (text: string) => {
	const parsed = parseVideoLink(text);
	return parsed.ok ? parsed.link : null;
};
const tracking = (id: string, video_link: string, fields: Partial<Video> = {}): Video =>
	video(id, { video_link, ...fields });
const planOf = (lines: BatchLine[], running: Video[] = [], known: Partial<KnownTrackings> = {}) =>
	planBatch(
		lines,
		{ running, hiddenPlatforms: new Set(), pending: new Map(), ...known },
		PER_SNAPSHOT,
	);
/** The decisions of a plan; a duplicate names the earlier line by its index. */
const plan = (...given: Parameters<typeof planOf>) => {
	const { lines, totalCost } = planOf(...given);
	const decisions = lines.map(({ decision }) =>
		decision.kind === 'duplicate' ? { ...decision, of: lines.indexOf(decision.of) } : decision,
	);
	return { decisions, totalCost };
};
const kindsOf = (lines: BatchLine[], running: Video[] = []) =>
	plan(lines, running).decisions.map((decision) => decision.kind);

describe('planBatch', () => {
	it('tracks what is new, at the documented link and price', () => {
		expect(plan([line('https://youtu.be/dQw4w9WgXcQ?t=1'), line(TIKTOK, 'return', 30)])).toEqual({
			decisions: [
				{ kind: 'track', link: linkOf(YOUTUBE), cost: 2.52 },
				{ kind: 'track', link: linkOf(TIKTOK), cost: 10.8 },
			],
			totalCost: 13.32,
		});
	});

	it('adds a hundred videos of a month up to the cent', () => {
		const links = Array.from({ length: 100 }, (_, n) => `https://x.com/a/status/${n + 1}`);
		expect(plan(links.map((link) => line(link, 'return', 30))).totalCost).toBe(1080);
	});

	it('plans nothing for nothing', () => {
		expect(plan([])).toEqual({ decisions: [], totalCost: 0 });
	});

	it('pays a video once, however often and in whatever spelling it is given', () => {
		const lines = [TIKTOK, YOUTUBE, TIKTOK_MOBILE, `${TIKTOK}?x=1`, 'youtu.be/dQw4w9WgXcQ'];
		const { decisions, totalCost } = plan(lines.map((link) => line(link)));
		expect(decisions).toEqual([
			{ kind: 'track', link: linkOf(TIKTOK), cost: 2.52 },
			{ kind: 'track', link: linkOf(YOUTUBE), cost: 2.52 },
			{ kind: 'duplicate', of: 0 },
			{ kind: 'duplicate', of: 0 },
			{ kind: 'duplicate', of: 1 },
		]);
		expect(totalCost).toBe(5.04);
	});

	test.each<IfAlreadyTracked>(['return', 'trackAgain', 'fail'])(
		'a repeated line is a repeat with %s too',
		(ifAlreadyTracked) => {
			expect(kindsOf([line(TIKTOK), line(TIKTOK_MOBILE, ifAlreadyTracked)])).toEqual([
				'track',
				'duplicate',
			]);
		},
	);

	describe('a video that is tracked already', () => {
		const running = [tracking('old', TIKTOK_MOBILE, { status: 'paused' })];

		it('is returned', () => {
			expect(plan([line(TIKTOK, 'return')], running)).toEqual({
				decisions: [{ kind: 'returnExisting', video: running[0] }],
				totalCost: 0,
			});
		});

		it('is tracked again where that is wanted', () => {
			expect(plan([line(TIKTOK, 'trackAgain')], running)).toEqual({
				decisions: [{ kind: 'track', link: linkOf(TIKTOK), cost: 2.52 }],
				totalCost: 2.52,
			});
		});

		it('is refused where that is wanted, by its id and status', () => {
			const { decisions, totalCost } = plan([line(TIKTOK, 'fail')], running);
			expect(decisions).toEqual([{ kind: 'refuse', reason: expect.stringMatching(/old.*paused/) }]);
			expect(totalCost).toBe(0);
		});

		it('is the newest where there are several', () => {
			const several = [tracking('newest', TIKTOK), tracking('older', TIKTOK)];
			expect(plan([line(TIKTOK)], several).decisions).toEqual([
				{ kind: 'returnExisting', video: several[0] },
			]);
		});

		it('is returned once, and repeated after', () => {
			expect(kindsOf([line(TIKTOK), line(TIKTOK_MOBILE)], running)).toEqual([
				'returnExisting',
				'duplicate',
			]);
		});

		it('does not stand for another video', () => {
			const other = 'https://www.tiktok.com/@user/video/7234567890123456788';
			expect(kindsOf([line(other), line(YOUTUBE)], running)).toEqual(['track', 'track']);
		});
	});

	it('refuses with the reason of the link, and plans the others', () => {
		const lines = [line('https://vimeo.com/1'), line(TIKTOK), line('https://vimeo.com/1')];
		const { decisions, totalCost } = plan(lines);
		expect(decisions).toEqual([
			{ kind: 'refuse', reason: expect.stringMatching(/vimeo\.com/) },
			{ kind: 'track', link: linkOf(TIKTOK), cost: 2.52 },
			{ kind: 'refuse', reason: expect.stringMatching(/vimeo\.com/) },
		]);
		expect(totalCost).toBe(2.52);
	});

	describe('a video that may be among those the API does not show', () => {
		const hiddenPlatforms = new Set(['tiktok']);

		test.each<[IfAlreadyTracked, string]>([
			['return', 'refuse'],
			['fail', 'refuse'],
			['trackAgain', 'track'],
		])('with %s: %s', (ifAlreadyTracked, what) => {
			const { decisions } = plan([line(TIKTOK, ifAlreadyTracked)], [], { hiddenPlatforms });
			expect(decisions[0]!.kind).toBe(what);
		});

		it('is told what it can do', () => {
			const { decisions } = plan([line(TIKTOK)], [], { hiddenPlatforms });
			expect(decisions[0]).toMatchObject({ reason: expect.stringMatching(/100.*Track Again/) });
		});

		it('is returned where it is seen, and another platform is not concerned', () => {
			const running = [tracking('old', TIKTOK)];
			const { decisions } = plan([line(TIKTOK), line(YOUTUBE)], running, { hiddenPlatforms });
			expect(decisions.map((decision) => decision.kind)).toEqual(['returnExisting', 'track']);
		});
	});

	describe('a video that was sent before and not answered', () => {
		const post = { expiresAt: 600_000, knownIds: new Set(['old']) };
		const pending = new Map([['tiktok:7234567890123456789', post]]);
		const old = tracking('old', TIKTOK_MOBILE);
		const recent = tracking('recent', TIKTOK, { created_at: '2026-02-01T00:00:00Z' });

		test.each<[IfAlreadyTracked, string, Video[], string]>([
			['return', 'no tracking', [], 'wait'],
			['return', 'a new tracking', [recent], 'recover'],
			['return', 'the tracking of before', [old], 'returnExisting'],
			['fail', 'no tracking', [], 'wait'],
			['fail', 'a new tracking', [recent], 'recover'],
			['fail', 'the tracking of before', [old], 'refuse'],
			['trackAgain', 'no tracking', [], 'wait'],
			['trackAgain', 'a new tracking', [recent, old], 'recover'],
			['trackAgain', 'the tracking of before', [old], 'wait'],
		])('with %s and %s in the list', (ifAlreadyTracked, _, running, what) => {
			const { decisions, totalCost } = plan([line(TIKTOK, ifAlreadyTracked)], running, {
				pending,
			});
			expect(decisions[0]!.kind).toBe(what);
			expect(totalCost).toBe(0);
		});

		it('does not hold up the others', () => {
			expect(plan([line(TIKTOK), line(YOUTUBE)], [], { pending })).toMatchObject({
				decisions: [{ kind: 'wait', until: 600_000 }, { kind: 'track' }],
				totalCost: 2.52,
			});
		});
	});

	describe('short links', () => {
		const ONE = 'https://vm.tiktok.com/ZMone/';

		it('are the same video only where the link is the same', () => {
			const lines = [ONE, 'vm.tiktok.com/ZMone', 'https://vm.tiktok.com/ZMtwo/', TIKTOK];
			expect(kindsOf(lines.map((link) => line(link)))).toEqual([
				'track',
				'duplicate',
				'track',
				'track',
			]);
		});

		it('are known again by the link they were tracked with', () => {
			const running = [tracking('short', ONE)];
			expect(plan([line('vm.tiktok.com/ZMone')], running).decisions).toEqual([
				{ kind: 'returnExisting', video: running[0] },
			]);
		});
	});

	it('tells what is tracked by links of a platform it does not know from all others', () => {
		const running = [tracking('odd', 'https://some.new.platform/v/1', { platform: 'new' })];
		expect(kindsOf([line(TIKTOK)], running)).toEqual(['track']);
	});
});

describe('checkSpendingLimits', () => {
	const links = [1, 2, 3].map((n) => `https://x.com/a/status/${n}`);
	const threeVideos = planOf(links.map((link) => line(link)));
	const nothing = planOf([line(TIKTOK)], [tracking('old', TIKTOK)]);

	test.each<[string, SpendingLimits]>([
		['nothing limits it', {}],
		['the cap is just met', { maxTotalCost: 7.56 }],
		['the account has just enough', { availableUsd: 7.56 }],
		['both allow it', { maxTotalCost: 100, availableUsd: 100 }],
	])('three videos for $7.56 may be tracked where %s', (_, budget) => {
		expect(checkSpendingLimits(threeVideos, budget)).toBeNull();
	});

	test.each<[string, SpendingLimits, RegExp]>([
		[
			'a cent less is allowed',
			{ maxTotalCost: 7.55 },
			/3 videos.*\$7\.56.*Max Total Cost.*\$7\.55/,
		],
		['nothing may be spent', { maxTotalCost: 0 }, /\$7\.56.*Max Total Cost.*\$0\.00/],
		['the account has a cent less', { availableUsd: 7.55 }, /\$7\.56.*account.*\$7\.55/],
		['the account is empty', { availableUsd: 0 }, /account.*\$0\.00/],
		['the account is overdrawn', { availableUsd: -0.25 }, /account/],
		['only the cap allows it', { maxTotalCost: 100, availableUsd: 1 }, /account.*\$1\.00/],
		[
			'only the account allows it',
			{ maxTotalCost: 1, availableUsd: 100 },
			/Max Total Cost.*\$1\.00/,
		],
	])('they may not where %s', (_, budget, reason) => {
		const over = checkSpendingLimits(threeVideos, budget);
		expect(over?.message).toMatch(reason);
		const isCap = budget.maxTotalCost !== undefined && budget.maxTotalCost < 7.56;
		expect(over?.advice).toMatch(isCap ? /raise Max Total Cost$/ : /add credit/);
	});

	test.each<[string, SpendingLimits]>([
		['a cap of 0', { maxTotalCost: 0 }],
		['an empty account', { availableUsd: 0 }],
		['an overdrawn account', { availableUsd: -3 }],
	])('what costs nothing is in order with %s', (_, budget) => {
		expect(checkSpendingLimits(nothing, budget)).toBeNull();
	});

	it('speaks of one video in the singular', () => {
		expect(checkSpendingLimits(planOf([line(TIKTOK)]), { maxTotalCost: 0 })?.message).toMatch(
			/1 video costs \$2\.52/,
		);
	});
});
