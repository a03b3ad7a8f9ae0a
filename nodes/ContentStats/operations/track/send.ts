import { sleep } from 'n8n-workflow';

import { ContentStatsError, isCommon, mayHaveTakenEffect, unreadableReply } from '../../api/errors';
import { createdAt, listRunning } from '../../api/listing';
import { announcedCost, type Tracked, unusableFields, type Video } from '../../api/schemas';
import { newestByIdentity } from '../../model/links';
import { firstOf, identitiesOf, rememberShortLink } from '../../model/shortLinks';
import { delay, mapConcurrent } from '../../utils/async';
import type { OperationContext } from '../operation';
import { passGate } from '../postGate';
import { rememberTracking } from '../recentTrackings';
import type { Budget } from './budget';
import { pendingPosts } from './pending';
import type { LineToTrack } from './plan';
import {
	failedResult,
	recoveredResult,
	resultOfDecision,
	trackedResult,
	unknownResult,
} from './results';

/** A line whose POST was sent, and whose answer was lost. */
interface LostPost {
	line: LineToTrack;
	error: ContentStatsError;
	/** What was put aside for it, in USD. */
	cost: number;
}

/** What existed before a batch is sent. */
export interface KnownBefore {
	/** The ids of all trackings, whether they run or not. */
	ids: ReadonlySet<string>;
	/** When they were listed, by the clock of the API, in Unix milliseconds; null if it does not say. */
	listedAt: number | null;
}

/** The API gives the time of its replies in whole seconds, and its servers may differ. */
const CLOCK_TOLERANCE_MS = 5_000;

/** Whether a tracking was created since. */
function isNew(video: Video, { ids, listedAt }: KnownBefore): boolean {
	if (ids.has(video.id)) return false;
	const created = createdAt(video);
	return listedAt === null || created === 0 || created > listedAt - CLOCK_TOLERANCE_MS;
}

/** The days that a tracking runs: the reply may name more than were asked for. */
const daysOf = ({ monitoring_duration_days }: Tracked, { duration_days }: LineToTrack): number =>
	Math.max(duration_days, monitoring_duration_days ?? 0);

const LOOKUP_DELAYS_MS = [1_000, 2_000, 4_000];

/**
 * Looks up the trackings of lost POSTs, all of them with each request.
 *
 * @param known what existed before.
 * @returns those found, by the identity of their link.
 */
async function findLostTrackings(
	{ functions, client, account }: OperationContext,
	lost: LostPost[],
	known: KnownBefore,
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
			const added = newestByIdentity(videos.filter((video) => isNew(video, known)));
			for (const link of missing) {
				const video = firstOf(added, identitiesOf(account, link));
				if (video) found.set(link.identity, video);
			}
		} catch (error) {
			functions.logger.warn(`ContentStats: a lookup failed: ${(error as Error).message}`);
		}
	}
	return found;
}

/** Whether no other link of the batch can succeed after an error either. */
const endsBatch = (error: ContentStatsError): boolean =>
	isCommon(error) || error.kind === 'insufficient_balance';

/** As many lost answers in a row may mean that the API is down: look them up before sending more. */
const MAX_LOST_IN_A_ROW = 3;

/** Returns the first lines of each video: those that track it again wait until it is known what became of them. */
function firstOfEachVideo(account: string, lines: LineToTrack[]): LineToTrack[] {
	const seen = new Set<string>();
	return lines.filter(({ decision: { link } }) => {
		const identities = identitiesOf(account, link);
		const isFirst = !identities.some((identity) => seen.has(identity));
		for (const identity of identities) seen.add(identity);
		return isFirst;
	});
}

/**
 * Sends one POST per line to be tracked, and never a second one if the first may have taken effect. It
 * fills in the results of these lines. Lost answers are looked up together: once everything is sent,
 * or once several in a row are lost. If none of them is found, the batch is aborted: nothing more is
 * spent at an API that is silent.
 *
 * @param before what existed before.
 * @param budget what the lines may cost; if the API announces higher prices, it aborts the batch.
 * @param stopsAtRefusal whether the first line that the API refuses aborts the batch.
 * @returns the error that aborted the batch; null if none did.
 */
