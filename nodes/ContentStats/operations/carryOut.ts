import { sleep } from 'n8n-workflow';

import { ContentStatsError, type ErrorKind, isFateUnknown } from '../api/errors';
import { listRunning } from '../api/listing';
import type { Video } from '../api/schemas';
import { unansweredOf, unansweredSince } from '../api/unanswered';
import { forEachAtOnce, sleepUnlessStopped } from '../api/wait';
import { toNodeError } from '../host';
import { type BatchLine, type Decision, linesToTrack, type Plan } from '../model/batch';
import { identityOf, newestByIdentity, type VideoLink } from '../model/links';
import { failed, type Result, toClock } from '../model/outcome';
import type { Run } from './operation';

/** A line that was sent, and whose answer was lost. */
interface Lost {
	index: number;
	link: VideoLink;
	/** USD */
	cost: number;
	error: ContentStatsError;
}

const LOOK_UP_AFTER_MS = [1_000, 2_000, 4_000];

/** Looks, all at once, for trackings whose answers were lost: of their links, and not there before. */
async function findLost(
	{ context, client }: Run,
	lost: Lost[],
	before: ReadonlySet<string>,
): Promise<Map<string, Video>> {
	const signal = context.getExecutionCancelSignal();
	const found = new Map<string, Video>();
	for (const delay of LOOK_UP_AFTER_MS) {
		const missing = lost.map(({ link }) => link).filter((link) => !found.has(identityOf(link)));
		if (missing.length === 0) break;
		await sleepUnlessStopped(delay, sleep, signal);
		if (signal?.aborted) break;
		const [platform, ...others] = new Set(missing.map((link) => link.platform));
		try {
			const { videos } = await listRunning(client, others.length === 0 ? { platform } : {});
			const added = newestByIdentity(videos.filter((video) => !before.has(video.id)));
			for (const link of missing) {
				const video = added.get(identityOf(link));
				if (video) found.set(identityOf(link), video);
			}
		} catch (error) {
			context.logger.warn(`ContentStats: a look-up failed: ${(error as Error).message}`);
		}
	}
	return found;
}

const AFTER_UNKNOWN = {
	look: 'Run this again then: it looks first, and tracks only what is not there',
	again: 'Look for it with List then, before you track it again',
};

const recovered = (video: Video, estimated_cost: number): Result => ({
	outcome: 'recovered',
	video,
	estimated_cost,
	message: 'The answer was lost on the way, but the tracking was found: it runs',
});

const unknown = (
	{ cost, error }: Lost,
	{ ifAlreadyTracked }: BatchLine,
	until: number,
): Result => ({
	outcome: 'unknown',
	estimated_cost: cost,
	message: `${error.message}, and no tracking was found yet: it may or may not run. So that nothing is paid twice, it is not sent again before ${toClock(until)}. ${AFTER_UNKNOWN[ifAlreadyTracked === 'trackAgain' ? 'again' : 'look']}`,
});

/** Errors after which no other link of the batch can succeed either. */
const ENDS_BATCH = new Set<ErrorKind>([
	'invalid_key',
	'insufficient_balance',
	'rate_limited',
	'unreachable',
	'cancelled',
]);

/** So many lost answers in a row may mean that the API has stopped answering: time to look. */
const MOST_LOST_IN_A_ROW = 3;

export interface Carried {
	/** By line. */
	results: Map<number, Result>;
	/** The error that ended the batch early; null where none did. */
	ending: ContentStatsError | null;
}

/**
 * Carries out a plan: one POST for each line to be tracked, and never a second one where the first
 * may have taken effect. Lost answers are looked up together: when all is sent, or when several are
 * lost in a row. If none of those is found then, no more money is sent to an API that is silent.
 *
 * @param running the trackings that were there before.
 */
export async function carryOut(
	run: Run,
	lines: BatchLine[],
	plan: Plan,
	running: Video[],
): Promise<Carried> {
	const { context, client } = run;
	const before = new Set(running.map((video) => video.id));
	const results = new Map<number, Result>();
	let ending = null as ContentStatsError | null;

	function refused(index: number, error: ContentStatsError): void {
		if (!context.continueOnFail() || ENDS_BATCH.has(error.kind)) ending ??= error;
		results.set(index, failed(`${error.message}. ${error.description}`));
	}

	async function send(indices: number[]): Promise<Lost[]> {
		const lost: Lost[] = [];
		let lostInARow = 0;
		await forEachAtOnce(indices, async (index) => {
			if (ending || lostInARow >= MOST_LOST_IN_A_ROW) return;
			const { link, cost } = plan.decisions[index] as Extract<Decision, { do: 'track' }>;
			try {
				const video = await client.track(link.url, lines[index]!.duration_days);
				const estimated_cost = video.estimated_cost ?? cost;
				results.set(index, { outcome: 'tracked', video, estimated_cost, message: null });
			} catch (error) {
				if (!(error instanceof ContentStatsError)) throw toNodeError(context.getNode(), error);
				if (isFateUnknown(error)) {
					lost.push({ index, link, cost, error });
					lostInARow += 1;
					return;
				}
				refused(index, error);
			}
			lostInARow = 0;
		});
		return lost;
	}

	const toTrack = linesToTrack(plan);
	const notTried = () => toTrack.filter((index) => !results.has(index));
	while (notTried().length > 0 && !ending) {
		const lost = await send(notTried());
		const found = await findLost(run, lost, before);
		for (const line of lost) {
			const identity = identityOf(line.link);
			const video = found.get(identity);
			const sent = unansweredSince(Date.now(), before);
			if (!video) unansweredOf(run.account, Date.now()).set(identity, sent);
			results.set(
				line.index,
				video ? recovered(video, line.cost) : unknown(line, lines[line.index]!, sent.until),
			);
		}
		if (found.size === 0 && notTried().length > 0) ending ??= lost[0]!.error;
	}
	for (const index of notTried()) results.set(index, failed(`Not tried: ${ending!.message}`));
	return { results, ending };
}
