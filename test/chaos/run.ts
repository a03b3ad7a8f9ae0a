import { keepInStep } from '../engine/support/time';

import type { IDataObject } from 'n8n-workflow';

import { type Fault, manualClock, type Sandbox, startSandbox } from '../../sandbox';
import { type Credential, type RunOutcome, startAction } from '../../harness/engine';
import { waitByTheClock } from '../engine/support/patience';
import { CANDIDATES, type Fate, type Line, linkOf, type Scenario } from './scenario';

const MOST_RUNS = 40;
const START = '2026-01-01T00:00:00.400Z';
const POST = { method: 'POST' };
const OUTCOMES = ['tracked', 'already_tracked', 'duplicate', 'recovered', 'unknown', 'failed'];

function faultOf(fate: Fate, { lateMs }: Scenario): Fault | null {
	switch (fate) {
		case 'answered':
			return null;
		case 'dropped before':
			return { kind: 'drop', when: 'before_commit' };
		case 'dropped after':
			return { kind: 'drop', when: 'after_commit' };
		case 'late':
			return { kind: 'late_commit', afterMs: lateMs };
		case '5xx before':
			return { kind: 'status', status: 502 };
		case '5xx after':
			return { kind: 'status', status: 500, commit: true };
		case 'garbled':
			return { kind: 'body', truncate_at: 15 };
		case '429':
			return { kind: 'rate_limited', resetInSeconds: 3 };
		case '429 without headers':
			return { kind: 'rate_limited', headers: false };
		case 'refused':
			return { kind: 'status', status: 400 };
		case 'short page':
			return { kind: 'short_page', limit: 2 };
		case 'short page, untold':
			return {
				kind: 'short_page',
				limit: 2,
				tells: 'nothing',
			};
		case 'repeated entry':
			return { kind: 'repeat_entry' };
		case 'filters ignored':
			return { kind: 'ignore_filters', filters: ['platform', 'status'] };
	}
}

/** Adds the faults for the requests of one method, in the order in which they arrive. */
function plan(sandbox: Sandbox, fates: Fate[], method: string, scenario: Scenario): void {
	let answered = 0;
	for (const fate of fates) {
		const fault = faultOf(fate, scenario);
		// A fault counts only the requests that no earlier fault has affected.
		if (fault) sandbox.faults.add({ ...fault, match: { method }, after: answered });
		else answered += 1;
	}
}

/** Counts the trackings of each candidate in the sandbox, by candidate id. */
function trackingsOf(sandbox: Sandbox): Map<string, number> {
	const all = [...sandbox.videos.values()].map(({ video_link }) => video_link);
	return new Map(CANDIDATES.map(({ id }) => [id, all.filter((link) => link.includes(id)).length]));
}

/**
 * Runs a scenario to its end.
 *
 * @throws Error if a link was lost or paid for twice
 */
