import { forEachAtOnce } from '../../nodes/ContentStats/api/wait';
import { createPoller } from '../../test/engine/support/host';
import { expectCount } from '../expect';
import type { Work } from '../subject';

/** The same requests through n8n's request helper alone, in a trigger that does nothing else. */
const work: Work = async ({ baseUrl, apiKey, videoIds }) => {
	const poller = createPoller(
		{ baseUrl, apiKey },
		{},
		{},
		{
			trigger: {
				description: {} as never,
				async poll() {
					let videos = 0;
					await forEachAtOnce(videoIds, async (id) => {
						const reply = (await this.helpers.httpRequestWithAuthentication.call(
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
						const { snapshots } = JSON.parse(reply.body) as { snapshots: unknown[] };
						if (snapshots.length > 0) videos += 1;
					});
					return [[{ json: { videos } }]];
				},
			},
		},
	);
	return {
		async run() {
			const [counted] = (await poller.poll())!;
			expectCount('videos', Number(counted!.videos), videoIds.length);
		},
	};
};
export default work;
