import axios from 'axios';

import { startSandbox, type Sandbox } from '../sandbox';
import { runAction, runOthers } from '../harness/engine';
import { builtIn, n8nPackages } from './builtIn';
import { speedUp } from './clock';
import type { Report } from './figures';

/** Speed of the clock: a minute of the rate limit lasts three seconds. */
const SPEED = 20;
const PER_MINUTE = 60;
const LINKS = 300;

/** Result of one way to track the batch. */
interface BatchRun {
	tracked: number;
	/** Time from the first request to the last, in minutes of the fast clock. */
	minutes: number;
	/** Least time that the rate limit allows for as many requests, in minutes. */
	necessary: number;
}

type Way = (sandbox: Sandbox, links: string[]) => Promise<unknown>;

const links = Array.from({ length: LINKS }, (_, index) => {
	const id = String(10_000_000_000 + index);
	const forms = [
		`https://www.tiktok.com/@a/video/${id}`,
		`https://www.youtube.com/watch?v=${id}`,
		`https://www.instagram.com/p/${id}/`,
		`https://twitter.com/a/status/${id}`,
	];
	return forms[index % forms.length]!;
});

const withOurNode: Way = async ({ baseUrl, liveKey: apiKey }, all) =>
	await runAction({ apiKey, baseUrl }, { videoUrls: all.join('\n') });

/** As in the vendor's guide, with axios in place of fetch. */
const withPromiseAll: Way = async ({ baseUrl, liveKey }, all) => {
	const headers = { 'X-API-Key': liveKey };
	await Promise.allSettled(
		all.map((video_link) =>
			axios.post(`${baseUrl}/videos/track`, { video_link, duration_days: 7 }, { headers }),
		),
	);
};

/** n8n's HTTP Request node with only the parameters that the request needs. */
const withHttpRequestNode =
	(packages: string): Way =>
	async ({ baseUrl, liveKey: apiKey }, all) => {
		const node = builtIn(packages, 'HttpRequest/HttpRequest', {
			method: 'POST',
			url: `${baseUrl}/videos/track`,
			sendHeaders: true,
			headerParameters: { parameters: [{ name: 'X-API-Key', value: apiKey }] },
			sendBody: true,
			specifyBody: 'json',
			jsonBody: '={{ { video_link: $json.link, duration_days: 7 } }}',
		});
		const items = all.map((link) => ({ link }));
		await runOthers({ apiKey, baseUrl }, [node], items);
	};

async function measure(way: Way): Promise<BatchRun> {
	const plan = { requestsPerMinute: PER_MINUTE, maxVideos: Infinity };
	const sandbox = await startSandbox({ plan, balanceUsd: 10_000 });
	try {
		await way(sandbox, links);
		const { requests, ledger } = sandbox;
		const toMinutes = (ms: number) => ms / 60_000;
		return {
			tracked: ledger.filter(({ kind }) => kind === 'track').length,
			minutes: toMinutes(requests.at(-1)!.at - requests[0]!.at),
			necessary: Math.floor((requests.length - 1) / PER_MINUTE),
		};
	} finally {
		await sandbox.close();
	}
}

/** Measures row 4: 300 links at 60 requests a minute, in each way. */
export async function measureBatch(rounds: number): Promise<Report> {
	const packages = await n8nPackages();
	speedUp(SPEED);
	const inTurn = {
		ours: withOurNode,
		promiseAll: withPromiseAll,
		httpRequest: withHttpRequestNode(packages),
	};
	const runs = {
		ours: [] as BatchRun[],
		promiseAll: [] as BatchRun[],
		httpRequest: [] as BatchRun[],
	};
	for (let round = 0; round < rounds; round += 1)
		for (const way of ['ours', 'promiseAll', 'httpRequest'] as const)
			runs[way].push(await measure(inTurn[way]));
	const tracked = (all: BatchRun[]) => all.map(({ tracked }) => tracked);
	const batch = `a batch of ${LINKS} links at ${PER_MINUTE} requests a minute`;
	const links = { row: 4, what: `${batch}: tracked`, unit: '', ours: tracked(runs.ours) };
	return {
		figures: [
			{
				row: 4,
				what: `${batch}: from the first request to the last`,
				unit: 'min',
				ours: runs.ours.map(({ minutes }) => minutes),
				against: 'what the limit makes necessary for all requests sent',
				theirs: runs.ours.map(({ necessary }) => necessary),
				target: 1.05,
			},
			{ ...links, against: 'Promise.all with axios', theirs: tracked(runs.promiseAll) },
			{ ...links, against: "n8n's HTTP Request node", theirs: tracked(runs.httpRequest) },
		],
	};
}
