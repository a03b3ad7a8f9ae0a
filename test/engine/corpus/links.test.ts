import { parseVideoLink } from '../../../nodes/ContentStats/model/links';
import links from '../../corpus/links.json';
import { createFixture } from '../support/fixture';
import { runAction } from '../../../harness/engine';

jest.setTimeout(120_000);

const refused = links.filter(({ verdict }) => verdict === 'refused');
/** Keeps the entries that stay one link when pasted text is split at whitespace and commas. */
const unsplit = <T extends { link: string }>(entries: T[]) =>
	entries.filter(({ link }) => link !== '' && !/[\s,]/.test(link));

function readAs(link: string): string {
	const parsed = parseVideoLink(link);
	if (!parsed.ok) return 'refused';
	return parsed.link.key ?? `${parsed.link.platform}:?`;
}

it('holds at least 500 refused links and no link twice', () => {
	expect(refused.length).toBeGreaterThanOrEqual(500);
	expect(new Set(links.map(({ link }) => link)).size).toBe(links.length);
});

it('reads every link as its verdict says', () => {
	const disagreements = links
		.map((entry) => ({ ...entry, read: readAs(entry.link) }))
		.filter(({ read, verdict }) => read !== verdict);
	expect(disagreements).toEqual([]);
});

it('sends no request for a refused link and says why it is refused', async () => {
	const { credential, sandbox } = await createFixture();
	for (const { link } of unsplit(refused)) {
		const items = [{ link }];
		const { error } = await runAction(credential, { videoUrls: '={{ $json.link }}' }, { items });
		expect([link, error?.message]).toEqual([link, expect.stringMatching(/^Cannot track “/)]);
		expect(error!.message.length).toBeLessThan(200);
		expect(error!.description).toMatch(/^\S.*\. Paste the link of one .*Nothing was tracked/);
	}
	expect(sandbox.requests).toEqual([]);
});

it('tracks each video of the corpus once, on its own platform, and nothing else', async () => {
	const { credential, sandbox, posts } = await createFixture({ balanceUsd: 100_000 });
	const entries = unsplit(links);
	const { items } = await runAction(
		credential,
		{ videoUrls: '={{ $json.link }}' },
		{ items: entries.map(({ link }) => ({ link })), onError: 'continueRegularOutput' },
	);
	expect(items).toHaveLength(entries.length);
	const wrong = items.filter(({ outcome, platform, input_link, message }, index) => {
		const { link, verdict } = entries[index]!;
		if (input_link !== link) return true;
		if (verdict === 'refused') return outcome !== 'failed' || platform !== null || !message;
		return platform !== verdict.split(':')[0];
	});
	expect(wrong).toEqual([]);

	const resolvable = entries.map(({ verdict }) => verdict).filter((v) => /:[^?]/.test(v));
	const tracked = [...sandbox.videos.values()].map(({ video_link }) => readAs(video_link));
	expect(new Set(tracked.filter((key) => !key.endsWith(':?')))).toEqual(new Set(resolvable));
	expect(posts()).toHaveLength(tracked.length);
	expect(tracked.filter((key) => !key.endsWith(':?'))).toHaveLength(new Set(resolvable).size);
});
