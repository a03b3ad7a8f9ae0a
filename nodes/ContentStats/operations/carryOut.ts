import { sleep } from 'n8n-workflow';

import { ContentStatsError, type ErrorKind, isFateUnknown } from '../api/errors';
import { listRunning } from '../api/listing';
import type { Tracked, Video } from '../api/schemas';
import { forEachAtOnce, sleepUnlessStopped } from '../api/wait';
import type { BatchLine, Decision, Plan } from '../model/batch';
import { identityOfStored } from '../model/links';
import { failed, type Result } from '../model/outcome';
import type { Run } from './operation';

const LOOK_UP_AFTER_MS = [1_000, 2_000, 4_000];

/** Looks for a tracking whose answer was lost: one of this link that was not there before. */
async function findLost(
	{ context, client }: Run,
	link: string,
	platform: string,
	before: Set<string>,
): Promise<Video | null> {
	const identity = identityOfStored(link);
	const signal = context.getExecutionCancelSignal();
	for (const delay of LOOK_UP_AFTER_MS) {
		await sleepUnlessStopped(delay, sleep, signal);
		const { videos } = await listRunning(client, { platform });
		const found = videos.find(
			(video) => !before.has(video.id) && identityOfStored(video.video_link) === identity,
		);
		if (found) return found;
	}
	return null;
}

/** What became of a POST whose answer was lost. It is looked up and never sent again. */
async function afterLostAnswer(
	run: Run,
	{ link, cost }: Extract<Decision, { do: 'track' }>,
	platform: string,
	before: Set<string>,
	lost: ContentStatsError,
): Promise<Result> {
	let video: Video | null = null;
	try {
		video = await findLost(run, link, platform, before);
	} catch (error) {
		run.context.logger.warn(`ContentStats: looking up ${link} failed: ${(error as Error).message}`);
	}
	if (video)
		return {
			outcome: 'recovered',
			video,
			estimated_cost: cost,
			message: 'The answer was lost on the way, but the tracking was found: it runs',
		};
	return {
		outcome: 'unknown',
		estimated_cost: cost,
		message: `${lost.message}, and no tracking was found yet: it may or may not run. It was not sent again, so that nothing is paid twice. Wait a few minutes, then run this again: it looks first, and tracks only what is not there`,
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
		const { parsed, duration_days } = lines[index]!;
		if (decision.do !== 'track' || !parsed.ok) return;
		if (ending) return void results.set(index, failed(`Not tried: ${ending.message}`));
		const { link, cost } = decision;
		const answer = await client.track(link, duration_days).catch((error: unknown) => error);
		if (!(answer instanceof Error)) {
			const video = answer as Tracked;
			const estimated_cost = video.estimated_cost ?? cost;
			results.set(index, { outcome: 'tracked', video, estimated_cost, message: null });
			lostInARow = 0;
			return;
		}
		if (!(answer instanceof ContentStatsError)) throw answer;
		if (isFateUnknown(answer)) {
			const { platform } = parsed.link;
			const result = await afterLostAnswer(run, decision, platform, before, answer);
			results.set(index, result);
			lostInARow = result.outcome === 'unknown' ? lostInARow + 1 : 0;
			// Money is not sent on blindly to an API that has stopped answering.
			if (lostInARow >= MOST_LOST_IN_A_ROW) ending ??= answer;
			return;
		}
		if (!context.continueOnFail() || ENDS_BATCH.has(answer.kind)) ending ??= answer;
		results.set(index, failed(`${answer.message}. ${answer.description}`));
	}

	await forEachAtOnce(
		plan.decisions.flatMap(({ do: what }, index) => (what === 'track' ? [index] : [])),
		trackLine,
	);
	return { results, ending: ending as ContentStatsError | null };
}
