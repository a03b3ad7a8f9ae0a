import { sleep } from 'n8n-workflow';

import { ContentStatsError, type ErrorKind, isFateUnknown } from '../api/errors';
import { listRunning } from '../api/listing';
import type { Tracked, Video } from '../api/schemas';
import { forEachAtOnce, sleepUnlessStopped } from '../api/wait';
import { type BatchLine, linesToTrack, type Plan } from '../model/batch';
import { identityOf, newestByIdentity, type VideoLink } from '../model/links';
import { failed, type Result } from '../model/outcome';
import type { Run } from './operation';

const LOOK_UP_AFTER_MS = [1_000, 2_000, 4_000];

/** Looks for a tracking whose answer was lost: one of this link that was not there before. */
async function findLost(
	{ context, client }: Run,
	link: VideoLink,
	before: Set<string>,
): Promise<Video | undefined> {
	const signal = context.getExecutionCancelSignal();
	for (const delay of LOOK_UP_AFTER_MS) {
		await sleepUnlessStopped(delay, sleep, signal);
		const { videos } = await listRunning(client, { platform: link.platform });
		const added = videos.filter((video) => !before.has(video.id));
		const found = newestByIdentity(added).get(identityOf(link));
		if (found) return found;
	}
	return undefined;
}

const AFTER_UNKNOWN = {
	look: 'Wait a few minutes, then run this again: it looks first, and tracks only what is not there',
	again: 'Look for it with List in a few minutes, before you track it again',
};

/** What became of a POST whose answer was lost. It is looked up and never sent again. */
async function afterLostAnswer(
	run: Run,
	link: VideoLink,
	{ ifAlreadyTracked }: BatchLine,
	before: Set<string>,
	lost: ContentStatsError,
): Promise<Omit<Result, 'estimated_cost'>> {
	let video: Video | undefined;
	try {
		video = await findLost(run, link, before);
	} catch (error) {
		const { message } = error as Error;
		run.context.logger.warn(`ContentStats: looking up ${link.url} failed: ${message}`);
	}
	if (video)
		return {
			outcome: 'recovered',
			video,
			message: 'The answer was lost on the way, but the tracking was found: it runs',
		};
	const advice = AFTER_UNKNOWN[ifAlreadyTracked === 'trackAgain' ? 'again' : 'look'];
	return {
		outcome: 'unknown',
		message: `${lost.message}, and no tracking was found yet: it may or may not run. It was not sent again, so that nothing is paid twice. ${advice}`,
	};
}

/** Errors after which no other link of the batch can succeed either. */
const ENDS_BATCH = new Set<ErrorKind>(['invalid_key', 'insufficient_balance', 'cancelled']);

const MOST_LOST_IN_A_ROW = 3;

/**
 * Carries out a plan: one POST for each line to be tracked, and never a second one where the first
 * may have taken effect.
 *
 * @param running the trackings that were there before.
 * @returns the results by line, and the error that ended it early, if one did.
 */
export async function carryOut(run: Run, lines: BatchLine[], plan: Plan, running: Video[]) {
	const { context, client } = run;
	const before = new Set(running.map((video) => video.id));
	const results = new Map<number, Result>();
	let ending: ContentStatsError | null = null;
	let lostInARow = 0;

	async function trackLine(index: number): Promise<void> {
		const decision = plan.decisions[index]!;
		const line = lines[index]!;
		if (decision.do !== 'track' || !line.parsed.ok) return;
		if (ending) return void results.set(index, failed(`Not tried: ${ending.message}`));
		const { link, cost } = decision;
		const answer = await client.track(link, line.duration_days).catch((error: unknown) => error);
		if (!(answer instanceof Error)) {
			const video = answer as Tracked;
			const estimated_cost = video.estimated_cost ?? cost;
			results.set(index, { outcome: 'tracked', video, estimated_cost, message: null });
			lostInARow = 0;
			return;
		}
		if (!(answer instanceof ContentStatsError)) throw answer;
		if (isFateUnknown(answer)) {
			const found = await afterLostAnswer(run, line.parsed.link, line, before, answer);
			results.set(index, { ...found, estimated_cost: cost });
			lostInARow = found.outcome === 'unknown' ? lostInARow + 1 : 0;
			// Money is not sent on blindly to an API that has stopped answering.
			if (lostInARow >= MOST_LOST_IN_A_ROW) ending ??= answer;
			return;
		}
		if (!context.continueOnFail() || ENDS_BATCH.has(answer.kind)) ending ??= answer;
		results.set(index, failed(`${answer.message}. ${answer.description}`));
	}

	await forEachAtOnce(linesToTrack(plan), trackLine);
	return { results, ending: ending as ContentStatsError | null };
}
