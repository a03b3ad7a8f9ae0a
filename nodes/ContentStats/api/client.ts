import { type Advice, invalidInput } from './errors';
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
	type Video,
	type VideoWithSnapshots,
} from './schemas';

export interface VideoFilters {
	platform?: string;
	status?: string;
}

/** The most videos one reply of the list holds; there is no way to ask for those behind them. */
export const LIST_LIMIT = 100;

/** The five endpoints of the API. Each method throws a ContentStatsError that names what failed. */
export interface Client {
	/** Starts, and charges, a new tracking: never call it twice for one wish. */
	track(video_link: string, duration_days: number): Promise<Tracked>;
	/** The newest videos, at most `limit` (1 to 100) of them. */
	list(filters: VideoFilters, limit?: number): Promise<Video[]>;
	get(id: string): Promise<VideoWithSnapshots>;
	stop(id: string): Promise<Stopped>;
	usage(): Promise<Usage>;
}

/**
 * The path of a video. Only what an id is made of is let through: `..` would reach another endpoint
 * even when encoded.
 *
 * @throws ContentStatsError `invalid_input`
 */
function videoPath(id: string): string {
	if (/^[\w-]+$/.test(id)) return `/videos/${id}`;
	throw invalidInput(
		id === '' ? 'No video was chosen' : `“${id.slice(0, 80)}” is not the id of a video`,
		'Choose a video from the list, or paste its id: letters, digits, - and _ only, such as cm5abc123def',
	);
}

const FIND_IT =
	'It was deleted, its id is mistyped, or it belongs to another account. Choose the video from the list to be sure, and check the base URL in the credential';

const TRACK_ADVICE: Advice = {
	400: 'Check that the video is public, not age-restricted and still there, and that the duration is 1 to 30 days. A refused request costs nothing',
};
const GET_ADVICE: Advice = { 404: FIND_IT };
const STOP_ADVICE: Advice = {
	400: 'It may have ended already, and then costs nothing more: List shows its status',
	404: FIND_IT,
};

export function createClient(request: Request): Client {
	return {
		async track(video_link, duration_days) {
			const what = video_link;
			const body = { video_link, duration_days };
			return readTracked(
				await request({ method: 'POST', path: '/videos/track', body, what, advice: TRACK_ADVICE }),
				what,
			);
		},
		async list(filters, limit = LIST_LIMIT) {
			const what = 'the list of videos';
			const query = { ...filters, limit };
			return readVideoList(await request({ method: 'GET', path: '/videos', query, what }), what)
				.videos;
		},
		async get(id) {
			const what = `video ${id}`;
			return readVideo(
				await request({ method: 'GET', path: videoPath(id), what, advice: GET_ADVICE }),
				what,
			);
		},
		async stop(id) {
			const what = `video ${id}`;
			const path = `${videoPath(id)}/stop`;
			return readStopped(await request({ method: 'POST', path, what, advice: STOP_ADVICE }), what);
		},
		async usage() {
			const what = 'usage';
			return readUsage(await request({ method: 'GET', path: '/usage', what }), what);
		},
	};
}
