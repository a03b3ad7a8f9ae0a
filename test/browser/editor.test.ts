import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CredentialReference, N8nApi } from '../../demo/n8n';
import type { INode, INodeParameters } from 'n8n-workflow';
import {
	isOurs,
	OWNER,
	readTemplate,
	saveCredential,
	TABLE,
	TRACK_NODE,
	twoSnapshotsEach,
} from '../../demo/scenario';
import type { Locator } from 'playwright-core';
import type { Sandbox } from '../../sandbox';
import { openSandbox, startRealN8n } from '../support/realN8n';
import { waitFor } from '../support/waitFor';
import { Editor, type Theme } from './editor';

/** Folder for the README's pictures, set by `npm run screenshots`; unset, none are taken. */
const PICTURES = process.env.SCREENSHOTS;

const LINKS = [
	'https://www.tiktok.com/@trailmix.daily/video/7303344556677889900',
	'https://www.youtube.com/watch?v=tR4ilM1xVlg',
	'https://www.instagram.com/p/C2bTrailMix/',
	'https://twitter.com/trailmixdaily/status/1745000000000000002',
];
const TRACKED = [
	'https://www.tiktok.com/@harbor.coffee/video/7301122334455667788',
	'https://www.youtube.com/watch?v=hC0ffee2024',
];
const HOUR_MS = 3_600_000;
const TYPE = 'n8n-nodes-contentstats.contentStats';
/** What a user of n8n may type who has not heard of ContentStats, and who has. */
const SEARCHES = [
	'tiktok',
	'contentstats',
	'content stats',
	'youtube stats',
	'instagram stats',
	'x stats',
	'tiktok views',
	'instagram views',
	'youtube analytics',
	'twitter analytics',
	'social media analytics',
	'video metrics',
	'video tracking',
	'track video',
	'track instagram',
	'reels',
	'reels views',
	'shorts',
	'tweet',
	'influencer',
	'creator',
	'ugc',
	'campaign',
	'engagement',
	'viral',
	'milestone',
	'views alert',
];

let n8n: N8nApi;
let sandbox: Sandbox;
let editor: Editor;

beforeAll(async () => {
	const real = await startRealN8n();
	n8n = real.n8n;
	sandbox = await openSandbox({ balanceUsd: 50 });
	for (const video_link of TRACKED)
		sandbox.seedVideo({ video_link, started: Date.now() - 60 * HOUR_MS });
	editor = await Editor.open(real.url, OWNER, PICTURES);
});
afterAll(async () => await editor?.close());

describe('the node search', () => {
	it.each(SEARCHES)('finds the package by “%s”', async (text) => {
		const found = await editor.search(text);
		expect(await found.count()).toBe(1);
		// n8n shows one description for both nodes, so it has to name the work of each.
		const description = await found.first().innerText();
		expect(description).toMatch(/Track TikTok, YouTube, Instagram and X\/Twitter videos/);
		expect(description).toContain('start a workflow');
		if (text === 'tiktok') await editor.picture('search', 'panel');
	});

	it('lists every event and every operation of the package', async () => {
		await (await editor.search('contentstats')).first().click();
		await editor.page.getByText('Actions (5)').click();
		const entries = await editor.at('item-iterator-item').allInnerTexts();
		expect(entries).toHaveLength(10 + 5);
		await editor.picture('actions', 'panel');
	});
});

describe('the credential form', () => {
	it('shows the reason for a bad key and accepts a good key', async () => {
		await editor.add('Actions', 'Track videos');
		await editor.page.getByText('Connect to ContentStats').click();
		const form = editor.at('editCredential-modal');
		const key = editor.field('apiKey').locator('input');
		await key.fill('cs_live_not_a_key');
		// Users of the real service leave this field as it is.
		await editor.field('baseUrl').locator('input').fill(sandbox.baseUrl);
		await editor.at('credential-save-button').click();
		await form.getByText('Couldn’t connect with these settings').waitFor();
		await form.getByText('More details').click();
		const reason = await form.innerText();
		expect(reason).toMatch(/API key/i);
		expect(reason).not.toContain('cs_live_not_a_key');
		await editor.picture('credential-refused');

		const baseUrl = editor.field('baseUrl').locator('input');
		await baseUrl.fill('http://127.0.0.1:1/api/v1');
		await editor.at('credential-save-button').click();
		await form.getByText("Couldn't reach ContentStats for usage").waitFor();
		await editor.picture('credential-unreachable');
		await baseUrl.fill(sandbox.baseUrl);

		await key.fill(sandbox.liveKey);
		await editor.at('credential-save-button').click();
		await form.waitFor({ state: 'detached' });
		await editor.at('credential-edit-button').click();
		await form.getByText('Connection tested successfully').waitFor();
		await editor.picture('credential');
	});
});

