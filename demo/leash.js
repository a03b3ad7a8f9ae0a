// Runs a command, and kills it with all its children once the parent of this process is gone. stdin
// is a pipe from the parent, which ends even if the parent is killed with SIGKILL.
const { spawn } = require('node:child_process');
const { constants } = require('node:os');

const [command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.on('error', (error) => {
	console.error(error.message);
	process.exit(127);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));

process.stdin.on('end', () => process.kill(-process.pid, 'SIGKILL')).resume();

// A signal to the group also reaches the command. This process exits only after the command.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
