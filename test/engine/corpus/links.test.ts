import { linksOf, readPastedText } from '../../../nodes/ContentStats/model/pastedText';
import links from '../../corpus/links.json';
import { createFixture } from '../support/fixture';
import { runAction } from '../../../harness/engine';

jest.setTimeout(120_000);

const refused = links.filter(({ verdict }) => verdict === 'refused');

/** Returns the videos that text names, as verdicts say them; `refused` for a link that cannot be read. */
const videosIn = (text: string): string[] =>
	linksOf(readPastedText(text)).map(({ parsed }) =>
		parsed.ok ? parsed.link.identity.replace(/:short\/.*/, ':?') : 'refused',
	);

/** Reads pasted text as a verdict says it. */
function readAs(text: string): string {
	const videos = videosIn(text);
	return videos.length === 0 || videos.includes('refused') ? 'refused' : videos.join(' ');
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
		const isEmpty = readPastedText(link).length === 0;
		const message = isEmpty
			? /^No video links provided$/
			: /^(?:“|\d+ of \d+ links ).*can't be tracked/s;
		expect([link, error?.message]).toEqual([link, expect.stringMatching(message)]);
		expect(error!.message.length).toBeLessThan(200);
		expect(error!.description).toMatch(
			isEmpty
				? /^Paste at least one link into Video URLs$/
				: /^\S.*\. (?:Paste the link of a single|Open it in a browser).*Nothing was tracked/,
		);
	}
	expect(sandbox.requests).toEqual([]);
});

it('tracks each video of the corpus once, on its own platform, and nothing else', async () => {
	const { credential, sandbox, posts } = await createFixture({ balanceUsd: 100_000 });
	const { items, full } = await runAction(
		credential,
		{ videoUrls: '={{ $json.link }}' },
		{ items: links.map(({ link }) => ({ link })), onError: 'continueRegularOutput' },
	);
	const itemsOf = (index: number) =>
		items.filter((_, place) => (full[place]!.pairedItem as { item: number }).item === index);
	const wrong = links.filter(({ link, verdict, rule }, index) => {
		const lines = itemsOf(index);
		if (readPastedText(link).length === 0) return lines.length > 0;
		const failed = lines.filter(({ outcome }) => outcome === 'failed');
		if (failed.some(({ platform, message }) => platform !== null || !message)) return true;
		if (verdict === 'refused') return failed.length === 0;
		const isQuoted = link.replace('&amp;', '&').includes(String(lines[0]!.input_link));
		if (rule !== 'text' && !isQuoted) return true;
		const platforms = verdict.split(' ').map((video) => video.split(':')[0]);
		return String(lines.map(({ platform }) => platform)) !== String(platforms);
	});
	expect(wrong).toEqual([]);

	const tracked = [...sandbox.videos.values()].map(({ video_link }) => readAs(video_link));
	const isResolvable = (verdict: string) => /:[^?]/.test(verdict);
	const found = tracked.filter(isResolvable);
	const accepted = links.flatMap(({ verdict }) => verdict.split(' '));
	// A text that is refused may hold a link besides, which is tracked all the same.
	const besides = refused.flatMap(({ link }) => videosIn(link));
	const all = new Set([...accepted, ...besides].filter(isResolvable));
	expect(new Set(found)).toEqual(all);
	expect(found).toHaveLength(all.size);
	expect(posts()).toHaveLength(tracked.length);
});
