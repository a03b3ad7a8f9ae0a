/** Entries that are forgotten after a while, by owner and key. */
export interface ExpiringEntries<T extends { expiresAt: number }> {
	/** Returns the entries of an owner that have not expired. @param now Unix milliseconds. */
	of(owner: string, now: number): ReadonlyMap<string, T>;
	set(owner: string, key: string, entry: T): void;
	delete(owner: string, key: string): void;
}

/** Creates entries that are forgotten once their `expiresAt` (Unix milliseconds) has passed. */
export function createExpiringEntries<T extends { expiresAt: number }>(): ExpiringEntries<T> {
	const byOwner = new Map<string, Map<string, T>>();

	function forgetExpired(now: number): void {
		for (const [owner, entries] of byOwner) {
			for (const [key, { expiresAt }] of entries) if (expiresAt <= now) entries.delete(key);
			if (entries.size === 0) byOwner.delete(owner);
		}
	}

	return {
		of(owner, now) {
			forgetExpired(now);
			return new Map(byOwner.get(owner));
		},
		set(owner, key, entry) {
			const entries = byOwner.get(owner) ?? new Map<string, T>();
			byOwner.set(owner, entries.set(key, entry));
		},
		delete(owner, key) {
			byOwner.get(owner)?.delete(key);
		},
	};
}
