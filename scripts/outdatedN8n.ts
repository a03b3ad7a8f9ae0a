import { Command, Option } from 'commander';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { logTail, run, stopAllGroups } from '../demo/processes';
import { printStep } from '../demo/steps';

interface Manifest {
	dependencies?: Record<string, string>;
	devDependencies?: Record<string, string>;
}

/** Packages that are upgraded together, and the commands that must then pass. */
interface Trial {
	/** Folder of the package.json that pins them. */
	folder: string;
	/** Each is upgraded to its newest version, or to the one that the first of them depends on. */
	packages: string[];
	commands: string[];
}

const ROOT = join(__dirname, '..');
const TRIALS: Record<string, Trial> = {
	engine: {
		folder: '.',
		packages: ['n8n-core', 'n8n-workflow'],
		commands: ['lint', 'test'],
	},
	scanner: {
		folder: '.',
		packages: ['@n8n/scan-community-package'],
		commands: ['build', 'scan'],
	},
	lint: { folder: '.', packages: ['@n8n/node-cli'], commands: ['lint'] },
	n8n: {
		folder: 'demo',
		packages: ['n8n'],
		commands: ['test:n8n', 'test:crash'],
	},
};

const { list, only } = new Command('npm run outdated:n8n --')
	.description(
		'Tells which of n8n, its engine, its scanner and its lint plugin have newer versions on npm. ' +
			'Each is installed into a copy of the last commit, and the commands that fail there are listed. ' +
			'If a version does not install, the one before it is tried. Exits with 1 if anything fails.',
	)
	.option('--list', 'only list the versions')
	.addOption(new Option('--only <name>', 'try only one').choices(Object.keys(TRIALS)))
	.parse()
	.opts<{ list?: true; only?: string }>();

process.on('SIGINT', () => void stopAllGroups().then(() => process.exit(130)));
main().catch((error: Error) => {
	console.error(error.message);
	process.exit(1);
});

async function main(): Promise<void> {
	const chosen = Object.values(only ? { [only]: TRIALS[only]! } : TRIALS);
	for (const trial of chosen) {
		const newer = newerVersions(trial);
		if (newer.length === 0 || list) continue;
		if (!(await passesOneOf(trial, newer))) process.exitCode = 1;
	}
}

/** Prints how a trial's first package is pinned. Returns its newer releases, newest first. */
function newerVersions({ folder, packages: [name] }: Trial): string[] {
	const pinned = pinnedVersion(folder, name!);
	const versions = npmView<string[]>(name!, 'versions');
	const latest = npmView<string>(name!, 'version');
	const newer = versions
		.slice(versions.indexOf(pinned) + 1, versions.indexOf(latest) + 1)
		.filter((version) => !version.includes('-'))
		.reverse();
	console.log(`${name} ${pinned}: ${newer[0] ? `${newer[0]} is on npm` : 'the newest'}`);
	return newer;
}

function pinnedVersion(folder: string, name: string): string {
	const text = readFileSync(join(ROOT, folder, 'package.json'), 'utf8');
	const { dependencies, devDependencies } = JSON.parse(text) as Manifest;
	return { ...dependencies, ...devDependencies }[name]!;
}

/** Asks npm for a field of a package. @throws Error if npm cannot be reached */
function npmView<T>(name: string, field: string): T {
	return JSON.parse(execFileSync('npm', ['view', name, field, '--json'], { encoding: 'utf8' }));
}

/** Tries versions until one installs. Returns whether it passes every command. */
async function passesOneOf(trial: Trial, versions: string[]): Promise<boolean> {
	const copy = mkdtempSync(join(tmpdir(), 'contentstats-outdated-'));
	const remove = () => rmSync(copy, { recursive: true, force: true });
	process.once('exit', remove);
	try {
		execFileSync('git', ['clone', '--quiet', ROOT, copy]);
		if (!(await succeeds('npm ci', copy, ['ci', '--no-audit', '--no-fund']))) return false;
		for (const version of versions) {
			const names = namesAt(trial.packages, version);
			if (!(await succeeds(`Installing ${names.join(' ')}`, copy, installation(trial, names))))
				continue;
			let isPassing = true;
			for (const command of trial.commands)
				isPassing = (await succeeds(`npm run ${command}`, copy, ['run', command])) && isPassing;
			return isPassing;
		}
		return false;
	} finally {
		remove();
	}
}

/** Returns `name@version` for each package; those after the first as the first depends on them. */
function namesAt([first, ...others]: string[], version: string): string[] {
	const newest = `${first}@${version}`;
	if (others.length === 0) return [newest];
	const needs = npmView<Record<string, string>>(newest, 'dependencies');
	return [newest, ...others.map((name) => `${name}@${needs[name]}`)];
}

function installation({ folder }: Trial, names: string[]): string[] {
	const save = ['install', ...names, '--save-exact', '--no-audit', '--no-fund'];
	// The tests of a real n8n install it by themselves, as its lock says.
	const lockOnly = ['--prefix', folder, '--package-lock-only', '--omit-lockfile-registry-resolved'];
	return folder === '.' ? save : [...save, ...lockOnly];
}

/** Runs an npm command in a copy of the project. Prints the end of its log if it fails. */
async function succeeds(title: string, copy: string, args: string[]): Promise<boolean> {
	const logFile = join(ROOT, 'reports', 'outdated', `${title.replace(/\W+/g, '-')}.log`);
	// The last run's log would be taken for this one's: commands append to it.
	rmSync(logFile, { force: true });
	return await printStep(title, 'minutes', async () => {
		// Even if this was started with --silent.
		await run('npm', ['--loglevel', 'error', ...args], { cwd: copy, env: process.env, logFile });
	}).then(
		() => true,
		() => {
			console.log(whatFailed(logFile));
			return false;
		},
	);
}

/** Returns the names of failed tests, the errors of npm, or else the end of a log. */
function whatFailed(logFile: string): string {
	const lines = readFileSync(logFile, 'utf8').split('\n');
	const telling = lines.filter((line) => /^\s*(●|✖|FAIL|npm error)/.test(line));
	return telling.length > 0 ? [...new Set(telling)].slice(0, 20).join('\n') : logTail(logFile);
}
