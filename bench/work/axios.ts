import axios from 'axios';
import { Agent } from 'node:http';

import { forEachAtOnce } from '../../nodes/ContentStats/api/wait';
import type { Work } from '../subject';

/** The floor: the same requests, as many at once, by axios with keep-alive, and JSON.parse. */
const work: Work = async ({ baseUrl, apiKey, videoIds }) => {
	const client = axios.create({
		baseURL: baseUrl,
		headers: { 'X-API-Key': apiKey },
		httpAgent: new Agent({ keepAlive: true }),
		responseType: 'text',
		transformResponse: [],
	});
	return async () => {
		const lengths = await forEachAtOnce(videoIds, async (id) => {
			const { data } = await client.get<string>(`/videos/${id}`);
			return (JSON.parse(data) as { snapshots: unknown[] }).snapshots.length;
		});
		return { snapshots: lengths.reduce((sum, length) => sum + length, 0) };
	};
};
export default work;