export async function runScenario(scenario: Scenario): Promise<void> {
	const { seed, requestsPerMinute, days, continueOnFail, cap, priceFactor } = scenario;
	const clock = manualClock(START);
	keepInStep(clock);
	waitByTheClock(clock);
	const plans = { requestsPerMinute, maxVideos: Infinity };
	const sandbox = await startSandbox({ clock, seed, plan: plans, balanceUsd: 10_000 });
	const credential: Credential = { apiKey: sandbox.liveKey, baseUrl: sandbox.baseUrl };
	const wanted = [scenario.batch, ...(scenario.beside ? [scenario.beside] : [])];
	/** The `estimated_cost` in USD of each tracking, by video id. */
	const announced = new Map<string, number>();

	const start = (lines: Line[], options: IDataObject) =>
		startAction(
			credential,
			{ videoUrls: '={{ $json.link }}', durationDays: days, options: options as never },
			{
				items: lines.map((line) => ({ link: linkOf(line) })),
				onError: continueOnFail ? 'continueRegularOutput' : 'stopWorkflow',
			},
		);

	/** Checks that a failed line started no tracking. */
	function expectUnchanged({ candidate }: Line, before: Map<string, number>): void {
		if (candidate === null) return;
		const { id } = CANDIDATES[candidate]!;
		expect([id, trackingsOf(sandbox).get(id)]).toEqual([id, before.get(id)]);
	}
	const mayChangeMeanwhile = scenario.beside !== null || scenario.posts.includes('late');

	/** Checks the outcome of a run. Returns its items, or null if it must run again. */
	function checkOutcome(
		lines: Line[],
		before: Map<string, number>,
		{ items, error, run }: RunOutcome,
	): IDataObject[] | null {
		const isStopped = run.status === 'canceled';
		if (error && !isStopped) expect(continueOnFail).toBe(false);
		if (error && items.length === 0) return null;
		expect(items).toHaveLength(lines.length);
		for (const [index, { outcome, video_id, estimated_cost, message }] of items.entries()) {
			expect(OUTCOMES).toContain(outcome);
			if (lines[index]!.candidate === null) expect(outcome).toBe('failed');
			if (outcome === 'failed' || outcome === 'unknown') {
				expect(message).toBeTruthy();
				expect(video_id).toBeNull();
				if (outcome === 'failed' && !mayChangeMeanwhile) expectUnchanged(lines[index]!, before);
			} else expect(sandbox.videos.has(String(video_id))).toBe(true);
			// A recovered tracking costs 0 if an earlier run has already reported its cost.
			if (outcome === 'tracked' || (outcome === 'recovered' && estimated_cost !== 0))
				announced.set(String(video_id), Number(estimated_cost));
		}
		return isStopped ? null : items;
	}

	/** Checks that a run has spent no more than its cap, but for one reply with a higher price. */
	function expectUnderCap({ items }: RunOutcome): void {
		const costs = items.map(({ estimated_cost }) => Number(estimated_cost));
		const sum = costs.reduce((total, cost) => total + cost, 0);
		const highest = priceFactor === 1 ? 0 : Math.max(0, ...costs);
		expect(sum - highest).toBeLessThanOrEqual(cap! + 1e-9);
	}

	function changeStatuses(changes: Scenario['changes']): void {
		for (const { candidate, status } of changes)
			for (const video of sandbox.videos.values())
				if (video.video_link.includes(CANDIDATES[candidate]!.id)) video.setStatus(status);
	}

	try {
		for (const { candidate } of scenario.running)
			sandbox.seedVideo({ video_link: CANDIDATES[candidate]!.spellings[0]! });
		changeStatuses(scenario.running);
		clock.advance({ seconds: 10 });
		plan(sandbox, scenario.posts, 'POST', scenario);
		plan(sandbox, scenario.gets, 'GET', scenario);
		const forever = { times: 'always' } as const;
		if (priceFactor !== 1)
			sandbox.faults.add({ kind: 'price', factor: priceFactor, match: POST, ...forever });
		if (scenario.lag)
			sandbox.faults.add({ kind: 'lag', ...scenario.lag, match: { method: 'GET' }, ...forever });
		let isSettled = false;
		for (let run = 0; !isSettled; run += 1) {
			if (run >= MOST_RUNS) throw new Error('It never comes to an end');
			// After the first run, a user removes the links that were refused.
			const batches = continueOnFail || run === 0 ? wanted : wanted.map(withoutRefused);
			const before = trackingsOf(sandbox);
			const running = batches
				.filter((lines) => lines.length > 0)
				.map((lines) => ({
					lines,
					...start(lines, cap && run === 0 ? { maxTotalCost: cap } : {}),
				}));
			const stopper = run === 0 && scenario.stopAfter !== null ? running[0] : undefined;
			if (stopper) void stopAfter(stopper, sandbox, scenario.stopAfter!);
			const ended = await Promise.all(
				running.map(async ({ lines, outcome }) => checkOutcome(lines, before, await outcome)),
			);
			if (cap && run === 0) for (const { outcome } of running) expectUnderCap(await outcome);
			if (run === 0) changeStatuses(scenario.changes);
			for (const [id, count] of trackingsOf(sandbox))
				expect([id, count]).toEqual([id, Math.min(count, 1)]);
			isSettled = ended.every((items, index) =>
				items?.every(
					({ outcome }, line) =>
						running[index]!.lines[line]!.candidate === null ||
						(outcome !== 'unknown' && outcome !== 'failed'),
				),
			);
			clock.advance({ seconds: scenario.pauses[run % scenario.pauses.length] });
		}

		clock.advance({ minutes: 15 });
		const tracked = new Set(
			[...wanted.flat(), ...scenario.running].flatMap(({ candidate }) =>
				candidate === null ? [] : [CANDIDATES[candidate]!.id],
			),
		);
		for (const [id, count] of trackingsOf(sandbox))
			expect([id, count]).toEqual([id, tracked.has(id) ? 1 : 0]);
		expect(sandbox.videos.size).toBe(tracked.size);

		if (priceFactor !== 1) return;
		for (const video of sandbox.videos.values()) video.setStatus('monitoring');
		clock.advance({ hours: 24 * (days + 1) });
		for (const [id, cost] of announced) expect([id, chargedFor(sandbox, id)]).toEqual([id, cost]);
	} finally {
		await sandbox.close();
	}
}

const withoutRefused = (lines: Line[]) => lines.filter(({ candidate }) => candidate !== null);

function chargedFor(sandbox: Sandbox, id: string): number {
	const charges = sandbox.ledger.filter((entry) => entry.video_id === id);
	return Number(charges.reduce((sum, { amount_usd }) => sum + amount_usd, 0).toFixed(4));
}

async function stopAfter(
	{ outcome, stop }: ReturnType<typeof startAction>,
	sandbox: Sandbox,
	posts: number,
) {
	let isOver = false;
	void outcome.finally(() => (isOver = true));
	const sent = () => sandbox.requests.filter(({ method }) => method === POST.method).length;
	while (!isOver && sent() < posts) await new Promise((resolve) => setImmediate(resolve));
	stop();
}
