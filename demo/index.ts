import { Command, InvalidArgumentError, Option } from 'commander';
import { describeError } from './errors';
import { EXPECTED } from './expected';
import { stopAllGroups } from './processes';
import { silenceSteps } from './steps';

interface CliOptions {
	quick?: true;
	once?: true;
	port: number;
	sandboxPort?: number;
}

const options = new Command('npm run demo --')
	.description(
		'Runs a real n8n with this package against a local stand-in for the paid API: 12 videos are ' +
			'tracked, and their snapshots arrive as rows of an n8n Data Table. Nothing is spent, and no ' +
			'account is needed. The first start installs n8n into demo/.install (about 3 GB).',
	)
	.addOption(
		new Option(
			'--quick',
			'run the nodes in n8n-core instead, and print their items: some seconds, nothing to install',
		).conflicts(['once', 'port', 'sandboxPort']),
	)
	.option('--once', `exit with 0 after ${EXPECTED.rows} rows are in the table, else with 1`)
	.option('--port <number>', 'where n8n listens on 127.0.0.1', portNumber, 5678)
	.option('--sandbox-port <number>', 'where the stand-in listens (default: any)', portNumber)
	.showHelpAfterError('Run with --help to see the options.')
	.parse()
	.opts<CliOptions>();

let ending = false;

process.on('SIGINT', () => void interrupted(130));
process.on('SIGTERM', () => void interrupted(143));
// The terminal was closed. Writing to it would fail.
process.on('SIGHUP', () => void interrupted(129));
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
main().catch((error: Error) => {
	if (ending) return;
	console.error(`\n${describeError(error)}`);
	void end(1);
});

async function main() {
	// Each mode loads only what it needs: n8n-core alone takes seconds.
	if (options.quick) await (await import('./quickDemo.ts')).runQuickDemo();
	else await (await import('./fullDemo.ts')).runFullDemo(options);
	await end(0);
}

async function interrupted(code: number) {
	silenceSteps();
	if (!ending) console.log('\nStopping …');
	await end(code);
}

/** Stops every process that the demo started, then exits. */
async function end(code: number) {
	// A second Ctrl-C does not wait, because the remaining processes end with this one.
	if (ending) process.exit(code);
	ending = true;
	await stopAllGroups();
	process.exit(code);
}

function portNumber(text: string): number {
	const port = Number(text);
	if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
	throw new InvalidArgumentError('It must be a whole number from 1 to 65535.');
}
