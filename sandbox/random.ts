import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

const digest = (parts: ReadonlyArray<string | number>) =>
	createHash('sha256').update(JSON.stringify(parts)).digest();

/** A stream of numbers in [0, 1) that depends on nothing but `parts`. */
export function randomStream(...parts: Array<string | number>): () => number {
	const generator = xoroshiro128plus(digest(parts).readInt32BE(0));
	return () => uniformFloat64(generator);
}

/** `length` (at most 40) lower-case letters and digits that depend on nothing but `parts`. */
export function token(length: number, ...parts: Array<string | number>): string {
	return BigInt(`0x${digest(parts).toString('hex')}`)
		.toString(36)
		.padStart(50, '0')
		.slice(-length);
}
