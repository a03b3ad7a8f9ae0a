import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');

/** Runs `npm run demo` with some options to its end. */
async function demo(...options: string[]) {
	const args = [require.resolve('tsx/cli'), join(ROOT, 'demo', 'index.ts'), ...options];
	return await new Promise<{ code: unknown; out: string; err: string }>((resolve) => {
		execFile(process.execPath, args, { cwd: ROOT }, (error, out, err) =>
			resolve({ code: error ? error.code : 0, out, err }),
		);
	});
}

// The machine may be busy.
jest.setTimeout(120_000);

it('tracks the links of the template with --quick, and prints two snapshots of each', async () => {
	const { code, out, err } = await demo('--quick');

	expect(err).toBe('');
	expect(code).toBe(0);
	const tracked = out.match(/^│ tracked .+https:/gm);
	expect(tracked).toHaveLength(12);
	expect(out).toContain('Estimated cost in total: $30.24.');
	const videos = [...out.matchAll(/^│ \d{4}-\S+ │ (\w+) +│ (\w+)/gm)].map(([, , id]) => id);
	expect(videos).toHaveLength(24);
	expect(new Set(videos).size).toBe(12);
	for (const platform of ['tiktok', 'youtube', 'instagram', 'twitter']) {
		expect(out).toContain(`│ ${platform} `);
	}
	expect(out.trimEnd()).toMatch(/\nTo see them in a real n8n, run: npm run demo$/);
});

it.each([
	[['--quick', '--once'], /'--quick' cannot be used with option '--once'/],
	[['--quick', '--port', '5678'], /'--quick' cannot be used with option '--port/],
	[['--port', 'abc'], /whole number from 1 to 65535/],
	[['--quik'], /unknown option '--quik'/],
	[['now'], /too many arguments/],
])('refuses the arguments %j and names the problem', async (options, problem) => {
	const { code, err } = await demo(...options);

	expect(code).toBe(1);
	expect(err).toMatch(problem);
	expect(err).toContain('--help');
});

it.each(['--port', '--sandbox-port'])('says apart what to do if %s is in use', async (option) => {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const { code, err } = await demo(option, String(port));
	server.close();

	expect([code, err.trim()]).toEqual([
		1,
		`Port ${port} on 127.0.0.1 is in use.\n\nStop the program that uses it, or choose another port with ${option}.`,
	]);
});
