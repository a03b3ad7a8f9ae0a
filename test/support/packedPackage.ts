/** The path of the packed package in the environment of the tests. */
export const PACKED_PACKAGE = 'CONTENTSTATS_PACKED_PACKAGE';

/** Returns the path of the package's tarball. The global setup packs it once for all suites. */
export function packedPackage(): string {
	const path = process.env[PACKED_PACKAGE];
	if (!path) throw new Error('No package is packed: run this with a config from test/.');
	return path;
}