describe.each<Theme>(['light', 'dark'])('in the %s theme', (theme) => {
	beforeAll(async () => await editor.setTheme(theme));

	it('tracks a batch with only the links filled in', async () => {
		await editor.add('Actions', 'Track videos');
		await editor.field('videoUrls').locator('textarea').fill(LINKS.join('\n'));
		const rows = await editor.execute();
		expect(rows.map(({ input_link }) => input_link)).toEqual(LINKS);
		const outcome = theme === 'light' ? 'tracked' : 'already_tracked';
		expect(rows.map((row) => row.outcome)).toEqual(LINKS.map(() => outcome));
		expect(sandbox.videos.size).toBe(TRACKED.length + LINKS.length);
		const hint = theme === 'light' ? '4 of 4 links tracked' : '4 of 4 links already tracked';
		expect(await editor.at('node-hint').first().innerText()).toContain(hint);
		await editor.widenOutput();
		await editor.picture(`track-${theme}`);
	});

	it('shows a snapshot from the trigger with no field filled in', async () => {
		await editor.add('Triggers', 'On snapshot created');
		const [row, ...others] = await editor.execute();
		expect(others).toEqual([]);
		const { event, event_key, video_id, views } = row!;
		expect(event).toBe('snapshot.created');
		expect(event_key).toMatch(new RegExp(`^${video_id}:\\d{4}-`));
		expect(sandbox.videos.has(video_id!)).toBe(true);
		expect(views).toMatch(/^\d+$/);
		await editor.widenOutput();
		await editor.picture(`trigger-${theme}`);
	});
});

describe('as a tool of an AI agent', () => {
	it('lets the model fill in the links by default', async () => {
		await editor.setTheme('light');
		await editor.addTool('ContentStats');
		const links = editor.page.getByText('Defined automatically by the model');
		await links.waitFor();
		await editor.picture('tool');
		// Duration and options keep their own values.
		expect(await links.count()).toBe(1);
		await editor.page.keyboard.press('Escape');
		expect((await editor.issues()).get('ContentStats') ?? '').not.toContain('Video URLs');
	});
});

describe('a pasted text', () => {
	const tiktok = (id: number) => `https://www.tiktok.com/@made.up/video/73100000000000000${id}`;

	it.each([
		[
			'a list of Markdown',
			`# Campaign videos\n\n1. [First](${tiktok(11)})\n2. [Second](${tiktok(12)})`,
			[tiktok(11), tiktok(12)],
			'Campaign videos First Second',
		],
		[
			'a CSV with a header',
			`url,title,views\n${tiktok(13)},"Coffee, please",1200\n${tiktok(14)},Tea,7`,
			[tiktok(13), tiktok(14)],
			'url title views Coffee please 1200 Tea 7',
		],
		[
			'a share text',
			"Check out Made Up's video! #coffee https://vm.tiktok.com/ZSmade-Up9/ This post is shared via TikTok Lite. Download TikTok Lite to enjoy more posts: https://www.tiktok.com/tiktoklite",
			['https://vm.tiktok.com/ZSmade-Up9/'],
			"Check out Made Up's video! #coffee",
		],
	])('such as %s gives its links, and a hint quotes the rest', async (_, text, links, words) => {
		await editor.setTheme('light');
		await editor.add('Actions', 'Track videos');
		await editor.field('videoUrls').locator('textarea').fill(text);
		const rows = await editor.execute();
		expect(rows.map(({ input_link, outcome }) => [input_link, outcome])).toEqual(
			links.map((link) => [link, 'tracked']),
		);
		const hints = await editor.at('node-hint').allInnerTexts();
		expect(hints.join('\n')).toContain(`in the text. Ignored “${words}`);
	});
});

