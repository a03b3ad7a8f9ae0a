import { drawCurve, METRICS, metricsAt, type Shape, SHAPES } from '../../../sandbox/growth';
import { PLATFORMS } from '../../../sandbox/links';
import { randomStream } from '../../../sandbox/random';
import { closeAll, INSTAGRAM, open, TIKTOK, TWITTER, YOUTUBE } from './sandboxFixture';

afterEach(closeAll);

const METRICS_OF = {
	tiktok: ['views', 'likes', 'comments', 'shares', 'saves'],
	youtube: ['views', 'likes', 'comments'],
	instagram: ['likes', 'comments', 'saves'],
	twitter: ['views', 'likes', 'comments', 'shares'],
};

const curvesOf = (shape?: Shape) =>
	PLATFORMS.flatMap((platform) =>
		Array.from({ length: 50 }, (_, n) =>
			drawCurve(platform, randomStream('test', platform, n), shape),
		),
	);
const curves = curvesOf();

describe('metricsAt', () => {
	it.each(SHAPES)('returns whole numbers of %s that fall in a recount alone, or null', (shape) => {
		const wrong: unknown[] = [];
		let falls = 0;
		for (const curve of curvesOf(shape)) {
			let before = metricsAt(curve, 0);
			for (let hour = 0.5; hour <= 720; hour += 0.5) {
				const now = metricsAt(curve, hour);
				for (const metric of METRICS) {
					const [value, last] = [now[metric], before[metric]];
					const right = METRICS_OF[curve.platform].includes(metric)
						? value !== null && last !== null && Number.isInteger(value)
						: value === null;
					if (value !== null && last !== null && value < last) falls += 1;
					if (!right) wrong.push({ ...curve, hour, metric, last, value });
				}
				before = now;
			}
		}
		expect(wrong).toEqual([]);
		expect(falls > 0).toBe(shape === 'recounted');
	});

	it('takes off again days later, or grows evenly, or ends after hours', () => {
		const likesOf = (shape: Shape, hour: number) =>
			curvesOf(shape).map((curve) => metricsAt(curve, hour).likes!);
		const share = (shape: Shape, hour: number) => {
			const all = likesOf(shape, 720);
			return likesOf(shape, hour).map((likes, n) => likes / all[n]!);
		};
		for (const part of share('takeoff', 72)) expect(part).toBeLessThan(0.4);
		for (const part of share('steady', 360)) expect(part).toBeCloseTo(0.5, 1);
		for (const part of share('brief', 120)) expect(part).toBeGreaterThan(0.95);
	});

	it('starts at 0 and grows fastest at first', () => {
		for (const curve of curves) {
			const likes = (hour: number) => metricsAt(curve, hour).likes ?? NaN;
			expect(likes(0)).toBe(0);
			expect(likes(96)).toBeGreaterThan(2 * (likes(720) - likes(624)));
		}
	});

	it('follows day and night: the hourly gain rises again after it has fallen', () => {
		for (const curve of curves.filter(({ platform }) => platform === 'youtube')) {
			const gains = Array.from(
				{ length: 72 },
				(_, hour) =>
					(metricsAt(curve, hour + 25).views ?? NaN) - (metricsAt(curve, hour + 24).views ?? NaN),
			);
			const turns = gains.filter(
				(gain, hour) =>
					gain > (gains[hour - 1] ?? Infinity) && gain > (gains[hour - 3] ?? Infinity),
			);
			expect(turns.length).toBeGreaterThan(5);
		}
	});

	it('returns fewer likes than views, and fewer comments than likes', () => {
		for (const curve of curves) {
			const { views, likes, comments } = metricsAt(curve, 100);
			expect(likes).toBeLessThan(views ?? Infinity);
			expect(comments).toBeLessThan(likes ?? NaN);
		}
	});
});

describe('a world', () => {
	const runWorld = async (seed: number | undefined, firstSnapshotDelayMs?: number) => {
		const { sandbox, http, track, clock } = await open({ seed, firstSnapshotDelayMs });
		const ids = [];
		for (const link of [TIKTOK, YOUTUBE, INSTAGRAM, TWITTER]) ids.push(await track(link, 2));
		clock.advance({ hours: 30 });
		const replies = await Promise.all(ids.map((id) => http.get(`/videos/${id}`)));
		return { videos: replies.map(({ data }) => data), key: sandbox.liveKey };
	};

	it('is identical for the same seed', async () => {
		expect(await runWorld(7)).toEqual(await runWorld(7));
		expect(await runWorld(undefined)).toEqual(await runWorld(1));
	});

	it('differs for another seed', async () => {
		const [one, two] = [await runWorld(1, 0), await runWorld(2, 0)];
		expect(one.key).not.toBe(two.key);
		for (const [index, video] of one.videos.entries()) {
			const other = two.videos[index];
			expect(video.id).not.toBe(other.id);
			expect(video.snapshots[20].likes).not.toBe(other.snapshots[20].likes);
		}
	});

	it('takes the first snapshot of each video within an hour, at different minutes', async () => {
		const { videos } = await runWorld(1);
		const delays = videos.map(
			(video) => Date.parse(video.snapshots[0].snapshot_time) - Date.parse(video.created_at),
		);
		for (const delay of delays) {
			expect(delay).toBeGreaterThanOrEqual(0);
			expect(delay).toBeLessThan(3_600_000);
		}
		expect(new Set(delays).size).toBe(4);
	});

	it('returns the same counts for two trackings of one link', async () => {
		const { track, sandbox, clock } = await open();
		const first = await track();
		clock.advance({ hours: 5 });
		const second = await track();
		clock.advance({ hours: 1 });
		const views = (id: string) => sandbox.videos.get(id)?.snapshots.at(-1)?.views;

		expect(views(second)).toEqual(expect.any(String));
		expect(views(second)).toBe(views(first));
	});
});
