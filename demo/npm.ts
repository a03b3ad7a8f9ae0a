import { readFileSync } from 'node:fs';
import { ErrorWithAdvice } from './errors';
import { run, type SpawnOptions } from './processes';

/**
 * Runs an npm command that installs something from the registry.
 *
 * @param what names in the error what it installs
 * @throws ErrorWithAdvice with npm's own error code if it fails
 */
export async function installWithNpm(
	what: string,
	args: string[],
	options: SpawnOptions,
): Promise<void> {
	const quiet = ['--no-audit', '--no-fund'];
	await run('npm', [...args, ...quiet], options).catch((cause: Error) => {
		const codes = [...readFileSync(options.logFile, 'utf8').matchAll(/^npm error code (\S+)/gm)];
		const code = codes.at(-1)?.[1];
		throw new ErrorWithAdvice(
			`npm could not install ${what}${code ? ` (${code})` : ''}.`,
			`Check that the npm registry answers ("npm ping") and that the disk has room.\nnpm's log is ${options.logFile}`,
			{ cause },
		);
	});
}