describe('the video selector', () => {
	beforeAll(async () => await editor.setTheme('light'));
	beforeEach(async () => {
		await editor.add('Actions', 'Get the metrics of a video');
	});

	it('finds a video in the list by its title', async () => {
		const locator = editor.at('resource-locator-videoId');
		await editor.at('rlc-input', locator).click();
		const entries = editor.at('rlc-item');
		await entries.first().waitFor();
		expect(await entries.count()).toBe(sandbox.videos.size);
		await editor.picture('choose-video');
		const first = await entries.last().innerText();
		await editor.at('rlc-search').fill(first.split(' — ')[0]!);
		await entries.filter({ hasText: first }).click();
		const rows = await editor.execute();
		expect(rows.length).toBeGreaterThan(24);
		expect(new Set(rows.map(({ video_id }) => video_id)).size).toBe(1);
		await editor.widenOutput();
		await editor.picture('snapshots');
	});

	it('accepts the link of a video', async () => {
		await editor.at('rlc-mode-selector').click();
		await editor.page.getByText('By URL', { exact: true }).last().click();
		await editor.at('rlc-input-container').locator('input').fill(`${TRACKED[1]}&t=10s`);
		// n8n applies the text a moment later, and shows this link once it has.
		await editor.at('rlc-open-resource-link').waitFor();
		const rows = await editor.execute();
		const video = [...sandbox.videos.values()].find(({ video_link }) => video_link === TRACKED[1]);
		expect(rows[0]!.video_id).toBe(video!.id);
	});
});

describe('the videos of the trigger', () => {
	it('are chosen from the list, and its test shows one of them', async () => {
		const credential = await saveCredential(n8n, sandbox);
		await openTrigger(credential, { watch: 'selected' });
		const entries = await openVideos();
		const entry = entries.filter({ hasText: TRACKED[1]! });
		await editor.picture('choose-videos');
		await entry.click();
		const [row] = await editor.execute();
		const video = [...sandbox.videos.values()].find(({ video_link }) => video_link === TRACKED[1]);
		expect(row!.video_id).toBe(video!.id);
	});

	it('begin with what to do first in an empty account', async () => {
		const empty = await openSandbox();
		await openTrigger(await saveCredential(n8n, empty), { watch: 'selected' });
		const entries = await openVideos();
		expect(await entries.first().innerText()).toContain('No videos yet. Track one first');
		await editor.picture('choose-videos-empty');
	});

	it('are named if one is not tracked', async () => {
		const credential = await saveCredential(n8n, sandbox);
		await openTrigger(credential, { watch: 'selected', videos: 'https://youtu.be/dQw4w9WgXcQ' });
		await editor.at('node-execute-button').click();
		await editor.page
			.getByText('No tracking found for YouTube video dQw4w9WgXcQ')
			.first()
			.waitFor();
	});

	/** Opens the list of videos, which n8n loads when the node is opened. */
	async function openVideos(): Promise<Locator> {
		const field = editor.field('videoIds');
		const entries = editor.page.locator('.el-select-dropdown__item:visible');
		await waitFor(
			'the videos',
			60_000,
			async () => {
				if ((await entries.count()) > 0) return true;
				await field.locator('.el-select').first().click();
				return false;
			},
			500,
		);
		return entries;
	}
});

describe('the columns of a node that never ran', () => {
	it.each([
		['Track', { videoUrls: TRACKED[0]! }, 'outcome'],
		['Get', { operation: 'get' }, 'views'],
	])('of %s are dragged into the next one', async (operation, parameters, column) => {
		const credential = await saveCredential(n8n, sandbox);
		const common = { typeVersion: 1, position: [0, 0] as [number, number] };
		const node: INode = { ...common, id: 'a', name: operation, type: TYPE, parameters };
		const type = 'n8n-nodes-base.set';
		const next: INode = {
			...common,
			id: 'b',
			name: 'Next',
			type,
			typeVersion: 3.4,
			parameters: {},
		};
		const connections = { [operation]: { main: [[{ node: 'Next', type: 'main', index: 0 }]] } };
		const template = { name: 'Columns', nodes: [node, next], connections };
		const workflow = await n8n.importWorkflow(template, (one) =>
			isOurs(one) ? credential : undefined,
		);
		await editor.openWorkflow(workflow.id);
		await editor.openNode('Next');
		const pill = editor.page
			.locator('[data-target="mappable"]')
			.filter({ hasText: column })
			.first();
		const target = editor.page.getByText('Drag input fields here').first();
		const { x, y } = (await target.boundingBox())!;
		await pill.hover();
		await editor.page.mouse.down();
		await editor.page.mouse.move(x + 10, y + 10, { steps: 20 });
		await editor.page.mouse.up();
		await editor.page.getByText(`{{ $json.${column} }}`).waitFor();
		await editor.picture(`columns-${operation.toLowerCase()}`);
		const runs = await n8n.executions();
		expect(runs.filter(({ workflowId }) => workflowId === workflow.id)).toEqual([]);
	});
});

