import { Command, InvalidArgumentError, Option } from 'commander';
import { manualClock, PLANS, startSandbox, type PlanName } from '.';

interface CliOptions {
	port: number;
	seed: number;
	plan: PlanName;
	requestsPerMinute?: number;
	maxVideos?: number;
	balance: number;
	snapshotEvery: number;
	manualClock?: boolean;
}

const EXAMPLES = `
Examples:
  $ npm run sandbox
  $ npm run sandbox -- --snapshot-every 20 --plan free --balance 0.50

  Send requests with the live key that it prints:
  $ curl -H "X-API-Key: $KEY" http://127.0.0.1:4010/api/v1/usage
  $ curl -H "X-API-Key: $KEY" -H "Content-Type: application/json" \\
      -d '{"video_link":"https://www.tiktok.com/@user/video/7234567890","duration_days":1}' \\
      http://127.0.0.1:4010/api/v1/videos/track

  List requests and charges; add credit; make the next request fail; advance a --manual-clock:
  $ curl http://127.0.0.1:4010/_sandbox/requests
  $ curl http://127.0.0.1:4010/_sandbox/ledger
  $ curl -d '{"add_usd":5}' http://127.0.0.1:4010/_sandbox/balance
  $ curl -d '{"kind":"status","status":502}' http://127.0.0.1:4010/_sandbox/faults
  $ curl -d '{"advance_ms":3600000}' http://127.0.0.1:4010/_sandbox/clock

Faults (sandbox/README.md tells their options):
  status rate_limited drop late_commit latency body headers redirect set
  lag             the list, a video or usage as of some seconds ago
  short_page      fewer entries than asked for
  repeat_entry    an entry twice in place of another
  ignore_filters  a list of all platforms or statuses
  price           another price than /usage says

  Let every GET lag by up to 3 seconds:
  $ curl -d '{"kind":"lag","ms":3000,"flips":true,"times":"always","match":{"method":"GET"}}' \\
      http://127.0.0.1:4010/_sandbox/faults
`;

const program = new Command('sandbox')
	.usage('[options]')
	.description('A local stand-in for the ContentStats REST API. Nothing leaves this machine.')
	.addOption(
		new Option('--port <number>', 'port on 127.0.0.1; 0 picks a free one')
			.default(4010)
			.argParser(integer(0, 65_535)),
	)
	.addOption(
		new Option('--seed <number>', 'seed of all generated ids, titles and growth curves')
			.default(1)
			.argParser(integer(0, Number.MAX_SAFE_INTEGER)),
	)
	.addOption(
		new Option('--plan <name>', 'sets requests per minute and videos at once')
			.choices(Object.keys(PLANS))
			.default('pro'),
	)
	.addOption(
		new Option('--requests-per-minute <number>', "overrides the plan's rate limit").argParser(
			integer(1, Number.MAX_SAFE_INTEGER),
		),
	)
	.addOption(
		new Option('--max-videos <number>', "overrides the plan's number of videos").argParser(
			integer(0, Number.MAX_SAFE_INTEGER),
		),
	)
	.addOption(new Option('--balance <usd>', 'starting balance in USD').default(5).argParser(amount))
	.addOption(
		new Option('--snapshot-every <seconds>', 'time between two snapshots of a video')
			.default(3600)
			.argParser(seconds),
	)
	.option('--manual-clock', 'stop the clock: it moves only on POST /_sandbox/clock')
	.allowExcessArguments(false)
	.showHelpAfterError('Run with --help to see the options and examples.')
	.addHelpText('after', EXAMPLES);

void run(program.parse().opts<CliOptions>());

async function run(options: CliOptions): Promise<void> {
	const plan = PLANS[options.plan];
	const sandbox = await startSandbox({
		port: options.port,
		seed: options.seed,
		plan: {
			requestsPerMinute: options.requestsPerMinute ?? plan.requestsPerMinute,
			maxVideos: options.maxVideos ?? plan.maxVideos,
		},
		balanceUsd: options.balance,
		snapshotIntervalMs: options.snapshotEvery * 1000,
		clock: options.manualClock ? manualClock(Date.now()) : undefined,
	}).catch((error: NodeJS.ErrnoException) =>
		fail(
			error.code === 'EADDRINUSE'
				? `Port ${options.port} is taken. Choose another with --port, or stop what uses it.`
				: `The sandbox could not start: ${error.message}`,
		),
	);

	process.stdout.write(`The ContentStats sandbox is running.

  Base URL   ${sandbox.baseUrl}
  Live key   ${sandbox.liveKey}
  Test key   ${sandbox.testKey}  (charges nothing)

Press Ctrl-C to stop.
`);

	const stop = () => void sandbox.close().then(() => process.exit(0));
	process.once('SIGINT', stop);
	process.once('SIGTERM', stop);
}

function fail(message: string): never {
	process.stderr.write(`${message}\n`);
	process.exit(1);
}

function integer(least: number, most: number): (text: string) => number {
	return (text) => {
		const value = /^\d+$/.test(text) ? Number(text) : NaN;
		if (value >= least && value <= most) return value;
		throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
	};
}

function amount(text: string): number {
	if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
	throw new InvalidArgumentError('Give an amount in USD, such as 5 or 0.50.');
}

function seconds(text: string): number {
	const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
	if (value >= 0.001) return value;
	throw new InvalidArgumentError('Give a number of seconds above 0, such as 20.');
}
