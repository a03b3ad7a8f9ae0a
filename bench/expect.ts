/** @throws Error if the work was not done in full, since its figure would mean nothing. */
export function expectCount(what: string, found: number, expected: number): void {
	if (found !== expected) throw new Error(`Expected ${expected} ${what}, got ${found}`);
}
