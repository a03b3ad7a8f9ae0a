import { sleep } from 'n8n-workflow';

import {
	ContentStatsError,
	type ErrorKind,
	mayHaveTakenEffect,
	unreadableReply,
} from '../../api/errors';
import { listRunning } from '../../api/listing';
import { unusableFields, type Video } from '../../api/schemas';
import { newestByIdentity } from '../../model/links';
import { firstOf, identitiesOf, rememberShortLink } from '../../model/shortLinks';
import { delay, mapConcurrent } from '../../utils/async';
import type { OperationContext } from '../operation';
import { createPendingPost, pendingPostsOf } from './pending';
import type { LineToTrack } from './plan';
import { failedResult, recoveredResult, trackedResult, unknownResult } from './results';

/** A line whose POST was sent, and whose answer was lost. */
interface LostPost {
	line: LineToTrack;
	error: ContentStatsError;
}

const LOOKUP_DELAYS_MS = [1_000, 2_000, 4_000];

/**
 * Looks up the trackings of lost POSTs, all of them with each request.
 *
 * @param knownIds the trackings that existed before.
 * @returns those found, by the identity of their link.
 */
async function findLostTrackings(
	{ functions, client, account }: OperationContext,
	lost: LostPost[],
	knownIds: ReadonlySet<string>,
): Promise<Map<string, Video>> {
	const signal = functions.getExecutionCancelSignal();
	const found = new Map<string, Video>();
	for (const delayMs of LOOKUP_DELAYS_MS) {
		const missing = lost
			.map(({ line }) => line.decision.link)
			.filter((link) => !found.has(link.identity));
		if (missing.length === 0) break;
		await delay(delayMs, sleep, signal).catch(() => {});
		if (signal?.aborted) break;
		const [platform, ...others] = new Set(missing.map((link) => link.platform));
		try {
			const { videos } = await listRunning(client, others.length === 0 ? { platform } : {});
			const added = newestByIdentity(videos.filter((video) => !knownIds.has(video.id)));
			for (const link of missing) {
				const video = firstOf(added, identitiesOf(account, link));
				if (video) found.set(link.identity, video);
			}
		} catch (error) {
			functions.logger.warn(`ContentStats: a look-up failed: ${(error as Error).message}`);
		}
	}
	return found;
}

/** Errors after which no other link of the batch can succeed either. */
const BATCH_ENDING_KINDS = new Set<ErrorKind>([
	'invalid_key',
	'insufficient_balance',
	'rate_limited',
	'unreachable',
	'web_page',
	'cancelled',
]);

/** As many lost answers in a row may mean that the API is down: look them up before sending more. */
const MAX_LOST_IN_A_ROW = 3;

/**
 * Sends one POST per line to be tracked, and never a second one if the first may have taken effect. It
 * fills in the results of these lines. Lost answers are looked up together: once everything is sent,
 * or once several in a row are lost. If none of them is found, the batch is aborted: nothing more is
 * spent at an API that is silent.
 *
 * @param running the trackings that existed before.
 * @param stopsAtRefusal whether the first line that the API refuses aborts the batch.
 * @returns the error that aborted the batch; null if none did.
 */
export async function sendBatch(
	context: OperationContext,
	lines: LineToTrack[],
	running: Video[],
	stopsAtRefusal: boolean,
): Promise<ContentStatsError | null> {
	const { client, account, tellUnusable } = context;
	const knownIds = new Set(running.map((video) => video.id));
	let abortError = null as ContentStatsError | null;

	function recordFailed(line: LineToTrack, error: ContentStatsError): void {
		if (stopsAtRefusal || BATCH_ENDING_KINDS.has(error.kind)) abortError ??= error;
		line.result = failedResult(`${error.message}. ${error.description}`);
	}

	async function send(unsent: LineToTrack[]): Promise<LostPost[]> {
		const lost: LostPost[] = [];
		let lostInARow = 0;
		await mapConcurrent(unsent, async (line) => {
			if (abortError || lostInARow >= MAX_LOST_IN_A_ROW) return;
			const { link, cost } = line.decision;
			try {
				const video = await client.track(link.url, line.duration_days);
				tellUnusable([{ subject: `video ${video.id}`, fields: unusableFields(video) }]);
				const isResolved = rememberShortLink(account, link, video.video_link);
				line.result = trackedResult(video, cost, isResolved);
			} catch (reason) {
				// Whatever else went wrong, it was after the POST: the tracking may run.
				const error =
					reason instanceof ContentStatsError
						? reason
						: unreadableReply(link.url, (reason as Error).message);
				if (mayHaveTakenEffect(error)) {
					lost.push({ line, error });
					lostInARow += 1;
					return;
				}
				recordFailed(line, error);
			}
			lostInARow = 0;
		});
		return lost;
	}

	const unsent = () => lines.filter(({ result }) => result === null);
	while (unsent().length > 0 && !abortError) {
		const lost = await send(unsent());
		const found = await findLostTrackings(context, lost, knownIds);
		for (const { line, error } of lost) {
			const { link, cost } = line.decision;
			const video = found.get(link.identity);
			const post = createPendingPost(Date.now(), knownIds);
			const pending = pendingPostsOf(account, Date.now());
			if (!video) for (const identity of identitiesOf(account, link)) pending.set(identity, post);
			line.result = video
				? recoveredResult(video, cost)
				: unknownResult(line, { cost, error }, post.expiresAt);
		}
		if (found.size === 0 && unsent().length > 0) abortError ??= lost[0]!.error;
	}
	for (const line of unsent()) line.result = failedResult(`Not tried: ${abortError!.message}`);
	return abortError;
}
