import type {
	ILoadOptionsFunctions,
	INodeListSearchResult,
	INodePropertyOptions,
} from 'n8n-workflow';

import { isVideoId } from '../api/client';
import { listAll } from '../api/listing';
import type { Video } from '../api/schemas';
import { connect, toNodeError } from '../host';
import { labelOfPlatform } from '../model/links';
import { titleAndCreatorOf } from '../model/videos';
import { truncate } from '../utils/format';

/** What the list of an empty account offers, which counts as no choice. n8n would show an error without its words. */
const NO_VIDEOS = 'No videos yet. Track one first with the ContentStats node.';

/** Puts a text from outside on one line that a list can show. */
const toPlainLine = (text: string | null): string =>
	truncate((text ?? '').replace(/[\p{Cc}\p{Cf}]/gu, '').trim());

const labelOf = (video: Video): string => {
	const { title, creator } = titleAndCreatorOf(video);
	const name =
		[title, creator].map(toPlainLine).filter(Boolean).join(' — ') || video.video_link || video.id;
	// The list is narrow: the usual state goes without saying.
	const state = video.status === 'monitoring' ? null : video.status;
	const about = [labelOfPlatform(video.platform), state].filter(Boolean).join(', ');
	return about ? `${name} (${about})` : name;
};

/** Lists the tracked videos that can be chosen, newest first. */
async function listVideos(context: ILoadOptionsFunctions): Promise<Video[]> {
	try {
		const { client } = await connect(context);
		return (await listAll(client, {})).videos.filter(({ id }) => isVideoId(id));
	} catch (error) {
		throw toNodeError(context.getNode(), error);
	}
}

/** Searches the tracked videos by title, creator, link and id, newest first. */
export async function searchVideos(
	this: ILoadOptionsFunctions,
	filter = '',
): Promise<INodeListSearchResult> {
	const videos = await listVideos(this);
	if (videos.length === 0) return { results: [{ name: NO_VIDEOS, value: '' }] };
	const wanted = filter.trim().toLowerCase();
	const results = videos
		.map((video) => ({ name: labelOf(video), value: video.id, url: video.video_link ?? '' }))
		.filter((entry) => `${entry.name} ${entry.url} ${entry.value}`.toLowerCase().includes(wanted));
	return { results };
}

/** Offers the tracked videos, newest first, each with its link. */
export async function getVideos(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	const videos = await listVideos(this);
	if (videos.length === 0) return [{ name: NO_VIDEOS, value: '' }];
	return videos.map((video) => ({
		name: labelOf(video),
		value: video.id,
		description: video.video_link ?? undefined,
	}));
}
