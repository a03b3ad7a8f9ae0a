/**
 * Creates a record whose keys are text from outside. It has no prototype, so that `constructor` and
 * `__proto__` are keys like any other.
 */
export function createRecord<T>(entries: Iterable<readonly [string, T]> = []): Record<string, T> {
	const record = Object.create(null) as Record<string, T>;
	for (const [key, value] of entries) record[key] = value;
	return record;
}
