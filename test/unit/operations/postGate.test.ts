import { closeGate, passGate } from '../../../nodes/ContentStats/operations/postGate';

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Creates a function that ends when `end` is called. */
function openEnded() {
	const work = { isRunning: false, end: () => {} };
	const run = () =>
		new Promise<void>((resolve) => {
			work.isRunning = true;
			work.end = () => {
				work.isRunning = false;
				resolve();
			};
		});
	return { work, run };
}

it('requests pass side by side, and work waits for all of them', async () => {
	const [first, second, reading] = [openEnded(), openEnded(), openEnded()];
	const posts = [passGate('a', first.run), passGate('a', second.run)];
	await settle();
	expect([first.work.isRunning, second.work.isRunning]).toEqual([true, true]);
	const read = closeGate('a', reading.run);
	await settle();
	first.work.end();
	await settle();
	expect(reading.work.isRunning).toBe(false);
	second.work.end();
	await settle();
	expect(reading.work.isRunning).toBe(true);
	reading.work.end();
	await Promise.all([...posts, read]);
});

it('requests and other work wait for the work that has closed the gate, also if it fails', async () => {
	const [reading, post, other] = [openEnded(), openEnded(), openEnded()];
	const read = closeGate('b', async () => {
		await reading.run();
		throw new Error('failed');
	});
	await settle();
	const posted = passGate('b', post.run);
	const second = closeGate('b', other.run);
	const elsewhere = passGate('c', async () => 'elsewhere');
	expect(await elsewhere).toBe('elsewhere');
	await settle();
	expect([post.work.isRunning, other.work.isRunning]).toEqual([false, false]);
	reading.work.end();
	await expect(read).rejects.toThrow('failed');
	await settle();
	expect([post.work.isRunning, other.work.isRunning].filter(Boolean)).toHaveLength(1);
	for (const { work } of [post, other, post, other]) {
		await settle();
		if (work.isRunning) work.end();
	}
	await Promise.all([posted, second]);
});

it('a request that fails opens the way', async () => {
	await expect(
		passGate('d', async () => {
			throw new Error('refused');
		}),
	).rejects.toThrow('refused');
	expect(await closeGate('d', async () => 'read')).toBe('read');
});

it('an abort ends the wait of work, and lets requests pass', async () => {
	const post = openEnded();
	const posted = passGate('e', post.run);
	const stop = new AbortController();
	const read = closeGate('e', async () => 'read', stop.signal);
	const queued = closeGate('e', async () => 'read', stop.signal);
	await settle();
	stop.abort(new Error('stopped'));
	await expect(read).rejects.toThrow('stopped');
	await expect(queued).rejects.toThrow('stopped');
	expect(await passGate('e', async () => 'passed')).toBe('passed');
	post.work.end();
	await posted;
});
