/** @throws Error where the work was not done in full: its figure would mean nothing. */
export function expectCount(what: string, found: number, expected: number): void {
	if (found !== expected) throw new Error(`${found} ${what}, not ${expected}`);
}
