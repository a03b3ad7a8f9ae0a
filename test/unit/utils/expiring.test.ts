import { createExpiringEntries } from '../../../nodes/ContentStats/utils/expiring';

it('entries are kept until they expire, by owner and key', () => {
	const entries = createExpiringEntries<{ expiresAt: number; name: string }>();
	entries.set('a', 'x', { expiresAt: 10, name: 'first' });
	entries.set('a', 'x', { expiresAt: 20, name: 'second' });
	entries.set('b', '__proto__', { expiresAt: 30, name: 'third' });
	const namesOf = (owner: string, now: number) =>
		[...entries.of(owner, now)].map(([key, { name }]) => `${key} ${name}`);
	expect(namesOf('a', 19)).toEqual(['x second']);
	expect(namesOf('a', 20)).toEqual([]);
	expect(namesOf('b', 29)).toEqual(['__proto__ third']);
	entries.delete('b', '__proto__');
	entries.delete('c', 'x');
	expect(namesOf('b', 29)).toEqual([]);
});

it('entries that were read do not change', () => {
	const entries = createExpiringEntries<{ expiresAt: number }>();
	entries.set('a', 'x', { expiresAt: 10 });
	const before = entries.of('a', 0);
	entries.set('a', 'y', { expiresAt: 10 });
	entries.delete('a', 'x');
	expect([...before.keys()]).toEqual(['x']);
});
