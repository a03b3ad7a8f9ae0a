import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

const digest = (parts: ReadonlyArray<string | number>) =>
	createHash('sha256').update(JSON.stringify(parts)).digest();

/** Returns a generator of numbers in [0, 1) that depend only on `parts`. */
export function randomStream(...parts: Array<string | number>): () => number {
	const generator = xoroshiro128plus(digest(parts).readInt32BE(0));
	return () => uniformFloat64(generator);
}

/** Returns `length` (at most 40) lower-case letters and digits that depend only on `parts`. */
export function token(length: number, ...parts: Array<string | number>): string {
	return BigInt(`0x${digest(parts).toString('hex')}`)
		.toString(36)
		.padStart(50, '0')
		.slice(-length);
}
