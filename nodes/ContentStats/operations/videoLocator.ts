import type {
	ILoadOptionsFunctions,
	INodeListSearchResult,
	INodeParameterResourceLocator,
	INodeProperties,
} from 'n8n-workflow';

import type { Client, VideoFilters } from '../api/client';
import { ContentStatsError, invalidInput } from '../api/errors';
import { type Listing, listAll } from '../api/listing';
import type { Video } from '../api/schemas';
import { connect, toNodeError } from '../host';
import { identityOf, newestByIdentity, parseVideoLink } from '../model/links';
import { titleOf } from '../model/snapshots';
import type { Run } from './operation';

/** The choice of one tracked video: from a searchable list, by id, or by the video's link. */
export const videoLocator: INodeProperties = {
	displayName: 'Video',
	name: 'videoId',
	type: 'resourceLocator',
	default: { mode: 'list', value: '' },
	required: true,
	description:
		'The tracked video. A link that was tracked several times means the newest tracking.',
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			placeholder: 'Choose a tracked video...',
			typeOptions: { searchListMethod: 'searchVideos', searchable: true },
		},
		{
			displayName: 'By ID',
			name: 'id',
			type: 'string',
			placeholder: 'cm5abc123def',
			hint: 'The video_id that Track and List return',
			validation: [
				{
					type: 'regex',
					properties: {
						regex: '^[\\w-]+$',
						errorMessage: 'A video ID holds letters, digits, - and _ only',
					},
				},
			],
		},
		{
			displayName: 'By URL',
			name: 'url',
			type: 'string',
			placeholder: 'https://www.tiktok.com/@user/video/7234567890123456789',
			hint: 'The link of a video that is already tracked',
		},
	],
};

/** Lists the trackings among which a link is looked for. */
type Search = (client: Client, filters: VideoFilters) => Promise<Listing>;

/** The tracking a link means: the newest, where it was tracked several times. */
async function findByUrl(client: Client, text: string, search: Search): Promise<string> {
	const parsed = parseVideoLink(text);
	if (!parsed.ok) throw invalidInput(`“${text}” is no link of a video`, parsed.reason);
	const { videos, fullSlices } = await search(client, { platform: parsed.link.platform });
	const found = newestByIdentity(videos).get(identityOf(parsed.link));
	if (found) return found.id;
	const beyond =
		fullSlices.length > 0
			? '. The API lists only the newest 100 videos of a kind: choose an older one by its ID'
			: '';
	throw new ContentStatsError('not_found', {
		message: `${parsed.link.url} is not among the tracked videos`,
		description: `Track it first, or check that the credential is of the right account${beyond}`,
	});
}

/** The id of the video chosen for an item; a link is looked for among all trackings unless told. */
export async function chosenVideo(
	{ context, client }: Run,
	itemIndex: number,
	search: Search = listAll,
): Promise<string> {
	const chosen = context.getNodeParameter('videoId', itemIndex) as
		INodeParameterResourceLocator | string;
	// A workflow written by hand may hold the bare id.
	const { mode, value: entered } =
		typeof chosen === 'string' ? { mode: 'id', value: chosen } : chosen;
	const value = String(entered ?? '').trim();
	if (mode !== 'url') return value;
	if (value === '') throw invalidInput('No video was chosen', 'Paste the link of a tracked video');
	return await findByUrl(client, value, search);
}

const label = (video: Video): string => {
	const { title, creator } = titleOf(video);
	const name = [title, creator].filter(Boolean).join(' — ') || video.video_link;
	// The list is narrow: the usual state goes without saying.
	const state = video.status === 'monitoring' ? '' : `, ${video.status}`;
	return `${name} (${video.platform}${state})`;
};

/** The tracked videos whose title, creator, link or id holds what was typed, newest first. */
export async function searchVideos(
	this: ILoadOptionsFunctions,
	filter = '',
): Promise<INodeListSearchResult> {
	try {
		const { client } = await connect(this);
		const { videos } = await listAll(client, {});
		const wanted = filter.trim().toLowerCase();
		const results = videos
			.map((video) => ({ name: label(video), value: video.id, url: video.video_link }))
			.filter((entry) =>
				`${entry.name} ${entry.url} ${entry.value}`.toLowerCase().includes(wanted),
			);
		return { results };
	} catch (error) {
		throw toNodeError(this.getNode(), error);
	}
}