export async function sendBatch(
	context: OperationContext,
	lines: LineToTrack[],
	before: KnownBefore,
	budget: Budget,
	stopsAtRefusal: boolean,
): Promise<ContentStatsError | null> {
	const { client, account, tellUnusable } = context;
	const known = { ...before, ids: new Set(before.ids) };
	let abortError = null as ContentStatsError | null;

	const pendingOf = (line: LineToTrack) =>
		firstOf(pendingPosts.of(account), identitiesOf(account, line.decision.link));

	function recordRunning({ decision: { link } }: LineToTrack, video: Video): void {
		known.ids.add(video.id);
		rememberTracking(account, identitiesOf(account, link), video);
	}

	function recordFailed(line: LineToTrack, error: ContentStatsError): void {
		if (stopsAtRefusal || endsBatch(error)) abortError ??= error;
		line.result = failedResult(`${error.message}. ${error.description}`);
	}

	function recordTracked(line: LineToTrack, video: Tracked, cost: number): void {
		const { link } = line.decision;
		tellUnusable([{ subject: `video ${video.id}`, fields: unusableFields(video) }]);
		const isResolved = rememberShortLink(account, link, video.video_link);
		recordRunning(line, video);
		line.result = trackedResult(video, cost, isResolved);
	}

	/** @returns the lost answer; null if there was one, or if nothing was sent. */
	async function sendLine(line: LineToTrack): Promise<LostPost | null> {
		const { link } = line.decision;
		const purchase = { url: link.url, days: line.duration_days };
		const cost = budget.putAside(purchase);
		try {
			// Recorded before the gate opens: who reads the account then must know of it.
			await passGate(account, async () => {
				const video = await client.track(link.url, line.duration_days);
				const announced = announcedCost(video) ?? budget.priceOf(daysOf(video, line));
				recordTracked(line, video, announced);
				budget.spend(purchase, cost, announced);
			});
		} catch (reason) {
			// Whatever else went wrong, it was after the POST: the tracking may run.
			const error =
				reason instanceof ContentStatsError
					? reason
					: unreadableReply(link.url, (reason as Error).message);
			if (mayHaveTakenEffect(error)) {
				budget.spend(purchase, cost, null);
				return { line, error, cost };
			}
			budget.giveBack(cost);
			recordFailed(line, error);
		}
		return null;
	}

	async function send(unsent: LineToTrack[]): Promise<{ lost: LostPost[]; isSilent: boolean }> {
		const lost: LostPost[] = [];
		let lostInARow = 0;
		const isSilent = () => lostInARow >= MAX_LOST_IN_A_ROW;
		async function sendNext(line: LineToTrack): Promise<void> {
			if (abortError || isSilent()) return;
			try {
				const lostPost = await sendLine(line);
				lostInARow = lostPost ? lostInARow + 1 : 0;
				if (lostPost) lost.push(lostPost);
			} catch (reason) {
				abortError ??= reason as ContentStatsError;
			}
		}
		const queue = [...unsent];
		while (queue.length > 0 && !budget.allowsConcurrency()) await sendNext(queue.shift()!);
		await mapConcurrent(queue, sendNext);
		return { lost, isSilent: isSilent() };
	}

	/** Looks up lost POSTs. @returns whether one was found. */
	async function recover(lost: LostPost[]): Promise<boolean> {
		const found = await findLostTrackings(context, lost, known);
		const knownIds = new Set(known.ids);
		for (const { line, error, cost } of lost) {
			const { link } = line.decision;
			const video = found.get(link.identity);
			if (video) {
				recordRunning(line, video);
				line.result = recoveredResult(video, cost);
				continue;
			}
			for (const identity of identitiesOf(account, link))
				pendingPosts.set(account, identity, { knownIds });
			line.result = unknownResult(line, { cost, error }, pendingOf(line)!.expiresAt);
		}
		return found.size > 0;
	}

	const unsent = () => lines.filter(({ result }) => result === null);
	while (unsent().length > 0 && !abortError) {
		const next = firstOfEachVideo(account, unsent());
		for (const line of next) {
			const post = pendingOf(line);
			if (post)
				line.result = resultOfDecision({ kind: 'wait', until: post.expiresAt }, line.duration_days);
		}
		const { lost, isSilent } = await send(next.filter(({ result }) => result === null));
		const isAnyFound = await recover(lost);
		if (isSilent && !isAnyFound && unsent().length > 0) abortError ??= lost[0]!.error;
	}
	for (const line of unsent()) line.result = failedResult(`Not attempted: ${abortError!.message}`);
	return abortError;
}
