import { uptime } from './time';

/** An entry, and when it expires, by the clock of its entries. */
export type Expiring<T> = T & { expiresAt: number };

/** Entries that are forgotten after a while, by owner and key. */
export interface ExpiringEntries<T> {
	/** Returns the entries of an owner that have not expired. */
	of(owner: string): ReadonlyMap<string, Expiring<T>>;
	set(owner: string, key: string, entry: T): void;
	delete(owner: string, key: string): void;
}

/**
 * Creates entries that are forgotten `lifeMs` milliseconds after they were set. By default they go by the
 * uptime, which a clock that is set forward does not shorten: a link must not be paid again for it.
 *
 * @param now in milliseconds.
 */
export function createExpiringEntries<T extends object>(
	lifeMs: number,
	now = uptime,
): ExpiringEntries<T> {
	const byOwner = new Map<string, Map<string, Expiring<T>>>();

	function forgetExpired(): void {
		const time = now();
		for (const [owner, entries] of byOwner) {
			for (const [key, { expiresAt }] of entries) if (expiresAt <= time) entries.delete(key);
			if (entries.size === 0) byOwner.delete(owner);
		}
	}

	return {
		of(owner) {
			forgetExpired();
			return new Map(byOwner.get(owner));
		},
		set(owner, key, entry) {
			const entries = byOwner.get(owner) ?? new Map<string, Expiring<T>>();
			byOwner.set(owner, entries.set(key, { ...entry, expiresAt: now() + lifeMs }));
		},
		delete(owner, key) {
			byOwner.get(owner)?.delete(key);
		},
	};
}
