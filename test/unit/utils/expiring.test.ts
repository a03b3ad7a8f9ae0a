import { createExpiringEntries } from '../../../nodes/ContentStats/utils/expiring';

let time = 0;
beforeEach(() => (time = 0));

const entriesOf = () => createExpiringEntries<{ name: string }>(10, () => time);

it('entries are kept until they expire, by owner and key', () => {
	const entries = entriesOf();
	entries.set('a', 'x', { name: 'first' });
	time = 5;
	entries.set('a', 'x', { name: 'second' });
	time = 8;
	entries.set('b', '__proto__', { name: 'third' });
	const namesOf = (owner: string, now: number) => {
		time = now;
		return [...entries.of(owner)].map(([key, { name, expiresAt }]) => [key, name, expiresAt]);
	};
	expect(namesOf('a', 14)).toEqual([['x', 'second', 15]]);
	expect(namesOf('a', 15)).toEqual([]);
	expect(namesOf('b', 17)).toEqual([['__proto__', 'third', 18]]);
	entries.delete('b', '__proto__');
	entries.delete('c', 'x');
	expect(namesOf('b', 17)).toEqual([]);
});

it('entries that were read do not change', () => {
	const entries = entriesOf();
	entries.set('a', 'x', { name: 'first' });
	const before = entries.of('a');
	entries.set('a', 'y', { name: 'second' });
	entries.delete('a', 'x');
	expect([...before.keys()]).toEqual(['x']);
});

it('entries of an owner that is gone do not stay', () => {
	const entries = entriesOf();
	entries.set('a', 'x', { name: 'first' });
	entries.of('a');
	time = 10;
	entries.of('b');
	time = 0;
	expect(entries.of('a').size).toBe(0);
});
