import type { Client } from '../api/client';
import { type ContentStatsError, isUnsent } from '../api/errors';
import type { Listing } from '../api/listing';
import { createRecord } from '../utils/record';
import { assertSameAccount, witnessIds } from './account';
import { diffVideo, type VideoDiff } from './diff';
import { pruneDiffs } from './emit';
import type { FailedCall } from './failures';
import { fetchVideos, listWatched, NO_ANSWER_KINDS, returnUnlessFatal } from './fetch';
import type { PollSettings } from './parameters';
import { isSeeding, reconcile, UNSEEDED_VIDEO, type Watchlist } from './reconcile';
import { type PollFindings, type PollResult, reducePoll } from './reduce';
import { dueReplay, NO_REPLAY, type Replay } from './replay';
import { dueIds, isBalanceDue, isListingDue } from './schedule';
import { slowedBy } from './slowdowns';
import type { PollState, StateOwner, WatchedVideo } from './state';
import { isIncluded, listFilters, selectedIds, type Watch } from './watch';

/** What a poll needs of n8n. */
export interface PollHost {
	client: Client;
	/** Lists what is watched, and leaves time for the videos. */
	listClient: Client;
	/** The clock of n8n, in Unix milliseconds. */
	now: () => number;
	/** An id that each start of n8n makes anew. */
	processId: string;
	owner: StateOwner;
	/** A hash of the base URL and the API key. */
	account: string;
	/** Whether n8n makes this poll to activate the workflow, and shows its error if it throws. */
	isActivation: boolean;
}

/** What the time of a poll allowed. */
interface PollProgress {
	/** Whether the rate limit allowed no request. */
	isTurnedAway: boolean;
	/** Whether the list took longer than its share. */
	isListCut: boolean;
}

/** The outcome of a call that the rest of the poll can do without; null if it was not made. */
type Settled<T> = { value: T | null; error: ContentStatsError | null } | null;

/** Awaits a call. @throws ContentStatsError if it is fatal. */
const settle = async <T>(call: Promise<T>): Promise<Settled<T>> =>
	await call.then(
		(value) => ({ value, error: null }),
		(error) => ({ value: null, error: returnUnlessFatal(error) }),
	);

/** Asks for the list if it is due. @throws ContentStatsError while seeding, which needs the list. */
async function listIfDue(
	state: PollState | null,
	watch: Watch,
	{ client, listClient, now }: PollHost,
): Promise<Settled<Listing>> {
	if (listFilters(watch).length === 0) return null;
	if (isSeeding(state, watch)) return { value: await listWatched(client, watch), error: null };
	if (state && !isListingDue(state, now())) return null;
	return await settle(listWatched(listClient, watch));
}

/** Fetches the due videos and compares each with its state. Snapshots beyond one poll are dropped on the way. */
async function fetchAndDiff(
	{ watch, videos }: Watchlist,
	listing: Listing | null,
	due: Set<string>,
	replay: Replay,
	settings: PollSettings,
	{ client, now }: PollHost,
): Promise<Pick<PollFindings, 'diffs' | 'fetchResult' | 'otherPlatformIds'>> {
	const otherPlatformIds = new Set<string>();
	const listedIds = new Set(listing?.videos.map(({ id }) => id));
	let diffs: VideoDiff[] = [];
	let held = 0;
	const fetchResult = await fetchVideos(client, [...due], (id, video) => {
		const isOther = watch.kind === 'all' && !isIncluded(watch, video) && !listedIds.has(id);
		if (isOther) return void otherPlatformIds.add(id);
		// A video that is fetched for a replay alone is not watched: nothing of it is fresh.
		const [state, videoSettings] = videos[id]
			? [videos[id], settings]
			: [UNSEEDED_VIDEO, { ...settings, startFrom: 'new' as const }];
		const diff = diffVideo(state, video, now(), replay.snapshots[id] ?? [], videoSettings);
		diffs.push(diff);
		held += diff.snapshots.length;
		if (held <= 2 * settings.maxItemsPerPoll) return;
		diffs = pruneDiffs(diffs, settings.maxItemsPerPoll);
		held = diffs.reduce((sum, { snapshots }) => sum + snapshots.length, 0);
	});
	return { diffs, fetchResult, otherPlatformIds };
}

/**
 * Tells an API that is down from a video that cannot be read, after a poll in which nothing succeeded.
 *
 * @throws ContentStatsError the reason, if the API is down.
 */
