import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeOutput, type Execution, type N8nApi, type WorkflowTemplate } from '../../demo/n8n';
import {
	isOurs,
	readTemplate,
	readTrackTemplate,
	saveCredential,
	setUp,
	TABLE,
	TRACK_NODE,
	TRACK_TRIGGER,
	twoSnapshotsEach,
	type Scenario,
} from '../../demo/scenario';
import type { Sandbox } from '../../sandbox';
import { waitFor } from '../support/waitFor';
import { pollEvery } from '../support/pollTimes';
import { openSandbox, startRealN8n } from '../support/realN8n';
import { rowsTaken } from '../support/rows';

let sandbox: Sandbox;
let n8n: N8nApi;
let dir: string;
let logFile: string;
let scenario: Scenario;

beforeAll(async () => {
	({ n8n, dir, logFile } = await startRealN8n({ N8N_LOG_LEVEL: 'debug' }));
	sandbox = await openSandbox({ snapshotIntervalMs: 5_000 });
	scenario = await setUp(n8n, sandbox);
});

describe('the credential test', () => {
	it('passes with a valid key', async () => {
		const { liveKey: apiKey, baseUrl } = sandbox;
		const result = await n8n.testCredential(scenario.credential, { apiKey, baseUrl });
		expect(result).toMatchObject({ status: 'OK' });
	});

	it('fails with an invalid key and reports the reason without the key', async () => {
		const apiKey = 'cs_live_not_a_key';
		const { baseUrl } = sandbox;
		const result = await n8n.testCredential(scenario.credential, { apiKey, baseUrl });
		expect(result.status).toBe('Error');
		expect(result.message).toMatch(/API key|authoriz/i);
		expect(result.message).not.toContain(apiKey);
	});
});

it('lets the HTTP Request node call the API with the credential', async () => {
	const parameters = {
		url: `${sandbox.baseUrl}/usage`,
		authentication: 'predefinedCredentialType',
		nodeCredentialType: scenario.credential.type,
	};
	const workflow = await n8n.importWorkflow(
		{
			name: 'HTTP Request',
			nodes: [
				builtIn('manualTrigger', 'Run manually', 1, {}),
				builtIn('httpRequest', 'Get usage', 4.2, parameters),
			],
			connections: {
				'Run manually': { main: [[{ node: 'Get usage', type: 'main', index: 0 }]] },
			},
		},
		({ name }) => (name === 'Get usage' ? scenario.credential : undefined),
	);
	const execution = await n8n.run(workflow, 'Run manually');
	expect(execution.status).toBe('success');
	expect(nodeOutput(execution, 'Get usage')).toEqual([
		expect.objectContaining({ balance_usd: 100, cost_per_snapshot: 0.015 }),
	]);
});

describe('the track workflow', () => {
	let first: IDataObject[];

	it('tracks 12 videos on four platforms with one POST each', async () => {
		first = trackedItems(await n8n.run(scenario.track, TRACK_TRIGGER));
		expect(first.map((item) => item.outcome)).toEqual(Array(12).fill('tracked'));
		expect(new Set(first.map((item) => item.platform))).toEqual(
			new Set(['tiktok', 'youtube', 'instagram', 'twitter']),
		);
		const posted = posts().map((post) => (post.body as IDataObject).video_link);
		expect(posted.sort()).toEqual(first.map((item) => item.input_link).sort());
		expect(first.map((item) => item.video_id).sort()).toEqual([...sandbox.videos.keys()].sort());
	});

	it('sends no POST when it runs again', async () => {
		const again = trackedItems(await n8n.run(scenario.track, TRACK_TRIGGER));
		expect(again.map((item) => item.outcome)).toEqual(Array(12).fill('already_tracked'));
		expect(again.map((item) => item.video_id)).toEqual(first.map((item) => item.video_id));
		expect(posts()).toHaveLength(12);
	});
});

