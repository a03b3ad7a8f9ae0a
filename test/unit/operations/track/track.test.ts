// Before all that loads n8n-workflow.
import { useSleep } from '../../../support/fakeSleep';

import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { TIKTOK, YOUTUBE } from '../../../../harness/links';
import type { Client } from '../../../../nodes/ContentStats/api/client';
import type { OperationContext } from '../../../../nodes/ContentStats/operations/operation';
import { track } from '../../../../nodes/ContentStats/operations/track';
import { usageOf, video } from '../../support/fakeClient';

// What Track does is tested in test/engine/track; here, what no real host can be made to do.

function contextOf({
	items,
	continues,
	trackVideo = async () => video('a'),
}: {
	items: Array<IDataObject | Error>;
	continues: boolean;
	trackVideo?: Client['track'];
}): OperationContext {
	const functions = {
		getInputData: () => items.map((json) => ({ json })),
		continueOnFail: () => continues,
		getNode: () => ({ name: 'ContentStats', parameters: {} }),
		getExecutionCancelSignal: () => undefined,
		logger: { warn: () => {} },
		getNodeParameter(name: string, index: number) {
			const item = items[index]!;
			if (name === 'videoUrls') return item instanceof Error ? TIKTOK : item.link;
			if (name === 'durationDays') return 7;
			if (item instanceof Error) throw item;
			return {};
		},
	};
	const client = {
		usage: async () => ({ ...usageOf(100), active_videos: 0 }),
		list: async () => ({ videos: [], unidentified: [], isFull: false, total: 0, repliedAt: null }),
		get: async () => video('a'),
		track: trackVideo,
	};
	return {
		functions: functions as unknown as IExecuteFunctions,
		client: client as unknown as Client,
		account: expect.getState().currentTestName!,
		api: 'https://contentstats.io/api/v1',
		isTool: false,
		isTestKey: false,
		hint: () => {},
		tellUnusable: () => {},
	};
}

const execute = async (context: OperationContext) =>
	'executeBatch' in track ? await track.executeBatch(context) : [];

useSleep(async () => {});

test.each([true, false])(
	'an unexpected error after a POST makes its line unknown, and no other; On Error continues: %p',
	async (continues) => {
		const items = [{ link: TIKTOK }, { link: YOUTUBE }];
		const trackVideo = jest.fn(async (link: string) => {
			if (link.includes('youtu')) throw new TypeError('unexpected');
			return video('a');
		});
		const context = contextOf({ items, continues, trackVideo });
		const output = await execute(context);
		expect(output.map(({ json }) => json.outcome)).toEqual(['tracked', 'unknown']);
		expect(String(output[1]!.json.message)).toMatch(/unexpected.*may or may not be active/);

		const again = await execute(context);
		expect(again[1]!.json.outcome).toBe('unknown');
		expect(trackVideo.mock.calls.filter(([link]) => link.includes('youtu'))).toHaveLength(1);
	},
);

describe('an expression in Options that fails', () => {
	const items = [{ link: YOUTUBE }, new Error('Referenced node is unexecuted')];

	test('fails the node with the index of its item', async () => {
		await expect(execute(contextOf({ items, continues: false }))).rejects.toMatchObject({
			message: 'Referenced node is unexecuted',
			context: { itemIndex: 1 },
		});
	});

	test('fails every line if On Error continues, since nothing was sent', async () => {
		const trackVideo = jest.fn(async () => video('a'));
		const output = await execute(contextOf({ items, continues: true, trackVideo }));
		expect(output.map(({ json }) => json.outcome)).toEqual(['failed', 'failed']);
		expect(trackVideo).not.toHaveBeenCalled();
	});
});