async function assertApiReachable(client: Client, errors: ContentStatsError[]): Promise<void> {
	if (errors.every(isUnsent)) return;
	const stoppedBy = errors.find((error) => NO_ANSWER_KINDS.has(error.kind) && !isUnsent(error));
	if (stoppedBy) throw stoppedBy;
	const probe = await settle(client.usage());
	if (probe?.error?.kind === 'unreadable_reply') return;
	const reason = errors.find(({ kind }) => kind !== 'not_found') ?? probe?.error;
	if (probe?.error && reason) throw reason;
}

/**
 * Forgets what belongs to an event that is not chosen: chosen again, it starts anew. Changed settings of
 * `growth.slowed` do the same. Otherwise every video that is slow by them would be emitted at once.
 */
function withoutUnchosen(state: PollState, settings: PollSettings): PollState {
	const { balance, ...withoutBalance } = state;
	const kept = balance && !settings.events.includes('balance.low') ? withoutBalance : state;
	if (state.slowedBy === slowedBy(settings)) return kept;
	const videos = Object.entries(state.videos).map(
		([id, { isSlow: _isSlow, ...video }]): [string, WatchedVideo] => [id, video],
	);
	return { ...kept, videos: createRecord(videos) };
}

/**
 * Runs one poll: reconciles the watched videos, fetches those that are due, and reduces what was found
 * to the items and the new state. The state given is not changed.
 *
 * @param before the state of the previous poll; null at the first.
 * @returns the result, and what the time of the poll allowed.
 * @throws ContentStatsError if nothing can be watched at all; then nothing changes.
 */
export async function runPoll(
	before: PollState | null,
	watch: Watch,
	settings: PollSettings,
	host: PollHost,
): Promise<PollResult & PollProgress> {
	const state = before && withoutUnchosen(before, settings);
	const { client, now, processId, owner, account, isActivation } = host;
	const replay = settings.replayAfterRestart
		? dueReplay(state, processId, settings.events)
		: NO_REPLAY;

	const listing = await listIfDue(state, watch, host);
	const watchlist = reconcile(state, watch, listing?.value ?? null, now());
	const selected = selectedIds(watch);
	const due = new Set([
		// One that keeps failing is retried at its own time.
		...Object.keys(replay.snapshots).filter((id) => !watchlist.videos[id]?.failing),
		...dueIds(watchlist.videos, now(), (id) => !selected.has(id)),
		...witnessIds(state, listing?.value ?? null, account),
	]);
	const fetchedVideos = await fetchAndDiff(
		watchlist,
		listing?.value ?? null,
		due,
		replay,
		settings,
		host,
	);
	const { fetched, failed, missing, stoppedBy } = fetchedVideos.fetchResult;
	assertSameAccount(state, listing?.value ?? null, fetchedVideos.fetchResult, account);
	const wantsBalance = settings.events.includes('balance.low') && isBalanceDue(state, now());
	const usage = wantsBalance && !stoppedBy ? await settle(client.usage()) : null;

	const failedCalls = [
		{
			subject: 'the list of videos',
			error: listing?.error,
			lastSuccessAt: state?.lastListing?.listedAt,
		},
		{ subject: 'the balance', error: usage?.error, lastSuccessAt: state?.balance?.checkedAt },
	].flatMap(({ subject, error, lastSuccessAt }): FailedCall[] =>
		error ? [{ subject, error, lastSuccessAt: lastSuccessAt ?? now() }] : [],
	);
	const problems = failedCalls.map(({ error }) => error);
	const isAnyAnswered = fetched.size > 0 || [listing, usage].some((call) => call?.value);
	const errors = [
		...problems,
		...failed.values(),
		...missing.values(),
		...(stoppedBy ? [stoppedBy] : []),
	];
	// A list or a balance that fails can wait. If videos were due and nothing succeeded, is the API down?
	if (!isAnyAnswered && due.size > 0) await assertApiReachable(client, errors);

	const progress: PollProgress = {
		isTurnedAway: !isAnyAnswered && errors.length > 0 && errors.every(isUnsent),
		isListCut: listing?.error?.kind === 'budget_exhausted',
	};
	const hasFindings = isAnyAnswered || errors.length > 0 || replay.items.length > 0;
	if (!hasFindings)
		return { items: [], state, problems, unusable: [], report: null, fullSlices: [], ...progress };
	const findings = {
		...fetchedVideos,
		watchlist,
		listing: listing?.value ?? null,
		usage: usage?.value ?? null,
		failedCalls,
		replay,
	};
	const result = reducePoll(state, findings, settings, {
		now: now(),
		processId,
		owner,
		account,
		rejectsUnknownIds: isActivation && isSeeding(state, watch),
	});
	return { ...result, ...progress };
}
