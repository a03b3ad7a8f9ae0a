import { createTimedFixture } from '../support/time';

import type { Fault } from '../../../sandbox';
import { TIKTOK, TWITTER, YOUTUBE } from '../support/fixture';
import { runAction } from '../../../harness/engine';

const LIST = { method: 'GET', path: '/videos' };
const always = (fault: Fault): Fault => ({ ...fault, match: LIST, times: 'always' }) as Fault;

const linksOf = (count: number) =>
	Array.from({ length: count }, (_, n) => `https://www.tiktok.com/@a/video/${71_000 + n}`);

async function createAccount(running: string[]) {
	const fixture = await createTimedFixture();
	const { sandbox, clock, credential } = fixture;
	for (const video_link of running) {
		sandbox.seedVideo({ video_link });
		clock.advance({ ms: 1 });
	}
	const track = async (videoUrls: string, options = {}) => {
		const parameters = { videoUrls, options };
		const settings = { onError: 'continueRegularOutput' } as const;
		return (await runAction(credential, parameters, settings)).items;
	};
	return { ...fixture, track };
}

const outcomes = (items: Array<Record<string, unknown>>) => items.map(({ outcome }) => outcome);

describe('in an account of 130 running videos, Track', () => {
	const links = linksOf(130);

	test.each<[string, Fault | null]>([
		['100 of a kind', null],
		['50, and says so', { kind: 'short_page', limit: 50 }],
		['60 and has_more', { kind: 'short_page', limit: 60, tells: 'has_more' }],
		['60 and a cursor', { kind: 'short_page', limit: 60, tells: 'cursor' }],
		['60 of a total', { kind: 'short_page', limit: 60, tells: 'total' }],
		['60 and does not say so', { kind: 'short_page', limit: 60, tells: 'nothing' }],
		['99 and one twice', { kind: 'repeat_entry' }],
		['100 of any status', { kind: 'ignore_filters', filters: ['status'] }],
		['100 of any kind', { kind: 'ignore_filters', filters: ['status', 'platform'] }],
	])(
		'refuses what it may not see, and returns what it sees: the API lists %s',
		async (_, fault) => {
			const { sandbox, posts, track } = await createAccount(links);
			if (fault) sandbox.faults.add(always(fault));
			const [hidden, seen, unknown] = await track([links[0], links[129], TIKTOK].join(' '));
			expect(seen!.outcome).toBe('already_tracked');
			for (const item of [hidden, unknown]) {
				expect(item!.outcome).toBe('failed');
				expect(item!.message).toMatch(/^More (TikTok )?videos are active than.*Track Again/);
			}
			expect(posts()).toHaveLength(0);
		},
	);

	it('tracks with Track Again all the same', async () => {
		const { sandbox, track } = await createAccount(links);
		sandbox.faults.add(always({ kind: 'short_page', limit: 60, tells: 'nothing' }));
		expect(outcomes(await track(TIKTOK, { ifAlreadyTracked: 'trackAgain' }))).toEqual(['tracked']);
	});
});

