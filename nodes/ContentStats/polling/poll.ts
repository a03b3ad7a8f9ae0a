import type { Client } from '../api/client';
import type { ContentStatsError } from '../api/errors';
import type { Listing } from '../api/listing';
import { fetchEach, listWatched, orError } from './collect';
import { conclude, type Learnt, type PollResult } from './conclude';
import { prune } from './handOver';
import { nothingOwed, type Owed, owedReplay } from './replay';
import { isSeeding, rewatch, toBeSeeded, type Watching } from './rewatch';
import { dueIds, isBalanceDue, isListingDue, usualCadence } from './schedule';
import type { PollSettings } from './settings';
import { sight, type Sighting } from './sighting';
import type { PollState } from './state';
import { covers, listFilters, namedIds, type Watch } from './watch';

/** What a poll needs of its host. */
export interface PollHost {
	client: Client;
	/** The clock of n8n, in Unix milliseconds. */
	now: () => number;
	/** An id that each start of n8n makes anew. */
	process: string;
	baseUrl: string;
	/** Whether the poll may refuse to let the workflow be activated, for what the user must mend. */
	isActivation: boolean;
}

/** A call that may fail while the rest goes on; null where it was not made. */
type Attempt<T> = { value: T | null; error: ContentStatsError | null } | null;

/** @throws what concerns every video alike. */
const attempt = async <T>(call: Promise<T>): Promise<Attempt<T>> =>
	await call.then(
		(value) => ({ value, error: null }),
		(error) => ({ value: null, error: orError(error) }),
	);

/** The list, where it is time to ask for it. @throws where nothing can be seeded without it. */
async function findVideos(
	state: PollState | null,
	watch: Watch,
	{ client, now }: PollHost,
): Promise<Attempt<Listing>> {
	if (listFilters(watch).length === 0) return null;
	if (isSeeding(state, watch)) return { value: await listWatched(client, watch), error: null };
	if (state && !isListingDue(state, now())) return null;
	return await attempt(listWatched(client, watch));
}

/** Fetches what is due. Snapshots that are too many for one poll are let go of on the way. */
async function look(
	watching: Watching,
	due: Set<string>,
	owed: Owed,
	settings: PollSettings,
	{ client, now }: PollHost,
): Promise<Pick<Learnt, 'sightings' | 'answers' | 'elsewhere'>> {
	const { watch, videos } = watching;
	const usual = usualCadence(Object.values(videos));
	const elsewhere = new Set<string>();
	let sightings: Sighting[] = [];
	let held = 0;
	const answers = await fetchEach(client, [...due], (id, video) => {
		if (watch.kind === 'all' && !covers(watch, video)) return void elsewhere.add(id);
		// What is fetched only to be emitted again is not watched any more: nothing of it is fresh.
		const [known, rules] = videos[id]
			? [videos[id], settings]
			: [toBeSeeded, { ...settings, startFrom: 'new' as const }];
		const sighting = sight(known, video, now(), owed.snapshots[id] ?? [], usual, rules);
		sightings.push(sighting);
		held += sighting.snapshots.length;
		if (held <= 2 * settings.maxItemsPerPoll) return;
		sightings = prune(sightings, settings.maxItemsPerPoll);
		held = sightings.reduce((sum, { snapshots }) => sum + snapshots.length, 0);
	});
	return { sightings, answers, elsewhere };
}

/**
 * Tells a service that is down from a video that cannot be read. Called where not one request of a
 * poll was answered.
 *
 * @throws ContentStatsError the reason why the poll brought nothing.
 */
async function proveThatItWorks(client: Client, errors: ContentStatsError[]): Promise<void> {
	if (errors.every(({ kind }) => kind === 'out_of_time')) return;
	const refusal = errors.find(({ kind }) => kind === 'rate_limited' || kind === 'cut_short');
	if (refusal) throw refusal;
	const proof = await attempt(client.usage());
	const reason = errors.find(({ kind }) => kind !== 'not_found') ?? proof?.error;
	if (proof?.error && reason) throw reason;
}

/**
 * One poll: asks for what is due, and turns what was remembered and what was learnt into what is
 * emitted and what is remembered next. The given state is not changed.
 *
 * @param state what the last poll remembered; null at the first.
 * @throws ContentStatsError where nothing can be watched at all; nothing is learnt then.
 */
export async function runPoll(
	state: PollState | null,
	watch: Watch,
	settings: PollSettings,
	host: PollHost,
): Promise<PollResult> {
	const { client, now, process, baseUrl, isActivation } = host;
	const owed = settings.replayAfterRestart ? owedReplay(state, process) : nothingOwed;

	const found = await findVideos(state, watch, host);
	const watching = rewatch(state, watch, found?.value ?? null, now());
	const named = namedIds(watch);
	const due = new Set([
		...Object.keys(owed.snapshots),
		...dueIds(watching.videos, now(), (id) => !named.has(id)),
	]);
	const seen = await look(watching, due, owed, settings, host);
	const { answered, failed, missing, refusal } = seen.answers;
	const wantsBalance = settings.events.includes('balance.low') && isBalanceDue(state, now());
	const usage = wantsBalance && !refusal ? await attempt(client.usage()) : null;

	const asked = [found, usage];
	const late = [
		{ what: 'the list of videos', error: found?.error, last: state?.listed?.at },
		{ what: 'the balance', error: usage?.error, last: state?.balance?.checked },
	].flatMap(({ error, last, ...rest }) =>
		error ? [{ ...rest, error, since: last || now() }] : [],
	);
	const problems = late.map(({ error }) => error);
	const isAnyAnswered = answered.size > 0 || asked.some((call) => call?.value);
	const errors = [
		...problems,
		...failed.values(),
		...missing.values(),
		...(refusal ? [refusal] : []),
	];
	// The list and the balance can wait, and must not hold up the videos.
	if (!isAnyAnswered && due.size > 0) await proveThatItWorks(client, errors);

	const isAnythingLearnt = isAnyAnswered || errors.length > 0 || owed.items.length > 0;
	if (!isAnythingLearnt) return { items: [], state, problems, report: null, fullSlices: [] };
	const learnt = {
		...seen,
		watching,
		listing: found?.value ?? null,
		usage: usage?.value ?? null,
		late,
		owed,
	};
	return conclude(state, learnt, settings, {
		now: now(),
		process,
		baseUrl,
		mayRefuse: isActivation && isSeeding(state, watch),
	});
}