describe('the trigger workflow', () => {
	it('writes every snapshot to the Data Table once, with the values from the sandbox', async () => {
		await twoSnapshotsEach(sandbox);
		await n8n.publish(scenario.collect);
		const published = Date.now();
		// Publishing polls at once. Younger snapshots come from the schedule, once a minute.
		const rows = await rowsWhen((found) =>
			perVideo(found).every((own) => own.some(youngerThan(published))),
		);
		await n8n.request('POST', `/workflows/${scenario.collect.id}/deactivate`, {});

		expect(new Set(rows.map((row) => row.event_key)).size).toBe(rows.length);
		for (const own of perVideo(rows)) {
			const newest = own
				.map((row) => String(row.snapshot_time))
				.sort()
				.at(-1)!;
			const taken = rowsTaken(sandbox.videos.get(String(own[0]!.video_id))!);
			const upToNewest = taken.filter((row) => row.snapshot_time <= newest);
			expect(own.sort(byTime)).toMatchObject(upToNewest.sort(byTime));
		}
	});

	it('leaves no failed execution', async () => {
		expect(await n8n.executions('error')).toEqual([]);
	});
});

describe('publishing with a wrong API key', () => {
	it('shows a failed execution, and rows come once the key is right', async () => {
		const account = await openSandbox({ snapshotIntervalMs: 5_000 });
		account.seedVideo({ video_link: 'https://x.com/a/status/1' });
		const { baseUrl, liveKey } = account;
		const credential = await n8n.createCredential('Wrong key', 'contentStatsApi', {
			apiKey: 'cs_live_wrong',
			baseUrl,
		});
		const workflow = await n8n.importWorkflow(triggerOnly('Wrong key', 5), () => credential);
		const executionsOf = async (status: 'error' | 'success') =>
			(await n8n.executions(status)).filter(({ workflowId }) => workflowId === workflow.id);
		await n8n.publish(workflow);
		await waitFor(
			'a failed execution',
			60_000,
			async () => (await executionsOf('error')).length > 0,
		);
		const [failed] = await executionsOf('error');
		const { error } = (await n8n.execution(failed!.id)).data.resultData;
		expect(error?.message).toBe('ContentStats rejected the API key');

		const data = { apiKey: liveKey, baseUrl };
		await n8n.request('PATCH', `/credentials/${credential.id}`, { ...credential, data });
		await waitFor('a row', 120_000, async () => (await executionsOf('success')).length > 0, 500);
		await n8n.request('POST', `/workflows/${workflow.id}/deactivate`, {});
	});
});

describe('pressing Stop during a wait for the rate limit', () => {
	const LIMIT = 20;
	/** The window of the rate limit. */
	const WAIT_MS = 60_000;
	it('ends the execution long before the wait and logs how many links were tracked', async () => {
		const slow = await openSandbox({
			plan: { requestsPerMinute: LIMIT, maxVideos: Infinity },
			balanceUsd: 1000,
		});
		const credential = await saveCredential(n8n, slow);
		const links = Array.from({ length: 30 }, (_, n) => `https://x.com/a/status/${n + 1}`);
		const workflow = await n8n.importWorkflow(trackTemplate(links), ({ name }) =>
			name === TRACK_NODE ? credential : undefined,
		);
		const id = await n8n.start(workflow, TRACK_TRIGGER);
		await waitFor('the first requests', 30_000, () => slow.requests.length >= LIMIT);
		await sleep(1000);
		expect(slow.requests).toHaveLength(LIMIT);

		const pressed = performance.now();
		await n8n.stop(id);
		const execution = await n8n.finished(id);
		const tookMs = performance.now() - pressed;
		process.stdout.write(`  n8n stopped after ${Math.round(tookMs)} ms\n`);
		expect(tookMs).toBeLessThan(WAIT_MS / 4);
		expect(execution.status).toBe('canceled');
		const tracked = slow.videos.size;
		// Planning the batch takes four requests before the first POST.
		expect(tracked).toBe(LIMIT - 4);
		const log = readFileSync(logFile, 'utf8');
		expect(log).toContain(`${tracked} of 30 links tracked`);
		await sleep(2000);
		expect(slow.requests).toHaveLength(LIMIT);
	});
});