describe('the events of growth', () => {
	it.each([
		['growth.spiked', ['spikeFactor', 'spikeMinimum'], 'growth_per_hour'],
		['growth.slowed', ['slowedHours', 'slowedPercent'], 'estimated_savings_usd'],
		['age.reached', ['ages'], 'views_at_age'],
	])('%s shows its fields, and a test its columns', async (event, fields, column) => {
		await openTrigger(await saveCredential(n8n, sandbox), { events: [event] });
		for (const name of ['spikeFactor', 'spikeMinimum', 'slowedHours', 'slowedPercent', 'ages'])
			expect(await editor.field(name).count()).toBe(fields.includes(name) ? 1 : 0);
		const [row] = await editor.execute();
		expect(row).toHaveProperty(column);
		expect(row!.event).toBe(event);
		await editor.picture(`event-${event.replace('.', '-')}`);
	});
});

/** Opens a trigger with these parameters, in a workflow of its own. */
async function openTrigger(credential: CredentialReference, parameters: INodeParameters) {
	const { nodes } = readTemplate('new-snapshots-to-a-data-table.json');
	const trigger = { ...nodes.find(isOurs)!, parameters };
	const template = { name: 'A trigger', nodes: [trigger], connections: {} };
	const workflow = await n8n.importWorkflow(template, () => credential);
	await editor.openWorkflow(workflow.id);
	await editor.openNode(trigger.name);
}

describe('the first hour', () => {
	it('goes from pasted links over their price to rows', async () => {
		await editor.setTheme('light');
		const account = await openSandbox({ balanceUsd: 50, snapshotIntervalMs: 5_000 });
		const credential = await saveCredential(n8n, account);
		const credentialOf = (node: INode) => (isOurs(node) ? credential : undefined);
		const track = await n8n.importWorkflow(
			readTemplate('track-a-batch-of-videos.json'),
			credentialOf,
		);
		await editor.openWorkflow(track.id);
		await editor.openNode(TRACK_NODE);
		await editor.widenOutput();
		await editor.frame();
		await editor.execute();
		const hint = editor.at('node-hint').first();
		expect(await hint.innerText()).toContain(
			'12 of 12 links would be tracked. Estimated cost: $30.24',
		);
		expect(account.videos.size).toBe(0);
		await editor.frame();
		await editor.field('dryRun').locator('.el-switch').click();
		await editor.execute();
		await hint.getByText('12 of 12 links tracked. Estimated cost: $30.24').waitFor();
		expect(account.videos.size).toBe(12);
		await editor.frame();

		const collect = await n8n.importWorkflow(
			readTemplate('new-snapshots-to-a-data-table.json'),
			credentialOf,
		);
		await twoSnapshotsEach(account);
		await n8n.publish(collect);
		const rowCount = async () => (await n8n.tableRows(TABLE).catch(() => [])).length;
		await waitFor('the rows', 60_000, async () => (await rowCount()) >= 24);
		await editor.openTable(await n8n.tableUrl(TABLE));
		await editor.frame();
		await editor.film('paste-price-rows');
	});
});

describe('the imported template', () => {
	const files = readdirSync(join(__dirname, '..', '..', 'workflows'));

	it.each(files)('%s has no issues except missing credentials', async (file) => {
		const template = readTemplate(file);
		const workflow = await n8n.importWorkflow(template, () => undefined);
		await editor.openWorkflow(workflow.id);
		await editor.at('zoom-to-fit').click();
		const issues = await editor.issues();
		for (const issue of issues.values())
			expect(issue).toMatch(/^Issues:?\s+Credentials for [\w ]+ are not set\.$/);
		const ours = template.nodes.filter(isOurs).map(({ name }) => name);
		expect([...issues.keys()]).toEqual(expect.arrayContaining(ours));
		await editor.picture(`template-${file.replace('.json', '')}`);
	});
});