describe('where nothing is hidden, Track', () => {
	test.each([
		{ next_cursor: 'abc' },
		{ cursor: '0' },
		{ next: '/videos?page=2' },
		{ total_pages: 2 },
	])('tracks a new video although every reply says that there are more: %j', async (more) => {
		const { sandbox, track } = await createAccount([TIKTOK]);
		sandbox.faults.add(always({ kind: 'map', map: (json: object) => ({ ...json, ...more }) }));
		expect(outcomes(await track(`${TIKTOK} ${YOUTUBE}`))).toEqual(['already_tracked', 'tracked']);
	});

	it('tracks a new video although usage counts an old tracking in error', async () => {
		const { sandbox, clock, track } = await createAccount([TIKTOK]);
		sandbox.seedVideo({ video_link: YOUTUBE }).setStatus('error');
		clock.advance({ hours: 24 * 6 });
		const map = (json: { active_videos: number }) => ({ ...json, active_videos: 2 });
		sandbox.faults.add({ kind: 'map', map, match: { path: '/usage' }, times: 'always' });
		expect(outcomes(await track(TWITTER))).toEqual(['tracked']);
	});

	it('tracks with a test key although usage counts more, since nothing is paid', async () => {
		const { sandbox, credential } = await createAccount([TIKTOK]);
		const path = ['active_videos'];
		sandbox.faults.add({ kind: 'set', path, value: 9, match: { path: '/usage' }, times: 'always' });
		const { items } = await runAction(
			{ ...credential, apiKey: sandbox.testKey },
			{ videoUrls: YOUTUBE },
		);
		expect(outcomes(items)).toEqual(['tracked']);
	});

	test.each<[string, Fault]>([
		['a reply is short', { kind: 'short_page', limit: 5 }],
		['a reply has a cursor', { kind: 'short_page', limit: 5, tells: 'cursor' }],
		['the status is ignored', { kind: 'ignore_filters', filters: ['status'] }],
	])('tracks a new video although %s, since every active one is seen', async (_, fault) => {
		const { sandbox, posts, track } = await createAccount([
			'https://www.tiktok.com/@a/video/1',
			'https://youtu.be/dQw4w9WgXc0',
			'https://www.instagram.com/p/CxYz12AbCd0/',
		]);
		for (const n of [1, 2, 3, 4, 5])
			sandbox.seedVideo({ video_link: `https://x.com/a/status/${n}`, status: 'completed' });
		sandbox.faults.add(always(fault));
		expect(outcomes(await track(`${TIKTOK} ${YOUTUBE}`))).toEqual(['tracked', 'tracked']);
		expect(posts()).toHaveLength(2);
	});

	it('tracks a completed video anew, also where the status is ignored', async () => {
		const { sandbox, track } = await createAccount([]);
		for (const link of [TIKTOK, ...linksOf(120)])
			sandbox.seedVideo({ video_link: link, status: 'completed' });
		sandbox.faults.add(always({ kind: 'ignore_filters', filters: ['status'] }));
		expect(outcomes(await track(TIKTOK))).toEqual(['tracked']);
	});
});

test.each(['paused', 'completed'])(
	'a tracking that was seen, and has %s since, stands for no hidden one',
	async (status) => {
		const { sandbox, clock, posts, track } = await createAccount([TIKTOK, YOUTUBE]);
		const [first] = sandbox.videos.values();
		expect(outcomes(await track(TIKTOK))).toEqual(['already_tracked']);
		first!.setStatus(status);
		clock.advance({ seconds: 1 });
		sandbox.faults.add(
			always({
				kind: 'map',
				map: ({ videos, ...rest }: { videos: Array<{ video_link: string }> }) => ({
					...rest,
					videos: videos.filter(({ video_link }) => video_link !== YOUTUBE),
				}),
			}),
		);
		expect(outcomes(await track(YOUTUBE))).toEqual(['failed']);
		expect(posts()).toHaveLength(0);
	},
);

describe('a tracking in error, or with a status of a new name', () => {
	test.each(['error', 'queued', 'processing'])(
		'runs until its duration is over: %s',
		async (status) => {
			const { sandbox, clock, posts, track } = await createAccount([]);
			const [first] = await track(TIKTOK);
			sandbox.videos.get(String(first!.video_id))!.setStatus(status);
			clock.advance({ hours: 7 * 24 - 1 });
			const [again, failed, anew] = await track(TIKTOK).then(async ([item]) => [
				item,
				...(await track(TIKTOK, { ifAlreadyTracked: 'fail' })),
				...(await track(TWITTER)),
			]);
			expect(again).toMatchObject({ outcome: 'already_tracked', status, estimated_cost: 0 });
			expect(again!.message).toMatch(
				new RegExp(
					`with the status “${status}”\\. It may resume until 2026-01-08T00:00:00.000Z, .*Track Again$`,
				),
			);
			expect(failed).toMatchObject({ outcome: 'failed', message: expect.stringContaining(status) });
			expect(anew!.outcome).toBe('tracked');
			expect(posts()).toHaveLength(2);

			clock.advance({ hours: 2 });
			expect(outcomes(await track(TIKTOK))).toEqual(['tracked']);
		},
	);

	it('is found in an account of many ended ones', async () => {
		const { sandbox, posts, track } = await createAccount([]);
		for (const link of linksOf(120))
			sandbox.seedVideo({ video_link: link, status: 'completed', started: '2025-12-01' });
		const first = sandbox.seedVideo({ video_link: TIKTOK });
		const second = sandbox.seedVideo({ video_link: YOUTUBE });
		first.setStatus('queued');
		second.setStatus('error');
		expect(outcomes(await track(`${TIKTOK} ${YOUTUBE}`))).toEqual(Array(2).fill('already_tracked'));
		expect(posts()).toHaveLength(0);
	});
});
