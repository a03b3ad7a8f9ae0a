import { z } from 'zod';
import { spendableUsd, toMicros, toUsd, trackingCost, usage } from './account';
import { invalid, json, refusal, type Answer } from './answer';
import { PLATFORMS, readLink, resolveShortLink } from './links';
import { STATUSES, type Organisation, type SandboxVideo, type VideoStatus } from './video';
import type { World } from './world';

/** The owner of the API key that a request was sent with. */
export interface Caller {
	organisation: Organisation;
	/** Whether it is a test key, whose trackings are free. */
	test: boolean;
}

/** A view of the world that is not the true one. */
export interface View {
	/** Shows trackings and statuses as they were then, ms since the epoch. */
	asOf?: number;
	/** Filters of the list that are not applied. */
	ignoredFilters?: Array<'platform' | 'status'>;
}

/** The input of an endpoint. */
export interface Call extends View {
	world: World;
	caller: Caller;
	body: unknown;
	query: unknown;
	/** The id in the path, decoded; empty if the path has none. */
	id: string;
	/** Maximum number of videos monitored at once. */
	maxVideos: number;
	/** Status of the reply for another organisation's video. */
	foreignVideoStatus: 403 | 404;
	/** Whether a short link is stored as the link of its video. */
	resolvesShortLinks: boolean;
}

export type Endpoint = (call: Call) => Answer;

const BAD_DURATION = 'duration_days must be an integer from 1 to 30';
const BAD_LIMIT = 'limit must be an integer from 1 to 100';

const trackBody = z.object(
	{
		video_link: z
			.string({ message: 'video_link is required and must be a string' })
			.superRefine((link, context) => {
				const reading = readLink(link);
				if ('problem' in reading) context.addIssue({ code: 'custom', message: reading.problem });
			}),
		duration_days: z
			.number({ message: BAD_DURATION })
			.int(BAD_DURATION)
			.min(1, BAD_DURATION)
			.max(30, BAD_DURATION),
	},
	{ message: 'The body must be a JSON object' },
);

const listQuery = z.object({
	platform: z
		.enum(PLATFORMS, { message: `platform must be one of ${PLATFORMS.join(', ')}` })
		.optional(),
	status: z.string().optional(),
	limit: z
		.string({ message: BAD_LIMIT })
		.regex(/^(100|[1-9]\d?)$/, BAD_LIMIT)
		.default('50')
		.transform(Number),
});

const isMonitoring = (status: VideoStatus): boolean => status === 'monitoring';

/** Whether usage counts a status: also each one that the documentation does not name. */
const isActive = (status: VideoStatus): boolean =>
	isMonitoring(status) || !(STATUSES as readonly string[]).includes(status);

/** `POST /videos/track` */
export const track: Endpoint = ({ world, caller, body, maxVideos, resolvesShortLinks }) => {
	const request = trackBody.safeParse(body);
	if (!request.success) return invalidFields(request.error);

	const { duration_days } = request.data;
	const video_link = resolvesShortLinks
		? resolveShortLink(request.data.video_link)
		: request.data.video_link;
	const reading = readLink(video_link);
	if ('problem' in reading) return invalid([{ field: 'video_link', message: reading.problem }]);

	if (world.count(caller.organisation, isMonitoring) >= maxVideos) {
		const error = `Plan limit reached: your plan monitors at most ${maxVideos} videos at once`;
		return refusal(403, error);
	}

	const estimated_cost = trackingCost(duration_days);
	const balance = spendableUsd(world.accounts[caller.organisation]);
	if (!caller.test && balance < estimated_cost) {
		const required = toUsd(toMicros(estimated_cost) - toMicros(balance));
		return refusal(402, 'Insufficient balance', { balance, estimated_cost, required });
	}

	const video = world.track({
		organisation: caller.organisation,
		free: caller.test,
		link: video_link,
		platform: reading.platform,
		durationDays: duration_days,
	});
	return json(201, {
		id: video.id,
		job_id: video.job_id,
		video_link,
		platform: video.platform,
		status: video.status,
		monitoring_duration_days: duration_days,
		days_remaining: video.days_remaining,
		estimated_cost,
		created_at: new Date(video.startedAt).toISOString(),
	});
};

/** `GET /videos` */
export const list: Endpoint = ({ world, caller, query, asOf, ignoredFilters = [] }) => {
	const request = listQuery.safeParse(query);
	if (!request.success) return invalidFields(request.error);

	const { platform, status, limit } = request.data;
	const all = world.of(caller.organisation);
	const statuses = new Set<string>([...STATUSES, ...all.map((video) => video.status)]);
	if (status !== undefined && !statuses.has(status)) {
		const message = `status must be one of ${[...statuses].join(', ')}`;
		return invalid([{ field: 'status', message }]);
	}

	const isFilter = (name: 'platform' | 'status') => !ignoredFilters.includes(name);
	const videos = all
		.filter((video) => !video.isGone && video.isThere(asOf))
		.filter((video) => !platform || !isFilter('platform') || video.platform === platform)
		.filter((video) => !status || !isFilter('status') || video.statusAt(asOf) === status)
		.sort((a, b) => b.startedAt - a.startedAt || b.sequence - a.sequence)
		.slice(0, limit)
		.map((video) => video.inList(asOf));
	return json(200, { videos, total: videos.length, limit });
};

/** `GET /videos/{id}` */
export const get: Endpoint = (call) => {
	const found = find(call);
	return 'refused' in found ? found.refused : { status: 200, body: found.video.toJson(call.asOf) };
};

/** `POST /videos/{id}/stop` */
export const stop: Endpoint = (call) => {
	const found = find(call);
	if ('refused' in found) return found.refused;

	const { video } = found;
	const previous_status = video.status;
	if (previous_status !== 'monitoring' && previous_status !== 'paused') {
		return invalid([{ field: 'id', message: `Video is not being monitored: ${previous_status}` }]);
	}

	video.setStatus('completed');
	return json(200, {
		success: true,
		id: video.id,
		job_id: video.job_id,
		video_link: video.video_link,
		previous_status,
		new_status: video.status,
	});
};

/** `GET /usage` */
export const accountUsage: Endpoint = ({ world, caller, asOf }) =>
	json(
		200,
		usage(world.accounts[caller.organisation], world.count(caller.organisation, isActive, asOf)),
	);

function find(call: Call): { video: SandboxVideo } | { refused: Answer } {
	const video = call.world.videos.get(call.id);
	if (!video || video.isGone || !video.isThere(call.asOf))
		return { refused: refusal(404, 'Video not found') };
	if (video.organisation === call.caller.organisation) return { video };
	return {
		refused:
			call.foreignVideoStatus === 403
				? refusal(403, 'Access denied')
				: refusal(404, 'Video not found'),
	};
}

function invalidFields(error: z.ZodError): Answer {
	return invalid(
		error.issues.map(({ path, message }) => ({ field: path.join('.') || 'body', message })),
	);
}
