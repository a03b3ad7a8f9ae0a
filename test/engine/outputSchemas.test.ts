import type { IDataObject } from 'n8n-workflow';

import { createPoller, runAction } from '../../harness/engine';
import { outputSchemas } from '../../scripts/outputSchemas';
import { createFixture, ONE_OF_EACH, TIKTOK, video } from './support/fixture';

type Fixture = Awaited<ReturnType<typeof tracked>>;

async function tracked() {
	const fixture = await createFixture();
	const { id } = fixture.sandbox.seedVideo({ video_link: TIKTOK });
	fixture.clock.advance({ hours: 2 });
	return { ...fixture, id };
}
const run = async ({ credential, id }: Fixture, operation: string) =>
	(
		await runAction(credential, {
			operation,
			...(operation === 'track' ? { videoUrls: ONE_OF_EACH.join('\n') } : video('id', id)),
		})
	).items;
const poll = async ({ credential }: Fixture) =>
	(await createPoller(credential, {}).poll('manual'))!;

test.each<[string, (fixture: Fixture) => Promise<IDataObject[]>]>([
	['v1.0.0.json', poll],
	['v1.0.0/get.json', async (fixture) => await run(fixture, 'get')],
	['v1.0.0/list.json', async (fixture) => await run(fixture, 'list')],
	['v1.0.0/stop.json', async (fixture) => await run(fixture, 'stop')],
	['v1.0.0/track.json', async (fixture) => await run(fixture, 'track')],
	['v1.0.0/usage.json', async (fixture) => await run(fixture, 'usage')],
])(
	'the schema %s has the columns, and the types, of what is returned by default',
	async (file, itemsOf) => {
		const items = await itemsOf(await tracked());
		expect(items.length).toBeGreaterThan(0);
		const { properties } = outputSchemas[file]!;
		for (const item of items) {
			expect(Object.keys(properties)).toEqual(Object.keys(item));
			for (const [column, value] of Object.entries(item))
				if (value !== null)
					expect([column, typeof value]).toEqual([column, properties[column]!.type]);
		}
	},
);

test('there is a schema for each operation, and one for the trigger', () => {
	expect(Object.keys(outputSchemas)).toHaveLength(6);
});
