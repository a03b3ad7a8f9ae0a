import type { Client } from '../../api/client';
import { ContentStatsError, isCommon } from '../../api/errors';
import { byNewest } from '../../api/listing';
import {
	type Platform,
	repliedAtOf,
	type Usage,
	type Video,
	type VideoWithSnapshots,
} from '../../api/schemas';
import { newestByIdentity, unidentifiedPlatformsOf } from '../../model/links';
import { identitiesOf } from '../../model/shortLinks';
import { isRunning } from '../../model/videos';
import { mapConcurrent } from '../../utils/async';
import { readAccount } from '../account';
import type { OperationContext } from '../operation';
import { recentTrackings } from '../recentTrackings';
import type { BatchLine } from './plan';

/** What is known of an account before a batch is planned. */
export interface Survey {
	usage: Usage;
	/** The running trackings that are listed, and those of the batch that only this process knows. */
	running: Video[];
	/** The same by each identity of their link, the newest of each. */
	runningByIdentity: ReadonlyMap<string, Video>;
	/** The running trackings of which the API said nothing: only this process knows them. */
	unconfirmedIds: ReadonlySet<string>;
	/** The ids of all trackings that are listed or known, whether they run or not. */
	knownIds: ReadonlySet<string>;
	/** When it was made, by the clock of the API, in Unix milliseconds; null if it does not say. */
	madeAt: number | null;
	/** Platforms of which more trackings run than are known; null: any of them. */
	hiddenPlatforms: ReadonlySet<string | null>;
	/** Platforms of running trackings whose id or link cannot be read; null if it is unknown too. */
	unidentifiedPlatforms: ReadonlySet<Platform | null>;
}

/** Asks for a tracking that is not listed. @returns null if it has ended; the same one if the API does not say. */
async function askFor(client: Client, video: Video): Promise<Video | null> {
	const current = await client.get(video.id).catch((error: unknown): Video => {
		if (error instanceof ContentStatsError && !isCommon(error)) return video;
		throw error;
	});
	if (!isRunning(current, repliedAtOf(current) ?? Date.now())) return null;
	if (current === video) return video;
	// It is remembered, and its snapshots may be many.
	const { snapshots: _, ...listed } = current as VideoWithSnapshots;
	return listed;
}

/**
 * Surveys an account: its usage, and the running trackings as far as the API lists them or this process
 * knows of them. Nothing is spent.
 *
 * @throws ContentStatsError
 */
export async function surveyAccount(
	context: OperationContext,
	lines: BatchLine[],
): Promise<Survey> {
	const { usage, listing, knownIds, hidden } = await readAccount(context);
	const { client, account } = context;
	const recent = recentTrackings(account);
	const knownById = new Map(listing.videos.map((video) => [video.id, video]));
	const identities = lines.flatMap(({ parsed }) =>
		parsed.ok ? identitiesOf(account, parsed.link) : [],
	);
	const recentOfBatch = new Map(
		identities.flatMap((identity) => {
			const video = recent.get(identity);
			return video ? [[identity, video] as const] : [];
		}),
	);
	const unlisted = [...new Set(recentOfBatch.values())].filter(({ id }) => !knownById.has(id));
	const asked = await mapConcurrent(unlisted, async (video) => await askFor(client, video));
	for (const video of asked) if (video) knownById.set(video.id, video);

	const running = [...listing.videos, ...asked.filter((video) => video !== null)].sort(byNewest);
	const runningByIdentity = newestByIdentity(running);
	// The API may have stored another link than the one that was sent.
	for (const [identity, { id }] of recentOfBatch) {
		const video = knownById.get(id);
		if (video && !runningByIdentity.has(identity)) runningByIdentity.set(identity, video);
	}
	return {
		usage,
		running,
		unconfirmedIds: new Set(
			unlisted.filter((video, index) => asked[index] === video).map(({ id }) => id),
		),
		knownIds,
		madeAt: listing.repliedAt,
		runningByIdentity,
		hiddenPlatforms: new Set(hidden.map(({ platform }) => platform)),
		unidentifiedPlatforms: unidentifiedPlatformsOf(listing),
	};
}
