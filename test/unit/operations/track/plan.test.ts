import { TIKTOK, YOUTUBE } from '../../../../harness/links';
import {
	type BatchLine,
	type IfAlreadyTracked,
	type KnownTrackings,
	planBatch,
} from '../../../../nodes/ContentStats/operations/track/plan';
import type { Platform, Video } from '../../../../nodes/ContentStats/api/schemas';
import { newestByIdentity, parseVideoLink } from '../../../../nodes/ContentStats/model/links';
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
		{
			running: newestByIdentity(running),
			hiddenPlatforms: new Set(),
			unidentifiedPlatforms: new Set(),
			pending: new Map(),
			identitiesOf: ({ identity }) => [identity],
			...known,
		},
		PER_SNAPSHOT,
	);
/** Returns the decisions and cost of a plan; a duplicate names the earlier line by its index. */
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
	it('tracks new videos by their documented link and at their price', () => {
		expect(plan([line('https://youtu.be/dQw4w9WgXcQ?t=1'), line(TIKTOK, 'return', 30)])).toEqual({
			decisions: [
				{ kind: 'track', link: linkOf(YOUTUBE), cost: 2.52 },
				{ kind: 'track', link: linkOf(TIKTOK), cost: 10.8 },
			],
			totalCost: 13.32,
		});
	});

	it('prices a hundred videos of 30 days to the cent', () => {
		const links = Array.from({ length: 100 }, (_, n) => `https://x.com/a/status/${n + 1}`);
		expect(plan(links.map((link) => line(link, 'return', 30))).totalCost).toBe(1080);
	});

	it('plans nothing for an empty batch', () => {
		expect(plan([])).toEqual({ decisions: [], totalCost: 0 });
	});

	it('pays for a video once, however often and in whatever spelling it is pasted', () => {
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

	const existing = [tracking('old', TIKTOK)];
	const hidden = { hiddenPlatforms: new Set(['tiktok']) };
	test.each<[string, Video[], Partial<KnownTrackings>, IfAlreadyTracked[], string[]]>([
		['not tracked', [], {}, ['return', 'return'], ['track', 'duplicate of 0']],
		['not tracked', [], {}, ['fail', 'fail'], ['track', 'duplicate of 0']],
		['not tracked', [], {}, ['trackAgain', 'trackAgain'], ['track', 'duplicate of 0']],
		['not tracked', [], {}, ['return', 'fail'], ['track', 'duplicate of 0']],
		['not tracked', [], {}, ['fail', 'return'], ['track', 'duplicate of 0']],
		['not tracked', [], {}, ['return', 'trackAgain'], ['track', 'track']],
		['not tracked', [], {}, ['fail', 'trackAgain'], ['track', 'track']],
		['not tracked', [], {}, ['trackAgain', 'return'], ['track', 'duplicate of 0']],
		[
			'not tracked',
			[],
			{},
			['return', 'trackAgain', 'trackAgain', 'return', 'fail'],
			['track', 'track', 'duplicate of 1', 'duplicate of 0', 'duplicate of 0'],
		],
		['tracked', existing, {}, ['return', 'return'], ['returnExisting', 'duplicate of 0']],
		['tracked', existing, {}, ['fail', 'return'], ['refuse', 'returnExisting']],
		['tracked', existing, {}, ['return', 'fail'], ['returnExisting', 'refuse']],
		['tracked', existing, {}, ['fail', 'fail'], ['refuse', 'duplicate of 0']],
		['tracked', existing, {}, ['trackAgain', 'fail'], ['track', 'refuse']],
		['tracked', existing, {}, ['return', 'trackAgain'], ['returnExisting', 'track']],
		['tracked', existing, {}, ['trackAgain', 'return'], ['track', 'returnExisting']],
		['tracked', existing, {}, ['trackAgain', 'trackAgain'], ['track', 'duplicate of 0']],
		[
			'tracked',
			existing,
			{},
			['fail', 'return', 'trackAgain', 'fail', 'return', 'trackAgain'],
			['refuse', 'returnExisting', 'track', 'duplicate of 0', 'duplicate of 1', 'duplicate of 2'],
		],
		['perhaps tracked', [], hidden, ['return', 'trackAgain'], ['hidden', 'track']],
		['perhaps tracked', [], hidden, ['trackAgain', 'return'], ['track', 'duplicate of 0']],
		['perhaps tracked', [], hidden, ['return', 'fail'], ['hidden', 'hidden']],
	])(
		'gives the lines of a video that is %s what they ask for',
		(_, running, known, wants, kinds) => {
			const spellings = [TIKTOK, TIKTOK_MOBILE];
			const lines = wants.map((want, n) => line(spellings[n % 2]!, want));
			const { decisions, totalCost } = plan(lines, running, known);
			expect(
				decisions.map((decision) =>
					decision.kind === 'duplicate' ? `duplicate of ${decision.of}` : decision.kind,
				),
			).toEqual(kinds);
			expect(totalCost).toBeCloseTo(2.52 * kinds.filter((kind) => kind === 'track').length);
		},
	);

	describe('for a video that is already tracked', () => {
		const running = [tracking('old', TIKTOK_MOBILE, { status: 'paused' })];

		it('returns the existing tracking with return', () => {
			expect(plan([line(TIKTOK, 'return')], running)).toEqual({
				decisions: [{ kind: 'returnExisting', video: running[0] }],
				totalCost: 0,
			});
		});

		it('tracks it again with trackAgain', () => {
			expect(plan([line(TIKTOK, 'trackAgain')], running)).toEqual({
				decisions: [{ kind: 'track', link: linkOf(TIKTOK), cost: 2.52 }],
				totalCost: 2.52,
			});
		});

		it('refuses the link with fail, naming the id and status of the tracking', () => {
			const { decisions, totalCost } = plan([line(TIKTOK, 'fail')], running);
			expect(decisions).toEqual([{ kind: 'refuse', reason: expect.stringMatching(/old.*paused/) }]);
			expect(totalCost).toBe(0);
		});

		it('returns the newest tracking if there are several', () => {
			const several = [tracking('newest', TIKTOK), tracking('older', TIKTOK)];
			expect(plan([line(TIKTOK)], several).decisions).toEqual([
				{ kind: 'returnExisting', video: several[0] },
			]);
		});

		it('returns the tracking once and marks a repeated line as a duplicate', () => {
			expect(kindsOf([line(TIKTOK), line(TIKTOK_MOBILE)], running)).toEqual([
				'returnExisting',
				'duplicate',
			]);
		});

		it('still tracks other videos', () => {
			const other = 'https://www.tiktok.com/@user/video/7234567890123456788';
			expect(kindsOf([line(other), line(YOUTUBE)], running)).toEqual(['track', 'track']);
		});
	});

	it('refuses an invalid link with its reason, and plans the others', () => {
		const lines = [line('https://vimeo.com/1'), line(TIKTOK), line('https://vimeo.com/1')];
		const { decisions, totalCost } = plan(lines);
		expect(decisions).toEqual([
			{ kind: 'refuse', reason: expect.stringMatching(/vimeo\.com/) },
			{ kind: 'track', link: linkOf(TIKTOK), cost: 2.52 },
			{ kind: 'refuse', reason: expect.stringMatching(/vimeo\.com/) },
		]);
		expect(totalCost).toBe(2.52);
	});

	describe('for a video that the API may hide', () => {
		const hiddenPlatforms = new Set(['tiktok']);

		test.each<[IfAlreadyTracked, string]>([
			['return', 'hidden'],
			['fail', 'hidden'],
			['trackAgain', 'track'],
		])('decides, with %s, to %s', (ifAlreadyTracked, kind) => {
			const { decisions } = plan([line(TIKTOK, ifAlreadyTracked)], [], { hiddenPlatforms });
			expect(decisions[0]!.kind).toBe(kind);
		});

		it('suggests Track Again in its reason', () => {
			const { decisions } = plan([line(TIKTOK)], [], { hiddenPlatforms });
			expect(decisions[0]).toMatchObject({
				reason: expect.stringMatching(/^More TikTok videos are active.*Track Again$/),
			});
		});

		it('refuses links of every platform if the hidden ones may be of any', () => {
			const anyPlatform = { hiddenPlatforms: new Set([null]) };
			expect(plan([line(TIKTOK), line(YOUTUBE)], [], anyPlatform).decisions).toEqual(
				Array(2).fill({
					kind: 'hidden',
					reason: expect.stringMatching(/^More videos are active.*Track Again$/),
				}),
			);
		});

		it('returns a tracking that is listed, and tracks videos of other platforms', () => {
			const running = [tracking('old', TIKTOK)];
			const { decisions } = plan([line(TIKTOK), line(YOUTUBE)], running, { hiddenPlatforms });
			expect(decisions.map((decision) => decision.kind)).toEqual(['returnExisting', 'track']);
		});
	});

	describe('beside a running video whose id or link cannot be read', () => {
		const unknown = new Set([null]);

		test.each<[IfAlreadyTracked, ReadonlySet<Platform | null>, string]>([
			['return', new Set(['tiktok']), 'hidden'],
			['return', new Set(['youtube']), 'track'],
			['return', unknown, 'hidden'],
			['fail', unknown, 'hidden'],
			['trackAgain', unknown, 'track'],
		])('decides, with %s, on %p, to %s', (ifAlreadyTracked, unidentifiedPlatforms, kind) => {
			const { decisions } = plan([line(TIKTOK, ifAlreadyTracked)], [], { unidentifiedPlatforms });
			expect(decisions[0]!.kind).toBe(kind);
		});

		it('says why, and suggests Track Again', () => {
			const { decisions } = plan([line(TIKTOK)], [], { unidentifiedPlatforms: unknown });
			expect(decisions[0]).toMatchObject({
				reason: expect.stringMatching(/without a readable ID or link.*Track Again/),
			});
		});

		it('returns a tracking that is listed', () => {
			const running = [tracking('old', TIKTOK)];
			const { decisions } = plan([line(TIKTOK)], running, { unidentifiedPlatforms: unknown });
			expect(decisions[0]!.kind).toBe('returnExisting');
		});
	});

	describe('for a video with a pending POST', () => {
		const post = { expiresAt: 600_000, knownIds: new Set(['old']) };
		const pending = new Map([['tiktok:7234567890123456789', post]]);
		const old = tracking('old', TIKTOK_MOBILE);
		const recent = tracking('recent', TIKTOK, { created_at: '2026-02-01T00:00:00Z' });

		test.each<[IfAlreadyTracked, string, Video[], string]>([
			['return', 'waits if no tracking is listed', [], 'wait'],
			['return', 'recovers a tracking that is new in the list', [recent], 'recover'],
			['return', 'returns a tracking that is older than the POST', [old], 'returnExisting'],
			['fail', 'waits if no tracking is listed', [], 'wait'],
			['fail', 'recovers a tracking that is new in the list', [recent], 'recover'],
			['fail', 'refuses the link if its tracking is older than the POST', [old], 'refuse'],
			['trackAgain', 'waits if no tracking is listed', [], 'wait'],
			['trackAgain', 'recovers a tracking that is new in the list', [recent, old], 'recover'],
			['trackAgain', 'waits if the only tracking is older than the POST', [old], 'wait'],
		])('and %s, %s', (ifAlreadyTracked, _, running, kind) => {
			const { decisions, totalCost } = plan([line(TIKTOK, ifAlreadyTracked)], running, {
				pending,
			});
			expect(decisions[0]!.kind).toBe(kind);
			expect(totalCost).toBe(0);
		});

		it('still tracks other videos of the batch', () => {
			expect(plan([line(TIKTOK), line(YOUTUBE)], [], { pending })).toMatchObject({
				decisions: [{ kind: 'wait', until: 600_000 }, { kind: 'track' }],
				totalCost: 2.52,
			});
		});
	});

	describe('for short links', () => {
		const ONE = 'https://vm.tiktok.com/ZMone/';

		it('marks a duplicate only if the link is the same', () => {
			const lines = [ONE, 'vm.tiktok.com/ZMone', 'https://vm.tiktok.com/ZMtwo/', TIKTOK];
			expect(kindsOf(lines.map((link) => line(link)))).toEqual([
				'track',
				'duplicate',
				'track',
				'track',
			]);
		});

		it('finds the existing tracking by the link it was tracked with', () => {
			const running = [tracking('short', ONE)];
			expect(plan([line('vm.tiktok.com/ZMone')], running).decisions).toEqual([
				{ kind: 'returnExisting', video: running[0] },
			]);
		});
	});

	it('does not mistake a tracking of an unknown platform for another video', () => {
		const running = [tracking('odd', 'https://some.new.platform/v/1', { platform: 'new' })];
		expect(kindsOf([line(TIKTOK)], running)).toEqual(['track']);
	});
});
