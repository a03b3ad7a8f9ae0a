import { createFixture, INSTAGRAM, TIKTOK, TWITTER, YOUTUBE } from '../support/fixture';
import { runAction, startAction } from '../../../harness/engine';

const outcomes = (items: Array<Record<string, unknown>>) => items.map(({ outcome }) => outcome);
const soon = () => new Promise((resolve) => setTimeout(resolve, 20));

test('Track sends one POST for all spellings of a video, in any order', async () => {
	const spellings = [
		TIKTOK,
		'https://m.tiktok.com/v/7234567890123456789.html',
		'tiktok.com/@someone.else/video/7234567890123456789?is_from_webapp=1',
		'https://www.tiktok.com/%40nasa/video/7234567890123456789/#x',
		YOUTUBE,
		'https://youtu.be/dQw4w9WgXcQ?si=abc',
		'https://m.youtube.com/watch?app=desktop&v=dQw4w9WgXcQ&t=10s',
		'https://music.youtube.com/watch?v=dQw4w9WgXcQ&list=RDx',
		...['shorts', 'live', 'embed', 'v'].map((path) => `youtube.com/${path}/dQw4w9WgXcQ`),
		INSTAGRAM,
		...['reel', 'reels', 'tv', 'nasa/p', 'nasa/reel'].map(
			(path) => `https://instagram.com/${path}/CxYz12AbCdE/?igsh=abc`,
		),
		TWITTER,
		'https://x.com/nasa/status/1790000000000000001?s=20',
		'https://mobile.twitter.com/i/web/status/1790000000000000001',
		'x.com/i/status/1790000000000000001/video/1',
	];
	for (const videoUrls of [spellings, [...spellings].reverse()]) {
		const { credential, posts } = await createFixture();
		const { items } = await runAction(credential, { videoUrls: videoUrls.join('\n') });
		expect(outcomes(items).filter((outcome) => outcome === 'tracked')).toHaveLength(4);
		expect(new Set(outcomes(items))).toEqual(new Set(['tracked', 'duplicate']));
		expect(new Set(items.map(({ video_id }) => video_id)).size).toBe(4);
		expect(posts()).toHaveLength(4);
	}
});

test('executions with overlapping links send one POST per video', async () => {
	const { credential, sandbox, posts } = await createFixture();
	const videos = Array.from({ length: 20 }, (_, n) => `https://x.com/a/status/${n + 1}`);
	const batches = [0, 4, 8, 2].map((from) => videos.slice(from, from + 12));
	const runs = await Promise.all(
		batches.map((batch) => runAction(credential, { videoUrls: batch.join(' ') })),
	);
	expect(posts()).toHaveLength(20);
	expect(sandbox.videos.size).toBe(20);
	const all = runs.flatMap(({ items }) => outcomes(items));
	expect(all.filter((outcome) => outcome === 'tracked')).toHaveLength(20);
	expect(all.filter((outcome) => outcome === 'already_tracked')).toHaveLength(28);
});

test('executions with different links do not wait for each other', async () => {
	const { credential, sandbox } = await createFixture();
	sandbox.faults.add({ kind: 'latency', ms: 1_500, match: { method: 'POST' } });
	const first = runAction(credential, { videoUrls: TIKTOK });
	while (!sandbox.requests.some(({ method }) => method === 'POST')) await soon();
	const second = await runAction(credential, { videoUrls: YOUTUBE });
	expect(outcomes(second.items)).toEqual(['tracked']);
	const isFirstOver = await Promise.race([first.then(() => true), soon().then(() => false)]);
	expect(isFirstOver).toBe(false);
	expect(outcomes((await first).items)).toEqual(['tracked']);
});

test('Stop ends the wait for another execution at once, and nothing more is sent', async () => {
	const { credential, sandbox, posts } = await createFixture();
	sandbox.faults.add({ kind: 'latency', ms: 1_500, match: { method: 'POST' } });
	const first = runAction(credential, { videoUrls: TIKTOK });
	while (posts().length === 0) await soon();
	const waiting = startAction(credential, { videoUrls: `${TIKTOK} ${YOUTUBE}` });
	await soon();
	const before = sandbox.requests.length;
	waiting.stop();
	const { run } = await waiting.outcome;
	expect(run.status).toBe('canceled');
	expect(sandbox.requests).toHaveLength(before);
	const isFirstOver = await Promise.race([first.then(() => true), soon().then(() => false)]);
	expect(isFirstOver).toBe(false);
	await first;
	expect(posts()).toHaveLength(1);
});

test('Track sends nothing if one of 300 links is malformed', async () => {
	const { credential, sandbox } = await createFixture();
	const links = Array.from({ length: 300 }, (_, n) => `https://x.com/a/status/${n + 1}`);
	links[217] = 'https://x.com/a/status/';
	const { error } = await runAction(credential, { videoUrls: links.join('\n') });
	expect(error?.message).toBe("1 of 300 links can't be tracked. First: “https://x.com/a/status/”");
	expect(error?.description).toMatch(
		/doesn't point to a single video.*Nothing was tracked or charged/,
	);
	expect(sandbox.requests).toEqual([]);
});

test('executions with two spellings of one base URL share an account and send one POST', async () => {
	const { credential, posts } = await createFixture();
	const spelled = { ...credential, baseUrl: `${credential.baseUrl}/` };
	const runs = await Promise.all(
		[credential, spelled].map((each) => runAction(each, { videoUrls: TIKTOK })),
	);
	expect(runs.flatMap(({ items }) => outcomes(items)).sort()).toEqual([
		'already_tracked',
		'tracked',
	]);
	expect(posts()).toHaveLength(1);
});

test('executions for accounts on two servers do not wait for each other, whatever their links', async () => {
	const [first, second] = [await createFixture(), await createFixture()];
	first.sandbox.faults.add({ kind: 'latency', ms: 1_500, match: { method: 'POST' } });
	const slow = runAction(first.credential, { videoUrls: TIKTOK });
	while (first.posts().length === 0) await soon();
	const other = await runAction(second.credential, { videoUrls: TIKTOK });
	expect(outcomes(other.items)).toEqual(['tracked']);
	const isSlowOver = await Promise.race([slow.then(() => true), soon().then(() => false)]);
	expect(isSlowOver).toBe(false);
	expect(outcomes((await slow).items)).toEqual(['tracked']);
});

test('executions for two spellings of one base URL wait for each other', async () => {
	const { credential, posts } = await createFixture();
	const spellings = ['', '/', '//', ' '].map((end) => `${credential.baseUrl}${end}`);
	const runs = await Promise.all(
		spellings.map((baseUrl) => runAction({ ...credential, baseUrl }, { videoUrls: TIKTOK })),
	);
	expect(runs.flatMap(({ items }) => outcomes(items)).sort()).toEqual([
		...Array(3).fill('already_tracked'),
		'tracked',
	]);
	expect(posts()).toHaveLength(1);
});
