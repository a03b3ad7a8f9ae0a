import type { INodeParameters } from 'n8n-workflow';

import type { SandboxOptions } from '../../../sandbox';
import { INSTAGRAM, TIKTOK, YOUTUBE } from '../support/fixture';
import {
	createTriggerFixture,
	expectSameKeys,
	KEPT,
	snapshotKeys,
	without,
} from '../support/triggerFixture';

const events = ['snapshot.created', 'tracking.ended', 'video.deleted'];
const links = { watch: 'selected', videos: `${TIKTOK} ${YOUTUBE}` };

type Watching = ReturnType<Awaited<ReturnType<typeof createTriggerFixture>>['watch']>;

const messagesOf = ({ thrown, errors }: Watching) =>
	[...thrown, ...errors].map(({ message }) => message);

describe.each(KEPT)('with its state %s, a trigger whose API key is replaced', (_, keep) => {
	/** Watches two videos for an hour, then continues with another key. */
	async function watchTwo(parameters: INodeParameters = {}, options: SandboxOptions = {}) {
		const fixture = await createTriggerFixture({ foreignVideoStatus: 404, ...options });
		const { sandbox, credential } = fixture;
		const [first, second] = [TIKTOK, YOUTUBE].map((video_link) =>
			sandbox.seedVideo({ video_link }),
		) as [ReturnType<typeof sandbox.seedVideo>, ReturnType<typeof sandbox.seedVideo>];
		const ids = { watch: 'selected', videos: `${first.id} ${second.id}` };
		const chosen = { events, ...parameters, ...(parameters.watch === 'ids' && ids) };
		const trigger = fixture.watch(chosen, { keep });
		await trigger.poll();
		await trigger.run({ hours: 1 });
		const withKey = (apiKey: string, from: Watching = trigger): Watching =>
			fixture.watch(chosen, {
				keep,
				credential: { ...credential, apiKey },
				staticData: JSON.parse(from.remembered),
			});
		return { ...fixture, first, second, trigger, withKey };
	}

	test.each<[string, INodeParameters, 403 | 404]>([
		['all videos', {}, 404],
		['all videos', {}, 403],
		['their links', links, 404],
		['their links', links, 403],
	])(
		'takes nothing from another account with a newer video (watching %s, %j, HTTP %d), and goes on with the right key',
		async (__, parameters, foreignVideoStatus) => {
			const { sandbox, advance, first, second, withKey } = await watchTwo(parameters, {
				foreignVideoStatus,
			});
			const before = snapshotKeys(first, second);
			advance({ minutes: 1 });
			const other = sandbox.seedVideo({ video_link: TIKTOK, organisation: 'other' });
			const foreign = withKey(sandbox.otherOrgKey);
			await foreign.run({ hours: 3 }, { mayThrow: true });
			expect(foreign.items).toEqual([]);
			expect(foreign.remembered).not.toContain(other.id);
			expect(messagesOf(foreign).join()).toContain('None of the 2 watched videos was found');

			const right = withKey(sandbox.liveKey, foreign);
			await right.run({ hours: 2 });
			expectSameKeys(right.keys, without(snapshotKeys(first, second), before));
		},
	);

	test('takes no ended video for deleted with the key of another account', async () => {
		const { sandbox, first, second, trigger, withKey } = await watchTwo();
		first.setStatus('completed');
		second.setStatus('cancelled');
		await trigger.run({ minutes: 30 });
		const other = sandbox.seedVideo({ video_link: TIKTOK, organisation: 'other' });
		const foreign = withKey(sandbox.otherOrgKey);
		await foreign.run({ hours: 30 }, { mayThrow: true, every: { minutes: 15 } });
		expect(foreign.items).toEqual([]);
		expect(foreign.remembered).not.toContain(other.id);
	});

	test.each<[string, INodeParameters]>([
		['all videos', {}],
		['their ids', { watch: 'ids' }],
	])(
		'emits video.deleted in the same account though every other video has ended (watching %s)',
		async (__, parameters) => {
			const { sandbox, first, second, trigger, withKey } = await watchTwo(parameters);
			first.setStatus('completed');
			await trigger.run({ hours: 1 });
			second.delete('not_found');
			const rotated = withKey(sandbox.testKey);
			await rotated.run({ hours: 4 }, { mayThrow: true, every: { minutes: 15 } });
			expect(rotated.keys).toContain(`${second.id}:deleted`);
		},
	);

	test('emits no balance.low of another account', async () => {
		const { sandbox, withKey } = await watchTwo({
			watch: 'ids',
			events: ['balance.low', 'snapshot.created'],
			lowBalanceUsd: 5,
		});
		sandbox.faults.add({
			kind: 'set',
			path: ['balance_usd'],
			value: 1,
			match: { path: '/usage' },
			times: Infinity,
		});
		const foreign = withKey(sandbox.otherOrgKey);
		await foreign.run({ hours: 3 }, { mayThrow: true });
		expect(foreign.items).toEqual([]);

		const right = withKey(sandbox.liveKey, foreign);
		await right.run({ minutes: 30 });
		expect(right.items.filter(({ event }) => event === 'balance.low')).toHaveLength(1);
	});

	test.each([
		['HTTP 500', { kind: 'status', status: 500 }],
		['HTTP 429', { kind: 'rate_limited', resetInSeconds: 900 }],
	] as const)(
		'blames no account while the list is empty and videos answer %s',
		async (__, fault) => {
			const { sandbox, advance, first, second, withKey } = await watchTwo();
			const before = snapshotKeys(first, second);
			advance({ minutes: 20 });
			sandbox.faults.add({
				kind: 'set',
				path: ['videos'],
				value: [],
				match: { path: /^\/videos\?/ },
				times: Infinity,
			});
			sandbox.faults.add({ ...fault, match: { path: /^\/videos\/\w/ }, times: Infinity });
			const rotated = withKey(sandbox.testKey);
			await rotated.poll().catch(() => null);
			await rotated.run({ minutes: 20 }, { mayThrow: true });
			expect(messagesOf(rotated).join()).not.toContain('watched video');
			sandbox.clear();
			await rotated.run({ hours: 2 }, { mayThrow: true });
			expectSameKeys(rotated.keys, without(snapshotKeys(first, second), before));
		},
	);

	test('notices nothing if the account is the same', async () => {
		const { sandbox, first, second, trigger, withKey } = await watchTwo();
		const before = snapshotKeys(first, second);
		const added = sandbox.seedVideo({ video_link: INSTAGRAM });
		const rotated = withKey(sandbox.testKey);
		await rotated.run({ hours: 2 });
		expectSameKeys(rotated.keys, [
			...without(snapshotKeys(first, second), before),
			...snapshotKeys(added),
		]);
		expect(trigger.items.length).toBeGreaterThan(0);
	});
});
