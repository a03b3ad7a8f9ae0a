import { linksOf, readPastedText } from '../../../nodes/ContentStats/model/pastedText';
import links from '../../corpus/links.json';
import { createFixture } from '../support/fixture';
import { runAction } from '../../../harness/engine';

jest.setTimeout(120_000);

const refused = links.filter(({ verdict }) => verdict === 'refused');

/** Reads pasted text as a verdict says it. */
function readAs(text: string): string {
	const links = linksOf(readPastedText(text)).map(({ parsed }) => parsed);
	const identities = links.flatMap((parsed) =>
		parsed.ok ? [parsed.link.identity.replace(/:short\/.*/, ':?')] : [],
	);
	const isRefused = links.length === 0 || identities.length < links.length;
	return isRefused ? 'refused' : identities.join(' ');
}

it('holds at least 700 refused texts and no text twice', () => {
	expect(refused.length).toBeGreaterThanOrEqual(700);
	expect(new Set(links.map(({ link }) => link)).size).toBe(links.length);
});

it('reads every text as its verdict says', () => {
	const disagreements = links
		.map((entry) => ({ ...entry, read: readAs(entry.link) }))
		.filter(({ read, verdict }) => read !== verdict);
	expect(disagreements).toEqual([]);
});

it('sends no request for a refused text and says why it is refused', async () => {
	const { credential, sandbox } = await createFixture();
	for (const { link } of refused) {
		const items = [{ link }];
		const { error } = await runAction(credential, { videoUrls: '={{ $json.link }}' }, { items });
		expect([link, error?.message]).toEqual([
			link,
			expect.stringMatching(/ can't be tracked|^No video links were given$/),
		]);
		expect(error!.message.length).toBeLessThan(200);
		expect(error!.description).toMatch(/Nothing was tracked|Paste at least one link/);
	}
	expect(sandbox.requests).toEqual([]);
});

it('tracks each video of the corpus once, on its own platform, and nothing else', async () => {
	const { credential, sandbox, posts } = await createFixture({ balanceUsd: 100_000 });
	const { items } = await runAction(
		credential,
		{ videoUrls: '={{ $json.link }}' },
		{ items: links.map(({ link }) => ({ link })), onError: 'continueRegularOutput' },
	);
	expect(items.filter(({ outcome, platform }) => outcome === 'failed' && platform)).toEqual([]);
	const tracked = [...sandbox.videos.values()].map(({ video_link }) => readAs(video_link));
	// A text that is refused may hold a link besides, which is tracked all the same.
	const accepted = links.flatMap(({ verdict }) =>
		verdict === 'refused' ? [] : verdict.split(' '),
	);
	const resolvable = accepted.filter((verdict) => !verdict.endsWith(':?'));
	const found = tracked.filter((verdict) => !verdict.endsWith(':?'));
	expect(resolvable.filter((verdict) => !found.includes(verdict))).toEqual([]);
	expect(found).toHaveLength(new Set(found).size);
	expect(posts()).toHaveLength(tracked.length);
	const platforms = new Set(tracked.map((verdict) => verdict.split(':')[0]));
	expect(platforms).toEqual(new Set(['tiktok', 'youtube', 'instagram', 'twitter']));
});
