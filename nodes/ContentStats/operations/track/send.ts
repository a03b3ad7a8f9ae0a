import { sleep } from 'n8n-workflow';

import { ContentStatsError, type ErrorKind, mayHaveTakenEffect } from '../../api/errors';
import { listRunning } from '../../api/listing';
import type { Video } from '../../api/schemas';
import { toNodeError } from '../../host';
import { identityOf, newestByIdentity, type VideoLink } from '../../model/links';
import { delay, mapConcurrent } from '../../utils/async';
import type { OperationContext } from '../operation';
import { createPendingPost, pendingPostsOf } from './pending';
import { type BatchLine, type Decision, linesToTrack, type Plan } from './plan';
import {
	failedResult,
	recoveredResult,
	trackedResult,
	type TrackResult,
	unknownResult,
} from './results';

/** A POST whose answer was lost. */
interface LostPost {
	/** Of its line. */
	index: number;
	link: VideoLink;
	/** USD */
	cost: number;
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
	{ functions, client }: OperationContext,
	lost: LostPost[],
	knownIds: ReadonlySet<string>,
): Promise<Map<string, Video>> {
	const signal = functions.getExecutionCancelSignal();
	const found = new Map<string, Video>();
	for (const delayMs of LOOKUP_DELAYS_MS) {
		const missing = lost.map(({ link }) => link).filter((link) => !found.has(identityOf(link)));
		if (missing.length === 0) break;
		await delay(delayMs, sleep, signal).catch(() => {});
		if (signal?.aborted) break;
		const [platform, ...others] = new Set(missing.map((link) => link.platform));
		try {
			const { videos } = await listRunning(client, others.length === 0 ? { platform } : {});
			const added = newestByIdentity(videos.filter((video) => !knownIds.has(video.id)));
			for (const link of missing) {
				const video = added.get(identityOf(link));
				if (video) found.set(identityOf(link), video);
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
	'cancelled',
]);

/** As many lost answers in a row may mean that the API is down: look them up before sending more. */
const MAX_LOST_IN_A_ROW = 3;

export interface SentBatch {
	/** By the index of the line. */
	results: Map<number, TrackResult>;
	/** The error that aborted the batch; null if none did. */
	abortError: ContentStatsError | null;
}

/**
 * Sends one POST per line to be tracked, and never a second one if the first may have taken effect.
 * Lost answers are looked up together: once everything is sent, or once several in a row are lost.
 * If none of them is found, the batch is aborted: nothing more is spent at an API that is silent.
 *
 * @param running the trackings that existed before.
 */
export async function sendBatch(
	context: OperationContext,
	lines: BatchLine[],
	plan: Plan,
	running: Video[],
): Promise<SentBatch> {
	const { functions, client, account } = context;
	const knownIds = new Set(running.map((video) => video.id));
	const results = new Map<number, TrackResult>();
	let abortError = null as ContentStatsError | null;

	function recordFailed(index: number, error: ContentStatsError): void {
		if (!functions.continueOnFail() || BATCH_ENDING_KINDS.has(error.kind)) abortError ??= error;
		results.set(index, failedResult(`${error.message}. ${error.description}`));
	}

	async function send(indices: number[]): Promise<LostPost[]> {
		const lost: LostPost[] = [];
		let lostInARow = 0;
		await mapConcurrent(indices, async (index) => {
			if (abortError || lostInARow >= MAX_LOST_IN_A_ROW) return;
			const { link, cost } = plan.decisions[index] as Extract<Decision, { kind: 'track' }>;
			try {
				const video = await client.track(link.url, lines[index]!.duration_days);
				results.set(index, trackedResult(video, cost));
			} catch (error) {
				if (!(error instanceof ContentStatsError)) throw toNodeError(functions.getNode(), error);
				if (mayHaveTakenEffect(error)) {
					lost.push({ index, link, cost, error });
					lostInARow += 1;
					return;
				}
				recordFailed(index, error);
			}
			lostInARow = 0;
		});
		return lost;
	}

	const toTrack = linesToTrack(plan);
	const unsent = () => toTrack.filter((index) => !results.has(index));
	while (unsent().length > 0 && !abortError) {
		const lost = await send(unsent());
		const found = await findLostTrackings(context, lost, knownIds);
		for (const post of lost) {
			const identity = identityOf(post.link);
			const video = found.get(identity);
			const pending = createPendingPost(Date.now(), knownIds);
			if (!video) pendingPostsOf(account, Date.now()).set(identity, pending);
			results.set(
				post.index,
				video
					? recoveredResult(video, post.cost)
					: unknownResult(lines[post.index]!, post, pending.expiresAt),
			);
		}
		if (found.size === 0 && unsent().length > 0) abortError ??= lost[0]!.error;
	}
	for (const index of unsent())
		results.set(index, failedResult(`Not tried: ${abortError!.message}`));
	return { results, abortError };
}
