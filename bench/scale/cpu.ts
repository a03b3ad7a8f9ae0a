import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time in ticks of a hundredth of a second. */
const TICK_MS = 10;

/** Reads the CPU time that the JavaScript thread of a process used so far, in milliseconds. Linux only. */
export function readCpuTime(pid: number): number {
	const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8');
	// The name of the command, in brackets, may contain spaces.
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	const [userTicks, systemTicks] = [fields[11], fields[12]].map(Number);
	return (userTicks! + systemTicks!) * TICK_MS;
}

function isN8nOf(pid: string, userFolder: string): boolean {
	try {
		const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
		const isN8n = command[1]?.endsWith('/bin/n8n') ?? false;
		return (
			isN8n &&
			readFileSync(`/proc/${pid}/environ`, 'utf8')
				.split('\0')
				.includes(`N8N_USER_FOLDER=${userFolder}`)
		);
	} catch {
		// It has ended, or belongs to another user.
		return false;
	}
}

/** Returns the id of the n8n process of a user folder. @throws Error if none runs */
export function pidOfN8n(userFolder: string): number {
	const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && isN8nOf(name, userFolder));
	if (pid === undefined) throw new Error(`No n8n runs in ${userFolder}`);
	return Number(pid);
}
