import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { IDataObject } from 'n8n-workflow';
import { setTimeout as sleep } from 'node:timers/promises';
import { isOurs, readTemplate, saveCredential } from '../../demo/scenario';
import type { Sandbox } from '../../sandbox';
import { openSandbox, startRealN8n } from '../support/realN8n';

const LINKS = [
	'https://www.tiktok.com/@harbor.coffee/video/7301122334455667788',
	'https://www.youtube.com/watch?v=hC0ffee2024',
];

const TOKEN = 'a-token-of-the-test';

let sandbox: Sandbox;
let address: URL;
let client: Client;

beforeAll(async () => {
	const { n8n, url } = await startRealN8n();
	sandbox = await openSandbox();
	const credential = await saveCredential(n8n, sandbox);
	const template = readTemplate('tools-for-an-ai-assistant.json');
	const bearer = await n8n.createCredential('Assistant', 'httpBearerAuth', { token: TOKEN });
	const workflow = await n8n.importWorkflow(template, (node) => {
		if (isOurs(node)) return credential;
		return node.name === 'MCP server' ? bearer : undefined;
	});
	await n8n.publish(workflow);
	address = new URL(`${url}/mcp/contentstats`);
	client = await connectWhenListening();
});
afterAll(async () => await client?.close());

it('refuses a client with a wrong token', async () => {
	await expect(connect('a-wrong-token')).rejects.toMatchObject({ code: 403 });
});

it('lists one tool per operation and describes its cost and result', async () => {
	const { tools } = await client.listTools();
	log('tools/list', tools.map(({ name, description }) => `${name}: ${description}`).join('\n'));
	expect(tools.map(({ name }) => name).sort()).toEqual(
		['Get_balance', 'Get_metrics', 'List_videos', 'Stop_tracking', 'Track_videos'].sort(),
	);
	for (const { description } of tools) {
		expect(description).toMatch(/(Free\.|you pay only for|\$0\.015)/);
		expect(description).toMatch(/Returns /);
	}
	expect(new Set(tools.map(({ description }) => description)).size).toBe(5);
});

it('describes the inputs of the Track_videos tool', async () => {
	const { tools } = await client.listTools();
	const { inputSchema } = tools.find(({ name }) => name === 'Track_videos')!;
	log('the schema of Track_videos', JSON.stringify(inputSchema, null, 2));
	expect(inputSchema).toMatchObject({
		type: 'object',
		properties: {
			// Not in the template: the model fills it in by default.
			Video_URLs: { type: 'string', description: expect.stringContaining('one per line') },
			duration_days: { type: 'number', description: expect.stringContaining('$0.36') },
			dry_run: {
				type: 'boolean',
				description: expect.stringContaining('without spending anything'),
			},
		},
	});
	expect([...inputSchema.required!].sort()).toEqual(['Video_URLs', 'dry_run', 'duration_days']);
});

it('returns the balance from the Get_balance tool', async () => {
	const [usage] = await call('Get_balance');
	expect(Object.values(usage!)).not.toContain(null);
	expect(usage).toMatchObject({ balance_usd: 100, available_usd: 100, active_videos: 0 });
});

it('estimates the cost of a batch in a dry run and spends nothing', async () => {
	const items = await call('Track_videos', tracking(true));
	expect(items.map(({ outcome, estimated_cost }) => [outcome, estimated_cost])).toEqual([
		['would_track', 0.36],
		['would_track', 0.36],
	]);
	expect(sandbox.videos.size).toBe(0);
	expect(sandbox.ledger).toEqual([]);
});

it('spends at most $5 in a call by default', async () => {
	const Video_URLs = [...LINKS, 'https://x.com/a/status/1'].join('\n');
	const args = { Video_URLs, duration_days: 7, dry_run: false };
	const reply = await client.callTool({ name: 'Track_videos', arguments: args });
	log('Track_videos for $7.56', textOf(reply));
	expect(textOf(reply)).toContain('costs $7.56, but Max Total Cost allows $5.00');
	expect(sandbox.ledger).toEqual([]);
});

it('tracks each video of a batch once, even if the batch is sent twice', async () => {
	const items = await call('Track_videos', tracking(false));
	expect(items.map(({ outcome }) => outcome)).toEqual(['tracked', 'tracked']);
	expect(items.map(({ video_id }) => video_id).sort()).toEqual([...sandbox.videos.keys()].sort());
	const again = await call('Track_videos', tracking(false));
	expect(again.map(({ outcome }) => outcome)).toEqual(['already_tracked', 'already_tracked']);
	expect(sandbox.ledger.filter((entry) => entry.kind === 'track')).toHaveLength(2);
});

it('returns the metrics of a video and stops its tracking', async () => {
	const [first, second] = await call('List_videos');
	expect([first!.status, second!.status]).toEqual(['monitoring', 'monitoring']);
	const [summary] = await call('Get_metrics', { video_id: first!.video_id });
	expect(summary).toMatchObject({ video_id: first!.video_id, snapshot_count: 0 });
	const [stopped] = await call('Stop_tracking', { video_id: first!.video_id });
	expect(stopped).toMatchObject({ previous_status: 'monitoring', new_status: 'completed' });
	expect(sandbox.videos.get(String(first!.video_id))!.status).toBe('completed');
});

it('names the refused link in the reply to the assistant', async () => {
	const reply = await client.callTool({
		name: 'Track_videos',
		arguments: { ...tracking(false), Video_URLs: 'https://example.com/no-video' },
	});
	log('Track_videos with a link that is no video', textOf(reply));
	expect(textOf(reply)).toContain('example.com');
	expect(sandbox.videos.size).toBe(2);
});

it('counts each call by itself', async () => {
	const track = async (Video_URLs: string) =>
		await call('Track_videos', { Video_URLs, duration_days: 8, dry_run: false });
	const items = [
		...(await track('https://x.com/a/status/11')),
		...(await track('https://x.com/a/status/12')),
	];
	expect(items.map(({ outcome, estimated_cost }) => [outcome, estimated_cost])).toEqual([
		['tracked', 2.88],
		['tracked', 2.88],
	]);
});

async function connect(token: string): Promise<Client> {
	const assistant = new Client({ name: 'test', version: '1.0.0' });
	const requestInit = { headers: { Authorization: `Bearer ${token}` } };
	await assistant.connect(new StreamableHTTPClientTransport(address, { requestInit }));
	return assistant;
}

/** Retries for 30 seconds, because n8n confirms a publication before the MCP server listens. */
async function connectWhenListening(): Promise<Client> {
	const deadline = Date.now() + 30_000;
	for (;;) {
		try {
			return await connect(TOKEN);
		} catch (error) {
			if (Date.now() > deadline) throw error;
			await sleep(250);
		}
	}
}

const tracking = (dry_run: boolean) => ({
	Video_URLs: LINKS.join('\n'),
	duration_days: 1,
	dry_run,
});

/** Calls a tool and returns its items. */
async function call(name: string, args: IDataObject = {}): Promise<IDataObject[]> {
	const reply = await client.callTool({ name, arguments: args });
	log(`${name} ${JSON.stringify(args)}`, textOf(reply));
	return JSON.parse(textOf(reply)) as IDataObject[];
}

function textOf(reply: Awaited<ReturnType<Client['callTool']>>): string {
	const [content] = reply.content as Array<{ type: string; text: string }>;
	return content!.text;
}

const log = (title: string, text: string): void => {
	process.stdout.write(`\n> ${title}\n${text}\n`);
};