// When one of two overlapping polls ends, n8n 2.40 takes the expression evaluator from the other.
it('completes the requests of a slow poll that overlaps the next one', async () => {
	const slow = await openSandbox({ snapshotIntervalMs: 5_000 });
	for (let number = 10; number < 50; number++)
		slow.seedVideo({
			video_link: `https://www.tiktok.com/@slow/video/73011223344556677${number}`,
			started: Date.now() - 30_000,
		});
	const match = { path: /^\/videos\/\w+$/ };
	slow.faults.add({ kind: 'latency', ms: 1500, match, times: Infinity });
	const credential = await saveCredential(n8n, slow);
	const overlapping = triggerOnly('Polls that overlap', 5);
	const workflow = await n8n.importWorkflow(overlapping, () => credential);
	const logged = readFileSync(logFile, 'utf8').length;
	await n8n.publish(workflow);
	await sleep(60_000);
	await n8n.request('POST', `/workflows/${workflow.id}/deactivate`, {});
	const log = readFileSync(logFile, 'utf8').slice(logged);
	// A poll fetches 40 videos, eight at a time, which takes longer than the 5 s to the next poll.
	expect(
		log.split('Poll trigger initiated for workflow "Polls that overlap"').length,
	).toBeGreaterThan(8);
	// A request that its poll had no time left to wait for does not count.
	const lost = /No response from ContentStats for (?!.* within the time of this poll)/;
	expect(log.split('\n').filter((line) => lost.test(line))).toEqual([]);
});

it("never writes the API key to n8n's logs or executions", async () => {
	const executions = await n8n.executions();
	expect(executions.length).toBeGreaterThanOrEqual(4);
	const places = new Map([['n8n.log', readFileSync(logFile, 'utf8')]]);
	places.set('event log', readFileSync(join(dir, 'n8n', '.n8n', 'n8nEventLog.log'), 'utf8'));
	for (const { id } of executions) {
		const text = JSON.stringify(await n8n.request('GET', `/executions/${id}`));
		expect(text).toContain('runData');
		places.set(`execution ${id}`, text);
	}
	const leaks = [...places].filter(([, text]) => text.includes(sandbox.liveKey));
	expect(leaks.map(([place]) => place)).toEqual([]);
});

/** Returns a node of n8n itself. */
const builtIn = (
	type: string,
	name: string,
	typeVersion: number,
	parameters: IDataObject,
): INode => ({
	id: name,
	name,
	type: `n8n-nodes-base.${type}`,
	typeVersion,
	position: [0, 0],
	parameters: parameters as INodeParameters,
});

/** Returns a workflow of the trigger alone, which polls every few seconds. */
function triggerOnly(name: string, everySeconds: number): WorkflowTemplate {
	const { nodes } = readTemplate('new-snapshots-to-a-data-table.json');
	const trigger = nodes.find(isOurs)!;
	const parameters = { ...trigger.parameters, pollTimes: pollEvery(everySeconds) };
	return { name, nodes: [{ ...trigger, parameters }], connections: {} };
}

/** Returns the template that tracks a batch, with its links replaced. */
function trackTemplate(links: string[]): WorkflowTemplate {
	const template = readTrackTemplate();
	const nodes = template.nodes.map((node) =>
		node.name === TRACK_NODE
			? { ...node, parameters: { ...node.parameters, videoUrls: links.join('\n') } }
			: node,
	);
	return { ...template, nodes };
}

function trackedItems(execution: Execution): IDataObject[] {
	expect(execution.status).toBe('success');
	return nodeOutput(execution, TRACK_NODE);
}

function posts() {
	return sandbox.requests.filter(({ method }) => method === 'POST');
}

/** Returns the table's rows once `complete` accepts them, or after 2 minutes in any case. */
async function rowsWhen(complete: (rows: IDataObject[]) => boolean): Promise<IDataObject[]> {
	const deadline = Date.now() + 120_000;
	for (;;) {
		const rows = await n8n.tableRows(TABLE);
		if (complete(rows) || Date.now() > deadline) return rows;
		await sleep(1000);
	}
}

/** Groups rows by the sandbox's videos. The list of a video without rows is empty. */
function perVideo(rows: IDataObject[]): IDataObject[][] {
	return [...sandbox.videos.keys()].map((id) => rows.filter((row) => row.video_id === id));
}

function youngerThan(ms: number) {
	return (row: IDataObject) => Date.parse(String(row.snapshot_time)) > ms;
}

function byTime(a: IDataObject, b: IDataObject): number {
	return String(a.snapshot_time).localeCompare(String(b.snapshot_time));
}
