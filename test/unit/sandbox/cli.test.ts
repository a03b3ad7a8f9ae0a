import axios from 'axios';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');

function start(...options: string[]) {
	const child = spawn(
		process.execPath,
		[require.resolve('tsx/cli'), join(ROOT, 'sandbox', 'cli.ts'), ...options],
		{ cwd: ROOT },
	);
	const output = { out: '', err: '' };
	child.stdout.on('data', (chunk) => (output.out += chunk));
	child.stderr.on('data', (chunk) => (output.err += chunk));
	const ended = once(child, 'close').then(([code]) => ({ code: code as number, ...output }));
	const ready = new Promise<void>((resolve) =>
		child.stdout.on('data', () => output.out.includes('Ctrl-C') && resolve()),
	);
	return { child, output, ended, ready: Promise.race([ready, ended]) };
}

jest.setTimeout(30_000);

it('prints every option and an example request on --help', async () => {
	const { code, out } = await start('--help').ended;

	expect(code).toBe(0);
	for (const option of [
		'--port',
		'--seed',
		'--plan',
		'--requests-per-minute',
		'--max-videos',
		'--balance',
		'--snapshot-every',
		'--manual-clock',
	]) {
		expect(out).toContain(option);
	}
	expect(out).toMatch(/curl .*\/api\/v1\/usage/);
});

it.each([
	[['--plan', 'gold'], /free, pro, enterprise/],
	[['--port', '70000'], /whole number from 0 to 65535/],
	[['--balance', 'much'], /amount in USD/],
	[['--snapshot-every', '0'], /seconds above 0/],
	[['--requests-per-minute', '0'], /whole number from 1/],
	[['--colour'], /unknown option/],
	[['start'], /too many arguments/],
])('refuses the arguments %j and names the problem', async (options, problem) => {
	const { code, err } = await start(...options).ended;

	expect(code).toBe(1);
	expect(err).toMatch(problem);
	expect(err).toContain('--help');
});

it('exits with an error if the port is taken', async () => {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const { code, err } = await start('--port', String(port)).ended;
	server.close();

	expect([code, err.trim()]).toEqual([
		1,
		`Port ${port} is taken. Choose another with --port, or stop what uses it.`,
	]);
});

it.each(['SIGINT', 'SIGTERM'] as const)('applies its options and exits 0 on %s', async (signal) => {
	const run = start(
		...['--port', '0', '--plan', 'free', '--max-videos', '1', '--balance', '0.50'],
		...['--seed', '7', '--snapshot-every', '60', '--manual-clock'],
	);
	await run.ready;
	const baseURL = /Base URL\s+(\S+)/.exec(run.output.out)?.[1];
	const key = /Live key\s+(cs_live_\S+)/.exec(run.output.out)?.[1];
	const http = axios.create({ baseURL, headers: { 'X-API-Key': key }, validateStatus: () => true });
	const body = { video_link: 'https://youtu.be/abc', duration_days: 1 };

	const usage = await http.get('/usage');
	expect(usage.data.balance_usd).toBe(0.5);
	expect(usage.headers['x-ratelimit-limit']).toBe('60');
	expect((await http.post('/videos/track', body)).status).toBe(201);
	expect((await http.post('/videos/track', body)).data.error).toMatch('Plan limit reached');
	const clock = new URL('/_sandbox/clock', baseURL).href;
	await axios.post(clock, { advance_ms: 180_000 });
	expect((await http.get('/usage')).data.total_snapshots).toBe(3);
	expect(run.output.out).toMatch(/Test key\s+cs_test_sandbox/);

	run.child.kill(signal);
	expect((await run.ended).code).toBe(0);
});
