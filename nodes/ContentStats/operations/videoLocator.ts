import type { INodeParameterResourceLocator, INodeProperties } from 'n8n-workflow';

import type { Client, VideoFilters } from '../api/client';
import { ContentStatsError, invalidInput } from '../api/errors';
import { byNewest, type Listing, listAll } from '../api/listing';
import {
	newestByIdentity,
	parseVideoLink,
	unidentifiedPlatformsOf,
	type VideoLink,
} from '../model/links';
import { linksOf, readPastedText } from '../model/pastedText';
import { firstOf, identitiesOf } from '../model/shortLinks';
import { unusableOfList } from '../model/unusable';
import { hasEnded } from '../model/videos';
import { truncate } from '../utils/format';
import type { OperationContext } from './operation';
import { recentTrackings, stoppedIds } from './recentTrackings';

/** Chooses one tracked video: from a searchable list, by its id, or by its link. */
export const videoLocator: INodeProperties = {
	displayName: 'Video',
	name: 'videoId',
	type: 'resourceLocator',
	default: { mode: 'list', value: '' },
	required: true,
	description: 'The tracked video. If a link was tracked more than once, the latest is used.',
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
			hint: 'The video_id returned by Track or List',
			validation: [
				{
					type: 'regex',
					properties: {
						regex: '^[\\w-]+$',
						errorMessage: 'This is not a video ID. To enter a link, choose By URL.',
					},
				},
			],
		},
		{
			displayName: 'By URL',
			name: 'url',
			type: 'string',
			placeholder: 'https://www.tiktok.com/@user/video/7234567890123456789',
			hint: 'The link of a tracked video',
		},
	],
};

interface LookUp {
	/** Lists the trackings in which a link is looked up. */
	listTrackings: (client: Client, filters: VideoFilters) => Promise<Listing>;
	/** Whether a link is refused if a tracking that cannot be read may be newer. */
	isForSure: boolean;
}

/** @throws ContentStatsError `invalid_input` if the text does not hold exactly one link. */
function readOneLink(text: string): VideoLink {
	const links = linksOf(readPastedText(text));
	if (links.length > 1)
		throw invalidInput(
			`“${truncate(text)}” contains ${links.length} links`,
			'Paste the link of one video. For several videos, use one input item per link',
		);
	const parsed = links[0]?.parsed ?? parseVideoLink(text);
	if (!parsed.ok) throw invalidInput(`“${truncate(text)}” is not a video link`, parsed.reason);
	return parsed.link;
}

/** @throws ContentStatsError `invalid_input` if the newest listed tracking of a link has ended. */
async function throwIfEnded(
	{ client, account }: OperationContext,
	{ url, platform }: VideoLink,
	identities: string[],
): Promise<void> {
	const listing = await listAll(client, { platform });
	const isComplete = listing.fullSlices.length === 0 && unidentifiedPlatformsOf(listing).size === 0;
	const newest = firstOf(newestByIdentity(listing.videos), identities);
	if (!newest || !isComplete) return;
	// The list may still show a tracking that this process has stopped as running.
	const wasStopped = stoppedIds(account).has(newest.id);
	if (!wasStopped && !hasEnded(newest.status)) return;
	throw invalidInput(
		`The latest listed tracking of ${url} has already ended (${wasStopped ? 'stopped' : newest.status})`,
		`Nothing more is charged for video ${newest.id}. If another tracking of the link is active, choose it by its ID`,
	);
}

/** Finds the newest tracking of a link. */
async function findIdByUrl(
	context: OperationContext,
	text: string,
	{ listTrackings, isForSure }: LookUp,
): Promise<string> {
	const { client, account, tellUnusable } = context;
	const link = readOneLink(text);
	const listing = await listTrackings(client, { platform: link.platform });
	const { videos, fullSlices } = listing;
	tellUnusable(unusableOfList(listing));
	const unidentified = unidentifiedPlatformsOf(listing);
	const identities = identitiesOf(account, link);
	const stopped = isForSure ? stoppedIds(account) : new Set<string>();
	const listed = firstOf(newestByIdentity(videos.filter(({ id }) => !stopped.has(id))), identities);
	// The list may lag behind what this process has tracked.
	const recent = firstOf(recentTrackings(account), identities);
	const [found] = [listed, recent].filter((video) => video !== undefined).sort(byNewest);
	if (found && isForSure && (unidentified.has(link.platform) || unidentified.has(null)))
		throw invalidInput(
			`Can't tell which tracking of ${link.url} is the latest: the API lists a video without a readable ID or link`,
			'Choose the video by its ID',
		);
	if (found) return found.id;
	const beyond = [
		...(fullSlices.length > 0
			? [
					'. The API lists only the latest 100 videos per platform and status: choose an older one by its ID',
				]
			: []),
		...(unidentified.size > 0
			? ['. The API lists a video without a readable ID or link: choose it by its ID']
			: []),
	].join('');
	if (isForSure && beyond === '') await throwIfEnded(context, link, identities);
	throw new ContentStatsError('not_found', {
		message: `No tracking found for ${link.url}`,
		description: `${isForSure ? 'There is nothing to stop. Check the link, and' : 'Track it first, or check'} that the credential is for the right account${beyond}`,
	});
}

/**
 * Resolves the video chosen for an item to its id.
 *
 * @param lookUp how a link is looked up: among all trackings by default.
 * @throws ContentStatsError `invalid_input` if it is no video, `not_found` if a link is not tracked.
 */
export async function resolveVideoId(
	context: OperationContext,
	itemIndex: number,
	lookUp: LookUp = { listTrackings: listAll, isForSure: false },
): Promise<string> {
	const chosen: unknown = context.functions.getNodeParameter('videoId', itemIndex);
	// A workflow written by hand, or an expression, may give the bare id.
	const { mode, value: entered } =
		typeof chosen === 'object' && chosen !== null
			? (chosen as INodeParameterResourceLocator)
			: { mode: 'id', value: chosen as string | null };
	const value = String(entered ?? '').trim();
	if (mode !== 'url') return value;
	if (value === '') throw invalidInput('No video selected', 'Paste the link of a tracked video');
	return await findIdByUrl(context, value, lookUp);
}
