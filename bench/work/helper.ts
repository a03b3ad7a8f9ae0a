import { forEachAtOnce } from '../../nodes/ContentStats/api/wait';
import { createPoller } from '../../test/engine/support/host';
import type { Work } from '../subject';

/** The same requests through n8n's request helper alone, in a trigger that does nothing else. */
const work: Work = async ({ baseUrl, apiKey, videoIds }) => {
	const trigger = createPoller(
		{ baseUrl, apiKey },
		{},
		{},
		{
			trigger: {
				description: {} as never,
				async poll() {
					const { helpers } = this;
					const lengths = await forEachAtOnce(videoIds, async (id) => {
						const reply = (await helpers.httpRequestWithAuthentication.call(
							this,
							'contentStatsApi',
							{
								method: 'GET',
								url: `${baseUrl}/videos/${id}`,
								encoding: 'text',
								returnFullResponse: true,
								ignoreHttpStatusErrors: true,
								disableFollowRedirect: true,
							},
						)) as { body: string };
						return (JSON.parse(reply.body) as { snapshots: unknown[] }).snapshots.length;
					});
					return [[{ json: { snapshots: lengths.reduce((sum, length) => sum + length, 0) } }]];
				},
			},
		},
	);
	return async () => (await trigger.poll())![0];
};
export default work;
