import axios from 'axios';
import { Agent } from 'node:http';

import { mapConcurrent } from '../../nodes/ContentStats/utils/async';
import { expectCount } from '../expect';
import type { Work } from '../subject';
import { countSnapshots } from './parse';

/** The floor: the same requests, with the same concurrency, by axios with keep-alive, and JSON.parse. */
const work: Work = async ({ baseUrl, apiKey, videoIds }) => {
	const client = axios.create({
		baseURL: baseUrl,
		headers: { 'X-API-Key': apiKey },
		httpAgent: new Agent({ keepAlive: true }),
		responseType: 'text',
		transformResponse: [],
	});
	return {
		async run() {
			let videos = 0;
			await mapConcurrent(videoIds, async (id) => {
				const { data } = await client.get<string>(`/videos/${id}`);
				if (countSnapshots(data) > 0) videos += 1;
			});
			expectCount('videos', videos, videoIds.length);
			return videos;
		},
	};
};
export default work;
