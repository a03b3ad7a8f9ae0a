import { type AdviceByStatus, invalidInput, unreadableReply } from './errors';
import type { Request } from './request';
import {
	readStopped,
	readTracked,
	readUsage,
	readVideo,
	readVideoList,
	type Stopped,
	type Tracked,
	type Usage,
	type VideoList,
	type VideoWithSnapshots,
} from './schemas';

export interface VideoFilters {
	platform?: string;
	status?: string;
}

/** The most videos in one reply of the list. The API has no paging: those behind them stay hidden. */
export const LIST_LIMIT = 100;

/** The five endpoints of the API. Each method throws a ContentStatsError that names its subject. */
export interface Client {
	/** Starts, and charges for, a new tracking. Never call it twice for one wish. */
	track(video_link: string, duration_days: number): Promise<Tracked>;
	/** Lists at most `limit` videos, 1 to 100. */
	list(filters: VideoFilters, limit?: number): Promise<VideoList>;
	get(id: string): Promise<VideoWithSnapshots>;
	stop(id: string): Promise<Stopped>;
	usage(): Promise<Usage>;
}

/** Whether an id has only the characters of one: `..` would reach another endpoint even when encoded. */
export const isVideoId = (id: string): boolean => /^[\w-]+$/.test(id);

/**
 * Builds the path of a video.
 *
 * @throws ContentStatsError `invalid_input`
 */
function videoPath(id: string): string {
	if (isVideoId(id)) return `/videos/${id}`;
	throw invalidInput(
		id === '' ? 'No video selected' : `“${id.slice(0, 80)}” is not a video ID`,
		'Choose a video from the list or enter its ID, such as cm5abc123def. To enter a link, choose By URL',
	);
}

const NOT_FOUND_ADVICE =
	'It may have been deleted, or it may belong to another account. Check the ID or choose the video from the list, and check the base URL in the ContentStats credential';

const TRACK_ADVICE: AdviceByStatus = {
	400: 'Check that the video is public, not age-restricted and still available, and that the duration is 1 to 30 days. A rejected request costs nothing',
};
const GET_ADVICE: AdviceByStatus = { 404: NOT_FOUND_ADVICE };
const STOP_ADVICE: AdviceByStatus = {
	400: 'It may have ended already, and then it costs nothing more. Use List to check its status',
	404: NOT_FOUND_ADVICE,
};

/** @throws ContentStatsError `unreadable_reply` if a reply is about another video than the one asked for. */
function assertSameVideo(replied: string, id: string): void {
	if (replied === id) return;
	throw unreadableReply(`video ${id}`, 'it describes another video');
}

export function createClient(request: Request): Client {
	return {
		async track(video_link, duration_days) {
			const subject = video_link;
			const body = { video_link, duration_days };
			const advice = TRACK_ADVICE;
			const call = { method: 'POST', path: '/videos/track', body, subject, advice } as const;
			return readTracked((await request(call)).json, subject);
		},
		async list(filters, limit = LIST_LIMIT) {
			const subject = 'the list of videos';
			const query = { ...filters, limit };
			const call = { method: 'GET', path: '/videos', query, subject } as const;
			const { json, repliedAt } = await request(call);
			return readVideoList(json, subject, { limit, repliedAt });
		},
		async get(id) {
			const subject = `video ${id}`;
			const path = videoPath(id);
			const call = { method: 'GET', path, subject, advice: GET_ADVICE } as const;
			const { json, repliedAt } = await request(call);
			const video = readVideo(json, subject, repliedAt);
			assertSameVideo(video.id, id);
			return video;
		},
		async stop(id) {
			const subject = `video ${id}`;
			const path = `${videoPath(id)}/stop`;
			const call = { method: 'POST', path, subject, advice: STOP_ADVICE } as const;
			const stopped = readStopped((await request(call)).json, subject);
			assertSameVideo(stopped.id, id);
			return stopped;
		},
		async usage() {
			const subject = 'usage';
			const { json } = await request({ method: 'GET', path: '/usage', subject });
			return readUsage(json, subject);
		},
	};
}
